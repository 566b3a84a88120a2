"""`create_all` and `drop_all`: each table that SQLAlchemy asks for is created and dropped by the contract."""

from __future__ import annotations

from typing import Any

from sqlalchemy import exc
from sqlalchemy.sql import compiler


class DataDDLCompiler(compiler.DDLCompiler):
    """Notes what is asked for; `execute` does it."""

    action: str = ""

    def visit_create_table(self, create: Any, **kw: Any) -> str:
        self.action = "create"
        return f"CREATE TABLE {create.element.fullname}"

    def visit_drop_table(self, drop: Any, **kw: Any) -> str:
        self.action = "drop"
        return f"DROP TABLE {drop.element.fullname}"

    def visit_create_index(self, create: Any, **kw: Any) -> str:
        self.action = "index"
        return f"CREATE INDEX {create.element.name}"

    def _refuse(self, element: Any, **kw: Any) -> str:
        message = (
            f"the contract has no {type(element).__name__}; it creates and drops tables with all that belongs to them"
        )
        raise exc.CompileError(message)

    refused: Any = _refuse
    visit_drop_index = visit_create_schema = visit_drop_schema = visit_create_sequence = visit_drop_sequence = refused
    visit_add_constraint = visit_drop_constraint = visit_set_table_comment = visit_set_column_comment = refused
    visit_drop_table_comment = visit_drop_column_comment = visit_create_view = refused
