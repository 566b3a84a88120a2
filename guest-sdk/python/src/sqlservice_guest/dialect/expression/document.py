"""Items of JSON documents."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

from sqlalchemy.sql import sqltypes

from ...bindings import schema as sc
from ...bindings import statements as st
from ...bindings import values as va
from ..arena import Arena, Emit, unsupported
from ..types import column_type, plain
from .base import PieceCompiler

Item: TypeAlias = Callable[[Arena, st.BinaryOp], int]


def position(index: Emit) -> Emit:
    """Casts a position in a list to an integer, as the database has to know its type beforehand."""
    return lambda arena: arena.add(st.Node_Cast(st.Cast(index(arena), plain(sc.TypeKind.INT64))))


class Documents(PieceCompiler):
    """The visit methods of JSON's operators."""

    def visit_json_getitem_op_binary(self, binary: Any, operator: Any, _cast_applied: bool = False, **kw: Any) -> str:
        document, index = self.value(binary.left, **kw), self.value(binary.right, **kw)
        if isinstance(binary.right.type, (sqltypes.Integer, sqltypes.JSON.JSONIntIndexType)):
            index = position(index)
        return self.json_item(binary.type, lambda arena, op: arena.binary(op, document(arena), index(arena)))

    def visit_json_path_getitem_op_binary(
        self, binary: Any, operator: Any, _cast_applied: bool = False, **kw: Any
    ) -> str:
        document, path = self.value(binary.left, **kw), self.piece(binary.right, **kw)
        if path.kind != "parameter":
            raise unsupported("a JSON path that is no list of values")
        name = path.data
        self.shaping[name] = "path"

        def emit(arena: Arena, op: st.BinaryOp) -> int:
            node, counted = document(arena), arena.shape[name]
            for part, is_position in enumerate(counted):
                step = op if part == len(counted) - 1 else st.BinaryOp.JSON_GET
                key = partial(Arena.parameter, name=self.final(name), part=part)
                node = arena.binary(step, node, position(key)(arena) if is_position else key(arena))
            return node

        return self.json_item(binary.type, emit)

    def json_item(self, type_: Any, emit: Item) -> str:
        """Returns an item of a JSON document: as JSON, as text, or as another type that is read from that text."""
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
        # SQLite converts a JSON number to a float before text: only the document has all digits of a decimal.
        exact = self.dialect.database_kind == "sqlite" and ty.kind is sc.TypeKind.DECIMAL
        get = st.BinaryOp.JSON_GET if exact else st.BinaryOp.JSON_GET_TEXT
        return self.pieces.token("value", lambda arena: arena.add(st.Node_Cast(st.Cast(emit(arena, get), ty))))
