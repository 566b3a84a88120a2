"""Cuts the code blocks out of the page and mends its slips, for `run-page`: `python page.py seed.rst`."""

from __future__ import annotations

import re
import sys
import textwrap
from pathlib import Path

_BLOCK = re.compile(r"^\.\. code-block:: python\n\n((?:(?: {4}.*)?\n)+)", re.MULTILINE)
_SLIPS = (
    (r"(?<!Async)Database\(", "AsyncDatabase("),
    (r'"sqlite\+aiosqlite://"', '"sqlservice+asyncio://default"'),
    (r"await (db\.session\(\))", r"\1"),
)


def blocks(page: str) -> list[str]:
    """The page's blocks of Python with its slips mended, and a statement where a block has a comment alone."""
    found = []
    for match in _BLOCK.finditer(page + "\n"):
        block = textwrap.dedent(match[1]).rstrip() + "\n"
        for slip, mended in _SLIPS:
            block = re.sub(slip, mended, block)
        found.append(re.sub(r"^( +)(#.*)$", r"\1pass  \2", block, flags=re.MULTILINE))
    return found


if __name__ == "__main__":
    print("\n# ---\n".join(blocks(Path(sys.argv[1]).read_text())), end="")
