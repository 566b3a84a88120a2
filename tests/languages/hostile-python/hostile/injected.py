"""SQL in every string that SQLAlchemy takes, without the grant of SQL text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.types import UserDefinedType

from .tables import User, count, engine, opened, tried
from .told import attack, lines, outcome, truth

if TYPE_CHECKING:
    from collections.abc import Callable

EVIL = "x\"'`]); DROP TABLE users; --"
TOKEN = "\x010\x02"
"""What the SDK's compiler writes for a part of a statement."""


class EvilType(UserDefinedType[str]):
    """A type that is a statement."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """SQL."""
        return EVIL


class EvilElement(sa.ColumnElement[int]):
    """An element that compiles itself to whatever it likes."""

    inherit_cache = False
    type = sa.Integer()


@compiles(EvilElement)
def compile_evil(_element: Any, _compiler: Any, **_: object) -> str:
    """A text where a part of a statement is expected."""
    return EVIL


def rows(query: Any) -> int:
    """How many rows a query gives."""
    return len(tried(query))


def kept(query: Any) -> str:
    """The same, and whether its first column has the evil name to the letter."""
    given = tried(query)
    return f"{len(given)}, {truth(next(iter(given[0]._fields)) == EVIL)}"


def savepoint() -> str:
    """A savepoint by an evil name."""
    with engine.connect() as connection:
        connection.execute(sa.select(User.id))
        driver: Any = connection.connection.dbapi_connection
        driver.savepoint(EVIL)
        driver.rollback_to(EVIL)
        return "back"


def level() -> object:
    """An isolation level."""
    with engine.connect() as connection:
        return connection.execution_options(isolation_level=EVIL)


def stranger(**more: Any) -> Any:
    """A table that is not there."""
    return sa.Table(EVIL if not more else "users", sa.MetaData(), sa.Column("id", sa.BigInteger), **more)


@attack("sql: names")
def names() -> list[str]:
    """Where a name is expected."""
    evil_alias = orm.aliased(User, name=EVIL)
    cte = sa.select(User.id).cte(EVIL)
    cases: dict[str, Callable[[], object]] = {
        "a table": lambda: rows(sa.select(stranger())),
        "a schema": lambda: rows(sa.select(stranger(schema=EVIL))),
        "a column": lambda: rows(sa.select(sa.column(EVIL)).select_from(User)),
        "a column of a table": lambda: rows(sa.select(sa.table("users", sa.column(EVIL)))),
        "a column of an insert": lambda: tried(sa.insert(sa.table("users", sa.column(EVIL))).values({EVIL: 1})),
        "a label": lambda: kept(sa.select(User.id.label(EVIL))),
        "an alias": lambda: rows(sa.select(evil_alias.id)),
        "an expression's name": lambda: rows(sa.select(cte.c.id)),
        "a parameter": lambda: rows(sa.select(User.id).where(User.name == sa.bindparam(EVIL, "x"))),
        "a function": lambda: rows(sa.select(getattr(sa.func, EVIL)(1))),
        "a collation": lambda: rows(sa.select(sa.collate(User.name, EVIL))),
        "a type": lambda: rows(sa.select(sa.cast(User.name, EvilType()))),
        "a savepoint": savepoint,
        "an isolation level": level,
        "a database": lambda: opened(name=EVIL),
    }
    return [*lines(cases), f"users: {count()}"]


@attack("sql: texts")
def texts() -> list[str]:
    """Where the library takes a piece of SQL."""
    with_type = sa.select(User.id)
    cases: dict[str, Callable[[], object]] = {
        "a column": lambda: rows(sa.select(sa.literal_column(EVIL)).select_from(User)),
        "an honest column": lambda: rows(sa.select(sa.literal_column("sqlite_version()"))),
        "a condition": lambda: rows(with_type.where(sa.text("1 = 1) OR (1 = 1"))),
        "an order": lambda: rows(with_type.order_by(sa.text(EVIL))),
        "a group": lambda: rows(sa.select(sa.func.count()).select_from(User).group_by(sa.text(EVIL))),
        "an operator": lambda: rows(with_type.where(User.name.op(EVIL)(1))),
        "a source": lambda: rows(sa.select(sa.text("1")).select_from(sa.text("secrets"))),
        "a word in front": lambda: rows(with_type.prefix_with(EVIL)),
        "a word at the end": lambda: rows(with_type.suffix_with(EVIL)),
        "a hint": lambda: rows(with_type.with_hint(User, EVIL)),
        "a hint of the statement": lambda: rows(with_type.with_statement_hint("/*+ MAX_EXECUTION_TIME(0) */")),
        "a new value": lambda: tried(sa.update(User).values(note=sa.text("(SELECT word FROM secrets)"))),
        "an element of one's own": lambda: rows(sa.select(EvilElement())),
        "a forged part": lambda: rows(sa.select(sa.literal_column(TOKEN), User.id)),
        "a name of a forged part": lambda: rows(sa.select(User.id.label(TOKEN), User.name.label("\x011\x02"))),
    }
    return [*lines(cases), f"users: {count()}"]


@attack("sql: values")
def values() -> list[str]:
    """Where a value is expected: it is bound, or no value."""
    document = sa.cast(User.note, sa.JSON)
    cases: dict[str, Callable[[], object]] = {
        "a text": lambda: rows(sa.select(User.id).where(User.name == EVIL)),
        "a pattern": lambda: rows(sa.select(User.id).where(User.name.like(EVIL))),
        "a pattern that is a text": lambda: rows(sa.select(User.id).where(User.name.startswith("%", autoescape=True))),
        "an escape": lambda: rows(sa.select(User.id).where(User.name.like("x", escape="'"))),
        "a list": lambda: rows(sa.select(User.id).where(User.name.in_([EVIL, EVIL]))),
        "a path of a document": lambda: rows(sa.select(document[EVIL]).where(User.id < 0)),
        "a path of many": lambda: rows(sa.select(document[("a", EVIL, 0)]).where(User.id < 0)),
        "a limit": lambda: rows(sa.select(User.id).limit(EVIL)),  # type: ignore[arg-type]
        "an offset": lambda: rows(sa.select(User.id).offset(EVIL)),  # type: ignore[arg-type]
        "a literal": lambda: rows(sa.select(sa.literal(EVIL)).select_from(User)),
        "a literal that is written out": lambda: rows(sa.select(sa.literal(EVIL, literal_execute=True)).select_from(User)),
        "a new value": lambda: tried(sa.update(User).where(User.id < 0).values(note=EVIL)),
    }
    return [*lines(cases), f"users: {count()}"]


@attack("sql: an escape of many characters")
def escape_of_many() -> list[str]:
    """The contract's escape is one character."""
    return lines({"an escape": lambda: rows(sa.select(User.id).where(User.name.like("x", escape=EVIL)))})


@attack("sql: models")
def models() -> list[str]:
    """SQL text in models, which are opened and never made."""

    def made(*parts: Any, **more: Any) -> Callable[[], object]:
        def tried() -> object:
            table = sa.Table("smuggled", sa.MetaData(), sa.Column("id", sa.BigInteger, primary_key=True), *parts, **more)
            return rows(sa.select(table.c.id))

        return tried

    return lines(
        {
            "a check": made(sa.CheckConstraint("1 = 1); DROP TABLE users; --")),
            "a default": made(sa.Column("x", sa.Text, server_default=sa.text("(SELECT word FROM secrets)"))),
            "a computed column": made(sa.Column("x", sa.Text, sa.Computed("1); DROP TABLE users; --"))),
            "a type": made(sa.Column("x", EvilType())),
            "an index": made(sa.Index("evil", sa.text(EVIL))),
            "a foreign key": made(sa.Column("x", sa.BigInteger, sa.ForeignKey(f"{EVIL}.id"))),
            "a name": made(sa.Column(EVIL, sa.Text)),
            "a comment": made(comment=EVIL),
        }
    )


FUNCTIONS = [
    "load_extension",
    "readfile",
    "writefile",
    "fts3_tokenizer",
    "sqlite_version",
    "randomblob",
    "zeroblob",
    "pg_sleep",
    "pg_read_file",
    "pg_ls_dir",
    "set_config",
    "current_setting",
    "lo_import",
    "dblink",
    "query_to_xml",
    "pg_terminate_backend",
    "pg_advisory_lock",
    "version",
    "current_user",
    "session_user",
    "sleep",
    "benchmark",
    "load_file",
    "get_lock",
    "user",
    "database",
    "uuid",
    "sys_exec",
    "nextval",
    "xp_cmdshell",
]


@attack("sql: functions")
def functions() -> list[str]:
    """Functions that are not on the host's list, in every place of a statement."""
    said = []
    for name in FUNCTIONS:
        function = getattr(sa.func, name)
        said_of = [
            outcome(lambda f=function: rows(sa.select(f(1)))),
            outcome(lambda f=function: rows(sa.select(User.id).where(f(1) == 1))),
            outcome(lambda f=function: rows(sa.select(User.id).order_by(f(1)))),
            outcome(lambda f=function: rows(sa.select(f(1).over()).select_from(User))),
            outcome(lambda f=function: tried(sa.update(User).values(note=f(1)))),
            outcome(lambda f=function: tried(sa.delete(User).where(f(1) == 1))),
        ]
        refused = sum(line.startswith("refused") for line in said_of)
        said.append(f"{name}: {said_of[0]}, {refused} of {len(said_of)} refused")
    return said
