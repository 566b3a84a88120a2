"""Implements `inspect()` by the contract's `reflect`, which works alike for every database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import exc
from sqlalchemy.engine import reflection

from .. import errors
from ..bindings import schema as sc
from . import text
from .types import reflected_type

_ACTION = {
    sc.Action.RESTRICT: "RESTRICT",
    sc.Action.CASCADE: "CASCADE",
    sc.Action.SET_NULL: "SET NULL",
    sc.Action.SET_DEFAULT: "SET DEFAULT",
}


class Reflection:
    """The part of a dialect that inspectors call."""

    supports_comments: bool
    database_kind: str

    def _tables(self, connection: Any, only: list[str], schema_: str | None, views: bool = True) -> list[sc.Table]:
        driver = connection.connection.dbapi_connection
        found: list[sc.Table] = driver.reflect(sc.ReflectOptions(only, schema_, views))
        return found

    @reflection.cache
    def _table(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any) -> Any:
        try:
            found = self._tables(connection, [str(table_name)], schema)
        except errors.ProgrammingError as failure:
            if failure.code not in ("no-such-table", "invalid"):
                raise
            found = []
        found = [table for table in found if table.name == table_name]
        if not found:
            raise exc.NoSuchTableError(f"{schema}.{table_name}" if schema else table_name)
        return found[0]

    @reflection.cache
    def has_table(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any) -> bool:
        try:
            self._table(connection, table_name, schema, **kw)
        except exc.NoSuchTableError:
            return False
        return True

    @reflection.cache
    def get_table_names(self, connection: Any, schema: str | None = None, **kw: Any) -> list[str]:
        return sorted(table.name for table in self._tables(connection, [], schema, views=False) if not table.is_view)

    @reflection.cache
    def get_view_names(self, connection: Any, schema: str | None = None, **kw: Any) -> list[str]:
        return sorted(table.name for table in self._tables(connection, [], schema) if table.is_view)

    @reflection.cache
    def get_view_definition(self, connection: Any, view_name: str, schema: str | None = None, **kw: Any) -> str:
        found = text.view_definition(self, connection, str(view_name), schema)
        if found is None:
            raise exc.NoSuchTableError(f"{schema}.{view_name}" if schema else view_name)
        return found

    def get_temp_table_names(self, connection: Any, schema: str | None = None, **kw: Any) -> list[str]:
        return []

    get_temp_view_names = get_temp_table_names

    @reflection.cache
    def get_columns(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any) -> list[Any]:
        table = self._table(connection, table_name, schema, **kw)
        return [self._column(column, table) for column in table.columns]

    def _column(self, column: Any, table: Any) -> dict[str, Any]:
        generated = isinstance(column.default, sc.DefaultValue_GeneratedKey)
        shown: dict[str, Any] = {
            "name": column.name, "type": reflected_type(column.ty), "nullable": column.nullable,
            "default": _default_text(column.default),
        }  # fmt: skip
        if generated:
            shown["autoincrement"] = True
        if self.supports_comments:
            shown["comment"] = column.comment
        if column.computed is not None:
            shown["computed"] = {"sqltext": column.computed}
        return shown

    @reflection.cache
    def get_pk_constraint(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any) -> Any:
        table = self._table(connection, table_name, schema, **kw)
        return {"constrained_columns": list(table.primary_key), "name": table.primary_key_name}

    @reflection.cache
    def get_foreign_keys(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any) -> list[Any]:
        table = self._table(connection, table_name, schema, **kw)
        keys = [
            {
                "name": key.name, "constrained_columns": list(key.columns), "referred_schema": key.schema,
                "referred_table": key.table, "referred_columns": list(key.referred),
                "options": {
                    name: _ACTION[action]
                    for name, action in (("ondelete", key.on_delete), ("onupdate", key.on_update))
                    if action in _ACTION
                },
            }
            for key in table.foreign_keys
        ]  # fmt: skip
        return sorted(keys, key=lambda key: (key["name"] or "~", key["constrained_columns"]))

    @reflection.cache
    def get_unique_constraints(
        self, connection: Any, table_name: str, schema: str | None = None, **kw: Any
    ) -> list[Any]:
        table = self._table(connection, table_name, schema, **kw)
        found = [{"name": unique.name, "column_names": list(unique.columns)} for unique in table.uniques]
        if self._unique_indexes(table):
            found = [{**unique, "duplicates_index": unique["name"]} for unique in found]
        return sorted(found, key=lambda unique: unique["name"] or "~")

    @reflection.cache
    def get_indexes(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any) -> list[Any]:
        table = self._table(connection, table_name, schema, **kw)
        found = [
            {"name": index.name, "column_names": list(index.columns), "unique": index.unique, "dialect_options": {}}
            for index in (*table.indexes, *self._unique_indexes(table))
        ]
        return sorted(found, key=lambda index: index["name"] or "~")

    def _unique_indexes(self, table: sc.Table) -> list[sc.Index]:
        """Returns unique constraints that are also indexes: MySQL and MariaDB make no difference between the two."""
        return list(table.uniques) if self.database_kind in ("mysql", "mariadb") else []

    @reflection.cache
    def get_check_constraints(
        self, connection: Any, table_name: str, schema: str | None = None, **kw: Any
    ) -> list[Any]:
        table = self._table(connection, table_name, schema, **kw)
        found = [{"name": check.name, "sqltext": check.expression} for check in table.checks]
        return sorted(found, key=lambda check: check["name"] or "~")

    @reflection.cache
    def get_table_comment(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any) -> Any:
        return {"text": self._table(connection, table_name, schema, **kw).comment}

    @reflection.cache
    def get_schema_names(self, connection: Any, **kw: Any) -> list[str]:
        return text.schema_names(self, connection)


def _default_text(default: Any) -> str | None:
    match default:
        case sc.DefaultValue_Expression(value=text_):
            return text_
        case sc.DefaultValue_Now():
            return "CURRENT_TIMESTAMP"
        case sc.DefaultValue_Literal(value=literal):
            shown = getattr(literal.value, "value", None)
            return None if shown is None else f"'{shown}'" if isinstance(shown, str) else str(shown)
        case _:
            return None
