"""Operators: comparisons, arithmetic, patterns, negation."""

from __future__ import annotations

from typing import Any

from sqlalchemy import exc
from sqlalchemy.sql import sqltypes

from ...bindings import statements as st
from ..arena import Arena, Emit, unsupported
from ..types import column_type
from .lists import Lists, binary_operator

_MOMENTS = {sqltypes.Date, sqltypes.DateTime, sqltypes.Time, sqltypes.Interval}
_ARITHMETIC = (" + ", " - ", " * ", " / ")


class Operators(Lists):
    """The visit methods of operators."""

    def _generate_generic_binary(self, binary: Any, opstring: str, eager_grouping: bool = False, **kw: Any) -> str:
        kw["_in_operator_expression"], kw["_binary_op"] = True, binary.operator
        if {
            type_._type_affinity for type_ in (binary.left.type, binary.right.type)
        } & _MOMENTS and opstring in _ARITHMETIC:
            raise unsupported("arithmetic with dates and spans of time")
        left, right = self.value(binary.left, **kw), self.piece(binary.right, **kw)
        if opstring in (" IN ", " NOT IN "):
            return self.membership(left, right, opstring == " NOT IN ")
        if opstring in (" IS ", " IS NOT ") and right.kind == "null":
            test = st.UnaryOp.IS_NULL if opstring == " IS " else st.UnaryOp.IS_NOT_NULL
            tested = self.typed(binary.left, **kw)
            return self.pieces.token("value", lambda arena: arena.add(st.Node_Unary((test, tested(arena)))))
        op, second = binary_operator(opstring), self.emitter_of(right)
        return self.pieces.token("value", lambda arena: arena.binary(op, left(arena), second(arena)))

    def visit_not_in_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        return self._generate_generic_binary(binary, " NOT IN ", **kw)

    def visit_truediv_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        left, right = self.value(binary.left, **kw), self.value(binary.right, **kw)
        integers = {binary.left.type._type_affinity, binary.right.type._type_affinity} == {sqltypes.Integer}
        double = column_type(sqltypes.Double(), self.dialect)

        def emit(arena: Arena) -> int:
            first, second = left(arena), right(arena)
            divisor = arena.add(st.Node_Cast(st.Cast(second, double))) if integers else second
            return arena.binary(st.BinaryOp.DIVIDE, first, divisor)

        return self.pieces.token("value", emit)

    def visit_floordiv_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        left, right = self.typed(binary.left, **kw), self.typed(binary.right, **kw)
        integers = {binary.left.type._type_affinity, binary.right.type._type_affinity} == {sqltypes.Integer}

        def emit(arena: Arena) -> int:
            node = arena.binary(st.BinaryOp.DIVIDE, left(arena), right(arena))
            return node if integers else arena.add(st.Node_Call(st.Call("floor", [node], False, None)))

        return self.pieces.token("value", emit)

    def visit_mod_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        return self._generate_generic_binary(binary, " % ", **kw)

    def visit_custom_op_binary(self, element: Any, operator: Any, **kw: Any) -> str:
        return self._generate_generic_binary(element, f" {operator.opstring.upper()} ", **kw)

    def visit_between_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        if binary.modifiers.get("symmetric"):
            raise unsupported("between symmetric")
        items = [self.value(item, **kw) for item in (binary.left, *binary.right.clauses)]
        return self.pieces.token(
            "value", lambda arena: arena.listed(st.ListOp.BETWEEN, [item(arena) for item in items])
        )

    def visit_not_between_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        return self.negation(self.emitter(self.visit_between_op_binary(binary, operator, **kw)))

    def matching(self, binary: Any, ignore_case: bool, negated: bool, **kw: Any) -> str:
        """Returns the token of `like`, `ilike`, or the negation of either."""
        text, pattern = self.value(binary.left, **kw), self.value(binary.right, **kw)
        escape = binary.modifiers.get("escape")
        if escape is not None and len(escape) != 1:
            message = f"an escape is one character, not {escape!r}"
            raise exc.CompileError(message)
        return self.pieces.token(
            "value",
            lambda arena: arena.add(
                st.Node_Matching(st.Matching(text(arena), pattern(arena), escape, ignore_case, negated))
            ),
        )

    def visit_like_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        return self.matching(binary, False, False, **kw)

    def visit_not_like_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        return self.matching(binary, False, True, **kw)

    def visit_ilike_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        return self.matching(binary, True, False, **kw)

    def visit_not_ilike_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        return self.matching(binary, True, True, **kw)

    def visit_ilike_case_insensitive_operand(self, element: Any, **kw: Any) -> str:
        return self.text(element.element, **kw)

    def visit_getitem_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        raise unsupported("an item of an array")

    def visit_regexp_match_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        raise unsupported("regexp_match")

    visit_not_regexp_match_op_binary = visit_regexp_match_op_binary

    def visit_regexp_replace_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        raise unsupported("regexp_replace")

    def negation(self, inner: Emit) -> str:
        """Returns the token of a logical not."""
        return self.pieces.token("value", lambda arena: arena.add(st.Node_Unary((st.UnaryOp.NOT, inner(arena)))))

    def visit_is_false_unary_operator(self, element: Any, operator: Any, **kw: Any) -> str:
        return self.negation(self.value(element.element, **kw))

    def _generate_generic_unary_operator(self, unary: Any, opstring: str, **kw: Any) -> str:
        operand = self.piece(unary.element, **kw)
        if opstring == "EXISTS ":
            return self.pieces.token("value", lambda arena: arena.add(st.Node_Exists(operand.emit(arena))))
        inner = self.emitter_of(operand)
        if opstring == "NOT ":
            return self.negation(inner)
        if opstring == "DISTINCT ":
            return self.pieces.token("distinct", inner)
        if opstring == "-":
            return self.pieces.token("value", lambda arena: arena.add(st.Node_Unary((st.UnaryOp.NEGATE, inner(arena)))))
        raise unsupported(f"the operator {opstring.strip()}")
