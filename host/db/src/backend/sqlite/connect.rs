//! Opens SQLite connections, and keeps the idle ones of a file.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use sqlx::{
    ConnectOptions, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use tokio::{
    sync::{OnceCell, Semaphore},
    time::timeout,
};

use super::{
    error,
    file::SqliteFile,
    handle::{Handle, opened::Opened},
    hooks::Hooks,
    idle_files, writers,
};
use crate::{
    Durability, Error, Result, Settings,
    backend::idle::{Checkout, Idle},
};

/// The page cache of a connection, in SQLite's notation for 8 MiB: each cache miss costs a system call.
const CACHE: &str = "-8192";

/// The idle connections of one file, and the settings for new ones.
pub(crate) struct SqlitePool {
    file: SqliteFile,
    lock_timeout: Duration,
    durability: Durability,
    storage: Option<u64>,
    /// The file's writer queue, set when the file is first opened; none for an in-memory database, which has one connection.
    writers: OnceCell<Option<Arc<Semaphore>>>,
    idle: Idle<Opened>,
    using: idle_files::IdleListing,
}

impl idle_files::FilePool for SqlitePool {
    fn using(&self) -> &idle_files::IdleListing {
        &self.using
    }

    fn take_idle(&self) -> Vec<Opened> {
        self.idle.drain()
    }
}

impl Drop for SqlitePool {
    fn drop(&mut self) {
        self.left(self.idle.count() as usize);
    }
}

impl SqlitePool {
    /// Creates an empty pool. Opens nothing.
    pub(crate) fn new(file: SqliteFile, settings: &Settings) -> Self {
        let idle = if file.is_memory() {
            // Another connection would be another database.
            Idle::new(1, None, None)
        } else {
            Idle::new(settings.pool_size.max(1), settings.pool_recycle, None)
        };
        // Adding an arbitrary duration to an `Instant` can overflow.
        let lock_timeout = settings.lock_timeout.min(Duration::from_secs(86_400));
        let (durability, storage) = (settings.durability, settings.storage_bytes);
        Self {
            file,
            lock_timeout,
            durability,
            storage,
            writers: OnceCell::new(),
            idle,
            using: idle_files::IdleListing::default(),
        }
    }

    /// Returns an idle or new connection, and whether it is new. The caller holds a permit for it.
    pub(super) async fn take(&self) -> Result<(Opened, bool)> {
        loop {
            match self.idle.take() {
                Checkout::Usable(_, opened) => {
                    self.left(1);
                    return Ok((opened, false));
                }
                Checkout::Stale(opened) => {
                    self.left(1);
                    opened.close().await;
                }
                Checkout::Nothing => return Ok((self.open().await?, true)),
            }
        }
    }

    /// Returns a connection to the idle ones, and closes those that are too many.
    pub(super) async fn put_back(self: &Arc<Self>, opened: Opened) {
        let closed = match self.idle.put(opened.born, opened) {
            Some(opened) => vec![opened],
            None if self.file.is_memory() => Vec::new(),
            None => idle_files::put(self),
        };
        for opened in closed {
            opened.close().await;
        }
    }

    /// Subtracts connections from the process's count of idle ones.
    fn left(&self, count: usize) {
        if !self.file.is_memory() {
            idle_files::taken(count);
        }
    }

    /// The number of idle connections.
    pub(crate) fn idle(&self) -> u32 {
        self.idle.count()
    }

    /// Closes the pool: its idle connections now, the others when they are returned.
    pub(crate) async fn close(&self) {
        self.idle.close();
        let idle = self.idle.drain();
        self.left(idle.len());
        for opened in idle {
            opened.close().await;
        }
    }

    /// The longest time that a statement waits for a lock.
    pub(super) fn lock_timeout(&self) -> Duration {
        self.lock_timeout
    }

    async fn open(&self) -> Result<Opened> {
        let until = Instant::now() + self.lock_timeout;
        let mut pause = Duration::from_millis(1);
        loop {
            match self.try_open().await {
                Err(error) if error::is_occupied(&error) && Instant::now() < until => {}
                opened => return opened,
            }
            tokio::time::sleep(pause).await;
            pause = (2 * pause).min(Duration::from_millis(20));
        }
    }

    async fn try_open(&self) -> Result<Opened> {
        let writers = self.writers.get_or_try_init(|| self.first_open()).await?.clone();
        let connection = self.connect(None).await?;
        let hooks = Arc::new(Hooks::default());
        let mut handle = Handle::new(connection, Arc::clone(&hooks)).await.map_err(error::driver)?;
        if let Some(bytes) = self.storage {
            let limited = tokio::task::spawn_blocking(move || handle.limit_storage(bytes).map(|()| handle));
            handle = limited.await.map_err(|_| Error::Lost)?.map_err(error::error)?;
        }
        Ok(Opened::new(handle, hooks, writers))
    }

    /// Switches the file to WAL mode, which persists, and returns its writer queue. The switch fails while another connection writes.
    async fn first_open(&self) -> Result<Option<Arc<Semaphore>>> {
        let Some(path) = self.file.path.clone() else { return Ok(None) };
        let queue = tokio::task::spawn_blocking(move || writers::queue(&path))
            .await
            .map_err(|_| Error::Lost)?
            .map_err(|error| Error::Disconnected(Some(Box::new(error))))?;
        if !self.file.read_only {
            // After a timeout it connects all the same: the file may be in WAL mode already.
            let turn = timeout(self.lock_timeout, queue.acquire()).await;
            let connection = self.connect(Some(SqliteJournalMode::Wal)).await?;
            sqlx::Connection::close(connection).await.map_err(error::driver)?;
            drop(turn);
        }
        Ok(Some(queue))
    }

    async fn connect(&self, journal: Option<SqliteJournalMode>) -> Result<SqliteConnection> {
        let mut options = SqliteConnectOptions::new().foreign_keys(true).statement_cache_capacity(1);
        options = options.pragma("cache_size", CACHE).synchronous(match self.durability {
            Durability::Full => SqliteSynchronous::Full,
            Durability::Normal => SqliteSynchronous::Normal,
        });
        match &self.file.path {
            Some(path) => {
                options = options.filename(path).create_if_missing(self.file.create).read_only(self.file.read_only);
            }
            None => options = options.filename(":memory:").in_memory(true).shared_cache(false),
        }
        if let Some(mode) = journal {
            options = options.journal_mode(mode).busy_timeout(self.lock_timeout.min(Duration::from_secs(60)));
        } else {
            // SQLite's own wait for a lock would block a thread. The host retries instead, which can be cancelled.
            options = options.busy_timeout(Duration::ZERO);
        }
        options.connect().await.map_err(error::driver)
    }
}
