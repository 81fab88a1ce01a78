"""Translate the command line into calls; nothing else."""
