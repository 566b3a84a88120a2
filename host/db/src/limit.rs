//! Limits the connections that all pools of one server have together, whatever their logins.
//!
//! A pool is one of a server and a login, so a server whose tenants have logins of their own has as many pools as tenants. Their
//! connections count against one limit, their borrowers wait in one [queue](crate::fair), and an idle connection of one pool is closed
//! where another needs its [slot](slots).

mod slots;

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use tokio::sync::Semaphore;

use crate::{Error, Result, fair::Queue, url::Target};

pub(crate) use slots::{CONNECTING, Closing, Evict, Slot, Slots};

/// The most connections that stop statements at the same time, over all logins of a server.
const CONTROLS: u32 = 4;

/// The highest limit that can be set.
const MOST: u32 = 10_000;

/// Limits the connections that all pools have together which were given this value or a clone of it, in
/// [`Settings::server_limit`](crate::Settings::server_limit).
///
/// Where the settings give none, all pools of this process whose URLs have one address (kind of server, host and port) share
/// [`ServerLimit::of`] it. A borrower that needs a connection at the limit gets one of its own pool's idle ones, or the least recently
/// used idle connection of another pool is closed for it. Where none is idle, it waits among the borrowers of all these pools, ranked by
/// how long each has held connections, and gets [`Error::PoolTimeout`] when its pool's timeout has passed.
///
/// Up to four more connections may be open for as long as statements have to be stopped: they do not wait for the connections that they
/// are to free. A server takes some milliseconds to notice that a connection was closed. So set the limit somewhat below the server's
/// own.
#[derive(Clone)]
pub struct ServerLimit(Arc<Shared>);

/// The connection counts of the pools of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerStatus {
    /// Open connections, including those that are being opened or closed.
    pub size: u32,
    /// Open connections that no borrower uses.
    pub idle: u32,
    /// Permits for connections that borrowers hold.
    pub in_use: u32,
    /// The most connections that there may be.
    pub max: u32,
    /// Further connections, which stop statements.
    pub controls: u32,
}

/// The state that the pools of one server share.
struct Shared {
    queue: Arc<Queue>,
    slots: Arc<Slots>,
    controls: Controls,
    /// Whether no limit was set: it is raised to that of the largest pool.
    is_default: Mutex<bool>,
}

/// The connections over which statements are stopped. They have slots of their own, as statements are stopped just when all others are
/// taken.
#[derive(Clone)]
pub(crate) struct Controls {
    pub(crate) places: Arc<Semaphore>,
    pub(crate) slots: Arc<Slots>,
    /// Runs queries that may take long one after the other, so that they leave connections for stopping statements.
    pub(crate) questions: Arc<Semaphore>,
}

/// The address by which pools are taken to be of one server.
#[derive(PartialEq, Eq, Hash)]
struct Address {
    scheme: &'static str,
    /// The host name in lower case, or the path of the socket.
    host: String,
    port: u16,
}

impl ServerLimit {
    /// The limit where none is set: 80, which PostgreSQL (100 by default) and MariaDB and MySQL (151) have room for. A pool that may have
    /// more by its own settings raises it.
    pub const DEFAULT: u32 = 80;

    /// Creates a limit of `most` connections, 10,000 at most, for the pools that are given this value. No other pools count.
    #[must_use]
    pub fn new(most: u32) -> Self {
        Self::with(most, false)
    }

    fn with(most: u32, is_default: bool) -> Self {
        let most = most.clamp(1, MOST);
        let [places, questions] = [CONTROLS, 1].map(|count| Arc::new(Semaphore::new(count as usize)));
        let controls = Controls { places, slots: Slots::new(CONTROLS), questions };
        let is_default = Mutex::new(is_default);
        Self(Arc::new(Shared { queue: Queue::new(most), slots: Slots::new(most), controls, is_default }))
    }

    /// Returns the limit of a URL's address, which all pools of that address share whose settings give none. Two names of one server are
    /// two addresses.
    ///
    /// # Errors
    ///
    /// [`Error::Url`], also for the URL of a SQLite database, which has no server.
    pub fn of(url: &str) -> Result<Self> {
        Self::of_target(&Target::parse(url)?).ok_or_else(|| {
            let text =
                "a SQLite database has no server whose connections could be limited: set pool_size and max_overflow";
            Error::Url(text.to_owned())
        })
    }

    pub(crate) fn of_target(target: &Target) -> Option<Self> {
        // The embedder chooses the hosts, never a guest, so there are few.
        static ALL: OnceLock<Mutex<HashMap<Address, ServerLimit>>> = OnceLock::new();
        let address = Address::of(target)?;
        let mut all = ALL.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
        Some(all.entry(address).or_insert_with(|| Self::with(Self::DEFAULT, true)).clone())
    }

    /// Sets the limit, 1 to 10,000. Where more are open, none is closed that a borrower uses.
    pub fn set(&self, most: u32) {
        *self.0.is_default.lock().unwrap_or_else(PoisonError::into_inner) = false;
        self.change(most.clamp(1, MOST));
    }

    /// Admits a pool of up to `pool` connections. A default limit must not lower what a pool's own settings allow, so it is raised to
    /// that.
    pub(crate) fn admit(&self, pool: u32) {
        let is_default = self.0.is_default.lock().unwrap_or_else(PoisonError::into_inner);
        if *is_default && self.0.queue.count().0 < pool {
            self.change(pool);
        }
    }

    fn change(&self, most: u32) {
        self.0.slots.set(most);
        self.0.queue.set(most);
    }

    /// Returns the connection counts.
    #[must_use]
    pub fn status(&self) -> ServerStatus {
        let ((size, idle), (max, in_use)) = (self.0.slots.count(), self.0.queue.count());
        ServerStatus { size, idle, in_use, max, controls: self.0.controls.slots.count().0 }
    }

    pub(crate) fn queue(&self) -> &Arc<Queue> {
        &self.0.queue
    }

    pub(crate) fn slots(&self) -> &Arc<Slots> {
        &self.0.slots
    }

    pub(crate) fn controls(&self) -> &Controls {
        &self.0.controls
    }
}

impl fmt::Debug for ServerLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ServerLimit").field(&self.status()).finish()
    }
}

impl Address {
    fn of(target: &Target) -> Option<Self> {
        let (scheme, server) = match target {
            Target::Sqlite(_) => return None,
            Target::Postgres(server) => ("postgres", server),
            Target::Mysql(server, _) => ("mysql", server),
        };
        let host = server.socket.clone().unwrap_or_else(|| server.host.to_ascii_lowercase());
        Some(Self { scheme, host, port: server.port })
    }
}

#[cfg(test)]
mod tests;
