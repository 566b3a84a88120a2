"""Pieces of a compiled statement, and the arena that they write themselves into.

SQLAlchemy's compiler concatenates text. Here each text is a token that stands for a `Piece`, which writes its own
nodes. Text that the base compiler adds on its own is no token: so a construct without a node is detected, and refused
by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from sqlalchemy import exc

from ..bindings import statements as st
from ..bindings import values as va

Emit: TypeAlias = "Callable[[Arena], int]"
Slot: TypeAlias = tuple[int, str, Any]
"""The place of a parameter's value: the row of values, the name, and the part of a list."""
Schemas: TypeAlias = Mapping["str | None", "str | None"]
"""The schemas that replace those of tables: SQLAlchemy's `schema_translate_map`."""

_TOKEN = re.compile("\x01(\\d+)\x02")


@dataclass(slots=True)
class Piece:
    """A part of a statement: its kind, the function that writes its node, and data for other pieces."""

    kind: str
    emit: Emit
    data: Any = None


@dataclass(slots=True)
class Arena:
    """The nodes of one statement, and the slots of its parameters."""

    shape: Mapping[str, Any] = field(default_factory=dict)
    nodes: list[Any] = field(default_factory=list)
    slots: dict[Slot, int] = field(default_factory=dict)
    row: int = 0
    schemas: Schemas = field(default_factory=dict)

    def schema(self, name: str | None) -> str | None:
        """Returns the schema that replaces a table's schema."""
        return self.schemas.get(name, name)

    def add(self, node: Any) -> int:
        """Appends a node and returns its position."""
        self.nodes.append(node)
        return len(self.nodes) - 1

    def parameter(self, name: str, part: Any = None) -> int:
        """Adds a parameter."""
        slot = (self.row, name, part)
        return self.add(st.Node_Parameter(self.slots.setdefault(slot, len(self.slots))))

    def listed(self, op: st.ListOp, items: list[int]) -> int:
        """Adds an operator with any number of operands."""
        return self.add(st.Node_Listed(st.Listed(op, items)))

    def binary(self, op: st.BinaryOp, left: int, right: int) -> int:
        """Adds an operator with two operands."""
        return self.add(st.Node_Binary(st.Binary(op, left, right)))

    def column(self, table: str | None, name: str) -> int:
        """Adds a column."""
        return self.add(st.Node_Column(st.ColumnName(table, name)))

    def literal(self, scalar: Any) -> int:
        """Adds a constant."""
        return self.add(st.Node_Literal(va.Value_Scalar(scalar)))


class Pieces:
    """The pieces of one statement, by their tokens."""

    def __init__(self) -> None:
        self._pieces: list[Piece] = []

    def token(self, kind: str, emit: Emit, data: Any = None) -> str:
        """Adds a piece and returns its token."""
        self._pieces.append(Piece(kind, emit, data))
        return f"\x01{len(self._pieces) - 1}\x02"

    def all(self, text: str) -> list[Piece]:
        """Returns every piece of a text, in order."""
        return [self._pieces[int(number)] for number in _TOKEN.findall(text)]

    def one(self, text: str) -> Piece:
        """Returns the piece of a text that is one token. Raises `CompileError` for any other text."""
        bare = text.strip(" \n")
        while bare.startswith("(") and bare.endswith(")"):
            bare = bare[1:-1].strip(" \n")
        match = _TOKEN.fullmatch(bare)
        if match is None:
            shown = _TOKEN.sub("…", bare)
            raise unsupported(f"the SQL text {shown!r}")
        return self._pieces[int(match[1])]


def unsupported(what: str) -> exc.CompileError:
    """Returns the error for a construct that the contract has no node for."""
    return exc.CompileError(
        f"the contract has no node for {what}; raw SQL by text() needs `raw-sql = true` and its grant"
    )


def nothing(_: Arena) -> int:
    """Raises `CompileError`: for pieces that are read by `data` and have no node of their own."""
    message = "this part of a statement cannot stand alone"
    raise exc.CompileError(message)
