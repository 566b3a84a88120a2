"""Adds timers, cancellation, and the cleanup of unfinished tasks to componentize-py's event loop.

Without them a cancelled call, or a task that is still pending when its export returns, would end the instance.
"""

from __future__ import annotations

import asyncio
import contextvars
import sys
import time
import traceback
import weakref
from typing import TYPE_CHECKING, Any, TypeVar

from . import errors
from .bindings import Err, monotonic_clock

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

T = TypeVar("T")

_ROUNDS = 10
"""How many times unfinished tasks are cancelled and run again before the loop abandons them."""

_crossings: weakref.WeakSet[asyncio.Task[Any]] = weakref.WeakSet()
_timers: weakref.WeakKeyDictionary[asyncio.TimerHandle, asyncio.Task[None]] = weakref.WeakKeyDictionary()


class UnderWay:
    """The pending calls of one handle. Until they end, the handle must be neither closed nor dropped."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        self._then: list[Callable[[], object]] = []

    def add(self, crossing: asyncio.Task[Any]) -> None:
        """Registers a call."""
        self._tasks.add(crossing)
        crossing.add_done_callback(self._end)

    def _end(self, crossing: asyncio.Task[Any]) -> None:
        self._tasks.discard(crossing)
        while self._then and not self._tasks:
            self._then.pop()()

    def when_ended(self, then: Callable[[], object]) -> None:
        """Calls `then` as soon as no call is pending, which is mostly at once."""
        if self._tasks:
            self._then.append(then)
        else:
            then()

    async def end(self) -> None:
        """Waits for all calls, whether they succeed or fail."""
        while self._tasks:
            await asyncio.wait(self._tasks)


async def cross(coroutine: Coroutine[Any, Any, T], under_way: UnderWay | None = None) -> T:
    """Awaits a host call, with failures as the exceptions of `errors`.

    The caller can be cancelled. The call cannot: the host finishes it, and its result is dropped.
    """
    crossing = asyncio.ensure_future(coroutine)
    _crossings.add(crossing)
    if under_way is not None:
        under_way.add(crossing)
    try:
        return await asyncio.shield(crossing)
    except Err as failure:
        raise errors.from_failure(failure.value) from None
    except asyncio.CancelledError:
        crossing.add_done_callback(_give_back)
        raise


def _give_back(crossing: asyncio.Task[Any]) -> None:
    """Drops the handle that an abandoned call returned: an undropped session would keep its connection."""
    if crossing.cancelled() or crossing.exception() is not None:
        return
    given = crossing.result()
    leave = getattr(getattr(given, "cursor", given), "__exit__", None)
    if leave is not None:
        leave(None, None, None)


async def end_tasks() -> None:
    """Cancels the unfinished tasks of an export, as `asyncio.run` does, and waits for pending host calls."""
    for _ in range(_ROUNDS):
        left = _tasks()
        if not left:
            return
        for task in left:
            if task not in _crossings:
                task.cancel()
        await asyncio.sleep(0)
        crossings = [task for task in left if task in _crossings and not task.done()]
        if crossings:
            await asyncio.wait(crossings)
    _let_go(lambda _: True)


def _tasks() -> list[asyncio.Task[Any]]:
    """Returns the other tasks of this call of an export."""
    import componentize_py_async_support as support

    own, state = asyncio.current_task(), support._future_state.get()
    return [
        task
        for task in asyncio.all_tasks()
        if task is not own and task.get_context().get(support._future_state) is state
    ]


async def _fire(handle: asyncio.TimerHandle, seconds: float) -> None:
    try:
        await monotonic_clock.wait_for(max(0, int(seconds * 1e9)))
    except asyncio.CancelledError:
        _let_go(asyncio.Future.cancelled)
        raise
    if not handle.cancelled():
        handle._run()


def _let_go(chosen: Callable[[asyncio.Future[Any]], bool]) -> None:
    """Removes the chosen waits, whose futures no task awaits any more; the loop would fail when they end."""
    import componentize_py_async_support as support
    import componentize_py_runtime as runtime

    pending = support._future_state.get().futures
    for waitable, future in list(pending.items()):
        if chosen(future):
            runtime.waitable_join(waitable, 0)
            del pending[waitable]


class _Methods:
    """The methods that `install` adds to the loop."""

    def time(self) -> float:
        return time.monotonic()

    def call_later(self, delay: float, callback: Any, *args: Any, context: Any = None) -> asyncio.TimerHandle:
        return self.call_at(self.time() + delay, callback, *args, context=context)

    def call_at(self, when: float, callback: Any, *args: Any, context: Any = None) -> asyncio.TimerHandle:
        loop: Any = self
        handle = asyncio.TimerHandle(when, callback, args, loop, context)
        _timers[handle] = asyncio.Task(_fire(handle, when - self.time()), loop=loop)
        return handle

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        timer = _timers.pop(handle, None)
        if timer is not None and timer is not asyncio.current_task():
            timer.cancel()

    def create_task(self, coro: Coroutine[Any, Any, T], **options: Any) -> asyncio.Task[T]:
        loop: Any = self
        return asyncio.Task(coro, loop=loop, **options)

    def call_soon(self, callback: Callable[..., object], *args: Any, context: Any = None) -> asyncio.Handle:
        import componentize_py_async_support as support

        chosen = contextvars.copy_context() if context is None else context
        loop: Any = self
        handle = asyncio.Handle(callback, args, loop, chosen)
        chosen[support._future_state].handles.append(handle)
        return handle

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Prints an exception that no task awaits to stderr, as asyncio does; the instance continues."""
        sys.stderr.write(f"{context.get('message')}\n")
        error = context.get("exception")
        if error is not None:
            traceback.print_exception(error, file=sys.stderr)

    def get_exception_handler(self) -> None:
        return None


def install() -> None:
    """Adds the methods to the loop. A plugin's build calls it."""
    import componentize_py_async_support as support

    for name, method in vars(_Methods).items():
        if callable(method) and not name.startswith("__"):
            setattr(support._Loop, name, method)
