"""Cursors: statements and their rows, batch by batch where there are many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from .. import row, value
from ..bindings import raw_sql, sessions
from ..blocking import run
from ..errors import InterfaceError, NotSupportedError, closed, mismatch

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence

    from ..bindings import rows
    from .connection import Connection

    Call = Callable[[sessions.Session], Coroutine[Any, Any, sessions.ResultSet]]

BATCH_ROWS = 10_000
BATCH_BYTES = 4 << 20
KEPT_BATCHES = 16
"""How many batches of an unread result are kept in memory where another statement comes first."""
NO_OPTIONS = sessions.Options(None, None, None)

Row = tuple[Any, ...]


class Cursor:
    """Runs statements and reads their rows."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.arraysize = 1
        self.server_side = False
        """Whether rows are read batch by batch from the first one on. SQLAlchemy's tests of dialects read it."""
        self._closed = False
        self._rest: sessions.Cursor | None = None
        self._reset()

    def _reset(self) -> None:
        self._drop_rest()
        self._is_cut_off = False
        self.description: list[tuple[Any, ...]] | None = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self._rows: list[Row] = []
        self._at = 0

    def execute(self, sql: str, parameters: Sequence[object] = (), options: sessions.Options = NO_OPTIONS) -> Cursor:
        """Runs one statement of SQL text. Raises `NotSupportedError` where the plugin has no raw-sql."""
        if raw_sql is None:
            needs = "`raw-sql = true` in [tool.sqlservice] and the host's grant"
            raise NotSupportedError(f"SQL text needs {needs}; statements as data need neither", code="denied")
        if not isinstance(parameters, (list, tuple)):
            raise mismatch("a list or tuple of parameters", parameters)
        text, bound = value.checked_text(sql), [value.bind(item) for item in parameters]
        return self.take(lambda session: raw_sql.execute(session, text, bound, options))

    def executemany(self, sql: str, rows: Iterable[Sequence[object]]) -> Cursor:
        """Runs one statement of SQL text for each row of parameters."""
        total = 0
        for parameters in rows:
            self.execute(sql, parameters)
            total += max(self.rowcount, 0)
        self.rowcount = total
        return self

    def take(self, call: Call, columns: list[sessions.ResultColumn] | None = None) -> Cursor:
        """Calls the session and stores the result, with the columns of the prepared statement if it is one."""
        if self._closed:
            raise closed("cursor")
        self._reset()
        self.connection.free()
        self.connection.prepare_transaction()
        try:
            result = run(call(self.connection.session))
        finally:
            self.connection.note()
        self._take_result(result, result.columns if columns is None else columns)
        return self

    def _take_result(self, result: sessions.ResultSet, columns: list[sessions.ResultColumn]) -> None:
        self.lastrowid = result.last_key
        self.rowcount = result.affected
        if not columns:
            return
        self.description = [
            (item.name, item.ty.kind.name, None, None, item.ty.precision, item.ty.scale, item.nullable)
            for item in columns
        ]
        self._rest = result.cursor
        if result.cursor is not None:
            self.connection.note_unread(self)
        self._rows = self._read(result.first_batch)
        if not result.affected:
            self.rowcount = -1 if result.cursor else len(self._rows)

    def describe(self, names: Sequence[str]) -> None:
        """Sets the names of the columns of a result that has no rows."""
        self.description = [(name, None, None, None, None, None, None) for name in names]

    def _read(self, batch: rows.Batch) -> list[Row]:
        return row.tuples(batch, json_as_text=self.connection.json_as_text)

    def _more(self) -> bool:
        if self._is_cut_off:
            message = "the rows that were still to come ended with their transaction; read them before"
            raise InterfaceError(message, code="closed")
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

    def fetchone(self) -> Row | None:
        """Returns the next row, or None."""
        self._check()
        while self._at >= len(self._rows):
            if not self._more():
                return None
        self._at += 1
        return self._rows[self._at - 1]

    def fetchmany(self, size: int | None = None) -> list[Row]:
        """Returns the next rows: `arraysize` of them where `size` is None."""
        self._check()
        wanted = self.arraysize if size is None else size
        taken: list[Row] = []
        while len(taken) < wanted:
            if self._at >= len(self._rows) and not self._more():
                break
            part = self._rows[self._at : self._at + wanted - len(taken)]
            self._at += len(part)
            taken += part
        return taken

    def fetchall(self) -> list[Row]:
        """Returns all remaining rows."""
        self._check()
        taken = self._rows[self._at :] if self._at else self._rows
        self._rows, self._at = [], 0
        while self._more():
            taken += self._rows
            self._rows = []
        return taken

    def keep(self) -> None:
        """Reads up to `KEPT_BATCHES` of the remaining batches, so that the connection is free for another statement."""
        rows = self._rows[self._at :]
        for _ in range(KEPT_BATCHES):
            if not self._more():
                break
            rows += self._rows
        self._rows, self._at = rows, 0

    def cut_off(self) -> None:
        """Drops the remaining rows: a later fetch of them raises."""
        self._is_cut_off = self._rest is not None
        self._drop_rest()

    def _drop_rest(self) -> None:
        rest, self._rest = self._rest, None
        if rest is not None:
            rest.__exit__(None, None, None)

    def close(self) -> None:
        """Stops the query and frees the connection. A second call does nothing."""
        self._drop_rest()
        self._rows, self._closed = [], True

    async def _async_soft_close(self) -> None:
        """Drops the remaining rows; SQLAlchemy's asyncio calls it."""
        self._drop_rest()

    def setinputsizes(self, sizes: object) -> None:
        """Does nothing: values have types of their own."""

    def setoutputsize(self, size: int, column: int | None = None) -> None:
        """Does nothing: the driver sets the size of batches."""

    def __iter__(self) -> Iterator[Row]:
        return iter(self.fetchone, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
