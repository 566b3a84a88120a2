"""A PEP 249 driver: SQL text through raw-sql where that was granted, and statements as data for the dialect.

Connections begin a transaction implicitly at their first statement, as PEP 249 requires. SQL text has the database's
own placeholders: `?`, or `$1` on PostgreSQL.
"""

from __future__ import annotations

import datetime as dt

from ..errors import (
    DatabaseError,
    DataError,
    Error,
    IntegrityError,
    InterfaceError,
    InternalError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
    Warning,  # noqa: A004 - PEP 249 fixes the name
    mismatch,
)
from .catalog import Catalog
from .connection import Connection
from .cursor import NO_OPTIONS, Cursor

__all__ = [
    "NO_OPTIONS",
    "Catalog",
    "Connection",
    "Cursor",
    "DataError",
    "DatabaseError",
    "Error",
    "IntegrityError",
    "InterfaceError",
    "InternalError",
    "NotSupportedError",
    "OperationalError",
    "ProgrammingError",
    "Warning",
    "connect",
]

apilevel = "2.0"
threadsafety = 1
paramstyle = "qmark"

Date = dt.date
Time = dt.time
Timestamp = dt.datetime
DateFromTicks = dt.date.fromtimestamp
TimestampFromTicks = dt.datetime.fromtimestamp
STRING, BINARY, NUMBER, DATETIME, ROWID = str, bytes, float, dt.datetime, int


def TimeFromTicks(ticks: float) -> dt.time:  # noqa: N802 - PEP 249 fixes the name
    """Returns a time of day from seconds since 1970."""
    return dt.datetime.fromtimestamp(ticks).time()


def Binary(data: object) -> bytes:  # noqa: N802 - PEP 249 fixes the name
    """Returns a buffer as bytes."""
    if not isinstance(data, (bytes, bytearray, memoryview)):
        raise mismatch("bytes", data)
    return bytes(data)


def connect(database: str = "default") -> Connection:
    """Connects to a database by the name under which the plugin was granted it."""
    return Connection(Catalog(database))
