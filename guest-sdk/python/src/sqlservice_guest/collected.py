"""A replacement for `operator.methodcaller`, which the garbage collector cannot free in WebAssembly.

The collector calls the functions of all types by one signature. A function of `operator.methodcaller` has another
signature, which native code tolerates and WebAssembly does not: a methodcaller in a reference cycle, as SQLAlchemy
makes them, would end the instance.
"""

from __future__ import annotations

import operator
from typing import Any


class MethodCaller:
    """Calls a method of its argument with arguments bound beforehand: `operator.methodcaller` in Python."""

    __slots__ = ("_arguments", "_keywords", "_name")

    def __init__(self, name: str, /, *arguments: Any, **keywords: Any) -> None:
        if not isinstance(name, str):
            message = "method name must be a string"
            raise TypeError(message)
        self._name, self._arguments, self._keywords = name, arguments, keywords

    def __call__(self, target: Any, /) -> Any:
        return getattr(target, self._name)(*self._arguments, **self._keywords)

    def __repr__(self) -> str:
        shown = [repr(self._name), *map(repr, self._arguments)]
        shown += [f"{name}={value!r}" for name, value in self._keywords.items()]
        return f"operator.methodcaller({', '.join(shown)})"


def install() -> None:
    """Replaces Python's own `methodcaller`. A plugin's build calls it before it imports SQLAlchemy and the plugin."""
    named: Any = operator
    named.methodcaller = MethodCaller
