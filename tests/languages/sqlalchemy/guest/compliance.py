"""The guest that runs SQLAlchemy's own tests over the data dialect: pytest, with SQLAlchemy's plugin for it.

What the tests need of Python is imported when the component is built. The tests themselves are read from two
directories that the runner gives: `/suite`, with what they are told of this database, and `/site`, with SQLAlchemy and
pytest as they were installed.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import imports  # noqa: F401 - loads what the tests would not find at run time
import pytest
import sqlalchemy.testing.plugin.pytestplugin as suite_plugin

from sqlservice_guest import driver, plugin

OPTIONS = ["--assert=plain", "--capture=no", "--tb=native", "-q", "--disable-asyncio", "--strict-config"]
OFF = ["cacheprovider", "warnings", "logging", "faulthandler", "threadexception", "unraisableexception", "tmpdir"]


class Reporter:
    """Keeps what came of each test: passed, skipped or failed, why, and how many statements it sent as text."""

    def __init__(self) -> None:
        self.tests: dict[str, dict[str, Any]] = {}

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[Any]) -> Any:
        """Notes the tests of classes that SQLAlchemy leaves out for a requirement of the class."""
        from sqlalchemy.testing import config

        for item in items:
            for name in getattr(item.cls, "__requires__", ()):
                reasons = list(getattr(config.requirements, name).matching_config_reasons(config._current))
                if reasons:
                    self.tests[item.nodeid] = {"outcome": "skipped", "text": f"'{item.nodeid}' : {reasons[0]}"}
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: Any) -> Any:
        """Counts the statements that a test sends as text."""
        before = Counted.texts
        try:
            return (yield)
        finally:
            self.tests.setdefault(item.nodeid, {"outcome": "passed"})["texts"] = Counted.texts - before

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Notes an outcome: the worst of setup, call and teardown."""
        known = self.tests.setdefault(report.nodeid, {"outcome": "passed"})
        if report.failed:
            known.update(outcome="failed", text=str(report.longrepr))
        elif report.skipped and known["outcome"] == "passed":
            known.update(
                outcome="skipped",
                text=str(report.longrepr[-1] if isinstance(report.longrepr, tuple) else report.longrepr),
            )

    def pytest_collectreport(self, report: Any) -> None:
        """Notes what could not be collected."""
        if report.failed:
            self.tests[report.nodeid] = {"outcome": "failed", "text": str(report.longrepr)}


class Counted:
    """The driver's `execute` with SQL text, counted."""

    texts = 0
    execute = driver.Cursor.execute

    @classmethod
    def install(cls) -> None:
        """Puts it in the place of the driver's own."""

        def execute(cursor: Any, *args: Any, **kw: Any) -> Any:
            cls.texts += 1
            return cls.execute(cursor, *args, **kw)

        driver.Cursor.execute = execute


Counted.install()


@plugin.export
def run(arguments: list[str]) -> str:
    """Runs pytest with these arguments, and returns what came of each test as JSON."""
    os.chdir("/suite")
    sys.argv, sys.path[:0] = ["pytest"], ["/suite", "/requirements", "/upstream", "/site"]
    for name, module in list(sys.modules.items()):
        if hasattr(module, "__path__"):
            module.__path__.append("/site/" + name.replace(".", "/"))
    reporter = Reporter()
    off = [item for name in OFF for item in ("-p", f"no:{name}")]
    status = pytest.main([*OPTIONS, *off, *arguments], plugins=[suite_plugin, reporter])
    return json.dumps({"status": int(status), "tests": reporter.tests})
