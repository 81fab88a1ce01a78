"""SQLAlchemy Core tables, the unit of work, and one store a subject. Rows never leave this room."""
