"""Tests outside of the sandbox: the contract's generated bindings stand on the path and reach no host."""

from __future__ import annotations

import os
import sys
from pathlib import Path

SDK = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(SDK / "src"), str(SDK / ".sqlservice" / "check" / "silent")]

# As in a component.
os.environ["DISABLE_SQLALCHEMY_CEXT_RUNTIME"] = "1"
