//! Hands the text of a statement to the driver: the only place that does, and it takes nothing but a [`Sql`].
//!
//! The driver takes a constant, or a text that its caller vouches for; `clippy.toml` keeps the latter out of all other files.

use sqlservice_sql::Sql;
#[expect(clippy::disallowed_types, reason = "what it vouches for is a `Sql`, which quotes or was checked")]
use sqlx::AssertSqlSafe;
use sqlx::{SqlSafeStr, SqlStr};

/// The text, for the driver.
#[expect(clippy::disallowed_methods, reason = "what it vouches for is a `Sql`, which quotes or was checked")]
pub(crate) fn text(sql: &Sql) -> SqlStr {
    match sql.constant() {
        Some(text) => text.into_sql_str(),
        None => AssertSqlSafe(sql.shared()).into_sql_str(),
    }
}
