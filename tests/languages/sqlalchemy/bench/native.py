"""The benchmark on CPython: `native.py SQLALCHEMY-URL WORK TIMES` prints the milliseconds of each time as JSON."""

# ruff: noqa: T201 - its output is the result

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.util import greenlet_spawn
from work import measure

ASYNC = ("aiosqlite", "asyncpg", "aiomysql")


def main() -> None:
    """Measures with the driver that the URL names."""
    url, work, times = sa.make_url(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    if url.get_driver_name() in ASYNC:
        taken = asyncio.run(measure_async(url, work, times))
    else:
        engine = sa.create_engine(url)
        settle(engine)
        taken = measure(engine, work, times)
    print(json.dumps(taken))


async def measure_async(url: sa.URL, work: str, times: int) -> list[float]:
    """The same work, with a driver of asyncio below it: SQLAlchemy's own way to call one from its ORM."""
    engine = create_async_engine(url)
    settle(engine.sync_engine)
    taken: list[float] = await greenlet_spawn(measure, engine.sync_engine, work, times)
    await engine.dispose()
    return taken


def settle(engine: sa.Engine) -> None:
    """What the host sets on SQLite, too: the journal, what a commit promises, foreign keys."""
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _: Any) -> None:
        cursor = connection.cursor()
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()


if __name__ == "__main__":
    main()
