"""A database that a plugin was granted."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from ..bindings import Err, databases, schema, sessions
from ..dialect import DataDialect, models
from ..errors import from_failure
from ..loop import cross
from ..value import checked_text
from .session import Session
from .statement import Statements

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sqlalchemy import MetaData

ISOLATION = {level.name.replace("_", " "): level for level in sessions.Isolation}
ALL = databases.DdlOptions([], True)


async def open(name: str = "default", metadata: MetaData | None = None) -> Database:  # noqa: A001
    """Opens a database by the name under which the plugin was granted it, with the tables that its statements use.

    Nothing is sent to the database yet.
    """
    dialect = DataDialect()
    tables = [] if metadata is None else models.models(metadata, dialect)
    contract = await cross(databases.Database.open(checked_text(name), schema.Models(tables, [])))
    dialect.look_at(contract)
    return Database(contract, dialect)


class Database:
    """A database, its sessions and its tables. `open` opens it."""

    def __init__(self, contract: databases.Database, dialect: DataDialect) -> None:
        self._contract, self._dialect = contract, dialect
        self._statements = Statements(dialect, contract)

    @property
    def kind(self) -> str:
        """The kind of the database: `sqlite`, `postgresql`, `mysql`, `mariadb`. `capabilities` has its features."""
        return self._dialect.database_kind

    @property
    def capabilities(self) -> frozenset[str]:
        """The capabilities of the database, by the contract's names."""
        return self._dialect.capabilities

    async def ping(self) -> None:
        """Raises where the database does not respond."""
        await cross(self._contract.ping())

    async def create_all(self) -> list[str]:
        """Creates the missing tables. Returns their names."""
        return await cross(self._contract.create_all(ALL))

    async def drop_all(self) -> list[str]:
        """Drops the existing tables. Returns their names."""
        return await cross(self._contract.drop_all(ALL))

    def session(self) -> Session:
        """Returns a commit-as-you-go session: `async with db.session() as session`."""
        try:
            return Session(self._contract.session(), self._statements)
        except Err as failure:
            raise from_failure(failure.value) from None

    async def connect(self) -> Session:
        """Returns a session that keeps one connection until it is closed."""
        return Session(await cross(self._contract.connect()), self._statements)

    @asynccontextmanager
    async def begin(
        self, *, isolation: str = "DEFAULT", read_only: bool = False, timeout_ms: int | None = None
    ) -> AsyncIterator[Session]:
        """Yields a session in a transaction: committed at the end of the block, rolled back where the block fails."""
        if isolation not in ISOLATION:
            message = f"there is no isolation level {isolation!r}; there are {', '.join(ISOLATION)}"
            raise ValueError(message)
        if timeout_ms is not None and not 0 < timeout_ms < 1 << 32:
            message = f"a timeout is a number of milliseconds of 32 bits, not {timeout_ms!r}"
            raise ValueError(message)
        options = sessions.TransactionOptions(ISOLATION[isolation], bool(read_only), timeout_ms)
        async with Session(await cross(self._contract.begin(options)), self._statements) as session:
            yield session
            if not session.has_ended:
                await session.commit()
