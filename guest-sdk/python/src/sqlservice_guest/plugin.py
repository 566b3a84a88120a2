"""What a plugin exports: typed functions, whose WIT is made of their annotations, and its models."""

from __future__ import annotations

import dataclasses
import enum
import inspect
import typing
from typing import Any

from . import wit

_EXPORTS: list[Export] = []
_METADATA: list[Any] = []


@dataclasses.dataclass(frozen=True)
class Export:
    """A function that the plugin exports."""

    function: Any
    name: str
    raises: tuple[type[BaseException], ...]


def export(function: Any = None, *, name: str | None = None, raises: Any = ()) -> Any:
    """Exports a function under its own name, `add_note` as `add-note`.

    Parameters and result are annotated: `int` is a 64-bit integer, `float`, `bool`, `str`, `bytes`, `list[T]`,
    `T | None`, `tuple[…]`, dataclasses, and enums. Exceptions of the classes in `raises` are the function's errors, told
    by their text; others end the call and the instance with it, as mistakes of the plugin.
    """
    listed = tuple(raises) if isinstance(raises, (tuple, list)) else (raises,)

    def decorate(decorated: Any) -> Any:
        _EXPORTS.append(Export(decorated, name or decorated.__name__.replace("_", "-"), listed))
        return decorated

    return decorate if function is None else decorate(function)


def declare(metadata: Any) -> None:
    """Declares the models of a SQLAlchemy MetaData, so that the host can show and create them."""
    if not any(known is metadata for known in _METADATA):
        _METADATA.append(metadata)


def declared() -> list[Any]:
    """Every MetaData that was declared."""
    return list(_METADATA)


def collect(module: Any) -> None:
    """Declares each MetaData that a module's own bases or variables have."""
    for item in list(vars(module).values()):
        metadata = getattr(item, "metadata", item)
        if type(metadata).__name__ == "MetaData" and hasattr(metadata, "tables"):
            declare(metadata)


def world_text(package: str, raw_sql: bool) -> str:
    """The WIT of the plugin."""
    return wit.world(package, raw_sql, [(item.name, signature(item.function), bool(item.raises)) for item in _EXPORTS])


def signature(function: Any) -> tuple[list[tuple[str, Any]], Any]:
    """Names and types of the parameters, and the type of the result."""
    hints = typing.get_type_hints(function)
    names = list(inspect.signature(function).parameters)
    missing = [name for name in names if name not in hints]
    if missing:
        message = f"{function.__name__}: {', '.join(missing)} needs an annotation, as WIT is made of them"
        raise TypeError(message)
    return [(name, hints[name]) for name in names], hints.get("return", type(None))


def world(bindings: Any) -> type:
    """The class that componentize-py looks for: a method for each export."""
    methods = {item.name.replace("-", "_"): _method(item, bindings) for item in _EXPORTS}
    return type("WitWorld", (bindings.WitWorld,), methods)


def _method(item: Export, bindings: Any) -> Any:
    from .bindings import Err

    parameters, result = signature(item.function)

    async def method(self: Any, *arguments: Any) -> Any:
        try:
            given = [_to_python(type_, argument) for (_, type_), argument in zip(parameters, arguments, strict=True)]
            returned = item.function(*given)
            if inspect.isawaitable(returned):
                returned = await returned
            return _to_wit(result, returned, bindings)
        except item.raises as error:
            raise Err(str(error)) from None

    return method


def _to_python(type_: Any, given: Any) -> Any:
    origin, arguments = typing.get_origin(type_), typing.get_args(type_)
    if wit.is_optional(type_):
        return None if given is None else _to_python(wit.inner(type_), given)
    if origin is list:
        return [_to_python(arguments[0], item) for item in given]
    if origin is tuple:
        return tuple(_to_python(part, item) for part, item in zip(arguments, given, strict=True))
    if dataclasses.is_dataclass(type_):
        hints = typing.get_type_hints(type_)
        return type_(
            **{
                field.name: _to_python(hints[field.name], getattr(given, field.name))
                for field in dataclasses.fields(type_)
            }
        )
    if isinstance(type_, type) and issubclass(type_, enum.Enum):
        return list(type_)[given.value]
    parse = wit.TEXTS.get(type_)
    return parse(given) if parse else given


def _to_wit(type_: Any, given: Any, bindings: Any) -> Any:
    origin, arguments = typing.get_origin(type_), typing.get_args(type_)
    if type_ in (None, type(None)):
        return None
    if wit.is_optional(type_):
        return None if given is None else _to_wit(wit.inner(type_), given, bindings)
    if origin is list and isinstance(given, (list, tuple)):
        return [_to_wit(arguments[0], item, bindings) for item in given]
    if origin is tuple and isinstance(given, tuple) and len(given) == len(arguments):
        return tuple(_to_wit(part, item, bindings) for part, item in zip(arguments, given, strict=True))
    if dataclasses.is_dataclass(type_) and isinstance(given, type_):
        hints, record = typing.get_type_hints(type_), getattr(bindings, type_.__name__)
        return record(
            **{f.name: _to_wit(hints[f.name], getattr(given, f.name), bindings) for f in dataclasses.fields(type_)}
        )
    if isinstance(type_, type) and issubclass(type_, enum.Enum) and isinstance(given, type_):
        return list(getattr(bindings, type_.__name__))[list(type_).index(given)]
    if type_ in wit.TEXTS:
        return str(given)
    if type_ is float and type(given) is int:
        return float(given)
    if type_ is int and (not isinstance(given, int) or not -(1 << 63) <= given < 1 << 63):
        message = f"a whole number of 64 bits is expected, not {given!r}"
        raise TypeError(message)
    if not isinstance(given, type_):
        message = f"{type_} is expected, not {given!r:.80}"
        raise TypeError(message)
    return given


def declarations() -> type:
    """The class that serves `declared-models`."""
    from .bindings import schema

    found: list[Any] = []
    related: list[Any] = []
    if _METADATA:
        from .dialect import DataDialect, models

        found = [table for metadata in _METADATA for table in models.models(metadata, DataDialect())]
        related = [item for metadata in _METADATA for item in models.relationships(metadata)]

    class Declarations:
        """The plugin's models."""

        def declared_models(self) -> Any:
            """What `sqlservice inspect` shows."""
            return schema.Models(found, related)

    return Declarations
