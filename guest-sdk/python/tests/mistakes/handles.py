"""Connections, cursors and sessions that are closed twice, used after that, or left as they are."""

from __future__ import annotations

import gc
from typing import Any

import sqlalchemy as sa
from models import Thing, engine
from raising import raises
from sqlalchemy import exc, orm

from sqlservice_guest import driver, errors

ROWS = 5_000


def _fill(connection: sa.Connection) -> None:
    connection.execute(sa.insert(Thing), [{"id": number} for number in range(1, ROWS + 1)])


def mistake_a_connection_closed_twice() -> None:
    """And used after that."""
    connection = driver.connect()
    cursor = connection.cursor()
    connection.close()
    connection.close()
    with raises(errors.InterfaceError, code="closed"):
        connection.commit()
    with raises(errors.InterfaceError, code="closed"):
        connection.rollback()
    with raises(errors.InterfaceError, code="closed"):
        connection.cursor()
    with raises(errors.InterfaceError, code="closed"):
        cursor.execute("select 1")


def mistake_a_cursor_closed_twice() -> None:
    """And used after that."""
    with driver.connect() as connection:
        cursor = connection.execute("select 1")
        cursor.close()
        cursor.close()
        for use in (cursor.fetchone, cursor.fetchall, cursor.fetchmany, lambda: cursor.execute("select 1")):
            with raises(errors.InterfaceError, code="closed"):
                use()


def mistake_a_cursor_without_rows() -> None:
    """Asked for them; and one that was never used."""
    with driver.connect() as connection:
        for cursor in (connection.cursor(), connection.execute("delete from things")):
            with raises(errors.InterfaceError, code="no-result"):
                cursor.fetchall()


def mistake_cursors_and_connections_dropped() -> None:
    """In the middle of a result: the collector gives back what they held."""
    with engine.begin() as connection:
        _fill(connection)
    for _ in range(20):
        dropped = engine.connect()
        result = dropped.execution_options(yield_per=10).execute(sa.select(Thing.id))
        assert result.fetchone() is not None
        del result, dropped
        gc.collect()
    with engine.begin() as connection:
        assert connection.execute(sa.delete(Thing)).rowcount == ROWS


def mistake_a_generator_left_half_read() -> None:
    """While other statements run on the same connection, and after it was closed."""
    with engine.connect() as connection:
        _fill(connection)
        rows = iter(connection.execution_options(yield_per=10).execute(sa.select(Thing.id).order_by(Thing.id)))
        assert next(rows) == (1,)
        assert connection.scalar(sa.select(sa.func.count()).select_from(Thing)) == ROWS
        assert next(rows) == (2,)
        del rows
        gc.collect()
    with engine.connect() as connection:
        _fill(connection)
        partial = connection.execution_options(yield_per=10).execute(sa.select(Thing.id))
    with raises():
        partial.fetchall()
    with driver.connect() as held:
        for number in range(1, ROWS):
            held.execute(f"insert into things (id) values ({number})")
        cursor = held.execute("select id from things")
        assert cursor.fetchone() is not None
        held.rollback()
        with raises(errors.InterfaceError, code="closed"):
            cursor.fetchall()


def mistake_partitions_left_by_a_break() -> None:
    """A session that streams objects and is left."""
    with orm.Session(engine) as session:
        _fill(session.connection())
        query = sa.select(Thing).order_by(Thing.id).execution_options(yield_per=100)
        for part in session.scalars(query).partitions():
            assert len(part) == 100
            break
        session.rollback()
        assert session.scalars(sa.select(Thing)).all() == []


def mistake_an_engine_disposed_and_used() -> None:
    """SQLAlchemy opens a new pool."""
    own = sa.create_engine("sqlservice://default")
    own.dispose()
    with own.connect() as connection:
        assert connection.scalar(sa.text("select 1")) == 1
    own.dispose()
    own.dispose()


def mistake_a_result_after_its_connection() -> None:
    """Its few rows came with it."""
    with engine.connect() as connection:
        result = connection.execution_options(stream_results=True).execute(sa.text("select 1"))
    assert result.one() == (1,), "what came with the first crossing is there"


def mistake_a_session_used_in_another_one() -> None:
    """An object belongs to one session."""
    with orm.Session(engine) as one, orm.Session(engine) as other:
        thing = Thing(id=1)
        one.add(thing)
        with raises(exc.InvalidRequestError):
            other.add(thing)


def mistake_a_database_that_was_not_granted() -> None:
    """By a name that it does not have, and one that is none."""
    for name in ("nowhere", "", "a b", "ü" * 300):
        with (
            raises(exc.SQLAlchemyError, code="no-such-database"),
            sa.create_engine(sa.URL.create("sqlservice", host=name or None, database=name or "x")).connect(),
        ):
            pass
    with raises(errors.Error):
        driver.connect("\ud800")
    wrong: Any = 5
    with raises(errors.Error):
        driver.connect(wrong)
