//! Carries a statement's rows from the connection that runs it to the call or cursor that reads them.

mod clock;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use sqlservice_sql::{Batch, compiled::Output};
use tokio::sync::{Notify, mpsc, oneshot, watch};

pub(crate) use self::clock::Clock;
use crate::{error::LimitKind, settings::RunOptions};

/// Limits the size of the next batch. Both numbers are guest-controlled and already capped by the host's limits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FetchSize {
    /// Rows at most; at least 1.
    pub rows: usize,
    /// Bytes, approximately; a batch holds at least one row whatever its size.
    pub bytes: usize,
}

impl FetchSize {
    /// The size for calls that request none.
    pub(crate) const DEFAULT: Self =
        Self { rows: RunOptions::BATCH_ROWS as usize, bytes: RunOptions::BATCH_BYTES as usize };
    /// The largest size for any call.
    const MAX: Self = Self { rows: 1 << 16, bytes: 16 << 20 };

    /// Creates a size from guest-controlled numbers, capped by the host's maximum. Zero means 1.
    pub(crate) fn of(rows: u32, bytes: u32) -> Self {
        Self { rows: (rows as usize).clamp(1, Self::MAX.rows), bytes: (bytes as usize).clamp(1, Self::MAX.bytes) }
    }
}

/// The largest batches that are read ahead for a cursor, in bytes.
const AHEAD: usize = 1 << 20;

/// Whether more rows are wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Next {
    /// Fill another batch of this size.
    More(FetchSize),
    /// The reader is gone or a limit is exceeded: stop the statement, leave the connection usable.
    Stop,
}

/// The first batch of a result set that may continue, and the channels for the rest.
pub(crate) struct FirstBatch {
    pub columns: Arc<[Output]>,
    pub batch: Batch,
    /// Sends the size of the next batch; nothing is read ahead before the first request.
    pub demands: watch::Sender<FetchSize>,
    pub pages: mpsc::Receiver<Page>,
}

/// A message to a cursor.
pub(crate) enum Page {
    /// A batch after which more may follow.
    More(Batch),
    /// The last batch, or the error in its place; the statement has ended.
    Last(crate::Result<Batch>),
}

/// The rows that are left when the statement has ended.
pub(crate) enum SinkOutcome {
    /// All rows: no reader has taken a part yet.
    Whole(Arc<[Output]>, Vec<Batch>),
    /// The last batch, and the sender to the cursor that waits for it.
    Cursor(mpsc::Sender<Page>, Batch),
}

/// The destination of a full batch.
enum Destination {
    /// It is kept, and the next one is requested at once.
    Collect,
    /// The call gets it and reads the rest through a cursor.
    Call(oneshot::Sender<FirstBatch>),
    /// A cursor gets it.
    Cursor(Reader),
    /// No reader gets it.
    Gone,
}

/// The row sink's ends of a cursor's channels.
struct Reader {
    pages: mpsc::Sender<Page>,
    demands: watch::Receiver<FetchSize>,
}

/// Receives the rows from a connection. One per statement.
pub(crate) struct RowSink {
    demand: FetchSize,
    columns: Arc<[Output]>,
    kept: Vec<Batch>,
    outlet: Destination,
    /// The row limit of the whole result set. Guest-controlled.
    max_rows: Option<u64>,
    rows: u64,
    /// The byte limit of the whole result set, where all of it is kept.
    max_bytes: Option<u64>,
    bytes: u64,
    over: Option<LimitKind>,
    /// Whether `deliver` was called.
    touched: bool,
    /// Whether `deliver` stopped the statement before its end.
    left: bool,
    clock: Clock,
    closing: Arc<Notify>,
    meter: Option<Meter>,
}

/// Measurements of a statement's rows for an observer, besides their number.
#[derive(Clone, Copy)]
struct Meter {
    began: Instant,
    bytes: u64,
    first_batch: Option<Duration>,
}

impl RowSink {
    /// Creates a row sink that keeps all rows, for statements of the host's own and for result sets without a cursor.
    pub(crate) fn collect(max_rows: Option<u64>) -> Self {
        Self::with(Destination::Collect, FetchSize::DEFAULT, max_rows, Clock::new(None))
    }

    /// Sets a byte limit, as kept rows are in the host's memory.
    pub(crate) fn within(mut self, max_bytes: Option<u64>) -> Self {
        self.max_bytes = max_bytes;
        self
    }

    /// Creates a row sink whose first batch goes to a call, and later ones to its cursor.
    pub(crate) fn call(
        head: oneshot::Sender<FirstBatch>,
        demand: FetchSize,
        max_rows: Option<u64>,
        clock: Clock,
    ) -> Self {
        Self::with(Destination::Call(head), demand, max_rows, clock)
    }

    fn with(outlet: Destination, demand: FetchSize, max_rows: Option<u64>, clock: Clock) -> Self {
        let mut sink = Self {
            demand,
            columns: Arc::default(),
            kept: Vec::new(),
            outlet,
            max_rows,
            rows: 0,
            max_bytes: None,
            bytes: 0,
            over: None,
            touched: false,
            left: false,
            clock,
            closing: Arc::new(Notify::new()),
            meter: None,
        };
        sink.demand = sink.cut(demand);
        sink
    }

    /// Starts to measure the rows of a statement that began at `began`.
    pub(crate) fn measure(&mut self, began: Instant) {
        self.meter = Some(Meter { began, bytes: 0, first_batch: None });
    }

    /// Returns the number of rows and, where measured, their bytes and the time until the first of them.
    pub(crate) fn measured(&self) -> (u64, u64, Option<Duration>) {
        let (bytes, first_batch) = self.meter.map(|meter| (meter.bytes, meter.first_batch)).unwrap_or_default();
        (self.rows, bytes, first_batch)
    }

    /// Returns the size of the first batch, if none was delivered yet.
    pub(crate) fn demand(&self) -> FetchSize {
        self.demand
    }

    /// Sets the columns; once, before any batch, and only for a statement that returns rows.
    pub(crate) fn columns(&mut self, columns: Arc<[Output]>) {
        self.columns = columns;
    }

    /// Delivers a full batch while more rows may follow. The call's own batch waits until the reader requests a second one; from then on
    /// one batch is ready for the reader while the next is filled, unless it requests large ones.
    pub(crate) async fn deliver(&mut self, batch: Batch) -> Next {
        self.touched = true;
        let next = self.hand_over(batch).await;
        self.left |= matches!(next, Next::Stop);
        next
    }

    /// Whether `deliver` was not called yet.
    pub(crate) fn is_untouched(&self) -> bool {
        !self.touched
    }

    /// Whether `deliver` stopped the statement before its end.
    pub(crate) fn was_left(&self) -> bool {
        self.left
    }

    async fn hand_over(&mut self, batch: Batch) -> Next {
        if self.exceeds(&batch) {
            return Next::Stop;
        }
        let demand = match &mut self.outlet {
            Destination::Collect => {
                self.kept.push(batch);
                return Next::More(self.cut(FetchSize::DEFAULT));
            }
            Destination::Call(_) => self.open(batch).await,
            Destination::Cursor(reader) => reader.hand_over(batch, &self.clock, &self.closing).await,
            Destination::Gone => None,
        };
        let Some(demand) = demand else { return Next::Stop };
        self.demand = demand;
        Next::More(self.cut(demand))
    }

    /// Delivers a full batch if that needs no wait, and returns it otherwise.
    pub(crate) fn try_deliver(&mut self, batch: Batch) -> Result<Next, Batch> {
        let demand = match &self.outlet {
            Destination::Collect => Some(FetchSize::DEFAULT),
            Destination::Cursor(reader) => reader.ready(),
            Destination::Call(_) | Destination::Gone => None,
        };
        let Some(demand) = demand else { return Err(batch) };
        self.touched = true;
        let next = self.hand_over_at_once(batch, demand);
        self.left |= matches!(next, Next::Stop);
        Ok(next)
    }

    fn hand_over_at_once(&mut self, batch: Batch, demand: FetchSize) -> Next {
        if self.exceeds(&batch) {
            return Next::Stop;
        }
        match &mut self.outlet {
            Destination::Cursor(reader) => {
                // This is the only sender, so there is still capacity unless the reader is gone.
                if reader.pages.try_send(Page::More(batch)).is_err() {
                    return Next::Stop;
                }
                self.demand = demand;
            }
            _ => self.kept.push(batch),
        }
        Next::More(self.cut(demand))
    }

    /// Moves the row sink out for as long as another thread uses it. A sink without a reader takes its place.
    pub(crate) fn take(&mut self) -> Self {
        std::mem::replace(self, Self::with(Destination::Gone, self.demand, None, self.clock.clone()))
    }

    /// Adds the last batch, which may be empty.
    pub(crate) fn finish(&mut self, batch: Batch) {
        if !self.exceeds(&batch) {
            self.kept.push(batch);
        }
    }

    /// Returns the limit that the rows exceeded, if any.
    pub(crate) fn is_over(&self) -> Option<(LimitKind, u64)> {
        let kind = self.over?;
        let allowed = if kind == LimitKind::Bytes { self.max_bytes } else { self.max_rows };
        Some((kind, allowed?))
    }

    /// Returns the notifier that makes a waiting [`RowSink::deliver`] stop the statement.
    pub(crate) fn closing(&self) -> Arc<Notify> {
        Arc::clone(&self.closing)
    }

    /// Returns the rows that are left.
    pub(crate) fn fate(self) -> SinkOutcome {
        match self.outlet {
            Destination::Cursor(reader) => {
                SinkOutcome::Cursor(reader.pages, self.kept.into_iter().next().unwrap_or_default())
            }
            _ => SinkOutcome::Whole(self.columns, self.kept),
        }
    }

    /// Counts a batch's rows and, where they are limited, its bytes. Returns whether a limit is exceeded.
    fn exceeds(&mut self, batch: &Batch) -> bool {
        self.rows = self.rows.saturating_add(u64::from(batch.rows));
        if let Some(meter) = &mut self.meter {
            meter.count(batch);
        }
        if self.max_rows.is_some_and(|max| self.rows > max) {
            self.over.get_or_insert(LimitKind::Rows);
        }
        if let Some(max) = self.max_bytes {
            self.bytes = self.bytes.saturating_add(u64::try_from(batch.bytes()).unwrap_or(u64::MAX));
            if self.bytes > max {
                self.over.get_or_insert(LimitKind::Bytes);
            }
        }
        self.over.is_some()
    }

    /// Caps a size at one row past the row limit, as no batch needs more.
    fn cut(&self, demand: FetchSize) -> FetchSize {
        let left = self.max_rows.map_or(u64::MAX, |max| max.saturating_sub(self.rows).saturating_add(1));
        FetchSize { rows: demand.rows.min(usize::try_from(left).unwrap_or(usize::MAX)), ..demand }
    }

    /// Sends the call its first batch and the ends of a cursor's channels. Many calls need only that, so nothing is read ahead.
    async fn open(&mut self, batch: Batch) -> Option<FetchSize> {
        let Destination::Call(head) = std::mem::replace(&mut self.outlet, Destination::Gone) else { return None };
        let (wanted, demands) = watch::channel(self.demand);
        let (pages, page_receiver) = mpsc::channel(1);
        let columns = std::mem::take(&mut self.columns);
        // The receiver of the first batch may request the next one at once, so the clock is stopped first.
        self.clock.stop();
        head.send(FirstBatch { columns, batch, demands: wanted, pages: page_receiver }).ok()?;
        let mut reader = Reader { pages, demands };
        let demand = reader.wait(&self.clock, &self.closing).await;
        self.outlet = Destination::Cursor(reader);
        demand
    }
}

impl Meter {
    fn count(&mut self, batch: &Batch) {
        self.bytes = self.bytes.saturating_add(u64::try_from(batch.bytes()).unwrap_or(u64::MAX));
        if batch.rows > 0 && self.first_batch.is_none() {
            self.first_batch = Some(self.began.elapsed());
        }
    }
}

impl Reader {
    /// Returns the size of the next batch if this one can be sent, and the next one filled, without a wait.
    fn ready(&self) -> Option<FetchSize> {
        let demand = *self.demands.borrow();
        (self.pages.capacity() > 0 && demand.bytes <= AHEAD).then_some(demand)
    }

    /// Sends a full batch to the cursor. Returns the size of the next one, or nothing if the cursor is gone.
    async fn hand_over(&mut self, batch: Batch, clock: &Clock, closing: &Notify) -> Option<FetchSize> {
        let place = match self.pages.try_reserve() {
            Ok(place) => place,
            // The previous batch was not taken yet. The clock does not run while the statement waits for its reader.
            Err(_) => {
                clock.stop();
                let place = tokio::select! {
                    place = self.pages.reserve() => place.ok(),
                    () = closing.notified() => None,
                }?;
                clock.start();
                place
            }
        };
        place.send(Page::More(batch));
        // Not marked as seen: `wait` must return at once for a request that comes now.
        let demand = *self.demands.borrow();
        if demand.bytes <= AHEAD { Some(demand) } else { self.wait(clock, closing).await }
    }

    /// Waits for the cursor's next request.
    async fn wait(&mut self, clock: &Clock, closing: &Notify) -> Option<FetchSize> {
        clock.stop();
        tokio::select! {
            changed = self.demands.changed() => changed.ok(),
            () = closing.notified() => None,
        }?;
        clock.start();
        Some(*self.demands.borrow_and_update())
    }
}

#[cfg(test)]
mod tests;
