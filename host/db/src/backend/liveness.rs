//! Waits for a response that must not be cancelled, and detects where it will never come: a connection can be lost without either
//! end noticing.

use std::{pin::pin, time::Duration};

use tokio::time::timeout;

/// How long to wait for a response before the server is asked, over another connection, whether it still works on it. Also the
/// limit of that query, and the time between two of them.
const PAUSE: Duration = Duration::from_secs(5);

/// How many times in a row the server has to report no work: its response may be in transit.
const TIMES: u32 = 2;

/// A server's report on one of its connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ServerActivity {
    /// It runs a statement.
    Working,
    /// It waits for a message: the request never arrived, or the response is lost.
    Waiting,
    /// The connection does not exist in the server.
    Gone,
}

/// Queries the server about a connection, and ends it, over another connection.
pub(crate) trait ActivityProbe {
    /// Returns the server's report on the connection, where it can be obtained.
    fn activity(&self) -> impl Future<Output = Option<ServerActivity>> + Send;
    /// Ends the connection in the server.
    fn terminate(&self) -> impl Future<Output = ()> + Send;
}

/// Waits for `work` to end. Returns `None` where its response will never come; the server has ended the connection then, so that it
/// keeps no locks. There is no time limit while the server works or cannot be asked.
pub(crate) async fn wait_for_answer<T>(work: impl Future<Output = T>, probe: &impl ActivityProbe) -> Option<T> {
    let mut work = pin!(work);
    let mut idle = 0;
    loop {
        if let Ok(done) = timeout(PAUSE, &mut work).await {
            return Some(done);
        }
        let seen = tokio::select! {
            biased;
            done = &mut work => return Some(done),
            seen = timeout(PAUSE, probe.activity()) => seen.ok().flatten(),
        };
        match seen {
            Some(ServerActivity::Waiting) if idle + 1 >= TIMES => {
                probe.terminate().await;
                return None;
            }
            Some(ServerActivity::Gone) if idle + 1 >= TIMES => return None,
            Some(ServerActivity::Waiting | ServerActivity::Gone) => idle += 1,
            Some(ServerActivity::Working) | None => idle = 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{future::pending, sync::Mutex};

    use super::*;

    /// The server's reports in order of use, last first, and how many times the connection was ended.
    struct Server(Mutex<(Vec<Option<ServerActivity>>, u32)>);

    impl ActivityProbe for Server {
        async fn activity(&self) -> Option<ServerActivity> {
            self.0.lock().expect("no panic").0.pop().expect("a question that was foreseen")
        }

        async fn terminate(&self) {
            self.0.lock().expect("no panic").1 += 1;
        }
    }

    /// Waits for work of this many seconds, or for work that never ends. Returns whether it ended, and how many times its
    /// connection was ended.
    async fn wait(seconds: Option<u64>, mut says: Vec<Option<ServerActivity>>) -> (bool, u32) {
        says.reverse();
        let server = Server(Mutex::new((says, 0)));
        let work = async {
            match seconds {
                Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
                None => pending().await,
            }
        };
        let answer = wait_for_answer(work, &server).await;
        let ended = server.0.lock().expect("no panic").1;
        (answer.is_some(), ended)
    }

    #[tokio::test]
    async fn g04_an_answer_is_waited_for_while_the_server_works() {
        let (working, waiting, gone) =
            (Some(ServerActivity::Working), Some(ServerActivity::Waiting), Some(ServerActivity::Gone));
        let (quick, slow, unsure, lost, away) = tokio::join!(
            wait(Some(0), vec![]),
            wait(Some(12), vec![working, working]),
            wait(Some(17), vec![waiting, None, waiting]),
            wait(None, vec![working, waiting, waiting]),
            wait(None, vec![waiting, gone]),
        );
        assert_eq!([quick, slow, unsure], [(true, 0); 3]);
        assert_eq!((lost, away), ((false, 1), (false, 0)));
    }
}
