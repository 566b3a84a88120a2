//! The seam for instruments: one observer that is told of everything in structured events, and `tracing` spans of statements.
//!
//! A handle of a database carries a [`Scope`], which says whose work it does, and perhaps an [`Observer`]. Many handles share one
//! pool. Without an observer, and where `tracing` wants no spans, nothing reads a clock and nothing is allocated.

mod escaped;
mod event;
mod log;
mod observed;
mod rate;
mod statement;

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::{Duration, Instant},
};

use tracing::Level;

pub(crate) use self::observed::{Observed, caller};
pub use self::{
    escaped::{Escaped, harmless, steers},
    event::{
        CallFinished, CallOutcome, ConnectionAcquired, ConnectionDiscarded, ConnectionFailed, Event, InstanceFailed,
        OutputDropped, Reflected, Refused, SchemaChange, SchemaChanged, StatementCompiled, StatementFinished,
        StatementStarted, TransactionFinished, TransactionOutcome,
    },
    log::LogLimit,
    rate::RateLimit,
    statement::{Origin, Outcome, Statement},
};
use crate::{error::Error, operation::ddl::table_action::TableAction};

/// Is told of what a database's handles do: for metrics, audits, logs and tests.
///
/// It is called on the task that does the work, and holds that work up: it must not block or wait. Events of one session come in
/// order; events of several sessions come at the same time from several threads. A panic in it is caught and logged, and takes
/// neither the statement nor its connection along, unless the program is built to abort at panics.
///
/// Events hold no bound value, no URL and no password. The text of a statement that a plugin wrote itself ([`Origin::Raw`]) has in
/// it whatever the plugin wrote there.
pub trait Observer: Send + Sync + 'static {
    /// Something happened.
    fn event(&self, event: &Event<'_>);
}

/// Whose work a handle of a database does. Everything in it is the embedder's own name for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Scope {
    /// The tenant.
    pub tenant: Option<Arc<str>>,
    /// The plugin.
    pub plugin: Option<Arc<str>>,
    /// The name under which the plugin was granted the database.
    pub database: Option<Arc<str>>,
}

/// A scope, who is told of what happens in it, and how many lines of the log it may cause.
#[derive(Clone, Default)]
pub struct Instruments {
    scope: Scope,
    observer: Option<Arc<dyn Observer>>,
    log: Arc<LogLimit>,
}

impl fmt::Debug for Instruments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instruments").field("scope", &self.scope).finish_non_exhaustive()
    }
}

impl Instruments {
    /// A scope, and the observer of what happens in it, where there is one.
    #[must_use]
    pub fn new(scope: Scope, observer: Option<Arc<dyn Observer>>) -> Self {
        Self { scope, observer, log: Arc::default() }
    }

    /// The same with a limit of lines that others share: all that is of one tenant.
    #[must_use]
    pub fn with_log_limit(self, log: Arc<LogLimit>) -> Self {
        Self { log, ..self }
    }

    /// The scope.
    #[must_use]
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// These for a handle that had others: its observer stays where there is no new one.
    pub(crate) fn or_observer_of(mut self, before: &Self) -> Arc<Self> {
        self.observer = self.observer.or_else(|| before.observer.clone());
        Arc::new(self)
    }

    /// Now, where there is an observer to whom times are told.
    #[must_use]
    pub fn now(&self) -> Option<Instant> {
        self.observer.as_ref().map(|_| Instant::now())
    }

    /// Tells the observer of an event, if there is one. The event is made only then.
    pub fn tell<'a>(&'a self, event: impl FnOnce(&'a Scope) -> Event<'a>) {
        let Some(observer) = &self.observer else { return };
        let event = event(&self.scope);
        // What it leaves behind is its own; nothing of the host's is touched by it.
        if catch_unwind(AssertUnwindSafe(|| observer.event(&event))).is_err() {
            self.log(Level::ERROR, "an observer of a database panicked", None);
        }
    }

    /// A connection was asked for at this time, and was opened or taken from the pool. Returns how long that took.
    pub(crate) fn connected(&self, since: Option<Instant>, is_new: Result<bool, &Error>) -> Duration {
        let Some(since) = since else { return Duration::ZERO };
        let waited = since.elapsed();
        self.tell(|scope| match is_new {
            Ok(is_new) => Event::ConnectionAcquired(ConnectionAcquired { scope, waited, is_new }),
            Err(error) => Event::ConnectionFailed(ConnectionFailed { scope, waited, error }),
        });
        waited
    }

    /// A transaction that began at this time has ended.
    pub(crate) fn transaction_finished(&self, began: Option<Instant>, outcome: TransactionOutcome) {
        let Some(began) = began else { return };
        let duration = began.elapsed();
        self.tell(|scope| Event::TransactionFinished(TransactionFinished { scope, outcome, duration }));
    }

    /// Tables were created or dropped.
    pub(crate) fn schema_changed(
        &self,
        began: Option<Instant>,
        action: TableAction,
        result: &Result<Vec<String>, Error>,
    ) {
        let Some(began) = began else { return };
        let (duration, outcome) = (began.elapsed(), Outcome::of(result.as_ref().err()));
        let tables = result.as_deref().unwrap_or_default();
        let change = match action {
            TableAction::Create => SchemaChange::Created,
            TableAction::Drop => SchemaChange::Dropped,
        };
        self.tell(|scope| Event::SchemaChanged(SchemaChanged { scope, change, tables, duration, outcome }));
    }

    /// So many tables were read.
    pub(crate) fn reflected(&self, began: Option<Instant>, result: Result<usize, &Error>) {
        let Some(began) = began else { return };
        let (duration, outcome) = (began.elapsed(), Outcome::of(result.err()));
        let tables = result.unwrap_or_default();
        self.tell(|scope| Event::Reflected(Reflected { scope, tables, duration, outcome }));
    }
}
