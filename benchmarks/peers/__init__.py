"""What leadmaild is measured against."""
