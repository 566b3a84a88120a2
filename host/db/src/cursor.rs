//! Cursors: the rest of a result, batch by batch.

use std::sync::Arc;

use sqlservice_sql::Batch;
use tokio::sync::{Mutex, mpsc};

use crate::{
    Error, Result,
    feed::{Demand, Page},
    lease::{Alive, Core},
};

/// Rows that are still to come.
///
/// It occupies its session until it is read to its end. Dropping it stops the statement and frees the session for the next
/// call. A dropped call of [`Cursor::next_batch`] loses nothing: the next call gets the batch that it asked for.
pub struct Cursor {
    reader: Mutex<Reader>,
    occupied: Occupied,
    _alive: Alive,
}

/// The reader's end of a feed.
struct Reader {
    demands: mpsc::Sender<Demand>,
    pages: mpsc::Receiver<Page>,
    /// Whether a batch was asked for that nobody took yet.
    asked: bool,
    done: bool,
}

/// Keeps other calls out of the session while it lives.
struct Occupied {
    core: Arc<Core>,
    serial: u64,
}

impl Drop for Occupied {
    fn drop(&mut self) {
        self.core.vacate(self.serial);
    }
}

impl Cursor {
    /// The rest of a result. `alive` is the call's own, so that the statement goes on without a gap.
    pub(crate) fn new(
        core: Arc<Core>,
        serial: u64,
        demands: mpsc::Sender<Demand>,
        pages: mpsc::Receiver<Page>,
        alive: Alive,
    ) -> Self {
        core.occupy(serial);
        let reader = Reader { demands, pages, asked: false, done: false };
        Self { reader: Mutex::new(reader), occupied: Occupied { core, serial }, _alive: alive }
    }

    /// The next rows, at most so many and about so many bytes; nothing at the end. Both numbers are guest-controlled, and
    /// 65,536 rows and 16 MiB are the most that one batch has.
    ///
    /// # Errors
    ///
    /// Those of a statement, and [`Error::Closed`] once its session was closed or dropped, whatever was read ahead. After an
    /// error there is nothing more.
    pub async fn next_batch(&self, max_rows: u32, max_bytes: u32) -> Result<Option<Batch>> {
        let mut reader = self.reader.lock().await;
        if reader.done {
            return Ok(None);
        }
        self.check_open(&mut reader)?;
        if !reader.asked {
            // The statement may have ended by itself, by an error for one; what it said last is still there to read.
            let _ = reader.demands.send(Demand::of(max_rows, max_bytes)).await;
            reader.asked = true;
        }
        let page = reader.pages.recv().await;
        reader.asked = false;
        self.check_open(&mut reader)?;
        match page {
            Some(Page::More(batch)) => Ok(Some(batch)),
            Some(Page::Last(last)) => {
                reader.done = true;
                last.map(|batch| (batch.rows > 0).then_some(batch))
            }
            None => {
                reader.done = true;
                Err(Error::Lost)
            }
        }
    }

    /// The host notices the end of a session in a task of its own; its reader must not see more or less rows for that.
    fn check_open(&self, reader: &mut Reader) -> Result<()> {
        reader.done = self.occupied.core.is_abandoned();
        if reader.done { Err(Error::Closed) } else { Ok(()) }
    }
}
