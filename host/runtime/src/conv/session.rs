//! Options, results, and the names of dialects.

use std::time::Duration;

use sqlservice_db as db;
use sqlservice_sql::{Batch, Dialect, compiled::Output, schema::TypeKind};

use super::same_cases;
use crate::bindings::sqlservice::database::{schema::ReflectOptions, sessions as wit};

same_cases!(wit::Isolation, db::Isolation, {
    Default, ReadUncommitted, ReadCommitted, RepeatableRead, Serializable, Autocommit,
});

impl From<&Output> for wit::ResultColumn {
    fn from(column: &Output) -> Self {
        let ty = column.ty.clone().unwrap_or_else(|| TypeKind::Other.into());
        Self { name: column.name.clone(), ty: ty.into(), nullable: column.nullable }
    }
}

/// Converts the options of one statement. Every number is guest-controlled, and capped by the database's own limits.
pub(crate) fn run_options(options: &wit::Options) -> db::RunOptions {
    let timeout = options.timeout_ms.map(|ms| Duration::from_millis(ms.into()));
    db::RunOptions::default().timeout(timeout).max_rows(options.max_rows).batch_rows(options.batch_rows)
}

/// Converts the options of a transaction.
pub(crate) fn transaction_options(options: &wit::TransactionOptions) -> db::TransactionOptions {
    let timeout = options.timeout_ms.map(|ms| Duration::from_millis(ms.into()));
    db::TransactionOptions::default().isolation(options.isolation.into()).read_only(options.read_only).timeout(timeout)
}

/// Returns the contract's name of a dialect.
pub(crate) const fn dialect(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "sqlite",
        Dialect::Postgres => "postgresql",
        Dialect::Mysql => "mysql",
        Dialect::Mariadb => "mariadb",
    }
}

/// Makes a result that fits into its first batch.
pub(crate) fn complete(columns: &[Output], rows: Batch, affected: u64) -> wit::ResultSet {
    let columns = columns.iter().map(Into::into).collect();
    wit::ResultSet { columns, first_batch: rows.into(), cursor: None, affected, last_key: None }
}

impl From<ReflectOptions> for db::ReflectOptions {
    fn from(options: ReflectOptions) -> Self {
        let ReflectOptions { only, schema, views } = options;
        Self::default().only(only).schema(schema).views(views)
    }
}
