"""Converts SQLAlchemy Core's statements to the contract's, and their rows to SQLAlchemy's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from sqlalchemy import exc
from sqlalchemy.engine.result import IteratorResult, SimpleResultMetaData
from sqlalchemy.util import LRUCache

from .. import row, value
from ..dialect.compiler import DataCompiler

if TYPE_CHECKING:
    from sqlalchemy import Executable, Result

    from ..bindings import databases, rows, sessions, statements, values
    from ..dialect import DataDialect

Parameters: TypeAlias = Mapping[str, Any]
CACHED = 500
"""How many compiled statements are kept."""


class Compiled(NamedTuple):
    """A compiled statement and its own values: its compiler may be shared with another statement of the same shape."""

    compiler: DataCompiler
    extracted: Any


class Insert(NamedTuple):
    """An insert of many rows into one table."""

    table: str
    columns: list[str]
    rows: rows.Batch
    returning: list[str]


class Statements:
    """Compiles the statements of one database, each once."""

    def __init__(self, dialect: DataDialect, database: databases.Database) -> None:
        self.dialect, self.database = dialect, database
        self._cache: LRUCache[Any, Any] = LRUCache(CACHED)

    def compiled(self, statement: Executable, given: Parameters, *, many: bool = False) -> Compiled:
        """Returns the compiled statement. Raises `CompileError` for a construct that the contract has no node for."""
        element: Any = statement
        if not hasattr(element, "_compile_w_cache"):
            raise exc.ArgumentError(f"a statement of SQLAlchemy Core is expected, not {type(statement).__name__}")
        compiled, extracted, *_ = element._compile_w_cache(
            self.dialect, compiled_cache=self._cache, column_keys=sorted(given), for_executemany=many
        )
        if not isinstance(compiled, DataCompiler):
            message = "a select, insert, update or delete is expected; SQL text goes by sqlservice_guest.driver"
            raise exc.ArgumentError(message)
        return Compiled(compiled, extracted)


def bound(of: Compiled, given: Parameters) -> dict[str, Any]:
    """Returns the values of a statement's parameters, by name, after the bind processors of their types."""
    compiled, extracted = of
    processors = compiled.processors
    return {
        compiled.final(name): processors[name](item) if name in processors else item
        for name, item in compiled.construct_params(dict(given), extracted_parameters=extracted).items()
    }


def single(of: Compiled, given: Parameters) -> tuple[statements.Statement, list[values.Value]]:
    """Returns the statement and the parameters to send for one execution."""
    parameters = bound(of, given)
    variant = of.compiler.variant(parameters)
    return variant.statement, [value.bind(item) for item in of.compiler.arguments(variant, [parameters])]


def insert(of: Compiled, given: Sequence[Parameters]) -> Insert | None:
    """Returns the insert to send for many rows at once, or None where the statement is no plain insert."""
    many = of.compiler.many_rows
    if many is None:
        return None
    names = [of.compiler.final(name) for name in many.names]
    listed = [bound(of, item) for item in given]
    batch = row.batch([[item[name] for item in listed] for name in names], len(listed))
    return Insert(many.table, many.columns, batch, many.returning)


class Reader:
    """Reads batches as rows, with the types of the statement's columns."""

    def __init__(self, compiled: DataCompiler, columns: list[sessions.ResultColumn]) -> None:
        entries = compiled._result_columns
        types = [entry.type for entry in entries] if len(entries) == len(columns) else [None] * len(columns)
        self._processors = [
            None if type_ is None else type_._cached_result_processor(compiled.dialect, None) for type_ in types
        ]
        self._metadata = SimpleResultMetaData([column.name for column in columns])

    def tuples(self, batch: rows.Batch) -> list[tuple[Any, ...]]:
        """Returns the rows of a batch as tuples."""
        found = row.tuples(batch, json_as_text=True)
        if not found or not any(self._processors):
            return found
        columns = [
            items if process is None else [process(item) for item in items]
            for process, items in zip(self._processors, zip(*found, strict=True), strict=True)
        ]
        return list(zip(*columns, strict=True))

    def result(self, found: list[tuple[Any, ...]]) -> Result[Any]:
        """Returns rows as SQLAlchemy's result."""
        return IteratorResult(self._metadata, iter(found))


def affected(count: int) -> Result[Any]:
    """Returns the number of changed rows as a result of one row."""
    return IteratorResult(SimpleResultMetaData(["affected"]), iter([(count,)]))
