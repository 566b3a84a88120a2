"""The page about async databases: its code blocks for the plugin, and their output outside of the sandbox.

python page.py               the argument of `run-page`
python page.py run [URL]     runs them here, with CPython, the library from PyPI and its own driver, and prints
                             their output; on SQLite in memory, or the database of a SQLAlchemy URL
"""

from __future__ import annotations

import ast
import asyncio
import json
import re
import sys
import textwrap
from pathlib import Path
from typing import Any

PAGE = Path(__file__).with_name("seed.rst")
MARK = "\n# ---\n"
"""The line between two blocks."""

_BLOCK = re.compile(r"^\.\. code-block:: python\n\n((?:(?: {4}.*)?\n)+)", re.MULTILINE)
_SLIPS = (
    (r"(?<!Async)Database\(", "AsyncDatabase("),
    (r"await (db\.session\(\))", r"\1"),
)
_URL = '"sqlite+aiosqlite://"'


def blocks(page: str, url: str) -> list[str]:
    """Returns the page's Python blocks with its mistakes corrected, and `pass` before each indented comment."""
    found = []
    for match in _BLOCK.finditer(page + "\n"):
        block = textwrap.dedent(match[1]).rstrip() + "\n"
        for slip, mended in _SLIPS:
            block = re.sub(slip, mended, block)
        block = block.replace(_URL, json.dumps(url))
        found.append(re.sub(r"^( +)(#.*)$", r"\1pass  \2", block, flags=re.MULTILINE))
    return found


async def run(source: list[str]) -> None:
    """Runs blocks one after the other in one namespace."""
    names: dict[str, Any] = {"__name__": "page"}
    for number, block in enumerate(source, 1):
        code = compile(block, f"<block {number}>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        waiting = eval(code, names)
        if asyncio.iscoroutine(waiting):
            await waiting


def main(arguments: list[str]) -> None:
    """Prints the blocks, or their output."""
    page = PAGE.read_text(encoding="utf-8")
    match arguments:
        case []:
            source = MARK.join(blocks(page, "sqlservice+asyncio://default"))
            print(json.dumps(source, ensure_ascii=False))
        case ["run", *url]:
            asyncio.run(run(blocks(page, url[0] if url else "sqlite+aiosqlite://")))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
