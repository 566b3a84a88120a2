"""Walks with the same seeds in the sandbox and outside of it, by the database's own driver, and compares what was seen.

    python compare.py build
    python compare.py test --database URL --beside SQLALCHEMY-URL --seeds 300

Both databases are empty and of one kind; the second one is for the driver outside: `sqlite:///b.db`, `postgresql+psycopg://…`,
`mysql+pymysql://…`.
"""

# ruff: noqa: T201 - it talks to people

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
SDK = HERE.parents[2] / "guest-sdk" / "python"
SHOWN = 3


def main() -> int:
    """Parses the arguments and does what they say."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=["build", "test"])
    parser.add_argument("--database", help="the URL of an empty database, for the sandbox")
    parser.add_argument("--beside", help="SQLAlchemy's URL of another one, for the driver outside")
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--seeds", type=int, default=300, help="how many seeds")
    parser.add_argument("--sqlservice", default="sqlservice", help="the host's program")
    parser.add_argument("--work", type=Path, default=HERE / ".sqlservice", help="where the component is kept")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    if given.step == "build":
        builder = [
            sys.executable,
            "-m",
            "sqlservice_guest.build",
            str(HERE / "walks"),
            "--out",
            str(given.work / "walks.wasm"),
        ]
        subprocess.run(
            [*builder, "--cache", str(given.work)], env={**os.environ, "PYTHONPATH": str(SDK / "src")}, check=True
        )
        return 0
    return compare(inside(given), outside(given))


def inside(given: argparse.Namespace) -> dict[str, Any]:
    """What the sandbox saw."""
    call = [
        given.sqlservice,
        "run",
        str(given.work / "walks.wasm"),
        "run",
        str(given.first),
        str(given.seeds),
        "--json",
    ]
    call += ["--database", given.database, "--memory", "1G"]
    if given.database.startswith("postgres"):
        # Each walk makes the tables anew; kept connections would keep plans of those before.
        call += ["--pool-recycle", "0s"]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"the component failed:\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}")
    seen: dict[str, Any] = json.loads(json.loads(done.stdout)["ok"])
    return seen


def outside(given: argparse.Namespace) -> dict[str, Any]:
    """What the driver outside saw."""
    sys.path.insert(0, str(HERE / "walks"))
    import sqlalchemy as sa
    from walk import walk

    engine = sa.create_engine(given.beside)
    if engine.dialect.name == "sqlite":
        use_transactions(engine)
    seeds = range(given.first, given.first + given.seeds)
    return {str(seed): json.loads(json.dumps(walk(engine, seed))) for seed in seeds}


def use_transactions(engine: Any) -> None:
    """SQLAlchemy's recipe for Python's driver of SQLite, which begins no transaction before a savepoint."""
    from sqlalchemy import event

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _: Any) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def begun(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN")


def compare(ours: dict[str, Any], theirs: dict[str, Any]) -> int:
    """Tells of walks that went apart. Returns 1 where one did."""
    apart = [seed for seed in theirs if ours.get(seed) != theirs[seed]]
    for seed in apart[:SHOWN]:
        print(f"seed {seed}", file=sys.stderr)
        steps = zip(ours[seed]["seen"], theirs[seed]["seen"], strict=True)
        for number, (here, there) in enumerate(steps):
            if here != there:
                print(f"  step {number}: in the sandbox {here}, outside {there}", file=sys.stderr)
                break
        else:
            print(f"  rows in the sandbox {ours[seed]['rows']}\n  outside {theirs[seed]['rows']}", file=sys.stderr)
    steps = [step for walk in theirs.values() for step in walk["seen"]]
    errors = sum(len(step) > 2 for step in steps)
    rows = sum(len(rows) for walk in theirs.values() for rows in walk["rows"].values())
    walked = f"{len(theirs)} walks, {len(steps)} steps, {errors} of them with an error, {rows} rows at the end"
    print(f"{walked}, {len(apart)} apart")
    return int(bool(apart))


if __name__ == "__main__":
    sys.exit(main())
