//! Runs one statement and sends its rows to the sink.

use std::sync::Arc;

use sqlservice_sql::{Dialect, Sql, compiled::Output, schema::TypeKind};
use sqlx::{
    Arguments, Decode, Either, Executor, MySql, MySqlConnection, Row, Statement,
    mysql::{MySqlArguments, MySqlRow},
};

use super::{bind, cancel::MysqlCancelHandle, connect::Connected, decode, error, types::Form};
use crate::{
    Error, Result,
    backend::{
        Done, Execution,
        column_writer::{Cell, Column},
        driver,
        reading::Reading,
        row_buffer::{self, RowBuffer, drain},
        verb,
    },
    row_sink::{Next, RowSink},
};

/// Runs a statement.
pub(super) async fn run(
    connected: &mut Connected,
    cancel_handle: &MysqlCancelHandle,
    job: &Execution,
    sink: &mut RowSink,
) -> Result<Done> {
    if is_plain(job) {
        let text = sqlx::raw_sql(driver::text(&job.sql));
        text.execute(&mut connected.connection).await.map_err(error::map)?;
        return Ok(Done::default());
    }
    let arguments = prepare(connected, job).await?;
    let connection = &mut connected.connection;
    let verb = verb::verb(&job.sql, Dialect::Mysql);
    let query = sqlx::query_with(driver::text(&job.sql), arguments);
    let query = query.persistent(verb::is_cached(&verb, &job.sql));
    let mut rows = Executor::fetch_many(&mut *connection, query);
    let mut reading: Option<Reading<Form>> = None;
    let (mut affected, mut returned, mut made) = (0, 0, 0);
    loop {
        match row_buffer::next(&mut rows).await.transpose().map_err(error::map)? {
            None => break,
            Some(Either::Left(done)) => {
                affected += done.rows_affected();
                made = done.last_insert_id();
            }
            Some(Either::Right(row)) => {
                returned += 1;
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
    let last_key = if reading.is_none() { last_key(job, &verb, made) } else { None };
    match reading {
        Some(mut reading) => sink.finish(reading.page.take()),
        None if made > 0 && !connected.is_mariadb && tells_keys(job, &verb) => {
            tell_keys(connected, made, affected, job, sink).await?
        }
        None => finish_empty(&mut connected.connection, &verb, job, sink).await?,
    }
    // Where a change returns its rows, the server does not count them.
    let affected = if verb::changes_rows(&verb) { affected.max(returned) } else { 0 };
    Ok(Done { affected, last_key })
}

/// Returns the key that the server reports for an insert without a result: for several rows the first key that it generated, 0
/// where it generated none. A number beyond `i64` is either no key or a negative one that the statement provided.
fn last_key(job: &Execution, verb: &str, made: u64) -> Option<i64> {
    let returns = job.expected.as_ref().is_some_and(|expected| !expected.is_empty());
    if made == 0 || returns || !verb::is_insert(verb) { None } else { i64::try_from(made).ok() }
}

/// Whether it is an insert that should return the generated key of each row, and nothing else.
fn tells_keys(job: &Execution, verb: &str) -> bool {
    verb == "INSERT" && job.expected.as_ref().is_some_and(|expected| expected.len() == 1)
}

/// Reports the generated keys of inserted rows where the server returns only the first.
///
/// `InnoDB` generates the keys of an insert with a known number of rows all at once, in every `innodb_autoinc_lock_mode`. They
/// follow each other in the order of the rows, `auto_increment_increment` apart.
async fn tell_keys(
    connected: &mut Connected,
    first: u64,
    rows: u64,
    job: &Execution,
    sink: &mut RowSink,
) -> Result<()> {
    let step = match connected.step {
        Some(step) => step,
        None => {
            let asked = sqlx::raw_sql(driver::text(&STEP));
            let row = asked.fetch_one(&mut connected.connection).await.map_err(error::map)?;
            let text: String = row.try_get_unchecked(0).map_err(error::map)?;
            text.parse().map_err(|_| Error::Disconnected(None))?
        }
    };
    let Some(expected) = &job.expected else { return Ok(()) };
    let mut page = expected_rows(expected, sink);
    for row in 0..rows {
        if page.is_full() {
            match sink.deliver(page.take()).await {
                Next::More(demand) => page.demand = demand,
                Next::Stop => return Ok(()),
            }
        }
        let key = row.checked_mul(step).and_then(|above| above.checked_add(first));
        let key = key.ok_or_else(|| error::data("22003", "a key is out of range"))?;
        for column in &mut page.columns {
            column.push(Cell::Unsigned(key))?;
        }
        page.count(8);
    }
    sink.finish(page.take());
    Ok(())
}

/// Reads the step between generated keys.
const STEP: Sql = Sql::fixed("SELECT CAST(@@SESSION.auto_increment_increment AS CHAR)");

/// Whether it is a statement of the host's own without bind values, results and a place in the statement cache, so that it is sent
/// unprepared. The driver would close a prepared one with a message that has no response. The server acknowledges that after 40 ms,
/// and the driver leaves Nagle's algorithm on. Without a semicolon it cannot be two statements.
fn is_plain(job: &Execution) -> bool {
    let nothing = job.binds.len() == 0 && job.expected.as_ref().is_some_and(|expected| expected.is_empty());
    nothing
        && !job.sql.is_guest()
        && !job.sql.contains(';')
        && !verb::is_cached(&verb::verb(&job.sql, Dialect::Mysql), &job.sql)
}

/// Encodes the statement's parameters. For SQL text their number is checked here: after a mismatch the driver waits for ever.
async fn prepare(connected: &mut Connected, job: &Execution) -> Result<MySqlArguments> {
    let params = bind::params(&job.binds, &connected.kinds)?;
    if job.expected.is_none() {
        let sql = driver::text(&job.sql);
        let statement = connected.connection.prepare(sql).await.map_err(error::map)?;
        if !matches!(statement.parameters(), Some(Either::Right(count)) if count == params.len()) {
            let message = "the statement has another number of parameters than it was given";
            return Err(sqlservice_sql::Error::invalid(message).into());
        }
    }
    let mut arguments = MySqlArguments::default();
    let bytes: usize = params.len() * 9;
    arguments.reserve(params.len(), bytes);
    for param in params {
        arguments.add(param).map_err(|cause| error::map(sqlx::Error::Encode(cause)))?;
    }
    Ok(arguments)
}

/// Reports the columns of a result set without rows. No round trip where the statement was cached. `MariaDB` reports no columns for
/// a delete that its optimiser finds to match nothing; the compiled statement's columns are reported then.
async fn finish_empty(connection: &mut MySqlConnection, verb: &str, job: &Execution, sink: &mut RowSink) -> Result<()> {
    let may_return = match &job.expected {
        Some(expected) => !expected.is_empty(),
        None => verb::is_cached(verb, &job.sql),
    };
    if may_return {
        let sql = driver::text(&job.sql);
        let statement = connection.prepare(sql).await.map_err(error::map)?;
        match &job.expected {
            Some(expected) if statement.columns().is_empty() => {
                let mut rows = expected_rows(expected, sink);
                sink.finish(rows.take());
            }
            _ => Reading::<Form>::finish_empty(statement.columns(), job, sink),
        }
    }
    Ok(())
}

/// Reports the compiled statement's columns as those of the result set.
fn expected_rows(expected: &Arc<[Output]>, sink: &mut RowSink) -> RowBuffer {
    sink.columns(Arc::clone(expected));
    let kind = |column: &Output| column.ty.as_ref().map_or(TypeKind::Int64, |ty| ty.kind);
    RowBuffer::new(expected.iter().map(|column| Column::new(kind(column))).collect(), sink.demand())
}

impl Reading<Form> {
    fn read(&mut self, row: &MySqlRow) -> Result<()> {
        let mut bytes = 0;
        for (at, (form, column)) in self.forms.iter().zip(&mut self.page.columns).enumerate() {
            let raw = row.try_get_raw(at).map_err(error::map)?;
            bytes += 8;
            // The driver returns bytes only of types that it takes for bytes; the only error is a null.
            match <&[u8] as Decode<MySql>>::decode(raw) {
                Err(_) => column.push(Cell::Null)?,
                Ok(value) => {
                    bytes += value.len();
                    let Some(pushed) = decode::read(*form, value, column) else {
                        let name = self.name(at);
                        return Err(error::data("22018", format!("a value of column {name:?} cannot be read")));
                    };
                    pushed?;
                }
            }
        }
        self.page.count(bytes);
        Ok(())
    }
}
