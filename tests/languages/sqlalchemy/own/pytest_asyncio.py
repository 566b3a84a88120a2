"""What the tests import of pytest-asyncio; `own.py` does its work."""

from pytest import fixture

__all__ = ["fixture"]
