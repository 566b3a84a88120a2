//! The output of plugins: limited in bytes per call, per second and per line, and escaped on a terminal.
//!
//! The host writes it through at once and keeps none of it. Bytes over a limit are dropped, and the plugin's write still succeeds.

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

/// The burst that a tenant may print after printing nothing, in seconds of its rate.
const BURST: u64 = 4;

/// The output limits of a tenant's instances.
pub(crate) struct OutputLimit {
    call: Option<u64>,
    line: Option<usize>,
    /// The rate of all instances together.
    rate: Option<RateLimit>,
}

impl OutputLimit {
    pub(crate) fn new(limits: &TenantLimits) -> Arc<Self> {
        let rate = limits.output_rate.map(|rate| RateLimit::new(rate, rate.saturating_mul(BURST)));
        Arc::new(Self { call: limits.output_bytes, line: limits.output_line, rate })
    }

    /// Whether no limit is set.
    fn is_none(&self) -> bool {
        self.call.is_none() && self.line.is_none() && self.rate.is_none()
    }
}

/// The output of one instance.
pub(crate) struct Output {
    limit: Arc<OutputLimit>,
    /// Bytes that the call may still print.
    left: AtomicU64,
    /// Dropped bytes that were not reported yet.
    dropped: AtomicU64,
    instruments: Instruments,
}

impl Output {
    pub(crate) fn new(limit: Arc<OutputLimit>, instruments: Instruments) -> Arc<Self> {
        let left = AtomicU64::new(limit.call.unwrap_or(u64::MAX));
        Arc::new(Self { limit, left, dropped: AtomicU64::new(0), instruments })
    }

    /// Returns a stream of the instance that writes to a target.
    pub(crate) fn stream(self: &Arc<Self>, to: Target) -> Stream {
        Stream::new(Arc::clone(self), to)
    }

    /// Ends a call: reports the bytes that it dropped, and resets the limit for the next call.
    pub(crate) fn end_call(&self) {
        self.left.store(self.limit.call.unwrap_or(u64::MAX), Ordering::Relaxed);
        self.tell_dropped();
    }

    /// Takes up to `wanted` bytes from the call's limit and the tenant's rate. Returns how many were taken.
    fn take(&self, wanted: u64) -> u64 {
        let mut allowed = wanted;
        if self.limit.call.is_some() {
            let rest = |left: u64| Some(left.saturating_sub(wanted));
            let left = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, rest);
            allowed = wanted.min(left.unwrap_or_else(|left| left));
        }
        self.limit.rate.as_ref().map_or(allowed, |rate| rate.take(allowed))
    }

    /// Counts dropped bytes.
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

/// Reports what an instance dropped at its start, where no call followed.
impl Drop for Output {
    fn drop(&mut self) {
        self.tell_dropped();
    }
}

#[cfg(test)]
mod tests;
