"""The sources of statements: tables, aliases, subqueries, joins."""

from __future__ import annotations

from typing import Any

from ..bindings import statements as st
from .arena import Arena, Emit, Piece, unsupported
from .expression import ExpressionCompiler


class SourceCompiler(ExpressionCompiler):
    """The visit methods of sources."""

    @property
    def used_tables(self) -> dict[tuple[str | None, str], Any]:
        """The tables that the statement names."""
        found: dict[tuple[str | None, str], Any] = self.__dict__.setdefault("_used_tables", {})
        return found

    def visit_table(
        self,
        table: Any,
        asfrom: bool = False,
        ambiguous_table_name_map: Any = None,
        enclosing_alias: Any = None,
        **_: Any,
    ) -> str:
        schema = self.preparer.schema_for_object(table)
        self.used_tables[schema, table.name] = table
        if not asfrom:
            return ""
        alias = None
        named_by_alias = enclosing_alias is not None and enclosing_alias.element is table
        if not schema and not named_by_alias and ambiguous_table_name_map and table.name in ambiguous_table_name_map:
            alias = self._truncated_identifier("alias", ambiguous_table_name_map[table.name])
        return self.table_source(str(table.name), schema, alias)

    def table_source(self, name: str, schema: str | None, alias: str | None) -> str:
        """Returns the token of a table, or of a common table expression."""

        def emit(arena: Arena) -> int:
            return arena.add(st.Node_Table(st.SourceTable(name, arena.schema(schema), alias)))

        return self.pieces.token("table", emit, (name, schema))

    def visit_alias(
        self, alias: Any, asfrom: bool = False, ashint: bool = False, subquery: bool = False,
        lateral: bool = False, enclosing_alias: Any = None, **kw: Any,
    ) -> str:  # fmt: skip
        for flag in ("iscrud", "fromhints", "from_linter", "enclosing_lateral"):
            kw.pop(flag, None)
        if not asfrom:
            return self.text(alias.element, lateral=lateral, enclosing_alias=alias, **kw)
        name = self.source_name(alias)
        inner = self.piece(alias.element, asfrom=True, lateral=lateral, enclosing_alias=alias, **kw)
        if inner.kind == "table":
            table, schema = inner.data
            return self.table_source(table, schema, name)
        if inner.kind != "query":
            raise unsupported(f"{type(alias.element).__name__} as a source")
        if getattr(alias, "_render_derived", False):
            raise unsupported("names for the columns of a source")
        return self.pieces.token(
            "source", lambda arena: arena.add(st.Node_Subquery(st.SourceQuery(inner.emit(arena), name, lateral)))
        )

    def visit_lateral(self, lateral_: Any, **kw: Any) -> str:
        kw["lateral"] = True
        return self.visit_alias(lateral_, **kw)

    def visit_tablesample(self, tablesample: Any, asfrom: bool = False, **kw: Any) -> str:
        raise unsupported("tablesample")

    def visit_values(self, element: Any, **kw: Any) -> str:
        raise unsupported("values() as a source; a union of selects can say it")

    visit_scalar_values = visit_values

    def visit_join(self, join: Any, asfrom: bool = False, **kw: Any) -> str:
        kw.pop("from_linter", None)
        left = self.piece(join.left, asfrom=True, **kw)
        right = self.piece(join.right, asfrom=True, **kw)
        on = self.value(join.onclause, **kw)
        kind = st.JoinKind.FULL if join.full else st.JoinKind.LEFT if join.isouter else st.JoinKind.INNER
        if right.kind != "join":
            return self._joined(kind, left, right, on)
        return self._nested_join(kind, left, right, on)

    def _joined(self, kind: st.JoinKind, left: Piece, right: Piece, on: Emit) -> str:
        def emit(arena: Arena) -> int:
            first, second = left.emit(arena), right.emit(arena)
            return arena.add(st.Node_Join(st.Join(kind, first, second, on(arena))))

        return self.pieces.token("join", emit, (kind, left, right, on))

    def _nested_join(self, kind: st.JoinKind, left: Piece, right: Piece, on: Emit) -> str:
        """Swaps or flattens a join whose right side is a join, as the contract allows a join only on the left."""
        if kind is st.JoinKind.LEFT and left.kind != "join":
            return self._joined(st.JoinKind.RIGHT, right, left, on)
        inner, near, far, condition = right.data
        if kind is not st.JoinKind.INNER or inner is not st.JoinKind.INNER or near.kind == "join":
            raise unsupported("a join on the right side of an outer join; join a subquery of it")

        def emit(arena: Arena) -> int:
            pairs = arena.add(st.Node_Join(st.Join(st.JoinKind.CROSS, left.emit(arena), near.emit(arena), None)))
            other = far.emit(arena)
            both = arena.listed(st.ListOp.AND, [condition(arena), on(arena)])
            return arena.add(st.Node_Join(st.Join(kind, pairs, other, both)))

        return self.pieces.token("join", emit, (kind, left, right, on))

    def crossed(self, froms: list[Piece]) -> Emit | None:
        """Returns the cross join of several sources, or None where there are none."""
        if not froms:
            return None

        def emit(arena: Arena) -> int:
            node = froms[0].emit(arena)
            for other in froms[1:]:
                node = arena.add(st.Node_Join(st.Join(st.JoinKind.CROSS, node, other.emit(arena), None)))
            return node

        return emit

    def sources(self, froms: Any, **kw: Any) -> Emit | None:
        """Returns the sources of a statement as one. Joins come first, as only the left side of a join may be one."""
        kw.pop("from_linter", None)
        pieces = [self.piece(source, asfrom=True, **kw) for source in froms]
        if sum(piece.kind == "join" for piece in pieces) > 1:
            raise unsupported("several joins beside each other; join them")
        return self.crossed(sorted(pieces, key=lambda piece: piece.kind != "join"))
