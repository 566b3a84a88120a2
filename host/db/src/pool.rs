//! The permits of a database's connections: how borrowers get one, wait for one, and give a connection back.

use std::{
    future::Future,
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
use tracing::Level;

use crate::{
    Error, Result, Settings,
    backend::{
        BackendConnection,
        any::{AnyBackendConnection, AnyPool, ConnectionCommand},
        mysql::MysqlPool,
        postgres::PostgresPool,
        sqlite::SqlitePool,
    },
    fair::{Closed, Flow, Permit, PoolPermits, Queue},
    limit::ServerLimit,
    observe::{ConnectionDiscarded, Event, Instruments, RateLimit},
    url::Target,
};

/// How long a connection may take to be pinged, rolled back, reset, given back or closed. A peer that is silently dead costs its permit
/// that long, not for ever.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// How many seconds' worth of new connections a pool that opened none may open at once, where their rate is limited.
const BURST: u64 = 2;

/// How long [`Pool::close`] waits for connections that are in use.
const CLOSING: Duration = Duration::from_secs(15);

/// The connection counts of a database's pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolStatus {
    /// Connections that exist or are being opened.
    pub size: u32,
    /// Connections that no borrower uses.
    pub idle: u32,
    /// Connections that are in use, or are being opened or given back.
    pub in_use: u32,
    /// The most connections that there may be.
    pub max: u32,
}

impl PoolStatus {
    /// Adds the counts of another pool; `max` stays that of this one.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            size: self.size.saturating_add(other.size),
            idle: self.idle.saturating_add(other.idle),
            in_use: self.in_use.saturating_add(other.in_use),
            max: self.max,
        }
    }
}

/// The permits, and the source of connections.
///
/// The permits are counted here and not in the driver, because waiting for a permit may be cancelled at any time, and opening a
/// connection may not.
pub(crate) struct Pool {
    places: PoolPermits,
    /// The flow of borrowers that have no share.
    common: Flow,
    /// The limit that it shares with the other pools of its server; none for a file.
    limit: Option<ServerLimit>,
    max: u32,
    timeout: Duration,
    pre_ping: bool,
    closed: AtomicBool,
    target: Target,
    settings: Settings,
    source: OnceLock<AnyPool>,
    /// The rate limit of new connections.
    pace: Option<RateLimit>,
}

/// The connections that a group of a database's borrowers may have at once, together.
pub(crate) struct Share {
    places: Arc<Semaphore>,
    max: u32,
    /// Among the borrowers that wait for the pool's connections, all those of a share count as one.
    flow: Flow,
}

/// A permit for one of a database's connections, and for one of the borrower's share.
pub(crate) struct ConnectionPermit {
    _of_share: Option<OwnedSemaphorePermit>,
    _of_pool: Permit,
}

/// A connection and its permit.
pub(crate) struct PooledConnection {
    pub(crate) connection: AnyBackendConnection,
    /// Whether it was opened for this borrower.
    pub(crate) is_new: bool,
    place: ConnectionPermit,
    /// The instruments of its borrower.
    pub(crate) instruments: Arc<Instruments>,
}

impl Pool {
    /// Creates a pool without connections.
    pub(crate) fn new(target: Target, settings: &Settings) -> Self {
        let max = match &target {
            // Each connection to an in-memory database would be a database of its own.
            Target::Sqlite(file) if file.is_memory() => 1,
            _ => settings.pool_size.saturating_add(settings.max_overflow).clamp(1, 10_000),
        };
        let limit = limit(&target, settings);
        let places = match &limit {
            Some(limit) => {
                limit.admit(max);
                PoolPermits::new(limit.queue(), max)
            }
            None => PoolPermits::new(&Queue::new(max), max),
        };
        Self {
            common: places.flow(),
            places,
            limit,
            max,
            timeout: settings.pool_timeout,
            pre_ping: settings.pool_pre_ping,
            closed: AtomicBool::new(false),
            target,
            settings: settings.clone(),
            source: OnceLock::new(),
            pace: None,
        }
    }

    /// Returns another pool of the same database, with at most `most` connections and `new_in_a_second` new ones a second; nothing where
    /// the database is one connection.
    pub(crate) fn apart(&self, most: Option<u32>, new_in_a_second: Option<u32>) -> Option<Self> {
        if matches!(&self.target, Target::Sqlite(file) if file.is_memory()) {
            return None;
        }
        let most = most.unwrap_or(self.max).clamp(1, self.max);
        let size = self.settings.pool_size.min(most);
        let settings = self.settings.clone().pool_size(size).max_overflow(most.saturating_sub(size));
        let pace = new_in_a_second.map(u64::from).map(|rate| RateLimit::new(rate, rate.saturating_mul(BURST)));
        Some(Self { pace, ..Self::new(self.target.clone(), &settings) })
    }

    /// Returns the source of connections. Created at the first use, as a driver may need a runtime for it.
    fn source(&self) -> &AnyPool {
        self.source.get_or_init(|| match &self.target {
            Target::Sqlite(file) => AnyPool::Sqlite(Arc::new(SqlitePool::new(file.clone(), &self.settings))),
            Target::Postgres(server) => AnyPool::Postgres(PostgresPool::new(server, &self.settings, &self.limit())),
            Target::Mysql(server, kind) => {
                AnyPool::Mysql(MysqlPool::new(server, kind.clone(), &self.settings, &self.limit()))
            }
        })
    }

    /// Returns the limit that a server's pools share.
    fn limit(&self) -> ServerLimit {
        self.limit.clone().unwrap_or_else(|| ServerLimit::new(self.max))
    }

    /// Creates a share of `most` connections, or of all but one where the pool has no more.
    pub(crate) fn share(&self, most: u32) -> Share {
        let max = most.min(self.max.saturating_sub(1)).max(1);
        Share { places: Arc::new(Semaphore::new(max as usize)), max, flow: self.places.flow() }
    }

    /// Waits for a permit, first of the borrower's share and then of the pool. Cancel safe.
    pub(crate) async fn acquire_permit(&self, share: Option<&Share>) -> Result<ConnectionPermit> {
        if self.closed.load(Ordering::Acquire) {
            return Err(Error::Closed);
        }
        let since = Instant::now();
        let until = since.checked_add(self.timeout);
        let of_share = match share {
            Some(share) => Some(share.wait(since, until).await?),
            None => None,
        };
        self.keep_pace(until).await;
        let of_pool = self.wait(share.map_or(&self.common, |share| &share.flow), since, until).await?;
        Ok(ConnectionPermit { _of_share: of_share, _of_pool: of_pool })
    }

    /// Opens a connection, or takes an idle one, for a permit. Runs in a host task, to its end.
    pub(crate) async fn open(
        &self,
        place: ConnectionPermit,
        instruments: &Arc<Instruments>,
    ) -> Result<PooledConnection> {
        let mut place = Some(place);
        // Every idle connection may be lost, and then a new one is opened.
        for _ in 0..=self.max {
            let Some(free) = place.take() else { break };
            let (connection, is_new) = self.source().acquire().await?;
            if let Some(pace) = self.pace.as_ref().filter(|_| is_new) {
                pace.owe();
            }
            let mut held = PooledConnection { connection, is_new, place: free, instruments: Arc::clone(instruments) };
            if !self.pre_ping || held.answers().await.is_ok() {
                return Ok(held);
            }
            place = Some(held.clear().await);
        }
        Err(Error::Disconnected(None))
    }

    /// Waits where too many new connections were opened before. A borrower that waits here has no permit of the pool, which others may
    /// need.
    async fn keep_pace(&self, until: Option<Instant>) {
        let Some(pace) = self.pace.as_ref().filter(|_| self.status().idle == 0) else { return };
        let left = until.map(|until| until.saturating_duration_since(Instant::now()));
        let wait = left.map_or(pace.wait(), |left| pace.wait().min(left));
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
    }

    /// Returns the connection counts.
    pub(crate) fn status(&self) -> PoolStatus {
        let in_use = self.places.taken();
        let idle = self.source.get().map_or(0, AnyPool::idle);
        PoolStatus { size: idle.saturating_add(in_use), idle, in_use, max: self.max }
    }

    /// Accepts no more calls, waits until every connection is given back (15 seconds at most), and closes them.
    pub(crate) async fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.places.close();
        let all = timeout(CLOSING, self.places.all()).await;
        if let Some(source) = self.source.get() {
            source.close().await;
        }
        if all.is_err() {
            tracing::warn!("a pool is closed while connections of it are taken");
        }
    }

    /// Takes a permit, or waits for one until the deadline.
    async fn wait(&self, flow: &Flow, since: Instant, until: Option<Instant>) -> Result<Permit> {
        match flow.try_take() {
            Ok(Some(place)) => Ok(place),
            Ok(None) => {
                let place = within(flow.take(), || self.places.bound(), since, until).await?;
                place.map_err(|Closed| Error::Closed)
            }
            Err(Closed) => Err(Error::Closed),
        }
    }
}

impl Share {
    /// Takes a permit of the share, or waits for one until the deadline.
    async fn wait(&self, since: Instant, until: Option<Instant>) -> Result<OwnedSemaphorePermit> {
        if let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
            return Ok(place);
        }
        let place = within(Arc::clone(&self.places).acquire_owned(), || self.max, since, until).await?;
        place.map_err(|_| Error::Closed)
    }
}

/// Returns the limit that a pool shares with the others of its server.
fn limit(target: &Target, settings: &Settings) -> Option<ServerLimit> {
    match target {
        Target::Sqlite(_) => None,
        _ => settings.server_limit.clone().or_else(|| ServerLimit::of_target(target)),
    }
}

/// Waits for one of `size` permits until the deadline.
async fn within<T>(
    place: impl Future<Output = T>,
    size: impl FnOnce() -> u32,
    since: Instant,
    until: Option<Instant>,
) -> Result<T> {
    let Some(until) = until else { return Ok(place.await) };
    timeout_at(until.into(), place).await.map_err(|_| Error::PoolTimeout { size: size(), waited: since.elapsed() })
}

impl PooledConnection {
    /// Pings the database, within a time limit.
    pub(crate) async fn answers(&mut self) -> Result<()> {
        timeout(PATIENCE, self.connection.step(ConnectionCommand::Ping)).await.unwrap_or(Err(Error::Disconnected(None)))
    }

    /// Resets the connection and gives it back, or closes it where that fails or takes too long.
    pub(crate) async fn give_back(mut self) {
        match timeout(PATIENCE, self.connection.reset()).await {
            // The permit is freed only once the connection is where the next borrower looks for it.
            Ok(Ok(())) => drop(timeout(PATIENCE, self.connection.put_back()).await),
            Ok(Err(error)) => {
                self.instruments.log(Level::DEBUG, "a connection could not be reset", Some(&error));
                self.discard().await;
            }
            Err(_) => {
                self.instruments.log(Level::WARN, "a connection did not answer when it was given back", None);
                self.discard().await;
            }
        }
    }

    /// Closes the connection and frees its permit. A thread of this process that still works with the connection, and may hold a lock,
    /// keeps the permit for as long as it does.
    pub(crate) async fn discard(self) {
        self.instruments.tell(|scope| Event::ConnectionDiscarded(ConnectionDiscarded { scope }));
        if !matches!(self.connection, AnyBackendConnection::Sqlite(_)) {
            return drop(self.clear().await);
        }
        let Self { connection, place, instruments, .. } = self;
        let mut closing = Box::pin(connection.discard());
        if timeout(PATIENCE, &mut closing).await.is_err() {
            instruments.log(Level::WARN, "a connection is still at work, and keeps its place until it is closed", None);
            tokio::spawn(async move {
                closing.await;
                drop(place);
            });
        }
    }

    /// Closes the connection and keeps its permit.
    async fn clear(self) -> ConnectionPermit {
        let Self { connection, place, instruments, .. } = self;
        if timeout(PATIENCE, connection.discard()).await.is_err() {
            instruments.log(Level::WARN, "a connection took too long to close", None);
        }
        place
    }
}
