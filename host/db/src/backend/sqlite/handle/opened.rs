//! An open connection to a file.

use std::{sync::Arc, time::Instant};

use tokio::sync::Semaphore;

use super::{super::hooks::Hooks, Handle, Interrupt};

/// An open connection without a running statement.
pub(in super::super) struct Opened {
    pub(in super::super) handle: Box<Handle>,
    pub(in super::super) hooks: Arc<Hooks>,
    pub(in super::super) interrupt: Interrupt,
    /// The writer queue of the file.
    pub(in super::super) writers: Option<Arc<Semaphore>>,
    pub(in super::super) born: Instant,
}

impl Opened {
    /// Wraps a connection that was just opened.
    pub(in super::super) fn new(handle: Handle, hooks: Arc<Hooks>, writers: Option<Arc<Semaphore>>) -> Self {
        Self { interrupt: handle.interrupt(), handle: Box::new(handle), hooks, writers, born: Instant::now() }
    }

    /// Closes the connection.
    pub(in super::super) async fn close(self) {
        self.handle.close().await;
    }
}
