"""Databases for `async` code without an ORM: SQLAlchemy Core's statements, awaited.

    db = await aio.open("default", metadata)
    async with db.begin() as session:
        await session.execute(insert(notes), [{"text": "a"}, {"text": "b"}])
    first, second = await asyncio.gather(count(db), newest(db))

Calls of different sessions run concurrently; the calls of one session run one after the other.
"""

from __future__ import annotations

from .database import Database, open  # noqa: A004 - as `aio.open` reads
from .session import Session

__all__ = ["Database", "Session", "open"]
