"""Connections: what they say of a transaction that is gone, of savepoints, and of closed handles."""

from __future__ import annotations

import functools
from typing import Any

import pytest
from fakes import Database, Session, failure

from sqlservice_guest import driver, errors
from sqlservice_guest.bindings import sessions
from sqlservice_guest.dialect import DataDialect


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Session:
    """The session of the contract."""
    made = Session()

    async def close(this: Session) -> None:
        this.calls.append("close")

    async def end(point: str) -> None:
        made.calls.append(f"end {point}")

    monkeypatch.setattr(sessions.Session, "close", close)
    monkeypatch.setattr(sessions.Savepoint, "release", end)
    monkeypatch.setattr(sessions.Savepoint, "rollback", end)
    return made


@pytest.fixture
def connection(session: Session) -> driver.Connection:
    """A connection over it."""
    catalog: Any = driver.Catalog("default")
    catalog._database = Database(session)
    return driver.Connection(catalog)


def work(connection: driver.Connection) -> None:
    """Runs a statement."""
    call: Any = Session.work
    connection.cursor().take(call)


def test_a_commit_of_what_was_written_is_sent(connection: driver.Connection, session: Session) -> None:
    work(connection)
    connection.commit()
    connection.commit()
    assert session.calls == ["work", "commit", "commit"]


def test_a_commit_after_the_transaction_is_gone_raises_until_the_rollback(
    connection: driver.Connection, session: Session
) -> None:
    work(connection)
    session.open = False
    assert connection.has_lost
    for _ in range(2):
        with pytest.raises(errors.InternalError) as told:
            connection.commit()
        assert told.value.code == "transaction-closed"
    for use in (functools.partial(work, connection), functools.partial(connection.savepoint, "a")):
        with pytest.raises(errors.InternalError):
            use()
    connection.rollback()
    work(connection)
    connection.commit()
    assert session.calls[-3:] == ["rollback", "work", "commit"]


def test_a_statement_that_failed_may_have_begun_a_transaction(connection: driver.Connection, session: Session) -> None:
    session.fails, session.open = failure("unique-violation", table="a", columns=["b"]), True
    with pytest.raises(errors.IntegrityError) as told:
        work(connection)
    assert (told.value.table, told.value.columns) == ("a", ("b",))
    session.fails, session.open = None, False
    with pytest.raises(errors.InternalError):
        connection.commit()


def test_without_transactions_nothing_is_lost(connection: driver.Connection, session: Session) -> None:
    """Each statement commits itself: the session never has a transaction."""

    async def autocommit(this: Session) -> sessions.ResultSet:
        result = await this.work()
        this.open = False
        return result

    call: Any = autocommit
    connection.cursor().take(call)
    connection.commit()
    assert session.calls == ["work", "commit"]


def test_a_block_commits_or_rolls_back(connection: driver.Connection, session: Session) -> None:
    with connection:
        work(connection)
    assert session.calls == ["work", "commit", "close"]
    with pytest.raises(errors.InterfaceError):
        connection.cursor()


def test_a_block_that_fails_does_not_commit(connection: driver.Connection, session: Session) -> None:
    with pytest.raises(ZeroDivisionError), connection:
        work(connection)
        raise ZeroDivisionError
    assert session.calls == ["work", "close"]


def test_savepoints_end_from_the_innermost(connection: driver.Connection, session: Session) -> None:
    for name in ("a", "b", "c"):
        connection.savepoint(name)
    connection.rollback_to("b")
    assert session.calls[3:] == ["end point 3", "end point 2"]
    with pytest.raises(errors.ProgrammingError):
        connection.release("c")
    connection.release("a")
    assert session.calls[-1] == "end point 1"


def test_a_commit_keeps_what_an_open_savepoint_has(connection: driver.Connection, session: Session) -> None:
    for name in ("a", "b"):
        connection.savepoint(name)
    connection.commit()
    assert session.calls[2:] == ["end point 2", "end point 1", "commit"]


def test_what_is_closed_stays_closed(connection: driver.Connection, session: Session) -> None:
    cursor = connection.cursor()
    connection.close()
    connection.close()
    assert session.calls == ["close"]
    for use in (connection.commit, connection.rollback, connection.cursor, lambda: cursor.execute("select 1")):
        with pytest.raises(errors.InterfaceError) as told:
            use()
        assert told.value.code == "closed"


def test_wrong_arguments_are_told_before_anything_is_sent(connection: driver.Connection, session: Session) -> None:
    wrong: list[tuple[Any, Any]] = [
        (5, ()),
        ("\ud800", ()),
        ("select ?", {"a": 1}),
        ("select ?", ["\ud800"]),
        ("select ?", [print]),
    ]
    for sql, parameters in wrong:
        with pytest.raises(errors.InterfaceError) as told:
            connection.execute(sql, parameters)
        assert told.value.code == "type-mismatch"
    assert session.calls == []


def test_binary_takes_bytes_alone() -> None:
    assert driver.Binary(memoryview(b"ab")) == b"ab"
    with pytest.raises(errors.InterfaceError):
        driver.Binary(5)


@pytest.mark.parametrize(
    ("given", "expected"),
    [(None, sessions.Isolation.DEFAULT), ("SERIALIZABLE", sessions.Isolation.SERIALIZABLE)],
)
def test_a_connection_goes_back_with_the_isolation_level_of_its_engine(given: Any, expected: Any) -> None:
    levels: list[Any] = []

    class Connection:
        """A connection that notes its level, to a database which has them."""

        @property
        def database(self) -> Connection:
            """The database."""
            return self

        def capabilities(self) -> list[str]:
            """What it can do."""
            return ["isolation-levels"]

        def set_isolation(self, level: Any) -> None:
            """Notes it."""
            levels.append(level)

    DataDialect(isolation_level=given).reset_isolation_level(Connection())
    assert levels == [expected]
