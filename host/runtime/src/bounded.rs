//! How long a guest's work may take: by the clock, and of a processor.

use std::{
    future::poll_fn,
    pin::pin,
    task::Poll,
    time::{Duration, Instant},
};

use futures::future::OptionFuture;
use tokio::time::sleep_until;

use crate::error::{Error, Result};

/// What a piece of work may take. Nothing is no limit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    /// From its beginning to its end.
    pub(crate) wall: Option<Duration>,
    /// What all of its polls take of a processor together. What it waits for does not count; up to half of the limit, what others
    /// had the processor for in the middle of a poll does.
    pub(crate) processor: Option<Duration>,
}

/// Does work, and drops it where it takes too long. It ends only between two polls, so a guest that computes has to yield, which the
/// engine's epoch makes it do.
pub(crate) async fn bounded<T>(times: Times, work: impl Future<Output = T>) -> Result<T> {
    let Times { wall, processor } = times;
    if wall.is_none() && processor.is_none() {
        return Ok(work.await);
    }
    let mut work = pin!(work);
    let began = Instant::now();
    // What ends without a wait, as most calls do, needs no timer and no second look at the clock.
    if let Poll::Ready(done) = futures::poll!(work.as_mut()) {
        return Ok(done);
    }
    let mut spent = began.elapsed();
    let over = wall.and_then(|wall| began.checked_add(wall)).map(|at| sleep_until(at.into()));
    let mut over = pin!(OptionFuture::from(over));
    poll_fn(|context| {
        if let (Poll::Ready(Some(())), Some(wall)) = (over.as_mut().poll(context), wall) {
            return Poll::Ready(Err(Error::Deadline(wall)));
        }
        if let Some(limit) = processor.filter(|limit| spent > *limit) {
            return Poll::Ready(Err(Error::ProcessorTime(limit)));
        }
        // The clock is cheap, and on a busy machine it also counts what others had the processor for.
        let exactly = processor.is_some_and(|limit| spent > limit / 2);
        let at = if exactly { Time::of_thread() } else { Time::of_clock() };
        let polled = work.as_mut().poll(context);
        spent += at.elapsed();
        polled.map(Ok)
    })
    .await
}

/// A moment, by one of two clocks.
enum Time {
    Clock(Instant),
    #[cfg(unix)]
    Thread(Duration),
}

impl Time {
    fn of_clock() -> Self {
        Self::Clock(Instant::now())
    }

    /// What this thread had of a processor until now, where the system tells it.
    #[cfg(unix)]
    fn of_thread() -> Self {
        Self::Thread(thread_time())
    }

    #[cfg(not(unix))]
    fn of_thread() -> Self {
        Self::of_clock()
    }

    /// The time since then, on the same thread.
    fn elapsed(&self) -> Duration {
        match self {
            Self::Clock(at) => at.elapsed(),
            #[cfg(unix)]
            Self::Thread(before) => thread_time().saturating_sub(*before),
        }
    }
}

#[cfg(unix)]
fn thread_time() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(u64::try_from(now.tv_sec).unwrap_or(0), u32::try_from(now.tv_nsec).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use tokio::{task::yield_now, time::sleep};

    use super::*;

    const SHORT: Duration = Duration::from_millis(40);
    const LONG: Duration = Duration::from_secs(60);

    async fn spin() {
        loop {
            let at = Instant::now();
            while at.elapsed() < Duration::from_millis(5) {
                std::hint::spin_loop();
            }
            yield_now().await;
        }
    }

    #[tokio::test]
    async fn t01_what_computes_meets_its_budget_and_what_waits_does_not() {
        let times = Times { wall: Some(LONG), processor: Some(SHORT) };
        let ended = bounded(times, spin()).await;
        assert!(matches!(ended, Err(Error::ProcessorTime(limit)) if limit == SHORT), "{ended:?}");
        assert!(matches!(bounded(times, sleep(SHORT * 3)).await, Ok(())));
        assert!(matches!(bounded(times, async { 7 }).await, Ok(7)));
    }

    #[tokio::test]
    async fn t05_what_waits_meets_its_deadline() {
        let times = Times { wall: Some(SHORT), processor: None };
        let ended = bounded(times, std::future::pending::<()>()).await;
        assert!(matches!(ended, Err(Error::Deadline(limit)) if limit == SHORT), "{ended:?}");
        assert!(matches!(bounded(times, spin()).await, Err(Error::Deadline(_))));
        let none = Times { wall: None, processor: None };
        assert!(matches!(bounded(none, sleep(SHORT)).await, Ok(())));
    }
}
