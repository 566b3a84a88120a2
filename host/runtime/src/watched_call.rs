//! Reports calls to the observer: how long each waited and ran, and how it ended, also when its caller dropped it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use sqlservice_db::{
    Scope,
    observe::{CallFinished, CallOutcome, Event, InstanceFailed, Instruments},
};
use tracing::Span;

use crate::{error::Error, output::Output};

/// An active call. Dropped before its end, it counts as cancelled.
pub(crate) struct WatchedCall<'a> {
    instruments: &'a Instruments,
    output: Option<Arc<Output>>,
    function: &'a str,
    began: Option<Instant>,
    waited: Duration,
    outcome: CallOutcome,
}

impl<'a> WatchedCall<'a> {
    /// Begins a call with its output and the time that its instance was waited for. Without an observer no clock is read.
    pub(crate) fn begin(
        instruments: &'a Instruments,
        output: Option<Arc<Output>>,
        function: &'a str,
        waited: Duration,
    ) -> Self {
        Self { instruments, output, function, began: instruments.now(), waited, outcome: CallOutcome::Cancelled }
    }

    /// Makes the call's `tracing` span, which contains its statements.
    pub(crate) fn span(&self) -> Span {
        let Scope { tenant, plugin, .. } = self.instruments.scope();
        tracing::debug_span!(
            "sqlservice.call",
            sqlservice.tenant = tenant.as_deref(),
            sqlservice.plugin = plugin.as_deref(),
            sqlservice.function = self.function
        )
    }

    /// Ends the call with its result.
    pub(crate) fn end<T>(mut self, result: Result<T, Error>) -> Result<T, Error> {
        self.outcome = match &result {
            Ok(_) => CallOutcome::Returned,
            Err(Error::Deadline(_) | Error::ProcessorTime(_)) => CallOutcome::Timeout,
            Err(_) => CallOutcome::Failed,
        };
        result
    }
}

impl Drop for WatchedCall<'_> {
    fn drop(&mut self) {
        if let Some(output) = &self.output {
            output.end_call();
        }
        let Some(began) = self.began else { return };
        let (function, waited, outcome) = (self.function, self.waited, self.outcome);
        self.instruments
            .tell(|scope| Event::CallFinished(CallFinished::new(scope, function, waited, began.elapsed(), outcome)));
    }
}

/// Reports that an instance was not made; `began` is the time of the request.
pub(crate) fn tell_failed(instruments: &Instruments, began: Option<Instant>, error: &Error) {
    let waited = began.map_or(Duration::ZERO, |began| began.elapsed());
    instruments.tell(|scope| Event::InstanceFailed(InstanceFailed::new(scope, reason(error), waited)));
}

/// Returns the reason why an instance was not made, as one word for the observer.
const fn reason(error: &Error) -> &'static str {
    match error {
        Error::InstanceTimeout { .. } => "no-place",
        Error::InstanceQueueFull { .. } => "queue-full",
        Error::NoRoom(_) => "no-room",
        Error::Deadline(_) => "timeout",
        Error::ProcessorTime(_) => "processor-time",
        Error::Trap(_) => "trap",
        _ => "other",
    }
}
