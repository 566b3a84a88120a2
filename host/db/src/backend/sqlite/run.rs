//! Runs one statement and feeds its rows to the sink: short statements on the caller's thread, long ones on a blocking thread.
//! It is long, as it includes the tests of which statement runs where.

use std::{
    ops::Range,
    sync::Arc,
    time::{Duration, Instant},
};

use sqlservice_sql::{Batch, Error as StatementError, batch::ColumnCapacity, compiled::Output};

use super::{
    bind,
    connection::{SqliteBackendConnection, Transaction, locked},
    decode::Filling,
    error::{self, Failure},
    handle::Handle,
    hooks::Hooks,
    types::{self, RowLayout},
};
use crate::{
    Error, Result,
    backend::{Done, Execution, verb},
    row_sink::{FetchSize, Next, RowSink},
};

/// The longest text that is prepared on the caller's thread, in bytes.
const INLINE_TEXT: usize = 8 << 10;

/// The most rows of a query that `run_at_once` completes.
const AT_ONCE: usize = 16;

/// The rounds of a statement whose returned rows make one batch.
const ROUNDS: usize = 1_024;

/// The reason why filling batches ended.
enum FillOutcome {
    /// The batch is full and has to be delivered; the current row is in no batch yet. With the capacity that its columns use.
    Full(Batch, Vec<ColumnCapacity>),
    /// There are no more rows.
    Done,
    /// The reader wants no more rows.
    Stopped,
    /// The bound of the caller's thread is reached. The statement continues on a blocking thread from its current row.
    Later,
    /// A step took too long for the caller's thread. The statement restarts on a blocking thread; none of its rows was delivered.
    Again,
    /// Another process holds a lock.
    Busy,
}

/// Collects a statement's rows into batches.
struct BatchFiller {
    filling: Filling,
    layout: Arc<RowLayout>,
    /// Whether the current row is in no batch yet.
    waiting: bool,
}

impl SqliteBackendConnection {
    /// Runs a query of a few rows and steps in the open transaction, on this thread and without awaiting. None where the statement is
    /// no such query, returns more rows or fails: the caller then runs it like any other, and this attempt has no effect.
    pub(crate) fn run_at_once(&mut self, job: &Execution, demand: FetchSize) -> Option<(Arc<[Output]>, Batch)> {
        if !is_short(job) || !matches!(self.transaction, Transaction::Open { .. }) {
            return None;
        }
        self.hooks.arm();
        let whole = self.here().ok()?.work_inline(Hooks::bound_closely, |handle| at_once(handle, job, demand));
        self.leave();
        whole
    }

    /// Runs a statement in the requested or open transaction, or without one.
    pub(super) async fn work(&mut self, job: &Arc<Execution>, sink: &mut RowSink) -> Result<Done> {
        self.check_open()?;
        let writes = self.prepare(job).await?;
        let read_only = match self.transaction {
            Transaction::Asked(begin) => begin.read_only,
            Transaction::Open { read_only } => read_only,
            Transaction::None => false,
        };
        if writes && read_only {
            return Err(StatementError::Denied("a change in a read-only transaction".into()).into());
        }
        self.begin_now(writes).await?;
        if writes {
            self.queue().await?;
        }
        if job.binds.is_row_by_row() { self.repeat(job, sink).await } else { self.fetch(job, writes, sink).await }
    }

    /// Runs a prepared statement once for each round of its values, and collects the returned rows. Its transaction holds the
    /// write lock by now, so that no other lock can block it.
    async fn repeat(&mut self, job: &Arc<Execution>, sink: &mut RowSink) -> Result<Done> {
        let (columns, layout) = types::columns(self.here()?, job.expected.as_ref());
        if !columns.is_empty() {
            sink.columns(columns);
        }
        let layout = Arc::new(layout);
        let mut rounds = RowRuns { left: 0..job.binds.rounds(), affected: 0 };
        loop {
            let (job, layout, hooks) = (Arc::clone(job), Arc::clone(&layout), Arc::clone(&self.hooks));
            let mut moved = (rounds, sink.take());
            let waiting;
            (moved, waiting) = self
                .with(false, move |handle| {
                    let (rounds, sink) = &mut moved;
                    let waiting = rounds.run_on(handle, &job, &layout, &hooks, sink);
                    (moved, waiting)
                })
                .await?;
            (rounds, *sink) = moved;
            let Some(batch) = waiting? else { return Ok(Done::changed(rounds.affected)) };
            if let Next::Stop = sink.deliver(batch).await {
                return Ok(Done::changed(rounds.affected));
            }
        }
    }

    /// Prepares a statement and binds its values. Returns whether it writes. A lock of another process can block it already here, as
    /// preparing reads the schema: for example while that process recovers the log of a crashed one.
    async fn prepare(&mut self, job: &Arc<Execution>) -> Result<bool> {
        let until = Instant::now() + self.lock_timeout;
        let mut pause = Duration::from_millis(1);
        let open = |handle: &mut Handle, job: &Execution| {
            handle.open(&job.sql)?;
            Ok(bind::bind(handle, &job.binds).map(|()| !handle.is_read_only()))
        };
        if is_short(job) {
            // Planning can take long, and so can reading the schema, which is guest-controlled as well.
            let prepared = self.here()?.work_inline(Hooks::bound, |handle| match open(handle, job) {
                Err(failure) if handle.has_to_move(&failure) => None,
                prepared => Some(prepared),
            });
            match prepared {
                Some(Ok(writes)) => return writes,
                Some(Err(failure)) if !error::is_busy(&failure) => return Err(error::error(failure)),
                _ => {}
            }
        }
        loop {
            let job = Arc::clone(job);
            match self.with(false, move |handle| open(handle, &job)).await? {
                Ok(writes) => return writes,
                Err(failure) if error::is_busy(&failure) && Instant::now() < until => self.pause(&mut pause).await?,
                Err(failure) => return Err(error::error(failure)),
            }
        }
    }

    /// Runs a prepared statement once, and delivers its rows.
    async fn fetch(&mut self, job: &Execution, writes: bool, sink: &mut RowSink) -> Result<Done> {
        let handle = self.here()?;
        let before = handle.total_changes();
        let (columns, layout) = types::columns(handle, job.expected.as_ref());
        let tells_key = writes && columns.is_empty() && verb::inserts(&job.sql);
        if tells_key {
            handle.expect_key();
        }
        if !columns.is_empty() {
            sink.columns(columns);
        }
        let mut short = !writes && !handle.lingers() && is_short(job);
        let until = Instant::now() + self.lock_timeout;
        let mut pause = Duration::from_millis(1);
        let mut rows = BatchFiller::new(Arc::new(layout), sink.demand());
        loop {
            let filled = self.fill(&mut rows, sink, short).await?;
            short = false;
            match filled {
                FillOutcome::Full(batch, room) => match sink.deliver(batch).await {
                    Next::More(demand) => rows.go_on(demand, &room),
                    Next::Stop => {
                        // Freeing the rows that SQLite has sorted and buffered can take long.
                        self.with(false, Handle::put_away).await?;
                        return Ok(Done::default());
                    }
                },
                FillOutcome::Done => {
                    sink.finish(rows.filling.finish()?);
                    let handle = self.here()?;
                    if !writes || handle.total_changes() == before {
                        return Ok(Done::default());
                    }
                    let affected = handle.changes();
                    let last_key = if tells_key { handle.own_key() } else { None };
                    return Ok(Done { affected, last_key });
                }
                FillOutcome::Stopped => return Ok(Done::default()),
                FillOutcome::Later => {}
                FillOutcome::Again => {
                    self.here()?.restart();
                    rows = BatchFiller::new(rows.layout, sink.demand());
                }
                FillOutcome::Busy if Instant::now() < until => {
                    self.here()?.restart();
                    self.pause(&mut pause).await?;
                    rows = BatchFiller::new(rows.layout, sink.demand());
                }
                FillOutcome::Busy => return Err(locked()),
            }
        }
    }

    /// Fills batches until the reader must be awaited: one on this thread while that is short, else many on a blocking thread.
    async fn fill(&mut self, rows: &mut BatchFiller, sink: &mut RowSink, short: bool) -> Result<FillOutcome> {
        if short {
            let hooks = Arc::clone(&self.hooks);
            return self.here()?.work_inline(Hooks::bound, |handle| rows.fill(handle, Some(&hooks)));
        }
        let mut moved = (rows.take(), sink.take());
        let filled;
        (moved, filled) = self
            .with(false, move |handle| {
                let (rows, sink) = &mut moved;
                let filled = rows.fill_on(handle, sink);
                (moved, filled)
            })
            .await?;
        (*rows, *sink) = moved;
        filled
    }
}

/// Whether a statement's text and values are short enough for its caller's thread.
fn is_short(job: &Execution) -> bool {
    job.sql.len() <= INLINE_TEXT && bind::are_short(&job.binds)
}

/// Runs a query to its end; none where that takes long.
fn at_once(handle: &mut Handle, job: &Execution, demand: FetchSize) -> Option<(Arc<[Output]>, Batch)> {
    handle.open(&job.sql).ok()?;
    if !handle.is_brief() || !handle.is_read_only() || handle.lingers() {
        return None;
    }
    bind::bind(handle, &job.binds).ok()?;
    let (columns, layout) = types::columns(handle, job.expected.as_ref());
    let mut filling = Filling::new(&layout, FetchSize { rows: demand.rows.min(AT_ONCE), ..demand });
    let whole = loop {
        match handle.step() {
            Ok(true) if !filling.is_full() && filling.push(handle, &layout).is_ok() => {}
            Ok(false) => break true,
            _ => break false,
        }
    };
    if !whole {
        handle.took_long();
        return None;
    }
    Some((columns, filling.finish().ok()?))
}

impl BatchFiller {
    fn new(layout: Arc<RowLayout>, demand: FetchSize) -> Self {
        Self { filling: Filling::new(&layout, demand), layout, waiting: false }
    }

    /// Begins the next batch, with the capacity of the last one.
    fn go_on(&mut self, demand: FetchSize, room: &[ColumnCapacity]) {
        self.filling = Filling::like(&self.layout, demand, room);
        self.waiting = true;
    }

    /// Moves the rows out for a blocking thread, and leaves an empty batch.
    fn take(&mut self) -> Self {
        let none = Filling::like(&self.layout, FetchSize::DEFAULT, &[]);
        let filling = std::mem::replace(&mut self.filling, none);
        Self { filling, layout: Arc::clone(&self.layout), waiting: self.waiting }
    }

    /// Fills and delivers batches until the sink would have to wait, or no rows are left.
    fn fill_on(&mut self, handle: &mut Handle, sink: &mut RowSink) -> Result<FillOutcome> {
        loop {
            let filled = self.fill(handle, None)?;
            let FillOutcome::Full(batch, room) = filled else { return Ok(filled) };
            match sink.try_deliver(batch) {
                Ok(Next::More(demand)) => self.go_on(demand, &room),
                Ok(Next::Stop) => {
                    handle.put_away();
                    return Ok(FillOutcome::Stopped);
                }
                Err(batch) => return Ok(FillOutcome::Full(batch, room)),
            }
        }
    }

    /// Fills a batch. With hooks, only within their bound.
    fn fill(&mut self, handle: &mut Handle, hooks: Option<&Hooks>) -> Result<FillOutcome> {
        loop {
            if !std::mem::take(&mut self.waiting) {
                match handle.step() {
                    Ok(true) => {}
                    Ok(false) => return Ok(FillOutcome::Done),
                    Err(failure) if hooks.is_some() && handle.has_to_move(&failure) => return Ok(FillOutcome::Again),
                    Err(failure) => return refilled(failure, &self.filling),
                }
            }
            if self.filling.is_full() {
                let room = self.filling.room();
                let full = std::mem::replace(&mut self.filling, Filling::like(&self.layout, FetchSize::DEFAULT, &[]));
                return Ok(FillOutcome::Full(full.finish()?, room));
            }
            self.filling.push(handle, &self.layout)?;
            if hooks.is_some_and(Hooks::is_overdue) {
                return Ok(FillOutcome::Later);
            }
        }
    }
}

/// The runs of one statement, with one round of its values each.
struct RowRuns {
    left: Range<usize>,
    /// The number of rows that they changed.
    affected: u64,
}

impl RowRuns {
    /// Runs the remaining rounds, until the reader must be awaited for the returned batch, or wants no more rows.
    fn run_on(
        &mut self,
        handle: &mut Handle,
        job: &Execution,
        layout: &RowLayout,
        hooks: &Hooks,
        sink: &mut RowSink,
    ) -> Result<Option<Batch>> {
        while !self.left.is_empty() {
            let batch = self.run(handle, job, layout, hooks)?;
            match sink.try_deliver(batch) {
                Ok(Next::More(_)) => {}
                Ok(Next::Stop) => self.left = 0..0,
                Err(batch) => return Ok(Some(batch)),
            }
        }
        Ok(None)
    }

    /// Runs up to [`ROUNDS`] rounds, and returns their rows.
    fn run(&mut self, handle: &mut Handle, job: &Execution, layout: &RowLayout, hooks: &Hooks) -> Result<Batch> {
        let mut filling = Filling::new(layout, FetchSize::DEFAULT);
        handle.lend(|lending| {
            for round in self.left.by_ref().take(ROUNDS) {
                if hooks.is_stopped() {
                    return Err(Error::Cancelled);
                }
                lending.restart();
                bind::lend(lending, &job.binds, round)?;
                let before = lending.handle().total_changes();
                while lending.step().map_err(error::error)? {
                    filling.push(lending.handle(), layout)?;
                }
                if lending.handle().total_changes() != before {
                    self.affected += lending.handle().changes();
                    if layout.is_key {
                        filling.push_key(lending.handle().made_key(), layout)?;
                    }
                }
            }
            Ok(())
        })?;
        filling.finish()
    }
}

/// Converts a failed step. A statement that met a lock is retried only before its first row.
fn refilled(failure: Failure, filling: &Filling) -> Result<FillOutcome> {
    if error::is_busy(&failure) && filling.is_empty() {
        return Ok(FillOutcome::Busy);
    }
    Err(error::error(failure))
}

#[cfg(test)]
mod tests {
    use sqlservice_sql::{Dialect, Scalar, Sql, schema::TypeKind};

    use super::*;
    use crate::{
        Settings,
        backend::{BackendConnection, Begin, Binds, Effect, sqlite::SqlitePool},
    };

    async fn connection() -> SqliteBackendConnection {
        let file = crate::backend::sqlite::SqliteFile::parse("sqlite::memory:").expect("a url");
        let pool = Arc::new(SqlitePool::new(file, &Settings::default()));
        SqliteBackendConnection::acquire(&pool).await.expect("a connection").0
    }

    fn query(sql: &str) -> Execution {
        let column = Output { name: "n".to_owned(), ty: Some(TypeKind::Int64.into()), nullable: None };
        let expected = Some([column].into());
        Execution {
            sql: Sql::guest(sql, Dialect::Sqlite).expect("a statement"),
            binds: Binds::Values(Vec::new()),
            expected,
            is_script: false,
            effect: Effect::Reads,
            summary: None,
        }
    }

    const COUNTED: &str = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n <";

    #[tokio::test]
    async fn only_short_queries_of_a_transaction_are_run_at_once() {
        let mut connection = connection().await;
        let short = query("SELECT 7 AS n");
        assert!(connection.run_at_once(&short, FetchSize::DEFAULT).is_none(), "no transaction is open");
        connection.begin(Begin::default()).await.expect("asked for");
        assert!(connection.run_at_once(&short, FetchSize::DEFAULT).is_none(), "it has not begun");
        connection.begin_now(false).await.expect("begun");
        for _ in 0..500 {
            let (columns, rows) = connection.run_at_once(&short, FetchSize::DEFAULT).expect("at once, however often");
            assert_eq!((columns.len(), rows.value(0, 0)), (1, Scalar::Integer(7).into()));
        }
        let few = query(&format!("{COUNTED} 16) SELECT n FROM c"));
        assert_eq!(connection.run_at_once(&few, FetchSize::DEFAULT).map(|(_, rows)| rows.rows), Some(16));
        let many = query(&format!("{COUNTED} 17) SELECT n FROM c"));
        let long = query(&format!("{COUNTED} 1000000) SELECT max(n) FROM c"));
        let change = query("CREATE TABLE t (n INTEGER)");
        for not in [many, long, change, query("SELECT nothing"), query("SELECT abs(-9223372036854775808)")] {
            for _ in 0..2 {
                assert!(connection.run_at_once(&not, FetchSize::DEFAULT).is_none(), "{}", not.sql);
            }
            assert!(connection.check_open().is_ok(), "{}: the transaction goes on", not.sql);
        }
        assert!(
            connection.here().expect("here").exec(&Sql::fixed("SELECT n FROM t")).is_err(),
            "the change was not made"
        );
        assert!(connection.run_at_once(&short, FetchSize::DEFAULT).is_some());
        connection.rollback().await.expect("rolled back");
    }

    #[tokio::test]
    async fn t31_what_is_one_long_step_is_taken_elsewhere() {
        let mut connection = connection().await;
        let handle = connection.here().expect("here");
        for sql in ["CREATE TABLE t (id INTEGER PRIMARY KEY, n TEXT)", "CREATE VIRTUAL TABLE f USING fts5 (n)"] {
            handle.exec(&Sql::fixed(sql)).expect(sql);
        }
        let quick = [
            "SELECT lower(n) FROM t WHERE n LIKE 'a%'",
            "SELECT count(*) FROM t WHERE n = 'a'",
            "SELECT sum(id) FROM t",
        ];
        let slow = [
            "SELECT count(*) FROM t",
            "SELECT 1 WHERE (SELECT count(*) FROM t) > 1",
            "SELECT printf('%d', id) FROM t",
            "SELECT json_patch(n, n) FROM t",
            "SELECT n FROM f WHERE f MATCH 'a'",
            "SELECT n FROM f WHERE f = 'a'",
            "SELECT randomblob(10)",
        ];
        for (sql, lingers) in quick.map(|sql| (sql, false)).into_iter().chain(slow.map(|sql| (sql, true))) {
            handle.open(&query(sql).sql).expect(sql);
            assert_eq!(handle.lingers(), lingers, "{sql}");
        }
        assert!(handle.open(&query("SELECT snippet(f, 0, '', '', '', 9) FROM f").sql).is_err());
    }

    #[tokio::test]
    async fn t41_all_rows_of_a_table_are_deleted_one_after_the_other() {
        let mut connection = connection().await;
        let rows = async |connection: &mut SqliteBackendConnection, sql| {
            let mut sink = RowSink::collect(None);
            connection.run(query(sql), &mut sink).await.expect(sql).affected
        };
        for sql in
            ["CREATE TABLE t (n TEXT)", "CREATE VIEW v AS SELECT n FROM t", "CREATE VIRTUAL TABLE f USING fts5 (n)"]
        {
            rows(&mut connection, sql).await;
        }
        assert_eq!(rows(&mut connection, "INSERT INTO t VALUES (1), (2), (3)").await, 3);
        let opcodes = async |connection: &mut SqliteBackendConnection, sql: &str| {
            let handle = connection.here().expect("here");
            handle.open(&query(sql).sql).expect("explained");
            let mut opcodes = Vec::new();
            while handle.step().expect("a row") {
                let super::super::handle::value::Cell::Text(opcode) = handle.cell(1) else { continue };
                opcodes.push(String::from_utf8_lossy(opcode).into_owned());
            }
            opcodes
        };
        let deleting = opcodes(&mut connection, "EXPLAIN DELETE FROM t").await;
        assert!(deleting.contains(&"Delete".to_owned()) && !deleting.contains(&"Clear".to_owned()), "{deleting:?}");
        assert_eq!(rows(&mut connection, "DELETE FROM t").await, 3);
        // A dropped table or view is gone.
        for sql in ["DROP VIEW v", "DROP TABLE t", "DROP TABLE f"] {
            rows(&mut connection, sql).await;
        }
        let handle = connection.here().expect("here");
        handle.open(&Sql::fixed("SELECT name FROM sqlite_master")).expect("prepared");
        assert!(!handle.step().expect("a step"), "nothing is left");
    }

    #[tokio::test]
    async fn what_sqlite_rolled_back_takes_no_more_statements() {
        let mut connection = connection().await;
        connection.begin(Begin { writes: true, ..Begin::default() }).await.expect("asked for");
        connection.begin_now(true).await.expect("begun");
        // As SQLite does by itself where the disk is full.
        connection.here().expect("here").exec(&Sql::fixed("ROLLBACK")).expect("rolled back");
        let mut sink = RowSink::collect(None);
        let error = connection.run(query("CREATE TABLE t (n INTEGER)"), &mut sink).await.err();
        assert!(matches!(error, Some(Error::Operational(_))), "{error:?}");
        assert!(connection.commit().await.is_err());
        connection.rollback().await.expect("rolled back");
        assert!(
            connection.run(query("CREATE TABLE t (n INTEGER)"), &mut RowSink::collect(None)).await.is_ok(),
            "it was not made"
        );
    }
}
