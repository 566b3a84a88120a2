"""Functions, aggregates and windows."""

from __future__ import annotations

from typing import Any

from sqlalchemy import exc
from sqlalchemy.sql import elements

from ...bindings import raw_sql
from ...bindings import statements as st
from ..arena import Arena, Emit, unsupported
from .ordering import Orderings, written_orders

_FUNCTIONS = {
    "char_length": "length",
    "character_length": "length",
    "substring": "substr",
    "ceiling": "ceil",
    "ifnull": "coalesce",
    "current_timestamp": "now",
}
_KNOWN = frozenset({
    "abs", "add_days", "add_seconds", "avg", "ceil", "coalesce", "concat", "count", "cume_dist", "current_date",
    "current_time", "day", "days_between", "dense_rank", "first_value", "floor", "greatest", "hour", "json_length",
    "json_type", "lag", "last_value", "lead", "least", "left", "length", "lower", "ltrim", "max", "min", "minute",
    "month", "nth_value", "ntile", "nullif", "now", "percent_rank", "position", "rank", "replace", "right", "round",
    "row_number", "rtrim", "second", "sign", "substr", "sum", "trim", "upper", "year",
})  # fmt: skip
"""Functions of the contract. The host refuses others by name; they are sent as SQL text where that was granted."""
_FIELDS = {"year", "month", "day", "hour", "minute", "second"}


class Functions(Orderings):
    """The visit methods of calls."""

    def visit_function(self, func: Any, add_to_result_map: Any = None, **kw: Any) -> str:
        if add_to_result_map is not None:
            add_to_result_map(func.name, func.name, (func.name,), func.type)
        if func.packagenames or func._with_ordinality:
            raise unsupported(f"the function {'.'.join([*func.packagenames, func.name])}")
        kw.pop("within_columns_clause", None)
        arguments: list[Emit] = []
        distinct = False
        for clause in func.clauses:
            piece = self.piece(clause, **kw)
            distinct |= piece.kind == "distinct"
            if piece.kind == "list":
                arguments += piece.data
            elif piece.kind != "star":
                arguments.append(self.emitter_of(piece))
        name = _FUNCTIONS.get(func.name.lower(), func.name.lower())
        if name not in _KNOWN and raw_sql is not None:
            raise unsupported(f"the function {name}")
        return self.function(name, arguments, distinct, None)

    def function(self, name: str, arguments: list[Emit], distinct: bool, criterion: Emit | None) -> str:
        """Returns the token of a call."""
        if name == "coalesce":
            return self.pieces.token(
                "value", lambda arena: arena.listed(st.ListOp.COALESCE, [item(arena) for item in arguments])
            )

        def emit(arena: Arena) -> int:
            given = [item(arena) for item in arguments]
            return arena.add(st.Node_Call(st.Call(name, given, distinct, criterion(arena) if criterion else None)))

        return self.pieces.token("call", emit, (name, arguments, distinct))

    def visit_funcfilter(self, funcfilter: Any, **kw: Any) -> str:
        call = self.piece(funcfilter.func, **kw)
        if call.kind != "call":
            raise unsupported("a filter of what is no aggregate")
        name, arguments, distinct = call.data
        return self.function(name, arguments, distinct, self.value(funcfilter.criterion, **kw))

    def visit_withingroup(self, withingroup: Any, **kw: Any) -> str:
        raise unsupported("within group")

    def visit_extract(self, extract: Any, **kw: Any) -> str:
        if extract.field not in _FIELDS:
            raise unsupported(f"extract of {extract.field!r}; there are {', '.join(sorted(_FIELDS))}")
        return self.function(extract.field, [self.value(extract.expr, **kw)], False, None)

    def visit_over(self, over: Any, **kw: Any) -> str:
        call = self.piece(over.element, **kw)
        if call.kind != "call":
            raise unsupported("a window of what is no function")
        kw = {name: item for name, item in kw.items() if name not in ("add_to_result_map", "within_columns_clause")}
        partition = [self.value(item, **kw) for item in (() if over.partition_by is None else over.partition_by)]
        orders = self.orders(() if over.order_by is None else over.order_by, **kw)
        frame = self.frame(over)

        def emit(arena: Arena) -> int:
            inner = call.emit(arena)
            parts = [item(arena) for item in partition]
            return arena.add(st.Node_Window(st.Window(inner, parts, written_orders(arena, orders), frame)))

        return self.pieces.token("value", emit)

    def frame(self, over: Any) -> st.Frame | None:
        """Returns the frame of a window."""
        for unit, bounds in (
            (st.FrameUnit.RANGE, over.range_),
            (st.FrameUnit.ROWS, over.rows),
            (st.FrameUnit.GROUPS, over.groups),
        ):
            if bounds is not None:
                return st.Frame(unit, _bound(bounds[0]), _bound(bounds[1]))
        return None


def _bound(bound: Any) -> st.FrameBound:
    if bound is elements.RANGE_UNBOUNDED:
        return st.FrameBound_Unbounded()
    if bound is elements.RANGE_CURRENT:
        return st.FrameBound_Current()
    if not isinstance(bound, int) or abs(bound) >= 1 << 63:
        message = f"a frame's border is a whole number of 64 bits, not {bound!r}"
        raise exc.CompileError(message)
    return st.FrameBound_Preceding(-bound) if bound < 0 else st.FrameBound_Following(bound)
