"""Checks all Python code: format, lint, types and tests, with the versions of `requirements.txt`.

python -m venv VENV && VENV/bin/pip install --require-hashes --only-binary=:all: -r check/requirements.txt
VENV/bin/python check/run.py
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SDK = Path(__file__).resolve().parent.parent
ROOT = SDK.parent.parent
BINDINGS = SDK / ".sqlservice" / "check" / "bindings"
SILENT = BINDINGS.with_name("silent")
"""The bindings for tests, which run on older Pythons than the one in a component."""
PLUGINS = [
    SDK / "template",
    SDK / "tests" / "mistakes",
    ROOT / "plugins" / "seed",
    ROOT / "tests" / "languages" / "python",
    *(ROOT / "tests" / "languages" / "sqlalchemy" / name for name in ("", "walks", "bench")),
]
"""Each is type-checked on its own, as several have modules of the same name."""


def main() -> int:
    """Runs all checks, even after one has failed. Returns the number of failures."""
    sys.path.insert(0, str(SDK / "src"))
    from sqlservice_guest.build import __main__ as build

    with tempfile.TemporaryDirectory() as stage:
        build.write_bindings(Path(stage), ROOT / "wit", BINDINGS)
    shutil.copytree(BINDINGS, SILENT, dirs_exist_ok=True)
    build.silence(SILENT / "componentize_py_async_support")
    own = [SDK / name for name in ("src", "check", "tests")]
    config = ["--config", SDK / "pyproject.toml"]
    checks = [
        ["ruff", "format", "--check", *config, *own, *PLUGINS],
        ["ruff", "check", *config, *own, *PLUGINS],
        ["mypy", SDK / "src", SDK / "check", *(SDK / "tests").glob("*.py")],
        *(["mypy", *sorted(plugin.glob("*.py"))] for plugin in PLUGINS),
        ["pytest", "-q", SDK / "tests"],
    ]
    return sum(not passes([str(word) for word in check]) for check in checks)


def passes(command: list[str]) -> bool:
    """Runs a tool as a module of this Python. Returns whether it succeeded."""
    shown = " ".join(command).replace(f"{ROOT}{os.sep}", "")
    print(f"$ {shown}", flush=True)
    environment = {**os.environ, "MYPYPATH": str(Path(command[-1]).parent)}
    return subprocess.run([sys.executable, "-m", *command], cwd=SDK, env=environment, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(min(main(), 1))
