//! Collects the server's warnings that come with a response. The driver only logs them, so a `tracing` subscriber receives them.

use std::{cell::Cell, future::poll_fn, pin::pin, sync::OnceLock};

use tracing::{Dispatch, Event, Level, Metadata, Subscriber, level_filters::LevelFilter, span};

/// The `tracing` target of the driver's log of PostgreSQL's notices.
const TARGET: &str = "sqlx::postgres::notice";

thread_local! {
    /// Whether a warning came with the response that this thread reads at present.
    static WARNED: Cell<bool> = const { Cell::new(false) };
}

/// A subscriber of the server's warnings, and of nothing else.
struct WarningSubscriber;

impl Subscriber for WarningSubscriber {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == TARGET && *metadata.level() <= Level::WARN
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::WARN)
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        if event.metadata().target() == TARGET {
            WARNED.set(true);
        }
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// Runs a future. Returns its output, and whether the server sent a warning since [`clear`] was last called.
pub(crate) async fn with_warnings<T>(work: impl Future<Output = T>) -> (T, bool) {
    static SUBSCRIBER: OnceLock<Dispatch> = OnceLock::new();
    let subscriber = SUBSCRIBER.get_or_init(|| Dispatch::new(WarningSubscriber));
    let mut work = pin!(work);
    let mut warned = false;
    let output = poll_fn(|context| {
        // The next poll may be on another thread.
        WARNED.set(warned);
        let polled = tracing::dispatcher::with_default(subscriber, || work.as_mut().poll(context));
        warned = WARNED.take();
        polled
    })
    .await;
    (output, warned)
}

/// Forgets the warnings so far. Called within the future that [`with_warnings`] runs.
pub(crate) fn clear() {
    WARNED.set(false);
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn turns() {
        tokio::task::yield_now().await;
    }

    #[tokio::test]
    async fn a_warning_of_the_server_is_heard_by_who_waits_for_its_answer() {
        let quiet = with_warnings(async {
            tracing::warn!("of another target");
            tracing::info!(target: TARGET, "no warning");
        });
        assert!(!quiet.await.1);
        let loud = with_warnings(async {
            tracing::warn!(target: TARGET, "a warning");
            turns().await;
            7
        });
        assert_eq!(loud.await, (7, true));
        let early = with_warnings(async {
            tracing::warn!(target: TARGET, "of a statement before");
            turns().await;
            clear();
            turns().await;
        });
        assert!(!early.await.1);
        tracing::warn!(target: TARGET, "without a listener");
        assert!(!with_warnings(turns()).await.1);
    }
}
