"""SQL text, for plugins with raw-sql: `text()`, and constructs that the contract has no node for.

SQLAlchemy's own dialect of the database behind the name compiles it. Values are bound, and
rows are read, as with statements that are sent as data.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from sqlalchemy import exc
from sqlalchemy.dialects.mysql.base import MySQLDialect
from sqlalchemy.dialects.mysql.mariadb import MariaDBDialect
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.dialects.sqlite.base import SQLiteDialect
from sqlalchemy.sql import sqltypes

from ..bindings import raw_sql
from .compiler import DataCompiler
from .types import COLSPECS

_NEWEST = (1000,)
"""A server version with every feature: the database itself refuses those that it lacks."""
_SHARED = (
    "database_kind",
    "capabilities",
    "insert_returning",
    "update_returning",
    "delete_returning",
    "insert_executemany_returning",
    "insert_executemany_returning_sort_by_parameter_order",
    "supports_native_boolean",
    "supports_native_decimal",
    "supports_native_uuid",
    "_json_serializer",
    "_json_deserializer",
)
_PATHS = (sqltypes.JSON.JSONIndexType, sqltypes.JSON.JSONPathType)

_VIEWS = {
    "postgresql": (
        "SELECT pg_get_viewdef(c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE c.relkind = 'v' AND c.relname = $1 AND n.nspname = coalesce($2::text, current_schema())"
    ),
    "mysql": "SELECT view_definition FROM information_schema.views WHERE table_name = ? AND table_schema = database()",
}
_VIEWS["mariadb"] = _VIEWS["mysql"]
_SCHEMAS = "SELECT nspname::text FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' ORDER BY nspname"


def _types(base: Any) -> dict[Any, Any]:
    """Returns the SDK's types, with the database's own types for paths into JSON documents."""
    return {**COLSPECS, **{type_: base.colspecs.get(type_, type_) for type_ in _PATHS}}


class _SQLite(SQLiteDialect):
    colspecs = _types(SQLiteDialect)
    supports_statement_cache = True


class _PostgreSQL(PGDialect):
    colspecs = _types(PGDialect)
    supports_statement_cache = True


class _MySQL(MySQLDialect):
    colspecs = _types(MySQLDialect)
    supports_statement_cache = True


class _MariaDB(MariaDBDialect):
    colspecs = _types(MariaDBDialect)
    supports_statement_cache = True


_DIALECTS: dict[str, tuple[Any, str]] = {
    "sqlite": (_SQLite, "qmark"),
    "postgresql": (_PostgreSQL, "numeric_dollar"),
    "mysql": (_MySQL, "qmark"),
    "mariadb": (_MariaDB, "qmark"),
}


def dialect_of(dialect: Any) -> Any:
    """Returns SQLAlchemy's dialect of the database behind ours, or None where the plugin has no raw-sql."""
    return None if raw_sql is None else _dialect_of(dialect)


def names_of(dialect: Any) -> Any:
    """Returns the identifier preparer of the database behind a dialect."""
    return _dialect_of(dialect).identifier_preparer


def shown(dialect: Any, statement: Any, options: Any, schemas: Any = None) -> str:
    """Returns the SQL text of a statement for the database behind a dialect."""
    mapped = {"schema_translate_map": schemas, "render_schema_translate": True} if schemas else {}
    with _named():
        return str(statement.compile(dialect=_dialect_of(dialect), compile_kwargs=options, **mapped))


@contextlib.contextmanager
def _named() -> Iterator[None]:
    """Raises `CompileError` for an empty name, where SQLAlchemy raises `IndexError` at its first letter."""
    try:
        yield
    except IndexError:
        message = "a name is empty"
        raise exc.CompileError(message) from None


def _dialect_of(dialect: Any) -> Any:
    known = dialect.__dict__.get("text_dialect")
    if known is None:
        kind, paramstyle = _DIALECTS[dialect.database_kind]
        known = kind(paramstyle=paramstyle)
        known.server_version_info = _NEWEST
        for name in _SHARED:
            setattr(known, name, getattr(dialect, name))
        dialect.text_dialect = known
    return known


def compile_statement(dialect: Any, statement: Any, *args: Any, **kw: Any) -> Any:
    """Compiles a statement to data, or to text where the contract cannot represent it and the plugin has raw-sql."""
    try:
        return DataCompiler(dialect, statement, *args, **kw)
    except exc.CompileError as refused:
        other = dialect_of(dialect)
        if other is None:
            raise
        try:
            return other.statement_compiler(other, statement, *args, **kw)
        except exc.CompileError as also:
            raise also from refused


def definition(dialect: Any, element: Any, schemas: Any) -> str | None:
    """Returns the text of DDL that the contract does not have, or None where the plugin has no raw-sql."""
    other = dialect_of(dialect)
    if other is None:
        return None
    with _named():
        return str(other.ddl_compiler(other, element, schemas, render_schema_translate=bool(schemas)))


def view_definition(dialect: Any, connection: Any, name: str, schema: str | None) -> str | None:
    """Returns the text of a view, which only SQL text can query; None where there is no such view."""
    if raw_sql is None or dialect.database_kind not in _VIEWS:
        message = (
            "the contract tells a view's columns, not its text; that takes raw-sql, and another database than SQLite"
        )
        raise NotImplementedError(message)
    parameters = [name, schema] if dialect.database_kind == "postgresql" else [name]
    found = connection.connection.dbapi_connection.execute(_VIEWS[dialect.database_kind], parameters).fetchone()
    return None if found is None else str(found[0])


def schema_names(dialect: Any, connection: Any) -> list[str]:
    """Returns the schemas of the database, which only SQL text can query."""
    if raw_sql is None or "schemas" not in dialect.capabilities:
        message = "the contract does not list schemas; that takes raw-sql, and a database that has them"
        raise NotImplementedError(message)
    found = connection.connection.dbapi_connection.execute(_SCHEMAS).fetchall()
    return [str(name) for (name,) in found]
