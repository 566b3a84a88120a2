//! Work of the host's that no caller can drop halfway.
//!
//! It is polled once where it is made, so what ends at once (a short statement of SQLite's) costs no task; whatever is left after that goes
//! to a task of the host's, and the caller keeps a handle to its answer and nothing else.

use std::{future::Future, pin::Pin, task::Poll};

use tokio::task::JoinHandle;

use crate::error::{Error, Result};

/// A call that was started.
pub(crate) enum Started<T> {
    /// It ended at once.
    Done(Result<T>),
    /// A task works on it.
    Running(JoinHandle<Result<T>>),
}

impl<T> Started<T> {
    /// Waits for the end of the call.
    pub(crate) async fn end(self) -> Result<T> {
        match self {
            Self::Done(result) => result,
            Self::Running(task) => task.await.unwrap_or(Err(Error::Lost)),
        }
    }
}

/// Polls work once and leaves the rest, if any, to a task.
pub(crate) async fn run_or_spawn<T, F>(mut work: Pin<Box<F>>) -> Started<T>
where
    T: Send + 'static,
    F: Future<Output = Result<T>> + Send + 'static,
{
    match futures::poll!(work.as_mut()) {
        Poll::Ready(result) => Started::Done(result),
        Poll::Pending => Started::Running(tokio::spawn(work)),
    }
}
