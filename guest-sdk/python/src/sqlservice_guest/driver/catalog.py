"""The tables that a program knows of a database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import value
from ..bindings import databases, schema
from ..blocking import run

if TYPE_CHECKING:
    from collections.abc import Iterable

Key = tuple[str | None, str]
"""Schema and name of a table."""


def key_of(table: schema.Table) -> Key:
    """Schema and name."""
    return table.schema, table.name


class Catalog:
    """The tables that a program knows of one database, and the database opened with them.

    The host checks statements against these tables. One that is met later is added: at once between transactions, by
    reading it from the database within one.
    """

    def __init__(self, name: str, tables: Iterable[schema.Table] = ()) -> None:
        self.name = value.checked_text(name)
        self.tables = {key_of(table): table for table in tables}
        self._database: databases.Database | None = None

    @property
    def database(self) -> databases.Database:
        """The database of the contract, opened at the first use."""
        if self._database is None:
            self._database = self.opened_with(self.tables.values())
        return self._database

    def add(self, tables: Iterable[schema.Table]) -> None:
        """Adds tables for the connections to come."""
        self.tables.update({key_of(table): table for table in tables})
        self._database = None

    def opened_with(self, tables: Iterable[schema.Table]) -> databases.Database:
        """The database with just these tables: for what creates and drops them."""
        return run(databases.Database.open(self.name, schema.Models(list(tables), [])))
