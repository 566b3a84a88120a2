//! Lines of the host's log that a guest can cause: each has its scope, and their rate is limited per tenant.

use std::{
    fmt::Display,
    sync::atomic::{AtomicU64, Ordering},
};

use tracing::{Level, field::display};

use super::{Escaped, Instruments, RateLimit};

/// The target by which subscribers filter these lines.
const TARGET: &str = "sqlservice";

/// Limits the lines that one tenant may cause. Lines above the limit are counted, and the next line that is written has their number.
#[derive(Debug)]
pub struct LogLimit {
    rate: Option<RateLimit>,
    suppressed: AtomicU64,
}

impl LogLimit {
    /// Creates a limit of `per_second` lines a second, and those of ten seconds at once. `None` is no limit.
    #[must_use]
    pub fn new(per_second: Option<u32>) -> Self {
        let rate = per_second.map(u64::from).map(|rate| RateLimit::new(rate, rate.saturating_mul(10)));
        Self { rate, suppressed: AtomicU64::new(0) }
    }

    /// Admits a line. Returns the number of lines suppressed since the last one, or nothing if this line is suppressed too.
    fn admit(&self) -> Option<u64> {
        if self.rate.as_ref().is_none_or(|rate| rate.take(1) == 1) {
            return Some(self.suppressed.swap(0, Ordering::Relaxed));
        }
        self.suppressed.fetch_add(1, Ordering::Relaxed);
        None
    }
}

/// Ten lines a second.
impl Default for LogLimit {
    fn default() -> Self {
        Self::new(Some(10))
    }
}

/// Writes one line with its scope.
macro_rules! line {
    ($level:expr, $scope:expr, $suppressed:expr, $detail:expr, $message:expr) => {
        tracing::event!(
            target: TARGET,
            $level,
            sqlservice.tenant = $scope.tenant.as_deref(),
            sqlservice.plugin = $scope.plugin.as_deref(),
            sqlservice.database = $scope.database.as_deref(),
            detail = $detail,
            suppressed = $suppressed,
            "{}",
            $message
        )
    };
}

impl Instruments {
    /// Writes a line about an event that a guest caused, unless its tenant has reached its limit. The detail may contain text of a guest
    /// or a server: it is escaped and cut.
    pub fn log(&self, level: Level, message: &'static str, detail: Option<&dyn Display>) {
        if !is_wanted(level) {
            return;
        }
        let Some(suppressed) = self.log.admit() else { return };
        let (scope, suppressed) = (&self.scope, (suppressed > 0).then_some(suppressed));
        let detail = detail.map(|detail| display(Escaped::new(detail)));
        match level {
            Level::ERROR => line!(Level::ERROR, scope, suppressed, detail, message),
            Level::WARN => line!(Level::WARN, scope, suppressed, detail, message),
            Level::INFO => line!(Level::INFO, scope, suppressed, detail, message),
            _ => line!(Level::DEBUG, scope, suppressed, detail, message),
        }
    }
}

/// Whether a subscriber wants lines of this level. Others must not count against the limit.
fn is_wanted(level: Level) -> bool {
    match level {
        Level::ERROR => tracing::enabled!(target: TARGET, Level::ERROR),
        Level::WARN => tracing::enabled!(target: TARGET, Level::WARN),
        Level::INFO => tracing::enabled!(target: TARGET, Level::INFO),
        _ => tracing::enabled!(target: TARGET, Level::DEBUG),
    }
}
