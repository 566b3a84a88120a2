//! SQL as text, for statements that cannot be expressed as data.
//!
//! It is a separate import, `sqlservice:database/raw-sql`, with a separate grant: only plugins that call a function of this module
//! import it. Every call runs one statement with bound parameters, in the placeholder syntax of the database: `?`, or `$1` on
//! PostgreSQL. Transactions belong to the connection or session; text that begins or ends one is refused.

use crate::{
    Result,
    bindings::sqlservice::database::{raw_sql, sessions::ResultSet, values::Value},
    row::FromRow,
    session::{ExecutorCore, Rows, RunOptions},
};

/// Parameters of raw SQL: `params![1, "ed", None::<i64>]`.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => { ::std::vec![$($crate::IntoValue::into_value($value)),*] };
}

/// The targets of raw SQL: a [`Connection`](crate::Connection), a [`Session`](crate::Session), or one of these
/// [with](crate::Executor::with) options.
#[allow(async_fn_in_trait, reason = "guests have one thread")]
pub trait RawExecutor: ExecutorCore {
    #[doc(hidden)]
    async fn text(&self, sql: String, parameters: Vec<Value>, options: RunOptions) -> Result<ResultSet> {
        // The text may be any statement, so it counts as a write.
        self.before_statement(true).await?;
        Ok(raw_sql::execute(self.contract_session(), sql, parameters, options).await?)
    }
}

impl<L: ExecutorCore> RawExecutor for L {}

/// Runs a statement; returns how many rows it changed.
pub async fn execute(on: &impl RawExecutor, sql: &str, parameters: Vec<Value>) -> Result<u64> {
    Ok(on.text(sql.to_owned(), parameters, on.options(0)).await?.affected)
}

/// Runs an insert of one row; returns its generated key, as [`execute_for_key`](crate::Executor::execute_for_key) does.
pub async fn execute_for_key(on: &impl RawExecutor, sql: &str, parameters: Vec<Value>) -> Result<Option<i64>> {
    Ok(on.text(sql.to_owned(), parameters, on.options(0)).await?.last_key)
}

/// Runs a query; returns all rows. A model finds its columns by their names, `raw::all::<User>(..)`; everything else is
/// read in the order of the columns, `raw::all::<(i64, String)>(..)`.
pub async fn all<T: FromRow>(on: &impl RawExecutor, sql: &str, parameters: Vec<Value>) -> Result<Vec<T>> {
    stream(on, sql, parameters, 0).await?.collect().await
}

/// Runs a query; returns its first row.
pub async fn first<T: FromRow>(on: &impl RawExecutor, sql: &str, parameters: Vec<Value>) -> Result<Option<T>> {
    let mut rows = stream(on, sql, parameters, 1).await?;
    Ok(rows.next_batch().await?.and_then(|batch| batch.into_iter().next()))
}

/// Runs a query; returns its rows batch by batch.
pub async fn stream<T: FromRow>(
    on: &impl RawExecutor,
    sql: &str,
    parameters: Vec<Value>,
    batch_rows: u32,
) -> Result<Rows<T>> {
    let answer = on.text(sql.to_owned(), parameters, on.options(batch_rows)).await?;
    Rows::by_name(answer, batch_rows)
}
