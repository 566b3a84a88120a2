//! Work of the host's own that no caller can drop halfway.
//!
//! It is polled once inline, so work that ends at once (a short statement of SQLite's) costs no task. The rest of it goes to a host task,
//! and the caller keeps only a handle to its result.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    task::Poll,
};

use tokio::task::JoinHandle;

use crate::error::{Error, Result};

/// The work of a call. Its type is erased from callers, as compilers refuse futures that nest too deep.
pub(crate) type CallFuture<T> = Pin<Box<dyn Future<Output = Result<T>> + Send>>;

/// A call that was started.
pub(crate) enum Started<T> {
    /// It ended at once.
    Done(Result<T>),
    /// A task runs it.
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

/// Polls work once and spawns a task for the rest, if any.
pub(crate) fn run_or_spawn<T: Send + 'static>(work: CallFuture<T>) -> impl Future<Output = Started<T>> {
    let mut work = Some(work);
    poll_fn(move |context| {
        // This future is ready at its first poll, so the work is still there then.
        let Some(mut work) = work.take() else { return Poll::Ready(Started::Done(Err(Error::Lost))) };
        Poll::Ready(match work.as_mut().poll(context) {
            Poll::Ready(result) => Started::Done(result),
            Poll::Pending => Started::Running(tokio::spawn(work)),
        })
    })
}
