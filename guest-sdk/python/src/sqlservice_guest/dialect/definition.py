"""Tables as the connection has to know them: those that a statement names, and those that are created and dropped."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Table, exc
from sqlalchemy.schema import CreateIndex

from ..bindings import databases
from ..blocking import run
from ..driver import Cursor
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


def define(cursor: Cursor, compiled: DataDDLCompiler, text: str) -> None:
    """Creates or drops a table, with its indexes, by the contract; sends the rest as text.

    It commits what the connection had open, and itself, as MySQL does.
    """
    statement: Any = compiled.statement
    if compiled.action == "text":
        if not (isinstance(statement, CreateIndex) and _is_there(cursor, statement.element)):
            cursor.execute(text)
            cursor.connection.commit()
        return
    cursor.connection.commit()
    if compiled.action == "create":
        _create(cursor, compiled, statement)
    else:
        _drop(cursor, compiled, statement)


def _create(cursor: Cursor, compiled: DataDDLCompiler, statement: Any) -> None:
    connection, element = cursor.connection, statement.element
    tables = [models.table(table, compiled.dialect) for table in with_referred([element])]
    options = databases.DdlOptions([element.name], bool(statement.if_not_exists))
    if run(connection.catalog.opened_with(tables).create_all(options)):
        connection.created[element.schema, element.name] = {index.name for index in element.indexes}
    connection.catalog.replace(tables[:1])


def _drop(cursor: Cursor, compiled: DataDDLCompiler, statement: Any) -> None:
    connection, element = cursor.connection, statement.element
    options = databases.DdlOptions([element.name], bool(statement.if_exists))
    run(connection.catalog.opened_with([models.bare(element, compiled.dialect)]).drop_all(options))
    connection.created.pop((element.schema, element.name), None)
    connection.catalog.remove([(element.schema, element.name)])


def _is_there(cursor: Cursor, index: Any) -> bool:
    """Whether an index was just created with its table: SQLAlchemy asks for each of them once more, on its own."""
    made = cursor.connection.created.get((index.table.schema, index.table.name), set())
    if index.name in made:
        made.discard(index.name)
        return True
    return False
