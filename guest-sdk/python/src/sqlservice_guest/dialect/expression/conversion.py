"""Cases, conversions and labels."""

from __future__ import annotations

from typing import Any

from sqlalchemy.sql import elements

from ...bindings import statements as st
from ..arena import Arena, Emit, unsupported
from ..types import column_type
from .base import PieceCompiler


class Conversions(PieceCompiler):
    """The visit methods of cases, casts and labels."""

    def visit_case(self, clause: Any, **kw: Any) -> str:
        kw.pop("add_to_result_map", None)
        value = None if clause.value is None else self.value(clause.value, **kw)
        whens = [(self.value(condition, **kw), self.value(then, **kw)) for condition, then in clause.whens]
        otherwise = None if clause.else_ is None else self.value(clause.else_, **kw)

        def condition(arena: Arena, test: Emit) -> int:
            return test(arena) if value is None else arena.binary(st.BinaryOp.EQUAL, value(arena), test(arena))

        def emit(arena: Arena) -> int:
            written = [st.When(condition(arena, test), then(arena)) for test, then in whens]
            return arena.add(st.Node_Case(st.Case(written, otherwise(arena) if otherwise else None)))

        return self.pieces.token("value", emit)

    def visit_cast(self, cast: Any, **kw: Any) -> str:
        kw.pop("add_to_result_map", None)
        inner, ty = self.value(cast.clause, **kw), column_type(cast.type, self.dialect)
        return self.pieces.token("value", lambda arena: arena.add(st.Node_Cast(st.Cast(inner(arena), ty))))

    def visit_try_cast(self, cast: Any, **kw: Any) -> str:
        raise unsupported("try_cast")

    def visit_label(
        self, label: Any, add_to_result_map: Any = None, within_label_clause: bool = False,
        within_columns_clause: bool = False, render_label_as_label: Any = None, result_map_targets: Any = (), **kw: Any,
    ) -> str:  # fmt: skip
        name = label.name
        if isinstance(name, elements._truncated_label):
            name = self._truncated_identifier("colident", name)
        name = str(name)
        if within_columns_clause and not within_label_clause:
            if add_to_result_map is not None:
                add_to_result_map(name, label.name, (label, name, *label._alt_names, *result_map_targets), label.type)
            inner = self.value(label.element, within_columns_clause=True, within_label_clause=True, **kw)
            return self.pieces.token(
                "label", lambda arena: arena.add(st.Node_Label(st.Labelled(inner(arena), name))), inner
            )
        if render_label_as_label is label and self.stack and self.stack[-1].get("is_compound"):
            return self.pieces.token("column", lambda arena: arena.column(None, name), (None, name))
        return self.text(label.element, within_columns_clause=False, **kw)
