"""The tables that the test has made, the database, and pieces of statements below the SDK."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlservice_guest.bindings import databases, rows, schema, sessions, statements, values
from sqlservice_guest.blocking import run

from .told import truth

ROW = 900
"""The key of the row that an attack writes and that has to be gone afterwards."""


class Base(orm.DeclarativeBase):
    """The tables that were granted."""


class User(Base):
    """A user. The test has made three."""

    __tablename__ = "users"
    id: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    name: orm.Mapped[str] = orm.mapped_column(sa.String(64), unique=True)
    note: orm.Mapped[str | None] = orm.mapped_column(sa.Text)


engine = sa.create_engine("sqlservice://default")
NO_OPTIONS = sessions.Options(None, None, None)
DEFAULT = sessions.TransactionOptions(sessions.Isolation.DEFAULT, False, None)
READING = sessions.TransactionOptions(sessions.Isolation.DEFAULT, True, None)


def tried(statement: Any, metadata: sa.MetaData | None = None) -> Any:
    """The rows of a statement of SQLAlchemy's, or how many it changed; nothing is committed.

    By an engine of its own: a table that is not there stays in what an engine knows.
    """
    with sa.create_engine("sqlservice://default", metadata=metadata).connect() as connection:
        result = connection.execute(statement)
        return result.all() if result.returns_rows else result.rowcount


def user(key: int = ROW) -> User:
    """A new user."""
    return User(id=key, name=f"hostile {key}", note=None)


def opened(*tables: Any, name: str = "default") -> Any:
    """The database below the SDK, with the users or with tables of the contract's."""
    declared = list(tables) or [model("users", "id", "name", "note")]
    return run(databases.Database.open(name, schema.Models(declared, [])))


def begun(database: Any = None) -> Any:
    """A session below the SDK, in a transaction."""
    return run((database or opened()).begin(DEFAULT))


def closed(session: Any) -> None:
    """Rolls back what is open, and gives the connection back."""
    run(sessions.Session.close(session))


def count() -> int:
    """How many users there are for everyone."""
    with engine.connect() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(User)).scalar_one()


def is_there(key: int = ROW) -> str:
    """Whether the attack's row is there for everyone."""
    with engine.connect() as connection:
        return truth(connection.execute(sa.select(User.id).where(User.id == key)).first())


def inserted() -> Any:
    """A session below the SDK, in a transaction, with a row."""
    session = begun()
    execute(session, adding(ROW))
    return session


def adding(key: int) -> Any:
    """An insert of a user."""
    return inserting(["id", "name"], [[0, 1]], number(key), text(f"hostile {key}"))


def number(value: int) -> Any:
    """A literal."""
    return statements.Node_Literal(values.Value_Scalar(values.Scalar_Integer(value)))


def text(value: str) -> Any:
    """A literal."""
    return statements.Node_Literal(values.Value_Scalar(values.Scalar_Text(value)))


def select(columns: list[int], source: int | None = None, limit: int | None = None, **more: Any) -> Any:
    """A select."""
    parts: dict[str, Any] = {
        "ctes": [], "columns": columns, "distinct": False, "source": source, "where": None, "group_by": [], "having": None,
        "order_by": [], "limit": limit, "offset": None, "lock": None,
    }  # fmt: skip
    return statements.Node_Select(statements.Select(**{**parts, **more}))


def table(name: str = "users", of: str | None = None, alias: str | None = None) -> Any:
    """A table as a source."""
    return statements.Node_Table(statements.SourceTable(name, of, alias))


def column(name: str, of: str | None = None) -> Any:
    """A column of a source."""
    return statements.Node_Column(statements.ColumnName(of, name))


def call(function: str, *arguments: int) -> Any:
    """A function."""
    return statements.Node_Call(statements.Call(function, list(arguments), False, None))


def selecting(*nodes: Any) -> Any:
    """A statement whose last node is its query."""
    return statements.Statement(list(nodes), statements.Root_Select(max(len(nodes) - 1, 0)))


def inserting(columns: list[str], rows_: list[list[int]], *nodes: Any, of: str = "users") -> Any:
    """An insert of rows of nodes."""
    source = statements.InsertSource_Values(rows_)
    return statements.Statement(list(nodes), statements.Root_Insert(statements.Insert(of, None, columns, source, None, [])))


def execute(session: Any, statement: Any) -> int:
    """Runs a statement of the contract, and says how many rows it gave or changed."""
    result = run(session.execute(statement, [], NO_OPTIONS))
    return result.first_batch.rows or result.affected


def integers(*items: int) -> Any:
    """A column of a batch."""
    return rows.ColumnData(None, rows.Vector_Integers(list(items)))


def strings(offsets: list[int], data: str) -> Any:
    """A column of a batch."""
    return rows.ColumnData(None, rows.Vector_Texts(rows.Strings(offsets, data)))


def model(name: str, *columns: str, of: str | None = None) -> Any:
    """A table of the contract's, with texts behind a key."""
    plain = schema.ColumnType(schema.TypeKind.INT64, None, None, None, None, [], None)
    texts = schema.ColumnType(schema.TypeKind.TEXT, None, None, None, None, [], None)
    none = schema.DefaultValue_None_()
    made = [schema.Column(item, plain if item == "id" else texts, item != "id", none, none, None, None) for item in columns]
    return schema.Table(name, of, made, None, list(columns[:1]), [], [], [], [], None, None, False)
