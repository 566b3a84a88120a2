"""What Python's garbage collector cannot end in WebAssembly, in a form that it can.

The collector calls a type's functions by one signature. `operator.methodcaller` has one of another signature, which
a processor overlooks and WebAssembly does not: one in a cycle, as SQLAlchemy makes them, would end the instance.
"""

from __future__ import annotations

import operator
from typing import Any


class MethodCaller:
    """Calls a method of what it is given, with arguments that are known before: `operator.methodcaller` in Python."""

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
    """Puts it in the place of Python's own. A plugin's build calls it before all else is imported."""
    named: Any = operator
    named.methodcaller = MethodCaller
