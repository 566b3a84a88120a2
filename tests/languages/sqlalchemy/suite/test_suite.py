"""SQLAlchemy's dialect compliance suite, all of it.

A test that asks for more than its requirements say is narrowed here, in the way that SQLAlchemy documents for dialects.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.testing import config, fixture, suite
from sqlalchemy.testing.suite import *  # noqa: F403


def require(name: str) -> None:
    """Skips the test where a requirement is not fulfilled."""
    for reason in getattr(config.requirements, name).matching_config_reasons(config._current):
        config.skip_test(f"'{name}' : {reason}")


class ComponentReflectionTestExtra(suite.ComponentReflectionTestExtra):
    """Where it runs with a schema, it needs one; where it tells `CHAR` from `VARCHAR`, the contract does not."""

    @fixture(params=[True, False])
    def use_schema_fixture(self, request: Any) -> str | None:
        """The schema of the tables."""
        if not request.param:
            return None
        require("schemas")
        return str(config.test_schema)

    def _type_round_trip(self, connection: Any, metadata: Any, *types: Any) -> Any:
        if any(isinstance(type_, sa.CHAR) for type_ in types):
            config.skip_test("the contract has one kind of text")
        return super()._type_round_trip(connection, metadata, *types)


class ComponentReflectionTest(suite.ComponentReflectionTest):
    """Where it reflects a schema, it needs one."""

    @fixture(autouse=True)
    def needs_schemas(self, request: Any) -> None:
        """Skips what is asked for with a schema."""
        parameters = getattr(request.node, "callspec", None)
        if parameters is not None and parameters.params.get("use_schema"):
            require("schemas")


class ServerSideCursorsTest(suite.ServerSideCursorsTest):
    """SQLAlchemy knows of its own drivers how to tell a cursor that reads batch by batch."""

    @fixture(autouse=True)
    def needs_locks(self, request: Any) -> None:
        """Skips the text that SQLite does not know."""
        if request.node.name.endswith("[for_update_string]") and config.db.dialect.database_kind == "sqlite":
            config.skip_test("SQLite has no `FOR UPDATE`")

    def _is_server_side(self, cursor: Any) -> bool:
        return bool(cursor.server_side)


class IsolationLevelTest(suite.IsolationLevelTest):
    """Where it sets another level than the default, there has to be one."""

    def test_dialect_user_setting_is_restored(self, testing_engine: Any) -> None:
        """As SQLAlchemy has it."""
        levels = set(config.requirements.get_isolation_levels(config._current)["supported"]) - {"AUTOCOMMIT"}
        if len(levels) < 2:
            config.skip_test("the database has one isolation level")
        super().test_dialect_user_setting_is_restored(testing_engine)


class QuotedNameArgumentTest(suite.QuotedNameArgumentTest):
    """Where it reads the text of views, that has to be possible."""

    @fixture(autouse=True)
    def needs_view_texts(self, request: Any) -> None:
        """Skips what reads them."""
        if request.node.name.startswith("test_get_view_definition"):
            require("view_reflection")


class FetchLimitOffsetTest(suite.FetchLimitOffsetTest):
    """Where it sends the text of `FETCH`, the database has to know it."""

    def test_fetch_offset_nobinds(self) -> None:
        """As SQLAlchemy has it."""
        require("fetch_expression")
        super().test_fetch_offset_nobinds()
