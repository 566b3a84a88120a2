"""Blocks until a host call returns, for code that cannot await: SQLAlchemy's ORM and PEP 249.

While a call blocks, its instance serves no other call. Code that can await uses `sqlservice_guest.aio` instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from . import errors
from .bindings import Err

if TYPE_CHECKING:
    from collections.abc import Coroutine

T = TypeVar("T")

_STARTED = 1
_RETURNED = 2


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Runs a host call to its end. Raises failures as the exceptions of `sqlservice_guest.errors`."""
    try:
        return _drive(coroutine)
    except Err as failure:
        raise errors.from_failure(failure.value) from None


def _drive(coroutine: Coroutine[Any, Any, T]) -> T:
    try:
        future = coroutine.send(None)
        while True:
            future.set_result(_wait(future))
            future = coroutine.send(None)
    except StopIteration as end:
        returned: T = end.value
        return returned


def _wait(future: Any) -> int:
    """Waits for the host call behind a future of componentize-py's event loop, and removes it from that loop."""
    import _sqlservice_block
    import componentize_py_async_support as loop
    import componentize_py_runtime as runtime

    pending = loop._future_state.get().futures
    waitable = next((waitable for waitable, other in pending.items() if other is future), None)
    if waitable is None:
        message = "only calls of the host can be waited for here; await other things"
        raise errors.InterfaceError(message, code="invalid")
    own = runtime.waitable_set_new()
    runtime.waitable_join(waitable, own)
    status = _STARTED
    while status == _STARTED:
        event = _sqlservice_block.wait(own)
        status = int.from_bytes(event[8:12], "little")
    runtime.waitable_join(waitable, 0)
    if status != _RETURNED:
        raise errors.OperationalError("the call was cancelled", code="cancelled")
    runtime.subtask_drop(waitable)
    runtime.waitable_set_drop(own)
    del pending[waitable]
    return status
