"""The tables of a database that a program uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import value
from ..bindings import databases, schema
from ..blocking import run
from ..errors import ProgrammingError

if TYPE_CHECKING:
    from collections.abc import Iterable

Key = tuple[str | None, str]
"""Schema and name of a table."""


def key_of(table: schema.Table) -> Key:
    """Returns the schema and name of a table."""
    return table.schema, table.name


def covers(known: schema.Table | None, table: schema.Table) -> bool:
    """Whether a known table has all columns of another form of it, with the same kinds."""
    if known is None or known is table:
        return known is table
    kinds = {column.name: (column.ty.kind, column.ty.element) for column in known.columns}
    return all(kinds.get(column.name) == (column.ty.kind, column.ty.element) for column in table.columns)


def _referred(key: schema.ForeignKey) -> Key:
    return key.schema, key.table


class Catalog:
    """The tables of one database that a program uses, and the database opened with them.

    The host checks statements against these tables. A table that a later statement uses is added: between transactions
    by opening the database again, within one by reading the table from the database.
    """

    def __init__(self, name: str, tables: Iterable[schema.Table] = ()) -> None:
        self.name = value.checked_text(name)
        self.tables = {key_of(table): table for table in tables}
        self.version = 0
        """Counts the changes of `tables`."""
        self._database: databases.Database | None = None

    @property
    def database(self) -> databases.Database:
        """The database of the contract, opened at the first use."""
        if self._database is None:
            self._database = self._opened()
        return self._database

    def _opened(self) -> databases.Database:
        """Opens the database with all tables, or with none where one is not granted: then statements add theirs."""
        try:
            return self.opened_with(self.tables.values())
        except ProgrammingError as error:
            if error.code != "no-such-table" or self.version:
                raise
        self.tables.clear()
        self.version += 1
        return self.opened_with(())

    def add(self, tables: Iterable[schema.Table]) -> None:
        """Adds tables, or other forms of them, for later connections."""
        added = {key_of(table): table for table in tables}
        self._remove([key for key in added if key in self.tables])
        self.tables.update(added)

    def replace(self, tables: Iterable[schema.Table]) -> None:
        """Adds tables that were created; they replace known tables of the same names."""
        changed = [table for table in tables if self.tables.get(key_of(table)) != table]
        if changed:
            self.add(changed)

    def _remove(self, keys: Iterable[Key]) -> None:
        """Removes tables, and those that refer to them: statements that use the latter add them again."""
        waiting = list(keys)
        while waiting:
            gone = waiting.pop()
            self.tables.pop(gone, None)
            waiting += [key for key, table in self.tables.items() if gone in map(_referred, table.foreign_keys)]
        self.version += 1
        self._database = None

    def remove(self, keys: Iterable[Key]) -> None:
        """Removes tables that were dropped."""
        known = [key for key in keys if key in self.tables]
        if known:
            self._remove(known)

    def opened_with(self, tables: Iterable[schema.Table]) -> databases.Database:
        """Opens the database with only these tables, to create or drop them."""
        return run(databases.Database.open(self.name, value.checked(schema.Models(list(tables), []))))
