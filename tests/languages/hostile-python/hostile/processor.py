"""What computes for ever, or as good as."""

from __future__ import annotations

import functools
import json
import re
from typing import NoReturn

from sqlalchemy import orm

from .tables import engine, user
from .told import attack, outcome


@attack("processor: a loop")
def loop() -> NoReturn:
    """Never ends."""
    while True:
        pass


@attack("processor: a loop in a transaction")
def loop_in_begin() -> NoReturn:
    """Never ends, with a row that is not committed."""
    with orm.Session(engine) as session:
        session.add(user())
        session.flush()
        loop()


@attack("processor: a pattern")
def pattern() -> list[str]:
    """Tries 2^60 ways to match."""
    return [f"it matches: {re.fullmatch('(a|a)*b', 'a' * 60) is not None}"]


@attack("processor: a power")
def power() -> list[str]:
    """Numbers of more and more digits."""
    value = 3
    for _ in range(64):
        value *= value
    return [f"{value.bit_length()} bits"]


@attack("processor: an evil comparison")
def comparison() -> list[str]:
    """Sorts by an order that never decides."""
    items = list(range(100))

    def compare(_one: int, _other: int) -> int:
        items.append(0)
        while items:
            pass
        return 0

    return [str(len(sorted(items, key=functools.cmp_to_key(compare))))]


@attack("processor: catching everything")
def catching() -> NoReturn:
    """Catches whatever it is ended by."""
    while True:
        try:
            loop()
        except BaseException:  # noqa: S112 - on purpose
            continue


@attack("processor: a document without an end")
def nesting() -> list[str]:
    """Reads a document that is nested a million times. Whether that is refused or ends the instance is the language's."""
    return [f"read: {outcome(lambda: len(json.loads('[' * 1_000_000 + ']' * 1_000_000)))}"]
