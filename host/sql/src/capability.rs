//! The capabilities in which databases differ, as one table.

use crate::Dialect;

/// The capabilities of a database: those that the contract's `database.capabilities` names, then those that only the host uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "a table of facts, not a state")]
pub struct Capabilities {
    /// `returning` of inserts.
    pub insert_returning: bool,
    /// `returning` of updates.
    pub update_returning: bool,
    /// `returning` of deletes.
    pub delete_returning: bool,
    /// Full joins.
    pub full_join: bool,
    /// Lateral subqueries.
    pub lateral: bool,
    /// Locking of rows by a select.
    pub row_locking: bool,
    /// `no-wait` and `skip-locked`.
    pub lock_options: bool,
    /// An upsert that names its unique key.
    pub conflict_target: bool,
    /// `filter` of aggregates.
    pub aggregate_filter: bool,
    /// Frames that count groups.
    pub frame_groups: bool,
    /// `nulls-first` of orderings.
    pub nulls_order: bool,
    /// Arrays.
    pub arrays: bool,
    /// Schemas within a database.
    pub schemas: bool,
    /// Comments of tables and columns.
    pub comments: bool,
    /// DDL that a rollback undoes.
    pub transactional_ddl: bool,
    /// Isolation levels other than `serializable`.
    pub isolation_levels: bool,
    /// Updates with other sources.
    pub update_source: bool,
    /// Deletes with other sources.
    pub delete_source: bool,
    /// Columns of other sources in the `returning` of an update or a delete.
    pub source_returning: bool,
    /// `returning` of a delete with other sources.
    pub delete_source_returning: bool,
    /// Locks that name the sources whose rows they lock.
    pub lock_tables: bool,
    /// The default of `lag` and `lead` for rows that do not exist.
    pub lag_default: bool,
    /// `set-default` of foreign keys.
    pub set_default: bool,
    /// Keys and indexes on texts of unlimited length.
    pub text_keys: bool,
    /// Tables whose names differ in case only.
    pub exact_table_names: bool,
    /// Decimals are stored as texts, with arithmetic by the host's functions, which fail for a text that is no number.
    pub text_decimals: bool,
    /// An assignment of an update sees the new values of those before it.
    pub ordered_assignments: bool,
    /// An update or delete fails if a value that it compares cannot be converted to the other's type; elsewhere it does not match.
    pub strict_changes: bool,
    /// References to a row are checked when it is deleted, not at the end of the statement.
    pub immediate_references: bool,
    /// The greatest precision and scale of a decimal.
    pub max_decimal: (u32, u32),
    /// The precision and scale of a cast that states neither; `None` where such a cast keeps all digits.
    pub open_decimal: Option<(u32, u32)>,
    /// The greatest length of a `varchar`, in characters.
    pub max_varchar: u32,
    /// Constraints added to a table that exists; without it, cyclic foreign keys are written inline.
    pub alter_constraint: bool,
    /// It runs in the host's own process: a statement costs no round trip, and a longer text costs more than a repeated run.
    pub embedded: bool,
    /// The greatest number of parameters of one statement.
    pub max_parameters: u32,
    /// The greatest length of an identifier, in bytes.
    pub max_identifier: usize,
}

impl Capabilities {
    /// Returns the contract's names of its capabilities.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let all = [
            (self.insert_returning, "insert-returning"),
            (self.update_returning, "update-returning"),
            (self.delete_returning, "delete-returning"),
            (self.full_join, "full-join"),
            (self.lateral, "lateral"),
            (self.row_locking, "row-locking"),
            (self.lock_options, "lock-options"),
            (self.conflict_target, "conflict-target"),
            (self.aggregate_filter, "aggregate-filter"),
            (self.frame_groups, "frame-groups"),
            (self.nulls_order, "nulls-order"),
            (self.arrays, "arrays"),
            (self.schemas, "schemas"),
            (self.comments, "comments"),
            (self.transactional_ddl, "transactional-ddl"),
            (self.isolation_levels, "isolation-levels"),
            (self.update_source, "update-source"),
            (self.delete_source, "delete-source"),
            (self.source_returning, "source-returning"),
        ];
        all.into_iter().filter_map(|(can, name)| can.then_some(name))
    }
}

impl Dialect {
    /// Returns the capabilities of this kind of database.
    #[must_use]
    pub const fn capabilities(self) -> Capabilities {
        match self {
            Self::Sqlite => SQLITE,
            Self::Postgres => POSTGRES,
            Self::Mysql => MYSQL,
            Self::Mariadb => MARIADB,
        }
    }
}

const SQLITE: Capabilities = Capabilities {
    insert_returning: true,
    update_returning: true,
    delete_returning: true,
    full_join: true,
    lateral: false,
    row_locking: false,
    lock_options: false,
    conflict_target: true,
    aggregate_filter: true,
    frame_groups: true,
    nulls_order: true,
    arrays: false,
    schemas: false,
    comments: false,
    transactional_ddl: true,
    isolation_levels: false,
    update_source: true,
    delete_source: false,
    source_returning: false,
    delete_source_returning: false,
    lock_tables: false,
    lag_default: true,
    set_default: true,
    text_keys: true,
    exact_table_names: false,
    text_decimals: true,
    ordered_assignments: false,
    strict_changes: false,
    immediate_references: false,
    max_decimal: (1_000, 1_000),
    open_decimal: None,
    max_varchar: 10_485_760,
    alter_constraint: false,
    embedded: true,
    max_parameters: 32_766,
    max_identifier: 255,
};

const POSTGRES: Capabilities = Capabilities {
    lateral: true,
    row_locking: true,
    lock_options: true,
    arrays: true,
    schemas: true,
    comments: true,
    isolation_levels: true,
    delete_source: true,
    source_returning: true,
    delete_source_returning: true,
    lock_tables: true,
    exact_table_names: true,
    text_decimals: false,
    alter_constraint: true,
    embedded: false,
    max_parameters: 65_535,
    max_identifier: 63,
    ..SQLITE
};

const MYSQL: Capabilities = Capabilities {
    insert_returning: false,
    update_returning: false,
    delete_returning: false,
    full_join: false,
    lateral: true,
    row_locking: true,
    lock_options: true,
    conflict_target: false,
    aggregate_filter: false,
    frame_groups: false,
    nulls_order: false,
    arrays: false,
    schemas: false,
    comments: true,
    transactional_ddl: false,
    isolation_levels: true,
    update_source: true,
    delete_source: true,
    source_returning: false,
    delete_source_returning: false,
    lock_tables: true,
    lag_default: true,
    set_default: false,
    text_keys: false,
    exact_table_names: true,
    text_decimals: false,
    ordered_assignments: true,
    strict_changes: true,
    immediate_references: true,
    max_decimal: (65, 30),
    open_decimal: Some((65, 30)),
    max_varchar: 16_383,
    alter_constraint: true,
    embedded: false,
    max_parameters: 65_535,
    max_identifier: 64,
};

const MARIADB: Capabilities = Capabilities {
    insert_returning: true,
    delete_returning: true,
    lateral: false,
    lock_tables: false,
    lag_default: false,
    max_decimal: (65, 38),
    ..MYSQL
};
