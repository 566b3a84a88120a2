"""SQLAlchemy's asyncio extension without greenlet, which has no WebAssembly build.

SQLAlchemy runs its synchronous core in a greenlet and switches out of it to await the driver. This driver blocks
instead, so no switch is needed: the replacement calls the function to which SQLAlchemy switches. SQLAlchemy finds it
under the name `greenlet` only while `sqlalchemy.util.concurrency` is imported; `import greenlet` fails afterwards.
"""

from __future__ import annotations

import importlib
import sys
import types
from typing import Any


class DirectCall:
    """A replacement for `greenlet`: `switch` calls the function; the root one drives an awaitable by one step."""

    def __init__(self, run: Any = None, parent: Any = None) -> None:
        self.run, self.parent = run, parent
        self.dead, self.gr_context = False, None

    def switch(self, *args: Any, **kw: Any) -> Any:
        """Calls the function; the root one returns the result of an awaitable that completes at its first step."""
        if self.run is None:
            return _at_once(args[0])
        before, _State.current = _State.current, self
        try:
            return self.run(*args, **kw)
        finally:
            self.dead = True
            _State.current = before

    def throw(self, *error: Any) -> Any:
        """Raises the exception that it is given."""
        raise error[1] if len(error) > 1 else error[0]


class _State:
    current = DirectCall()


def _at_once(awaitable: Any) -> Any:
    steps = awaitable.__await__()
    try:
        next(steps)
    except StopIteration as end:
        return end.value
    message = "this would have to wait for another task of the same instance; await it outside of SQLAlchemy's session"
    raise RuntimeError(message)


def install() -> None:
    """Makes SQLAlchemy's asyncio usable. A plugin's build calls it before it imports SQLAlchemy."""
    if "sqlalchemy.util.concurrency" not in sys.modules:
        sys.modules["greenlet"] = _stand_in()
        try:
            importlib.import_module("sqlalchemy.util.concurrency")
        finally:
            del sys.modules["greenlet"]
    public: Any = sys.modules["sqlalchemy.util.concurrency"]
    if not public.have_greenlet:
        message = "sqlalchemy was imported before sqlservice_guest.asyncio_support.install()"
        raise ImportError(message)
    private: Any = importlib.import_module("sqlalchemy.util._concurrency_py3k")

    async def greenlet_spawn(fn: Any, *args: Any, _require_await: bool = False, **kw: Any) -> Any:
        return private._AsyncIoGreenlet(fn, _State.current).switch(*args, **kw)

    public.greenlet_spawn = private.greenlet_spawn = greenlet_spawn


def _stand_in() -> types.ModuleType:
    module: Any = types.ModuleType("greenlet")
    module.greenlet, module.getcurrent = DirectCall, lambda: _State.current
    module.GreenletExit, module.__version__ = type("GreenletExit", (BaseException,), {}), "3.0.0"
    stand_in: types.ModuleType = module
    return stand_in
