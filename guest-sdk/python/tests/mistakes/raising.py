"""Expectations: that something raises, and what."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import exc

from sqlservice_guest import errors

REFUSED = (exc.SQLAlchemyError, errors.Error, TypeError, ValueError, ArithmeticError, RecursionError)
"""What a refused value or statement may raise."""


@contextmanager
def raises(*expected: type[BaseException], code: str | None = None) -> Iterator[None]:
    """Fails where the block raises nothing, or something else; with `code`, where the error has another one."""
    allowed = expected or REFUSED
    try:
        yield
    except allowed as error:
        cause: Any = getattr(error, "orig", None) or error
        found = getattr(cause, "code", None)
        assert code is None or found == code, f"{error!r} has the code {found} and not {code}"
    else:
        message = "nothing was raised"
        raise AssertionError(message)


def refused(function: Callable[[], object]) -> bool:
    """Whether a call was refused by an exception that a program expects."""
    try:
        function()
    except REFUSED:
        return True
    return False
