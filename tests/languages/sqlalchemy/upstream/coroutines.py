"""Runs SQLAlchemy's tests of asyncio, which bring an event loop and greenlets of their own, inside of a component."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from sqlalchemy.testing import asyncio as testing_asyncio
from sqlalchemy.util import concurrency


class Loop(asyncio.BaseEventLoop):
    """An event loop inside of a call of the component, which waits for nothing but time: the driver blocks."""

    def __init__(self) -> None:
        super().__init__()
        self._selector = self

    def select(self, timeout: float | None) -> list[Any]:
        """Waits for the next timer."""
        if timeout is None:
            message = "nothing can end this wait"
            raise RuntimeError(message)
        time.sleep(max(0.0, timeout))
        return []

    def _process_events(self, events: list[Any]) -> None:
        """There are none."""


def run_coroutine(function: Any, *args: Any, **kw: Any) -> Any:
    """Runs a test that is a coroutine."""
    outer = asyncio.get_running_loop()
    task = asyncio.tasks._swap_current_task(outer, None)
    asyncio._set_running_loop(None)
    loop = Loop()
    try:
        return loop.run_until_complete(function(*args, **kw))
    finally:
        loop.close()
        asyncio._set_running_loop(outer)
        asyncio.tasks._swap_current_task(outer, task)


def in_greenlet(function: Any, *args: Any, **kw: Any) -> Any:
    """Runs what SQLAlchemy's asyncio would run in a greenlet: here it never has to wait."""
    try:
        concurrency.greenlet_spawn(function, *args, **kw).send(None)
    except StopIteration as end:
        return end.value
    message = "this waits for another task"
    raise RuntimeError(message)


testing_asyncio._run_coroutine_function = run_coroutine
for name in ("_assume_async", "_maybe_async", "_maybe_async_provisioning"):
    setattr(testing_asyncio, name, in_greenlet)
