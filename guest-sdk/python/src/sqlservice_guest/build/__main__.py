"""The builder's steps, from a project's folder to a component."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .. import wit
from . import block
from .toolchain import without_setup

PYTHON = "3.14"
SQLALCHEMY = (
    "from sqlservice_guest import asyncio_support",
    "asyncio_support.install()",
    "import sqlservice_guest.aio, sqlservice_guest.dialect",
    "import sqlalchemy.ext.asyncio, sqlalchemy.orm, sqlalchemy.sql.default_comparator",
    "import sqlalchemy.dialects.mysql, sqlalchemy.dialects.postgresql, sqlalchemy.dialects.sqlite",
)
"""The import lines for SQLAlchemy, which imports parts of itself only when they are needed."""

NO_SOURCE = ("build", "sdk")
"""Folders in a project that contain none of its modules."""

PACKAGE = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Project:
    """The settings of a plugin in `pyproject.toml`."""

    root: Path
    name: str
    module: str
    requirements: list[str]
    raw_sql: bool

    @classmethod
    def read(cls, root: Path) -> Project:
        """Reads a project's `pyproject.toml`. Raises SystemExit where it has none, or no name."""
        path = root / "pyproject.toml"
        if not path.is_file():
            raise SystemExit(f"{path} is missing: it says the plugin's name and what it depends on")
        data = tomllib.loads(path.read_text())
        own = data.get("tool", {}).get("sqlservice", {})
        name = data.get("project", {}).get("name")
        if not name:
            raise SystemExit(f"{path} says no `name` in [project]")
        wanted = [item for item in data["project"].get("dependencies", []) if not item.startswith("sqlservice-guest")]
        return cls(root, name, own.get("module", name.replace("-", "_")), wanted, bool(own.get("raw-sql", False)))


def main() -> None:
    """Parses the arguments and builds."""
    parser = argparse.ArgumentParser(prog="sqlservice_guest.build", description=__doc__)
    parser.add_argument("project", type=Path, help="the folder with pyproject.toml")
    parser.add_argument("--out", type=Path, required=True, help="the component's file")
    parser.add_argument("--wit", type=Path, help="the folder with the contract's WIT")
    parser.add_argument(
        "--cache", type=Path, help="where dependencies are kept between builds; PROJECT/.sqlservice otherwise"
    )
    given = parser.parse_args()
    project = Project.read(given.project.resolve())
    cache = (given.cache or project.root / ".sqlservice").resolve()
    with tempfile.TemporaryDirectory() as temporary:
        build(project, given.out.resolve(), find_wit(given.wit, project), cache, Path(temporary))


def build(project: Project, out: Path, contract: Path, cache: Path, stage: Path) -> None:
    """Installs dependencies, writes WIT and glue code, and builds the component."""
    dependencies = install(project, cache)
    libraries = stage / "lib"
    shutil.copytree(PACKAGE, libraries / "sqlservice_guest", ignore=shutil.ignore_patterns("build", "__pycache__"))
    (libraries / block.FILE).write_bytes(block.shared_library())
    write_bindings(stage, contract, stage / "bindings")
    silence(stage / "bindings" / "componentize_py_async_support")
    path = [PACKAGE.parent, stage / "bindings", dependencies, project.root, project.root / "src"]
    described = run(
        [
            sys.executable,
            "-m",
            "sqlservice_guest.build.describe",
            project.module,
            project.name,
            "yes" if project.raw_sql else "no",
        ],
        PYTHONPATH=os.pathsep.join(map(str, path)),
    )
    folder = write_wit(stage, contract, described)
    (libraries / "sqlservice_plugin.py").write_text(glue(project, dependencies))
    sources = [project.root / "src", project.root] if (project.root / "src").is_dir() else [project.root]
    copies = [copied(source, stage / f"source{number}") for number, source in enumerate(sources)]
    paths = [item for source in [libraries, dependencies, *copies] for item in ("-p", source)]
    out.parent.mkdir(parents=True, exist_ok=True)
    command = [
        componentizer(),
        "-q",
        "-d",
        folder,
        "-w",
        "plugin",
        "componentize",
        *paths,
        "-o",
        out,
        "sqlservice_plugin",
    ]
    if not any(dependencies.glob("*/__pycache__/*.cpython-314.pyc")):
        # The first run leaves compiled modules behind, which make the component smaller.
        run(command)
    run(command)
    out.write_bytes(without_setup(out.read_bytes()))
    print(f"{out} ({out.stat().st_size / 1e6:.1f} MB)")


def copied(source: Path, target: Path) -> Path:
    """Copies the modules of a project, because Python writes compiled modules beside those that it runs."""

    def left_out(folder: str, names: list[str]) -> list[str]:
        top = Path(folder) == source
        return [
            name for name in names if name == "__pycache__" or (top and (name in NO_SOURCE or name.startswith(".")))
        ]

    return Path(shutil.copytree(source, target, ignore=left_out))


def write_bindings(stage: Path, contract: Path, target: Path) -> None:
    """Writes the bindings of the contract alone, for code that imports a plugin outside of a component."""
    shutil.rmtree(target, ignore_errors=True)
    folder = write_wit(stage, contract, wit.world("contract", True, []))
    run([componentizer(), "-q", "-d", folder, "-w", "plugin", "bindings", target])


def silence(support: Path) -> None:
    """Reduces the bindings' event loop to its names, as it needs a newer Python than a developer's machine may have."""
    (support / "__init__.py").write_text("")
    (support / "streams.py").write_text("StreamReader = StreamWriter = ByteStreamReader = ByteStreamWriter = object\n")
    (support / "futures.py").write_text("FutureReader = FutureWriter = object\n")


def install(project: Project, cache: Path) -> Path:
    """Installs the project's dependencies, packages of pure Python, once for each list of them."""
    target = cache / f"python-{PYTHON}"
    listed, stamp = "\n".join(project.requirements), target / ".requirements"
    if stamp.is_file() and stamp.read_text() == listed:
        return target
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    if project.requirements:
        wanted = project.requirements
        if any(item.lower().startswith(("sqlalchemy", "sqlservice")) for item in wanted):
            wanted = [*wanted, "typing_extensions"]
        run([
            sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", target,
            "--platform", "any", "--python-version", PYTHON, "--implementation", "py", "--abi", "none",
            "--no-deps", "--only-binary=:all:", *wanted,
        ])  # fmt: skip
    stamp.write_text(listed)
    return target


def glue(project: Project, dependencies: Path) -> str:
    """Returns the module that componentize-py loads. Its imports are done when the plugin is built."""
    lines = [
        f"import {block.MODULE}",
        # Python imports this module to show annotations, and has no files at run time.
        "import _ast_unparse",
        "import wit_world",
        "from sqlservice_guest import collected, loop, plugin, snapshot",
        "collected.install()",
        "snapshot.install()",
        "loop.install()",
    ]
    if (dependencies / "sqlalchemy").is_dir():
        lines += SQLALCHEMY
    lines += [f"import {project.module}", f"plugin.collect({project.module})"]
    lines += ["WitWorld = plugin.world(wit_world)", "Declarations = plugin.declarations()"]
    # Objects that exist now live as long as an instance: collections need not traverse them, nor write to their memory.
    lines += ["import gc", "gc.collect()", "gc.freeze()"]
    return "\n".join(lines) + "\n"


def write_wit(stage: Path, contract: Path, world: str) -> Path:
    """Writes a folder with the plugin's world and the packages that it includes. Returns the folder."""
    folder = stage / "wit"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(contract / "deps", folder / "deps")
    (folder / "deps" / "sqlservice").mkdir()
    for file in contract.glob("*.wit"):
        shutil.copy(file, folder / "deps" / "sqlservice")
    (folder / "world.wit").write_text(world)
    return folder


def find_wit(given: Path | None, project: Project) -> Path:
    """Returns the folder of the contract's WIT: the given one, one in the project, or one beside the SDK."""
    places = (
        [given]
        if given
        else [project.root / "wit", project.root / "sdk" / "wit", *(up / "wit" for up in PACKAGE.parents)]
    )
    for place in places:
        if (place / "databases.wit").is_file():
            return place
    raise SystemExit("the contract's WIT was not found; say --wit FOLDER")


def componentizer() -> str:
    """Returns the path of the program componentize-py, beside this Python or on the PATH."""
    beside = Path(sys.executable).parent / "componentize-py"
    found = str(beside) if beside.is_file() else shutil.which("componentize-py")
    if found is None:
        raise SystemExit("componentize-py was not found: pip install componentize-py==0.25.1")
    return found


def run(command: Sequence[object], **environment: str) -> str:
    """Runs a program and returns its output. Ends the build with its output where it fails."""
    done = subprocess.run(
        list(map(str, command)), env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command[:3]))} … failed:\n{done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main()
