"""Pure: the values of the domain, frozen."""
