"""Lists of expressions: groups, operands that one operator joins, tuples, and the right side of `in`."""

from __future__ import annotations

from typing import Any

from sqlalchemy.sql import compiler, operators

from ...bindings import statements as st
from ..arena import Arena, Emit, Piece, nothing, unsupported
from .operand import Operands

BINARY = {
    " = ": st.BinaryOp.EQUAL,
    " != ": st.BinaryOp.NOT_EQUAL,
    " < ": st.BinaryOp.LESS,
    " <= ": st.BinaryOp.LESS_EQUAL,
    " > ": st.BinaryOp.GREATER,
    " >= ": st.BinaryOp.GREATER_EQUAL,
    " IS DISTINCT FROM ": st.BinaryOp.IS_DISTINCT,
    " IS NOT DISTINCT FROM ": st.BinaryOp.IS_NOT_DISTINCT,
    " IS ": st.BinaryOp.IS_NOT_DISTINCT,
    " IS NOT ": st.BinaryOp.IS_DISTINCT,
    " + ": st.BinaryOp.ADD,
    " - ": st.BinaryOp.SUBTRACT,
    " * ": st.BinaryOp.MULTIPLY,
    " / ": st.BinaryOp.DIVIDE,
    " % ": st.BinaryOp.MODULO,
    " || ": st.BinaryOp.CONCAT,
}
"""The contract's operators by SQLAlchemy's SQL text for them."""


def binary_operator(text: str) -> st.BinaryOp:
    """Returns the contract's operator for SQLAlchemy's SQL text of it."""
    try:
        return BINARY[text]
    except KeyError:
        raise unsupported(f"the operator {text.strip()}") from None


class Lists(Operands):
    """The visit methods of lists."""

    def visit_grouping(self, grouping: Any, asfrom: bool = False, **kw: Any) -> str:
        return self.text(grouping.element, **kw)

    def visit_select_statement_grouping(self, grouping: Any, **kw: Any) -> str:
        return self.text(grouping.element, **kw)

    def visit_clauselist(self, clauselist: Any, **kw: Any) -> str:
        if clauselist.operator in (operators.and_, operators.or_):
            return self.joined(clauselist, **kw)
        items = [self.value(item, **kw) for item in clauselist.clauses]
        return self.pieces.token("list", nothing, items)

    def visit_expression_clauselist(self, clauselist: Any, **kw: Any) -> str:
        return self.joined(clauselist, **kw)

    def joined(self, clauselist: Any, **kw: Any) -> str:
        """Returns the token of operands that one operator joins."""
        items = [self.value(item, **kw) for item in clauselist.clauses]
        known = {operators.and_: st.ListOp.AND, operators.or_: st.ListOp.OR}.get(clauselist.operator)
        if known is not None:
            return self.pieces.token("value", lambda arena: arena.listed(known, [item(arena) for item in items]))
        op = binary_operator(compiler.OPERATORS.get(clauselist.operator, str(clauselist.operator)))

        def emit(arena: Arena) -> int:
            node = items[0](arena)
            for item in items[1:]:
                node = arena.binary(op, node, item(arena))
            return node

        return self.pieces.token("value", emit)

    def visit_tuple(self, clauselist: Any, **kw: Any) -> str:
        items = [self.value(item, **kw) for item in clauselist.clauses]
        return self.pieces.token(
            "value", lambda arena: arena.listed(st.ListOp.ROW_VALUES, [item(arena) for item in items])
        )

    def all_of(self, criteria: Any, **kw: Any) -> Emit | None:
        """Returns the conjunction of criteria, or None where there are none."""
        items = [self.value(item, **kw) for item in criteria]
        if len(items) < 2:
            return items[0] if items else None
        return lambda arena: arena.listed(st.ListOp.AND, [item(arena) for item in items])

    def membership(self, left: Emit, right: Piece, negated: bool) -> str:
        """Returns the token of `in`: with a list, a list parameter, or a query."""
        if right.kind == "query":
            return self.pieces.token(
                "value",
                lambda arena: arena.add(st.Node_Membership(st.Membership(left(arena), right.emit(arena), negated))),
            )
        op = st.ListOp.NOT_IN_LIST if negated else st.ListOp.IN_LIST

        def emit(arena: Arena) -> int:
            first = left(arena)
            items = self.spread(arena, right.data) if right.kind == "spread" else [item(arena) for item in right.data]
            return arena.listed(op, [first, *items])

        if right.kind not in ("spread", "list"):
            raise unsupported("`in` of what is neither a list nor a query")
        return self.pieces.token("value", emit)
