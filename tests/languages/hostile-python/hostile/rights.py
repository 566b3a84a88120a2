"""Tables, catalogs, databases, rows and changes of the schema that were not granted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlservice_guest.bindings import databases, rows, schema, sessions, statements
from sqlservice_guest.blocking import run

from .tables import (
    DEFAULT,
    NO_OPTIONS,
    Base,
    User,
    column,
    count,
    engine,
    execute,
    inserting,
    integers,
    is_there,
    model,
    number,
    opened,
    select,
    selecting,
    table,
    text,
    tried,
)
from .told import attack, lines, outcome

if TYPE_CHECKING:
    from collections.abc import Callable

SECRETS = sa.Table("secrets", sa.MetaData(), sa.Column("id", sa.BigInteger, primary_key=True), sa.Column("word", sa.Text))

CATALOGS = (
    (None, "sqlite_master", "sql"), (None, "sqlite_schema", "sql"), ("main", "sqlite_master", "sql"), (None, "sqlite_sequence", "name"),
    (None, "pragma_table_info", "name"), (None, "pragma_database_list", "file"), (None, "dbstat", "name"), (None, "SQLITE_MASTER", "sql"),
    (None, "pg_class", "relname"), ("pg_catalog", "pg_authid", "rolpassword"), ("pg_catalog", "pg_shadow", "passwd"),
    ("information_schema", "tables", "table_name"), (None, "pg_stat_activity", "query"), ("mysql", "user", "User"),
    ("performance_schema", "threads", "NAME"), ("INFORMATION_SCHEMA", "PROCESSLIST", "INFO"), (None, "sqlservice_tables", "name"),
)  # fmt: skip

DATABASES = (
    "", "main", "default ", " default", "DEFAULT", "default\0", "default/../other", "other", "tenants", "postgres", "mysql",
    "sqlite:/etc/passwd", "sqlite::memory:", "file:sqlservice.db", "env:PATH", "d\u0435fault", "x" * 100_000,
)  # fmt: skip


def read(name: str, what: str = "word", of: str | None = None) -> int:
    """Reads a table below the SDK, which is said to have these columns."""
    session = run(opened(model(name, what, of=of)).begin(DEFAULT))
    try:
        return execute(session, selecting(table(name, of), column(what), select([1], 0)))
    finally:
        run(sessions.Session.close(session))


def in_session(statement: Any, metadata: sa.MetaData | None = None) -> int:
    """How many rows a statement of SQLAlchemy's gives or changes."""
    given = tried(statement, metadata)
    return given if isinstance(given, int) else len(given)


@attack("rights: tables")
def tables() -> list[str]:
    """A table that was not granted, by every way to one."""
    with_secrets = sa.select(User.id).join(SECRETS, SECRETS.c.id == User.id)
    from_secrets = sa.insert(User).from_select(["id", "name"], sa.select(SECRETS.c.id + 1000, SECRETS.c.word))
    cases: dict[str, Callable[[], object]] = {
        "read": lambda: in_session(sa.select(SECRETS)),
        "read by another case": lambda: read("SECRETS"),
        "read by a schema": lambda: read("secrets", of="main"),
        "read by another schema": lambda: read("secrets", of="public"),
        "read by a dot": lambda: read("main.secrets"),
        "join": lambda: in_session(with_secrets),
        "subquery": lambda: in_session(sa.select(User.id).where(User.id.in_(sa.select(SECRETS.c.id)))),
        "expression": lambda: in_session(sa.select(sa.select(SECRETS.c.id).cte("c"))),
        "union": lambda: in_session(sa.select(User.name).union_all(sa.select(SECRETS.c.word))),
        "scalar": lambda: in_session(sa.select(User.id, sa.select(SECRETS.c.word).limit(1).scalar_subquery())),
        "copy": lambda: in_session(from_secrets),
        "insert": lambda: in_session(sa.insert(SECRETS).values(id=900, word="x")),
        "update": lambda: in_session(sa.update(SECRETS).values(word="x")),
        "update from": lambda: in_session(sa.update(User).values(note=SECRETS.c.word).where(SECRETS.c.id == User.id)),
        "delete": lambda: in_session(sa.delete(SECRETS)),
        "flush": lambda: flush_secret(),
        "load": lambda: load_secret(),
        "insert many": lambda: insert_secrets(),
    }
    return lines(cases)


def secret_session() -> Any:
    """A session whose models say that there is the table."""
    return run(opened(model("secrets", "id", "word")).begin(DEFAULT))


def secret_rows() -> Any:
    """A row of it."""
    return rows.Batch(1, [integers(900), rows.ColumnData(None, rows.Vector_Texts(rows.Strings([0, 1], "x")))])


def flush_secret() -> int:
    """By a unit of work."""
    change = sessions.Change_Inserts(sessions.Inserts("secrets", ["id", "word"], secret_rows(), [], []))
    return len(run(secret_session().flush([change])))


def load_secret() -> int:
    """By a load."""
    root = sessions.LoadRoot_Keys(rows.Batch(1, [integers(1)]))
    return run(secret_session().load(sessions.Plan("secrets", root, [], []), NO_OPTIONS))[0].first_batch.rows


def insert_secrets() -> int:
    """By columns."""
    return run(secret_session().insert_many("secrets", ["id", "word"], secret_rows(), [], NO_OPTIONS)).affected


@attack("rights: catalogs")
def catalogs() -> list[str]:
    """What a database keeps of itself, of its users and of the host."""
    said = {f"{of}.{name}" if of else name: outcome(lambda n=name, w=what, o=of: read(n, w, o)) for of, name, what in CATALOGS}
    return [f"{name}: {'reached' if told.startswith('got') else 'refused'}" for name, told in said.items()]


@attack("rights: databases")
def guessed() -> list[str]:
    """Names of databases that were not granted: all are told the same."""
    said = {name: outcome(lambda name=name: opened(name=name)) for name in DATABASES}
    return [f"{name[:20]!a}: {told}" for name, told in said.items()]


@attack("rights: schema changes")
def schema_changes() -> list[str]:
    """To make and drop tables, one's own and others'."""
    own = sa.Table("own", sa.MetaData(), sa.Column("id", sa.BigInteger, primary_key=True))
    ddl = databases.DdlOptions([], False)
    cases: dict[str, Callable[[], object]] = {
        "make": lambda: own.create(engine),
        "make all": lambda: own.metadata.create_all(engine),
        "make below": lambda: run(opened(model("own", "id")).create_all(ddl)),
        "make another's": lambda: run(opened(model("secrets", "id")).create_all(databases.DdlOptions([], True))),
        "drop": lambda: own.drop(engine),
        "drop another's": lambda: SECRETS.drop(engine),
        "drop all": lambda: Base.metadata.drop_all(engine),
        "drop below": lambda: run(opened(model("secrets", "id")).drop_all(ddl)),
        "drop the host's": lambda: run(opened(model("sqlservice_tables", "id")).drop_all(ddl)),
        "drop a catalog": lambda: run(opened(model("sqlite_master", "sql")).drop_all(ddl)),
        "drop a schema's": lambda: run(opened(model("pg_class", "relname", of="pg_catalog")).drop_all(ddl)),
    }
    return [*lines(cases), f"users: {count()}"]


@attack("rights: own tables")
def own_tables() -> list[str]:
    """To make tables where that was granted for one's own: others' stay."""
    own = model("own", "id")
    ddl = databases.DdlOptions([], True)
    return [
        f"make: {outcome(lambda: run(opened(own).create_all(ddl)))}",
        f"drop another's: {outcome(lambda: run(opened(model('secrets', 'id')).drop_all(ddl)))}",
        f"make another's: {outcome(lambda: run(opened(model('secrets', 'id')).create_all(ddl)))}",
        f"drop another's again: {outcome(lambda: run(opened(model('secrets', 'id')).drop_all(ddl)))}",
        f"drop: {outcome(lambda: run(opened(own).drop_all(ddl)))}",
    ]


@attack("rights: reflection")
def reflection() -> list[str]:
    """What is read of tables that were not granted."""
    options = schema.ReflectOptions

    def names(*given: Any) -> str:
        return ", ".join(sorted(item.name for item in run(opened().reflect(options(*given)))))

    return lines(
        {
            "all": lambda: names([], None, True),
            "one": lambda: names(["secrets"], None, False),
            "a catalog": lambda: names(["sqlite_master"], None, True),
            "a schema of the database": lambda: names([], "pg_catalog", True) or "nothing",
            "the catalog of catalogs": lambda: names([], "information_schema", True) or "nothing",
            "SQLAlchemy's": lambda: sa.inspect(engine).get_columns("secrets"),
            "a column": lambda: [item["name"] for item in sa.inspect(engine).get_columns("users")],
        }
    )


class Note(orm.DeclarativeBase):
    """Models of their own: the notes are no table of the others' grants."""


class Mine(Note):
    """A note. A policy shows those of the tenant, whose column is not among those to read."""

    __tablename__ = "notes"
    id: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    text: orm.Mapped[str | None] = orm.mapped_column(sa.Text)


WHOLE = sa.Table(
    "notes", sa.MetaData(),
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False), sa.Column("tenant_id", sa.BigInteger), sa.Column("text", sa.Text),
)  # fmt: skip


@attack("rights: rows of others")
def others() -> list[str]:
    """Under a policy: rows 1 and 2 are the tenant's, 11 and 12 are another's."""
    n, w = Mine, WHOLE.c

    def mine(statement: Any) -> int:
        return in_session(statement, Note.metadata)

    def whole(statement: Any) -> int:
        return in_session(statement, WHOLE.metadata)

    cases: dict[str, Callable[[], object]] = {
        "read": lambda: mine(sa.select(n.id)),
        "read another's": lambda: mine(sa.select(n.id).where(n.id == 11)),
        "read by what is always true": lambda: mine(sa.select(n.id).where(sa.or_(sa.true(), n.id > 0))),
        "read twice": lambda: mine(sa.select(n.id, orm.aliased(n).text)),
        "read the tenant": lambda: whole(sa.select(w.tenant_id)),
        "ask for the tenant": lambda: whole(sa.select(w.id).where(w.tenant_id == 8)),
        "order by the tenant": lambda: whole(sa.select(w.id).order_by(w.tenant_id)),
        "count": lambda: mine(sa.select(sa.func.count()).select_from(n)),
        "insert for another": lambda: whole(sa.insert(WHOLE).values(id=900, tenant_id=8, text="x")),
        "give to another": lambda: whole(sa.update(WHOLE).values(tenant_id=8)),
        "change another's": lambda: mine(sa.update(n).where(n.id == 11).values(text="x")),
        "change all": lambda: mine(sa.update(n).values(text="x")),
        "change a key": lambda: mine(sa.update(n).where(n.id == 1).values(id=11)),
        "delete another's": lambda: mine(sa.delete(n).where(n.id == 11)),
        "delete all": lambda: mine(sa.delete(n)),
        "lock": lambda: mine(sa.select(n.id).with_for_update()),
        "flush a change of another's": lambda: flushed(11),
        "flush a deletion of another's": lambda: flushed(11, delete=True),
        "load another's": lambda: loaded(1, 11),
    }
    return lines(cases)


def in_notes(call: Callable[[Any], Any]) -> Any:
    """Does something with a session below the SDK whose models have the notes, and closes it."""
    session = run(opened(model("notes", "id", "text")).begin(DEFAULT))
    try:
        return run(call(session))
    finally:
        run(sessions.Session.close(session))


def flushed(key: int, *, delete: bool = False) -> int:
    """A unit of work with a row by its key."""
    keys, text_ = (
        rows.Batch(1, [integers(key)]),
        rows.Batch(1, [rows.ColumnData(None, rows.Vector_Texts(rows.Strings([0, 1], "x")))]),
    )
    change: Any = sessions.Change_Updates(sessions.Updates("notes", keys, None, ["text"], text_, [], [], None))
    if delete:
        change = sessions.Change_Deletes(sessions.Deletes("notes", keys, None, None, True))
    return in_notes(lambda session: session.flush([change]))[0].rows


def loaded(*keys: int) -> int:
    """The rows of these keys."""
    root = sessions.LoadRoot_Keys(rows.Batch(len(keys), [integers(*keys)]))
    return in_notes(lambda session: session.load(sessions.Plan("notes", root, [], []), NO_OPTIONS))[0].first_batch.rows


@attack("rights: the plugin's own rows")
def own_rows() -> list[str]:
    """What is granted works, so that it is seen that the rest was refused for what it is."""
    with orm.Session(engine) as session:
        session.add(User(id=950, name="own"))
        session.commit()
        there = is_there(950)
        session.execute(sa.delete(User).where(User.id == 950))
        session.commit()
    excluded = inserting(["id", "name"], [[0, 1]], number(1), text("twice"))
    with_key = outcome(lambda: execute(run(opened().begin(DEFAULT)), excluded))
    where = statements.Node_Binary(statements.Binary(statements.BinaryOp.EQUAL, 0, 1))
    query = selecting(table(), column("id"), number(1), where)
    broken = outcome(lambda: execute(run(opened().begin(DEFAULT)), query))
    return [f"the row is there: {there}", f"a key twice: {with_key}", f"no query: {broken}", f"users: {count()}"]
