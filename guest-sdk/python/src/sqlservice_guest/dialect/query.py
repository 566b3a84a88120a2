"""Queries and their sources: tables, aliases, joins, common table expressions, compounds."""

from __future__ import annotations

from typing import Any

from sqlalchemy import exc
from sqlalchemy.sql import elements

from ..bindings import statements as st
from .arena import Arena, Emit, Piece, nothing, unsupported
from .expression import ExpressionCompiler, written_orders

_AS = "\x03"
_SETS = {
    "UNION": st.SetOp.UNION,
    "UNION_ALL": st.SetOp.UNION_ALL,
    "INTERSECT": st.SetOp.INTERSECT,
    "EXCEPT": st.SetOp.EXCEPT,
}


class QueryCompiler(ExpressionCompiler):
    """The visits of queries and sources."""

    @property
    def used_tables(self) -> dict[tuple[str | None, str], Any]:
        """The tables that the statement names."""
        return self.__dict__.setdefault("_used_tables", {})

    # Sources

    def visit_table(
        self, table: Any, asfrom: bool = False, ambiguous_table_name_map: Any = None, enclosing_alias: Any = None, **_: Any
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
        """A table, or a common table expression."""
        return self.pieces.token(
            "table", lambda arena: arena.add(st.Node_Table(st.SourceTable(name, schema, alias))), (name, schema)
        )

    def visit_alias(
        self, alias: Any, asfrom: bool = False, ashint: bool = False, subquery: bool = False,
        lateral: bool = False, enclosing_alias: Any = None, **kw: Any,
    ) -> str:  # fmt: skip
        for flag in ("iscrud", "fromhints", "from_linter", "enclosing_lateral"):
            kw.pop(flag, None)
        if not asfrom:
            return alias.element._compiler_dispatch(self, lateral=lateral, enclosing_alias=alias, **kw)
        name = self.source_name(alias)
        inner = self.pieces.one(
            alias.element._compiler_dispatch(self, asfrom=True, lateral=lateral, enclosing_alias=alias, **kw)
        )
        if inner.kind == "table":
            return self.table_source(*inner.data, name)
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
        left = self.pieces.one(join.left._compiler_dispatch(self, asfrom=True, **kw))
        right = self.pieces.one(join.right._compiler_dispatch(self, asfrom=True, **kw))
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
        """A join whose right side is a join, which the contract has on the left side only: turned around, or one after the other."""
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
        """Several sources as one: every pair of rows."""
        if not froms:
            return None

        def emit(arena: Arena) -> int:
            node = froms[0].emit(arena)
            for other in froms[1:]:
                node = arena.add(st.Node_Join(st.Join(st.JoinKind.CROSS, node, other.emit(arena), None)))
            return node

        return emit

    def sources(self, froms: Any, **kw: Any) -> Emit | None:
        """The sources of a statement. Joins come first, as only the left side of a join may be one."""
        kw.pop("from_linter", None)
        pieces = [self.pieces.one(source._compiler_dispatch(self, asfrom=True, **kw)) for source in froms]
        if sum(piece.kind == "join" for piece in pieces) > 1:
            raise unsupported("several joins beside each other; join them")
        return self.crossed(sorted(pieces, key=lambda piece: piece.kind != "join"))

    # Common table expressions

    def get_render_as_alias_suffix(self, alias_name_text: str) -> str:
        return _AS + alias_name_text

    def visit_cte(self, cte: Any, asfrom: bool = False, **kw: Any) -> str | None:
        kw.pop("from_linter", None)
        if cte._prefixes or cte._suffixes:
            raise unsupported("words before or after a common table expression")
        text = super().visit_cte(cte, asfrom=asfrom, **kw)
        if not asfrom or text is None or "\x01" in text:
            return text
        name, _, alias = text.partition(_AS)
        return self.table_source(name, None, alias or None)

    def _render_cte_clause(self, nesting_level: int | None = None, include_following_stack: bool = False) -> str:
        if not self.ctes:
            return ""
        chosen = dict(self.ctes)
        if nesting_level and nesting_level > 1:
            chosen = {cte: text for cte, text in chosen.items() if self._is_nested(cte, nesting_level, include_following_stack)}
            for cte in chosen:
                reference = cte._get_reference_cte()
                level, name, _ = self.level_name_by_cte.pop(reference)
                del self.ctes[cte], self.ctes_by_level_name[level, name]
        if not chosen:
            return ""
        return self.pieces.token("ctes", nothing, [self._cte(cte, text) for cte, text in chosen.items()])

    def _is_nested(self, cte: Any, level: int, following: bool) -> bool:
        own, _, options = self.level_name_by_cte[cte._get_reference_cte()]
        return (cte.nesting or options.nesting) and (own == level or (following and own == level + 1))

    def _cte(self, cte: Any, text: str) -> Any:
        """Name, columns, query and whether it names itself, of the text that the base class made of it."""
        head, _, inner = text.rpartition("\n(")
        head = head.rpartition(" AS")[0]
        name, _, listed = head.partition("(")
        columns = [column for column in listed.removesuffix(")").split(", ") if column]
        query = self.pieces.one("(" + inner)
        if query.kind != "query":
            raise unsupported("an insert, update or delete as a common table expression")
        return (name, columns, query.emit, bool(cte.recursive))

    # Queries

    def visit_select(self, select_stmt: Any, **kw: Any) -> str:
        if select_stmt._prefixes or select_stmt._suffixes:
            raise unsupported("words before or after a select")
        text = super().visit_select(select_stmt, **kw)
        return self.with_ctes(text)

    def with_ctes(self, text: str) -> str:
        """A query with its common table expressions, as one token."""
        pieces = self.pieces.all(text)
        if len(pieces) == 1:
            return text
        ctes, query = pieces
        build = query.data
        return self.pieces.token("query", lambda arena: build(arena, written_ctes(arena, ctes.data)), build)

    def get_select_precolumns(self, select: Any, **kw: Any) -> str:
        if select._distinct_on:
            raise unsupported("distinct on columns")
        return ""

    def _compose_select_body(
        self, text: str, select: Any, compile_state: Any, inner_columns: Any, froms: Any, byfrom: Any, toplevel: bool, kwargs: Any
    ) -> str:
        if not inner_columns:
            message = "a select has at least one column"
            raise exc.CompileError(message)
        source = self.sources(froms, **kwargs)
        where = self.all_of(select._where_criteria, **kwargs)
        columns = [self.emitter(column) for column in inner_columns]
        groups = [self.value(group, **kwargs) for group in select._group_by_clauses]
        having = self.all_of(select._having_criteria, **kwargs)
        orders = self.orders(select._order_by_clauses, **kwargs)
        limit, offset = self.limits(select, **kwargs)
        lock, distinct = self.locking(select), bool(select._distinct)

        def build(arena: Arena, ctes: list[Any]) -> int:
            from_ = source(arena) if source else None
            shown = [column(arena) for column in columns]
            return arena.add(
                st.Node_Select(
                    st.Select(
                        ctes, shown, distinct, from_, where(arena) if where else None, [group(arena) for group in groups],
                        having(arena) if having else None, written_orders(arena, orders),
                        limit(arena) if limit else None, offset(arena) if offset else None, lock,
                    )
                )
            )  # fmt: skip

        return self.pieces.token("query", lambda arena: build(arena, []), build)

    def limits(self, select: Any, **kw: Any) -> tuple[Emit | None, Emit | None]:
        """Limit and offset, which are values and not expressions."""
        if select._fetch_clause is not None:
            options = select._fetch_clause_options or {}
            if options.get("with_ties") or options.get("percent"):
                raise unsupported("fetch with ties or percent")
        limit = select._limit_clause if select._fetch_clause is None else select._fetch_clause
        return self._bound(limit, "limit", **kw), self._bound(select._offset_clause, "offset", **kw)

    def _bound(self, clause: Any, what: str, **kw: Any) -> Emit | None:
        if clause is None:
            return None
        piece = self.pieces.one(clause._compiler_dispatch(self, **kw))
        if piece.kind not in ("parameter", "value") or not isinstance(
            clause, (elements.BindParameter, elements.TextClause, elements.ColumnClause)
        ):
            raise unsupported(f"an expression as {what}; it is a value")
        return piece.emit

    def locking(self, select: Any) -> Any:
        """`for update`, `for share`."""
        lock = select._for_update_arg
        if lock is None:
            return None
        if getattr(lock, "key_share", False):
            raise unsupported("key share")
        of = [source for item in lock.of or () for source in item._from_objects]
        return st.Locking(lock.read, lock.nowait, lock.skip_locked, [self.source_name(source) for source in of])

    def visit_compound_select(self, cs: Any, asfrom: bool = False, compound_index: int | None = None, **kwargs: Any) -> str:
        toplevel = not self.stack
        compile_state = cs._compile_state_factory(cs, self, **kwargs)
        if toplevel and not self.compile_state:
            self.compile_state = compile_state
        entry = self._default_stack_entry if toplevel else self.stack[-1]
        need_result_map = toplevel or (not compound_index and entry.get("need_result_map_for_compound", False))
        if compound_index == 0:
            entry["select_0"] = cs
        self.stack.append({
            "correlate_froms": entry["correlate_froms"],
            "asfrom_froms": entry["asfrom_froms"],
            "selectable": cs,
            "compile_state": compile_state,
            "need_result_map_for_compound": need_result_map,
        })
        if compile_state.statement._independent_ctes:
            self._dispatch_independent_ctes(compile_state.statement, kwargs)
        parts = [
            self.pieces.one(part._compiler_dispatch(self, asfrom=asfrom, compound_index=index, **kwargs))
            for index, part in enumerate(cs.selects)
        ]
        self.stack[-1]["is_compound"] = True
        text = self._compose_compound(cs, parts, kwargs)
        if self.ctes:
            text = self._render_cte_clause(len(self.stack) if not toplevel else None, include_following_stack=True) + text
        self.stack.pop(-1)
        return self.with_ctes(text)

    def _compose_compound(self, cs: Any, parts: list[Piece], kwargs: dict[str, Any]) -> str:
        op = _SETS.get(cs.keyword.name)
        if op is None:
            raise unsupported(cs.keyword.name.replace("_", " ").lower())
        if cs._group_by_clauses:
            raise unsupported("group by of a compound; select from it")
        kwargs = {**kwargs, "include_table": False}
        orders = self.orders(cs._order_by_clauses, **kwargs)
        limit, offset = self.limits(cs, **kwargs)

        def build(arena: Arena, ctes: list[Any]) -> int:
            queries = [part.emit(arena) for part in parts]
            return arena.add(
                st.Node_Compound(
                    st.Compound(
                        ctes, op, queries, written_orders(arena, orders),
                        limit(arena) if limit else None, offset(arena) if offset else None,
                    )
                )
            )  # fmt: skip

        return self.pieces.token("query", lambda arena: build(arena, []), build)


def written_ctes(arena: Arena, ctes: list[Any]) -> list[Any]:
    """Common table expressions, in the arena."""
    return [st.Cte(name, columns, query(arena), recursive) for name, columns, query, recursive in ctes]


__all__ = ["QueryCompiler", "written_ctes"]
