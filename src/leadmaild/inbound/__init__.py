"""Listeners and watchers: the ways a mail comes in."""
