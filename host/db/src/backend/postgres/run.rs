//! Runs one statement and sends its rows to the sink.

use sqlservice_sql::{Dialect, Sql};
use sqlx::{
    Arguments, Connection, Either, Executor, PgConnection, Row, Statement,
    postgres::{PgArguments, PgRow},
};

use super::{bind, cancel::PostgresCancelHandle, decode, error, types::Form};
use crate::{
    Error, Result,
    backend::{
        Done, Execution,
        column_writer::Cell,
        driver,
        reading::Reading,
        row_buffer::{self, drain},
        verb,
    },
    row_sink::{Next, RowSink},
};

/// Runs a statement. PostgreSQL reports no last inserted key.
pub(super) async fn run(
    connection: &mut PgConnection,
    cancel_handle: &PostgresCancelHandle,
    job: &Execution,
    sink: &mut RowSink,
) -> Result<Done> {
    let outcome = flow(connection, cancel_handle, job, sink).await;
    if matches!(outcome, Err(Error::StalePlan(_))) {
        // The driver would reuse the stale statement again and again.
        connection.clear_cached_statements().await.map_err(error::map)?;
    }
    outcome
}

async fn flow(
    connection: &mut PgConnection,
    cancel_handle: &PostgresCancelHandle,
    job: &Execution,
    sink: &mut RowSink,
) -> Result<Done> {
    let (sql, arguments) = prepare(connection, job).await?;
    let verb = verb::verb(&job.sql, Dialect::Postgres);
    let mut rows = if job.is_script {
        // One message and one response for all statements.
        Executor::fetch_many(&mut *connection, sqlx::raw_sql(driver::text(&sql)))
    } else {
        let query = sqlx::query_with(driver::text(&sql), arguments).persistent(verb::is_cached(&verb, &sql));
        Executor::fetch_many(&mut *connection, query)
    };
    let mut reading: Option<Reading<Form>> = None;
    let mut scratch = String::new();
    let mut affected = 0;
    loop {
        match row_buffer::next(&mut rows).await.transpose().map_err(error::map)? {
            None => break,
            Some(Either::Left(done)) => affected += done.rows_affected(),
            Some(Either::Right(row)) => {
                let reading = match &mut reading {
                    Some(reading) => reading,
                    None => reading.insert(Reading::begin(row.columns(), job, sink)),
                };
                if reading.page.is_full() {
                    match sink.deliver(reading.page.take()).await {
                        Next::More(demand) => reading.page.demand = demand,
                        Next::Stop => {
                            drain(&mut rows, cancel_handle.ready(), |way| cancel_handle.request(way)).await?;
                            return Ok(Done::default());
                        }
                    }
                }
                if let Err(unreadable) = reading.read(&row, &mut scratch) {
                    drain(&mut rows, cancel_handle.ready(), |way| cancel_handle.request(way)).await?;
                    return Err(unreadable);
                }
            }
        }
    }
    drop(rows);
    match reading {
        Some(mut reading) => sink.finish(reading.page.take()),
        None => finish_empty(connection, sql, &verb, job, sink).await?,
    }
    // The server counts the rows of a query as well, so only the counts of changes are used.
    Ok(if verb::changes_rows(&verb) { Done::changed(affected) } else { Done::default() })
}

/// Returns the text with the signature of its parameters, and the encoded parameters.
async fn prepare(connection: &mut PgConnection, job: &Execution) -> Result<(Sql, PgArguments)> {
    let mut params = bind::params(&job.binds)?;
    if params.is_empty() {
        return Ok((job.sql.clone(), PgArguments::default()));
    }
    let sql = job.sql.marked(bind::signature(&params));
    if bind::asks(&params) {
        let hints: Vec<_> = params.iter().map(bind::Param::type_info).collect();
        let statement = connection.prepare_with(driver::text(&sql), &hints).await;
        let statement = statement.map_err(error::map)?;
        if let Some(Either::Left(types)) = statement.parameters() {
            bind::answer(&mut params, types)?;
        }
    }
    let mut arguments = PgArguments::default();
    let bytes: usize = params.len() * 12;
    arguments.reserve(params.len(), bytes);
    for param in params {
        arguments.add(param).map_err(|cause| error::map(sqlx::Error::Encode(cause)))?;
    }
    Ok((sql, arguments))
}

/// Reports the columns of a result set without rows. No round trip where the statement was cached.
async fn finish_empty(
    connection: &mut PgConnection,
    sql: Sql,
    verb: &str,
    job: &Execution,
    sink: &mut RowSink,
) -> Result<()> {
    let may_return = match &job.expected {
        Some(expected) => !expected.is_empty(),
        None => verb::is_cached(verb, &sql),
    };
    if may_return {
        let statement = connection.prepare(driver::text(&sql)).await.map_err(error::map)?;
        Reading::<Form>::finish_empty(statement.columns(), job, sink);
    }
    Ok(())
}

impl Reading<Form> {
    fn read(&mut self, row: &PgRow, scratch: &mut String) -> Result<()> {
        let mut bytes = 0;
        for (at, (form, column)) in self.forms.iter().zip(&mut self.page.columns).enumerate() {
            let raw = row.try_get_raw(at).map_err(error::map)?;
            // The only error of `as_bytes` is a null.
            let pushed = match raw.as_bytes() {
                Err(_) => column.push(Cell::Null),
                Ok(value) => {
                    bytes += value.len();
                    match decode::read(form, value, scratch, column) {
                        Some(pushed) => pushed,
                        None => return Err(unreadable(form, self.name(at))),
                    }
                }
            };
            bytes += 8;
            pushed?;
        }
        self.page.count(bytes);
        Ok(())
    }
}

fn unreadable(form: &Form, name: &str) -> Error {
    match form {
        Form::Unknown(native) => sqlservice_sql::Error::Unsupported {
            capability: "other",
            message: format!(
                "values of the type {native:?} of column {name:?} cannot be read; cast them to text in the statement"
            ),
        }
        .into(),
        _ => error::data("22P03", format!("a value of column {name:?} cannot be read")),
    }
}
