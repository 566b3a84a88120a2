"""The benchmark: SQLAlchemy in the sandbox beside SQLAlchemy on CPython, on the same tables of one database.

    python bench.py --build
    python bench.py --sqlservice BIN --database sqlite:bench.db --table
    python bench.py --sqlservice BIN --database postgresql://… --database mariadb://… --table

Both sides run `bench/work.py`, in turns, each in a process of its own. A time is that of the work alone, by the clock
of the side itself: neither the start of a process, of an instance or of Python counts, nor the first time of each.
Processor time is that of the whole process, host and driver included, less that of one that does the work only once.
The Python that builds has `componentize-py`; the one that measures has what `outside.txt` names.
"""

# ruff: noqa: T201 - it talks to people

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from component import build

HERE = Path(__file__).resolve().parent
WORKS = ("point", "read", "insert", "flush", "objects", "build")
DRIVERS = {
    "sqlite": ("pysqlite", "aiosqlite"),
    "postgresql": ("psycopg", "asyncpg"),
    "mysql": ("pymysql", "aiomysql"),
}
NAMES = {"postgres": "postgresql", "mariadb": "mysql"}


class Taken(NamedTuple):
    """The milliseconds of one time of a work."""

    wall: list[float]
    processor: float


def main() -> int:
    """Parses the arguments and does what they say."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", action="store_true", help="build the component, and measure nothing")
    parser.add_argument("--sqlservice", default="sqlservice", help="the host's program, optimised")
    parser.add_argument("--database", action="append", default=[], help="the URL of an empty database (repeatable)")
    parser.add_argument("--work", action="append", choices=WORKS, help="only this work (repeatable)")
    parser.add_argument("--driver", action="append", help="only beside this driver (repeatable)")
    parser.add_argument("--rounds", type=int, default=5, help="processes of each side")
    parser.add_argument("--times", type=int, default=5, help="times that each process does the work")
    parser.add_argument("--table", action="store_true", help="print a table in Markdown at the end")
    parser.add_argument("--kept", type=Path, default=HERE / ".sqlservice", help="where the component is kept")
    given = parser.parse_args()
    if given.build:
        build(HERE / "bench", given.kept)
        return 0
    if not given.database:
        parser.error("--database is missing")
    lines = [line for url in given.database for line in compare(given, url)]
    if given.table:
        print("\n".join(["", *HEAD, *lines]))
    return 0


HEAD = (
    "| database | work | beside | sandbox, ms | CPython, ms | ratio | processor, ms | CPython's | ratio |",
    "| --- | --- | --- | --: | --: | --: | --: | --: | --: |",
)


def compare(given: argparse.Namespace, url: str) -> Iterator[str]:
    """Measures on one database. Returns the lines of its table."""
    scheme, _, rest = url.partition(":")
    kind = NAMES.get(scheme, scheme)
    drivers = [driver for driver in DRIVERS[kind] if driver in (given.driver or DRIVERS[kind])]
    call(given, url, "create")
    for work in given.work or WORKS:
        sides: dict[str, list[Taken]] = {side: [] for side in ("sandbox", *drivers)}
        for number in range(given.rounds):
            # Each side is the first one in turn: what the one before left in caches and queues is shared out.
            order = [*sides][number % len(sides) :] + [*sides][: number % len(sides)]
            for side in order:
                command = (
                    sandboxed(given, url, work)
                    if side == "sandbox"
                    else outside(f"{kind}+{side}:{slashed(kind, rest)}", work)
                )
                sides[side].append(measured(command, given.times))
        inside = summary(sides.pop("sandbox"))
        for driver, taken in sides.items():
            line = shown(scheme, work, driver, inside, summary(taken))
            print(f"{line}  load {os.getloadavg()[0]:.1f}", flush=True)
            yield line


def slashed(kind: str, rest: str) -> str:
    """The rest of a URL as SQLAlchemy has it: a file follows three slashes."""
    return f"///{rest}" if kind == "sqlite" else rest


def sandboxed(given: argparse.Namespace, url: str, work: str) -> list[str]:
    """The command that measures in the sandbox, but for the number of times."""
    flags = ["--quiet", "--json", "--memory", "1G", "--database", url]
    return [given.sqlservice, "run", *flags, str(given.kept / "bench.wasm"), "measure", work]


def call(given: argparse.Namespace, url: str, function: str) -> None:
    """Calls a function of the component."""
    flags = ["--quiet", "--memory", "1G", "--database", url]
    subprocess.run([given.sqlservice, "run", *flags, str(given.kept / "bench.wasm"), function], check=True)


def outside(url: str, work: str) -> list[str]:
    """The command that measures on CPython, but for the number of times."""
    return [sys.executable, str(HERE / "bench" / "native.py"), url, work]


def measured(command: list[str], times: int) -> Taken:
    """Runs a command for so many times of the work, and for none."""
    wall, processor = run(command, times)
    _, start = run(command, 0)
    return Taken(wall, (processor - start) * 1e3 / times)


def run(command: list[str], times: int) -> tuple[list[float], float]:
    """The milliseconds that a command tells, and the seconds of processor time that it took."""
    with subprocess.Popen([*command, str(times)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        out = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{out}")
    told = json.loads(out)
    return told["ok"] if isinstance(told, dict) else told, used.ru_utime + used.ru_stime


def summary(taken: list[Taken]) -> tuple[float, float]:
    """The medians of the times and of the processor times."""
    walls = [wall for one in taken for wall in one.wall]
    return statistics.median(walls), statistics.median(one.processor for one in taken)


def shown(database: str, work: str, driver: str, inside: tuple[float, float], beside: tuple[float, float]) -> str:
    """A line of the table."""
    pairs = zip(inside, beside, strict=True)
    cells = [f"{here:.1f} | {there:.1f} | {here / there:.2f}" for here, there in pairs]
    return f"| {database} | {work} | {driver} | {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.exit(main())
