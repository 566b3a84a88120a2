"""SQL text: refused without its grant, and with it what ends transactions and what reaches the host."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlservice_guest import driver
from sqlservice_guest.bindings import raw_sql
from sqlservice_guest.blocking import run

from .tables import NO_OPTIONS, ROW, User, begun, closed, count, engine, execute, inserting, number, text
from .told import attack, lines, outcome

TRANSACTIONS = (
    "COMMIT", "rollback", "BEGIN", "  /* */ START TRANSACTION", "END", "SAVEPOINT x", "RELEASE x", "-- nothing\nCOMMIT",
    "INSERT INTO users (id, name) VALUES (901, 'x'); COMMIT", "SELECT 1; DROP TABLE users", "", ";", "-- nothing",
    "/*!50000 COMMIT */", "SET autocommit = 1", "PREPARE TRANSACTION 'x'", "XA START 'x'", "LOCK TABLES users WRITE",
)  # fmt: skip

REACHES = (
    "PRAGMA table_info(users)", "PRAGMA writable_schema = 1", "ATTACH 'other.db' AS other", "VACUUM INTO '/tmp/owned.db'",
    "SELECT * FROM sqlite_master", "SELECT * FROM pragma_table_info('users')", "SELECT load_extension('x')",
    "SELECT writefile('/tmp/owned', 'x')", "CREATE VIRTUAL TABLE x USING csv(filename = '/etc/passwd')",
    "DETACH main", "EXPLAIN SELECT 1",
)  # fmt: skip
"""What reaches files and schemas of SQLite, where the host is the only wall."""


def send(session: Any, sql: str) -> str:
    """Runs a text below the SDK."""
    run(raw_sql.execute(session, sql, [], NO_OPTIONS))
    return "rows"


def tried(sql: str) -> str:
    """Whether a text runs in a transaction with a row, which is rolled back whatever was said."""
    session = begun()
    execute(session, inserting(["id", "name"], [[0, 1]], number(ROW), text(f"hostile {ROW}")))
    said = outcome(lambda: send(session, sql))
    run(session.rollback())
    closed(session)
    return f"{' '.join(sql.split())}: {'ran' if said.startswith('got') else 'refused'}"


@attack("text: denied")
def denied() -> list[str]:
    """By each way that text can go, without its grant."""

    def by(connection: Any) -> int:
        return len(connection.all())

    def connected(run_: Any) -> Any:
        def call() -> int:
            with engine.connect() as connection:
                return by(run_(connection))

        return call

    return lines(
        {
            "exec_driver_sql": connected(lambda connection: connection.exec_driver_sql("SELECT 1")),
            "text": connected(lambda connection: connection.execute(sa.text("SELECT word FROM secrets"))),
            "text with columns": connected(lambda connection: connection.execute(sa.text("SELECT 1 AS id").columns(User.id))),
            "a union with text": connected(
                lambda connection: connection.execute(
                    sa.select(User.id).union(sa.text("SELECT 1 AS id").columns(User.id).subquery().select())
                )
            ),
            "DDL": connected(lambda connection: connection.execute(sa.DDL("DROP TABLE users"))),
            "the driver": lambda: driver.connect().execute("SELECT 1").fetchall(),
            "the bindings": lambda: send(begun(), "SELECT 1"),
            "nothing": lambda: send(begun(), ""),
        }
    )


@attack("text: transactions")
def transactions() -> list[str]:
    """Text that ends a transaction, or is several statements."""
    return [*map(tried, TRANSACTIONS), f"users: {count()}"]


@attack("text: files")
def reaches() -> list[str]:
    """Text that reaches files, schemas and the library of SQLite."""
    return [*map(tried, REACHES), f"users: {count()}"]


@attack("text: for ever")
def for_ever() -> list[str]:
    """A statement that never ends, with SQL text."""
    endless = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 100000000000) SELECT count(*) FROM c"
    return [f"it ends: {outcome(lambda: send(begun(), endless))}"]
