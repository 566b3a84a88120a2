"""Connections: a session of the contract, and whether its work is still there to commit."""

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
    """Work that was put off until more of it is known."""

    kind: tuple[Any, ...]
    """What is to be done, and how: what waits is of one kind."""
    tables: list[Any]
    """The tables that it is done to."""

    def add(self, table: Any) -> None:
        """Adds a table."""

    def settle(self) -> None:
        """Does the work."""


class Connection:
    """Takes a connection of the host's pool at its first statement and gives it back when its transaction ends."""

    def __init__(self, catalog: Catalog, *, json_as_text: bool = False) -> None:
        self.catalog = catalog
        self.database = catalog.database
        self.known: dict[Key, schema.Table | None] = dict(catalog.tables)
        """The tables that the session knows, in the form in which it does."""
        self.version = catalog.version
        """The version of the catalog that these are of."""
        self.json_as_text = json_as_text
        self.read_only = False
        """Whether the transactions to come refuse changes."""
        self.created: dict[Key, set[str | None]] = {}
        """Tables that this connection created, and the indexes that it created with them."""
        self.waiting: Waiting | None = None
        """What has to be done before anything else."""
        self._session: sessions.Session | None = _session(self.database)
        self._savepoints: dict[str, sessions.Savepoint] = {}
        self.level = sessions.Isolation.DEFAULT
        """The isolation level of the transactions to come, as far as it was set."""
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
        """Whether a transaction ended without the commit or rollback of this connection, by a limit of the host."""
        return self._begun and not self.in_transaction

    def check(self) -> None:
        """Raises where the transaction is lost, until `rollback`: what comes after would be in another one."""
        if self.has_lost:
            raise _lost()

    def note(self) -> None:
        """Notes a transaction that a call has begun."""
        self._begun = self._begun or self.in_transaction

    def cursor(self) -> Cursor:
        """A cursor."""
        if self._session is None:
            raise closed("connection")
        return Cursor(self)

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> Cursor:
        """A new cursor that has run the text."""
        return self.cursor().execute(sql, parameters)

    # Transactions

    def commit(self) -> None:
        """Commits. Nothing happens where no transaction was begun.

        Raises `InternalError` where the transaction is gone already, with all that it wrote.
        """
        self.settle()
        session, lost = self.session, self.has_lost
        if self._savepoints and not lost:
            # What is left open is kept; a savepoint that is dropped would be undone.
            self.release(next(iter(self._savepoints)))
        self._end_parts()
        run(session.commit())
        if lost:
            raise _lost()
        self._begun = False

    def rollback(self) -> None:
        """Rolls back. Nothing happens where no transaction is open."""
        session, self.waiting = self.session, None
        self._end_parts()
        run(session.rollback())
        self._begun = False

    def settle(self) -> None:
        """Does what waits."""
        waiting, self.waiting = self.waiting, None
        if waiting is not None:
            waiting.settle()

    def note_unread(self, cursor: Cursor) -> None:
        """Notes a cursor with rows to come: they end with the transaction."""
        self._unread.add(cursor)

    def free(self) -> None:
        """Makes the connection free for a statement: rows of others that are still to come are read before."""
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
        """Begins a transaction that only reads, where that was asked for and none is open."""
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
        """Keeps what was done since a savepoint, and ends those that were set after it."""
        for point in self._points(name):
            run(sessions.Savepoint.release(point))

    def rollback_to(self, name: str) -> None:
        """Undoes what was done since a savepoint, and ends those that were set after it."""
        for point in self._points(name):
            run(sessions.Savepoint.rollback(point))

    def _points(self, name: str) -> Iterator[sessions.Savepoint]:
        """The savepoint and those set after it, from the innermost to the outermost."""
        if name not in self._savepoints:
            message = f"there is no savepoint {name}; it was released, or its transaction ended"
            raise ProgrammingError(message, code="closed")
        self.free()
        ended = None
        while ended != name:
            ended, point = self._savepoints.popitem()
            yield point

    def get_isolation(self) -> sessions.Isolation:
        """The isolation level in force."""
        return run(self.session.get_isolation())

    def set_isolation(self, level: sessions.Isolation) -> None:
        """Sets the level of the transactions to come."""
        run(self.session.set_isolation(level))
        self.level = level

    # Tables

    def learn(self, tables: Sequence[schema.Table]) -> None:
        """Makes tables known that were not declared when the connection was opened, or have other columns by now."""
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
            # What the host does not give is none of the tables of the statements to come.
            catalog.remove(map(key_of, strange))
            raise

    def _learn_in_transaction(self, keys: Sequence[Key]) -> None:
        """Reads tables that are new; those that the transaction knows already have to do."""
        for key in keys:
            table = self.catalog.tables[key]
            known = self.known.get(key)
            if known is not None and not {item.name for item in table.columns} <= {item.name for item in known.columns}:
                message = f"the table {table.name} has got other columns in this transaction; commit or roll back first"
                raise ProgrammingError(message, code="no-such-column")
        self._read([key for key in keys if key not in self.known])
        self.known.update({key: self.catalog.tables[key] for key in keys})

    def learn_names(self, keys: Sequence[Key]) -> None:
        """Makes tables known of which the program has only the name; what is no table is the statement's to tell."""
        missing = [key for key in keys if key not in self.known]
        with contextlib.suppress(ProgrammingError):
            self._read(missing)
            self.known.update(dict.fromkeys(missing))

    def _read(self, keys: Sequence[Key]) -> None:
        """Has the host read tables, so that it knows them."""
        for name in {schema_name for schema_name, _ in keys}:
            names = [table for schema_name, table in keys if schema_name == name]
            self.reflect(schema.ReflectOptions(names, name, True))

    def _reopen(self) -> None:
        """Goes on in a session that knows the catalog's tables, or in the one of before where there is none."""
        database = self.catalog.database
        self._give_back()
        self.database = database
        self.known, self.version = dict(self.catalog.tables), self.catalog.version
        self._session = _session(database)
        if self.level is not sessions.Isolation.DEFAULT:
            self.set_isolation(self.level)

    def reflect(self, options: schema.ReflectOptions) -> list[schema.Table]:
        """Reads tables: those of the open transaction too, without beginning one."""
        self.settle()
        self.check()
        self.free()
        wanted = value.checked(options)
        return run(self.session.reflect(wanted) if self.in_transaction else self.database.reflect(wanted))

    def close(self) -> None:
        """Rolls back what is open and gives the connection back. A second call does nothing."""
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
