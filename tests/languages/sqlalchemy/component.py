"""Builds a component of a folder here, by the Python that runs it: it has `componentize-py`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SDK = Path(__file__).resolve().parents[3] / "guest-sdk" / "python"


def build(project: Path, work: Path) -> Path:
    """Builds `work/NAME.wasm`, and keeps what it was made of there. Returns the component."""
    work.mkdir(parents=True, exist_ok=True)
    component = work / f"{project.name}.wasm"
    builder = [sys.executable, "-m", "sqlservice_guest.build", str(project), "--out", str(component)]
    path = {**os.environ, "PYTHONPATH": str(SDK / "src")}
    subprocess.run([*builder, "--cache", str(work / project.name)], env=path, check=True)
    return component
