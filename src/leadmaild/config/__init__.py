"""Settings: typed, validated, every problem at once."""
