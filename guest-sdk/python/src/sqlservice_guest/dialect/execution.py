"""Runs compiled statements: as data, prepared when repeated, with many rows at once, or as text."""

from __future__ import annotations

from typing import Any

from sqlalchemy.engine import CursorResult, default

from .. import errors, row, value
from ..bindings import sessions
from ..blocking import run
from ..driver import NO_OPTIONS, Cursor
from .arena import Schemas
from .compiler import DataCompiler, StatementText, Variant
from .ddl import DataDDLCompiler
from .definition import define, learn
from .result import DataResult
from .violation import explain

STREAM_ROWS = 1000
ROWS_OF_ONE_STATEMENT = 500
PARAMETERS_OF_ONE_STATEMENT = 900


class DataExecutionContext(default.DefaultExecutionContext):
    """An execution context that reads a generated key from the driver's cursor, and returns `DataResult`s."""

    def get_lastrowid(self) -> Any:
        return self.cursor.lastrowid

    def _setup_result_proxy(self) -> Any:
        result = super()._setup_result_proxy()
        if type(result) is CursorResult:
            result.__class__ = DataResult
        return result

    def create_server_side_cursor(self) -> Any:
        cursor: Any = self._dbapi_connection.cursor()
        cursor.server_side = True
        return cursor


def options(context: Any) -> Any:
    """Returns the contract's options for an execution: the number of rows of the first batch."""
    asked = context.execution_options
    if context._is_server_side:
        size = asked.get("yield_per") or asked.get("max_row_buffer") or STREAM_ROWS
        if not isinstance(size, int) or not 0 < size < 1 << 32:
            raise errors.mismatch("a number of rows of 32 bits", size)
        return sessions.Options(None, None, size)
    return NO_OPTIONS


def execute(cursor: Cursor, statement: str, parameters: Any, context: Any) -> None:
    """Runs one statement; for a list of parameter rows, an insert of them all."""
    compiled = compiled_of(statement, parameters, context)
    if compiled is None:
        cursor.execute(statement, list(parameters.values()) if isinstance(parameters, dict) else parameters or ())
    elif isinstance(compiled, DataDDLCompiler):
        define(cursor, compiled, statement)
    elif not isinstance(compiled, DataCompiler):
        cursor.execute(str(statement), parameters, options(context))
    elif isinstance(parameters, list):
        rows = insert_rows(cursor, compiled, parameters, schemas_of(context))
        if compiled.effective_returning:
            context._insertmanyvalues_rows = rows
    else:
        checked = compiled.checked(parameters)
        variant = compiled.variant(checked, schemas=schemas_of(context))
        run_variant(cursor, compiled, variant, [checked], options(context))


def schemas_of(context: Any) -> Schemas:
    """Returns the schema translate map of this execution."""
    found: Schemas = context.execution_options.get("schema_translate_map") or {}
    return found


def compiled_of(statement: str, parameters: Any, context: Any) -> Any:
    """Returns the compiled statement; None for text, such as that of a default that is executed beside a statement."""
    compiled = context.compiled if context is not None else None
    if isinstance(statement, StatementText) and compiled is not None:
        return statement.compiled
    if isinstance(compiled, DataCompiler):
        if not any(parameters is given for given in getattr(context, "parameters", ())):
            return None
        message = "a statement that is sent as data has no text that an event could change; execute another one"
        raise errors.NotSupportedError(message, code="unsupported")
    return compiled


def execute_many(cursor: Cursor, statement: str, rows: list[Any], context: Any) -> None:
    """Runs one statement for each row of parameters; inserts many rows together."""
    compiled = context.compiled
    if isinstance(compiled, DataCompiler) and compiled.isinsert:
        insert_rows(cursor, compiled, rows, schemas_of(context))
        return
    total = 0
    for parameters in rows:
        execute(cursor, statement, parameters, context)
        total += max(cursor.rowcount, 0)
    cursor.rowcount = total


def insert_rows(cursor: Cursor, compiled: DataCompiler, rows: list[Any], schemas: Schemas) -> list[tuple[Any, ...]]:
    """Inserts rows. Returns the rows of `returning`, in the order of the inserted rows."""
    many = compiled.many_rows
    learn(cursor, compiled, schemas)
    if many is not None:
        batch = row.batch(compiled.columns(many, rows), len(rows))
        take(
            cursor,
            compiled,
            lambda it: it.insert_many(many.table, many.columns, batch, many.returning, NO_OPTIONS),
            schemas,
        )
        returned = cursor.fetchall() if cursor.description else []
        cursor.rowcount = len(rows)
        return returned
    bound = len(compiled.bind_names)
    size = max(1, min(ROWS_OF_ONE_STATEMENT, PARAMETERS_OF_ONE_STATEMENT // bound)) if bound else 1
    returned, total = [], 0
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        run_variant(cursor, compiled, compiled.variant(part[0], len(part), schemas), part, NO_OPTIONS)
        total += max(cursor.rowcount, 0)
        returned += cursor.fetchall() if cursor.description else []
    cursor.rowcount = total
    return returned


def run_variant(cursor: Cursor, compiled: DataCompiler, variant: Variant, rows: list[Any], limits: Any) -> None:
    """Sends the arena the first time; prepares it the second time; runs the prepared statement from then on."""
    schemas = variant.schemas
    learn(cursor, compiled, schemas)
    arguments = [value.bind(item) for item in compiled.arguments(variant, rows)]
    database = cursor.connection.database
    variant.runs += 1
    if variant.prepared is None or variant.prepared[0] is not database:
        if variant.runs == 1 or (variant.prepared is not None and variant.runs % 2):
            take(cursor, compiled, lambda session: session.execute(variant.statement, arguments, limits), schemas)
            return
        cursor.connection.free()
        prepared = run(cursor.connection.session.prepare(variant.statement))
        variant.prepared = (database, prepared, prepared.columns())
    _, prepared, columns = variant.prepared
    try:
        take(cursor, compiled, lambda session: session.run(prepared, arguments, limits), schemas, columns)
    except errors.DatabaseError as failure:
        variant.prepared = None
        if failure.code != "stale-plan":
            raise
        take(cursor, compiled, lambda session: session.execute(variant.statement, arguments, limits), schemas)


def take(cursor: Cursor, compiled: DataCompiler, call: Any, schemas: Schemas, columns: Any = None) -> None:
    """Takes the result of a call; adds the statement's table and columns to the error of a broken constraint."""
    try:
        cursor.take(call, columns)
    except errors.IntegrityError as failure:
        if compiled.changed is not None and not compiled.isdelete:
            name, schema = compiled.changed
            explain(failure, cursor.connection.database, name, schemas.get(schema, schema))
        raise
    if cursor.description is None and compiled.effective_returning:
        # MariaDB returns no columns where it detects that no row can match.
        cursor.describe([entry.keyname for entry in compiled._result_columns])
