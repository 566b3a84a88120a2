//! The way of a statement's rows from the connection that runs it to the call or cursor that asked for them.

mod clock;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use sqlservice_sql::{Batch, compiled::Output};
use tokio::sync::{Notify, mpsc, oneshot, watch};

pub(crate) use self::clock::Clock;
use crate::{error::LimitKind, settings::RunOptions};

/// How large the next batch may be. Both numbers are guest-controlled and already cut to the host's limits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FetchSize {
    /// Rows at most; at least 1.
    pub rows: usize,
    /// Bytes, about; a batch holds at least one row whatever its size.
    pub bytes: usize,
}

impl FetchSize {
    /// What a call gets that asks for nothing special.
    pub(crate) const DEFAULT: Self =
        Self { rows: RunOptions::BATCH_ROWS as usize, bytes: RunOptions::BATCH_BYTES as usize };
    /// What no call gets more than.
    const MAX: Self = Self { rows: 1 << 16, bytes: 16 << 20 };

    /// A demand of guest-controlled numbers, cut to what the host hands out at once. Zero means the least.
    pub(crate) fn of(rows: u32, bytes: u32) -> Self {
        Self { rows: (rows as usize).clamp(1, Self::MAX.rows), bytes: (bytes as usize).clamp(1, Self::MAX.bytes) }
    }
}

/// The largest batches that are read ahead for a cursor, in bytes.
const AHEAD: usize = 1 << 20;

/// Whether the reader wants more.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Next {
    /// Fill another batch of this size.
    More(FetchSize),
    /// The reader went away: stop the statement, leave the connection usable.
    Stop,
}

/// The first batch of a result that may go on, and where the rest comes from.
pub(crate) struct FirstBatch {
    pub columns: Arc<[Output]>,
    pub batch: Batch,
    /// Says what the reader wants next; nothing is read before it has said so once.
    pub demands: watch::Sender<FetchSize>,
    pub pages: mpsc::Receiver<Page>,
}

/// What a cursor receives.
pub(crate) enum Page {
    /// A batch after which more may follow.
    More(Batch),
    /// The last batch, or why there is none; the statement has ended.
    Last(crate::Result<Batch>),
}

/// What became of the rows when the statement has ended.
pub(crate) enum SinkOutcome {
    /// All of them: no reader took a part yet.
    Whole(Arc<[Output]>, Vec<Batch>),
    /// A cursor reads them and waits for the last batch.
    Cursor(mpsc::Sender<Page>, Batch),
}

/// What happens with a full batch.
enum Destination {
    /// It is kept, and the next one is asked for at once.
    Collect,
    /// The call gets it and reads the rest through a cursor.
    Call(oneshot::Sender<FirstBatch>),
    /// A cursor gets it.
    Cursor(Reader),
    /// No reader gets it.
    Gone,
}

/// A cursor, as seen from its row sink.
struct Reader {
    pages: mpsc::Sender<Page>,
    demands: watch::Receiver<FetchSize>,
}

/// Where a connection puts rows. One a statement.
pub(crate) struct RowSink {
    demand: FetchSize,
    columns: Arc<[Output]>,
    kept: Vec<Batch>,
    outlet: Destination,
    /// How many rows the whole result may have. Guest-controlled.
    max_rows: Option<u64>,
    rows: u64,
    /// How many bytes the whole result may have, where all of it is kept.
    max_bytes: Option<u64>,
    bytes: u64,
    over: Option<LimitKind>,
    /// Whether a batch was handed over.
    touched: bool,
    /// Whether the statement was told to stop before its end.
    left: bool,
    clock: Clock,
    closing: Arc<Notify>,
    meter: Option<Meter>,
}

/// What an observer is told of a statement's rows besides their number.
#[derive(Clone, Copy)]
struct Meter {
    began: Instant,
    bytes: u64,
    first_batch: Option<Duration>,
}

impl RowSink {
    /// A row sink that keeps all rows, for statements of the host's own and for results that have no cursor.
    pub(crate) fn collect(max_rows: Option<u64>) -> Self {
        Self::with(Destination::Collect, FetchSize::DEFAULT, max_rows, Clock::new(None))
    }

    /// The same with a limit of bytes: what is kept is the host's memory.
    pub(crate) fn within(mut self, max_bytes: Option<u64>) -> Self {
        self.max_bytes = max_bytes;
        self
    }

    /// A row sink whose first batch goes to a call, and later ones to its cursor.
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

    /// Measures the rows of a statement that begins at this time.
    pub(crate) fn measure(&mut self, began: Instant) {
        self.meter = Some(Meter { began, bytes: 0, first_batch: None });
    }

    /// How many rows came; how many bytes, and after what time the first of them, where that is measured.
    pub(crate) fn measured(&self) -> (u64, u64, Option<Duration>) {
        let (bytes, first_batch) = self.meter.map(|meter| (meter.bytes, meter.first_batch)).unwrap_or_default();
        (self.rows, bytes, first_batch)
    }

    /// The size of the first batch.
    pub(crate) fn demand(&self) -> FetchSize {
        self.demand
    }

    /// Says what the columns are; once, before any batch, and only for a statement that returns rows.
    pub(crate) fn columns(&mut self, columns: Arc<[Output]>) {
        self.columns = columns;
    }

    /// Hands over a full batch while more rows may follow. The call's own batch waits for a reader that wants a second one;
    /// from then on the reader finds one batch ready while the next is filled, unless it wants large ones.
    pub(crate) async fn deliver(&mut self, batch: Batch) -> Next {
        self.touched = true;
        let next = self.hand_over(batch).await;
        self.left |= matches!(next, Next::Stop);
        next
    }

    /// Whether no batch was handed over yet.
    pub(crate) fn is_untouched(&self) -> bool {
        !self.touched
    }

    /// Whether the statement was told to stop before its end.
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

    /// Hands over a full batch where that takes no wait, and gives it back where it does.
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
                // This is the only sender, so there is still a place unless the reader went away.
                if reader.pages.try_send(Page::More(batch)).is_err() {
                    return Next::Stop;
                }
                self.demand = demand;
            }
            _ => self.kept.push(batch),
        }
        Next::More(self.cut(demand))
    }

    /// Leaves a row sink of nothing in its place, for the time in which another thread has it.
    pub(crate) fn take(&mut self) -> Self {
        std::mem::replace(self, Self::with(Destination::Gone, self.demand, None, self.clock.clone()))
    }

    /// Hands over the last batch, which may be empty.
    pub(crate) fn finish(&mut self, batch: Batch) {
        if !self.exceeds(&batch) {
            self.kept.push(batch);
        }
    }

    /// The limit that the rows went beyond, where they did.
    pub(crate) fn is_over(&self) -> Option<(LimitKind, u64)> {
        let kind = self.over?;
        let allowed = if kind == LimitKind::Bytes { self.max_bytes } else { self.max_rows };
        Some((kind, allowed?))
    }

    /// What makes a waiting [`RowSink::deliver`] say stop.
    pub(crate) fn closing(&self) -> Arc<Notify> {
        Arc::clone(&self.closing)
    }

    /// What became of the rows.
    pub(crate) fn fate(self) -> SinkOutcome {
        match self.outlet {
            Destination::Cursor(reader) => {
                SinkOutcome::Cursor(reader.pages, self.kept.into_iter().next().unwrap_or_default())
            }
            _ => SinkOutcome::Whole(self.columns, self.kept),
        }
    }

    /// Counts a batch's rows and, where they are limited, its bytes.
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

    /// No batch needs more than one row past the limit.
    fn cut(&self, demand: FetchSize) -> FetchSize {
        let left = self.max_rows.map_or(u64::MAX, |max| max.saturating_sub(self.rows).saturating_add(1));
        FetchSize { rows: demand.rows.min(usize::try_from(left).unwrap_or(usize::MAX)), ..demand }
    }

    /// Gives the call its first batch and the ends of a cursor. Many calls want no more than that, so nothing is read ahead.
    async fn open(&mut self, batch: Batch) -> Option<FetchSize> {
        let Destination::Call(head) = std::mem::replace(&mut self.outlet, Destination::Gone) else { return None };
        let (wanted, demands) = watch::channel(self.demand);
        let (pages, page_receiver) = mpsc::channel(1);
        let columns = std::mem::take(&mut self.columns);
        // The receiver of the first batch may ask at once, so the clock stops before.
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
    /// The size of the next batch where this one can be sent at once, and the next one filled.
    fn ready(&self) -> Option<FetchSize> {
        let demand = *self.demands.borrow();
        (self.pages.capacity() > 0 && demand.bytes <= AHEAD).then_some(demand)
    }

    /// Gives the cursor a full batch. Returns the size of the next one, nothing where the cursor went away.
    async fn hand_over(&mut self, batch: Batch, clock: &Clock, closing: &Notify) -> Option<FetchSize> {
        let place = match self.pages.try_reserve() {
            Ok(place) => place,
            // The batch before was not taken yet. The statement's time does not run while its reader thinks.
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
        // Not marked as seen, or a demand that comes now would be waited for again.
        let demand = *self.demands.borrow();
        if demand.bytes <= AHEAD { Some(demand) } else { self.wait(clock, closing).await }
    }

    /// Waits for the cursor's next demand.
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
