"""What the contract and its databases can do, as SQLAlchemy's tests ask for it. What is closed says what is missing."""

from __future__ import annotations

from typing import Any

import hooks
from sqlalchemy.testing import config, exclusions
from sqlalchemy.testing.requirements import SuiteRequirements

MYSQL = ("mysql", "mariadb")


def lacks(reason: str) -> property:
    """A requirement that nothing here fulfils."""
    return property(lambda _: exclusions.skip_if(exclusions.BooleanPredicate(True, reason)))


def can(word: str) -> property:
    """A requirement that is a capability of the contract."""
    reason = f"the database has no `{word}`, a capability of the contract"
    return property(lambda _: exclusions.skip_if(lambda config: word not in config.db.dialect.capabilities, reason))


def except_on(reason: str, *kinds: str) -> property:
    """A requirement that every database but these fulfils."""
    return property(lambda _: exclusions.skip_if(lambda config: config.db.dialect.database_kind in kinds, reason))


def only_on(reason: str, *kinds: str) -> property:
    """A requirement that only these databases fulfil."""
    return property(lambda _: exclusions.skip_if(lambda config: config.db.dialect.database_kind not in kinds, reason))


done = property(lambda _: exclusions.open())
"""A requirement that is fulfilled on every database, which SQLAlchemy does not take for granted."""


class Requirements(SuiteRequirements):
    """What is not named is as `SuiteRequirements` has it: open."""

    def __init__(self) -> None:
        hooks.make_schemas(config._current.db)

    # Tables

    table_ddl_if_exists = done
    uuid_data_type = done
    foreign_keys_reflect_as_index = lacks("`reflect` leaves out indexes that only serve a foreign key")
    unique_index_reflect_as_unique_constraints = only_on(
        "`reflect` keeps unique indexes and unique constraints apart", *MYSQL
    )
    unique_constraints_reflect_as_index = unique_index_reflect_as_unique_constraints
    deferrable_fks = lacks("the contract has no deferrable constraints")
    repeated_column_foreign_keys = lacks("the contract names each column of a foreign key once")
    unicode_ddl = done
    symbol_names_w_double_quote = except_on(
        "the tests name a check with a blank at its end, which the host refuses there", *MYSQL
    )
    percent_schema_names = done
    computed_columns = done
    computed_columns_stored = lacks("the contract does not say how a computed column is kept")
    computed_columns_virtual = lacks("the contract does not say how a computed column is kept")
    computed_columns_default_persisted = lacks("the contract does not say how a computed column is kept")
    computed_columns_reflect_persisted = lacks("the contract does not say how a computed column is kept")
    identity_columns = lacks("a generated key of the contract has no start, step or bounds")
    identity_columns_standard = lacks("a generated key of the contract has no start, step or bounds")
    server_defaults = done
    expression_server_defaults = done
    sequences = lacks("the contract has no sequences")
    denormalized_names = lacks("a name is what it says, in upper and lower case")
    temporary_tables = lacks(
        "a session gives its connection back when its transaction ends; a temporary table would not outlive it"
    )
    temp_table_reflection = temporary_tables
    temp_table_names = temporary_tables
    has_temp_table = temporary_tables
    temp_table_comment_reflection = temporary_tables
    temporary_views = temporary_tables
    schemas = can("schemas")
    cross_schema_fk_reflection = can("schemas")
    implicit_default_schema = lacks("the contract does not name the default schema")
    default_schema_name_switch = lacks("the contract has no way to change the default schema")
    schema_create_delete = can("schemas")
    views = done
    index_ddl_if_exists = lacks(
        "the contract creates a table with its indexes, also where `CREATE TABLE` alone was asked for"
    )

    # Reflection

    reflects_pk_names = except_on("a primary key has no name there", *MYSQL)
    view_reflection = except_on(
        "`reflect` reads a view's columns, and the host keeps SQLite's own tables from SQL text", "sqlite"
    )
    reflect_tables_no_columns = lacks("a table of the contract has columns")
    foreign_key_constraint_name_reflection = done
    foreign_key_constraint_option_reflection_ondelete = done
    foreign_key_constraint_option_reflection_onupdate = done
    fk_constraint_option_reflection_ondelete_restrict = except_on(
        "the database does not tell `RESTRICT` from `NO ACTION`", *MYSQL
    )
    fk_constraint_option_reflection_onupdate_restrict = fk_constraint_option_reflection_ondelete_restrict
    fk_constraint_option_reflection_ondelete_noaction = lacks(
        "`reflect` does not tell `NO ACTION` from an action left out"
    )
    comment_reflection = can("comments")
    comment_reflection_full_unicode = only_on(
        "the database keeps comments of three bytes a character, or none", "postgresql"
    )
    constraint_comment_reflection = lacks("a constraint of the contract has no comment")
    column_collation_reflection = lacks("a column of the contract has no collation")
    materialized_views = lacks("`reflect` does not read materialized views")
    materialized_views_reflect_pk = materialized_views
    reflect_table_options = lacks("a table of the contract has no options of one database")
    index_reflects_included_columns = lacks("an index of the contract has no included columns")
    indexes_with_ascdesc = lacks("an index of the contract has no order of its columns")
    reflect_indexes_with_ascdesc = indexes_with_ascdesc
    reflect_indexes_with_ascdesc_as_expression = indexes_with_ascdesc
    indexes_with_expressions = lacks("an index of the contract is of columns")
    reflect_indexes_with_expressions = indexes_with_expressions
    indexes_check_column_order = done
    inline_check_constraint_reflection = done
    check_constraint_reflection = done

    # Queries

    boolean_col_expressions = done
    nullsordering = done
    intersect = except_ = done
    window_functions = done
    ctes = done
    ctes_with_update_delete = except_on("the database has no `WITH` before an update", *MYSQL)
    ctes_with_values = only_on(
        "`VALUES` as a source goes as text, which only PostgreSQL has with names of columns", "postgresql"
    )
    ctes_on_dml = only_on("a change as a common table expression goes as text, which only PostgreSQL has", "postgresql")
    table_value_constructor = ctes_with_values
    tuple_in = done
    supports_distinct_on = only_on("`DISTINCT ON` goes as text, which only PostgreSQL has", "postgresql")
    supports_is_distinct_from = done
    order_by_label_with_expression = done
    regexp_match = regexp_replace = except_on("regular expressions go as text, and SQLite has none", "sqlite")
    fetch_first = fetch_no_order_by = fetch_offset_with_options = done
    fetch_ties = fetch_expression = only_on(
        "`FETCH` of ties or expressions goes as text, which only PostgreSQL has", "postgresql"
    )
    fetch_percent = lacks("no database of the contract has `FETCH … PERCENT`")
    sql_expression_limit_offset = except_on(
        "an expression as limit goes as text, and the database takes values only", *MYSQL
    )
    supports_bitwise_or = supports_bitwise_and = done
    supports_bitwise_not = except_on("the database gives an unsigned number", *MYSQL)
    supports_bitwise_shift = except_on("PostgreSQL shifts by 32 bits of a number, and `Integer` has 64", "postgresql")
    supports_bitwise_xor = except_on("SQLite has no exclusive or", "sqlite")
    standard_cursor_sql = lacks("a statement is data: no SQL text is handed to the cursor")
    array_type = can("arrays")
    json_type = done
    legacy_unconditional_json_extract = done
    json_deserializer_binary = lacks("the driver hands JSON over as text")

    # Changes and transactions

    update_from = can("update-source")
    delete_from = can("delete-source")
    implements_get_lastrowid = except_on("PostgreSQL's driver promises no last key", "postgresql")
    dbapi_lastrowid = except_on("PostgreSQL's driver promises no last key", "postgresql")
    savepoints = done
    autocommit = done
    isolation_level = done
    skip_autocommit_rollback = done
    two_phase_transactions = lacks("the contract has no two-phase commit")
    async_dialect = lacks("`sqlservice://` is not the dialect for asyncio")

    # Values

    nvarchar_types = lacks("the contract has one kind of text")
    datetime_interval = only_on(
        "spans of time are a type of PostgreSQL's alone: others keep them, and do not count with them", "postgresql"
    )
    datetime_literals = done
    datetime_timezone = done
    time_timezone = lacks("a time of day of the contract has no zone")
    timestamp_microseconds = done
    datetime_historic = date_historic = done
    datetime_timezone_historic = except_on("moments are `TIMESTAMP` there, which begins in 1970", *MYSQL)
    precision_numerics_enotation_small = done
    precision_numerics_many_significant_digits = done
    precision_numerics_retains_significant_digits = done
    infinity_floats = except_on("the database has no infinite floats", *MYSQL)
    float_or_double_precision_behaves_generically = done

    def get_order_by_collation(self, config: Any) -> str:
        """A collation that the database has; an ordering by one goes as text."""
        return {"sqlite": "nocase", "postgresql": "POSIX"}.get(config.db.dialect.database_kind, "utf8mb4_bin")
