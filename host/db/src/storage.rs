//! Measures the tables of a server's database from time to time, and refuses statements where they have too many bytes.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use sqlservice_sql::Dialect;
use tracing::Level;

use crate::{
    backend::{Effect, Execution, any::AnyCancelHandle, verb},
    error::{DatabaseError, Error, Result},
    observe::Instruments,
};

/// How long a measurement is valid.
const EACH: Duration = Duration::from_secs(5);

/// How long the server may take to measure, including the wait for other queries of this server's pools. A server with very many tables
/// takes longer, and is not queried again at once.
const ASKING: Duration = Duration::from_secs(10);

/// The storage limit of a database, and the last measurement.
pub(crate) struct Storage {
    most: u64,
    measured: Mutex<Measured>,
}

#[derive(Default)]
struct Measured {
    bytes: u64,
    asked: Option<Instant>,
}

impl Storage {
    /// Creates the limit of a database on a server; nothing for SQLite or without a limit.
    pub(crate) fn new(dialect: Dialect, most: Option<u64>) -> Option<Arc<Self>> {
        let most = most.filter(|_| dialect != Dialect::Sqlite)?;
        Some(Arc::new(Self { most, measured: Mutex::default() }))
    }

    /// Refuses a statement that needs room where there is none. The measurement may be some seconds old; a new one is made meanwhile,
    /// over the connection on which statements are stopped.
    pub(crate) fn check(
        self: &Arc<Self>,
        job: &Execution,
        dialect: Dialect,
        instruments: &Arc<Instruments>,
        cancel_handle: impl FnOnce() -> AnyCancelHandle,
    ) -> Result<()> {
        if job.effect == Effect::Reads {
            return Ok(());
        }
        if self.is_due() {
            let (storage, cancel_handle, instruments) = (Arc::clone(self), cancel_handle(), Arc::clone(instruments));
            tokio::spawn(async move { storage.measure(&cancel_handle, &instruments).await });
        }
        let bytes = self.lock().bytes;
        if bytes <= self.most || !verb::needs_room(&verb::verb(&job.sql, dialect)) {
            return Ok(());
        }
        let message =
            format!("the tables have {bytes} bytes, and may have {}; delete rows, or ask for more room", self.most);
        Err(Error::Operational(DatabaseError { sqlstate: Some("53100".to_owned()), message, source: None }))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Measured> {
        self.measured.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a new measurement is due; if so, it counts as begun now.
    fn is_due(&self) -> bool {
        let mut measured = self.lock();
        let is_due = measured.asked.is_none_or(|at| at.elapsed() >= EACH);
        if is_due {
            measured.asked = Some(Instant::now());
        }
        is_due
    }

    async fn measure(&self, cancel_handle: &AnyCancelHandle, instruments: &Instruments) {
        let line = "the server does not say in time how many bytes its tables have";
        match tokio::time::timeout(ASKING, cancel_handle.stored()).await {
            Ok(Ok(bytes)) => {
                let mut measured = self.lock();
                (measured.bytes, measured.asked) = (bytes, Some(Instant::now()));
            }
            Ok(Err(error)) => instruments.log(Level::WARN, line, Some(&error)),
            Err(_) => instruments.log(Level::WARN, line, None),
        }
    }
}
