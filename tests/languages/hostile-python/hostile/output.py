"""What prints more than it may, and what tries to steer who reads it."""

from __future__ import annotations

import sys

from .told import attack

ESCAPES = "\x1b[2J\x1b[1;1H\x1b]0;owned\x07\x1b]52;c;cm0=\x07\r\x08\u202eHOST: granted\u2028[error] forged line"


@attack("output: a flood")
def flood() -> list[str]:
    """Two thousand lines of a kilobyte."""
    line = "x" * 1000
    for _ in range(2_000):
        print(line)
    return ["it has printed"]


@attack("output: a line without an end")
def long_line() -> list[str]:
    """Twenty megabytes."""
    for _ in range(20):
        sys.stdout.write("x" * 1_000_000)
    sys.stdout.flush()
    return ["it has printed"]


@attack("output: escapes")
def escapes() -> list[str]:
    """What steers a terminal, on both outputs, and bytes that are no text."""
    print(ESCAPES)
    print(ESCAPES, file=sys.stderr)
    sys.stdout.buffer.write(b"\xff\xfe\x00\x1b[31m\n")
    sys.stdout.buffer.flush()
    return ["it has printed"]


@attack("output: errors")
def errors() -> list[str]:
    """The same flood where errors go."""
    line = "[error] forged\n" * 60
    for _ in range(2_000):
        sys.stderr.write(line)
    return ["it has printed"]
