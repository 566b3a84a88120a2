//! Observability: one observer that receives all events in structured form, and `tracing` spans of statements.
//!
//! A database handle carries a [`Scope`], which identifies its work, and optionally an [`Observer`]. Many handles share one pool. Without
//! an observer, and where `tracing` wants no spans, nothing reads a clock and nothing is allocated.

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

/// Receives the events of a database's handles: for metrics, audits, logs and tests.
///
/// It is called on the task that does the work, and delays that work: it must not block or wait. Events of one session come in order;
/// events of several sessions come concurrently from several threads. A panic in it is caught and logged, and affects neither the
/// statement nor its connection, unless the program is built to abort at panics.
///
/// Events contain no bind value, no URL and no password. The text of a statement that a plugin wrote itself ([`Origin::Raw`]) contains
/// all that the plugin wrote there.
pub trait Observer: Send + Sync + 'static {
    /// Receives an event.
    fn event(&self, event: &Event<'_>);
}

/// Identifies the work of a database handle. All names in it are the embedder's own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Scope {
    /// The tenant.
    pub tenant: Option<Arc<str>>,
    /// The plugin.
    pub plugin: Option<Arc<str>>,
    /// The name under which the plugin was granted the database.
    pub database: Option<Arc<str>>,
}

/// A scope, the observer of its events, and its limit of log lines.
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
    /// Creates instruments of a scope and its observer, if any.
    #[must_use]
    pub fn new(scope: Scope, observer: Option<Arc<dyn Observer>>) -> Self {
        Self { scope, observer, log: Arc::default() }
    }

    /// Returns these instruments with a limit of log lines that all handles of one tenant share.
    #[must_use]
    pub fn with_log_limit(self, log: Arc<LogLimit>) -> Self {
        Self { log, ..self }
    }

    /// The scope.
    #[must_use]
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Returns these instruments for a handle that had others: its observer stays where there is no new one.
    pub(crate) fn or_observer_of(mut self, before: &Self) -> Arc<Self> {
        self.observer = self.observer.or_else(|| before.observer.clone());
        Arc::new(self)
    }

    /// Returns the current time, where there is an observer that needs it.
    #[must_use]
    pub fn now(&self) -> Option<Instant> {
        self.observer.as_ref().map(|_| Instant::now())
    }

    /// Sends an event to the observer, if there is one. The event is built only then.
    pub fn tell<'a>(&'a self, event: impl FnOnce(&'a Scope) -> Event<'a>) {
        let Some(observer) = &self.observer else { return };
        let event = event(&self.scope);
        // The panic can leave only the observer's own state inconsistent, none of the host's.
        if catch_unwind(AssertUnwindSafe(|| observer.event(&event))).is_err() {
            self.log(Level::ERROR, "an observer of a database panicked", None);
        }
    }

    /// Reports that a connection requested at `since` was opened or taken from the pool, or the error. Returns how long it took.
    pub(crate) fn connected(&self, since: Option<Instant>, is_new: Result<bool, &Error>) -> Duration {
        let Some(since) = since else { return Duration::ZERO };
        let waited = since.elapsed();
        self.tell(|scope| match is_new {
            Ok(is_new) => Event::ConnectionAcquired(ConnectionAcquired { scope, waited, is_new }),
            Err(error) => Event::ConnectionFailed(ConnectionFailed { scope, waited, error }),
        });
        waited
    }

    /// Reports the end of a transaction that began at `began`.
    pub(crate) fn transaction_finished(&self, began: Option<Instant>, outcome: TransactionOutcome) {
        let Some(began) = began else { return };
        let duration = began.elapsed();
        self.tell(|scope| Event::TransactionFinished(TransactionFinished { scope, outcome, duration }));
    }

    /// Reports that tables were created or dropped, or the error.
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

    /// Reports how many tables were read, or the error.
    pub(crate) fn reflected(&self, began: Option<Instant>, result: Result<usize, &Error>) {
        let Some(began) = began else { return };
        let (duration, outcome) = (began.elapsed(), Outcome::of(result.err()));
        let tables = result.unwrap_or_default();
        self.tell(|scope| Event::Reflected(Reflected { scope, tables, duration, outcome }));
    }
}
