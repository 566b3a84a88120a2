"""Runs the tests of PyPI's `sqlservice` over the data dialect: their fixtures name the database that was granted."""

from __future__ import annotations

import gc
import inspect
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
import sqlalchemy.testing.plugin.pytestplugin as suite_plugin
from coroutines import run_coroutine
from sqlservice import AsyncDatabase, Database


def pytest_addoption(pluginmanager: Any) -> None:
    """Leaves out SQLAlchemy's plugin, which collects nothing but SQLAlchemy's own tests."""
    pluginmanager.unregister(suite_plugin)


UNORDERED = "test_model_to_dict__loaded_from_database[nested_relationships_all_loaded]"


def pytest_collection_modifyitems(items: list[Any]) -> None:
    """Says of what cannot run here why."""
    engine = sa.create_engine("sqlservice://default")
    engine.connect().close()
    kind = engine.dialect.database_kind  # type: ignore[attr-defined]
    for item in items:
        if kind == "postgresql" and item.name == UNORDERED:
            item.add_marker(pytest.mark.skip("rows of a join without an order, which PostgreSQL gives in another one"))
        if "tmp_path" in item.fixturenames:
            item.add_marker(pytest.mark.skip("the test makes a database file of its own"))
        elif item.module.__name__.endswith("test_async_database") and not {"async_db", "async_filedb"} & set(
            item.fixturenames
        ):
            item.add_marker(pytest.mark.skip("the test names aiosqlite, a driver that has threads"))


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: Any) -> bool | None:
    """Runs a test that is a coroutine, as pytest-asyncio does."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = pyfuncitem._fixtureinfo.argnames
    run_coroutine(pyfuncitem.obj, **{name: pyfuncitem.funcargs[name] for name in names})
    return True


def model_class() -> Any:
    """The models of the tests. MySQL and MariaDB make a text unique only where it has a length."""
    from tests.fixtures import Group, Model

    # A session that a test left open keeps its locks as long as it is there.
    gc.collect()
    Group.__table__.c.name.type = sa.String(64)
    return Model


@pytest.fixture(name="db")
def database() -> Iterator[Database]:
    """A database with the tables of the tests, and no rows."""
    made = Database("sqlservice://default", model_class=model_class())
    made.drop_all()
    made.create_all()
    yield made
    made.close()


@pytest.fixture(name="async_db")
def async_database() -> Iterator[AsyncDatabase]:
    """The same for asyncio."""
    made = AsyncDatabase("sqlservice+asyncio://default", model_class=model_class())
    for step in (made.drop_all, made.create_all):
        run_coroutine(step)
    yield made
    run_coroutine(made.close)


@pytest.fixture(name="filedb")
def file_database(db: Database) -> Database:
    """One that is kept in a file: all are."""
    return db


@pytest.fixture(name="async_filedb")
def async_file_database(async_db: AsyncDatabase) -> AsyncDatabase:
    """The same for asyncio."""
    return async_db
