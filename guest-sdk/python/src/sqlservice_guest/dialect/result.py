"""Results that create all rows at once: SQLAlchemy without its C extension, as in a component, creates them singly."""

from __future__ import annotations

import collections
import functools
import itertools
import operator
from types import MemberDescriptorType
from typing import Any

from sqlalchemy.engine import CursorResult, Row

_FIELDS = [getattr(Row, name, None) for name in ("_parent", "_key_to_index", "_data")]
_IN_PYTHON = all(isinstance(field, MemberDescriptorType) for field in _FIELDS)
"""Whether `Row` is SQLAlchemy's implementation in Python, whose fields can be set from outside."""


class DataResult(CursorResult[Any]):
    """SQLAlchemy's result of a statement, which creates all rows at once where none is filtered or logged."""

    __slots__ = ()

    def _raw_all_rows(self) -> Any:
        make = self._row_getter
        if not _makes_rows(make):
            return super()._raw_all_rows()
        return made(make, self._fetchall_impl())

    def _allrows(self) -> Any:
        make = self._row_getter
        if self._unique_filter_state or self._post_creational_filter or not _makes_rows(make):
            return super()._allrows()
        return made(make, self._fetchall_impl())


def _makes_rows(make: Any) -> bool:
    """Whether a function only creates a row from a tuple: it does not cut or log the row, nor return a scalar."""
    return _IN_PYTHON and isinstance(make, functools.partial) and make.func is Row and len(make.args) == 3


def made(make: Any, tuples: Any) -> list[Any]:
    """Returns the rows that `make` would create from the tuples."""
    if not set(map(type, tuples)) <= {tuple}:
        return list(map(make, tuples))
    parent, processors, keys = make.args
    data = processed(processors, tuples) if processors else tuples
    rows = list(map(object.__new__, itertools.repeat(Row, len(data))))
    for field, values in zip(_FIELDS, (itertools.repeat(parent), itertools.repeat(keys), data), strict=True):
        collections.deque(map(field.__set__, rows, values), maxlen=0)  # type: ignore[union-attr]
    return rows


def processed(processors: Any, tuples: list[Any]) -> list[Any]:
    """Returns tuples with each column's processor applied to its values."""
    columns = [map(operator.itemgetter(at), tuples) for at in range(len(processors))]
    pairs = zip(processors, columns, strict=True)
    return list(zip(*(map(process, items) if process else items for process, items in pairs), strict=True))
