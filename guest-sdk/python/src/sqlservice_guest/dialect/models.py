"""Converts SQLAlchemy's tables to the contract's, for databases to open, DDL and inspection."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import decimal
from typing import Any

from sqlalchemy import MetaData, Table, exc
from sqlalchemy.sql import functions
from sqlalchemy.sql import schema as sch

from .. import value
from ..bindings import schema as sc
from .arena import Schemas
from .types import column_type, plain

_ACTIONS = {
    None: sc.Action.NO_ACTION,
    "NO ACTION": sc.Action.NO_ACTION,
    "RESTRICT": sc.Action.RESTRICT,
    "CASCADE": sc.Action.CASCADE,
    "SET NULL": sc.Action.SET_NULL,
    "SET DEFAULT": sc.Action.SET_DEFAULT,
}

_PYTHON: dict[sc.TypeKind, type] = {
    sc.TypeKind.BOOLEAN: bool,
    sc.TypeKind.DECIMAL: decimal.Decimal,
    sc.TypeKind.FLOAT32: float,
    sc.TypeKind.FLOAT64: float,
    sc.TypeKind.INT16: int,
    sc.TypeKind.INT32: int,
    sc.TypeKind.INT64: int,
}
"""The Python types of kinds, for types of SQLAlchemy without a `python_type`."""

_NONE = sc.DefaultValue_None_()


def models(metadata: MetaData, dialect: Any) -> list[Any]:
    """Returns every table of a MetaData."""
    return [table(item, dialect) for item in metadata.tables.values()]


def relationships(metadata: MetaData) -> list[Any]:
    """Returns the relationships of the ORM's mappers over a MetaData, between tables: the contract has no others."""
    from sqlalchemy.orm import Mapper, mapperlib

    mappers: set[Mapper[Any]] = set()
    for registry in list(mapperlib._mapper_registries):
        if registry.metadata is metadata:
            registry.configure()
            mappers |= set(registry.mappers)
    ordered = sorted(mappers, key=lambda mapper: str(mapper.local_table))
    own = [(item, mapper) for mapper in ordered for item in mapper.relationships if item.parent is mapper]
    ends = [(item, _end(item.local_columns, mapper), _end(item.remote_side, item.mapper, item)) for item, mapper in own]
    between = [(item, *tables) for item, *tables in ends if all(isinstance(end, Table) for end in tables)]
    # Classes of one table may have relationships of the same name; a table declares a name once.
    once = {(owner, item.key): (item, owner, target) for item, owner, target in reversed(between)}
    return [_relationship(*found) for found in reversed(once.values())]


def _end(columns: Any, mapper: Any, item: Any = None) -> Any:
    """Returns the table at one end of a relationship. A class that inherits has several tables."""
    if item is not None and item.secondary is not None:
        return mapper.local_table if isinstance(item.secondary, Table) else None
    found = {column.table for column in columns}
    return found.pop() if len(found) == 1 else mapper.local_table


def _relationship(item: Any, owner: Table, target: Table) -> Any:
    known = ("save-update", "delete", "delete-orphan")
    own = item.local_columns if item.direction.name == "MANYTOONE" else item.remote_side
    foreign = sorted(str(column.name) for column in own) if item.secondary is None else None
    keys = owner.foreign_key_constraints | target.foreign_key_constraints
    pairs = [key for key in keys if {key.parent, key.referred_table} == {owner, target}]
    return sc.Relationship(
        name=item.key,
        owner=str(owner.name),
        target=str(target.name),
        foreign_key=foreign if len(pairs) > 1 else None,
        through=None if item.secondary is None else str(item.secondary.name),
        collection=bool(item.uselist),
        cascade=[sc.CascadeKind[name.replace("-", "_").upper()] for name in known if name in item.cascade],
        passive_deletes=item.passive_deletes is True,
        post_update=bool(item.post_update),
        order_by=[f"{_ordered(key)}" for key in item.order_by or ()],
    )


def _ordered(key: Any) -> str:
    column = getattr(key, "element", key)
    descending = getattr(getattr(key, "modifier", None), "__name__", "") == "desc_op"
    return f"{column.name} desc" if descending else str(column.name)


def table(item: Table, dialect: Any) -> sc.Table:
    """Returns a table in the contract's form. Raises `CompileError` for a part that it cannot represent."""
    made = sc.Table(
        name=str(item.name),
        schema=item.schema,
        columns=[_column(column, item, dialect) for column in item.columns],
        primary_key_name=_name(item.primary_key, dialect),
        primary_key=[str(column.name) for column in item.primary_key],
        foreign_keys=[_foreign_key(key, dialect) for key in _sorted(item.foreign_key_constraints)],
        uniques=[
            sc.Index(_name(unique, dialect), [str(column.name) for column in unique.columns], True)
            for unique in _sorted(c for c in item.constraints if isinstance(c, sch.UniqueConstraint))
        ],
        indexes=[_index(index, dialect) for index in sorted(item.indexes, key=lambda index: str(index.name))],
        checks=[
            sc.Check(_name(check, dialect), _expression(check.sqltext, dialect)) for check in _sorted(_checks(item))
        ],
        version_column=item.info.get("version_column"),
        comment=item.comment,
        is_view=bool(item.info.get("is_view")),
    )
    return value.checked(made)


def _expression(given: Any, dialect: Any) -> str:
    """Returns the SQL text of an expression in a table's definition."""
    return str(dialect.shown(given, {"literal_binds": True, "include_table": False}))


def bare(item: Table, dialect: Any) -> sc.Table:
    """Returns a table with its names alone, which is all that a drop needs."""
    columns = [
        sc.Column(str(column.name), plain(sc.TypeKind.TEXT), True, _NONE, _NONE, None, None) for column in item.columns
    ]
    return sc.Table(str(item.name), item.schema, columns, None, [], [], [], [], [], None, None, False)


def cached(item: Table, dialect: Any) -> Any:
    """As `table`, but made again only when the number of columns, constraints or indexes has changed."""
    form = (len(item.columns), len(item.constraints), len(item.indexes))
    known = dialect.models.get(item)
    if known is None or known[0] != form:
        known = dialect.models[item] = (form, table(item, dialect))
    return known[1]


def in_schemas(item: sc.Table, schemas: Schemas) -> sc.Table:
    """Returns a table with its schema, and those that it refers to, as the schema translate map has them."""
    if not schemas:
        return item
    keys = [dataclasses.replace(key, schema=schemas.get(key.schema, key.schema)) for key in item.foreign_keys]
    return dataclasses.replace(item, schema=schemas.get(item.schema, item.schema), foreign_keys=keys)


def _sorted(constraints: Any) -> list[Any]:
    return sorted(constraints, key=lambda item: (str(item.name or ""), item._creation_order))


def _checks(item: Table) -> list[sch.CheckConstraint]:
    """Returns the checks of a table and of its columns, without those that belong to a type."""
    constraints = [*item.constraints, *(check for column in item.columns for check in column.constraints)]
    return [check for check in constraints if isinstance(check, sch.CheckConstraint) and not check._type_bound]


def _name(constraint: Any, dialect: Any) -> str | None:
    """Returns the name of a constraint or an index: its own, or the one by its MetaData's naming convention."""
    name = None if constraint.name is None else dialect.plain_names.format_constraint(constraint)
    return None if name is None else str(name)


def _column(column: Any, table_: Table, dialect: Any) -> Any:
    counted = table_._autoincrement_column is column
    generated = counted and not column.foreign_keys and column.server_default is None
    if column.identity is not None:
        generated = True
    default = sc.DefaultValue_GeneratedKey() if generated else _default(column, dialect)
    return sc.Column(
        name=str(column.name),
        ty=_type(column, dialect),
        nullable=bool(column.nullable) and not column.primary_key,
        default=default,
        on_update=sc.DefaultValue_None_(),
        computed=None if column.computed is None else _expression(column.computed.sqltext, dialect),
        comment=column.comment,
    )


def _type(column: Any, dialect: Any) -> Any:
    """Returns the type of a column; an integer foreign key is as wide as the column it refers to, as MySQL requires."""
    own = column_type(column.type, dialect)
    if own.kind not in (sc.TypeKind.INT32, sc.TypeKind.INT64):
        return own
    for key in column.foreign_keys:
        with contextlib.suppress(exc.SQLAlchemyError):
            if key.column is not column and key.column.type._type_affinity is column.type._type_affinity:
                return column_type(key.column.type, dialect)
    return own


def _default(column: Any, dialect: Any) -> Any:
    default = column.server_default
    if default is None or not isinstance(default, sch.DefaultClause):
        return sc.DefaultValue_None_()
    given = default.arg
    if isinstance(given, str):
        return sc.DefaultValue_Literal(value.bind(_typed(given, column, dialect)))
    if isinstance(given, (functions.now, functions.current_timestamp)):
        return sc.DefaultValue_Now()
    text = str(given.compile(compile_kwargs={"literal_binds": True}))
    if text.upper() in ("CURRENT_TIMESTAMP", "NOW()"):
        return sc.DefaultValue_Now()
    if text.lower() in ("true", "false"):
        return sc.DefaultValue_Literal(value.bind(text.lower() == "true"))
    if text.lstrip("-").isdigit():
        return sc.DefaultValue_Literal(value.bind(_typed(text, column, dialect)))
    return sc.DefaultValue_Expression(text)


def _typed(text: str, column: Any, dialect: Any) -> object:
    """Returns a default that was given as text, as a value of the column's type."""
    try:
        python = column.type.python_type
    except NotImplementedError:
        python = _PYTHON.get(column_type(column.type, dialect).kind, str)
    if python is bool:
        return text.lower() in ("1", "true", "t")
    if python in (str, dt.timedelta, dict, list):
        return text
    try:
        return python(text) if not hasattr(python, "fromisoformat") else python.fromisoformat(text)
    except (TypeError, ValueError):
        message = f"the default {text!r} of {column} is no {python.__name__}"
        raise exc.CompileError(message) from None


def _foreign_key(key: Any, dialect: Any) -> Any:
    referred = key.elements[0].column.table
    try:
        on_delete, on_update = (_ACTIONS[action.upper() if action else None] for action in (key.ondelete, key.onupdate))
    except KeyError as unknown:
        message = f"the contract has no action {unknown} of a foreign key"
        raise exc.CompileError(message) from None
    return sc.ForeignKey(
        name=_name(key, dialect),
        columns=[str(element.parent.name) for element in key.elements],
        table=str(referred.name),
        schema=referred.schema,
        referred=[str(element.column.name) for element in key.elements],
        on_delete=on_delete,
        on_update=on_update,
    )


def _index(index: Any, dialect: Any) -> Any:
    columns = [item for item in index.expressions if isinstance(item, sch.Column)]
    if len(columns) != len(index.expressions):
        message = f"the contract has no index of expressions ({index.name})"
        raise exc.CompileError(message)
    return sc.Index(_name(index, dialect), [str(column.name) for column in columns], bool(index.unique))
