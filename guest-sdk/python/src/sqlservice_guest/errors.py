"""The errors of a call: the exceptions of PEP 249, with the fields of the contract's `failure`."""

from __future__ import annotations

import reprlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class Warning(Exception):  # noqa: A001, N818 - PEP 249 fixes the name
    """The warning class of PEP 249; never raised here."""


class Error(Exception):
    """A call that failed.

    `code` is the contract's error code (`unique-violation`, `busy`, …), to branch on. For a code that a program does
    not recognise, `retryable` decides: whether the same transaction, begun again, can succeed.
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
        """The contract's error code."""
        self.sqlstate = sqlstate
        """The five-character SQLSTATE, where the database reports one."""
        self.retryable = retryable
        """Whether the same transaction, begun again, can succeed."""
        self.constraint = constraint
        """The name of the constraint, where the database reports it."""
        self.table = table
        """The table, where it is known."""
        self.columns = columns
        """The columns of the constraint, or the one that is missing or has the wrong type."""
        self.position = position
        """The index of the change of a flush, or of the node of a statement, that caused the error."""
        self.details = dict(details or {})
        """Details that are specific to this code, by name."""


class InterfaceError(Error):
    """A wrong use of the SDK: a closed handle, a value that no column can hold."""


class DatabaseError(Error):
    """A failure that the database or its host reports."""


class DataError(DatabaseError):
    """A value that the database cannot hold or compute, or one of the wrong type."""


class OperationalError(DatabaseError):
    """A failure outside the program's control: lost connections, timeouts, deadlocks, limits."""


class IntegrityError(DatabaseError):
    """A broken constraint."""


class InternalError(DatabaseError):
    """A transaction in a state that accepts no statement."""


class ProgrammingError(DatabaseError):
    """A malformed statement, a missing table or column, a missing grant."""


class NotSupportedError(DatabaseError):
    """An operation that this database, or the contract, does not support."""


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
    """Returns the exception for a `failure` of the contract: an `OperationalError` for unlisted codes."""
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
    """Returns the exception for the use of a closed handle."""
    return InterfaceError(f"the {what} is closed; open another one", code="closed")


def mismatch(expected: str, value: object) -> InterfaceError:
    """Returns the exception for a value that the contract cannot represent."""
    return InterfaceError(
        f"{expected} is expected, not {type(value).__name__} {reprlib.repr(value)}", code="type-mismatch"
    )
