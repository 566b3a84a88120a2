"""Converts arguments and results of exports between the types of their annotations and of the bindings."""

from __future__ import annotations

import typing
from typing import Any

from . import wit
from .value import checked_text


def to_python(type_: Any, given: Any) -> Any:
    """Returns an argument as its annotated type. Raises ValueError or ArithmeticError for an invalid text."""
    origin, arguments = typing.get_origin(type_), typing.get_args(type_)
    if wit.is_optional(type_):
        return None if given is None else to_python(wit.inner(type_), given)
    if origin is list:
        return [to_python(arguments[0], item) for item in given]
    if origin is tuple:
        return tuple(to_python(part, item) for part, item in zip(arguments, given, strict=True))
    if wit.is_record(type_):
        return type_(**{name: to_python(field, _field(given, name)) for name, field in wit.fields(type_)})
    if wit.is_enum(type_):
        return list(type_)[given.value]
    parse = wit.TEXTS.get(type_)
    return parse(given) if parse else given


def to_wit(type_: Any, given: Any, bindings: Any) -> Any:
    """Returns a result as the bindings' type. Raises TypeError for another type than annotated: a bug of the plugin."""
    origin, arguments = typing.get_origin(type_), typing.get_args(type_)
    if type_ in (None, type(None)):
        return None
    if wit.is_optional(type_):
        return None if given is None else to_wit(wit.inner(type_), given, bindings)
    if origin is list and isinstance(given, (list, tuple)):
        return [to_wit(arguments[0], item, bindings) for item in given]
    if origin is tuple and isinstance(given, tuple) and len(given) == len(arguments):
        return tuple(to_wit(part, item, bindings) for part, item in zip(arguments, given, strict=True))
    if not isinstance(type_, type) or not isinstance(given, (int, float) if type_ is float else type_):
        message = f"{type_} is expected, not {given!r:.80}"
        raise TypeError(message)
    if wit.is_record(type_):
        record = getattr(bindings, wit.class_name(type_))
        return record(*[to_wit(field, getattr(given, name), bindings) for name, field in wit.fields(type_)])
    if wit.is_enum(type_):
        kind: Any = type_
        return list(getattr(bindings, wit.class_name(type_)))[list(kind).index(given)]
    return _plain(type_, given)


def _field(record: Any, name: str) -> Any:
    """Returns a field of a bindings record, whose name is in snake case, in some cases with a `_` appended."""
    own = wit.kebab(name).replace("-", "_")
    return getattr(record, own) if hasattr(record, own) else getattr(record, f"{own}_")


def _plain(type_: type, given: Any) -> Any:
    if type_ in wit.TEXTS:
        return str(given)
    if type_ is str:
        return checked_text(given)
    if type_ is float:
        return float(given)
    if type_ is int and not -(1 << 63) <= given < 1 << 63:
        message = f"a whole number of 64 bits is expected, not {given!r:.80}"
        raise TypeError(message)
    return given
