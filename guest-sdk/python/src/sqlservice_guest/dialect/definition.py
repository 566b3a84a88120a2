"""Tables as the connection has to know them: those that a statement names, and those that are created and dropped."""

from __future__ import annotations

import dataclasses
from typing import Any

from sqlalchemy import Table, exc
from sqlalchemy.schema import CreateIndex

from ..bindings import databases, schema
from ..blocking import run
from ..driver import Connection, Cursor
from . import models
from .compiler import DataCompiler
from .ddl import DataDDLCompiler


def learn(cursor: Cursor, compiled: DataCompiler) -> None:
    """Makes the statement's tables known to the connection."""
    connection = cursor.connection
    if compiled.learned == (connection.catalog, connection.version) == (connection.catalog, connection.catalog.version):
        return
    used = [table for key, table in compiled.used_tables.items() if key != (None, "")]
    declared = [table for table in used if isinstance(table, Table)]
    connection.learn([models.cached(table, compiled.dialect) for table in with_referred(declared)])
    connection.learn_names([(table.schema, str(table.name)) for table in used if not isinstance(table, Table)])
    compiled.learned = (connection.catalog, connection.version)


def with_referred(tables: Any) -> list[Any]:
    """Tables and those that their foreign keys refer to."""
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
    """Tables whose foreign keys go in a circle: none can be created or dropped before the others.

    SQLAlchemy does so one by one. They wait here, with what comes between them, until the circle is complete, or until
    the connection does anything else.
    """

    def __init__(self, cursor: Cursor, action: str, check_first: bool, dialect: Any) -> None:
        self.kind = (action, check_first)
        self._cursor, self._dialect = cursor, dialect
        self.tables: list[Table] = []

    def add(self, table: Table) -> None:
        """Adds a table, and does what was asked for where all are there."""
        self.tables.append(table)
        if all(other in self.tables for one in self.tables for other in in_circle(one)):
            self._cursor.connection.settle()

    def settle(self) -> None:
        """Creates or drops all of them."""
        action, check_first = self.kind
        (_create if action == "create" else _drop)(self._cursor, self._dialect, self.tables, check_first)


def in_circle(table: Table) -> list[Table]:
    """The other tables that a table refers to and that refer to it, through any number of others."""
    return [other for other in with_referred([table]) if other is not table and table in with_referred([other])]


def define(cursor: Cursor, compiled: DataDDLCompiler, text: str) -> None:
    """Creates or drops a table, with its indexes, by the contract; sends the rest as text.

    It commits what the connection had open, and itself, as MySQL does.
    """
    statement: Any = compiled.statement
    if compiled.action == "text":
        if isinstance(statement, CreateIndex) and _is_there(cursor, statement.element):
            return
        if compiled.refused is not None:
            raise compiled.refused
        cursor.execute(text)
        cursor.connection.commit()
        return
    connection, table = cursor.connection, statement.element
    kind = (compiled.action, bool(getattr(statement, "if_not_exists", False) or getattr(statement, "if_exists", False)))
    waiting = connection.waiting
    if waiting is None or waiting.kind != kind:
        connection.commit()
        waiting = connection.waiting = Circle(cursor, *kind, compiled.dialect)
    waiting.add(table)


def _create(cursor: Cursor, dialect: Any, elements: list[Table], check_first: bool) -> None:
    connection = cursor.connection
    tables = [models.table(table, dialect) for table in with_referred(elements)]
    options = databases.DdlOptions([element.name for element in elements], check_first)
    created = run(connection.catalog.opened_with(tables).create_all(options))
    for element in elements:
        if element.fullname in created:
            connection.created[element.schema, element.name] = {index.name for index in element.indexes}
    keys = {(element.schema, element.name) for element in elements}
    connection.catalog.replace([table for table in tables if (table.schema, table.name) in keys])


def _drop(cursor: Cursor, dialect: Any, elements: list[Table], check_first: bool) -> None:
    connection = cursor.connection
    options = databases.DdlOptions([element.name for element in elements], check_first)
    tables = [models.bare(element, dialect) for element in elements]
    if len(tables) > 1:
        tables = _with_keys(connection, tables)
    run(connection.catalog.opened_with(tables).drop_all(options))
    keys = [(element.schema, element.name) for element in elements]
    for key in keys:
        connection.created.pop(key, None)
    connection.catalog.remove(keys)


def _with_keys(connection: Connection, tables: list[schema.Table]) -> list[schema.Table]:
    """Tables with the foreign keys between them, by the names that the database gave them: they are dropped first."""
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


def _is_there(cursor: Cursor, index: Any) -> bool:
    """Whether an index was just created with its table: SQLAlchemy asks for each of them once more, on its own."""
    connection = cursor.connection
    if connection.waiting is not None and connection.waiting.kind[0] == "create":
        return index.table in connection.waiting.tables
    made = connection.created.get((index.table.schema, index.table.name), set())
    if index.name in made:
        made.discard(index.name)
        return True
    return False
