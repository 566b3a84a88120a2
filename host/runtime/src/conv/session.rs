//! Options, answers and what a database says about itself.

use std::time::Duration;

use sqlservice_db as db;
use sqlservice_sql::{Capabilities, Dialect, compiled::Output, schema::TypeKind};

use super::same_cases;
use crate::bindings::sqlservice::database::{databases as wit_databases, sessions as wit};

same_cases!(wit::Isolation, db::Isolation, {
    Default, ReadUncommitted, ReadCommitted, RepeatableRead, Serializable, Autocommit,
});

impl From<&Output> for wit::ResultColumn {
    fn from(column: &Output) -> Self {
        let ty = column.ty.clone().unwrap_or_else(|| TypeKind::Other.into());
        Self { name: column.name.clone(), ty: ty.into(), nullable: column.nullable }
    }
}

/// How one statement runs; every number is guest-controlled and cut by the database's own limits.
pub(crate) fn run_options(options: &wit::Options) -> db::RunOptions {
    db::RunOptions {
        timeout: options.timeout_ms.map(|ms| Duration::from_millis(ms.into())),
        max_rows: options.max_rows,
        batch_rows: options.batch_rows,
        ..db::RunOptions::default()
    }
}

/// How a transaction runs.
pub(crate) fn transaction_options(options: &wit::TransactionOptions) -> db::TransactionOptions {
    db::TransactionOptions {
        isolation: options.isolation.into(),
        read_only: options.read_only,
        timeout: options.timeout_ms.map(|ms| Duration::from_millis(ms.into())),
    }
}

impl From<Dialect> for wit_databases::Dialect {
    fn from(dialect: Dialect) -> Self {
        match dialect {
            Dialect::Sqlite => Self::Sqlite,
            Dialect::Postgres => Self::Postgresql,
            Dialect::Mysql => Self::Mysql,
            Dialect::Mariadb => Self::Mariadb,
        }
    }
}

impl From<Capabilities> for wit_databases::Capabilities {
    fn from(can: Capabilities) -> Self {
        let flags = [
            (can.insert_returning, Self::INSERT_RETURNING),
            (can.update_returning, Self::UPDATE_RETURNING),
            (can.delete_returning, Self::DELETE_RETURNING),
            (can.full_join, Self::FULL_JOIN),
            (can.lateral, Self::LATERAL),
            (can.row_locking, Self::ROW_LOCKING),
            (can.lock_options, Self::LOCK_OPTIONS),
            (can.conflict_target, Self::CONFLICT_TARGET),
            (can.aggregate_filter, Self::AGGREGATE_FILTER),
            (can.frame_groups, Self::FRAME_GROUPS),
            (can.nulls_order, Self::NULLS_ORDER),
            (can.arrays, Self::ARRAYS),
            (can.schemas, Self::SCHEMAS),
            (can.comments, Self::COMMENTS),
            (can.transactional_ddl, Self::TRANSACTIONAL_DDL),
            (can.isolation_levels, Self::ISOLATION_LEVELS),
            (can.update_source, Self::UPDATE_SOURCE),
            (can.delete_source, Self::DELETE_SOURCE),
        ];
        flags.into_iter().filter(|(has, _)| *has).fold(Self::empty(), |all, (_, flag)| all | flag)
    }
}
