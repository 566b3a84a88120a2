//! A handle of a database: its pool, and the sessions and operations that use it.

mod tables;

use std::{fmt, future::Future, sync::Arc};

use sqlservice_sql::Dialect;
use tracing::Level;

use crate::{
    error::{Error, Result},
    guard::Core,
    inner::Inner,
    observe::{Instruments, Observer, Scope},
    pool::{Pool, PoolStatus, PooledConnection, Share},
    session::Session,
    settings::{Settings, TransactionOptions},
    storage::Storage,
    task::{CallFuture, run_or_spawn},
    transaction::state::Mode,
    url::Target,
};

/// A database of which the host has a URL. Cloning it is cheap; all clones share one pool.
#[derive(Clone)]
pub struct Database {
    pub(crate) inner: Arc<Inner>,
    pub(crate) instruments: Arc<Instruments>,
    /// Limits the connections that borrowers of this handle and its clones have at once.
    pub(crate) share: Option<Arc<Share>>,
    /// The owner of the tables that this handle and its clones create.
    pub(crate) owner: Option<Arc<str>>,
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The URL contains secrets, so no part of it is shown.
        f.debug_struct("Database").field("dialect", &self.dialect()).finish_non_exhaustive()
    }
}

impl Database {
    /// Creates a handle from a URL: `sqlite://relative/path`, `sqlite:///absolute/path`, `sqlite::memory:`, `postgres://…`,
    /// `postgresql://…`, `mysql://…`, `mariadb://…`. It sends nothing and opens no file.
    ///
    /// `sqlite::memory:` is one connection, kept for ever and private to this value and its clones, whatever the pool's settings.
    ///
    /// # Errors
    ///
    /// [`Error::Url`] and [`Error::Setting`], whose texts contain no secrets.
    pub fn new(url: &str, settings: Settings) -> Result<Self> {
        let target = Target::parse(url)?;
        let kind = target.kind();
        let pool = Pool::new(target, &settings);
        let storage = Storage::new(kind.dialect(), settings.storage_bytes);
        let inner = Inner::new(pool, settings, storage, kind);
        inner.check_isolation(inner.settings.isolation_level)?;
        Ok(Self { inner, instruments: Arc::default(), share: None, owner: None })
    }

    /// Returns a handle of the same database and pool for the work of another scope: its sessions, schema changes and reflections belong
    /// to `scope`. Their events go to `observer`, or to this handle's observer where that is `None`. Open sessions keep theirs. Cheap; a
    /// new database has neither a scope nor an observer.
    #[must_use]
    pub fn with_scope(&self, scope: Scope, observer: Option<Arc<dyn Observer>>) -> Self {
        self.with_instruments(Instruments::new(scope, observer))
    }

    /// As [`Database::with_scope`], for several handles that share one limit of log lines.
    #[must_use]
    pub fn with_instruments(&self, instruments: Instruments) -> Self {
        Self { instruments: instruments.or_observer_of(&self.instruments), ..self.clone() }
    }

    /// Returns a handle of the same database and pool whose borrowers have at most `most` connections at once. The limit covers all
    /// sessions, pings, schema changes and reflections of that handle and its clones together. One of the pool's connections is left to
    /// others, where it has more than one. A borrower beyond the limit waits as for any connection, and gets [`Error::PoolTimeout`] with
    /// this number.
    #[must_use]
    pub fn limit_connections(&self, most: u32) -> Self {
        Self { share: Some(Arc::new(self.inner.pool.share(most))), ..self.clone() }
    }

    /// Returns a handle of the same database and pool for an owner that may drop only tables that it created. The host records these in a
    /// table of its own in the database, [`sqlservice_sql::ddl::RECORDS`], which [`create_all`](Self::create_all) creates when it is
    /// first needed and which no guest reaches as data. This text alone identifies the owner, so it has to be the same each time.
    ///
    /// A table that was dropped and created again without the host is not the owner's on PostgreSQL, where records hold table OIDs;
    /// SQLite, MySQL and MariaDB cannot tell it from the earlier one. Where that is a danger, drop through this crate, with or without an
    /// owner, which keeps the records correct. A database that was restored from a dump has other OIDs on PostgreSQL: until the records
    /// are corrected (`UPDATE sqlservice_tables SET table_oid = …`), no table is its owner's. The login needs the rights to create and to
    /// use the host's table.
    #[must_use]
    pub fn with_owner(&self, owner: impl Into<Arc<str>>) -> Self {
        Self { owner: Some(owner.into()), ..self.clone() }
    }

    /// Returns the [owner](Self::with_owner) of the tables that this handle creates, where it has one.
    #[must_use]
    pub fn owner(&self) -> Option<&str> {
        self.owner.as_deref()
    }

    /// Returns a handle of the same database with a pool of its own, of at most `most` connections and `new_in_a_second` new ones a
    /// second (those of two seconds at once): none of them ever serves a borrower of this handle's pool. [`status`](Self::status) counts
    /// them with those of this handle, and [`close`](Self::close) closes them. A database in memory is one connection, so its handle is
    /// only cloned.
    #[must_use]
    pub fn with_own_pool(&self, most: Option<u32>, new_in_a_second: Option<u32>) -> Self {
        let Some(pool) = self.inner.pool.apart(most, new_in_a_second) else { return self.clone() };
        Self { inner: self.inner.with_pool(pool), share: None, ..self.clone() }
    }

    /// Returns the scope of this handle's work and its observer.
    #[must_use]
    pub fn instruments(&self) -> &Instruments {
        &self.instruments
    }

    /// Returns the database's kind, by the URL's scheme. A `mysql://` URL may lead to MariaDB: until [`identify`](Self::identify) or the
    /// first connection has read the kind from the server, it counts as MySQL.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.inner.dialect()
    }

    /// Returns the database's kind, read from the server where the URL leaves it open. Connects for that, once.
    ///
    /// # Errors
    ///
    /// The errors of [`Database::connect`], where the server has to be queried.
    pub async fn identify(&self) -> Result<Dialect> {
        if !self.inner.is_known() {
            self.with_connection(|held| async move { (held, Ok(())) }).await?;
        }
        Ok(self.dialect())
    }

    /// Pings the database. Idle connections that were lost are replaced first.
    ///
    /// # Errors
    ///
    /// [`Error::Disconnected`] where no new connection responds, within seconds; [`Error::PoolTimeout`].
    pub async fn ping(&self) -> Result<()> {
        // Every idle connection may be lost; after them a new one is opened.
        let mut tries = self.status().idle.saturating_add(2);
        loop {
            tries = tries.saturating_sub(1);
            let place = self.inner.pool.acquire_permit(self.share.as_deref()).await?;
            let (inner, instruments) = (Arc::clone(&self.inner), Arc::clone(&self.instruments));
            let answers = self.host(Box::pin(async move {
                let mut held = inner.pool.open(place, &instruments).await?;
                match held.answers().await {
                    Ok(()) => {
                        held.give_back().await;
                        Ok(None)
                    }
                    Err(error) => {
                        held.discard().await;
                        Ok(Some(error))
                    }
                }
            }));
            match answers.await? {
                None => return Ok(()),
                Some(error) if tries == 0 => return Err(error),
                Some(error) => self.instruments.log(Level::DEBUG, "a lost connection is replaced", Some(&error)),
            }
        }
    }

    /// Takes a connection for commit as you go: the first statement begins a transaction, `commit` or `rollback` ends it.
    ///
    /// # Errors
    ///
    /// [`Error::PoolTimeout`] and [`Error::Disconnected`].
    pub async fn connect(&self) -> Result<Session> {
        let core = self.core(Mode::Connection);
        let session = Session::new(Arc::clone(&core));
        core.call(async |mut guard| guard.connect().await).await?;
        Ok(session)
    }

    /// Returns a session that takes a connection at its first use, and gives it back at the end of each transaction.
    #[must_use]
    pub fn session(&self) -> Session {
        Session::new(self.core(Mode::Lazy))
    }

    /// Returns a session that has begun its only transaction.
    ///
    /// # Errors
    ///
    /// The errors of [`Database::connect`] and [`Session::begin`].
    pub async fn begin(&self, options: TransactionOptions) -> Result<Session> {
        let session = Session::new(self.core(Mode::Once));
        session.begin(options).await?;
        Ok(session)
    }

    fn core(&self, mode: Mode) -> Arc<Core> {
        Core::new(&self.inner, &self.instruments, self.share.as_ref(), mode)
    }

    /// Returns the connection counts of this handle's pool and of the pools derived from it.
    #[must_use]
    pub fn status(&self) -> PoolStatus {
        let all = self.inner.apart().into_iter().map(|inner| inner.pool.status());
        all.fold(self.inner.pool.status(), PoolStatus::and)
    }

    /// Accepts no more calls, waits until every connection has been given back (15 seconds per pool at most), and closes them.
    pub async fn close(&self) {
        let inner = Arc::clone(&self.inner);
        let closing = async move {
            for apart in inner.apart() {
                apart.pool.close().await;
            }
            inner.pool.close().await;
            Ok(())
        };
        // This fails only where the host ends.
        drop(self.host(Box::pin(closing)).await);
    }

    /// Runs work on a connection, in a host task that no caller can drop halfway. The connection goes back clean, or is closed if it was
    /// lost.
    pub(crate) async fn with_connection<T, W, F>(&self, work: W) -> Result<T>
    where
        T: Send + 'static,
        W: FnOnce(PooledConnection) -> F + Send + 'static,
        F: Future<Output = (PooledConnection, Result<T>)> + Send,
    {
        let since = self.instruments.now();
        let place = match self.inner.pool.acquire_permit(self.share.as_deref()).await {
            Ok(place) => place,
            Err(error) => {
                self.instruments.connected(since, Err(&error));
                return Err(error);
            }
        };
        let (inner, instruments) = (Arc::clone(&self.inner), Arc::clone(&self.instruments));
        self.host(Box::pin(async move {
            let held = inner.pool.open(place, &instruments).await;
            instruments.connected(since, held.as_ref().map(|held| held.is_new));
            let (held, result) = work(held?).await;
            match result {
                Err(Error::Disconnected(_) | Error::OutcomeUnknown(_)) => held.discard().await,
                _ => held.give_back().await,
            }
            result
        }))
        .await
    }

    /// Runs work in a host task.
    async fn host<T: Send + 'static>(&self, work: CallFuture<T>) -> Result<T> {
        self.inner.enter();
        run_or_spawn(work).await.end().await
    }
}
