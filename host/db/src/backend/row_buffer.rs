//! Collects rows into batches, and drains the rest of a result set whose reader is gone.

use std::{pin::pin, time::Duration};

use futures::{Stream, StreamExt};
use sqlservice_sql::Batch;
use tokio::time::{Instant, timeout_at};

use super::column_writer::Column;
use crate::{Error, Result, row_sink::FetchSize};

/// How long the rest of an unwanted result set is read before its statement is cancelled. Reading to the end is better where it is
/// short: on PostgreSQL a cancelled statement fails its transaction.
const DRAIN_TIMEOUT: Duration = Duration::from_millis(100);

/// How long a cancelled statement may take to end.
const ENDING: Duration = Duration::from_secs(10);

/// The batch that is being filled.
pub(crate) struct RowBuffer {
    pub columns: Vec<Column>,
    pub demand: FetchSize,
    rows: u32,
    bytes: usize,
}

impl RowBuffer {
    pub(crate) fn new(columns: Vec<Column>, demand: FetchSize) -> Self {
        Self { columns, demand, rows: 0, bytes: 0 }
    }

    /// Counts a row that was added to the columns, and its approximate size in bytes.
    pub(crate) fn count(&mut self, bytes: usize) {
        self.rows = self.rows.saturating_add(1);
        self.bytes = self.bytes.saturating_add(bytes);
    }

    /// Whether the batch has reached the requested number of rows or bytes. Never before its first row.
    pub(crate) fn is_full(&self) -> bool {
        self.rows > 0 && (self.rows as usize >= self.demand.rows || self.bytes >= self.demand.bytes)
    }

    /// Returns the batch and begins the next one.
    pub(crate) fn take(&mut self) -> Batch {
        self.bytes = 0;
        Batch { rows: std::mem::take(&mut self.rows), columns: self.columns.iter_mut().map(Column::take).collect() }
    }
}

/// Reads a result set to its end, and cancels its statement if that takes long. No cancel request is sent where the result ends
/// while `ready` still connects. After an error the connection is unusable.
pub(crate) async fn drain<T, S, W, F>(
    rows: &mut S,
    ready: impl Future<Output = Result<W>>,
    request: impl FnOnce(W) -> F,
) -> Result<()>
where
    S: Stream<Item = Result<T, sqlx::Error>> + Unpin,
    F: Future<Output = Result<()>>,
{
    let patience = Instant::now() + DRAIN_TIMEOUT;
    while Instant::now() < patience {
        match timeout_at(patience, next(rows)).await {
            Ok(Some(Ok(_))) => {}
            Ok(end) => return ended(end),
            Err(_) => break,
        }
    }
    let mut ready = pin!(ready);
    let way = loop {
        tokio::select! {
            way = &mut ready => break way?,
            next = next(rows) => match next {
                Some(Ok(_)) => {}
                end => return ended(end),
            },
        }
    };
    request(way).await?;
    // Rows that were already sent still arrive, then the statement's error.
    let end = Instant::now() + ENDING;
    loop {
        match timeout_at(end, next(rows)).await {
            Ok(Some(Ok(_))) => {}
            Ok(end) => return ended(end),
            Err(elapsed) => return Err(Error::Disconnected(Some(elapsed.into()))),
        }
    }
}

/// Returns the next row of a result set. Rows that have arrived are read without a pause, which would keep the other tasks of this
/// thread, its sockets and its timers from running. So each row consumes the task's budget, after which it yields.
pub(crate) async fn next<T, S>(rows: &mut S) -> Option<Result<T, sqlx::Error>>
where
    S: Stream<Item = Result<T, sqlx::Error>> + Unpin,
{
    tokio::task::consume_budget().await;
    rows.next().await
}

fn ended<T>(end: Option<Result<T, sqlx::Error>>) -> Result<()> {
    match end {
        // The error of a statement whose caller is gone: not reported.
        None | Some(Ok(_) | Err(sqlx::Error::Database(_))) => Ok(()),
        Some(Err(lost)) => Err(Error::Disconnected(Some(lost.into()))),
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, time::Duration};

    use futures::{StreamExt, stream};

    use super::*;

    /// Runs on one thread, like the work of a busy host: a result set that never pauses, and a `ready` that needs the thread's
    /// timer.
    #[tokio::test]
    async fn t32_a_result_that_never_pauses_is_stopped() {
        let stopped = Cell::new(false);
        let mut rows =
            stream::repeat_with(|| Ok::<_, sqlx::Error>(())).take_while(|_| std::future::ready(!stopped.get()));
        let ready = async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            Ok(())
        };
        let request = |()| async {
            stopped.set(true);
            Ok(())
        };
        drain(&mut rows, ready, request).await.expect("its end");
        assert!(stopped.get());
    }

    #[tokio::test]
    async fn t32_a_result_that_ends_waits_for_no_way_to_stop_it() {
        let end = Instant::now() + DRAIN_TIMEOUT * 2;
        let mut rows =
            stream::repeat_with(|| Ok::<_, sqlx::Error>(())).take_while(|_| std::future::ready(Instant::now() < end));
        let ready = std::future::pending::<Result<()>>();
        drain(&mut rows, ready, |()| async { Err(Error::Disconnected(None)) }).await.expect("its end");
    }

    #[tokio::test]
    async fn t32_tasks_have_a_turn_while_a_result_arrives() {
        let had = std::rc::Rc::new(Cell::new(false));
        let local = tokio::task::LocalSet::new();
        let seen = had.clone();
        let other = local.run_until(async move {
            tokio::task::spawn_local(async move { seen.set(true) });
            let mut rows = stream::repeat_with(|| Ok::<_, sqlx::Error>(())).take(10_000);
            while next(&mut rows).await.is_some() {}
        });
        other.await;
        assert!(had.get());
    }
}
