"""Pure: the calendar and the timers."""
