"""Pure: who gets the lead."""
