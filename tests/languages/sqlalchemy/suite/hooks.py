"""What SQLAlchemy's tests ask of the database that they run on: schemas, upserts, temporary tables."""

from __future__ import annotations

from typing import Any

from sqlalchemy import inspect
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.testing import provision

NAME = "sqlservice"


def make_schemas(engine: Any) -> None:
    """Makes the schemas that the tests expect, where the database has any."""
    with engine.begin() as connection:
        if "schemas" in engine.dialect.capabilities:
            for name in ("test_schema", "test_schema_2"):
                connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {name}")


@provision.delete_from_all_tables.for_db(NAME)
def delete_from_all_tables(connection: Any, cfg: Any, metadata: Any) -> None:
    """Deletes all rows. MySQL deletes them one by one, and minds those of the same table that still refer to one."""
    for table in metadata.tables.values():
        own = [key.parent for key in table.foreign_keys if key.column.table is table and key.parent.nullable]
        if own:
            connection.execute(table.update().values(dict.fromkeys(own)))
    provision.delete_from_all_tables.fns["*"](connection, cfg, metadata)


@provision.upsert.for_db(NAME)
def upsert(  # noqa: PLR0913 - SQLAlchemy's signature
    cfg: Any,
    table: Any,
    returning: Any,
    *,
    set_lambda: Any = None,
    sort_by_parameter_order: bool = False,
    index_elements: Any = None,
) -> Any:
    """The insert with a conflict clause."""
    statement = insert(table)
    keys = index_elements or getattr(inspect(table), "local_table", table).primary_key
    if set_lambda is None:
        statement = statement.on_conflict_do_nothing()
    else:
        statement = statement.on_conflict_do_update(index_elements=keys, set_=set_lambda(statement.excluded))
    return statement.returning(*returning, sort_by_parameter_order=sort_by_parameter_order)
