//! Passes a statement's text to the driver. This is the only place that does, and it accepts nothing but a [`Sql`].
//!
//! The driver accepts a constant, or a text whose caller asserts that it is safe; `clippy.toml` forbids the latter in all other
//! files.

use sqlservice_sql::Sql;
#[expect(clippy::disallowed_types, reason = "what it vouches for is a `Sql`, which quotes or was checked")]
use sqlx::AssertSqlSafe;
use sqlx::{SqlSafeStr, SqlStr};

/// Converts the text to the driver's type.
#[expect(clippy::disallowed_methods, reason = "what it vouches for is a `Sql`, which quotes or was checked")]
pub(crate) fn text(sql: &Sql) -> SqlStr {
    match sql.constant() {
        Some(text) => text.into_sql_str(),
        None => AssertSqlSafe(sql.shared()).into_sql_str(),
    }
}
