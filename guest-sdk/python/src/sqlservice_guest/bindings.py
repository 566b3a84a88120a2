"""The contract's generated bindings: the only module that names them."""

from __future__ import annotations

from componentize_py_types import Err
from wit_world.imports import databases, errors, monotonic_clock, rows, schema, sessions, statements, values

try:
    from wit_world.imports import raw_sql
except ImportError:  # the plugin does not ask for SQL text
    raw_sql = None

__all__ = [
    "Err",
    "databases",
    "errors",
    "monotonic_clock",
    "raw_sql",
    "rows",
    "schema",
    "sessions",
    "statements",
    "values",
]
