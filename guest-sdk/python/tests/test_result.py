"""Rows that are made at once are those that SQLAlchemy makes one by one."""

from __future__ import annotations

import functools
import pickle
from typing import Any

import pytest
from sqlalchemy.engine import Row
from sqlalchemy.engine.result import SimpleResultMetaData

from sqlservice_guest.dialect import result

METADATA = SimpleResultMetaData(["id", "name"])
TUPLES = [(1, "a"), (2, None), (3, "c")]


def making(processors: Any = None) -> Any:
    """What SQLAlchemy makes a row with."""
    return functools.partial(Row, METADATA, processors, METADATA._key_to_index)


def test_they_are_made_at_once_here() -> None:
    assert result._makes_rows(making())
    assert not result._makes_rows(functools.partial(tuple))
    assert not result._makes_rows(None)


@pytest.mark.parametrize(
    "processors", [None, [None, None], [str, None], [None, lambda value: value and value.upper()], [float, repr]]
)
def test_they_are_equal(processors: Any) -> None:
    make = making(processors)
    rows = result.made(make, TUPLES)
    assert rows == [make(item) for item in TUPLES]
    assert [(type(row), row.id, row.name, row._mapping["name"]) for row in rows] == [
        (Row, row.id, row.name, row._mapping["name"]) for row in map(make, TUPLES)
    ]
    assert pickle.loads(pickle.dumps(rows)) == rows
    assert all(hash(row) == hash(tuple(row)) for row in rows)


def test_no_rows_are_no_rows() -> None:
    assert result.made(making(), []) == result.made(making([str, None]), []) == []


def test_what_is_no_tuple_becomes_one() -> None:
    (row,) = result.made(making(), [[1, "a"]])
    assert row._data == (1, "a")


def test_an_error_of_a_processor_is_told() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        result.made(making([None, int]), TUPLES)
