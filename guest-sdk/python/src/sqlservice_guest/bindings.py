"""The contract's generated bindings; the SDK's other modules import them from here."""

from __future__ import annotations

import contextlib
from typing import Any

from componentize_py_types import Err
from wit_world.imports import databases, errors, monotonic_clock, rows, schema, sessions, statements, values

raw_sql: Any = None
"""The interface for SQL text, or None where the plugin's world does not import it."""
with contextlib.suppress(ImportError):
    from wit_world.imports import raw_sql

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
