"""Composing what leaves: RFC 5322 mails, templates, the trade-in PDF."""
