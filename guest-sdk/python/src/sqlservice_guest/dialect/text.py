"""SQL text, for plugins that asked for raw-sql: what was written as text, and what the contract has no node for.

SQLAlchemy's own dialect of the database behind the name compiles it. Values stay what they are: they are bound, and they
are read as those of statements that are sent as data.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import exc
from sqlalchemy.dialects.mysql.base import MySQLDialect
from sqlalchemy.dialects.mysql.mariadb import MariaDBDialect
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.dialects.sqlite.base import SQLiteDialect

from ..bindings import raw_sql
from .compiler import DataCompiler
from .types import COLSPECS

_NEWEST = (1000,)
"""A version that has everything: the database itself refuses what it lacks."""
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


class _SQLite(SQLiteDialect):
    colspecs = COLSPECS
    supports_statement_cache = True


class _PostgreSQL(PGDialect):
    colspecs = COLSPECS
    supports_statement_cache = True


class _MySQL(MySQLDialect):
    colspecs = COLSPECS
    supports_statement_cache = True


class _MariaDB(MariaDBDialect):
    colspecs = COLSPECS
    supports_statement_cache = True


_DIALECTS: dict[str, tuple[Any, str]] = {
    "sqlite": (_SQLite, "qmark"),
    "postgresql": (_PostgreSQL, "numeric_dollar"),
    "mysql": (_MySQL, "qmark"),
    "mariadb": (_MariaDB, "qmark"),
}


def dialect_of(dialect: Any) -> Any:
    """SQLAlchemy's dialect of the database behind one of ours, or None where the plugin has no raw-sql."""
    return None if raw_sql is None else _dialect_of(dialect)


def names_of(dialect: Any) -> Any:
    """How the database behind a dialect writes names in SQL text."""
    return _dialect_of(dialect).identifier_preparer


def shown(dialect: Any, statement: Any, options: Any) -> str:
    """The text that a statement would be on the database behind a dialect."""
    return str(statement.compile(dialect=_dialect_of(dialect), compile_kwargs=options))


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
    """A statement as data, or as text where the contract cannot say it and the plugin has raw-sql."""
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


def definition(dialect: Any, element: Any, **kw: Any) -> str | None:
    """The text of what defines something that the contract does not, or None where the plugin has no raw-sql."""
    other = dialect_of(dialect)
    return None if other is None else str(other.ddl_compiler(other, element, **kw))
