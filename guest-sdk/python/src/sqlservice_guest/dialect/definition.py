"""Makes tables known to the connection: those that a statement names, and those that are created and dropped."""

from __future__ import annotations

import dataclasses
from typing import Any, TypeAlias

from sqlalchemy import Table, exc
from sqlalchemy.schema import CreateIndex

from ..bindings import databases, schema
from ..blocking import run
from ..driver import Connection, Cursor
from . import models
from .arena import Schemas
from .compiler import DataCompiler
from .ddl import DataDDLCompiler

Kind: TypeAlias = tuple[str, bool, Schemas]
"""The DDL action on tables: `create` or `drop`, whether it checks for existence first, and the schema translate map."""


def learn(cursor: Cursor, compiled: DataCompiler, schemas: Schemas) -> None:
    """Makes the statement's tables known to the connection."""
    connection = cursor.connection
    now = (connection.catalog, connection.version, schemas)
    if connection.version == connection.catalog.version and compiled.learned == now:
        return
    used = [table for key, table in compiled.used_tables.items() if key != (None, "")]
    declared = [table for table in used if isinstance(table, Table)]
    known = (models.cached(table, compiled.dialect) for table in with_referred(declared))
    connection.learn([models.in_schemas(table, schemas) for table in known])
    named = [table for table in used if not isinstance(table, Table)]
    connection.learn_names([(schemas.get(table.schema, table.schema), str(table.name)) for table in named])
    compiled.learned = (connection.catalog, connection.version, dict(schemas))


def with_referred(tables: Any) -> list[Any]:
    """Returns tables, and those that their foreign keys refer to."""
    found: dict[Any, Any] = {}
    waiting = list(tables)
    while waiting:
        table = waiting.pop()
        if table in found:
            continue
        found[table] = table
        for key in getattr(table, "foreign_keys", ()):
            try:
                waiting.append(key.column.table)
            except exc.SQLAlchemyError:
                continue
    return list(found)


class Circle:
    """Tables whose foreign keys form a cycle: none can be created or dropped before the others.

    SQLAlchemy creates or drops them one by one. They are deferred here, with the tables that come between them, until
    the cycle is complete, or until the connection does anything else.
    """

    def __init__(self, cursor: Cursor, kind: Kind, dialect: Any) -> None:
        self.kind = kind
        self._cursor, self._dialect = cursor, dialect
        self.tables: list[Table] = []

    def add(self, table: Table) -> None:
        """Adds a table; creates or drops all tables where the cycle is complete."""
        self.tables.append(table)
        if all(other in self.tables for one in self.tables for other in in_circle(one)):
            self._cursor.connection.settle()

    def settle(self) -> None:
        """Creates or drops all tables."""
        action, check_first, schemas = self.kind
        (_create if action == "create" else _drop)(self._cursor, self._dialect, self.tables, check_first, schemas)


def in_circle(table: Table) -> list[Table]:
    """Returns the other tables that a table refers to and that refer to it, directly or through other tables."""
    return [other for other in with_referred([table]) if other is not table and table in with_referred([other])]


def define(cursor: Cursor, compiled: DataDDLCompiler, text: str) -> None:
    """Creates or drops a table, with its indexes, by the contract; sends other DDL as text.

    It commits an open transaction of the connection, and its own changes, as MySQL does.
    """
    statement: Any = compiled.statement
    schemas: Schemas = compiled.schema_translate_map or {}
    if compiled.action == "text":
        if isinstance(statement, CreateIndex) and _is_there(cursor, statement.element, schemas):
            return
        if compiled.refused is not None:
            raise compiled.refused
        cursor.execute(text)
        cursor.connection.commit()
        return
    connection, table = cursor.connection, statement.element
    check_first = bool(getattr(statement, "if_not_exists", False) or getattr(statement, "if_exists", False))
    kind = (compiled.action, check_first, schemas)
    waiting = connection.waiting
    if waiting is None or waiting.kind != kind:
        connection.commit()
        waiting = connection.waiting = Circle(cursor, kind, compiled.dialect)
    waiting.add(table)


def _create(cursor: Cursor, dialect: Any, elements: list[Table], check_first: bool, schemas: Schemas) -> None:
    connection = cursor.connection
    tables = [models.in_schemas(models.table(table, dialect), schemas) for table in with_referred(elements)]
    options = databases.DdlOptions([element.name for element in elements], check_first)
    created = run(connection.catalog.opened_with(tables).create_all(options))
    for element in elements:
        schema_, name = key = key_in(element, schemas)
        if (f"{schema_}.{name}" if schema_ else name) in created:
            connection.created[key] = {index.name for index in element.indexes}
    keys = {key_in(element, schemas) for element in elements}
    connection.catalog.replace([table for table in tables if (table.schema, table.name) in keys])


def key_in(element: Any, schemas: Schemas) -> tuple[str | None, str]:
    """Returns the name of a table and its schema, as the schema translate map has it."""
    return schemas.get(element.schema, element.schema), str(element.name)


def _drop(cursor: Cursor, dialect: Any, elements: list[Table], check_first: bool, schemas: Schemas) -> None:
    connection = cursor.connection
    options = databases.DdlOptions([element.name for element in elements], check_first)
    tables = [models.in_schemas(models.bare(element, dialect), schemas) for element in elements]
    if len(tables) > 1:
        tables = _with_keys(connection, tables)
    run(connection.catalog.opened_with(tables).drop_all(options))
    keys = [key_in(element, schemas) for element in elements]
    for key in keys:
        connection.created.pop(key, None)
    connection.catalog.remove(keys)


def _with_keys(connection: Connection, tables: list[schema.Table]) -> list[schema.Table]:
    """Returns tables with the foreign keys between them, by their names in the database: they are dropped first."""
    names = [table.name for table in tables]
    there = connection.reflect(schema.ReflectOptions(names, tables[0].schema, True))
    keys = {table.name: [key for key in table.foreign_keys if key.table in names] for table in there}
    referred = {(key.table, tuple(key.referred)) for found in keys.values() for key in found}
    return [
        dataclasses.replace(
            table,
            foreign_keys=keys.get(table.name, []),
            uniques=[schema.Index(None, list(columns), True) for name, columns in referred if name == table.name],
        )
        for table in tables
    ]


def _is_there(cursor: Cursor, index: Any, schemas: Schemas) -> bool:
    """Whether an index was just created with its table: SQLAlchemy creates each of them again, on its own."""
    connection = cursor.connection
    if connection.waiting is not None and connection.waiting.kind[0] == "create":
        return index.table in connection.waiting.tables
    made = connection.created.get(key_in(index.table, schemas), set())
    if index.name in made:
        made.discard(index.name)
        return True
    return False
