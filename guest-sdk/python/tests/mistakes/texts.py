"""SQL text, whose mistakes the database finds."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from models import engine
from raising import raises, refused
from sqlalchemy import exc

from sqlservice_guest import driver, errors


def mistake_text_that_ends_transactions() -> None:
    """Transactions are the driver's."""
    for sql in ("commit", "rollback", "begin", "savepoint a", "release savepoint a"):
        with engine.connect() as connection:
            refused(lambda: connection.execute(sa.text(sql)))


def mistake_text_that_is_no_sql() -> None:
    """Or several statements, or nothing."""
    with engine.connect() as connection:
        for sql in ("", "selec 1", "select 1; select 2", "-- nothing", "select 'a", "select " + "(" * 5_000):
            with raises(exc.DBAPIError):
                connection.execute(sa.text(sql))
            connection.rollback()


def mistake_scripts() -> None:
    """PEP 249's calls with what they do not take."""
    wrong: Any = [5]
    with driver.connect() as connection:
        cursor = connection.cursor()
        with raises(errors.Error):
            cursor.executemany("select 1", wrong)
        for size in (-1, 0):
            cursor.execute("select 1")
            assert cursor.fetchmany(size) == []
        assert cursor.fetchall() == [(1,)]
        assert cursor.fetchone() is None
