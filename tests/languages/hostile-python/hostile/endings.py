"""Ways to end a call that nothing expects: huge errors, exits, answers that are none, each with a transaction open."""

from __future__ import annotations

import os
import sys
from typing import Any, NoReturn

from sqlalchemy import event, orm

from .output import ESCAPES
from .tables import engine, is_there, user
from .told import attack


def begun() -> orm.Session:
    """A session with a row that is not committed."""
    session = orm.Session(engine)
    session.add(user())
    session.flush()
    return session


@attack("ending: a huge error")
def huge() -> NoReturn:
    """Thirty megabytes of message."""
    begun()
    raise ValueError("x" * 30_000_000)


@attack("ending: an error that steers")
def steering() -> NoReturn:
    """A message with what steers a terminal."""
    begun()
    raise ValueError(ESCAPES)


@attack("ending: an error in a transaction")
def in_begin() -> NoReturn:
    """An exception within begin()."""
    with orm.Session(engine) as session, session.begin():
        session.add(user())
        session.flush()
        raise ValueError("in begin")


@attack("ending: an error in a flush")
def in_flush() -> list[str]:
    """An exception from within the flush."""

    def evil(*_: object) -> NoReturn:
        raise ValueError("in flush")

    with orm.Session(engine) as session:
        event.listen(session, "after_flush", evil)
        session.add(user())
        try:
            session.flush()
        except ValueError as failure:
            said = f"refused: {failure}"
        else:
            said = "flushed"
        session.rollback()
    return [said, f"the row is there: {is_there()}"]


@attack("ending: an exit in a flush")
def exit_in_flush() -> NoReturn:
    """The process ends within the flush."""

    def evil(*_: object) -> NoReturn:
        os._exit(0)

    session = orm.Session(engine)
    event.listen(session, "after_flush", evil)
    session.add(user())
    session.flush()
    raise AssertionError


@attack("ending: a trap in a savepoint")
def in_savepoint() -> NoReturn:
    """The instance ends within a savepoint."""
    session = begun()
    session.begin_nested()
    session.add(user(901))
    session.flush()
    os.abort()


@attack("ending: an exit")
def exits() -> NoReturn:
    """As a script ends."""
    begun()
    sys.exit(3)


@attack("ending: an exit at once")
def exits_at_once() -> NoReturn:
    """As a process ends that says it did well."""
    begun()
    os._exit(0)


@attack("ending: an error that cannot be told")
def untellable() -> NoReturn:
    """An exception whose text is an exception."""

    class EvilError(Exception):
        def __str__(self) -> str:
            raise self

    begun()
    raise EvilError


@attack("ending: another type")
def other_type() -> Any:
    """Numbers where texts are expected."""
    begun()
    return [1, 2, 3]


@attack("ending: an evil answer")
def evil_answer() -> Any:
    """A text that is only said to be one."""

    class Evil(str):
        __slots__ = ()

        def encode(self, *_: object) -> Any:
            raise MemoryError

        def __len__(self) -> int:
            return 1 << 31

    begun()
    return [Evil("a text")]


@attack("ending: half a character")
def surrogate() -> list[str]:
    """A text that has no UTF-8."""
    begun()
    return ["\ud800"]


@attack("ending: a huge answer")
def huge_answer() -> list[str]:
    """Two hundred thousand lines."""
    begun()
    return ["x" * 100] * 200_000


@attack("ending: what a call leaves")
def leaves() -> list[str]:
    """Whether a row of an ending is there."""
    return [f"the row is there: {is_there()}"]
