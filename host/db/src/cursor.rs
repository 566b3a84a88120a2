//! Cursors: the rest of a result set, batch by batch.

use std::sync::Arc;

use sqlservice_sql::Batch;
use tokio::sync::{Mutex, mpsc, watch};

use crate::{
    error::{Error, Result},
    guard::Core,
    queue::CallHandle,
    row_sink::{FetchSize, Page},
};

/// The remaining rows of a result set.
///
/// It occupies its session until it is read to its end. Dropping it stops the statement and frees the session for the next call. Dropping
/// a future of [`Cursor::next_batch`] loses nothing: the next call gets the batch that it requested. Once a second batch was requested,
/// up to two more are read ahead, unless they are larger than 1 MiB.
pub struct Cursor {
    reader: Mutex<Reader>,
    occupied: Occupied,
    _alive: Option<CallHandle>,
}

/// The reader's ends of a row sink's channels.
struct Reader {
    demands: watch::Sender<FetchSize>,
    pages: mpsc::Receiver<Page>,
    /// The largest size that was requested, which no filled batch exceeds.
    most: FetchSize,
    /// The rest of a batch that was larger than requested.
    rest: Option<Batch>,
    /// Whether a batch was requested that was not received yet.
    asked: bool,
    /// Whether the last batch was received.
    last: bool,
    done: bool,
}

/// Keeps other calls out of the session while it lives.
struct Occupied {
    core: Arc<Core>,
    serial: u64,
}

impl Occupied {
    fn vacate(&self) {
        self.core.queue.vacate(self.serial);
    }
}

impl Drop for Occupied {
    fn drop(&mut self) {
        self.vacate();
    }
}

impl Cursor {
    /// Creates the cursor of a result set. `alive` is the handle of the call, so that the statement goes on without a gap.
    pub(crate) fn new(
        core: Arc<Core>,
        serial: u64,
        demands: watch::Sender<FetchSize>,
        pages: mpsc::Receiver<Page>,
        alive: Option<CallHandle>,
    ) -> Self {
        core.queue.occupy(serial);
        let most = FetchSize { rows: 0, bytes: 0 };
        let reader = Reader { demands, pages, most, rest: None, asked: false, last: false, done: false };
        Self { reader: Mutex::new(reader), occupied: Occupied { core, serial }, _alive: alive }
    }

    /// Returns the next rows, at most `max_rows` and about `max_bytes`; nothing at the end. Both numbers are guest-controlled, and one
    /// batch has 65,536 rows and 16 MiB at most.
    ///
    /// # Errors
    ///
    /// The errors of a statement, and [`Error::Closed`] once its session was closed or dropped, even where batches were read ahead. After
    /// an error there are no more rows.
    pub async fn next_batch(&self, max_rows: u32, max_bytes: u32) -> Result<Option<Batch>> {
        let mut reader = self.reader.lock().await;
        if reader.done {
            return Ok(None);
        }
        self.check_open(&mut reader)?;
        let demand = FetchSize::of(max_rows, max_bytes);
        let batch = match reader.rest.take() {
            Some(rest) => rest,
            None => reader.receive(demand).await?,
        };
        self.check_open(&mut reader)?;
        let batch = reader.cut(batch, demand);
        if reader.last && reader.rest.is_none() {
            reader.done = true;
            self.occupied.vacate();
        }
        Ok((batch.rows > 0).then_some(batch))
    }

    /// Refuses rows once the session has ended. A host task ends it, whose timing must not decide how many rows the reader sees.
    fn check_open(&self, reader: &mut Reader) -> Result<()> {
        reader.done = self.occupied.core.queue.is_abandoned();
        if reader.done { Err(Error::Closed) } else { Ok(()) }
    }
}

impl Reader {
    /// Requests a batch and receives the next one, which may have been filled before.
    async fn receive(&mut self, demand: FetchSize) -> Result<Batch> {
        if !self.asked {
            self.demands.send_replace(demand);
            self.most = FetchSize { rows: self.most.rows.max(demand.rows), bytes: self.most.bytes.max(demand.bytes) };
            self.asked = true;
        }
        let page = self.pages.recv().await;
        self.asked = false;
        match page {
            Some(Page::More(batch)) => Ok(batch),
            Some(Page::Last(last)) => {
                self.last = true;
                self.done = last.is_err();
                last
            }
            None => {
                self.done = true;
                Err(Error::Lost)
            }
        }
    }

    /// Cuts a batch that was filled for a larger request, and keeps the rest.
    fn cut(&mut self, mut batch: Batch, demand: FetchSize) -> Batch {
        let within = if demand.bytes < self.most.bytes { batch.rows_within(demand.bytes) } else { batch.rows };
        let rows = within.min(u32::try_from(demand.rows).unwrap_or(u32::MAX));
        if rows < batch.rows {
            self.rest = Some(batch.split_off(rows));
        }
        batch
    }
}

#[cfg(test)]
mod tests {
    use sqlservice_sql::{
        Scalar,
        batch::{BatchBuilder, VectorKind},
    };

    use super::*;

    fn batch(rows: i64) -> Batch {
        let mut builder = BatchBuilder::with_capacity(&[VectorKind::Integer], 0);
        for row in 0..rows {
            builder.columns()[0].push_i64(row).expect("small");
            builder.end_row();
        }
        builder.finish().expect("small")
    }

    #[test]
    fn a_batch_that_is_larger_than_asked_for_is_cut_and_nothing_is_lost() {
        let (demands, pages) = (watch::channel(FetchSize::DEFAULT).0, mpsc::channel(1).1);
        let most = FetchSize::of(100, 800);
        let mut reader = Reader { demands, pages, most, rest: None, asked: false, last: false, done: false };
        // As large as requested before: the last row may exceed the bytes.
        assert_eq!(reader.cut(batch(100), FetchSize::of(100, 800)).rows, 100);
        assert!(reader.rest.is_none());
        for (demand, rows) in [(FetchSize::of(7, 800), 7), (FetchSize::of(100, 80), 10), (FetchSize::of(100, 1), 1)] {
            let cut = reader.cut(batch(100), demand);
            let rest = reader.rest.take().expect("the others");
            assert_eq!((cut.rows, rest.rows), (rows, 100 - rows));
            assert_eq!(rest.value(0, 0), Scalar::Integer(rows.into()).into());
        }
        assert_eq!(reader.cut(batch(0), FetchSize::of(1, 1)).rows, 0);
    }
}
