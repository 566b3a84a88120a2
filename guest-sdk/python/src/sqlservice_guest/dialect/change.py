"""Inserts, updates, deletes and upserts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import exc
from sqlalchemy.sql import coercions, crud, elements, roles, sqltypes
from sqlalchemy.sql import schema as sch
from sqlalchemy.sql.compiler import _InsertManyValues

from ..bindings import statements as st
from ..value import checked
from .arena import Arena, Emit, nothing, unsupported
from .query import QueryCompiler
from .types import column_type

Source: TypeAlias = Callable[[Arena], st.InsertSource]
Upsert: TypeAlias = Callable[[Arena], st.Conflict]
Tail: TypeAlias = Callable[[Arena], tuple[int | None, int | None, list[int]]]
"""Other sources, the condition, and the returned columns."""


@dataclass(frozen=True, slots=True)
class ManyRows:
    """An insert for the contract's `insert-many`: one host call for any number of rows."""

    table: str
    columns: list[str]
    names: list[str]
    returning: list[str]


class ChangeCompiler(QueryCompiler):
    """The visit methods of statements that change rows. Each returns a token of the kind `root`."""

    many_rows: ManyRows | None = None
    changed: tuple[str, str | None] | None = None
    """Name and schema of the changed table."""

    def target(self, table: Any) -> tuple[str, str | None]:
        """Records the changed table. Returns its name and schema."""
        if not isinstance(table, (sch.Table, elements.quoted_name)) and table.__visit_name__ != "table":
            raise unsupported(f"a change of {type(table).__name__}; it is of one table")
        schema = self.preparer.schema_for_object(table)
        self.used_tables[schema, table.name] = table
        self.changed = str(table.name), schema
        return self.changed

    def begin_change(self, stmt: Any, visiting_cte: Any, flag: str, **kw: Any) -> tuple[Any, Any]:
        """Starts a change as the base class does. Returns the compile state, and the statement that it made."""
        if visiting_cte is not None or self.stack:
            raise unsupported("a change inside a statement")
        compile_state = stmt._compile_state_factory(stmt, self, **kw)
        setattr(self, flag, True)
        self.dml_compile_state = self.dml_compile_state or compile_state
        self.compile_state = self.compile_state or compile_state
        return compile_state, compile_state.statement

    def returned(self, stmt: Any) -> list[Emit]:
        """Returns the columns of `returning`."""
        columns = self.implicit_returning or stmt._returning
        if not columns:
            return []
        text = self.returning_clause(stmt, columns, populate_result_map=True)
        pieces = self.pieces.all(text)
        if any(piece.kind == "star" for piece in pieces):
            raise unsupported("returning of *")
        return [piece.emit for piece in pieces]

    # Inserts

    def visit_insert(self, insert_stmt: Any, visited_bindparam: Any = None, visiting_cte: Any = None, **kw: Any) -> str:
        state, stmt = self.begin_change(insert_stmt, visiting_cte, "isinsert", **kw)
        self.stack.append({"correlate_froms": set(), "asfrom_froms": set(), "selectable": stmt})
        params = crud._get_crud_params(self, stmt, state, True, **kw)
        table, schema = self.target(stmt.table)
        if stmt._prefixes:
            raise unsupported("words before an insert")
        if stmt._independent_ctes:
            self._dispatch_independent_ctes(stmt, kw)
        columns = [str(name) for _, name, _, _ in params.single_params]
        source = self.insert_source(stmt, state, params, kw)
        conflict = self.conflict(stmt, **kw)
        before = len(self._result_columns)
        returning = self.returned(stmt)
        if params.use_insertmanyvalues:
            self._insertmanyvalues = _InsertManyValues(
                not columns, "", params.single_params, 0, sort_by_parameter_order=stmt._sort_by_parameter_order
            )
        has_schema = schema is not None or self.schema_translate_map
        if conflict is None and not has_schema and stmt.select is None and not state._has_multi_parameters:
            self.many_rows = self.as_many_rows(table, params, before, len(returning))
        self.stack.pop(-1)

        def root(arena: Arena) -> st.Root:
            rows = source(arena)
            clause = conflict(arena) if conflict else None
            found = [item(arena) for item in returning]
            return st.Root_Insert(st.Insert(table, arena.schema(schema), columns, rows, clause, found))

        return self.pieces.token("root", nothing, root)

    def insert_source(self, stmt: Any, state: Any, params: Any, kw: dict[str, Any]) -> Source:
        """Returns the source of the rows: a query, expressions, or defaults."""
        if stmt.select is not None:
            text = self.process(self.stack[-1]["insert_from_select"], insert_into=True, **kw)
            if self.ctes:
                text = self._render_cte_clause(None, include_following_stack=True) + text
            query = self.pieces.one(self.with_ctes(text))
            return lambda arena: st.InsertSource_Query(query.emit(arena))
        if not params.single_params:
            return lambda _: st.InsertSource_Defaults()
        rows = params.all_multi_params if state._has_multi_parameters else [params.single_params]
        written = [[self.assigned(column, value) for column, _, value, _ in row] for row in rows]
        return lambda arena: st.InsertSource_Values(
            [[value(arena) for value in row] for _ in _each_row(arena) for row in written]
        )

    def assigned(self, column: Any, text: str) -> Emit:
        """Returns a column's new value; a text for a JSON column is the document itself, as in SQL."""
        piece = self.pieces.one(text)
        if piece.kind == "parameter" and column.type._type_affinity is sqltypes.JSON:
            given = self.binds[piece.data].type
            if given._type_affinity is sqltypes.String:
                ty = column_type(column.type, self.dialect)
                return lambda arena: arena.add(st.Node_Cast(st.Cast(piece.emit(arena), ty)))
        return self.emitter_of(piece)

    def as_many_rows(self, table: str, params: Any, before: int, returned: int) -> ManyRows | None:
        """Returns the insert for `insert-many` if each value is a parameter and each returned column a plain one."""
        names = []
        for _, _, value, _ in params.single_params:
            piece = self.pieces.one(value)
            if piece.kind != "parameter":
                return None
            names.append(piece.data)
        columns = [str(name) for _, name, _, _ in params.single_params]
        plain = self._result_columns[before : before + returned]
        known = [next((item for item in entry.objects if isinstance(item, sch.Column)), None) for entry in plain]
        if not columns or any(column is None or column.table is None for column in known):
            return None
        many = ManyRows(table, columns, names, [str(column.name) for column in known if column is not None])
        return checked(many)

    def conflict(self, stmt: Any, **kw: Any) -> Upsert | None:
        """Returns the conflict clause of an upsert, from the constructs of any dialect of SQLAlchemy's."""
        clause = stmt._post_values_clause
        if clause is None:
            return None
        kind = clause.__visit_name__
        if getattr(clause, "constraint_target", None) is not None:
            raise unsupported("on conflict on a constraint by its name; name its columns")
        if getattr(clause, "inferred_target_whereclause", None) is not None:
            raise unsupported("on conflict of a partial index")
        targets = [str(getattr(item, "name", item)) for item in getattr(clause, "inferred_target_elements", None) or ()]
        if kind == "on_conflict_do_nothing":
            return lambda _: st.Conflict(targets, st.ConflictAction_Nothing(), None)
        pairs = clause.update_values_to_set if kind == "on_conflict_do_update" else list(clause.update.items())
        self.new_rows = frozenset(
            {"excluded", "inserted", str(getattr(getattr(clause, "inserted_alias", None), "name", "excluded"))}
        )
        assignments = [(name, self.new_value(stmt.table, name, value, **kw)) for name, value in self.named(pairs)]
        condition = getattr(clause, "update_whereclause", None)
        where = None if condition is None else self.value(condition, **kw)
        self.new_rows = frozenset()

        def emit(arena: Arena) -> st.Conflict:
            written = [st.Assignment(name, value(arena)) for name, value in assignments]
            return st.Conflict(targets, st.ConflictAction_Update(written), where(arena) if where else None)

        return emit

    def named(self, pairs: Any) -> list[tuple[str, Any]]:
        """Returns pairs of a column name and its new value."""
        return [(str(getattr(key, "name", key)), value) for key, value in pairs]

    def new_value(self, table: Any, name: str, value: Any, **kw: Any) -> Emit:
        """Returns the new value of a column, with the column's type."""
        column = next((item for item in table.c if item.name == name), None)
        type_ = column.type if column is not None else None
        if coercions._is_literal(value):
            value = elements.BindParameter(None, value, type_=type_)
        elif isinstance(value, elements.BindParameter) and value.type._isnull and type_ is not None:
            value = value._clone()
            value.type = type_
        value = coercions.expect(roles.ExpressionElementRole, value)
        return self.value(value.self_group(), **kw)

    # Updates and deletes

    def visit_update(self, update_stmt: Any, visiting_cte: Any = None, **kw: Any) -> str:
        state, stmt = self.begin_change(update_stmt, visiting_cte, "isupdate", **kw)
        table, schema = self.target(stmt.table)
        extra = self.push_change(stmt, state)
        params = crud._get_crud_params(self, stmt, state, True, **kw)
        for column, *_ in params.single_params:
            if getattr(column, "table", stmt.table) is not stmt.table:
                raise unsupported("an update of several tables")
        assignments = [(str(column.name), self.assigned(column, value)) for column, _, value, _ in params.single_params]
        if not assignments:
            message = "an update has at least one new value"
            raise exc.CompileError(message)
        tail = self.tail(stmt, extra, **kw)

        def root(arena: Arena) -> st.Root:
            written = [st.Assignment(name, value(arena)) for name, value in assignments]
            return st.Root_Update(st.Update(table, arena.schema(schema), written, *tail(arena)))

        return self.pieces.token("root", nothing, root)

    def visit_delete(self, delete_stmt: Any, visiting_cte: Any = None, **kw: Any) -> str:
        state, stmt = self.begin_change(delete_stmt, visiting_cte, "isdelete", **kw)
        table, schema = self.target(stmt.table)
        extra = self.push_change(stmt, state)
        crud._get_crud_params(self, stmt, state, True, **kw)
        tail = self.tail(stmt, extra, **kw)

        def root(arena: Arena) -> st.Root:
            return st.Root_Delete(st.Delete(table, arena.schema(schema), *tail(arena)))

        return self.pieces.token("root", nothing, root)

    def push_change(self, stmt: Any, state: Any) -> list[Any]:
        """Pushes the statement on the stack. Returns the other sources."""
        if stmt._prefixes:
            raise unsupported("words before a change")
        extra = [source for source in state._extra_froms if source is not stmt.table]
        froms = {stmt.table, *extra}
        self.stack.append({"correlate_froms": froms, "asfrom_froms": froms, "selectable": stmt})
        return extra

    def tail(self, stmt: Any, extra: list[Any], **kw: Any) -> Tail:
        """Returns the other sources, the condition and the returned columns, which come last in updates and deletes."""
        if any(
            getattr(item, "name", None) != stmt.table.name
            for column in stmt._returning
            for item in column._from_objects
        ):
            raise unsupported("returning of another table's columns")
        source = self.sources(extra, **kw)
        where = self.all_of(stmt._where_criteria, **kw)
        returning = self.returned(stmt)
        if self.ctes:
            raise unsupported("common table expressions of an update or delete")
        self.stack.pop(-1)

        def emit(arena: Arena) -> tuple[int | None, int | None, list[int]]:
            from_ = source(arena) if source else None
            condition = where(arena) if where else None
            return from_, condition, [item(arena) for item in returning]

        return emit


def _each_row(arena: Arena) -> Iterator[int]:
    """Sets `arena.row` to each row of values in turn and yields it, so that parameters are those of the row."""
    for number in range(arena.shape.get("", 1)):
        arena.row = number
        yield number
    arena.row = 0
