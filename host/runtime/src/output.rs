//! What plugins print: so much in a call and in a second, in lines of so many bytes, and so that it steers no terminal.
//!
//! It is written where the plugin prints it, so the host keeps none of it. What is over a limit is dropped: the plugin is told that it
//! was printed, and goes on.

mod line;
mod stream;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use sqlservice_db::{
    Event,
    observe::{Instruments, OutputDropped, RateLimit},
};
use tracing::Level;

use self::stream::Stream;
pub(crate) use self::stream::Target;
use crate::limits::TenantLimits;

/// For how many seconds a tenant that printed nothing may print at once.
const BURST: u64 = 4;

/// What a tenant's instances may print.
pub(crate) struct OutputLimit {
    call: Option<u64>,
    line: Option<usize>,
    /// Of all instances together.
    rate: Option<RateLimit>,
}

impl OutputLimit {
    pub(crate) fn new(limits: &TenantLimits) -> Arc<Self> {
        let rate = limits.output_rate.map(|rate| RateLimit::new(rate, rate.saturating_mul(BURST)));
        Arc::new(Self { call: limits.output_bytes, line: limits.output_line, rate })
    }

    /// Whether all that is printed is let through.
    fn is_none(&self) -> bool {
        self.call.is_none() && self.line.is_none() && self.rate.is_none()
    }
}

/// The output of one instance.
pub(crate) struct Output {
    limit: Arc<OutputLimit>,
    /// Bytes that the call may still print.
    left: AtomicU64,
    /// Bytes that were dropped and are not told of yet.
    dropped: AtomicU64,
    instruments: Instruments,
}

impl Output {
    pub(crate) fn new(limit: Arc<OutputLimit>, instruments: Instruments) -> Arc<Self> {
        let left = AtomicU64::new(limit.call.unwrap_or(u64::MAX));
        Arc::new(Self { limit, left, dropped: AtomicU64::new(0), instruments })
    }

    /// A stream of the instance's.
    pub(crate) fn stream(self: &Arc<Self>, to: Target) -> Stream {
        Stream::new(Arc::clone(self), to)
    }

    /// A call has ended: what it was not allowed to print is told, and the next one may print as much again.
    pub(crate) fn end_call(&self) {
        self.left.store(self.limit.call.unwrap_or(u64::MAX), Ordering::Relaxed);
        self.tell_dropped();
    }

    /// Takes so many bytes of what may be printed, or as many as there are. Returns how many were taken.
    fn take(&self, wanted: u64) -> u64 {
        let mut allowed = wanted;
        if self.limit.call.is_some() {
            let rest = |left: u64| Some(left.saturating_sub(wanted));
            let left = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, rest);
            allowed = wanted.min(left.unwrap_or_else(|left| left));
        }
        self.limit.rate.as_ref().map_or(allowed, |rate| rate.take(allowed))
    }

    /// Counts bytes that are printed nowhere.
    fn drop_bytes(&self, bytes: usize) {
        if bytes > 0 {
            self.dropped.fetch_add(u64::try_from(bytes).unwrap_or(u64::MAX), Ordering::Relaxed);
        }
    }

    fn tell_dropped(&self) {
        let bytes = self.dropped.swap(0, Ordering::Relaxed);
        if bytes > 0 {
            self.instruments.tell(|scope| Event::OutputDropped(OutputDropped::new(scope, bytes)));
            let line = "a plugin printed more than it may; the rest, in bytes, was dropped";
            self.instruments.log(Level::WARN, line, Some(&bytes));
        }
    }
}

/// What an instance printed at its start, and was not called after.
impl Drop for Output {
    fn drop(&mut self) {
        self.tell_dropped();
    }
}

#[cfg(test)]
mod tests;
