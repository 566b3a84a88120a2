"""Makes SQLAlchemy's unit of work do the same in the same order on every run.

It keeps states and actions in sets, whose order follows from where objects lie in memory. Where nothing says which of
two tables is written first, either may be, and an error in one of them leaves or does not leave gaps in the keys of the
other. Objects that nothing refers to are in the session until they are collected, which is at any time.
"""

from __future__ import annotations

import contextlib
import gc
import itertools
import zlib
from collections.abc import Iterator
from typing import Any

from sqlalchemy.orm.state import InstanceState
from sqlalchemy.orm.unitofwork import PostSortRec

_numbers = itertools.count(1)


def install() -> None:
    """Gives what is kept in sets a hash that is the same on every run."""
    InstanceState.__hash__ = _number_of  # type: ignore[method-assign, assignment]
    PostSortRec.__hash__ = _kind_of  # type: ignore[method-assign, assignment]


def _number_of(state: Any) -> int:
    number: int = state.__dict__.get("_number_in_walks") or next(_numbers)
    state.__dict__["_number_in_walks"] = number
    return number


def _kind_of(action: Any) -> int:
    return zlib.crc32(repr(action.sort_key).encode())


@contextlib.contextmanager
def collected_between() -> Iterator[None]:
    """Objects that refer to each other are collected before and after, and not on the way."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.collect()
