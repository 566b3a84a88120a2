"""Runs SQLAlchemy's own tests in the sandbox, and keeps the tables of `README.md`.

    python run.py fetch                          packages, by their hashes, from PyPI
    python run.py build                          the component
    python run.py test --database URL [--check]  a suite on an empty database; --check compares with README.md

`--suite dialect` is SQLAlchemy's suite for dialects, which is meant where nothing is said; `orm` and `asyncio` are
tests of its source package, by the files that `upstream/NAME.txt` lists; `sqlservice` are those of PyPI's `sqlservice`,
which stands on SQLAlchemy. Arguments for pytest come after `--`. The
Python that runs it has `componentize-py`; `--sqlservice` names the host's program, `--work` where things are kept.
"""

# ruff: noqa: T201 - it talks to people

from __future__ import annotations

import argparse
import collections
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
SDK = HERE.parents[2] / "guest-sdk" / "python"
README = HERE / "README.md"
NAMES = {
    "sqlite": "SQLite",
    "postgres": "PostgreSQL",
    "postgresql": "PostgreSQL",
    "mysql": "MariaDB",
    "mariadb": "MariaDB",
}
SUITES = ("dialect", "orm", "asyncio", "sqlservice")
SHOWN = 20


def main() -> int:
    """Parses the arguments and does what they say."""
    at = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    words, selection = sys.argv[1:at], sys.argv[at + 1 :]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=["fetch", "build", "test"])
    parser.add_argument("--suite", choices=SUITES, default="dialect", help="which tests")
    parser.add_argument("--database", help="the URL of an empty database")
    parser.add_argument("--sqlservice", default="sqlservice", help="the host's program")
    parser.add_argument(
        "--work", type=Path, default=HERE / ".sqlservice", help="where packages and the component are kept"
    )
    parser.add_argument("--check", action="store_true", help="compare the table with README.md instead of writing it")
    given = parser.parse_args(words)
    given.selection = selection
    given.work.mkdir(parents=True, exist_ok=True)
    if given.step == "test":
        return test(given)
    fetch(given.work) if given.step == "fetch" else build(given.work)
    return 0


def fetch(work: Path) -> None:
    """Downloads the packages and unpacks them: the tests are read from there when they run."""
    wheels = work / "wheels"
    pip = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--require-hashes",
    ]
    kind = [
        "--platform",
        "any",
        "--python-version",
        "3.14",
        "--implementation",
        "py",
        "--abi",
        "none",
        "--only-binary=:all:",
    ]
    subprocess.run([*pip, *kind, "--dest", str(wheels), "-r", str(HERE / "packages.txt")], check=True)
    subprocess.run(
        [*pip, "--no-binary=:all:", "--dest", str(work / "sources"), "-r", str(HERE / "sources.txt")], check=True
    )
    for wheel in wheels.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(work / "site")
    unpack(work, "sqlalchemy", "upstream", ("test",))
    unpack(work, "sqlservice", "own", ("src", "tests"))


def unpack(work: Path, package: str, name: str, wanted: tuple[str, ...]) -> None:
    """Unpacks folders of a source package, as a folder with a name."""
    for source in (work / "sources").glob(f"{package}-*.tar.gz"):
        top = source.name.removesuffix(".tar.gz")
        starts = tuple(f"{top}/{folder}/" for folder in wanted)
        with tarfile.open(source) as archive:
            members = [member for member in archive.getmembers() if member.name.startswith(starts)]
            archive.extractall(work / "sources", members=members, filter="data")
        shutil.rmtree(work / name, ignore_errors=True)
        (work / "sources" / top).rename(work / name)


def build(work: Path) -> None:
    """Builds the component with the packages that were fetched, and no others."""
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(work / "wheels"), "PYTHONPATH": str(SDK / "src")}
    builder = [sys.executable, "-m", "sqlservice_guest.build", str(HERE / "guest")]
    subprocess.run(
        [*builder, "--out", str(component(work)), "--cache", str(work)], env={**os.environ, **offline}, check=True
    )


def component(work: Path) -> Path:
    """The component's file."""
    return work / "compliance.wasm"


def test(given: argparse.Namespace) -> int:
    """Runs the tests. Returns 1 where one failed, or the table is another one."""
    name = NAMES[given.database.partition(":")[0]]
    answer = run(given)
    tests: dict[str, dict[str, Any]] = answer["tests"]
    failed = {test: came for test, came in tests.items() if came["outcome"] == "failed"}
    for test_name, came in list(failed.items())[:SHOWN]:
        print(f"{test_name}\n{came['text']}\n", file=sys.stderr)
    table = shown(tests)
    print(f"{name}\n{table}")
    if not tests or answer["status"] not in (0, 1):
        print(f"pytest ended with {answer['status']}:\n{answer['said'][-4000:]}", file=sys.stderr)
        return 1
    if given.selection:
        return int(bool(failed))
    title = name if given.suite == "dialect" else f"{name}, {given.suite}"
    return max(int(bool(failed)), keep(title, table, given.check))


def run(given: argparse.Namespace, limit: float | None = None) -> Any:
    """The suite's answer."""
    selection, places = chosen(given)
    command = [given.sqlservice, "run", str(component(given.work)), "run", json.dumps(selection, ensure_ascii=False)]
    command += ["--json", "--database", given.database, "--raw-sql", "--memory", "2G"]
    command += [word for place, path in places.items() for word in ("--dir", f"{path}::/{place}")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=limit)
    if done.returncode:
        raise SystemExit(f"the component failed:\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}")
    return {**json.loads(json.loads(done.stdout)["ok"]), "said": done.stderr}


def chosen(given: argparse.Namespace) -> tuple[list[str], dict[str, Path]]:
    """Arguments for pytest, and the directories that the component sees."""
    if given.suite == "dialect":
        return given.selection or ["test_suite.py"], {"suite": HERE / "suite", "site": given.work / "site"}
    upstream = HERE / "upstream"
    if given.suite == "sqlservice":
        arguments = ["--noconftest", "--rootdir=/suite", "-p", "own"]
        own = {"suite": HERE / "own", "requirements": upstream, "upstream": given.work / "own" / "src"}
        places = {**own, "site": given.work / "site", "own": given.work / "own"}
        return arguments + (given.selection or ["/own/tests"]), places
    shutil.copy(upstream / "setup.cfg", given.work / "upstream")
    arguments = ["--noconftest", "--rootdir=/upstream", "-p", "differences", "-p", "coroutines"]
    if given.suite == "asyncio":
        arguments += ["--dburi", "sqlservice+asyncio://default"]
    files = [f"/upstream/test/{line}" for line in (upstream / f"{given.suite}.txt").read_text().split()]
    places = {"suite": upstream, "requirements": HERE / "suite", "upstream": given.work / "upstream"}
    return arguments + (given.selection or files), {**places, "site": given.work / "site"}


def shown(tests: dict[str, dict[str, Any]]) -> str:
    """The table of one database."""
    outcomes = collections.Counter(came["outcome"] for came in tests.values())
    texts = sum(came["outcome"] == "passed" and came.get("texts", 0) > 0 for came in tests.values())
    reasons = collections.Counter(reason(came["text"]) for came in tests.values() if came["outcome"] == "skipped")
    lines = ["| outcome | tests |", "| --- | --: |", f"| passed | {outcomes['passed']} |"]
    lines += [f"| of these, with some SQL text by raw-sql | {texts} |", f"| skipped | {outcomes['skipped']} |"]
    lines += [f"| failed | {outcomes['failed']} |", "", "| skipped, as | tests |", "| --- | --: |"]
    lines += [f"| {text} | {count} |" for text, count in sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))]
    return "\n".join(lines)


def reason(text: str) -> str:
    """Why a test was skipped, without its name, and told once. SQLAlchemy's own may be the name of a database."""
    told = re.sub(r"\s+", " ", text.rsplit("' : ", 1)[-1].removeprefix("Skipped: ")).replace("|", "\\|")
    if told in NAMES:
        return f"SQLAlchemy has it for other databases than {NAMES[told]}"
    return " and ".join(dict.fromkeys(told.split(" and ")))


def keep(name: str, table: str, check: bool) -> int:
    """Writes a database's table into README.md, or compares it with the one there."""
    begin, end = f"<!-- {name}: begin -->\n", f"\n<!-- {name}: end -->"
    text = README.read_text()
    head, _, rest = text.partition(begin)
    before, _, tail = rest.partition(end)
    if check:
        # Of several reasons to skip a test, any may be the one that is told.
        same = before.partition("\n\n")[0] == table.partition("\n\n")[0]
        if not same:
            print(f"README.md has another table of {name}; run.py test --database … writes it", file=sys.stderr)
        return int(not same)
    README.write_text(head + begin + table + end + tail)
    return 0


if __name__ == "__main__":
    sys.exit(main())
