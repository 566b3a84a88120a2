"""Statements that make no sense, are too large, or have numbers that nothing can count."""

from __future__ import annotations

import functools
import operator
from typing import Any

import sqlalchemy as sa
from models import Thing, engine
from raising import raises, refused
from sqlalchemy import exc, orm

from sqlservice_guest import driver, errors


def mistake_expressions_too_deep() -> None:
    """Sums, calls in calls, and conditions of many parts."""
    for parts in (10, 60):
        deep = functools.reduce(operator.add, [Thing.i64] * parts)
        nested: Any = Thing.i64
        for _ in range(parts):
            nested = sa.func.abs(nested)
        wide = sa.or_(*[Thing.i64 == number for number in range(parts)])
        for expression in (deep, nested, wide):
            with engine.connect() as connection:
                refused(lambda: connection.execute(sa.select(expression)).all())


def mistake_limits_and_frames_out_of_range() -> None:
    """Of rows, of bytes, of digits."""
    for number in (-1, 2**31, 2**63, 2**70):
        with engine.connect() as connection:
            refused(lambda: connection.execute(sa.select(Thing.id).limit(number)).all())
            connection.rollback()
            refused(lambda: connection.execute(sa.select(Thing.id).offset(number)).all())
            connection.rollback()
            window = sa.func.sum(Thing.i64).over(order_by=Thing.id, rows=(-number, number))
            refused(lambda: connection.execute(sa.select(window)).all())
            connection.rollback()
            refused(lambda: connection.execute(sa.select(sa.cast(Thing.t, sa.String(number)))).all())
            connection.rollback()
            refused(lambda: connection.execute(sa.select(sa.cast(Thing.t, sa.Numeric(number, number)))).all())
            connection.rollback()
            refused(lambda: connection.execution_options(yield_per=number).execute(sa.select(Thing.id)).all())
    for size in ("ten", 1.5, 2**40):
        with engine.connect() as connection, raises():
            connection.execution_options(yield_per=size).execute(sa.select(Thing.id)).all()


def mistake_tables_that_no_database_has() -> None:
    """With sizes out of range, names that are none, and without columns."""

    def table(*parts: Any, name: str = "odd", **more: Any) -> None:
        made = sa.Table(name, sa.MetaData(), *parts, **more)
        try:
            made.create(engine)
        finally:
            refused(lambda: made.drop(engine))

    key = functools.partial(sa.Column, "id", sa.Integer, primary_key=True)
    for length in (-1, 0, 2**32, 2**70):
        refused(lambda: table(key(), sa.Column("t", sa.String(length))))
        refused(lambda: table(key(), sa.Column("n", sa.Numeric(length, length))))
    for name in ("", "\ud800", "a\0b", "x" * 10_000, "a`b\"c'd"):
        refused(lambda: table(key(), name=name))
        refused(lambda: table(key(), sa.Column(name, sa.Text)))
        refused(lambda: table(key(), comment=name))
        refused(lambda: table(key(), schema=name))
        refused(lambda: table(key(), sa.UniqueConstraint("id", name=name)))
        refused(lambda: sa.inspect(engine).get_columns(name))
        refused(lambda: sa.inspect(engine).get_table_names(schema=name))
    with raises():
        table()


def mistake_statements_of_nothing() -> None:
    """Without columns, values or tables."""
    wrong: Any
    with engine.connect() as connection:
        # With SQL text granted, PostgreSQL gets `select()`, which it takes.
        dialect: Any = engine.dialect
        nothing = [] if dialect.database_kind == "postgresql" else [sa.select()]
        for wrong in (*nothing, sa.update(Thing).values({}), sa.select(sa.column("x")), sa.literal(1)):
            with raises():
                connection.execute(wrong)
            connection.rollback()
        for wrong in ("select 1", 5, None, object()):
            with raises():
                connection.execute(wrong)
        with raises(exc.NoSuchTableError):
            sa.Table("nowhere", sa.MetaData(), autoload_with=connection)
        with raises(exc.ProgrammingError, code="no-such-column"):
            connection.execute(sa.select(sa.column("nothing", _selectable=Thing.__table__)))


def mistake_parameters_that_do_not_fit() -> None:
    """Too few, too many, of another shape, or no sequence."""
    wrong: Any
    sql: Any
    with engine.connect() as connection:
        for wrong in ([{"id": 1}, {}], [{"id": 1}, {"t": "x"}], [{"nothing": 1}], [5], ["a"]):
            refused(lambda: connection.execute(sa.insert(Thing), wrong))
            connection.rollback()
        with raises(exc.StatementError):
            connection.execute(sa.select(sa.bindparam("a")))
    with driver.connect() as held:
        for wrong in ({"a": 1}, "a", 5, None):
            with raises(errors.InterfaceError, code="type-mismatch"):
                held.execute("select 1", wrong)
        for sql in (5, None, b"select 1", "\ud800"):
            with raises(errors.InterfaceError, code="type-mismatch"):
                held.execute(sql)
        refused(lambda: held.execute("select ?, ?", [1]))
        held.rollback()
        refused(lambda: held.execute("select 1", [1] * 100_000))
        held.rollback()


def mistake_lists_too_long() -> None:
    """More values than a statement takes parameters."""
    with engine.connect() as connection:
        for length in (0, 1, 1_000, 70_000):
            refused(lambda: connection.execute(sa.select(Thing.id).where(Thing.id.in_(range(length)))).all())
            connection.rollback()
        rows = [{"id": number, "t": "x" * 10} for number in range(1, 50_001)]
        assert connection.execute(sa.insert(Thing), rows).rowcount == len(rows)


def mistake_loads_without_a_session() -> None:
    """Of an object that belongs to none."""
    with orm.Session(engine) as session:
        thing = Thing(id=1)
        session.add(thing)
        session.flush()
        session.expire(thing)
    with raises(orm.exc.DetachedInstanceError):
        print(thing.t)
