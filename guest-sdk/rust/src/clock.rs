//! Sleeping, and timeouts of futures.

use std::{future::Future, pin::pin, time::Duration};

use futures::future::{Either, select};

use crate::{Error, Result, bindings::wasi::clocks::monotonic_clock};

/// Sleeps. Other futures of the plugin continue meanwhile.
pub async fn sleep(duration: Duration) {
    // The clock counts in 64 bits of nanoseconds: 584 years.
    monotonic_clock::wait_for(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)).await;
}

/// Returns the output of a future, or [`Error::Timeout`] if it takes too long. The future is dropped then, so a statement in it is
/// stopped in the database, too.
///
/// # Errors
/// [`Error::Timeout`]. The future's own result is inside.
pub async fn timeout<F: Future>(duration: Duration, future: F) -> Result<F::Output> {
    match select(pin!(future), pin!(sleep(duration))).await {
        Either::Left((output, _)) => Ok(output),
        Either::Right(((), _)) => Err(Error::Timeout),
    }
}
