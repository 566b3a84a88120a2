"""Code that was not there when the component was built, and code that is no code."""

from __future__ import annotations

import builtins
import gc
import marshal
import pickle
import types
from typing import Any

from sqlservice_guest import blocking, errors, value
from sqlservice_guest.bindings import raw_sql, values
from sqlservice_guest.dialect import DataDialect

from .tables import NO_OPTIONS, begun, count, engine, execute, inserting, number, select, selecting, text
from .told import attack, lines, outcome, ways


@attack("code: from text")
def from_text() -> list[str]:
    """Text that is run: it is the plugin's code, and may no more."""
    names: dict[str, Any] = {}
    exec("def double(x):\n    return x * 2", names)  # noqa: S102 - on purpose
    return [
        f"run: {outcome(lambda: names['double'](21))}",
        *ways(
            {
                "open a file": lambda: eval("open('/etc/passwd').read()"),
                "import what is not there": lambda: __import__("ctypes"),
                "call the host": lambda: eval("__import__('os').listdir('/')"),
            }
        ),
    ]


class Bomb:
    """Runs a program when it is read."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (eval, ("__import__('os').system('touch /tmp/owned')",))


@attack("code: pickled")
def pickled() -> list[str]:
    """Pickles that run code, and bytes that are no code objects."""
    return ways(
        {
            "run a program": lambda: pickle.loads(pickle.dumps(Bomb())),
            "a broken pickle": lambda: pickle.loads(b"\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x7f"),
            "broken code": lambda: marshal.loads(b"\xe3" + b"\xff" * 100),
        }
    )


@attack("code: bytecode")
def bytecode() -> list[str]:
    """Code that reads and writes past its own stack and constants: whatever it meets is the instance's own memory."""

    def plain() -> int:
        return 1

    wild = plain.__code__.replace(co_code=bytes([100, 255] * 8) + bytes(range(240)), co_consts=(), co_stacksize=1)
    return [f"run: {outcome(types.FunctionType(wild, {}))}"]


@attack("code: a patched SDK")
def patched() -> list[str]:
    """An SDK that checks nothing, and says that it has what it has not."""
    before = value.scalar, DataDialect.capabilities, errors.closed
    value.scalar = lambda item: values.Scalar_Text(str(item))
    DataDialect.capabilities = frozenset({"raw-sql", "arrays", "schemas", "update-source", "delete-source"})
    errors.closed = lambda what: errors.InterfaceError(what, code="got")
    try:
        session = begun()
        return lines(
            {
                "a text for a number": lambda: execute(session, inserting(["id", "name"], [[0, 1]], text("901"), text("patched"))),
                "text without its grant": lambda: blocking.run(raw_sql.execute(session, "SELECT 1", [], NO_OPTIONS)) and "rows",
            }
        )
    finally:
        value.scalar, DataDialect.capabilities, errors.closed = before


@attack("code: a patched language")
def patched_language() -> list[str]:
    """Built-in functions that lie: to nothing but the plugin itself."""
    before = builtins.len, builtins.isinstance
    builtins.len = lambda _: 1 << 31  # type: ignore[assignment]
    try:
        said = outcome(lambda: begun() and "a session")
    finally:
        builtins.len, builtins.isinstance = before
    return [f"begin: {'got' if said.startswith('got') else 'refused'}", f"then: {outcome(lambda: count() and 'rows')}"]


@attack("code: all objects")
def all_objects() -> list[str]:
    """Every object that the language has: none holds more than was granted."""
    needles = tuple(part.replace("-", "") for part in ("@127.-0.0.1", "s3-cret", "SQLSERVICE_-TEST", "main-.db"))
    texts = [item for holder in gc.get_objects() if isinstance(holder, dict) for item in holder.values() if isinstance(item, str)]
    found = sum(any(needle in item for needle in needles) for item in texts if item not in needles)
    return [f"secrets: {found}"]


@attack("code: the runtime's own calls")
def runtime_calls() -> list[str]:
    """A wait for what is not there."""
    import componentize_py_runtime as runtime

    runtime.waitable_join(12345, 54321)
    return ["it has joined"]


@attack("code: the runtime's sets")
def runtime_sets() -> list[str]:
    """Sets of what is waited for until there are none."""
    import componentize_py_runtime as runtime

    for _ in range(1_000_000):
        runtime.waitable_set_new()
    return ["it has a million"]


@attack("code: the native module")
def native() -> list[str]:
    """The module that blocks, with a set that is none."""
    import _sqlservice_block

    _sqlservice_block.wait(999_999)
    return ["it has waited"]


@attack("code: reading without the SDK")
def without() -> list[str]:
    """The driver is not asked what it knows."""
    engine.dialect.loaded_dbapi.raw_sql = None  # type: ignore[union-attr]
    session = begun()
    return lines(
        {
            "a query": lambda: execute(session, selecting(number(1), select([0]))),
            "text": lambda: blocking.run(raw_sql.execute(session, "SELECT 1", [], NO_OPTIONS)) and "rows",
        }
    )
