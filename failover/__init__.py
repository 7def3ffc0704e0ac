"""A primary that dies under load, and a standby that takes its place.

Two real servers behind a real nginx work on two real PostgreSQL servers, of which each change
needs both. ``python -m failover`` runs it; README.md says what it does and what it does not.
"""
