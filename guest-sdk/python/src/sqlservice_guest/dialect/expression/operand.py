"""Columns, constants and parameters."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy.sql import elements, sqltypes

from ...bindings import statements as st
from ...bindings import values as va
from ..arena import Arena, nothing, unsupported
from ..types import column_type
from .base import PieceCompiler

_NUMBER = re.compile(r"-?\d{1,18}")
_DECIMAL = re.compile(r"-?\d{1,38}(\.\d{1,38})?")
_TEXT = re.compile(r"'((?:[^']|'')*)'")

_TYPED = {sqltypes.Boolean, sqltypes.Date, sqltypes.DateTime, sqltypes.Time, sqltypes.Interval, sqltypes.Uuid}
"""Types to which a selected parameter is cast to keep its type; SQLite stores their values as text and numbers."""


class Operands(PieceCompiler):
    """The visit methods of operands."""

    new_rows: frozenset[str] = frozenset()
    """The aliases, in an upsert, of the row that it could not insert."""

    def visit_column(
        self, column: Any, add_to_result_map: Any = None, include_table: bool = True,
        result_map_targets: Any = (), ambiguous_table_name_map: Any = None, **_: Any,
    ) -> str:  # fmt: skip
        name = original = column.name
        if name is None:
            name = self._fallback_column_name(column)
        if not column.is_literal and isinstance(name, elements._truncated_label):
            name = self._truncated_identifier("colident", name)
        if add_to_result_map is not None:
            targets = (column, name, column.key, *result_map_targets)
            if column._tq_label:
                targets += (column._tq_label,)
            add_to_result_map(name, original, targets, column.type)
        if column.is_literal:
            return self.constant(str(name), "literal_column")
        name = str(name)
        table = column.table
        if table is None or not table.named_with_column:
            return self.pieces.token("column", lambda arena: arena.column(None, name), (None, name))
        source = self.source_name(table, ambiguous_table_name_map)
        if source in getattr(self, "new_rows", ()):
            return self.pieces.token("value", lambda arena: arena.add(st.Node_Excluded(name)))
        shown = source if include_table else None
        return self.pieces.token("column", lambda arena: arena.column(shown, name), (source, name))

    def source_name(self, table: Any, ambiguous: Any = None) -> str:
        """Returns the name of a source in the statement."""
        name = table.name
        if ambiguous and name in ambiguous and not self.preparer.schema_for_object(table):
            name = ambiguous[name]
        if isinstance(name, elements._truncated_label):
            name = self._truncated_identifier("alias", name)
        return str(name)

    def constant(self, text: str, what: str) -> str:
        """Returns the token of a constant in SQL text: a number, a quoted text, or `*`."""
        if text == "*":
            return self.pieces.token("star", lambda arena: arena.literal(va.Scalar_Integer(1)))
        if _NUMBER.fullmatch(text):
            return self.pieces.token("value", lambda arena: arena.literal(va.Scalar_Integer(int(text))))
        if _DECIMAL.fullmatch(text):
            return self.pieces.token("value", lambda arena: arena.literal(va.Scalar_Decimal(text)))
        quoted = _TEXT.fullmatch(text)
        if quoted is None:
            raise unsupported(f"{what}({text!r})")
        return self.pieces.token("value", lambda arena: arena.literal(va.Scalar_Text(quoted[1].replace("''", "'"))))

    def visit_textclause(self, textclause: Any, add_to_result_map: Any = None, **_: Any) -> str:
        if add_to_result_map is not None:
            add_to_result_map(None, None, (textclause,), sqltypes.NULLTYPE)
        return self.constant(textclause.text, "text")

    def visit_null(self, expr: Any, **_: Any) -> str:
        return self.pieces.token("null", lambda arena: arena.literal(va.Scalar_Null()))

    def visit_true(self, expr: Any, **_: Any) -> str:
        return self.pieces.token("value", lambda arena: arena.literal(va.Scalar_Boolean(True)))

    def visit_false(self, expr: Any, **_: Any) -> str:
        return self.pieces.token("value", lambda arena: arena.literal(va.Scalar_Boolean(False)))

    def visit_bindparam(self, bindparam: Any, skip_bind_expression: bool = False, **kw: Any) -> str:
        impl = bindparam.type.dialect_impl(self.dialect)
        if not skip_bind_expression and impl._has_bind_expression and not bindparam.expanding:
            return self.process(impl.bind_expression(bindparam), skip_bind_expression=True, **kw)
        for flag in ("literal_binds", "literal_execute", "render_postcompile"):
            kw.pop(flag, None)
        shown = kw.get("within_columns_clause", False)
        super().visit_bindparam(bindparam, skip_bind_expression=True, **kw)
        self.post_compile_params -= {bindparam}
        self.literal_execute_params -= {bindparam}
        name = self._truncate_bindparam(bindparam)
        if shown and bindparam.type._type_affinity in _TYPED:
            ty = column_type(bindparam.type, self.dialect)
            return self.pieces.token(
                "value", lambda arena: arena.add(st.Node_Cast(st.Cast(arena.parameter(self.final(name)), ty)))
            )
        if not bindparam.expanding:
            return self.pieces.token("parameter", lambda arena: arena.parameter(self.final(name)), name)
        self.shaping[name] = "list"
        return self.pieces.token("spread", nothing, name)

    def spread(self, arena: Arena, name: str) -> list[int]:
        """Adds the parameters of a list, as many as the arena's shape has; row values where the items are tuples."""
        length, width = arena.shape[name]
        final = self.final(name)
        if width is None:
            return [arena.parameter(final, item) for item in range(length)]
        rows = ([arena.parameter(final, (item, part)) for part in range(width)] for item in range(length))
        return [arena.listed(st.ListOp.ROW_VALUES, row) for row in rows]
