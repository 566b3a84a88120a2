//! Runs one statement and feeds its rows.

use std::sync::Arc;

use sqlservice_sql::{Dialect, Sql, compiled::Output, schema::TypeKind};
use sqlx::{
    Arguments, Column as _, Connection, Either, Executor, PgConnection, Row, Statement,
    postgres::{PgArguments, PgColumn, PgRow},
};

use super::{
    bind,
    cancel::PostgresCancelHandle,
    decode, error,
    types::{self, Form},
};
use crate::{
    Error, Result,
    backend::{
        Done, Execution,
        column_writer::{Cell, Column, reads_as},
        driver,
        row_buffer::{self, RowBuffer, drain},
        verb,
    },
    row_sink::{Next, RowSink},
};

/// Runs a statement. The server tells no keys.
pub(super) async fn run(
    connection: &mut PgConnection,
    cancel_handle: &PostgresCancelHandle,
    job: &Execution,
    sink: &mut RowSink,
) -> Result<Done> {
    let outcome = flow(connection, cancel_handle, job, sink).await;
    if matches!(outcome, Err(Error::StalePlan(_))) {
        // The driver would offer the same plan again and again.
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
        // One message and one answer, however many there are.
        Executor::fetch_many(&mut *connection, sqlx::raw_sql(driver::text(&sql)))
    } else {
        let query = sqlx::query_with(driver::text(&sql), arguments).persistent(verb::is_cached(&verb, &sql));
        Executor::fetch_many(&mut *connection, query)
    };
    let mut reading: Option<Reading> = None;
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
                if let Err(unreadable) = reading.read(&row) {
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
    // The server counts the rows of a query as well.
    Ok(if verb::changes_rows(&verb) { Done::changed(affected) } else { Done::default() })
}

/// The statement's text and its parameters.
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

/// Says what the columns of a result without rows are. No round trip: the statement was just prepared.
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
        if !statement.columns().is_empty() {
            let mut reading = Reading::begin(statement.columns(), job, sink);
            sink.finish(reading.page.take());
        }
    }
    Ok(())
}

/// The result that is being read.
struct Reading {
    forms: Vec<Form>,
    columns: Arc<[Output]>,
    page: RowBuffer,
    scratch: String,
}

impl Reading {
    /// Chooses how each column is read, and tells the row sink.
    fn begin(columns: &[PgColumn], job: &Execution, sink: &mut RowSink) -> Self {
        let expected = job.expected.as_ref().filter(|expected| expected.len() == columns.len());
        let mut forms = Vec::with_capacity(columns.len());
        let mut results = Vec::with_capacity(columns.len());
        let mut sinks = Vec::with_capacity(columns.len());
        for (at, column) in columns.iter().enumerate() {
            let form = types::form_of(column.type_info());
            let (result, kind) = result_column(column, &form, expected.and_then(|expected| expected.get(at)));
            forms.push(form);
            results.push(result);
            sinks.push(Column::new(kind));
        }
        // What the compiler knows already is not kept twice.
        let columns = match expected {
            Some(expected) if **expected == *results => Arc::clone(expected),
            _ => results.into(),
        };
        sink.columns(Arc::clone(&columns));
        Self { forms, columns, page: RowBuffer::new(sinks, sink.demand()), scratch: String::new() }
    }

    fn read(&mut self, row: &PgRow) -> Result<()> {
        let mut bytes = 0;
        for (at, (form, column)) in self.forms.iter().zip(&mut self.page.columns).enumerate() {
            let raw = row.try_get_raw(at).map_err(error::map)?;
            // The only error is a null.
            let pushed = match raw.as_bytes() {
                Err(_) => column.push(Cell::Null),
                Ok(value) => {
                    bytes += value.len();
                    match decode::read(form, value, &mut self.scratch, column) {
                        Some(pushed) => pushed,
                        None => return Err(unreadable(form, self.columns.get(at))),
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

/// What a column is told to be, and the kind of its values.
fn result_column(column: &PgColumn, form: &Form, expected: Option<&Output>) -> (Output, TypeKind) {
    let stored = types::kind_of(form);
    let declared = expected.and_then(|expected| expected.ty.as_ref());
    let (ty, kind) = match declared {
        Some(ty) if ty.kind == stored || reads_as(stored, ty.kind) => (ty.clone(), ty.kind),
        _ => (types::column_type(column.type_info(), form), stored),
    };
    let nullable = expected.and_then(|expected| expected.nullable);
    let name = expected.map_or_else(|| column.name().to_owned(), |expected| expected.name.clone());
    (Output { name, ty: Some(ty), nullable }, kind)
}

fn unreadable(form: &Form, column: Option<&Output>) -> Error {
    let name = column.map_or("", |column| column.name.as_str());
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
