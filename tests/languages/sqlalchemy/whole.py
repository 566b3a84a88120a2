"""Runs all tests of SQLAlchemy's source package that need a database, file by file, and tells what came of each.

    python whole.py --database URL [FILES]   after `run.py fetch` and `run.py build`; minutes to hours

A file that takes too long or ends its instance counts as failed, and the next one goes on. What a file leaves in the
database is dropped before the next one.
"""

# ruff: noqa: T201 - it talks to people

from __future__ import annotations

import argparse
import collections
import json
import subprocess
import sys
import time
from pathlib import Path

import run

FOLDERS = ("orm", "ext", "engine", "sql")


def main() -> int:
    """Runs the files. Returns 1 where a test failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", help="files of SQLAlchemy's `test`, instead of all that need a database")
    parser.add_argument("--database", required=True, help="the URL of an empty database")
    parser.add_argument("--sqlservice", default="sqlservice", help="the host's program")
    parser.add_argument("--work", type=Path, default=run.HERE / ".sqlservice", help="where run.py keeps things")
    parser.add_argument("--limit", type=float, default=600, help="seconds for a file")
    given = parser.parse_args()
    total: collections.Counter[str] = collections.Counter()
    for file in given.files or found(given.work / "upstream" / "test"):
        total += one(given, file)
    print(", ".join(f"{count} {outcome}" for outcome, count in sorted(total.items())))
    return int(total["failed"] > 0)


def found(tests: Path) -> list[str]:
    """The files of tests, but those of typing tools."""
    files = (file for folder in FOLDERS for file in sorted((tests / folder).rglob("test_*.py")))
    return [str(file.relative_to(tests)) for file in files if "mypy" not in file.parts]


def one(given: argparse.Namespace, file: str) -> collections.Counter[str]:
    """Runs one file, and prints the tests that failed."""
    given.suite = "asyncio" if file.startswith("ext/asyncio/") else "orm"
    given.selection = ["--dropfirst", f"/upstream/test/{file}"]
    began = time.monotonic()
    try:
        tests = run.run(given, given.limit)["tests"]
    except (SystemExit, json.JSONDecodeError, subprocess.TimeoutExpired) as ended:
        tests = {file: {"outcome": "failed", "text": str(ended)}}
    outcomes = collections.Counter(str(came["outcome"]) for came in tests.values())
    print(f"{file}: {dict(outcomes)} in {time.monotonic() - began:.0f} s", flush=True)
    for name, came in tests.items():
        if came["outcome"] == "failed":
            print(f"  {name}: {came['text'].strip().splitlines()[-1]}", flush=True)
    return outcomes


if __name__ == "__main__":
    sys.exit(main())
