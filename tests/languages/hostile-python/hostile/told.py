"""The list of attacks, and how what came of one is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import exc
from sqlservice_guest import errors
from sqlservice_guest.bindings import Err

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Attack = Callable[[], Any]
    F = TypeVar("F", bound=Callable[[], Any])

ATTACKS: dict[str, Attack] = {}
"""Each attack by its name: a function, or a coroutine function, that returns lines."""


def attack(name: str) -> Callable[[F], F]:
    """Puts a function on the list."""

    def listed(function: F) -> F:
        ATTACKS[name] = function
        return function

    return listed


def code(failure: BaseException) -> str:
    """Who refused it, and why: a code of the contract, or `here` where Python or a library did."""
    cause = getattr(failure, "orig", None) or failure
    if isinstance(cause, errors.Error):
        return cause.code
    if isinstance(cause, Err):
        return str(cause.value.code)
    return "unsupported" if isinstance(failure, exc.CompileError) else "here"


def shown(value: object) -> object:
    """A value as every language tells it."""
    return truth(value) if isinstance(value, bool) else "nothing" if value is None else value


def truth(value: object) -> str:
    """A truth as every language tells it."""
    return "true" if value else "false"


def outcome(call: Callable[[], object]) -> str:
    """What a call gave, or who refused it."""
    try:
        return f"got {shown(call())}"
    except (Exception, SystemExit) as failure:
        return f"refused {code(failure)}"


async def awaited(waiting: Awaitable[object]) -> str:
    """The same of what has to be awaited."""
    try:
        return f"got {shown(await waiting)}"
    except Exception as failure:
        return f"refused {code(failure)}"


def lines(cases: dict[str, Callable[[], object]]) -> list[str]:
    """A line for each case."""
    return [f"{case}: {outcome(call)}" for case, call in cases.items()]


def ways(cases: dict[str, Callable[[], object]]) -> list[str]:
    """A line for each way to what should not be reached: only whether it led there."""
    return [f"{case}: {'refused' if outcome(call).startswith('refused') else 'reached'}" for case, call in cases.items()]
