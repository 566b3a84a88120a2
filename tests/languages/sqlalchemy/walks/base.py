"""The base of the models, and what they share."""

from __future__ import annotations

from sqlalchemy import DateTime
from sqlalchemy.dialects.mysql import DATETIME
from sqlalchemy.orm import DeclarativeBase

MOMENT = DateTime().with_variant(DATETIME(fsp=6), "mysql", "mariadb")
"""With microseconds, as the contract has it everywhere; MySQL's dialect leaves them out where nothing is said."""


class Base(DeclarativeBase):
    """The base of the models."""
