"""Sort keys, with their direction and the position of nulls."""

from __future__ import annotations

from typing import Any, TypeAlias

from ...bindings import statements as st
from ..arena import Arena, Emit, Piece, nothing, unsupported
from .base import PieceCompiler

Key: TypeAlias = tuple[Emit, bool, bool | None]
"""An expression, whether it descends, and whether nulls come first, or None where that is not specified."""


class Orderings(PieceCompiler):
    """The visit methods of orderings."""

    def _generate_generic_unary_modifier(self, unary: Any, opstring: str, **kw: Any) -> str:
        inner, descending, nulls = self.order(unary.element, **kw)
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

    def order(self, clause: Any, **kw: Any) -> Key:
        """Returns one sort key."""
        return self.key_of(self.piece(clause, **kw))

    def key_of(self, piece: Piece) -> Key:
        """Returns the sort key of a piece."""
        if piece.kind != "order":
            return self.emitter_of(piece), False, None
        inner, descending, nulls = piece.data
        return inner, descending, nulls

    def orders(self, clauses: Any, **kw: Any) -> list[Key]:
        """Returns the sort keys of an ordering."""
        keys: list[Key] = []
        for clause in clauses:
            piece = self.piece(clause, **kw)
            if piece.kind == "list":
                keys += [(item, False, None) for item in piece.data]
                continue
            key = self.key_of(piece)
            keys += [key] if key[2] is None or "nulls-order" in self.dialect.capabilities else self.nulls_by_test(key)
        return keys

    def nulls_by_test(self, key: Key) -> list[Key]:
        """Returns keys for `nulls first` or `nulls last` where the database has neither: sorts by `is null` first."""
        inner, descending, nulls_first = key

        def is_null(arena: Arena) -> int:
            return arena.add(st.Node_Unary((st.UnaryOp.IS_NULL, inner(arena))))

        return [(is_null, bool(nulls_first), None), (inner, descending, None)]


def written_orders(arena: Arena, orders: list[Key]) -> list[st.Order]:
    """Writes sort keys into the arena."""
    return [st.Order(key(arena), descending, nulls) for key, descending, nulls in orders]
