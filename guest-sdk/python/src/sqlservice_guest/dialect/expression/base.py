"""The base of every part of the compiler: a statement's pieces, and the functions that write their values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.sql import compiler

from ...bindings import statements as st
from ..arena import Emit, Piece, Pieces, nothing, unsupported
from ..types import column_type

if TYPE_CHECKING:
    from ..base import DataDialect


class PieceCompiler(compiler.SQLCompiler):
    """SQLAlchemy's compiler with pieces instead of texts."""

    dialect: DataDialect

    @property
    def pieces(self) -> Pieces:
        """The statement's pieces, created on first use: the base class already compiles in its own `__init__`."""
        found: Pieces = self.__dict__.setdefault("_pieces", Pieces())
        return found

    @property
    def shaping(self) -> dict[str, str]:
        """Parameters whose values change the arena, by name: `list` or `path`."""
        found: dict[str, str] = self.__dict__.setdefault("_shaping", {})
        return found

    def text(self, element: Any, **kw: Any) -> str:
        """Returns the token, or the tokens, that an element is compiled to."""
        return str(element._compiler_dispatch(self, **kw))

    def piece(self, element: Any, **kw: Any) -> Piece:
        """Returns the piece that an element is compiled to."""
        return self.pieces.one(self.text(element, **kw))

    def value(self, element: Any, **kw: Any) -> Emit:
        """Returns the function that writes an element as a value."""
        return self.emitter_of(self.piece(element, **kw))

    def emitter(self, text: str) -> Emit:
        """Returns the function that writes the value behind a token."""
        return self.emitter_of(self.pieces.one(text))

    def emitter_of(self, piece: Piece) -> Emit:
        """Returns the function that writes a piece as a value; a query is written as its single value."""
        if piece.kind == "stars":
            raise unsupported("a select of *")
        if piece.kind == "query":
            return lambda arena: arena.add(st.Node_ScalarQuery(piece.emit(arena)))
        if piece.emit is nothing:
            raise unsupported(f"a {piece.kind} in the place of a value")
        return piece.emit

    def values(self, elements: Any, **kw: Any) -> list[Emit]:
        """Returns the functions that write elements as values; a list among them is replaced by its items."""
        found: list[Emit] = []
        for element in elements:
            piece = self.piece(element, **kw)
            found += piece.data if piece.kind == "list" else [self.emitter_of(piece)]
        return found

    def typed(self, element: Any, **kw: Any) -> Emit:
        """As `value`, but casts a parameter to its type, for places where no other operand determines it."""
        piece = self.piece(element, **kw)
        if piece.kind != "parameter" or element.type._isnull:
            return self.emitter_of(piece)
        ty = column_type(element.type, self.dialect)
        return lambda arena: arena.add(st.Node_Cast(st.Cast(piece.emit(arena), ty)))

    def final(self, name: str) -> str:
        """Returns the name of a parameter's value, which is final when the whole statement is compiled."""
        return str(self.escaped_bind_names.get(name, name))
