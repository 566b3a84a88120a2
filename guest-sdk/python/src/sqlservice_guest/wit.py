"""WIT made of Python's annotations."""

from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
import enum
import re
import types
import typing
import uuid
from typing import Any

_PLAIN = {int: "s64", str: "string", bool: "bool", float: "f64", bytes: "list<u8>"}
TEXTS: dict[Any, Any] = {
    decimal.Decimal: decimal.Decimal,
    uuid.UUID: uuid.UUID,
    dt.datetime: dt.datetime.fromisoformat,
    dt.date: dt.date.fromisoformat,
    dt.time: dt.time.fromisoformat,
}
"""Types that travel as text, and how they are read from it."""

CONTRACT = "0.2.0"
_RESERVED = {
    "as", "async", "bool", "borrow", "char", "constructor", "enum", "export", "f32", "f64", "flags", "from", "func",
    "future", "import", "include", "interface", "list", "option", "own", "package", "record", "resource", "result",
    "s16", "s32", "s64", "s8", "static", "stream", "string", "tuple", "type", "u16", "u32", "u64", "u8", "use",
    "variant", "with", "world",
}  # fmt: skip


def world(package: str, raw_sql: bool, exports: list[tuple[str, Any, bool]]) -> str:
    """The package and the world of a plugin with these exports: name, signature, and whether it has errors."""
    named: dict[str, str] = {}
    lines = []
    for name, (parameters, result), fails in exports:
        given = ", ".join(f"{kebab(parameter)}: {wit_type(type_, named)}" for parameter, type_ in parameters)
        shown = "_" if result in (None, type(None)) else wit_type(result, named)
        returned = f" -> result<{shown}, string>" if fails else "" if shown == "_" else f" -> {shown}"
        lines.append(f"  export {kebab(name)}: async func({given}){returned};")
    included = "sqlservice-raw" if raw_sql else "sqlservice"
    body = "\n".join([*named.values(), *lines])
    return (
        f"package plugin:{kebab(package)};\n\nworld plugin {{\n"
        f"  include sqlservice:database/{included}@{CONTRACT};\n"
        f"  include sqlservice:database/declared@{CONTRACT};\n{body}\n}}\n"
    )


def kebab(name: str) -> str:
    """A Python name as WIT writes it."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).replace("_", "-").lower().strip("-")
    return f"%{words}" if words in _RESERVED else words


def is_optional(type_: Any) -> bool:
    """Whether it is `T | None`."""
    return typing.get_origin(type_) in (typing.Union, types.UnionType) and type(None) in typing.get_args(type_)


def inner(type_: Any) -> Any:
    """`T` of `T | None`."""
    others = [part for part in typing.get_args(type_) if part is not type(None)]
    if len(others) != 1:
        message = f"{type_}: WIT has no unions; use a dataclass with optional fields"
        raise TypeError(message)
    return others[0]


def wit_type(type_: Any, named: dict[str, str]) -> str:
    """The WIT of an annotation. Records and enums are added to `named`."""
    origin, arguments = typing.get_origin(type_), typing.get_args(type_)
    if type_ in _PLAIN:
        return _PLAIN[type_]
    if type_ in TEXTS:
        return "string"
    if is_optional(type_):
        return f"option<{wit_type(inner(type_), named)}>"
    if origin is list and arguments:
        return f"list<{wit_type(arguments[0], named)}>"
    if origin is tuple and arguments and Ellipsis not in arguments:
        return f"tuple<{', '.join(wit_type(part, named) for part in arguments)}>"
    if isinstance(type_, type) and (dataclasses.is_dataclass(type_) or issubclass(type_, enum.Enum)):
        return _named(type_, named)
    usable = "int, float, bool, str, bytes, list, tuple, a dataclass, an Enum, or T | None"
    message = f"WIT has no type for {type_!r}: use {usable}"
    raise TypeError(message)


def _named(type_: Any, named: dict[str, str]) -> str:
    name = kebab(type_.__name__)
    if name in named:
        return name
    if issubclass(type_, enum.Enum):
        cases = ", ".join(kebab(case) for case in type_.__members__)
        named[name] = f"  enum {name} {{ {cases} }}"
        return name
    hints = typing.get_type_hints(type_)
    fields = ", ".join(
        f"{kebab(field.name)}: {wit_type(hints[field.name], named)}" for field in dataclasses.fields(type_)
    )
    named[name] = f"  record {name} {{ {fields} }}"
    return name
