//! Work of the host's that no caller can drop halfway.
//!
//! It is polled once where it is made, so what ends at once (a short statement of SQLite's) costs no task; whatever is left after that goes
//! to a task of the host's, and the caller keeps a handle to its answer and nothing else.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    task::Poll,
};

use tokio::task::JoinHandle;

use crate::error::{Error, Result};

/// What is done. Its type is not told, so that those who call need not look into it: compilers refuse futures that nest too deep.
pub(crate) type CallFuture<T> = Pin<Box<dyn Future<Output = Result<T>> + Send>>;

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
pub(crate) fn run_or_spawn<T: Send + 'static>(work: CallFuture<T>) -> impl Future<Output = Started<T>> {
    let mut work = Some(work);
    poll_fn(move |context| {
        // It is ready at once, so there is work whenever it is polled.
        let Some(mut work) = work.take() else { return Poll::Ready(Started::Done(Err(Error::Lost))) };
        Poll::Ready(match work.as_mut().poll(context) {
            Poll::Ready(result) => Started::Done(result),
            Poll::Pending => Started::Running(tokio::spawn(work)),
        })
    })
}
