"""The list's expressions and queries as SQLAlchemy's."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from models import Base
from values import read

_OPERATORS = {
    "=": "__eq__", "!=": "__ne__", "<": "__lt__", "<=": "__le__", ">": "__gt__", ">=": "__ge__",
    "+": "__add__", "-": "__sub__", "*": "__mul__", "||": "concat",
}  # fmt: skip
_CASTS = {"text": sa.Text, "int64": sa.BigInteger}


class Scope:
    """The sources that names are looked up in."""

    def __init__(self, sources: dict[str, Any] | None = None, outer: Scope | None = None, excluded: Any = None) -> None:
        self.sources = dict(sources or {})
        self.outer, self.excluded = outer, excluded
        self.labels: dict[str, Any] = {}

    def column(self, name: str) -> Any:
        """A column by its name, or by that of its source too."""
        source, _, column = name.rpartition(".")
        for scope in self.around():
            if not source and column in scope.labels:
                return scope.labels[column]
            for known, item in scope.sources.items():
                if source in ("", known) and column in item.c:
                    return item.c[column]
        return sa.column(column, _selectable=sa.table(source)) if source else sa.column(column)

    def around(self) -> list[Scope]:
        """This scope and those around it."""
        return [self, *(self.outer.around() if self.outer else [])]

    def source(self, name: str) -> Any:
        """A table, or a common table expression that is in reach."""
        for scope in self.around():
            if f"with {name}" in scope.sources:
                return scope.sources[f"with {name}"]
        return Base.metadata.tables[name] if name in Base.metadata.tables else sa.table(name)

    def expression(self, given: Any) -> Any:
        """An expression of the list."""
        if isinstance(given, str):
            return self.column(given)
        if isinstance(given, dict):
            value = read(given["v"])
            return sa.null() if value is None else sa.literal(value)
        word, *rest = given
        if word in _OPERATORS:
            left, right = (self.operand(item) for item in rest)
            return getattr(self.typed(left), _OPERATORS[word])(right)
        return getattr(self, "_" + word.replace(" ", "_"))(*rest)

    def operand(self, given: Any) -> Any:
        """An operand: values stay as they are, so that the column beside them types them."""
        return read(given["v"]) if isinstance(given, dict) else self.expression(given)

    def typed(self, left: Any) -> Any:
        """A left operand, as an expression."""
        return left if isinstance(left, sa.ColumnElement) else sa.literal(left)

    def _and(self, *items: Any) -> Any:
        return sa.and_(sa.true(), *map(self.expression, items))

    def _or(self, *items: Any) -> Any:
        return sa.or_(sa.false(), *map(self.expression, items))

    def _not(self, item: Any) -> Any:
        return sa.not_(self.expression(item))

    def _is_null(self, item: Any) -> Any:
        return self.expression(item).is_(None)

    def _is_not_null(self, item: Any) -> Any:
        return self.expression(item).is_not(None)

    def _in(self, item: Any, among: Any) -> Any:
        return self.expression(item).in_(self._among(among))

    def _not_in(self, item: Any, among: Any) -> Any:
        return self.expression(item).not_in(self._among(among))

    def _among(self, among: Any) -> Any:
        return self.query(among) if isinstance(among, dict) else [self.operand(item) for item in among]

    def _between(self, item: Any, low: Any, high: Any) -> Any:
        return self.expression(item).between(self.operand(low), self.operand(high))

    def _like(self, item: Any, pattern: Any) -> Any:
        return self.expression(item).like(self.operand(pattern), escape="!")

    def _ilike(self, item: Any, pattern: Any) -> Any:
        return self.expression(item).ilike(self.operand(pattern), escape="!")

    def _starts_with(self, item: Any, text: Any) -> Any:
        return self.expression(item).startswith(read(text["v"]), autoescape=True)

    def _count(self, *items: Any) -> Any:
        return sa.func.count(*map(self.expression, items))

    def _count_distinct(self, item: Any) -> Any:
        return sa.func.count(self.expression(item).distinct())

    def _coalesce(self, first: Any, *rest: Any) -> Any:
        return sa.func.coalesce(self.expression(first), *map(self.operand, rest))

    def _row_number(self) -> Any:
        return sa.func.row_number()

    def _case(self, whens: Any, otherwise: Any) -> Any:
        written = [(self.expression(test), self.expression(then)) for test, then in whens]
        return sa.case(*written, else_=self.expression(otherwise))

    def _cast(self, item: Any, type_: str) -> Any:
        return sa.cast(self.expression(item), _CASTS[type_])

    def _over(self, call: Any, window: Any) -> Any:
        partition = [self.expression(item) for item in window.get("partition by", ())]
        return self.expression(call).over(
            partition_by=partition or None, order_by=self.orders(window.get("order by", ())) or None
        )

    def _exists(self, query: Any) -> Any:
        return self.query(query).exists()

    def _scalar(self, query: Any) -> Any:
        return self.query(query).scalar_subquery()

    def _excluded(self, name: str) -> Any:
        return self.excluded[name]

    def __getattr__(self, name: str) -> Any:
        function = name.removeprefix("_")
        if function not in {"sum", "min", "max", "lower", "upper", "length", "abs"}:
            raise AttributeError(name)
        return lambda *items: getattr(sa.func, function)(*map(self.expression, items))

    def orders(self, given: Any) -> list[Any]:
        """Keys of an ordering."""
        return [
            self.expression(item[1]).desc() if isinstance(item, list) and item[0] == "desc" else self.expression(item)
            for item in given
        ]

    def query(self, given: Any) -> Any:
        """A query of the list."""
        for word, unite in (
            ("union", sa.union),
            ("union all", sa.union_all),
            ("intersect", sa.intersect),
            ("except", sa.except_),
        ):
            if word in given:
                return self._limited(self._with(given)._united(unite, given[word], given), given)
        return self._with(given)._select(given)

    def _with(self, given: Any) -> Scope:
        scope = Scope(outer=self)
        for cte in given.get("with", ()):
            scope.sources[f"with {cte['name']}"] = scope._cte(cte)
        return scope

    def _cte(self, cte: Any) -> Any:
        query, recursive = cte["query"], cte.get("recursive", False)
        parts = query.get("union all") or query.get("union")
        if not recursive or parts is None:
            made = self.query(query)
            return self._renamed(made, cte.get("columns")).cte(cte["name"], recursive=recursive)
        whole = self._renamed(self.query(parts[0]), cte.get("columns")).cte(cte["name"], recursive=True)
        inner = Scope({f"with {cte['name']}": whole}, outer=self)
        unite = whole.union_all if "union all" in query else whole.union
        return unite(*map(inner.query, parts[1:]))

    def _renamed(self, query: Any, names: Any) -> Any:
        if not names or not isinstance(query, sa.Select):
            return query
        columns = [
            (item.element if isinstance(item, sa.Label) else item).label(name)
            for item, name in zip(query.selected_columns, names, strict=True)
        ]
        return query.with_only_columns(*columns, maintain_column_froms=True)

    def _united(self, unite: Any, parts: Any, given: Any) -> Any:
        return unite(*map(self.query, parts)).order_by(
            *[sa.desc(item[1]) if isinstance(item, list) else item for item in given.get("order by", ())]
        )

    def _from(self, given: Any, name: str | None) -> Any:
        if isinstance(given, dict):
            return self.query(given).subquery(name)
        source = self.source(given)
        return source.alias(name) if name else source

    def _select(self, given: Any) -> Any:
        source: Any = None
        if "from" in given:
            source = self._from(given["from"], given.get("as"))
            self.sources[given.get("as") or given["from"]] = source
        for join in given.get("join", ()):
            right = self._from(join["table"], join.get("as"))
            self.sources[join.get("as") or join["table"]] = right
            on = sa.true() if join["kind"] == "cross" else self.expression(join["on"])
            source = sa.join(source, right, on, isouter=join["kind"] == "left")
        columns = []
        for item in given["columns"]:
            if isinstance(item, dict) and "as" in item:
                column = self.expression(item["is"]).label(item["as"])
                self.labels[item["as"]] = column
            else:
                column = self.expression(item)
            columns.append(column)
        query = sa.select(*columns)
        if source is not None:
            query = query.select_from(source)
        if given.get("distinct"):
            query = query.distinct()
        if "where" in given:
            query = query.where(self.expression(given["where"]))
        if "group by" in given:
            query = query.group_by(*map(self.expression, given["group by"]))
        if "having" in given:
            query = query.having(self.expression(given["having"]))
        return self._limited(query.order_by(*self.orders(given.get("order by", ()))), given)

    def _limited(self, query: Any, given: Any) -> Any:
        return query.limit(given.get("limit")).offset(given.get("offset"))
