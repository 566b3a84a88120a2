"""A PEP 249 driver: SQL text through raw-sql where that was granted, and statements as data for who builds them.

Connections begin a transaction by themselves at their first statement, as PEP 249 has it. Parameters are written as the
database writes them: `?`, or `$1` on PostgreSQL.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Self

from . import row, value
from .bindings import Err, databases, raw_sql, schema, sessions
from .blocking import run
from .errors import (
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
    closed,
    from_failure,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = [
    "Connection", "Cursor", "DataError", "DatabaseError", "Error", "IntegrityError", "InterfaceError", "InternalError",
    "NotSupportedError", "OperationalError", "ProgrammingError", "Warning", "connect",
]  # fmt: skip

apilevel = "2.0"
threadsafety = 1
paramstyle = "qmark"

Binary = bytes
Date = dt.date
Time = dt.time
Timestamp = dt.datetime
STRING, BINARY, NUMBER, DATETIME, ROWID = str, bytes, float, dt.datetime, int

BATCH_ROWS = 10_000
BATCH_BYTES = 4 << 20
NO_OPTIONS = sessions.Options(None, None, None)


class Catalog:
    """The tables that a program knows of one database, and the database opened with them.

    The host checks statements against these tables. One that is met later is added: at once between transactions, by reading it
    from the database within one.
    """

    def __init__(self, name: str, tables: Iterable[Any] = ()) -> None:
        self.name = name
        self.tables = {(table.schema, table.name): table for table in tables}
        self._database: Any = None

    @property
    def database(self) -> Any:
        """The database of the contract, opened at the first use."""
        if self._database is None:
            self._database = run(databases.Database.open(self.name, schema.Models(list(self.tables.values()), [])))
        return self._database

    def add(self, tables: Iterable[Any]) -> None:
        """Adds tables for the connections to come."""
        self.tables.update({(table.schema, table.name): table for table in tables})
        self._database = None

    def opened_with(self, tables: Iterable[Any]) -> Any:
        """The database with just these tables: for what creates and drops them."""
        return run(databases.Database.open(self.name, schema.Models(list(tables), [])))


def _session(database: Any) -> Any:
    try:
        return database.session()
    except Err as failure:
        raise from_failure(failure.value) from None


class Connection:
    """A session of the contract: it takes a connection of the host's pool at its first statement and gives it back when its transaction ends."""

    def __init__(self, catalog: Catalog, *, json_as_text: bool = False) -> None:
        self.catalog = catalog
        self.database = catalog.database
        self.known = set(catalog.tables)
        self.json_as_text = json_as_text
        self._session: Any = _session(self.database)
        self._savepoints: dict[str, Any] = {}
        self.read_only = False
        """Whether the transactions to come refuse changes."""
        self._level = sessions.Isolation.DEFAULT
        self.created: set[tuple[str | None, str]] = set()
        """Tables that this connection created, with their indexes."""

    @property
    def session(self) -> Any:
        """The session. Raises `InterfaceError` after `close`."""
        if self._session is None:
            raise closed("connection")
        return self._session

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return bool(self.session.in_transaction())

    def learn(self, tables: Sequence[Any]) -> None:
        """Makes tables known that were not declared when the connection was opened."""
        missing = [table for table in tables if (table.schema, table.name) not in self.known]
        if not missing:
            return
        if any((table.schema, table.name) not in self.catalog.tables for table in missing):
            self.catalog.add(missing)
        if self.in_transaction:
            for name in {table.schema for table in missing}:
                names = [table.name for table in missing if table.schema == name]
                run(self.session.reflect(schema.ReflectOptions(names, name, True)))
        else:
            level = run(self.session.get_isolation()) if self._isolated else None
            self._give_back()
            self.database = self.catalog.database
            self._session = _session(self.database)
            if level is not None:
                self.set_isolation(level)
        self.known = set(self.catalog.tables)

    _isolated = False

    def cursor(self) -> Cursor:
        """A cursor."""
        self.session  # noqa: B018 - raises when closed
        return Cursor(self)

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Cursor:
        """A new cursor that has run the text."""
        return self.cursor().execute(sql, parameters)

    def commit(self) -> None:
        """Commits. Nothing happens where no transaction is open."""
        self._savepoints.clear()
        run(self.session.commit())

    def rollback(self) -> None:
        """Rolls back. Nothing happens where no transaction is open."""
        self._savepoints.clear()
        run(self.session.rollback())

    def begin(self, options: Any) -> None:
        """Begins a transaction with options."""
        run(self.session.begin(options))

    def savepoint(self, name: str) -> None:
        """Sets a savepoint."""
        self._savepoints[name] = run(self.session.begin_nested())

    def release(self, name: str) -> None:
        """Keeps what was done since a savepoint."""
        run(sessions.Savepoint.release(self._point(name)))

    def rollback_to(self, name: str) -> None:
        """Undoes what was done since a savepoint."""
        run(sessions.Savepoint.rollback(self._point(name)))

    def _point(self, name: str) -> Any:
        if name not in self._savepoints:
            raise ProgrammingError(
                f"there is no savepoint {name}; it was released, or its transaction ended", code="closed"
            )
        return self._savepoints.pop(name)

    def get_isolation(self) -> Any:
        """The isolation level in force."""
        return run(self.session.get_isolation())

    def set_isolation(self, level: Any) -> None:
        """Sets the level of the transactions to come."""
        self._isolated, self._level = True, level
        run(self.session.set_isolation(level))

    def prepare_transaction(self) -> None:
        """Begins a transaction that only reads, where that was asked for and none is open."""
        if self.read_only and not self.in_transaction:
            self.begin(sessions.TransactionOptions(self._level, True, None))

    def reflect(self, options: Any) -> list[Any]:
        """Reads tables: those of the open transaction too, without beginning one."""
        reader = self.session if self.in_transaction else self.database
        return run(reader.reflect(options))

    def close(self) -> None:
        """Rolls back what is open and gives the connection back. A second call does nothing."""
        if self._session is not None:
            self._give_back()

    def _give_back(self) -> None:
        session, self._session = self._session, None
        self._savepoints.clear()
        run(sessions.Session.close(session))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Cursor:
    """Runs statements and reads their rows, batch by batch where there are many."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.arraysize = 1
        self._closed = False
        self._rest: Any = None
        self._reset()

    def _reset(self) -> None:
        self._drop_rest()
        self.description: list[tuple[Any, ...]] | None = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self._rows: list[tuple[Any, ...]] = []
        self._at = 0

    def execute(self, sql: str, parameters: Sequence[Any] = (), options: Any = NO_OPTIONS) -> Cursor:
        """Runs one statement of SQL text. Raises `NotSupportedError` where the plugin has no raw-sql."""
        if raw_sql is None:
            message = "SQL text needs `raw-sql = true` in [tool.sqlservice] and the host's grant; statements as data need neither"
            raise NotSupportedError(message, code="denied")
        bound = [value.bind(item) for item in parameters]
        return self.take(lambda session: raw_sql.execute(session, sql, bound, options))

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> Cursor:
        """Runs one statement of SQL text for each row of parameters."""
        total = 0
        for parameters in rows:
            self.execute(sql, parameters)
            total += max(self.rowcount, 0)
        self.rowcount = total
        return self

    def take(self, call: Any, columns: list[Any] | None = None) -> Cursor:
        """Takes the result of a call of the session, with the columns of a prepared statement where it was one."""
        if self._closed:
            raise closed("cursor")
        self._reset()
        self.connection.prepare_transaction()
        result = run(call(self.connection.session))
        shown = columns if columns is not None else result.columns
        if shown:
            self.description = [
                (item.name, item.ty.kind.name, None, None, item.ty.precision, item.ty.scale, item.nullable)
                for item in shown
            ]
            self._rows = self._read(result.first_batch)
            self._rest = result.cursor
            self.rowcount = result.affected if result.affected else (-1 if result.cursor else len(self._rows))
        else:
            self.rowcount = result.affected
        self.lastrowid = result.last_key
        return self

    def _read(self, batch: Any) -> list[tuple[Any, ...]]:
        return row.tuples(batch, json_as_text=self.connection.json_as_text)

    def _more(self) -> bool:
        if self._rest is None:
            return False
        batch = run(self._rest.next_batch(BATCH_ROWS, BATCH_BYTES))
        if batch is None:
            self._drop_rest()
            return False
        self._rows, self._at = self._read(batch), 0
        return True

    def _check(self) -> None:
        if self._closed:
            raise closed("cursor")
        if self.description is None:
            raise InterfaceError("no statement with rows was run on this cursor", code="no-result")

    def fetchone(self) -> tuple[Any, ...] | None:
        """The next row, or None."""
        self._check()
        while self._at >= len(self._rows):
            if not self._more():
                return None
        self._at += 1
        return self._rows[self._at - 1]

    def fetchmany(self, size: int | None = None) -> list[tuple[Any, ...]]:
        """The next rows: `arraysize` where nothing is said."""
        self._check()
        wanted = self.arraysize if size is None else size
        rows: list[tuple[Any, ...]] = []
        while len(rows) < wanted:
            if self._at >= len(self._rows) and not self._more():
                break
            part = self._rows[self._at : self._at + wanted - len(rows)]
            self._at += len(part)
            rows += part
        return rows

    def fetchall(self) -> list[tuple[Any, ...]]:
        """All rows that are left."""
        self._check()
        rows = self._rows[self._at :] if self._at else self._rows
        self._rows, self._at = [], 0
        while self._more():
            rows += self._rows
            self._rows = []
        return rows

    def _drop_rest(self) -> None:
        rest, self._rest = self._rest, None
        if rest is not None:
            rest.__exit__(None, None, None)

    def close(self) -> None:
        """Stops the query and frees the connection. A second call does nothing."""
        self._drop_rest()
        self._rows, self._closed = [], True

    async def _async_soft_close(self) -> None:
        """What SQLAlchemy's asyncio asks of a cursor."""
        self._drop_rest()

    def setinputsizes(self, sizes: object) -> None:
        """Does nothing: values say what they are."""

    def setoutputsize(self, size: int, column: int | None = None) -> None:
        """Does nothing: batches have a size of their own."""

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return iter(self.fetchone, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def connect(database: str = "default") -> Connection:
    """Connects to a database by the name that the plugin knows it by."""
    return Connection(Catalog(database))
