//! How long a guest's work may take: by the clock, and of a processor.

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use tokio::time::timeout_at;

use crate::{
    error::{Error, Result},
    turns::Share,
};

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
/// engine's epoch makes it do; where its tenant has computed much it waits for its turn before it goes on.
pub(crate) async fn bounded<T>(times: Times, share: &Share, work: impl Future<Output = T>) -> Result<T> {
    let mut work = pin!(work);
    let mut slices = Slices { share, limit: times.processor, spent: Duration::ZERO };
    let began = Instant::now();
    // What ends without a wait, as most calls do, needs no timer.
    let is_begun = !share.must_ask();
    if is_begun && let Poll::Ready(done) = slices.next(work.as_mut(), false).await {
        return Ok(done);
    }
    let rest = slices.finish(work, is_begun);
    match times.wall.and_then(|wall| Some((wall, began.checked_add(wall)?))) {
        Some((wall, at)) => timeout_at(at.into(), rest).await.unwrap_or(Err(Error::Deadline(wall))),
        None => rest.await,
    }
}

/// The polls of a piece of work, which are what it takes of a processor.
struct Slices<'s> {
    share: &'s Share,
    limit: Option<Duration>,
    spent: Duration,
}

impl Slices<'_> {
    /// Polls it to its end, whenever it is woken and has its turn.
    async fn finish<T>(mut self, mut work: Pin<&mut impl Future<Output = T>>, is_begun: bool) -> Result<T> {
        let mut is_begun = is_begun;
        loop {
            if is_begun {
                woken().await;
            }
            is_begun = true;
            if let Some(limit) = self.limit.filter(|limit| self.spent > *limit) {
                return Err(Error::ProcessorTime(limit));
            }
            let turn = self.share.turn().await;
            let polled = self.next(work.as_mut(), turn.is_some()).await;
            drop(turn);
            if let Poll::Ready(done) = polled {
                return Ok(done);
            }
        }
    }

    /// Polls it once. The clock is cheap, and on a busy machine it also counts what others had the processor for: what counts much is
    /// measured exactly.
    async fn next<T>(&mut self, mut work: Pin<&mut impl Future<Output = T>>, exactly: bool) -> Poll<T> {
        let exactly = exactly || self.limit.is_some_and(|limit| self.spent > limit / 2);
        poll_fn(|context| {
            let at = if exactly { Time::of_thread() } else { Time::of_clock() };
            Poll::Ready(self.poll(&at, work.as_mut(), context))
        })
        .await
    }

    fn poll<T>(&mut self, at: &Time, work: Pin<&mut impl Future<Output = T>>, context: &mut Context<'_>) -> Poll<T> {
        let polled = work.poll(context);
        let computed = at.elapsed();
        self.spent += computed;
        self.share.charge(computed);
        polled
    }
}

/// Ends when the task is woken after it was polled.
async fn woken() {
    let mut is_polled = false;
    poll_fn(|_| if std::mem::replace(&mut is_polled, true) { Poll::Ready(()) } else { Poll::Pending }).await;
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
pub(crate) fn thread_time() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(u64::try_from(now.tv_sec).unwrap_or(0), u32::try_from(now.tv_nsec).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::{task::yield_now, time::sleep};

    use super::*;

    const SHORT: Duration = Duration::from_millis(40);
    const LONG: Duration = Duration::from_secs(60);

    fn share() -> Share {
        Share::new(&Arc::default())
    }

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
        let ended = bounded(times, &share(), spin()).await;
        assert!(matches!(ended, Err(Error::ProcessorTime(limit)) if limit == SHORT), "{ended:?}");
        assert!(matches!(bounded(times, &share(), sleep(SHORT * 3)).await, Ok(())));
        assert!(matches!(bounded(times, &share(), async { 7 }).await, Ok(7)));
    }

    #[tokio::test]
    async fn t05_what_waits_meets_its_deadline() {
        let times = Times { wall: Some(SHORT), processor: None };
        let ended = bounded(times, &share(), std::future::pending::<()>()).await;
        assert!(matches!(ended, Err(Error::Deadline(limit)) if limit == SHORT), "{ended:?}");
        assert!(matches!(bounded(times, &share(), spin()).await, Err(Error::Deadline(_))));
        let none = Times { wall: None, processor: None };
        assert!(matches!(bounded(none, &share(), sleep(SHORT)).await, Ok(())));
    }
}
