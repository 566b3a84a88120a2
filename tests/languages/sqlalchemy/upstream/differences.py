"""Tests of SQLAlchemy's source package that ask for what the contract does not have, each with the reason."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from sqlalchemy.testing import config


class Difference(NamedTuple):
    """Why tests are left out: their names' beginnings, and the databases where that is so; all where none is said."""

    reason: str
    tests: tuple[str, ...]
    kinds: tuple[str, ...] = ()


SQLITE = ("sqlite",)
MYSQL = ("mysql", "mariadb")

DIFFERENCES = (
    Difference(
        "every column of a primary key of the contract takes a value",
        ("PartialNullPKTest", "FKsAsPksTest::test_nullPKsOK_BtoA", "AutoIncrementTest::test_non_autoincrement"),
    ),
    Difference(
        "a foreign key of the contract refers to a primary key or unique columns, on SQLite too",
        ("DefaultTest::test_eager_defaults", "DefaultTest::test_insert", "DefaultTest::test_update"),
    ),
    Difference(
        "a transaction of SQLite reads one state, and does not see what another one commits",
        ("VersioningTest::test_save_update", "VersioningTest::test_basic", "VersioningTest::test_versioncheck",
         "AlternateGeneratorTest::test_child_row_switch_two"),
        SQLITE,
    ),
    Difference("SQLite has one writer at a time", ("PartialFlushTest::test_o2m_m2o",), SQLITE),
    Difference(
        "the test expects rows in an order that it does not ask for",
        ("MixedEntitiesTest::test_column_queries_three", "RelationshipTest5::test_eager_empty"),
    ),
    Difference(
        "all rows of an insert go in one crossing: there are no batches of statements",
        ("TryToFoolInsertManyValuesTest", "IMVSentinelTest", "InsertManyValuesTest::test_page_size_adjustment",
         "InsertManyValuesTest::test_disabled"),
    ),
    Difference(
        "what the dialect can do is asked of the database, and not set",
        ("InsertStmtTest::test_no_returning_error",),
    ),
    Difference(
        "a statement is data: an event that sees its text does not change what is sent",
        ("NoRowInsertedTest::test_insert_multi_no_pk_correct_exception",),
    ),
    Difference(
        "a plugin starts no other process",
        ("CursorResultTest::test_pickle_rows_other_process", "PickleTypesTest::test_pickle_types_other_process",
         "TokenPathPickleTest::test_unpickle_other_process"),
    ),
    Difference("a savepoint is no statement", ("CursorAutoCloseTest::test_savepoint",)),
    Difference("a plugin opens no database of its own", ("DistinctEngineShardTest", "AttachedFileShardTest",
               "LazyLoadIdentityKeyTest", "MultipleDialectShardTest", "SelectinloadRegressionTest")),
)  # fmt: skip


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: Any) -> None:
    """Skips a test that is left out."""
    dialect = config.db.dialect
    name = item.nodeid.partition("::")[2].replace(f"_{dialect.name}+{dialect.driver}", "")
    for difference in DIFFERENCES:
        if (not difference.kinds or dialect.database_kind in difference.kinds) and name.startswith(difference.tests):
            pytest.skip(difference.reason)
