"""A plugin's exports: typed functions, whose WIT is generated from their annotations, and its models."""

from __future__ import annotations

import dataclasses
import inspect
import typing
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, TypeVar, overload

from . import snapshot, wit
from .convert import to_python, to_wit

F = TypeVar("F", bound=Callable[..., Any])
Raises: TypeAlias = type[BaseException] | Sequence[type[BaseException]]

_EXPORTS: list[Export] = []
_METADATA: list[Any] = []
_STARTED: list[bool] = []


@dataclasses.dataclass(frozen=True)
class Export:
    """A function that the plugin exports."""

    function: Any
    name: str
    raises: tuple[type[BaseException], ...]


@overload
def export(function: F) -> F: ...


@overload
def export(*, name: str | None = None, raises: Raises = ()) -> Callable[[F], F]: ...


def export(function: F | None = None, *, name: str | None = None, raises: Raises = ()) -> F | Callable[[F], F]:
    """Exports a function under its own name, `add_note` as `add-note`.

    Parameters and result are annotated: `int` is a 64-bit integer, `float`, `bool`, `str`, `bytes`, `list[T]`,
    `T | None`, `tuple[…]`, dataclasses, and enums. Exceptions of the classes in `raises` become the function's errors,
    as their text. Other exceptions are bugs of the plugin: they end the call and its instance.
    """
    listed = (raises,) if isinstance(raises, type) else tuple(raises)

    def decorate(decorated: F) -> F:
        _EXPORTS.append(Export(decorated, name or decorated.__name__.replace("_", "-"), listed))
        return decorated

    return decorate if function is None else decorate(function)


def declare(metadata: Any) -> None:
    """Declares the models of a SQLAlchemy MetaData, so that the host can list and create them."""
    if not any(known is metadata for known in _METADATA):
        _METADATA.append(metadata)


def declared() -> list[Any]:
    """Returns every declared MetaData."""
    return list(_METADATA)


def collect(module: Any) -> None:
    """Declares each MetaData that is a variable of a module, or the `metadata` of one."""
    for item in list(vars(module).values()):
        metadata = getattr(item, "metadata", item)
        if type(metadata).__name__ == "MetaData" and hasattr(metadata, "tables"):
            declare(metadata)


def world_text(package: str, raw_sql: bool) -> str:
    """Returns the WIT of the plugin."""
    return wit.world(package, raw_sql, [signature(item) for item in _EXPORTS])


def signature(item: Export) -> wit.Signature:
    """Returns the WIT signature of an export from its annotations. Raises TypeError where one is missing."""
    hints = typing.get_type_hints(item.function)
    names = list(inspect.signature(item.function).parameters)
    missing = [name for name in names if name not in hints]
    if missing:
        message = f"{item.function.__name__}: {', '.join(missing)} needs an annotation, as WIT is made of them"
        raise TypeError(message)
    parameters = [(name, hints[name]) for name in names]
    return wit.Signature(item.name, parameters, hints.get("return", type(None)), bool(item.raises))


def world(bindings: Any) -> type:
    """Returns the class that componentize-py expects, with a method for each export."""
    methods = {item.name.replace("-", "_"): _method(item, bindings) for item in _EXPORTS}
    return type("WitWorld", (bindings.WitWorld,), methods)


def _method(item: Export, bindings: Any) -> Any:
    from .bindings import Err
    from .loop import end_tasks

    _, parameters, result, _ = signature(item)

    async def method(self: Any, *arguments: Any) -> Any:
        _start()
        try:
            given = [to_python(type_, argument) for (_, type_), argument in zip(parameters, arguments, strict=True)]
        except (ArithmeticError, ValueError) as error:
            if not item.raises:
                raise
            raise Err(_told(f"an argument cannot be read: {error}")) from None
        try:
            returned = item.function(*given)
            if inspect.isawaitable(returned):
                try:
                    returned = await returned
                finally:
                    await end_tasks()
        except item.raises as error:
            raise Err(_told(error)) from None
        try:
            return to_wit(result, returned, bindings)
        except Exception as error:
            if not item.raises:
                raise
            raise Err(_told(f"what {item.name} returned is not what it says: {error}")) from None

    return method


def _told(error: object) -> str:
    """Returns an error's text, with characters replaced that the contract cannot carry."""
    return str(error).encode(errors="replace").decode()


def _start() -> None:
    """Prepares an instance, once, before its first call."""
    if not _STARTED:
        _STARTED.append(True)
        snapshot.renew()


def declarations() -> type:
    """Returns the class that implements `declared-models`."""
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
            """Returns the models that `sqlservice inspect` shows."""
            return schema.Models(found, related)

    return Declarations
