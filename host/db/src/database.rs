//! A database: its pool, and the ways to work on it.

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

/// A database that the host was given a URL for. Cloning it is cheap; all clones share one pool.
#[derive(Clone)]
pub struct Database {
    pub(crate) inner: Arc<Inner>,
    pub(crate) instruments: Arc<Instruments>,
    /// The connections that the borrowers of this handle and its clones may have.
    pub(crate) share: Option<Arc<Share>>,
    /// Whose tables are those that this handle and its clones make.
    pub(crate) owner: Option<Arc<str>>,
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The URL has secrets, so nothing of it is shown.
        f.debug_struct("Database").field("dialect", &self.dialect()).finish_non_exhaustive()
    }
}

impl Database {
    /// A database by its URL: `sqlite://relative/path`, `sqlite:///absolute/path`, `sqlite::memory:`,
    /// `postgres://…`, `postgresql://…`, `mysql://…`, `mariadb://…`. Nothing is sent to it and no file is opened.
    ///
    /// `sqlite::memory:` is one connection, kept for ever and private to this value and its clones, whatever the pool's
    /// settings say.
    ///
    /// # Errors
    ///
    /// [`Error::Url`] and [`Error::Setting`], whose texts have nothing secret.
    pub fn new(url: &str, settings: Settings) -> Result<Self> {
        let target = Target::parse(url)?;
        let kind = target.kind();
        let pool = Pool::new(target, &settings);
        let storage = Storage::new(kind.dialect(), settings.storage_bytes);
        let inner = Inner::new(pool, settings, storage, kind);
        inner.check_isolation(inner.settings.isolation_level)?;
        Ok(Self { inner, instruments: Arc::default(), share: None, owner: None })
    }

    /// The same database, with the same pool, for another scope's work: sessions, and changes and reflection of tables, that are
    /// begun with it belong to this scope and are told to this observer, or where there is none to the one of this handle. Sessions
    /// that are open keep theirs. Cheap; a new database has neither a scope nor an observer.
    #[must_use]
    pub fn with_scope(&self, scope: Scope, observer: Option<Arc<dyn Observer>>) -> Self {
        self.with_instruments(Instruments::new(scope, observer))
    }

    /// The same as [`Database::with_scope`], where several handles share a limit of lines in the host's log.
    #[must_use]
    pub fn with_instruments(&self, instruments: Instruments) -> Self {
        Self { instruments: instruments.or_observer_of(&self.instruments), ..self.clone() }
    }

    /// The same database, with the same pool, for borrowers who have no more than so many of its connections at once, all that use
    /// this handle or a clone of it together: sessions, pings, changes and reflection of tables. One of the pool's connections is
    /// left to others, where it has more than one. Who asks for one more waits as for any connection, and gets
    /// [`Error::PoolTimeout`] with this number.
    #[must_use]
    pub fn limit_connections(&self, most: u32) -> Self {
        Self { share: Some(Arc::new(self.inner.pool.share(most))), ..self.clone() }
    }

    /// The same database, with the same pool, for one who drops no tables but those that it made. The host writes down which these are,
    /// in a table of its own in the database, [`sqlservice_sql::ddl::RECORDS`], which [`create_all`](Self::create_all) makes when it is
    /// needed first and no guest reaches as data. Who it is is said by this text alone, so it has to be the same whenever it comes back.
    ///
    /// A table that was dropped and made again behind the host's back is not the owner's on PostgreSQL, which numbers tables; SQLite,
    /// MySQL and MariaDB do not tell it from the one of before. Where that is a danger, drop through this crate, with an owner or without
    /// one, which keeps what is written down true. A database that was restored from a dump has other numbers on PostgreSQL: until they
    /// are mended there (`UPDATE sqlservice_tables SET table_oid = …`), nothing is its owner's. The login has to have the right to make
    /// and to use the host's table.
    #[must_use]
    pub fn with_owner(&self, owner: impl Into<Arc<str>>) -> Self {
        Self { owner: Some(owner.into()), ..self.clone() }
    }

    /// Whose tables are those that this handle makes, where it has an [owner](Self::with_owner).
    #[must_use]
    pub fn owner(&self) -> Option<&str> {
        self.owner.as_deref()
    }

    /// The same database with a pool of its own, of so many connections at most, and so many new ones in a second (those of two
    /// seconds at once): none of them ever serves a borrower of this handle's pool. [`status`](Self::status) counts them with those of this handle, and [`close`](Self::close) closes them. A database in memory
    /// is one connection and stays as it is.
    #[must_use]
    pub fn with_own_pool(&self, most: Option<u32>, new_in_a_second: Option<u32>) -> Self {
        let Some(pool) = self.inner.pool.apart(most, new_in_a_second) else { return self.clone() };
        Self { inner: self.inner.with_pool(pool), share: None, ..self.clone() }
    }

    /// Whose work this handle does, and who is told of it.
    #[must_use]
    pub fn instruments(&self) -> &Instruments {
        &self.instruments
    }

    /// Its kind, by the URL's scheme. A server behind `mysql://` says itself whether it is MariaDB: until
    /// [`identify`](Self::identify) or the first connection it is taken for MySQL.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.inner.dialect()
    }

    /// Its kind, asked of the server where the URL leaves it open. Connects for that, once.
    ///
    /// # Errors
    ///
    /// Those of [`Database::connect`], where the server has to be asked.
    pub async fn identify(&self) -> Result<Dialect> {
        if !self.inner.is_known() {
            self.with_connection(|held| async move { (held, Ok(())) }).await?;
        }
        Ok(self.dialect())
    }

    /// Asks the database for an answer. Connections that were lost while they were idle are replaced first.
    ///
    /// # Errors
    ///
    /// [`Error::Disconnected`] where no new connection answers, within seconds; [`Error::PoolTimeout`].
    pub async fn ping(&self) -> Result<()> {
        // Every idle connection may be lost; after them comes a new one.
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

    /// A session that takes a connection at its first use, and gives it back at the end of each transaction.
    #[must_use]
    pub fn session(&self) -> Session {
        Session::new(self.core(Mode::Lazy))
    }

    /// A session in its only transaction.
    ///
    /// # Errors
    ///
    /// Those of [`Database::connect`] and [`Session::begin`].
    pub async fn begin(&self, options: TransactionOptions) -> Result<Session> {
        let session = Session::new(self.core(Mode::Once));
        session.begin(options).await?;
        Ok(session)
    }

    fn core(&self, mode: Mode) -> Arc<Core> {
        Core::new(&self.inner, &self.instruments, self.share.as_ref(), mode)
    }

    /// How many connections there are.
    #[must_use]
    pub fn status(&self) -> PoolStatus {
        let all = self.inner.apart().into_iter().map(|inner| inner.pool.status());
        all.fold(self.inner.pool.status(), PoolStatus::and)
    }

    /// Takes no more calls, waits until every connection was given back (15 seconds at most), and closes them.
    pub async fn close(&self) {
        let inner = Arc::clone(&self.inner);
        let closing = async move {
            for apart in inner.apart() {
                apart.pool.close().await;
            }
            inner.pool.close().await;
            Ok(())
        };
        // Its only error is a host that ends.
        drop(self.host(Box::pin(closing)).await);
    }

    /// Works on a connection of the host's own, in a task that no caller can drop halfway. The connection goes back clean.
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

    /// Does work in a host task.
    async fn host<T: Send + 'static>(&self, work: CallFuture<T>) -> Result<T> {
        self.inner.enter();
        run_or_spawn(work).await.end().await
    }
}
