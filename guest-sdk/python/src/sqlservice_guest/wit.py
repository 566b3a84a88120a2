"""Generates WIT from Python's annotations."""

from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
import enum
import re
import types
import typing
import uuid
from typing import Any, NamedTuple

_PLAIN: dict[Any, str] = {int: "s64", str: "string", bool: "bool", float: "f64", bytes: "list<u8>"}
TEXTS: dict[Any, Any] = {
    decimal.Decimal: decimal.Decimal,
    uuid.UUID: uuid.UUID,
    dt.datetime: dt.datetime.fromisoformat,
    dt.date: dt.date.fromisoformat,
    dt.time: dt.time.fromisoformat,
}
"""Types that are passed as text, and their parsers."""

CONTRACT = "0.2.0"
_WORDS = re.compile(r"[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*")
_RESERVED = {
    "as", "async", "bool", "borrow", "char", "constructor", "enum", "export", "f32", "f64", "flags", "from", "func",
    "future", "import", "include", "interface", "list", "option", "own", "package", "record", "resource", "result",
    "s16", "s32", "s64", "s8", "static", "stream", "string", "tuple", "type", "u16", "u32", "u64", "u8", "use",
    "variant", "with", "world",
}  # fmt: skip


class Signature(NamedTuple):
    """The parameters and the result of an export."""

    name: str
    parameters: list[tuple[str, Any]]
    result: Any
    fails: bool


class Named:
    """The records and enums of a world, each written once."""

    def __init__(self) -> None:
        self.written: dict[str, str] = {}
        self._classes: dict[str, type] = {}

    def add(self, type_: type) -> str:
        """Writes a dataclass or an enum. Returns its name."""
        name = kebab(type_.__name__)
        known = self._classes.setdefault(name, type_)
        if known is not type_:
            raise TypeError(f"{known!r} and {type_!r} are both {name!r} in WIT; rename one")
        if name in self.written:
            return escaped(name)
        self.written[name] = ""
        keyword, parts = ("enum", members(type_)) if is_enum(type_) else ("record", self._fields(type_))
        if not parts:
            raise TypeError(f"{type_!r} is empty, which WIT cannot say")
        # The dict keeps the order: a type comes after the types of its fields.
        del self.written[name]
        self.written[name] = f"  {keyword} {escaped(name)} {{ {', '.join(parts)} }}"
        return escaped(name)

    def _fields(self, record: type) -> list[str]:
        return [f"{escaped(kebab(name))}: {wit_type(type_, self)}" for name, type_ in fields(record)]

    def is_open(self, type_: type) -> bool:
        """Whether a type is being written, so that a use of it would make it contain itself."""
        return self.written.get(kebab(type_.__name__)) == ""


def world(package: str, raw_sql: bool, exports: list[Signature]) -> str:
    """Returns the package and the world of a plugin with these exports."""
    named, lines = Named(), {}
    for export in exports:
        if export.name in lines:
            raise TypeError(f"two exports are called {export.name}")
        given = ", ".join(f"{escaped(kebab(name))}: {wit_type(type_, named)}" for name, type_ in export.parameters)
        shown = "_" if export.result in (None, type(None)) else wit_type(export.result, named)
        returned = f" -> result<{shown}, string>" if export.fails else "" if shown == "_" else f" -> {shown}"
        lines[export.name] = f"  export {escaped(kebab(export.name))}: async func({given}){returned};"
    included = "sqlservice-raw" if raw_sql else "sqlservice"
    body = "\n".join([*named.written.values(), *lines.values()])
    return (
        f"package plugin:{_package(package)};\n\nworld plugin {{\n"
        f"  include sqlservice:database/{included}@{CONTRACT};\n"
        f"  include sqlservice:database/declared@{CONTRACT};\n{body}\n}}\n"
    )


def _package(name: str) -> str:
    """Returns a project's name as the name of a WIT package, whose words begin with letters."""
    words = re.findall(r"[a-z][a-z0-9]*", name.lower())
    return escaped("-".join(words) or "project")


def kebab(name: str) -> str:
    """Returns a Python name in WIT's kebab case. Raises TypeError for a name that WIT cannot represent."""
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", name)
    words = split.replace("_", "-").lower().strip("-")
    if not _WORDS.fullmatch(words):
        raise TypeError(f"{name!r} is no name for WIT: its words are of a-z and 0-9 and begin with a letter")
    return words


def escaped(words: str) -> str:
    """Returns a name as WIT source text, with a `%` before a keyword."""
    return f"%{words}" if words in _RESERVED else words


def class_name(type_: type) -> str:
    """Returns the name that the bindings have for a dataclass or an enum."""
    return "".join(word.capitalize() for word in kebab(type_.__name__).split("-"))


def is_optional(type_: Any) -> bool:
    """Whether an annotation is `T | None`."""
    return typing.get_origin(type_) in (typing.Union, types.UnionType) and type(None) in typing.get_args(type_)


def inner(type_: Any) -> Any:
    """Returns `T` of `T | None`."""
    others = [part for part in typing.get_args(type_) if part is not type(None)]
    if len(others) != 1:
        raise TypeError(f"{type_}: WIT has no unions; use a dataclass with optional fields")
    return others[0]


def is_record(type_: Any) -> bool:
    """Whether an annotation is a dataclass."""
    return isinstance(type_, type) and dataclasses.is_dataclass(type_)


def is_enum(type_: Any) -> bool:
    """Whether an annotation is an enum."""
    return isinstance(type_, type) and issubclass(type_, enum.Enum)


def fields(record: Any) -> list[tuple[str, Any]]:
    """Returns the names and types of the fields of a dataclass."""
    hints = typing.get_type_hints(record)
    return [(field.name, hints[field.name]) for field in dataclasses.fields(record)]


def members(type_: Any) -> list[str]:
    """Returns the cases of an enum."""
    return [escaped(kebab(member.name)) for member in type_]


def wit_type(type_: Any, named: Named) -> str:
    """Returns the WIT type of an annotation. Adds records and enums to `named`."""
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
    if not is_record(type_) and not is_enum(type_):
        usable = "int, float, bool, str, bytes, list, tuple, a dataclass, an Enum, or T | None"
        raise TypeError(f"WIT has no type for {type_!r}: use {usable}")
    if named.is_open(type_):
        raise TypeError(f"{type_!r} contains itself, which WIT cannot say; use keys instead")
    return named.add(type_)
