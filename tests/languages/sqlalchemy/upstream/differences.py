"""Tests of SQLAlchemy's source package that ask for what the contract does not have, each with the reason."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import pytest
from sqlalchemy.testing import config


class Difference(NamedTuple):
    """Why tests are left out: their names' beginnings, where `*` is any text, and the databases, or all."""

    reason: str
    tests: tuple[str, ...]
    kinds: tuple[str, ...] = ()


SQLITE = ("sqlite",)
POSTGRES = ("postgresql",)
MYSQL = ("mysql", "mariadb")

DIFFERENCES = (
    Difference(
        "every column of a primary key of the contract takes a value",
        ("PartialNullPKTest", "PrimaryKeyTest::test_null_pk", "PrimaryKeyTestDataclasses::test_null_pk",
         "FKsAsPksTest::test_nullPKsOK_BtoA", "AutoIncrementTest::test_non_autoincrement"),
    ),
    Difference(
        "a foreign key of the contract refers to a primary key or unique columns, on SQLite too",
        ("DefaultTest::test_eager_defaults", "DefaultTest::test_insert", "DefaultTest::test_update",
         "DefaultTest::test_used_in_relationship"),
    ),
    Difference(
        "a transaction of SQLite reads one state, and does not see what another one commits",
        ("VersioningTest::test_save_update", "VersioningTest::test_basic", "VersioningTest::test_versioncheck",
         "AlternateGeneratorTest::test_child_row_switch_two"),
        SQLITE,
    ),
    Difference("foreign keys are in force on SQLite too", ("WriteOnlyUOWTest::test_passive_deletes_succeed",), SQLITE),
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
        "all rows of an insert go in one crossing: there are no batches of statements",
        ("BulkDMLReturning*_random*::test_base_class_upsert[bulk_ordered",
         "BulkDMLReturning*_random*::test_subclass_upsert[sort_by"),
        POSTGRES + MYSQL,
    ),
    Difference("a generated key of the contract is the whole primary key", ("PKTest",)),
    Difference(
        "a map of schemas may have other keys in each execution: nothing has to be refused",
        ("SchemaTranslateTest::test_schema_translate_map_keys_change_none",),
    ),
    Difference(
        "PostgreSQL's driver promises no last key",
        ("EagerDefaultsSettingTest::test_eager_default_setting_inserts_no_pks*not_implicit_returning",),
        POSTGRES,
    ),
    Difference(
        "what the dialect can do is asked of the database, and not set",
        ("InsertStmtTest::test_no_returning_error",),
    ),
    Difference(
        "a statement is data: an event that sees its text does not change what is sent",
        ("NoRowInsertedTest",),
    ),
    Difference(
        "a plugin starts no other process",
        ("CursorResultTest::test_pickle_rows_other_process", "PickleTypesTest::test_pickle_types_other_process",
         "TokenPathPickleTest::test_unpickle_other_process"),
    ),
    Difference("a component has one thread", ("AsyncEngineTest::test_no_attach_to_event_loop",)),
    Difference(
        "the driver blocks, and brings no coroutines of its own",
        ("AsyncEngineTest::test_async_creator", "AsyncEngineTest::test_run_async",
         "AsyncORMBehaviorsTest::test_new_style_active_history",
         "AsyncCancellationTest::test_dialect_supports_terminate"),
    ),
    Difference(
        "a connection that was forgotten is given back, without a warning",
        ("AsyncEngineTest::test_appropriate_warning_for_gced_connection",),
    ),
    Difference(
        "a savepoint is no statement",
        ("CursorAutoCloseTest::test_savepoint", "SessionTransactionTest::test_failed_rollback_deactivates"),
    ),
    Difference("a plugin opens no database of its own", ("DistinctEngineShardTest", "AttachedFileShardTest",
               "LazyLoadIdentityKeyTest", "MultipleDialectShardTest", "SelectinloadRegressionTest")),
)  # fmt: skip


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: Any) -> None:
    """Skips a test that is left out."""
    dialect = config.db.dialect
    name = item.nodeid.partition("::")[2].replace(f"_{dialect.name}+{dialect.driver}", "").replace("_async::", "::")
    for difference in DIFFERENCES:
        if (not difference.kinds or dialect.database_kind in difference.kinds) and begins(name, difference):
            pytest.skip(difference.reason)


def begins(name: str, difference: Difference) -> bool:
    """Whether a test is one of those."""
    return any(re.match(re.escape(test).replace(r"\*", ".*"), name) for test in difference.tests)
