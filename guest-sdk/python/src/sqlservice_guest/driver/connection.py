"""Connections: a session of the contract, and whether its transaction is still open."""

from __future__ import annotations

import contextlib
import weakref
from typing import TYPE_CHECKING, Any, Protocol, Self

from .. import value
from ..bindings import Err, databases, schema, sessions
from ..blocking import run
from ..errors import Error, InternalError, ProgrammingError, closed, from_failure
from .catalog import Catalog, Key, covers, key_of
from .cursor import Cursor

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class Waiting(Protocol):
    """Deferred work, to which tables can still be added."""

    kind: tuple[Any, ...]
    """The action and its options; all deferred work is of one kind."""
    tables: list[Any]
    """The tables that the work applies to."""

    def add(self, table: Any) -> None:
        """Adds a table."""

    def settle(self) -> None:
        """Does the deferred work."""


class Connection:
    """Takes a connection from the host's pool at its first statement and returns it when its transaction ends."""

    def __init__(self, catalog: Catalog, *, json_as_text: bool = False) -> None:
        self.catalog = catalog
        self.database = catalog.database
        self.known: dict[Key, schema.Table | None] = dict(catalog.tables)
        """The tables of the session, in the form that it has; None for a table that was read by its name alone."""
        self.version = catalog.version
        """The version of the catalog from which `known` was taken."""
        self.json_as_text = json_as_text
        self.read_only = False
        """Whether later transactions refuse changes."""
        self.created: dict[Key, set[str | None]] = {}
        """Tables that this connection created, and the indexes that it created with them."""
        self.waiting: Waiting | None = None
        """Deferred work, which is done before any other call."""
        self._session: sessions.Session | None = _session(self.database)
        self._savepoints: dict[str, sessions.Savepoint] = {}
        self.level = sessions.Isolation.DEFAULT
        """The isolation level that was set for later transactions."""
        self._begun = False
        self._unread: weakref.WeakSet[Cursor] = weakref.WeakSet()

    @property
    def session(self) -> sessions.Session:
        """The session. Raises `InterfaceError` after `close`."""
        if self._session is None:
            raise closed("connection")
        return self._session

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return bool(self.session.in_transaction())

    @property
    def has_lost(self) -> bool:
        """Whether the transaction ended without a commit or rollback of this connection, by a limit of the host."""
        return self._begun and not self.in_transaction

    def check(self) -> None:
        """Raises where the transaction is lost, until `rollback`: later statements would run in another transaction."""
        if self.has_lost:
            raise _lost()

    def note(self) -> None:
        """Records whether a call has begun a transaction."""
        self._begun = self._begun or self.in_transaction

    def cursor(self) -> Cursor:
        """Returns a new cursor."""
        if self._session is None:
            raise closed("connection")
        return Cursor(self)

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> Cursor:
        """Runs SQL text on a new cursor, and returns the cursor."""
        return self.cursor().execute(sql, parameters)

    # Transactions

    def commit(self) -> None:
        """Commits. Does nothing where no transaction was begun.

        Raises `InternalError` where the transaction has already ended, and all its changes are lost.
        """
        self.settle()
        session, lost = self.session, self.has_lost
        if self._savepoints and not lost:
            # The changes since an open savepoint are kept; a dropped savepoint would be rolled back.
            self.release(next(iter(self._savepoints)))
        self._end_parts()
        run(session.commit())
        if lost:
            raise _lost()
        self._begun = False

    def rollback(self) -> None:
        """Rolls back. Does nothing where no transaction is open."""
        session, self.waiting = self.session, None
        self._end_parts()
        run(session.rollback())
        self._begun = False

    def settle(self) -> None:
        """Does the deferred work, if there is any."""
        waiting, self.waiting = self.waiting, None
        if waiting is not None:
            waiting.settle()

    def note_unread(self, cursor: Cursor) -> None:
        """Registers a cursor with unread rows: they end with the transaction."""
        self._unread.add(cursor)

    def free(self) -> None:
        """Makes the connection free for a statement: reads the unread rows of all cursors first."""
        for cursor in list(self._unread):
            cursor.keep()

    def _end_parts(self) -> None:
        self._savepoints.clear()
        for cursor in list(self._unread):
            cursor.cut_off()
        self._unread.clear()

    def begin(self, options: sessions.TransactionOptions) -> None:
        """Begins a transaction with options."""
        self.check()
        run(self.session.begin(options))
        self._begun = True

    def prepare_transaction(self) -> None:
        """Does the deferred work; begins a read-only transaction where `read_only` is set and none is open."""
        self.settle()
        self.check()
        if self.read_only and not self.in_transaction:
            self.begin(sessions.TransactionOptions(self.level, True, None))

    def savepoint(self, name: str) -> None:
        """Sets a savepoint."""
        self.free()
        self.prepare_transaction()
        self._savepoints.pop(name, None)
        self._savepoints[name] = run(self.session.begin_nested())
        self.note()

    def release(self, name: str) -> None:
        """Keeps the changes since a savepoint, and ends it and those that were set after it."""
        for point in self._points(name):
            run(sessions.Savepoint.release(point))

    def rollback_to(self, name: str) -> None:
        """Undoes the changes since a savepoint, and ends it and those that were set after it."""
        for point in self._points(name):
            run(sessions.Savepoint.rollback(point))

    def _points(self, name: str) -> Iterator[sessions.Savepoint]:
        """Yields the savepoint and those set after it, from the innermost to the outermost, and removes them."""
        if name not in self._savepoints:
            message = f"there is no savepoint {name}; it was released, or its transaction ended"
            raise ProgrammingError(message, code="closed")
        self.free()
        ended = None
        while ended != name:
            ended, point = self._savepoints.popitem()
            yield point

    def get_isolation(self) -> sessions.Isolation:
        """Returns the isolation level in force."""
        return run(self.session.get_isolation())

    def set_isolation(self, level: sessions.Isolation) -> None:
        """Sets the isolation level of later transactions."""
        run(self.session.set_isolation(level))
        self.level = level

    # Tables

    def learn(self, tables: Sequence[schema.Table]) -> None:
        """Adds tables to the session that were not declared when it was opened, or have other columns since."""
        catalog = self.catalog
        strange = [table for table in tables if not covers(catalog.tables.get(key_of(table)), table)]
        if strange:
            self.check()
            catalog.add(strange)
        old = [key for key in map(key_of, tables) if self.known.get(key) is not catalog.tables[key]]
        if not old:
            return
        self.check()
        try:
            if self.in_transaction:
                self._learn_in_transaction(old)
            else:
                self._reopen()
        except Error:
            # A table that the host refuses must not be declared for later statements.
            catalog.remove(map(key_of, strange))
            raise

    def _learn_in_transaction(self, keys: Sequence[Key]) -> None:
        """Reads new tables; refuses tables that the transaction has without some of their columns."""
        for key in keys:
            table = self.catalog.tables[key]
            known = self.known.get(key)
            if known is not None and not {item.name for item in table.columns} <= {item.name for item in known.columns}:
                message = f"the table {table.name} has got other columns in this transaction; commit or roll back first"
                raise ProgrammingError(message, code="no-such-column")
        self._read([key for key in keys if key not in self.known])
        self.known.update({key: self.catalog.tables[key] for key in keys})

    def learn_names(self, keys: Sequence[Key]) -> None:
        """Reads tables of which the program has only the name; leaves a name of no table to the statement to refuse."""
        missing = [key for key in keys if key not in self.known]
        with contextlib.suppress(ProgrammingError):
            self._read(missing)
            self.known.update(dict.fromkeys(missing))

    def _read(self, keys: Sequence[Key]) -> None:
        """Makes the host read tables, so that it can check statements against them."""
        for name in {schema_name for schema_name, _ in keys}:
            names = [table for schema_name, table in keys if schema_name == name]
            self.reflect(schema.ReflectOptions(names, name, True))

    def _reopen(self) -> None:
        """Replaces the session by one with the catalog's tables; keeps it where the database cannot be opened."""
        database = self.catalog.database
        self._give_back()
        self.database = database
        self.known, self.version = dict(self.catalog.tables), self.catalog.version
        self._session = _session(database)
        if self.level is not sessions.Isolation.DEFAULT:
            self.set_isolation(self.level)

    def reflect(self, options: schema.ReflectOptions) -> list[schema.Table]:
        """Reads tables, also those that the open transaction created, without beginning a transaction."""
        self.settle()
        self.check()
        self.free()
        wanted = value.checked(options)
        return run(self.session.reflect(wanted) if self.in_transaction else self.database.reflect(wanted))

    def close(self) -> None:
        """Rolls back an open transaction and returns the connection to the pool. A second call does nothing."""
        if self._session is not None:
            self._give_back()

    def _give_back(self) -> None:
        session, self._session = self.session, None
        self._end_parts()
        self._begun = False
        run(sessions.Session.close(session))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, error: object, *_: object) -> None:
        """Commits, or rolls back where the block failed, and closes."""
        try:
            if error is None and self._session is not None:
                self.commit()
        finally:
            self.close()


def _session(database: databases.Database) -> sessions.Session:
    try:
        return database.session()
    except Err as failure:
        raise from_failure(failure.value) from None


def _lost() -> InternalError:
    message = (
        "the transaction has ended, as a limit of the host does, and what it wrote is lost; roll back, begin again"
    )
    return InternalError(message, code="transaction-closed")
