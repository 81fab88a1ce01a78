"""Transports: the ways a mail leaves."""
