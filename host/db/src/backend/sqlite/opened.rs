//! An open connection to a file, whoever uses it.

use std::{sync::Arc, time::Instant};

use tokio::sync::Semaphore;

use super::{
    handle::{Handle, Interrupt},
    watch::Watch,
};

/// An open connection that no statement runs on.
pub(super) struct Opened {
    pub(super) handle: Box<Handle>,
    pub(super) watch: Arc<Watch>,
    pub(super) interrupt: Interrupt,
    /// The queue of the file's writers.
    pub(super) writers: Option<Arc<Semaphore>>,
    pub(super) born: Instant,
}

impl Opened {
    /// One that was just opened.
    pub(super) fn new(handle: Handle, watch: Arc<Watch>, writers: Option<Arc<Semaphore>>) -> Self {
        Self { interrupt: handle.interrupt(), handle: Box::new(handle), watch, writers, born: Instant::now() }
    }

    /// Closes it.
    pub(super) async fn close(self) {
        self.handle.close().await;
    }
}
