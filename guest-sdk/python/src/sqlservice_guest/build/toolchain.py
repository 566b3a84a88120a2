"""Hides the export that a component has for its toolchain alone.

componentize-py makes a component that starts Python when `init` of the interface `exports` is called, calls it, and
keeps a snapshot of the memory. The export remains, and is of no use in the finished plugin.
"""

from __future__ import annotations

from collections.abc import Iterator

PREAMBLE = b"\0asm\x0d\0\x01\0"
"""The first bytes of a component."""

EXPORT = 11
"""The id of sections with exports."""

SETUP = b"\x01\x00\x07exports\x05"
"""The start of a section with one export: an instance by the name of the toolchain's interface; its index follows."""

NOTHING = b"\x05\x03\x01\x01\x00"
"""A section with one instance without exports. It takes the index that the export had, as both add an instance."""


def without_setup(component: bytes) -> bytes:
    """Returns the component without the toolchain's own export."""
    if not component.startswith(PREAMBLE):
        message = "this is no component"
        raise ValueError(message)
    return PREAMBLE + b"".join(
        NOTHING if kind == EXPORT and content.startswith(SETUP) else section
        for kind, content, section in _sections(component)
    )


def _sections(component: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Yields the id, the content, and all bytes of each section."""
    start = len(PREAMBLE)
    while start < len(component):
        size, at = _unsigned(component, start + 1)
        yield component[start], component[at : at + size], component[start : at + size]
        start = at + size


def _unsigned(data: bytes, at: int) -> tuple[int, int]:
    """Returns an unsigned LEB128 number, and the offset after it."""
    value, shift = 0, 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
