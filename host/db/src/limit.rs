//! How many connections all pools of one server have together, whatever their logins.
//!
//! A pool is one of a server and a login, so a server whose tenants have logins of their own has as many pools as tenants. Their
//! connections count against one number, their borrowers wait in one [queue](crate::fair), and an idle connection of one is closed where
//! another needs its [slot](slots).

mod slots;

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use tokio::sync::Semaphore;

use crate::{Error, Result, fair::Queue, url::Target};

pub(crate) use slots::{CONNECTING, Closing, Evict, Slot, Slots};

/// How many connections stop statements at the same time, over all logins of a server.
const CONTROLS: u32 = 4;

/// The most that can be asked for.
const MOST: u32 = 10_000;

/// The number of connections that all pools have together which were given this value or a clone of it, in
/// [`Settings::server_limit`](crate::Settings::server_limit).
///
/// Where the settings give none, all pools of this process whose URLs have one address (kind of server, host and port) share
/// [`ServerLimit::of`] it. A borrower that needs a connection when there are as many gets one of its own pool's idle ones, or the idle
/// connection of another pool that was not used for longest is closed for it. Where none is idle, it waits among the borrowers of all these
/// pools, by how long each had connections, and gets [`Error::PoolTimeout`] when its pool's time is over.
///
/// Up to four more connections may be open for as long as statements have to be stopped: they do not wait for those that they are to stop. A
/// server takes some milliseconds to notice that a connection was closed. So the number is to be lower than the server's own by some.
#[derive(Clone)]
pub struct ServerLimit(Arc<Shared>);

/// How many connections the pools of a server have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerStatus {
    /// Connections that there are, those included that are being made or closed.
    pub size: u32,
    /// Those of them that no borrower uses.
    pub idle: u32,
    /// Permits for connections that borrowers have.
    pub in_use: u32,
    /// How many connections there may be.
    pub max: u32,
    /// Connections more, which are there to stop statements.
    pub controls: u32,
}

/// What pools of one server share.
struct Shared {
    queue: Arc<Queue>,
    slots: Arc<Slots>,
    controls: Controls,
    /// Whether no number was said: it follows the largest of the pools.
    is_default: Mutex<bool>,
}

/// The connections over which statements are stopped. They have slots of their own, as a statement is stopped just where all others are taken.
#[derive(Clone)]
pub(crate) struct Controls {
    pub(crate) places: Arc<Semaphore>,
    pub(crate) slots: Arc<Slots>,
    /// Questions that may take long are asked one after the other, so that they leave places to those who stop statements.
    pub(crate) questions: Arc<Semaphore>,
}

/// By what pools are taken to be of one server.
#[derive(PartialEq, Eq, Hash)]
struct Address {
    scheme: &'static str,
    /// Its name in lower case, or the path of its socket.
    host: String,
    port: u16,
}

impl ServerLimit {
    /// The number where nothing is said: 80, which PostgreSQL (100 by default) and MariaDB and MySQL (151) have room for. Where one pool may
    /// have more by its own settings, it is that.
    pub const DEFAULT: u32 = 80;

    /// So many connections, 10,000 at most, for the pools that are given this value. No other pools count.
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

    /// The one of a URL's address, which all pools of that address share whose settings give none. Two names of one server are two addresses.
    ///
    /// # Errors
    ///
    /// [`Error::Url`], also where the URL is of a SQLite database, which has no server.
    pub fn of(url: &str) -> Result<Self> {
        Self::of_target(&Target::parse(url)?).ok_or_else(|| {
            let text =
                "a SQLite database has no server whose connections could be limited: set pool_size and max_overflow";
            Error::Url(text.to_owned())
        })
    }

    pub(crate) fn of_target(target: &Target) -> Option<Self> {
        // Hosts are said by whom this process belongs to, never by guests, so there are few.
        static ALL: OnceLock<Mutex<HashMap<Address, ServerLimit>>> = OnceLock::new();
        let address = Address::of(target)?;
        let mut all = ALL.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
        Some(all.entry(address).or_insert_with(|| Self::with(Self::DEFAULT, true)).clone())
    }

    /// From now on there are so many, 1 to 10,000. Where more are open, none is closed that a borrower uses.
    pub fn set(&self, most: u32) {
        *self.0.is_default.lock().unwrap_or_else(PoisonError::into_inner) = false;
        self.change(most.clamp(1, MOST));
    }

    /// A pool comes that may have so many by its own settings: what it was given is not taken from it by a number that was not said.
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

    /// How many connections there are.
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
