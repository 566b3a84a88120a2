"""DDL: tables are created and dropped by the contract; other statements are sent as text with raw-sql."""

from __future__ import annotations

from typing import Any

from sqlalchemy import exc
from sqlalchemy.sql import compiler

from . import text


class DataDDLCompiler(compiler.DDLCompiler):
    """Records the DDL action; `definition.define` runs it."""

    action: str = "text"
    """The contract's action: `create` or `drop` a table; `text` for the text that the compiler returned."""
    refused: exc.CompileError | None = None
    """The error that refused the text of an index, which may already exist with its table."""

    def visit_create_table(self, create: Any, **kw: Any) -> str:
        if create.element._prefixes:
            return self._text(create, **kw)
        self.action = "create"
        try:
            return text.shown(self.dialect, create, {}, self.schema_translate_map)
        except exc.SQLAlchemyError:
            return f"CREATE TABLE {self._full_name(create.element)}"

    def visit_drop_table(self, drop: Any, **kw: Any) -> str:
        self.action = "drop"
        return f"DROP TABLE {self._full_name(drop.element)}"

    def _full_name(self, table: Any) -> str:
        schema = (self.schema_translate_map or {}).get(table.schema, table.schema)
        return f"{schema}.{table.name}" if schema else str(table.name)

    def _text(self, element: Any, **kw: Any) -> str:
        written = text.definition(self.dialect, element, self.schema_translate_map)
        if written is None:
            message = (
                f"the contract has no {type(element).__name__}; it creates and drops tables with all that belongs to "
                "them, and the rest needs `raw-sql = true` in [tool.sqlservice] and the host's grant"
            )
            raise exc.CompileError(message)
        return written

    def visit_create_index(self, create: Any, **kw: Any) -> str:
        """Leaves the error to `define`, which skips an index that was just created with its table."""
        try:
            return self._text(create, **kw)
        except exc.CompileError as refused:
            self.refused = refused
            return f"CREATE INDEX {create.element.name}"

    visit_drop_index = visit_create_schema = visit_drop_schema = _text  # type: ignore[assignment]
    visit_create_sequence = visit_drop_sequence = visit_add_constraint = visit_drop_constraint = _text  # type: ignore[assignment]
    visit_set_table_comment = visit_drop_table_comment = visit_set_column_comment = visit_drop_column_comment = _text  # type: ignore[assignment]
    visit_set_constraint_comment = visit_drop_constraint_comment = _text  # type: ignore[assignment]
    visit_create_view = visit_drop_view = visit_create_table_as = _text  # type: ignore[assignment]
