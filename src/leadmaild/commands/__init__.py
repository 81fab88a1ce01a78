"""What people ask for, one transaction each."""
