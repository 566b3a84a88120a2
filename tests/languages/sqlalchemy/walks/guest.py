"""Walks in the sandbox."""

from __future__ import annotations

import json

import sqlalchemy as sa
from base import Base
from sqlalchemy import orm
from walk import walks

from sqlservice_guest import plugin

engine = sa.create_engine("sqlservice://default")
orm.configure_mappers()
plugin.declare(Base.metadata)


@plugin.export
def run(first: int, count: int) -> str:
    """Walks with so many seeds, and returns what came of each as JSON."""
    return json.dumps(walks(engine, range(first, first + count)))
