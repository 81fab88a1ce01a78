"""Pure: what is to be done with a mail that was read."""
