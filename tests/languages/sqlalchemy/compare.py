"""Walks with the same seeds in the sandbox and outside of it, by the database's own driver, and compares what was seen.

    python compare.py build
    python compare.py test --database URL --beside SQLALCHEMY-URL --first 1 --seeds 100

Both databases are empty and of one kind; the second one is for the driver outside: `sqlite:///b.db`, `postgresql+psycopg://…`,
`mysql+pymysql://…`. The Python that builds has `componentize-py`; the one that tests has what `outside.txt` names.
"""

# ruff: noqa: T201 - it talks to people

from __future__ import annotations

import argparse
import importlib
import json
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

from component import build

HERE = Path(__file__).resolve().parent
SHOWN = 3

Walked = dict[str, dict[str, Any]]
"""What was seen, and the rows at the end, by the seed."""


def main() -> int:
    """Parses the arguments and does what they say."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=["build", "test"])
    parser.add_argument("--database", help="the URL of an empty database, for the sandbox")
    parser.add_argument("--beside", help="SQLAlchemy's URL of another one, for the driver outside")
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--seeds", type=int, default=100, help="how many seeds")
    parser.add_argument("--sqlservice", default="sqlservice", help="the host's program")
    parser.add_argument("--work", type=Path, default=HERE / ".sqlservice", help="where the component is kept")
    given = parser.parse_args()
    if given.step == "build":
        build(HERE / "walks", given.work)
        return 0
    if not given.database or not given.beside:
        parser.error("test takes --database and --beside")
    with subprocess.Popen(command(given), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as sandbox:
        theirs = outside(given)
        out, err = sandbox.communicate()
    if sandbox.returncode:
        raise SystemExit(f"the component failed:\n{out[-4000:]}\n{err[-4000:]}")
    return compare(given.first, json.loads(json.loads(out)["ok"]), theirs)


def command(given: argparse.Namespace) -> list[str]:
    """What walks in the sandbox."""
    component = given.work / "walks.wasm"
    words = [given.sqlservice, "run", str(component), "run", str(given.first), str(given.seeds), "--json"]
    return [*words, "--database", given.database, "--memory", "1G"]


def outside(given: argparse.Namespace) -> Walked:
    """What the driver outside saw."""
    import sqlalchemy as sa

    sys.path.insert(0, str(HERE / "walks"))
    walks = importlib.import_module("walk").walks

    engine = sa.create_engine(given.beside)
    if engine.dialect.name == "sqlite":
        use_transactions(engine)
    with warnings.catch_warnings():
        # Of objects that are added to others of no session, and the like: walks do what people do by mistake.
        warnings.simplefilter("ignore", sa.exc.SAWarning)
        seen: Walked = json.loads(json.dumps(walks(engine, range(given.first, given.first + given.seeds))))
    return seen


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


def compare(first: int, ours: Walked, theirs: Walked) -> int:
    """Tells of walks that went apart. Returns 1 where one did, or none was walked."""
    apart = [seed for seed in theirs if ours.get(seed) != theirs[seed]]
    for seed in apart[:SHOWN]:
        print(f"seed {seed}\n{difference(ours.get(seed), theirs[seed])}", file=sys.stderr)
    steps = [step for walk in theirs.values() for step in walk["seen"]]
    errors = sum(len(step) > 2 for step in steps)
    rows = sum(len(rows) for walk in theirs.values() for rows in walk["rows"].values())
    seen = f"{len(steps)} steps, {errors} of them with an error, {rows} rows at the end"
    print(f"seeds {first} to {first + len(theirs) - 1}: {seen}")
    print(f"{len(theirs)} walks, {len(apart)} apart")
    return int(bool(apart) or not theirs)


def difference(ours: dict[str, Any] | None, theirs: dict[str, Any]) -> str:
    """Where a walk first went apart."""
    if ours is None:
        return "  it was not walked in the sandbox"
    for number, (here, there) in enumerate(zip(ours["seen"], theirs["seen"], strict=True)):
        if here != there:
            return f"  step {number}: in the sandbox {here}\n  outside {there}"
    return "\n".join(
        f"  {table}: in the sandbox {ours['rows'][table]}\n  outside {rows}"
        for table, rows in theirs["rows"].items()
        if ours["rows"][table] != rows
    )


if __name__ == "__main__":
    sys.exit(main())
