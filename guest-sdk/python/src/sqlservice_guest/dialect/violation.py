"""Completes the error of a broken constraint from the statement, where the database reported less."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import errors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..bindings import databases, schema


def explain(failure: errors.IntegrityError, database: databases.Database, name: str, of: str | None) -> None:
    """Adds the changed table, and the columns of the constraint: MySQL and MariaDB report only its name."""
    if failure.table is None:
        failure.table = name
    if failure.columns or failure.constraint is None or failure.table != name:
        return
    for table in database.tables():
        if (table.name, table.schema) == (name, of):
            found = (columns for named, columns in _constraints(table) if named == failure.constraint)
            failure.columns = tuple(next(found, ()))


def _constraints(table: schema.Table) -> Iterator[tuple[str | None, list[str]]]:
    yield from ((unique.name, unique.columns) for unique in table.uniques)
    yield from ((index.name, index.columns) for index in table.indexes)
    yield from ((key.name, key.columns) for key in table.foreign_keys)
    yield table.primary_key_name, table.primary_key
