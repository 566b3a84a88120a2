"""Values between JSON and Python, in the forms that the list says."""

from __future__ import annotations

import datetime as dt
import decimal
import uuid
from typing import Any

from sqlalchemy import JSON
from sqlalchemy.types import NullType

_READ: dict[str, Any] = {
    "integer": int, "decimal": decimal.Decimal, "bytes": bytes.fromhex, "uuid": uuid.UUID,
    "date": dt.date.fromisoformat, "time": dt.time.fromisoformat, "timestamp": dt.datetime.fromisoformat,
    "timestamp-tz": lambda text: dt.datetime.fromisoformat(text.replace("Z", "+00:00")),
}  # fmt: skip


def read(value: Any) -> Any:
    """A value of a step. JSON's null is `JSON.NULL`."""
    if not isinstance(value, dict):
        return value
    ((form, inner),) = value.items()
    if form == "json":
        return JSON.NULL if inner is None else inner
    return _READ[form](inner)


def show(value: Any, type_: Any = None) -> Any:
    """A value of an outcome."""
    if isinstance(type_, JSON) or (isinstance(value, (dict, list)) and not isinstance(type_, NullType)):
        return value if value is None else {"json": None if value is JSON.NULL else value}
    match value:
        case bool() | str() | float() | None:
            return value
        case int():
            return value if abs(value) < 1 << 53 else {"integer": str(value)}
        case decimal.Decimal():
            return {"decimal": format(value, "f")}
        case bytes():
            return {"bytes": value.hex()}
        case uuid.UUID():
            return {"uuid": str(value)}
        case dt.datetime() if value.tzinfo:
            return {"timestamp-tz": value.astimezone(dt.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")}
        case dt.datetime():
            return {"timestamp": value.isoformat(timespec="microseconds")}
        case dt.date():
            return {"date": value.isoformat()}
        case dt.time():
            return {"time": value.isoformat(timespec="microseconds")}
    raise TypeError(f"no form for {value!r}")
