//! Limits how often something may happen: a token bucket that refills by itself, and costs nothing while no token is taken.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

const NANOS: u64 = 1_000_000_000;

/// A token bucket. Its state is one number: the moment at which it is full again.
#[derive(Debug)]
pub struct RateLimit {
    made: Instant,
    /// Nanoseconds per token.
    interval: u64,
    /// The size of a full bucket, in nanoseconds.
    room: u64,
    /// The moment at which it is full again, in nanoseconds since `made`.
    full_at: AtomicU64,
}

impl RateLimit {
    /// Creates a full bucket of `burst` tokens, which gets `per_second` tokens a second. The rate is a whole number of nanoseconds per
    /// token, so one above some hundred million is only approximate. A rate of zero never gives any token.
    #[must_use]
    pub fn new(per_second: u64, burst: u64) -> Self {
        let interval = NANOS.checked_div(per_second).unwrap_or(u64::MAX).max(1);
        let room = if per_second == 0 { 0 } else { interval.saturating_mul(burst) };
        Self { made: Instant::now(), interval, room, full_at: AtomicU64::new(0) }
    }

    /// Takes `wanted` tokens, or as many as there are. Returns how many were taken.
    pub fn take(&self, wanted: u64) -> u64 {
        self.take_at(self.now(), wanted)
    }

    /// Takes one token, on credit if the bucket is empty.
    pub fn owe(&self) {
        self.owe_at(self.now());
    }

    /// Returns how long it takes until there is a token.
    pub fn wait(&self) -> Duration {
        self.wait_at(self.now())
    }

    fn now(&self) -> u64 {
        u64::try_from(self.made.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    fn owe_at(&self, now: u64) {
        let next = |full_at: u64| Some(full_at.max(now).saturating_add(self.interval));
        // The closure always returns a value, so the update cannot fail.
        let _before = self.full_at.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
    }

    fn wait_at(&self, now: u64) -> Duration {
        let full_at = self.full_at.load(Ordering::Relaxed).max(now).saturating_add(self.interval);
        Duration::from_nanos(full_at.saturating_sub(self.room).saturating_sub(now))
    }

    fn take_at(&self, now: u64, wanted: u64) -> u64 {
        let mut full_at = self.full_at.load(Ordering::Relaxed);
        loop {
            let from = full_at.max(now);
            let left = now.saturating_add(self.room).saturating_sub(from);
            let taken = wanted.min(left.checked_div(self.interval).unwrap_or(0));
            if taken == 0 {
                return 0;
            }
            let next = from.saturating_add(taken.saturating_mul(self.interval));
            match self.full_at.compare_exchange_weak(full_at, next, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return taken,
                Err(other) => full_at = other,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t79_a_bucket_gives_its_burst_and_then_its_rate() {
        let bucket = RateLimit::new(10, 100);
        assert_eq!(bucket.take_at(0, 60), 60);
        assert_eq!(bucket.take_at(0, 60), 40);
        assert_eq!(bucket.take_at(0, 1), 0);
        assert_eq!(bucket.take_at(NANOS / 10 - 1, 1), 0);
        assert_eq!(bucket.take_at(NANOS, 1_000), 10);
        // However long it was unused, it holds no more than its burst.
        assert_eq!(bucket.take_at(NANOS * 3_600, 1_000), 100);
    }

    #[test]
    fn t61_who_comes_too_early_is_told_how_long_to_wait() {
        let bucket = RateLimit::new(10, 2);
        let waits = [0, 0, 100, 200].map(Duration::from_millis);
        let one = |_| {
            let wait = bucket.wait_at(0);
            bucket.owe_at(0);
            wait
        };
        assert_eq!(std::array::from_fn(one), waits);
        assert_eq!(bucket.wait_at(0), Duration::from_millis(300));
        assert_eq!(bucket.wait_at(NANOS), Duration::ZERO);
    }

    #[test]
    fn t79_no_number_overflows() {
        assert_eq!(RateLimit::new(0, 5).take_at(7, 5), 0);
        assert_eq!(RateLimit::new(0, 0).take_at(7, 5), 0);
        let most = RateLimit::new(u64::MAX, u64::MAX);
        assert!(most.take_at(u64::MAX, u64::MAX) == 0 || most.take_at(0, 1) == 1);
        assert_eq!(RateLimit::new(u64::MAX, 8).take_at(u64::MAX - 3, 9), 3);
    }
}
