"""Looks at everything around the gateway that mail depends on, and says what to do. Sends nothing, changes nothing."""
