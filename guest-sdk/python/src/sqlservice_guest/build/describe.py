"""Prints the WIT of a plugin: imports its module beside generated bindings, which do nothing outside of a component."""

from __future__ import annotations

import importlib
import importlib.util
import sys


def main() -> None:
    """Runs `python -m sqlservice_guest.build.describe MODULE PACKAGE RAW_SQL`, with all imports on the path."""
    module, package, raw_sql = sys.argv[1:]
    if importlib.util.find_spec("sqlalchemy"):
        from sqlservice_guest import asyncio_support

        asyncio_support.install()
        import sqlservice_guest.dialect  # noqa: F401
    from sqlservice_guest import plugin

    importlib.import_module(module)
    print(plugin.world_text(package, raw_sql == "yes"))


if __name__ == "__main__":
    main()
