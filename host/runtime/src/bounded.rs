//! Limits a guest's work in wall-clock time and processor time.

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use tokio::time::timeout_at;

use crate::{
    error::{Error, Result},
    turns::{SLICE, Share, Turn},
};

/// The time limits of a piece of work. `None` is no limit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TimeLimits {
    /// Wall-clock time from beginning to end.
    pub(crate) wall: Option<Duration>,
    /// Processor time of all polls together. Time between polls does not count. Within roughly the first millisecond, where no call
    /// waits for its turn, the time for which a poll is preempted counts too.
    pub(crate) processor: Option<Duration>,
}

/// The processor time up to which polls are measured by the wall clock, where no call waits for a turn. The wall clock is cheap to
/// read, but on a busy machine it includes the time for which a poll is preempted.
const ROUGHLY: Duration = Duration::from_millis(1);

/// Runs work, and drops it when it exceeds a limit. It can only be dropped between two polls, so a guest that computes has to yield,
/// which the engine's epoch makes it do. Work that computed for a slice waits for its turn before its next poll. New work also waits
/// for one, once its tenant's calls computed for a slice.
pub(crate) async fn bounded<T>(times: TimeLimits, share: &Share, work: impl Future<Output = T>) -> Result<T> {
    let mut work = pin!(work);
    let began = Instant::now();
    let deadline = times.wall.and_then(|wall| Some((wall, began.checked_add(wall)?)));
    if share.is_due() {
        return by(deadline, TimedPolls::new(share, times.processor, SLICE).run(work)).await;
    }
    // Most calls end within their first poll and need no timer.
    let mut polls = TimedPolls::new(share, times.processor, Duration::ZERO);
    let first = poll_fn(|context| Poll::Ready(polls.poll(work.as_mut(), context))).await;
    match first {
        Poll::Ready(done) => Ok(done),
        Poll::Pending => by(deadline, polls.finish(work)).await,
    }
}

/// Runs work until the deadline at most.
async fn by<T>(deadline: Option<(Duration, Instant)>, work: impl Future<Output = Result<T>>) -> Result<T> {
    match deadline {
        Some((wall, at)) => timeout_at(at.into(), work).await.unwrap_or(Err(Error::Deadline(wall))),
        None => work.await,
    }
}

/// Polls a piece of work and measures the processor time of its polls.
struct TimedPolls<'s> {
    share: &'s Share,
    limit: Option<Duration>,
    spent: Duration,
    /// Processor time since its last turn.
    unpaid: Duration,
}

impl<'s> TimedPolls<'s> {
    fn new(share: &'s Share, limit: Option<Duration>, unpaid: Duration) -> Self {
        Self { share, limit, spent: Duration::ZERO, unpaid }
    }

    /// Polls work to its end, each time that it is woken and has its turn.
    async fn run<T>(mut self, mut work: Pin<&mut impl Future<Output = T>>) -> Result<T> {
        match self.step(work.as_mut()).await {
            Poll::Ready(done) => Ok(done),
            Poll::Pending => self.finish(work).await,
        }
    }

    /// Polls work that was polled once to its end, each time that it is woken and has its turn.
    async fn finish<T>(mut self, mut work: Pin<&mut impl Future<Output = T>>) -> Result<T> {
        loop {
            woken().await;
            if let Some(limit) = self.limit.filter(|limit| self.spent > *limit) {
                return Err(Error::ProcessorTime(limit));
            }
            if let Poll::Ready(done) = self.step(work.as_mut()).await {
                return Ok(done);
            }
        }
    }

    /// Waits for a turn, where one is needed, and polls the work once.
    async fn step<T>(&mut self, mut work: Pin<&mut impl Future<Output = T>>) -> Poll<T> {
        let turn = self.turn().await;
        let polled = poll_fn(|context| Poll::Ready(self.poll(work.as_mut(), context))).await;
        drop(turn);
        polled
    }

    /// Waits for a turn, if the work computed for a slice since its last one.
    async fn turn(&mut self) -> Option<Turn<'s>> {
        if self.unpaid < SLICE {
            return None;
        }
        self.unpaid = Duration::ZERO;
        Some(self.share.turn().await)
    }

    /// Polls the work once, and counts the poll's processor time.
    fn poll<T>(&mut self, work: Pin<&mut impl Future<Output = T>>, context: &mut Context<'_>) -> Poll<T> {
        let is_rough = self.spent < ROUGHLY && !self.share.is_contended();
        let at = if is_rough { Moment::by_clock() } else { Moment::by_thread() };
        let polled = work.poll(context);
        self.count(at.elapsed());
        polled
    }

    fn count(&mut self, computed: Duration) {
        self.spent = self.spent.saturating_add(computed);
        self.unpaid = self.unpaid.saturating_add(computed);
        self.share.charge(computed);
    }
}

/// Returns once the task is woken: it is pending at the first poll and ready at the second.
async fn woken() {
    let mut is_polled = false;
    poll_fn(|_| if std::mem::replace(&mut is_polled, true) { Poll::Ready(()) } else { Poll::Pending }).await;
}

/// A point in time, of the wall clock or of the thread's processor clock.
enum Moment {
    Clock(Instant),
    #[cfg(unix)]
    Thread(Duration),
}

impl Moment {
    fn by_clock() -> Self {
        Self::Clock(Instant::now())
    }

    /// Reads this thread's processor time, where the system provides it.
    #[cfg(unix)]
    fn by_thread() -> Self {
        Self::Thread(thread_time())
    }

    #[cfg(not(unix))]
    fn by_thread() -> Self {
        Self::by_clock()
    }

    /// Returns the time since then; the thread must be the same.
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
        let times = TimeLimits { wall: Some(LONG), processor: Some(SHORT) };
        let ended = bounded(times, &share(), spin()).await;
        assert!(matches!(ended, Err(Error::ProcessorTime(limit)) if limit == SHORT), "{ended:?}");
        assert!(matches!(bounded(times, &share(), sleep(SHORT * 3)).await, Ok(())));
        assert!(matches!(bounded(times, &share(), async { 7 }).await, Ok(7)));
    }

    #[tokio::test]
    async fn t05_what_waits_meets_its_deadline() {
        let times = TimeLimits { wall: Some(SHORT), processor: None };
        let ended = bounded(times, &share(), std::future::pending::<()>()).await;
        assert!(matches!(ended, Err(Error::Deadline(limit)) if limit == SHORT), "{ended:?}");
        assert!(matches!(bounded(times, &share(), spin()).await, Err(Error::Deadline(_))));
        let none = TimeLimits { wall: None, processor: None };
        assert!(matches!(bounded(none, &share(), sleep(SHORT)).await, Ok(())));
    }
}
