"""What takes memory until there is none."""

from __future__ import annotations

import itertools
from typing import Any, NoReturn

from sqlalchemy import orm

from .tables import engine, user
from .told import attack


@attack("memory: a text that doubles")
def doubling() -> NoReturn:
    """Twice as long each time."""
    text = "x"
    while True:
        text += text


@attack("memory: lists")
def lists() -> NoReturn:
    """A list that holds lists that hold lists."""
    held: list[Any] = []
    while True:
        held = [held, [0] * 10_000]


@attack("memory: buffers")
def buffers() -> NoReturn:
    """Buffer after buffer."""
    held: list[bytearray] = []
    while True:
        held.append(bytearray(1 << 20))


@attack("memory: a generator")
def generator() -> list[str]:
    """A list of what never ends."""
    return [str(len(list(itertools.count())))]


@attack("memory: recursion")
def recursion() -> NoReturn:
    """Calls itself, and again when that is refused."""

    class Evil:
        def __getattr__(self, name: str) -> Any:
            try:
                return getattr(self, name + "x")
            finally:
                getattr(self, name + "y")

    while True:
        getattr(Evil(), "x")  # noqa: B009 - it has none


@attack("memory: in a transaction")
def in_begin() -> NoReturn:
    """Takes all memory with a row that is not committed."""
    with orm.Session(engine) as session:
        session.add(user())
        session.flush()
        doubling()
