"""Values of every kind in columns of every kind: refused, or there again as they went in."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import math
import random
import uuid
from typing import Any

import sqlalchemy as sa
from models import COLUMNS, Thing, engine
from raising import refused
from sqlalchemy import orm

from sqlservice_guest import value

SEED = 0
ROUNDS = 400


class Colour(enum.IntEnum):
    """An integer that is none."""

    RED = 1


class Odd:
    """Of no use to a database."""


def _circle() -> list[Any]:
    circle: list[Any] = []
    circle.append(circle)
    return circle


def _deep() -> Any:
    deep: Any = 1
    for _ in range(500):
        deep = [deep]
    return deep


ANY: Any = 1.5

VALUES: list[Any] = [
    None, True, 0, -1, 2**15, 2**31, -(2**31) - 1, 2**63 - 1, -(2**63), 2**63, 2**64 - 1, 2**64, 10**40,
    0.0, -0.0, 1.5, 1e308, math.inf, -math.inf, math.nan, 5e-324, 1j,
    "", "a", "abcdefghi", "é\U0001f980", "\ud800", "a\0b", "9" * 70_000, "no uuid",
    b"", b"\xff\0", bytearray(b"x"), memoryview(b"x"), uuid.UUID(int=1),
    decimal.Decimal("1.50"), decimal.Decimal("NaN"), decimal.Decimal("Infinity"), decimal.Decimal("1e20"),
    decimal.Decimal("1E+999999"), decimal.Decimal("1E-999999"),
    dt.date.min, dt.date.max, dt.datetime.min, dt.datetime.max, dt.datetime(2024, 2, 29, 1, 2, 3, 4, dt.UTC),
    dt.datetime(2024, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=-23, minutes=-59))),
    dt.time.max, dt.time(1, 2, tzinfo=dt.UTC), dt.timedelta.max, dt.timedelta.min,
    {"a": [1, None, {"b": "\ud800"}]}, {"n": math.nan}, {1: 2}, {(1, 2): 3}, _circle(), _deep(),
    [1, 2], [], [[1], [2, 3]], (1, "a"), {1, 2}, range(3), Colour.RED, Odd(), Odd, print, object(),
    value.Json(None), value.Json({"a": 1}), value.JsonText("no json"), value.JsonText(ANY),
    value.Native("int", "1"), value.Native(ANY, ""), value.Interval(1, 2, 3),
    value.Interval(2**31), value.Interval(ANY),
]  # fmt: skip


def mistake_values_of_any_kind_by_core() -> None:
    """By one statement, by many rows, by an update, and as a condition."""
    chosen = random.Random(SEED)
    for _ in range(ROUNDS):
        column, given = chosen.choice(COLUMNS), chosen.choice(VALUES)
        way = chosen.choice([_insert, _insert_many, _update, _literal])
        with engine.connect() as connection:
            if not refused(lambda: way(connection, column, given)):
                _compare(connection, column, given)


def mistake_values_of_any_kind_by_orm() -> None:
    """By objects."""
    chosen = random.Random(SEED)
    for _ in range(ROUNDS // 2):
        names = chosen.sample(COLUMNS, 3)
        given = {name: chosen.choice(VALUES) for name in names}
        with orm.Session(engine) as session:
            refused(lambda: _save(session, Thing(**given)))
            session.rollback()
            assert session.scalar(sa.select(sa.func.count()).select_from(Thing)) == 0


def mistake_values_of_any_kind_as_conditions() -> None:
    """Compared, in lists, and added up."""
    chosen = random.Random(SEED)
    for _ in range(ROUNDS):
        column, given = Thing.__table__.c[chosen.choice(COLUMNS)], chosen.choice(VALUES)
        with engine.connect() as connection:
            refused(lambda: connection.execute(sa.select(Thing.id).where(column == given)).all())
            connection.rollback()
            refused(lambda: connection.execute(sa.select(Thing.id).where(column.in_([given, None]))).all())
            connection.rollback()
            refused(lambda: connection.execute(sa.select(sa.literal(given) + column)).all())
            connection.rollback()


def mistake_values_of_any_kind_by_text() -> None:
    """By SQL text, where no column says what they are."""
    chosen = random.Random(SEED)
    for _ in range(ROUNDS):
        given = chosen.choice(VALUES)
        with engine.connect() as connection:
            refused(lambda: connection.execute(sa.text("select :a"), {"a": given}).all())


def mistake_huge_texts() -> None:
    """Of 1 MiB, in a text that has room and in one that has none."""
    huge = "x" * (1 << 20)
    with engine.connect() as connection:
        assert (
            connection.execute(sa.insert(Thing).values(id=1, v=huge[:9])) is not None
            if engine.dialect.name == ""
            else True
        )
        refused(lambda: _insert(connection, "v", huge))
        connection.rollback()
        _insert(connection, "t", huge)
        assert connection.scalar(sa.select(sa.func.length(Thing.t))) == len(huge)


def _insert(connection: sa.Connection, column: str, given: Any) -> None:
    connection.execute(sa.insert(Thing).values({"id": 1, column: given}))


def _insert_many(connection: sa.Connection, column: str, given: Any) -> None:
    connection.execute(sa.insert(Thing), [{"id": 1, column: given}, {"id": 2, column: None}])


def _update(connection: sa.Connection, column: str, given: Any) -> None:
    connection.execute(sa.insert(Thing).values({"id": 1}))
    connection.execute(sa.update(Thing).where(Thing.id == 1).values({column: given}))


def _literal(connection: sa.Connection, column: str, given: Any) -> None:
    connection.execute(sa.insert(Thing).values({"id": 1, column: sa.literal(given, Thing.__table__.c[column].type)}))


def _save(session: orm.Session, thing: Thing) -> None:
    session.add(thing)
    session.flush()


def _compare(connection: sa.Connection, column: str, given: Any) -> None:
    """What was taken has to be there."""
    found = connection.scalar(sa.select(Thing.__table__.c[column]).where(Thing.id == 1))
    shown = f"{given!r:.60} in {column} is {found!r:.60}"
    match found:
        case float() if isinstance(given, (float, decimal.Decimal)) and math.isnan(given):
            assert math.isnan(found), shown
        case float() if isinstance(given, (int, decimal.Decimal)):
            assert found == float(given), shown
        case decimal.Decimal():
            assert isinstance(given, (int, float, decimal.Decimal)), shown
            assert abs(found - decimal.Decimal(given)) <= decimal.Decimal("0.00005"), shown
        case dt.date() if column == "d" and isinstance(given, dt.datetime):
            # As SQLAlchemy's own suite asks for: the time of day is left out.
            assert found == given.date(), shown
        case uuid.UUID():
            assert str(found) == str(given), shown
        case dt.datetime() if found.tzinfo and given.tzinfo is None:
            assert found == given.replace(tzinfo=dt.UTC), shown
        case _ if isinstance(given, value.Json):
            assert found == given.value, shown
        case _ if column == "j":
            assert found is None or isinstance(given, (dict, list, tuple, str, int, float)), shown
        case bytes():
            assert not isinstance(given, int) and found == bytes(given), shown
        case _:
            assert found == given, shown
