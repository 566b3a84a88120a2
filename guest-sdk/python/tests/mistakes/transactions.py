"""Transactions that are begun twice, left in the middle, nested in the wrong order, or ended by the host."""

from __future__ import annotations

import sqlalchemy as sa
from models import Thing, engine
from raising import raises
from sqlalchemy import exc, orm

from sqlservice_guest import driver, errors
from sqlservice_guest.bindings import monotonic_clock, sessions
from sqlservice_guest.blocking import run

SHORT = sessions.TransactionOptions(sessions.Isolation.DEFAULT, False, 1000)
"""A transaction of a second."""


def _sleep(milliseconds: int) -> None:
    run(monotonic_clock.wait_for(milliseconds * 1_000_000))


def _count() -> int | None:
    with engine.connect() as connection:
        found: int | None = connection.scalar(sa.select(sa.func.count()).select_from(Thing))
        return found


def _lose(connection: driver.Connection) -> None:
    """Writes, and waits until the host has ended the transaction."""
    connection.begin(SHORT)
    connection.execute("insert into things (id) values (1)")
    _sleep(2500)
    assert not connection.in_transaction


def mistake_a_commit_of_what_the_host_ended() -> None:
    """It raises, again and again, until it was rolled back; then the connection works."""
    with driver.connect() as connection:
        _lose(connection)
        for _ in range(2):
            with raises(errors.InternalError, code="transaction-closed"):
                connection.commit()
        with raises(errors.InternalError, code="transaction-closed"):
            connection.execute("select 1")
        connection.rollback()
        connection.execute("insert into things (id) values (2)")
        connection.rollback()
    assert _count() == 0


def mistake_a_new_table_after_the_host_ended_it() -> None:
    """A table that is met then would be read by another session: the loss has to be told before that."""
    other = sa.Table("others", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True))
    other.create(engine)
    try:
        with engine.connect() as connection:
            held = connection.connection.dbapi_connection
            assert isinstance(held, driver.Connection)
            _lose(held)
            with raises(exc.InternalError, code="transaction-closed"):
                connection.execute(sa.select(other.c.id))
            with raises(exc.InternalError, code="transaction-closed"):
                connection.commit()
    finally:
        other.drop(engine)
    assert _count() == 0


def mistake_a_table_created_after_the_host_ended_it() -> None:
    """`create_all` commits before."""
    with engine.connect() as connection:
        held = connection.connection.dbapi_connection
        assert isinstance(held, driver.Connection)
        _lose(held)
        with raises(exc.InternalError, code="transaction-closed"):
            sa.Table("more", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True)).create(connection)
        connection.rollback()
    assert _count() == 0


def mistake_a_session_that_commits_too_late() -> None:
    """The unit of work too."""
    with orm.Session(engine) as session:
        held = session.connection().connection.dbapi_connection
        assert isinstance(held, driver.Connection)
        _lose(held)
        session.add(Thing(id=3))
        with raises(exc.SQLAlchemyError, code="transaction-closed"):
            session.commit()
        session.rollback()
    assert _count() == 0


def mistake_an_exception_in_begin() -> None:
    """Of every kind, also while a result is read, and one that SQLAlchemy raises."""
    for error in (ValueError("no"), KeyboardInterrupt(), GeneratorExit(), SystemExit(1)):
        with raises(type(error)), engine.begin() as connection:
            connection.execute(sa.insert(Thing), [{"id": number} for number in range(1, 3000)])
            rows = connection.execution_options(yield_per=10).execute(sa.select(Thing.id))
            assert rows.fetchone() is not None
            raise error
    with raises(exc.IntegrityError), orm.Session(engine) as session, session.begin():
        session.execute(sa.insert(Thing).values(id=1))
        session.execute(sa.insert(Thing).values(id=1))
    with raises(exc.NoResultFound), orm.Session(engine) as session, session.begin():
        session.add(Thing(id=1))
        session.flush()
        session.execute(sa.select(Thing.id).where(Thing.id == 2)).one()
    assert _count() == 0


def mistake_a_transaction_begun_twice() -> None:
    """Of a connection, of a session, and of the driver."""
    with engine.connect() as connection:
        connection.begin()
        with raises(exc.InvalidRequestError):
            connection.begin()
    with orm.Session(engine) as session:
        session.begin()
        with raises(exc.InvalidRequestError):
            session.begin()
    with driver.connect() as held:
        held.begin(SHORT)
        with raises(errors.InternalError, code="already-begun"):
            held.begin(SHORT)
        held.rollback()


def mistake_savepoints_in_the_wrong_order() -> None:
    """The outer one ends first; each ends twice; one ends after its transaction."""
    with engine.connect() as connection:
        connection.begin()
        outer, inner = connection.begin_nested(), connection.begin_nested()
        outer.rollback()
        with raises():
            inner.commit()
        with raises():
            outer.commit()
        connection.rollback()
    with driver.connect() as held:
        held.savepoint("a")
        held.savepoint("b")
        held.release("a")
        for end in (held.release, held.rollback_to):
            for name in ("a", "b"):
                with raises(errors.ProgrammingError, code="closed"):
                    end(name)
        held.rollback()
        with raises(errors.ProgrammingError, code="closed"):
            held.release("a")


def mistake_deep_nesting() -> None:
    """Savepoints in savepoints, a hundred times."""
    with orm.Session(engine) as session:
        for number in range(1, 101):
            session.begin_nested()
            session.add(Thing(id=number))
            session.flush()
        session.rollback()
        session.rollback()
    assert _count() == 0


def mistake_a_statement_after_one_that_failed() -> None:
    """It says so until the rollback."""
    with engine.connect() as connection:
        connection.execute(sa.insert(Thing).values(id=1))
        with raises(exc.IntegrityError, code="unique-violation"):
            connection.execute(sa.insert(Thing).values(id=1))
        connection.rollback()
        connection.execute(sa.insert(Thing).values(id=1))
        connection.rollback()
    assert _count() == 0


def mistake_an_isolation_level_that_there_is_not() -> None:
    """And one that is set too late."""
    with engine.connect() as connection:
        with raises(exc.ArgumentError):
            connection.execution_options(isolation_level="CHAOS")
        connection.execute(sa.text("select 1"))
        with raises(exc.SQLAlchemyError):
            connection.execution_options(isolation_level="SERIALIZABLE")
