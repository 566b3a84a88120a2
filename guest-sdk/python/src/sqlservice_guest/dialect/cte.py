"""Common table expressions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

from ..bindings import statements as st
from .arena import Arena, Emit, nothing, unsupported
from .source import SourceCompiler

Build: TypeAlias = Callable[[Arena, list[st.Cte]], int]
"""The function that writes a query with its common table expressions."""

_AS = "\x03"


class Written(NamedTuple):
    """A compiled common table expression."""

    name: str
    columns: list[str]
    query: Emit
    recursive: bool


class CteCompiler(SourceCompiler):
    """The visit methods of common table expressions."""

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
            chosen = {
                cte: text
                for cte, text in chosen.items()
                if self._is_nested(cte, nesting_level, include_following_stack)
            }
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

    def _cte(self, cte: Any, text: str) -> Written:
        """Parses the text that the base class wrote for a common table expression."""
        head, _, inner = text.rpartition("\n(")
        head = head.rpartition(" AS")[0]
        name, _, listed = head.partition("(")
        columns = [column for column in listed.removesuffix(")").split(", ") if column]
        query = self.pieces.one("(" + inner)
        if query.kind != "query":
            raise unsupported("an insert, update or delete as a common table expression")
        return Written(name, columns, query.emit, bool(cte.recursive))

    def with_ctes(self, text: str) -> str:
        """Returns a query with its common table expressions, as one token."""
        pieces = self.pieces.all(text)
        if len(pieces) == 1:
            return text
        ctes, query = pieces
        build: Build = query.data
        return self.pieces.token("query", lambda arena: build(arena, written_ctes(arena, ctes.data)), build)


def written_ctes(arena: Arena, ctes: list[Written]) -> list[st.Cte]:
    """Writes common table expressions into the arena."""
    return [st.Cte(cte.name, cte.columns, cte.query(arena), cte.recursive) for cte in ctes]
