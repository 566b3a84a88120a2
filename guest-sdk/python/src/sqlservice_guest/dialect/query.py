"""Queries: selects and compounds."""

from __future__ import annotations

from typing import Any

from sqlalchemy import exc
from sqlalchemy.sql import elements

from ..bindings import statements as st
from .arena import Arena, Emit, Piece, unsupported
from .cte import CteCompiler
from .expression import written_orders

_SETS = {
    "UNION": st.SetOp.UNION,
    "UNION_ALL": st.SetOp.UNION_ALL,
    "INTERSECT": st.SetOp.INTERSECT,
    "EXCEPT": st.SetOp.EXCEPT,
}


class QueryCompiler(CteCompiler):
    """The visit methods of queries."""

    def visit_select(self, select_stmt: Any, **kw: Any) -> str:
        if select_stmt._prefixes or select_stmt._suffixes:
            raise unsupported("words before or after a select")
        text = super().visit_select(select_stmt, **kw)
        return self.with_ctes(text)

    def get_select_precolumns(self, select: Any, **kw: Any) -> str:
        if select._distinct_on:
            raise unsupported("distinct on columns")
        return ""

    def _compose_select_body(
        self,
        text: str,
        select: Any,
        compile_state: Any,
        inner_columns: Any,
        froms: Any,
        byfrom: Any,
        toplevel: bool,
        kwargs: Any,
    ) -> str:
        if not inner_columns:
            message = "a select has at least one column"
            raise exc.CompileError(message)
        source = self.sources(froms, **kwargs)
        where = self.all_of(select._where_criteria, **kwargs)
        pieces = [self.pieces.one(column) for column in inner_columns]
        columns = [self.emitter_of(column) for column in pieces]
        kind = "stars" if any(column.kind == "star" for column in pieces) else "query"
        groups = self.values(select._group_by_clauses, **kwargs)
        having = self.all_of(select._having_criteria, **kwargs)
        orders = self.orders(select._order_by_clauses, **kwargs)
        limit, offset = self.limits(select, **kwargs)
        lock, distinct = self.locking(select) if froms else None, bool(select._distinct)

        def build(arena: Arena, ctes: list[st.Cte]) -> int:
            from_ = source(arena) if source else None
            shown = [column(arena) for column in columns]
            return arena.add(
                st.Node_Select(
                    st.Select(
                        ctes, shown, distinct, from_,
                        where(arena) if where else None, [group(arena) for group in groups],
                        having(arena) if having else None, written_orders(arena, orders),
                        limit(arena) if limit else None, offset(arena) if offset else None, lock,
                    )
                )
            )  # fmt: skip

        return self.pieces.token(kind, lambda arena: build(arena, []), build)

    def limits(self, select: Any, **kw: Any) -> tuple[Emit | None, Emit | None]:
        """Returns limit and offset, which are values and not expressions."""
        if select._fetch_clause is not None:
            options = select._fetch_clause_options or {}
            if options.get("with_ties") or options.get("percent"):
                raise unsupported("fetch with ties or percent")
        limit = select._limit_clause if select._fetch_clause is None else select._fetch_clause
        return self._bound(limit, "limit", **kw), self._bound(select._offset_clause, "offset", **kw)

    def _bound(self, clause: Any, what: str, **kw: Any) -> Emit | None:
        if clause is None:
            return None
        piece = self.piece(clause, **kw)
        if piece.kind not in ("parameter", "value") or not isinstance(
            clause, (elements.BindParameter, elements.TextClause, elements.ColumnClause)
        ):
            raise unsupported(f"an expression as {what}; it is a value")
        return piece.emit

    def locking(self, select: Any) -> st.Locking | None:
        """Returns `for update` or `for share`; None on SQLite, whose writers exclude each other, as in SQLAlchemy."""
        lock = select._for_update_arg
        if lock is None or "row-locking" not in self.dialect.capabilities:
            return None
        if getattr(lock, "key_share", False):
            raise unsupported("key share")
        of = [source for item in lock.of or () for source in item._from_objects]
        return st.Locking(lock.read, lock.nowait, lock.skip_locked, [self.source_name(source) for source in of])

    def visit_compound_select(
        self, cs: Any, asfrom: bool = False, compound_index: int | None = None, **kwargs: Any
    ) -> str:
        toplevel = not self.stack
        compile_state = cs._compile_state_factory(cs, self, **kwargs)
        if toplevel and not self.compile_state:
            self.compile_state = compile_state
        entry = self._default_stack_entry if toplevel else self.stack[-1]
        need_result_map = toplevel or (not compound_index and entry.get("need_result_map_for_compound", False))
        if compound_index == 0:
            entry["select_0"] = cs
        level: Any = {
            "correlate_froms": entry["correlate_froms"],
            "asfrom_froms": entry["asfrom_froms"],
            "selectable": cs,
            "compile_state": compile_state,
            "need_result_map_for_compound": need_result_map,
        }
        self.stack.append(level)
        if compile_state.statement._independent_ctes:
            self._dispatch_independent_ctes(compile_state.statement, kwargs)
        parts = [
            self.piece(part, asfrom=asfrom, compound_index=index, **kwargs) for index, part in enumerate(cs.selects)
        ]
        level["is_compound"] = True
        text = self._compose_compound(cs, parts, kwargs)
        if self.ctes:
            text = (
                self._render_cte_clause(len(self.stack) if not toplevel else None, include_following_stack=True) + text
            )
        self.stack.pop(-1)
        return self.with_ctes(text)

    def _alone(self, cs: Any, part: Piece) -> str:
        """Returns the one query of a compound."""
        if part.kind != "query" or cs._order_by_clauses or cs._group_by_clauses or cs._has_row_limiting_clause:
            raise unsupported("a compound of one query with an order or limits of its own")
        return self.pieces.token("query", part.emit, part.data)

    def _compose_compound(self, cs: Any, parts: list[Piece], kwargs: dict[str, Any]) -> str:
        op = _SETS.get(cs.keyword.name)
        if op is None:
            raise unsupported(cs.keyword.name.replace("_", " ").lower())
        if len(parts) == 1:
            return self._alone(cs, parts[0])
        if cs._group_by_clauses:
            raise unsupported("group by of a compound; select from it")
        kwargs = {**kwargs, "include_table": False}
        orders = self.orders(cs._order_by_clauses, **kwargs)
        limit, offset = self.limits(cs, **kwargs)

        def build(arena: Arena, ctes: list[st.Cte]) -> int:
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
