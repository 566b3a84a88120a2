"""Loads what pytest and SQLAlchemy's tests import late: at run time Python's own library is not there."""

from __future__ import annotations

import contextlib
import encodings
import importlib
import pkgutil
import sys

import _pytest.config

UNWANTED = {
    "antigravity",
    "ensurepip",
    "idlelib",
    "lib2to3",
    "pip",
    "test",
    "this",
    "tkinter",
    "turtle",
    "turtledemo",
    "venv",
}
LATE = [
    "_ast_unparse",
    "_pytest._argcomplete",
    "concurrent.futures",
    "importlib.metadata",
    "importlib.metadata._adapters",
    "importlib.resources",
    "logging.config",
    "logging.handlers",
    "sqlalchemy.testing.plugin.plugin_base",
    "unittest.mock",
    "xml.etree.ElementTree",
]

names = [
    *(f"encodings.{module.name}" for module in pkgutil.iter_modules(encodings.__path__)),
    *sorted(name for name in sys.stdlib_module_names - UNWANTED if not name.startswith("_")),
    *(f"_pytest.{name}" for name in _pytest.config.default_plugins),
    *LATE,
]
for name in names:
    # Each platform lacks some modules of the library, and the WebAssembly one more.
    with contextlib.suppress(ImportError):
        importlib.import_module(name)
