"""Values on their way to the contract and back."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import math
import uuid
from typing import Any

import pytest
import sqlalchemy as sa

from sqlservice_guest import errors, row, value
from sqlservice_guest.bindings import rows
from sqlservice_guest.dialect import DataDialect, types

UTC = dt.UTC
KEPT: list[Any] = [
    None, True, False, 0, -(2**63), 2**63 - 1, 2**64 - 1, 1.5, -0.0, math.inf, "", "é\U0001f980\0", b"", b"\0\xff",
    decimal.Decimal("1.50"), decimal.Decimal("-0.00"), uuid.UUID(int=2**127 + 1), dt.date.min, dt.date.max,
    dt.time.max, dt.datetime.min, dt.datetime.max, dt.datetime(1969, 12, 31, 23, 59, 59, 999_999),
    dt.datetime(2024, 2, 29, tzinfo=UTC), dt.timedelta(days=-1, microseconds=1), value.Interval(1, 2, 3),
    value.Json(None), value.Json({"a": [1, "é"]}), value.Native("inet", "::1"),
    [1, None, 2], [["a", "b"], ["c", "d"]], [],
]  # fmt: skip


@pytest.mark.parametrize("given", KEPT, ids=repr)
def test_a_value_comes_back_as_it_went(given: Any) -> None:
    found = value.unbind(value.bind(given))
    assert found == given
    assert type(found) is type(given)


def test_other_forms_of_a_value_are_carried() -> None:
    assert value.unbind(value.bind(bytearray(b"a"))) == b"a"
    assert value.unbind(value.bind({"a": 1})) == value.Json({"a": 1})
    assert value.unbind(value.bind(decimal.Decimal("1E+3"))) == 1000
    zone = dt.timezone(dt.timedelta(hours=2))
    assert value.unbind(value.bind(dt.datetime(2024, 1, 1, 2, tzinfo=zone))) == dt.datetime(2024, 1, 1, tzinfo=UTC)


class Colour(enum.IntEnum):
    """An integer that is none."""

    RED = 1


ANY: Any = 1.5
CIRCLE: list[Any] = []
CIRCLE.append(CIRCLE)
REFUSED: list[Any] = [
    2**64, -(2**63) - 1, "\ud800",
    decimal.Decimal("NaN"), decimal.Decimal("-Infinity"), decimal.Decimal("1E+999999999"),
    decimal.Decimal("1E-999999999"), dt.time(1, tzinfo=UTC), {"a": math.nan}, {"a": "\ud800"}, {(1, 2): 3}, Colour.RED,
    object(), print, {1, 2}, 1j, [[1], [1, 2]], [[1], 2], CIRCLE, value.Interval(2**31), value.Interval(ANY),
    value.JsonText(ANY), value.Native(ANY, "a"),
]  # fmt: skip


@pytest.mark.parametrize("given", REFUSED, ids=lambda given: type(given).__name__)
def test_what_the_contract_cannot_carry_is_refused_by_name(given: Any) -> None:
    with pytest.raises(errors.InterfaceError) as told:
        value.bind(given)
    assert told.value.code == "type-mismatch"


@pytest.mark.parametrize("given", REFUSED, ids=lambda given: type(given).__name__)
def test_so_it_is_in_a_column_of_many_rows(given: Any) -> None:
    with pytest.raises(errors.InterfaceError):
        row.batch([[given, None]], 2)


COLUMNS: list[list[Any]] = [
    [True, None, False], [1, None, -(2**63)], [1.5, None], ["é", None, ""], [b"\xff", None], [uuid.UUID(int=5), None],
    [decimal.Decimal("1.5"), None], [dt.date.max, None], [dt.time.max, None], [dt.datetime.max, None],
    [dt.datetime(2024, 1, 1, tzinfo=UTC), None], [2**63, None, 1], [None, None], [1, "a", None], [],
    [*range(7), None, *range(9)],
]  # fmt: skip


@pytest.mark.parametrize("items", COLUMNS, ids=repr)
def test_a_column_comes_back_as_it_went(items: list[Any]) -> None:
    batch = row.batch([items], len(items))
    assert [item for (item,) in row.tuples(batch)] == items
    assert [type(item) for (item,) in row.tuples(batch)] == list(map(type, items))


def test_json_is_read_or_left_as_text() -> None:
    batch = row.batch([[value.Json({"a": 1}), None, value.Json(None)]], 3)
    assert row.tuples(batch) == [({"a": 1},), (None,), (None,)]
    assert row.tuples(batch, json_as_text=True) == [('{"a": 1}',), (None,), ("null",)]


def test_columns_have_one_length() -> None:
    with pytest.raises(errors.InterfaceError):
        row.batch([[1], [1, 2]], 1)


def test_rows_without_columns_are_counted() -> None:
    assert row.tuples(rows.Batch(2, [])) == [(), ()]


def test_columns_of_many_rows_keep_what_is_missing_and_what_is_not_ascii() -> None:
    for items in ([None, *range(20), None], ["a", None, "\u00e4\U0001f600", ""], [None, 0.5], [True, None, False] * 3):
        batch = row.batch([items], len(items))
        assert row.tuples(batch) == [(item,) for item in items]
    with pytest.raises(errors.InterfaceError):
        row.batch([["\ud800"]], 1)


def test_a_column_of_parameters_is_checked_as_each_of_them_is() -> None:
    whole, words, real = types.Whole(16), types.Words(), types.Real()
    assert whole.column([1, None, -(1 << 15)]) == [1, None, -(1 << 15)]
    assert whole.column([True, 2]) == [1, 2]
    assert real.column([1, None, 2.5]) == [1.0, None, 2.5]
    assert words.column([]) == [] and whole.column([None]) == [None]
    wrong: list[tuple[types.Check, list[Any]]] = [
        (whole, [1 << 15]),
        (whole, ["1"]),
        (words, ["a", 1]),
        (real, ["1.0"]),
    ]
    for check, items in wrong:
        with pytest.raises(errors.InterfaceError) as told:
            check.column(items)
        assert told.value.code == "type-mismatch"


def test_items_of_an_array_are_written_and_read_as_values_of_their_type() -> None:
    dialect = DataDialect()

    def bind(type_: Any, items: list[Any]) -> Any:
        return type_._cached_bind_processor(dialect)(items)

    def read(type_: Any, items: list[Any]) -> Any:
        return type_._cached_result_processor(dialect, None)(items)

    assert bind(sa.ARRAY(sa.JSON), [{"a": 1}, None]) == [value.JsonText('{"a": 1}'), value.JsonText("null")]
    assert read(sa.ARRAY(sa.JSON), ['{"a": 1}', None]) == [{"a": 1}, None]
    assert read(sa.ARRAY(sa.Integer, as_tuple=True), [1, 2]) == (1, 2)
    with pytest.raises(errors.InterfaceError, match="a date is expected"):
        bind(sa.ARRAY(sa.Date), ["2026-01-01"])


def test_documents_in_arrays_are_values_or_texts() -> None:
    data = rows.ColumnData(None, rows.Vector_Mixed([value.bind([value.Json({"a": 1}), None])]))
    assert row.column(data, 1) == [[{"a": 1}, None]]
    (texts,) = row.column(data, 1, json_as_text=True)
    assert texts == [value.Json({"a": 1}).text(), None]
