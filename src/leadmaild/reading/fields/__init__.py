"""Pure: one value of a lead out of one text; each file knows one kind of value and never guesses."""
