"""Expressions: columns, parameters, operators, functions, windows."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import exc
from sqlalchemy.sql import sqltypes
from sqlalchemy.sql import compiler, elements, operators

from ..bindings import statements as st
from ..bindings import values as va
from .arena import Arena, Emit, Piece, Pieces, nothing, unsupported
from .types import column_type

_BINARY = {
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
_FUNCTIONS = {
    "char_length": "length",
    "character_length": "length",
    "substring": "substr",
    "ceiling": "ceil",
    "ifnull": "coalesce",
    "current_timestamp": "now",
}
_FIELDS = {"year", "month", "day", "hour", "minute", "second"}
_NUMBER = re.compile(r"-?\d{1,18}")
_TEXT = re.compile(r"'((?:[^']|'')*)'")


class ExpressionCompiler(compiler.SQLCompiler):
    """The visits of expressions. Each returns a token of `self.pieces`."""

    @property
    def pieces(self) -> Pieces:
        """The statement's pieces; the base class compiles in its own `__init__`, before ours could make them."""
        return self.__dict__.setdefault("_pieces", Pieces())

    @property
    def shaping(self) -> dict[str, str]:
        """Parameters whose values change the arena: `list`, `path` or `number` by name."""
        return self.__dict__.setdefault("_shaping", {})

    def emitter(self, text: str) -> Emit:
        """How the value behind a token is written; a query is its single value."""
        piece = self.pieces.one(text)
        if piece.kind == "query":
            return lambda arena: arena.add(st.Node_ScalarQuery(piece.emit(arena)))
        return piece.emit

    def value(self, element: Any, **kw: Any) -> Emit:
        """How an element is written."""
        return self.emitter(element._compiler_dispatch(self, **kw))

    def final(self, name: str) -> str:
        """The name under which a parameter's value comes, known when all is compiled."""
        return self.escaped_bind_names.get(name, name)

    # Columns, constants, parameters

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
        """The name by which a statement knows a source."""
        name = table.name
        if ambiguous and name in ambiguous and not self.preparer.schema_for_object(table):
            name = ambiguous[name]
        if isinstance(name, elements._truncated_label):
            name = self._truncated_identifier("alias", name)
        return str(name)

    def constant(self, text: str, what: str) -> str:
        """A constant that was given as SQL text: a whole number, a quoted text, or `*`."""
        if text == "*":
            return self.pieces.token("star", lambda arena: arena.literal(va.Scalar_Integer(1)))
        if _NUMBER.fullmatch(text):
            return self.pieces.token("value", lambda arena: arena.literal(va.Scalar_Integer(int(text))))
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
        super().visit_bindparam(bindparam, skip_bind_expression=True, **kw)
        self.post_compile_params -= {bindparam}
        self.literal_execute_params -= {bindparam}
        name = self._truncate_bindparam(bindparam)
        if not bindparam.expanding:
            return self.pieces.token("parameter", lambda arena: arena.parameter(self.final(name)), name)
        self.shaping[name] = "list"
        return self.pieces.token("spread", nothing, name)

    def spread(self, arena: Arena, name: str) -> list[int]:
        """The parameters of a list, as many as its value has; rows of values where they are tuples."""
        length, width = arena.shape[name]
        final = self.final(name)
        if width is None:
            return [arena.parameter(final, item) for item in range(length)]
        rows = ([arena.parameter(final, (item, part)) for part in range(width)] for item in range(length))
        return [arena.listed(st.ListOp.ROW_VALUES, row) for row in rows]

    # Lists and groups

    def visit_grouping(self, grouping: Any, asfrom: bool = False, **kw: Any) -> str:
        return grouping.element._compiler_dispatch(self, **kw)

    def visit_select_statement_grouping(self, grouping: Any, **kw: Any) -> str:
        return grouping.element._compiler_dispatch(self, **kw)

    def visit_clauselist(self, clauselist: Any, **kw: Any) -> str:
        if clauselist.operator in (operators.and_, operators.or_):
            return self.joined(clauselist, **kw)
        items = [self.value(item, **kw) for item in clauselist.clauses]
        return self.pieces.token("list", nothing, items)

    def visit_expression_clauselist(self, clauselist: Any, **kw: Any) -> str:
        return self.joined(clauselist, **kw)

    def joined(self, clauselist: Any, **kw: Any) -> str:
        """Operands with one operator between each two."""
        items = [self.value(item, **kw) for item in clauselist.clauses]
        known = {operators.and_: st.ListOp.AND, operators.or_: st.ListOp.OR}.get(clauselist.operator)
        if known is not None:
            return self.pieces.token("value", lambda arena: arena.listed(known, [item(arena) for item in items]))
        op = self.binary_operator(compiler.OPERATORS.get(clauselist.operator, str(clauselist.operator)))

        def emit(arena: Arena) -> int:
            node = items[0](arena)
            for item in items[1:]:
                node = arena.binary(op, node, item(arena))
            return node

        return self.pieces.token("value", emit)

    def visit_tuple(self, clauselist: Any, **kw: Any) -> str:
        items = [self.value(item, **kw) for item in clauselist.clauses]
        return self.pieces.token("value", lambda arena: arena.listed(st.ListOp.ROW_VALUES, [item(arena) for item in items]))

    def all_of(self, criteria: Any, **kw: Any) -> Emit | None:
        """Criteria that all have to be true."""
        items = [self.value(item, **kw) for item in criteria]
        if len(items) < 2:
            return items[0] if items else None
        return lambda arena: arena.listed(st.ListOp.AND, [item(arena) for item in items])

    # Operators

    def binary_operator(self, text: str) -> st.BinaryOp:
        """The contract's operator for a text of SQLAlchemy's."""
        try:
            return _BINARY[text]
        except KeyError:
            raise unsupported(f"the operator {text.strip()}") from None

    def _generate_generic_binary(self, binary: Any, opstring: str, eager_grouping: bool = False, **kw: Any) -> str:
        kw["_in_operator_expression"], kw["_binary_op"] = True, binary.operator
        left_text = binary.left._compiler_dispatch(self, **kw)
        right_text = binary.right._compiler_dispatch(self, **kw)
        if opstring in (" IN ", " NOT IN "):
            return self.membership(self.emitter(left_text), self.pieces.one(right_text), opstring == " NOT IN ")
        left, right = self.emitter(left_text), self.pieces.one(right_text)
        if opstring in (" IS ", " IS NOT ") and right.kind == "null":
            test = st.UnaryOp.IS_NULL if opstring == " IS " else st.UnaryOp.IS_NOT_NULL
            return self.pieces.token("value", lambda arena: arena.add(st.Node_Unary((test, left(arena)))))
        op, second = self.binary_operator(opstring), self.emitter(right_text)
        return self.pieces.token("value", lambda arena: arena.binary(op, left(arena), second(arena)))

    def membership(self, left: Emit, right: Piece, negated: bool) -> str:
        """`in`: a list, a list that comes with the parameters, or a query."""
        if right.kind == "query":
            return self.pieces.token(
                "value", lambda arena: arena.add(st.Node_Membership(st.Membership(left(arena), right.emit(arena), negated)))
            )
        op = st.ListOp.NOT_IN_LIST if negated else st.ListOp.IN_LIST

        def emit(arena: Arena) -> int:
            first = left(arena)
            items = self.spread(arena, right.data) if right.kind == "spread" else [item(arena) for item in right.data]
            return arena.listed(op, [first, *items])

        if right.kind not in ("spread", "list"):
            raise unsupported("`in` of what is neither a list nor a query")
        return self.pieces.token("value", emit)

    def visit_not_in_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        return self._generate_generic_binary(binary, " NOT IN ", **kw)

    def visit_truediv_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        left, right = self.value(binary.left, **kw), self.value(binary.right, **kw)
        if binary.left.type._type_affinity is sqltypes.Integer and binary.right.type._type_affinity is sqltypes.Integer:
            exact = column_type(sqltypes.Double(), self.dialect)
            divisor = right
            right = lambda arena: arena.add(st.Node_Cast(st.Cast(divisor(arena), exact)))  # noqa: E731
        return self.pieces.token("value", lambda arena: arena.binary(st.BinaryOp.DIVIDE, left(arena), right(arena)))

    def visit_floordiv_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        left, right = self.value(binary.left, **kw), self.value(binary.right, **kw)
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
        return self.pieces.token("value", lambda arena: arena.listed(st.ListOp.BETWEEN, [item(arena) for item in items]))

    def visit_not_between_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        return self.negation(self.emitter(self.visit_between_op_binary(binary, operator, **kw)))

    def matching(self, binary: Any, ignore_case: bool, negated: bool, **kw: Any) -> str:
        """`like` and its kin."""
        text, pattern = self.value(binary.left, **kw), self.value(binary.right, **kw)
        escape = binary.modifiers.get("escape")
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
        return element.element._compiler_dispatch(self, **kw)

    def visit_json_getitem_op_binary(self, binary: Any, operator: Any, _cast_applied: bool = False, **kw: Any) -> str:
        document, index = self.value(binary.left, **kw), self.value(binary.right, **kw)
        return self.json_item(binary.type, lambda arena, op: arena.binary(op, document(arena), index(arena)))

    def visit_json_path_getitem_op_binary(self, binary: Any, operator: Any, _cast_applied: bool = False, **kw: Any) -> str:
        document, path = self.value(binary.left, **kw), self.pieces.one(binary.right._compiler_dispatch(self, **kw))
        if path.kind != "parameter":
            raise unsupported("a JSON path that is no list of values")
        name = path.data
        self.shaping[name] = "path"

        def emit(arena: Arena, op: st.BinaryOp) -> int:
            node, length = document(arena), arena.shape[name]
            for part in range(length):
                step = op if part == length - 1 else st.BinaryOp.JSON_GET
                node = arena.binary(step, node, arena.parameter(self.final(name), part))
            return node

        return self.json_item(binary.type, emit)

    def json_item(self, type_: Any, emit: Any) -> str:
        """An item of a JSON document as JSON, as text, or read from that text as another type."""
        if type_._type_affinity is sqltypes.JSON:
            return self.pieces.token("value", lambda arena: emit(arena, st.BinaryOp.JSON_GET))
        if type_._type_affinity is sqltypes.String:
            return self.pieces.token("value", lambda arena: emit(arena, st.BinaryOp.JSON_GET_TEXT))
        if type_._type_affinity is sqltypes.Boolean:
            return self.pieces.token(
                "value",
                lambda arena: arena.binary(
                    st.BinaryOp.EQUAL, emit(arena, st.BinaryOp.JSON_GET_TEXT), arena.literal(va.Scalar_Text("true"))
                ),
            )
        ty = column_type(type_, self.dialect)
        return self.pieces.token(
            "value", lambda arena: arena.add(st.Node_Cast(st.Cast(emit(arena, st.BinaryOp.JSON_GET_TEXT), ty)))
        )

    def visit_getitem_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        raise unsupported("an item of an array")

    def visit_regexp_match_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        raise unsupported("regexp_match")

    visit_not_regexp_match_op_binary = visit_regexp_match_op_binary

    def visit_regexp_replace_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        raise unsupported("regexp_replace")

    def negation(self, inner: Emit) -> str:
        """Logical not."""
        return self.pieces.token("value", lambda arena: arena.add(st.Node_Unary((st.UnaryOp.NOT, inner(arena)))))

    def visit_is_false_unary_operator(self, element: Any, operator: Any, **kw: Any) -> str:
        return self.negation(self.value(element.element, **kw))

    def _generate_generic_unary_operator(self, unary: Any, opstring: str, **kw: Any) -> str:
        text = unary.element._compiler_dispatch(self, **kw)
        if opstring == "EXISTS ":
            query = self.pieces.one(text)
            return self.pieces.token("value", lambda arena: arena.add(st.Node_Exists(query.emit(arena))))
        inner = self.emitter(text)
        if opstring == "NOT ":
            return self.negation(inner)
        if opstring == "DISTINCT ":
            return self.pieces.token("distinct", inner)
        if opstring == "-":
            return self.pieces.token("value", lambda arena: arena.add(st.Node_Unary((st.UnaryOp.NEGATE, inner(arena)))))
        raise unsupported(f"the operator {opstring.strip()}")

    def _generate_generic_unary_modifier(self, unary: Any, opstring: str, **kw: Any) -> str:
        piece = self.pieces.one(unary.element._compiler_dispatch(self, **kw))
        inner, descending, nulls = piece.data if piece.kind == "order" else (self.emitter_of(piece), False, None)
        match opstring:
            case " DESC":
                descending = True
            case " ASC":
                descending = False
            case " NULLS FIRST":
                nulls = True
            case " NULLS LAST":
                nulls = False
            case other:
                raise unsupported(f"the modifier {other.strip()}")
        return self.pieces.token("order", nothing, (inner, descending, nulls))

    def emitter_of(self, piece: Piece) -> Emit:
        """As `emitter`, of a piece."""
        if piece.kind == "query":
            return lambda arena: arena.add(st.Node_ScalarQuery(piece.emit(arena)))
        return piece.emit

    def orders(self, clauses: Any, **kw: Any) -> list[Any]:
        """Keys of an ordering."""
        keys = []
        for clause in clauses:
            piece = self.pieces.one(clause._compiler_dispatch(self, **kw))
            key = piece.data if piece.kind == "order" else (self.emitter_of(piece), False, None)
            keys += [key] if key[2] is None or "nulls-order" in self.dialect.capabilities else self.nulls_by_test(key)
        return keys

    def nulls_by_test(self, key: Any) -> list[Any]:
        """`nulls first` and `nulls last` where the database has neither: ordered by whether it is null before."""
        inner, descending, nulls_first = key
        test = lambda arena: arena.add(st.Node_Unary((st.UnaryOp.IS_NULL, inner(arena))))  # noqa: E731
        return [(test, nulls_first, None), (inner, descending, None)]

    # Functions, cases, conversions, labels

    def visit_function(self, func: Any, add_to_result_map: Any = None, **kw: Any) -> str:
        if add_to_result_map is not None:
            add_to_result_map(func.name, func.name, (func.name,), func.type)
        if func.packagenames or func._with_ordinality:
            raise unsupported(f"the function {'.'.join([*func.packagenames, func.name])}")
        kw.pop("within_columns_clause", None)
        arguments, distinct = [], False
        for clause in func.clauses:
            piece = self.pieces.one(clause._compiler_dispatch(self, **kw))
            distinct |= piece.kind == "distinct"
            if piece.kind == "list":
                arguments += piece.data
            elif piece.kind != "star":
                arguments.append(self.emitter_of(piece))
        name = func.name.lower()
        return self.function(_FUNCTIONS.get(name, name), arguments, distinct, None)

    def function(self, name: str, arguments: list[Emit], distinct: bool, criterion: Emit | None) -> str:
        """A call."""
        if name == "coalesce":
            return self.pieces.token(
                "value", lambda arena: arena.listed(st.ListOp.COALESCE, [item(arena) for item in arguments])
            )

        def emit(arena: Arena) -> int:
            given = [item(arena) for item in arguments]
            return arena.add(st.Node_Call(st.Call(name, given, distinct, criterion(arena) if criterion else None)))

        return self.pieces.token("call", emit, (name, arguments, distinct))

    def visit_funcfilter(self, funcfilter: Any, **kw: Any) -> str:
        call = self.pieces.one(funcfilter.func._compiler_dispatch(self, **kw))
        return self.function(*call.data, self.value(funcfilter.criterion, **kw))

    def visit_withingroup(self, withingroup: Any, **kw: Any) -> str:
        raise unsupported("within group")

    def visit_extract(self, extract: Any, **kw: Any) -> str:
        if extract.field not in _FIELDS:
            raise unsupported(f"extract of {extract.field!r}; there are {', '.join(sorted(_FIELDS))}")
        return self.function(extract.field, [self.value(extract.expr, **kw)], False, None)

    def visit_over(self, over: Any, **kw: Any) -> str:
        call = self.pieces.one(over.element._compiler_dispatch(self, **kw))
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

    def frame(self, over: Any) -> Any:
        """A window's frame."""
        for unit, bounds in ((st.FrameUnit.RANGE, over.range_), (st.FrameUnit.ROWS, over.rows), (st.FrameUnit.GROUPS, over.groups)):
            if bounds is not None:
                return st.Frame(unit, _bound(bounds[0]), _bound(bounds[1]))
        return None

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
            return self.pieces.token("label", lambda arena: arena.add(st.Node_Label(st.Labelled(inner(arena), name))), inner)
        if render_label_as_label is label and self.stack and self.stack[-1].get("is_compound"):
            return self.pieces.token("column", lambda arena: arena.column(None, name), (None, name))
        return label.element._compiler_dispatch(self, within_columns_clause=False, **kw)

    def visit_unsupported_compilation(self, element: Any, err: Any, **kw: Any) -> str:
        raise unsupported(f"{type(element).__name__}") from err


def _bound(bound: Any) -> Any:
    if bound is elements.RANGE_UNBOUNDED:
        return st.FrameBound_Unbounded()
    if bound is elements.RANGE_CURRENT:
        return st.FrameBound_Current()
    if not isinstance(bound, int):
        message = f"a frame's border is a whole number, not {bound!r}"
        raise exc.CompileError(message)
    return st.FrameBound_Preceding(-bound) if bound < 0 else st.FrameBound_Following(bound)


def written_orders(arena: Arena, orders: list[Any]) -> list[Any]:
    """Keys of an ordering, in the arena."""
    return [st.Order(key(arena), descending, nulls) for key, descending, nulls in orders]
