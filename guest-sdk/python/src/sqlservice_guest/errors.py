"""What can go wrong, as the exceptions of PEP 249 with what the contract tells of each failure."""

from __future__ import annotations

import reprlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class Warning(Exception):  # noqa: A001, N818 - PEP 249 fixes the name
    """Something that is worth a warning; never raised here."""


class Error(Exception):
    """A call that failed.

    `code` is the contract's word (`unique-violation`, `busy`, …), to branch on; a word that a program does not know is
    treated by `retryable`: whether the same transaction, begun again, can succeed.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str = "other",
        sqlstate: str | None = None,
        retryable: bool = False,
        constraint: str | None = None,
        table: str | None = None,
        columns: tuple[str, ...] = (),
        position: int | None = None,
        details: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        """The contract's word for what happened."""
        self.sqlstate = sqlstate
        """The SQLSTATE of five characters, where the database told one."""
        self.retryable = retryable
        """Whether the same transaction, begun again, can succeed."""
        self.constraint = constraint
        """The name of the constraint, where the database tells it."""
        self.table = table
        """The table, where it is known."""
        self.columns = columns
        """The columns of the constraint, or the one that is missing or has the wrong type."""
        self.position = position
        """The change of a flush, or the node of a statement, that is to blame."""
        self.details = dict(details or {})
        """What only this code tells."""


class InterfaceError(Error):
    """A mistake in how the SDK was called: a closed handle, a value that no column can hold."""


class DatabaseError(Error):
    """A failure that the database or its host tells."""


class DataError(DatabaseError):
    """A value that the database cannot hold or compute, or one of the wrong type."""


class OperationalError(DatabaseError):
    """A failure beside the program's control: lost connections, timeouts, deadlocks, limits."""


class IntegrityError(DatabaseError):
    """A broken constraint."""


class InternalError(DatabaseError):
    """A transaction in a state in which it takes no statement."""


class ProgrammingError(DatabaseError):
    """A malformed statement, a missing table or column, something that was not granted."""


class NotSupportedError(DatabaseError):
    """What this database, or the contract, cannot do."""


_CLASSES: dict[str, type[DatabaseError]] = {
    "no-such-database": ProgrammingError,
    "denied": ProgrammingError,
    "no-such-table": ProgrammingError,
    "no-such-column": ProgrammingError,
    "invalid": ProgrammingError,
    "unsupported": NotSupportedError,
    "type-mismatch": DataError,
    "data": DataError,
    "unique-violation": IntegrityError,
    "foreign-key-violation": IntegrityError,
    "not-null-violation": IntegrityError,
    "check-violation": IntegrityError,
    "constraint-violation": IntegrityError,
    "circular-dependency": IntegrityError,
    "pending-rollback": InternalError,
    "transaction-closed": InternalError,
    "already-begun": InternalError,
}


def from_failure(failure: Any) -> DatabaseError:
    """The exception for a `failure` of the contract. Codes of later releases are an `OperationalError`."""
    return _CLASSES.get(failure.code, OperationalError)(
        failure.message,
        code=failure.code,
        sqlstate=failure.sqlstate,
        retryable=failure.retryable,
        constraint=failure.constraint,
        table=failure.table,
        columns=tuple(failure.columns),
        position=failure.position,
        details={detail.name: detail.value for detail in failure.details},
    )


def closed(what: str) -> InterfaceError:
    """The exception for the use of a handle that was closed."""
    return InterfaceError(f"the {what} is closed; open another one", code="closed")


def mismatch(expected: str, value: object) -> InterfaceError:
    """The exception for a value that the contract cannot carry."""
    return InterfaceError(
        f"{expected} is expected, not {type(value).__name__} {reprlib.repr(value)}", code="type-mismatch"
    )
