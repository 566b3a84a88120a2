//! The places of a database's connections: who may have one, who waits for one, and how one comes back.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{timeout, timeout_at},
};

use crate::{
    Error, Result, Settings,
    backend::{
        Link,
        any::{AnyLink, Step},
        mysql::MysqlPool,
        postgres::PostgresPool,
        sqlite::SqlitePool,
    },
    url::Target,
};

/// How long a connection may take to be made, to roll back, to be reset or to be given back. A peer that is silently dead
/// costs its place that long, not for ever.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// How long [`Pool::close`] waits for connections that are taken.
const CLOSING: Duration = Duration::from_secs(15);

/// How many connections a database has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolStatus {
    /// Connections that exist.
    pub size: u32,
    /// Connections that nobody has taken.
    pub idle: u32,
    /// Connections that are taken, or are being made or given back.
    pub in_use: u32,
    /// How many there may be.
    pub max: u32,
}

/// Where connections come from.
enum Source {
    Sqlite(Arc<SqlitePool>),
    Postgres(Arc<PostgresPool>),
    Mysql(Arc<MysqlPool>),
}

/// The places and where connections come from.
///
/// The places are counted here and not in the driver, because waiting for a place may be given up at any time, and making a
/// connection may not.
pub(crate) struct Pool {
    places: Arc<Semaphore>,
    max: u32,
    timeout: Duration,
    pre_ping: bool,
    closed: AtomicBool,
    target: Target,
    settings: Settings,
    source: OnceLock<Source>,
}

/// The connections that some of a database's borrowers may have at once, together.
pub(crate) struct Share {
    places: Arc<Semaphore>,
    max: u32,
}

/// A place among a database's connections, and in the borrower's share of them.
pub(crate) struct Place {
    _of_share: Option<OwnedSemaphorePermit>,
    _of_pool: OwnedSemaphorePermit,
}

/// A connection and its place.
pub(crate) struct Held {
    pub(crate) link: AnyLink,
    /// Whether it was opened for this borrower.
    pub(crate) is_new: bool,
    place: Place,
}

impl Pool {
    /// A pool without connections.
    pub(crate) fn new(target: Target, settings: &Settings) -> Self {
        let max = match &target {
            // Each connection to it would be a database of its own.
            Target::Sqlite(file) if file.is_memory() => 1,
            _ => settings.pool_size.saturating_add(settings.max_overflow).clamp(1, 10_000),
        };
        Self {
            places: Arc::new(Semaphore::new(max as usize)),
            max,
            timeout: settings.pool_timeout,
            pre_ping: settings.pool_pre_ping,
            closed: AtomicBool::new(false),
            target,
            settings: settings.clone(),
            source: OnceLock::new(),
        }
    }

    /// Where connections come from. Made at the first use, as a driver may want a runtime for it.
    fn source(&self) -> &Source {
        self.source.get_or_init(|| match &self.target {
            Target::Sqlite(file) => Source::Sqlite(Arc::new(SqlitePool::new(file.clone(), &self.settings))),
            Target::Postgres(server) => Source::Postgres(Arc::new(PostgresPool::new(server, &self.settings))),
            Target::Mysql(server, kind) => {
                Source::Mysql(Arc::new(MysqlPool::new(server, kind.clone(), &self.settings)))
            }
        })
    }

    /// A share of so many connections, or of all but one where there are no more.
    pub(crate) fn share(&self, most: u32) -> Share {
        let max = most.min(self.max.saturating_sub(1)).max(1);
        Share { places: Arc::new(Semaphore::new(max as usize)), max }
    }

    /// Waits for a place, first in the borrower's share and then among all. May be given up at any time.
    pub(crate) async fn place(&self, share: Option<&Share>) -> Result<Place> {
        if self.closed.load(Ordering::Acquire) {
            return Err(Error::Closed);
        }
        let since = Instant::now();
        let until = since.checked_add(self.timeout);
        let of_share = match share {
            Some(share) => Some(wait(&share.places, share.max, since, until).await?),
            None => None,
        };
        let of_pool = wait(&self.places, self.max, since, until).await?;
        Ok(Place { _of_share: of_share, _of_pool: of_pool })
    }

    /// Puts a connection in a place. Runs in a host task, to its end.
    pub(crate) async fn open(&self, place: Place) -> Result<Held> {
        let mut place = Some(place);
        // Every idle connection can be a lost one, and then a new one is made.
        for _ in 0..=self.max {
            let Some(free) = place.take() else { break };
            let (link, is_new) = match self.source() {
                Source::Sqlite(pool) => pool.acquire().await.map(|(link, is_new)| (AnyLink::Sqlite(link), is_new))?,
                Source::Postgres(pool) => {
                    pool.acquire().await.map(|(link, is_new)| (AnyLink::Postgres(link), is_new))?
                }
                Source::Mysql(pool) => pool.acquire().await.map(|(link, is_new)| (AnyLink::Mysql(link), is_new))?,
            };
            let mut held = Held { link, is_new, place: free };
            if !self.pre_ping || held.answers().await.is_ok() {
                return Ok(held);
            }
            place = Some(held.clear().await);
        }
        Err(Error::Disconnected(None))
    }

    /// How many connections there are.
    pub(crate) fn status(&self) -> PoolStatus {
        let free = u32::try_from(self.places.available_permits()).unwrap_or(self.max);
        let in_use = self.max.saturating_sub(free);
        let idle = match self.source.get() {
            None => 0,
            Some(Source::Sqlite(pool)) => pool.idle(),
            Some(Source::Postgres(pool)) => pool.idle(),
            Some(Source::Mysql(pool)) => pool.idle(),
        };
        PoolStatus { size: idle.saturating_add(in_use), idle, in_use, max: self.max }
    }

    /// Takes no more calls, waits until every connection is given back (15 seconds at most), and closes them.
    pub(crate) async fn close(&self) {
        self.closed.store(true, Ordering::Release);
        let all = timeout(CLOSING, self.places.acquire_many(self.max)).await;
        self.places.close();
        match self.source.get() {
            None => {}
            Some(Source::Sqlite(pool)) => pool.close().await,
            Some(Source::Postgres(pool)) => pool.close().await,
            Some(Source::Mysql(pool)) => pool.close().await,
        }
        drop(all);
    }
}

/// Takes one of `size` places, or waits for one until then.
async fn wait(
    places: &Arc<Semaphore>,
    size: u32,
    since: Instant,
    until: Option<Instant>,
) -> Result<OwnedSemaphorePermit> {
    if let Ok(place) = Arc::clone(places).try_acquire_owned() {
        return Ok(place);
    }
    let place = Arc::clone(places).acquire_owned();
    let place = match until {
        Some(until) => timeout_at(until.into(), place).await,
        None => Ok(place.await),
    };
    match place {
        Ok(place) => place.map_err(|_| Error::Closed),
        Err(_) => Err(Error::PoolTimeout { size, waited: since.elapsed() }),
    }
}

impl Held {
    /// Asks the database for an answer, but not for ever.
    pub(crate) async fn answers(&mut self) -> Result<()> {
        timeout(PATIENCE, self.link.step(Step::Ping)).await.unwrap_or(Err(Error::Disconnected(None)))
    }

    /// Cleans the connection and gives it back, or closes it where that fails or takes too long.
    pub(crate) async fn give_back(mut self) {
        match timeout(PATIENCE, self.link.reset()).await {
            // The place is free only when the connection is where the next one looks for it.
            Ok(Ok(())) => drop(timeout(PATIENCE, self.link.put_back()).await),
            Ok(Err(error)) => {
                tracing::debug!(%error, "a connection could not be reset");
                self.discard().await;
            }
            Err(_) => {
                tracing::warn!("a connection did not answer when it was given back");
                self.discard().await;
            }
        }
    }

    /// Closes the connection and frees its place. A thread of this process that still works with the connection, and may hold
    /// a lock, keeps the place for as long as it does.
    pub(crate) async fn discard(self) {
        if !matches!(self.link, AnyLink::Sqlite(_)) {
            return drop(self.clear().await);
        }
        let Self { link, place, .. } = self;
        let mut closing = Box::pin(link.discard());
        if timeout(PATIENCE, &mut closing).await.is_err() {
            tracing::warn!("a connection is still at work, and keeps its place until it is closed");
            tokio::spawn(async move {
                closing.await;
                drop(place);
            });
        }
    }

    /// Closes the connection and keeps its place.
    async fn clear(self) -> Place {
        if timeout(PATIENCE, self.link.discard()).await.is_err() {
            tracing::warn!("a connection took too long to close");
        }
        self.place
    }
}
