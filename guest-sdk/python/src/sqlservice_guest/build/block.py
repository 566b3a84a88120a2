"""Generates the native module that blocks, by the one component model built-in that componentize-py's runtime lacks.

The runtime can await an import only by returning to its caller. Synchronous code, such as SQLAlchemy's ORM, cannot do
that: it needs `[waitable-set-wait]`, which suspends the whole instance until a waitable of a set has an event.
The module has one function, `wait(set) -> bytes`. It returns the kind of the event, the waitable, and its code, as
three little-endian 32-bit integers.

It is a WebAssembly shared library of some 600 bytes, which componentize-py links like any other native module. The
bytes are generated here, section by section, so that no C compiler is needed and the repository has no binary.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

MODULE = "_sqlservice_block"
"""The module's name."""

FILE = f"{MODULE}.cpython-314-wasm32-wasi.so"
"""The name of its file, by which CPython 3.14 for WebAssembly finds it."""

I32 = b"\x7f"
EMPTY_BLOCK = b"\x40"
METH_O = 8
PYTHON_API_VERSION = 1013

# Offsets in the module's own memory: the table of methods (two of 16 bytes), the definition of the module (52 bytes),
# the event (12 bytes), and strings.
METHODS, DEFINITION, EVENT, WAIT_NAME = 0, 32, 84, 96
MODULE_NAME = WAIT_NAME + len(b"wait\0")
DATA = (
    struct.pack("<4i", 0, 0, METH_O, 0)
    + bytes(16)
    + struct.pack("<13i", 1, 0, 0, 0, 0, 0, 0, -1, 0, 0, 0, 0, 0)
    + bytes(12)
    + b"wait\0"
    + MODULE.encode()
    + b"\0"
)

# Function indexes: the imports, then this module's own two.
CREATE, AS_UNSIGNED, OCCURRED, TO_BYTES, SUSPEND, WAIT, INIT = range(7)
# Indexes of function types.
TWO_TO_ONE, ONE_TO_ONE, NONE_TO_ONE = range(3)
# Indexes of imported globals.
MEMORY_BASE, TABLE_BASE = range(2)


def shared_library() -> bytes:
    """Returns the bytes of the module, for a file named `FILE` on componentize-py's path."""
    return (
        b"\0asm"
        + struct.pack("<I", 1)
        + b"".join(
            (
                _section(
                    0,
                    _name("dylink.0")
                    + b"\x01"
                    + _sized(_unsigned(len(DATA)) + _unsigned(2) + _unsigned(1) + _unsigned(0)),
                ),
                _section(1, _vector([_function_type(2), _function_type(1), _function_type(0)])),
                _section(2, _vector(_imports())),
                _section(3, _vector([_unsigned(TWO_TO_ONE), _unsigned(NONE_TO_ONE)])),
                _section(7, _vector([_name(f"PyInit_{MODULE}") + b"\x00" + _unsigned(INIT)])),
                _section(9, _vector([b"\x00" + _get_global(TABLE_BASE) + b"\x0b" + _vector([_unsigned(WAIT)])])),
                _section(10, _vector([_body(_wait(), locals_=1), _body(_init(), locals_=0)])),
                _section(11, _vector([b"\x00" + _get_global(MEMORY_BASE) + b"\x0b" + _sized(DATA)])),
            )
        )
    )


def _imports() -> list[bytes]:
    def function(module: str, name: str, kind: int) -> bytes:
        return _name(module) + _name(name) + b"\x00" + _unsigned(kind)

    def number(name: str) -> bytes:
        return _name("env") + _name(name) + b"\x03" + I32 + b"\x00"

    return [
        _name("env") + _name("memory") + b"\x02\x00\x00",
        _name("env") + _name("__indirect_function_table") + b"\x01\x70\x00\x00",
        number("__memory_base"),
        number("__table_base"),
        function("env", "PyModule_Create2", TWO_TO_ONE),
        function("env", "PyLong_AsUnsignedLong", ONE_TO_ONE),
        function("env", "PyErr_Occurred", NONE_TO_ONE),
        function("env", "PyBytes_FromStringAndSize", TWO_TO_ONE),
        function("$root", "[waitable-set-wait]", TWO_TO_ONE),
    ]


def _wait() -> bytes:
    """The body of `wait(self, set)`: returns the event's bytes, or null and a Python error for an invalid `set`."""
    number = 2
    return b"".join(
        (
            _get_local(1),
            _call(AS_UNSIGNED),
            b"\x21",
            _unsigned(number),
            _call(OCCURRED),
            b"\x04",
            EMPTY_BLOCK,
            _constant(0),
            b"\x0f\x0b",
            _address(EVENT),
            _get_local(number),
            _address(EVENT + 4),
            _call(SUSPEND),
            _store(),
            _address(EVENT),
            _constant(12),
            _call(TO_BYTES),
        )
    )


def _init() -> bytes:
    """The body of `PyInit_…()`: writes the addresses, which are known only at run time, and creates the module."""
    return b"".join(
        (
            _address(METHODS),
            _address(WAIT_NAME),
            _store(),
            _address(METHODS + 4),
            _get_global(TABLE_BASE),
            _store(),
            _address(DEFINITION + 20),
            _address(MODULE_NAME),
            _store(),
            _address(DEFINITION + 32),
            _address(METHODS),
            _store(),
            _address(DEFINITION),
            _constant(PYTHON_API_VERSION),
            _call(CREATE),
        )
    )


def _address(offset: int) -> bytes:
    return _get_global(MEMORY_BASE) + _constant(offset) + b"\x6a"


def _get_global(index: int) -> bytes:
    return b"\x23" + _unsigned(index)


def _get_local(index: int) -> bytes:
    return b"\x20" + _unsigned(index)


def _call(function: int) -> bytes:
    return b"\x10" + _unsigned(function)


def _constant(value: int) -> bytes:
    return b"\x41" + _signed(value)


def _store() -> bytes:
    return b"\x36\x02\x00"


def _body(code: bytes, locals_: int) -> bytes:
    declared = _vector([_unsigned(locals_) + I32] if locals_ else [])
    return _sized(declared + code + b"\x0b")


def _function_type(parameters: int) -> bytes:
    return b"\x60" + _vector([I32] * parameters) + _vector([I32])


def _section(number: int, content: bytes) -> bytes:
    return bytes([number]) + _sized(content)


def _name(text: str) -> bytes:
    return _sized(text.encode())


def _vector(items: Iterable[bytes]) -> bytes:
    listed = list(items)
    return _unsigned(len(listed)) + b"".join(listed)


def _sized(content: bytes) -> bytes:
    return _unsigned(len(content)) + content


def _unsigned(value: int) -> bytes:
    """Returns a number as unsigned LEB128."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _signed(value: int) -> bytes:
    """Returns a number as signed LEB128."""
    out = bytearray()
    while not -0x40 <= value < 0x40:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value & 0x7F)
    return bytes(out)
