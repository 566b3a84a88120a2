"""SQLAlchemy's dialect compliance suite, all of it.

A test that asks for more than its requirements say is narrowed here, in the way that SQLAlchemy documents for dialects.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.testing import config, fixture, suite
from sqlalchemy.testing.suite import *  # noqa: F403


class ComponentReflectionTestExtra(suite.ComponentReflectionTestExtra):
    """Where it runs with a schema, it needs one; where it tells `CHAR` from `VARCHAR`, the contract does not."""

    @fixture(params=[True, False])
    def use_schema_fixture(self, request: Any) -> str | None:
        """The schema of the tables."""
        if not request.param:
            return None
        if not config.requirements.schemas.enabled_for_config(config._current):
            config.skip_test("the database has no `schemas`, a capability of the contract")
        return config.test_schema

    def _type_round_trip(self, connection: Any, metadata: Any, *types: Any) -> Any:
        if any(isinstance(type_, sa.CHAR) for type_ in types):
            config.skip_test("the contract has one kind of text")
        return super()._type_round_trip(connection, metadata, *types)
