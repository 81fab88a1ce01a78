"""Benchmarks: programs that print and keep a table of ratios. Never part of the test suite."""
