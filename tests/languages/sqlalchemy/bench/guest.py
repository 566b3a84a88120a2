"""The benchmark in the sandbox."""

from __future__ import annotations

import sqlalchemy as sa
import work as work_
from sqlalchemy import orm

from sqlservice_guest import plugin

engine = sa.create_engine("sqlservice://default")
orm.configure_mappers()


@plugin.export
def create() -> None:
    """Makes the tables anew, for both sides."""
    work_.Base.metadata.drop_all(engine)
    work_.Base.metadata.create_all(engine)


@plugin.export
def measure(work: str, times: int) -> list[float]:
    """Does a work so many times. Returns the milliseconds of each, by the clock of the component."""
    return work_.measure(engine, work, times)
