//! A standard stream of an instance, for both versions of WASI.

use std::{
    io::{self, Write as _},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime_wasi::{
    cli::{IsTerminal, StdoutStream},
    p2::{OutputStream, Pollable, StreamError, StreamResult},
};

use super::{Output, line::Line};

/// The most bytes that one write takes.
const PIECE: usize = 64 << 10;

/// The destination of a stream.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    /// The host's standard output.
    Stdout,
    /// The host's standard error.
    Stderr,
    /// A buffer that a test reads.
    #[cfg(test)]
    Kept(Arc<Mutex<Vec<u8>>>),
}

impl Target {
    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Stdout => io::stdout().write_all(bytes),
            Self::Stderr => io::stderr().write_all(bytes),
            #[cfg(test)]
            Self::Kept(kept) => kept.lock().unwrap_or_else(PoisonError::into_inner).write_all(bytes),
        }
    }

    fn flush(&self) -> io::Result<()> {
        match self {
            Self::Stdout => io::stdout().flush(),
            Self::Stderr => io::stderr().flush(),
            #[cfg(test)]
            Self::Kept(_) => Ok(()),
        }
    }

    fn is_terminal(&self) -> bool {
        match self {
            Self::Stdout => io::IsTerminal::is_terminal(&io::stdout()),
            Self::Stderr => io::IsTerminal::is_terminal(&io::stderr()),
            #[cfg(test)]
            Self::Kept(_) => false,
        }
    }
}

/// An output stream of an instance. Clones are the same stream.
#[derive(Clone)]
pub(crate) struct Stream {
    output: Arc<Output>,
    to: Target,
    /// Whether it writes to a terminal, so that control characters are escaped.
    pub(super) escapes: bool,
    line: Arc<Mutex<Line>>,
}

impl Stream {
    pub(super) fn new(output: Arc<Output>, to: Target) -> Self {
        let escapes = to.is_terminal();
        Self { output, to, escapes, line: Arc::default() }
    }

    /// Prints the bytes that the limits allow, and drops the rest.
    pub(super) fn print(&self, bytes: &[u8]) -> io::Result<()> {
        let limit = &self.output.limit;
        if limit.is_none() && !self.escapes {
            return self.to.write(bytes);
        }
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        let fitting = line.fit(bytes, limit.line);
        let taken = self.output.take(u64::try_from(fitting.len()).unwrap_or(u64::MAX));
        let taken = usize::try_from(taken).unwrap_or(usize::MAX);
        let printed = fitting.get(..taken).unwrap_or(&fitting);
        self.output.drop_bytes(bytes.len().saturating_sub(printed.len()));
        if printed.is_empty() {
            return Ok(());
        }
        if self.escapes { self.to.write(line.escape(printed).as_bytes()) } else { self.to.write(printed) }
    }
}

/// Never a terminal: output on one is escaped, so terminal commands of a program would not work.
impl IsTerminal for Stream {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Stream {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Stream {
    async fn ready(&mut self) {}
}

impl OutputStream for Stream {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.print(&bytes).map_err(failed)
    }

    fn flush(&mut self) -> StreamResult<()> {
        self.to.flush().map_err(failed)
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(PIECE)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let piece = bytes.get(..PIECE).unwrap_or(bytes);
        Poll::Ready(self.print(piece).map(|()| piece.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.to.flush())
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Converts the write error of a host stream to the plugin's.
fn failed(error: io::Error) -> StreamError {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return StreamError::Closed;
    }
    StreamError::LastOperationFailed(error.into())
}
