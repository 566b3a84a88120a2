"""Hides what a component exports for its toolchain alone.

componentize-py makes a component that starts Python when `init` of the interface `exports` is called, calls it, and
keeps the memory that it left. The export stays, and means nothing to who looks at the finished plugin.
"""

from __future__ import annotations

from collections.abc import Iterator

PREAMBLE = b"\0asm\x0d\0\x01\0"
"""What a component begins with."""

EXPORT = 11
"""The kind of sections with exports."""

SETUP = b"\x01\x00\x07exports\x05"
"""A section with one export: an instance by the name of the toolchain's interface, whose number follows."""

NOTHING = b"\x05\x03\x01\x01\x00"
"""A section with one instance that has no exports. It takes the number that the export had, as both count."""


def without_setup(component: bytes) -> bytes:
    """The component without the toolchain's own export."""
    if not component.startswith(PREAMBLE):
        message = "this is no component"
        raise ValueError(message)
    return PREAMBLE + b"".join(
        NOTHING if kind == EXPORT and content.startswith(SETUP) else section
        for kind, content, section in _sections(component)
    )


def _sections(component: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Each section: its kind, its content, and all of it."""
    start = len(PREAMBLE)
    while start < len(component):
        size, at = _unsigned(component, start + 1)
        yield component[start], component[at : at + size], component[start : at + size]
        start = at + size


def _unsigned(data: bytes, at: int) -> tuple[int, int]:
    """A number as LEB128, and where what follows begins."""
    value, shift = 0, 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
