//! Waiting, and giving up waiting.

use std::{future::Future, pin::pin, time::Duration};

use futures::future::{Either, select};

use crate::{Error, Result, bindings::wasi::clocks::monotonic_clock};

/// Waits. Other futures of the plugin go on meanwhile.
pub async fn sleep(duration: Duration) {
    // The clock counts in 64 bits of nanoseconds: 584 years.
    monotonic_clock::wait_for(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)).await;
}

/// What a future gives, or [`Error::Timeout`] when it takes too long. The future is dropped then, so a statement in it is
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
