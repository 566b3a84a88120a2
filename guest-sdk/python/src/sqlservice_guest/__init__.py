"""Plugins for sqlservice in Python: SQLAlchemy, a PEP 249 driver, and typed exports."""
