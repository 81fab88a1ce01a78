"""Alembic environment; forward only."""
