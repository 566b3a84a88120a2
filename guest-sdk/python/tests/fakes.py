"""A host that is none: it notes what is called, and answers at once."""

from __future__ import annotations

from typing import Any

from sqlservice_guest.bindings import Err, errors, rows, sessions


def failure(code: str, **more: Any) -> Any:
    """A failure of the contract, raised by a call."""
    given: dict[str, Any] = {
        "message": code, "sqlstate": None, "retryable": False, "constraint": None, "table": None, "columns": [],
        "position": None, "details": [],
    }  # fmt: skip
    return Err(errors.Failure(code=code, **(given | more)))


class Session:
    """A session of the contract."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.open = False
        self.fails: Any = None

    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return self.open

    async def _do(self, name: str, open_after: bool) -> None:
        self.calls.append(name)
        if self.fails is not None:
            raise self.fails
        self.open = open_after

    async def work(self) -> sessions.ResultSet:
        """A statement."""
        await self._do("work", True)
        return sessions.ResultSet([], rows.Batch(0, []), None, 1, None)

    async def begin(self, options: Any) -> None:
        """Begins."""
        await self._do("begin", True)

    async def commit(self) -> None:
        """Commits; it says nothing of a transaction that is gone, as the contract allows."""
        await self._do("commit", False)

    async def rollback(self) -> None:
        """Rolls back."""
        await self._do("rollback", False)

    async def begin_nested(self) -> str:
        """Sets a savepoint."""
        await self._do("savepoint", True)
        return f"point {len(self.calls)}"


class Database:
    """A database of the contract with one session."""

    def __init__(self, session: Session) -> None:
        self.one = session

    def session(self) -> Session:
        """The session."""
        return self.one
