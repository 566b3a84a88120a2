"""A session: statements, transactions, savepoints."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import exc

from ..bindings import sessions
from ..dialect.violation import explain
from ..errors import IntegrityError, InternalError, closed
from ..loop import UnderWay, cross
from . import statement as st

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Sequence

    from sqlalchemy import Executable, Result, Row

    from ..bindings import rows

    Call = Callable[[sessions.Session], Coroutine[Any, Any, sessions.ResultSet]]

NO_OPTIONS = sessions.Options(None, None, None)
BATCH_ROWS = 10_000
BATCH_BYTES = 4 << 20


class Session:
    """Runs statements on one database. Its calls run one by one, and concurrently with those of other sessions."""

    def __init__(self, contract: sessions.Session, statements: st.Statements) -> None:
        self._contract: sessions.Session | None = contract
        self._statements = statements
        self._under_way = UnderWay()
        self._begun = False
        self.has_ended = False
        """Whether its caller has committed or rolled back since it was opened."""

    @property
    def contract(self) -> sessions.Session:
        """The session of the contract. Raises `InterfaceError` after `close`."""
        if self._contract is None:
            raise closed("session")
        return self._contract

    # Statements

    async def execute(
        self, statement: Executable, parameters: st.Parameters | Sequence[st.Parameters] | None = None
    ) -> Result[Any]:
        """Runs a statement of SQLAlchemy Core, and reads all its rows.

        With a list of parameters it runs once for each; a plain insert sends all rows in one host call. A change
        without `returning` has a result of one row, the number of changed rows: `.scalar_one()`.
        """
        if isinstance(parameters, (list, tuple)):
            return await self._execute_many(statement, parameters)
        given: Any = parameters or {}
        return await self._execute_one(self._statements.compiled(statement, given), given)

    async def _execute_one(self, compiled: st.Compiled, given: st.Parameters) -> Result[Any]:
        sent, arguments = st.single(compiled, given)
        result = await self._call(compiled, lambda session: session.execute(sent, arguments, NO_OPTIONS))
        return await self._whole(compiled, result)

    async def _execute_many(self, statement: Executable, given: Sequence[st.Parameters]) -> Result[Any]:
        if not given:
            message = "a list of parameters has at least one item"
            raise exc.ArgumentError(message)
        compiled = self._statements.compiled(statement, given[0], many=True)
        sent = st.insert(compiled, given)
        if sent is not None:
            result = await self._call(compiled, lambda session: session.insert_many(*sent, NO_OPTIONS))
            return await self._whole(compiled, result)
        first, *others = [await self._execute_one(compiled, item) for item in given]
        if first.keys() == ["affected"]:
            return st.affected(sum(result.scalar_one() for result in (first, *others)))
        return first.merge(*others)

    async def scalar(self, statement: Executable, parameters: st.Parameters | None = None) -> Any:
        """Returns the first column of the first row, or None."""
        return (await self.execute(statement, parameters)).scalar()

    async def stream(
        self, statement: Executable, parameters: st.Parameters | None = None, *, batch: int = 1000
    ) -> AsyncIterator[Row[Any]]:
        """Yields the rows of a query, read batch by batch: `async for row in session.stream(query)`."""
        if not isinstance(batch, int) or not 0 < batch < 1 << 32:
            raise exc.ArgumentError(f"a batch is a number of rows of 32 bits, not {batch!r}")
        compiled = self._statements.compiled(statement, parameters or {})
        sent, arguments = st.single(compiled, parameters or {})
        options = sessions.Options(None, None, batch)
        result = await self._call(compiled, lambda session: session.execute(sent, arguments, options))
        reader = st.Reader(compiled.compiler, result.columns)
        part: Any = result.first_batch
        try:
            while part is not None:
                for item in reader.result(reader.tuples(part)):
                    yield item
                part = await self._next(result.cursor, batch)
        finally:
            self._drop(result.cursor)

    async def _whole(self, compiled: st.Compiled, result: sessions.ResultSet) -> Result[Any]:
        if not result.columns:
            return st.affected(result.affected)
        reader = st.Reader(compiled.compiler, result.columns)
        found = reader.tuples(result.first_batch)
        try:
            while (part := await self._next(result.cursor, BATCH_ROWS)) is not None:
                found += reader.tuples(part)
        finally:
            self._drop(result.cursor)
        return reader.result(found)

    async def _next(self, cursor: sessions.Cursor | None, count: int) -> rows.Batch | None:
        return None if cursor is None else await cross(cursor.next_batch(count, BATCH_BYTES), self._under_way)

    def _drop(self, cursor: sessions.Cursor | None) -> None:
        if cursor is not None:
            self._under_way.when_ended(lambda: cursor.__exit__(None, None, None))

    async def _call(self, compiled: st.Compiled, call: Call) -> sessions.ResultSet:
        self._check()
        try:
            return await cross(call(self.contract), self._under_way)
        except IntegrityError as failure:
            compiler = compiled.compiler
            if compiler.changed is not None and not compiler.isdelete:
                explain(failure, self._statements.database, *compiler.changed)
            raise
        finally:
            if self._contract is not None:
                self._begun = self._begun or bool(self._contract.in_transaction())

    # Transactions

    def _check(self) -> None:
        if self._begun and not self.contract.in_transaction():
            message = "the transaction has ended, as a limit of the host does, and what it wrote is lost; begin again"
            raise InternalError(message, code="transaction-closed")

    async def commit(self) -> None:
        """Commits. Raises where the transaction has already ended, and all its changes are lost."""
        self._check()
        await cross(self.contract.commit(), self._under_way)
        self._begun, self.has_ended = False, True

    async def rollback(self) -> None:
        """Rolls back."""
        await cross(self.contract.rollback(), self._under_way)
        self._begun, self.has_ended = False, True

    @asynccontextmanager
    async def begin_nested(self) -> AsyncIterator[Self]:
        """Sets a savepoint: the changes of the block are kept at its end, and undone where it fails."""
        self._check()
        point = await cross(self.contract.begin_nested(), self._under_way)
        self._begun = True
        try:
            yield self
        except BaseException:
            await cross(sessions.Savepoint.rollback(point))
            raise
        await cross(sessions.Savepoint.release(point))

    async def close(self) -> None:
        """Rolls back an open transaction and returns the connection to the pool. A second call does nothing."""
        contract, self._contract = self._contract, None
        if contract is not None:
            await self._under_way.end()
            await cross(sessions.Session.close(contract))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
