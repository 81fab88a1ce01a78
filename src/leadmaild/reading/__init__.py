"""Pure: bytes of a mail in, a Reading out; never raises."""
