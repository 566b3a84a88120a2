//! Private servers, which a test can kill and start again.

use std::sync::{Arc, Mutex};

use xtask::servers::OwnServer;

/// A server that no other test uses.
#[derive(Clone)]
pub struct Private(Arc<Mutex<OwnServer>>);

impl Private {
    /// Starts a server.
    pub async fn start(start: impl FnOnce() -> OwnServer + Send + 'static) -> Self {
        let server = tokio::task::spawn_blocking(start).await.expect("a server");
        Self(Arc::new(Mutex::new(server)))
    }

    /// Its URL.
    pub fn url(&self) -> String {
        self.0.lock().expect("no panic").url()
    }

    /// Kills it with all of its processes, and starts it again.
    pub async fn restart(&self) {
        let server = Arc::clone(&self.0);
        let work = move || server.lock().expect("no panic").restart().expect("it starts again");
        tokio::task::spawn_blocking(work).await.expect("restarted");
    }
}
