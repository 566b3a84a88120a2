//! Connects to a server that may still count a connection which was closed to make room.

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// How long connecting to a full server is retried.
const RETRY_TIME: Duration = Duration::from_secs(1);

/// The first pause between attempts; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(5);

/// Connects, and retries while the server has no room. A server ends a closed connection a moment after the client does, and counts
/// it until then.
pub(crate) async fn connect_with_retry<T, E, F>(is_full: impl Fn(&E) -> bool, connect: impl Fn() -> F) -> Result<T, E>
where
    F: Future<Output = Result<T, E>>,
{
    let until = Instant::now() + RETRY_TIME;
    let mut pause = FIRST_PAUSE;
    loop {
        match connect().await {
            Err(error) if is_full(&error) && Instant::now() < until => sleep(pause).await,
            answer => return answer,
        }
        pause = (2 * pause).min(Duration::from_millis(100));
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test]
    async fn a_full_server_is_asked_again_but_not_for_ever() {
        let tries = Cell::new(0);
        let connect = |full: u32| {
            let tries = &tries;
            move || {
                tries.set(tries.get() + 1);
                std::future::ready(if tries.get() <= full { Err("full") } else { Ok(()) })
            }
        };
        assert_eq!(connect_with_retry(|error| *error == "full", connect(3)).await, Ok(()));
        assert_eq!(tries.get(), 4);
        tries.set(0);
        let since = Instant::now();
        assert_eq!(connect_with_retry(|error| *error == "full", connect(u32::MAX)).await, Err("full"));
        assert!((3..20).contains(&tries.get()) && since.elapsed() >= RETRY_TIME, "{}", tries.get());
        tries.set(0);
        assert_eq!(connect_with_retry(|error| *error == "other", connect(1)).await, Err("full"));
        assert_eq!(tries.get(), 1);
    }
}
