//! Runs a case on every database, each time in a fresh database that is dropped afterwards.

use std::{
    panic::{AssertUnwindSafe, resume_unwind},
    sync::{
        Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use futures::FutureExt as _;
use sqlservice_db::{Database, Settings};
use sqlservice_sql::Capabilities;
use tempfile::TempDir;

use crate::{Backend, Outside, servers};

/// The time limit of a case on one database, after which it counts as hung.
const PATIENCE: Duration = Duration::from_secs(120);

/// A fresh database and the state around it.
#[derive(Debug)]
pub struct Fixture {
    backend: Backend,
    url: String,
    /// The database's name on its server.
    name: String,
    /// The case's own directory; SQLite's file is in it.
    dir: TempDir,
    /// The databases that the case opened through the host.
    opened: Mutex<Vec<Database>>,
}

/// Runs a case on SQLite (file), PostgreSQL and MariaDB, all of them even if one fails, and names those that failed.
pub fn for_each_database(case: impl AsyncFn(&Fixture)) {
    for_each(&Backend::ALL, case);
}

/// Runs a case on the databases with a server.
pub fn for_each_server(case: impl AsyncFn(&Fixture)) {
    for_each(&Backend::SERVERS, case);
}

/// Runs a case on these databases.
pub fn for_each(backends: &[Backend], case: impl AsyncFn(&Fixture)) {
    for_each_within(PATIENCE, backends, case);
}

/// The same with another time limit.
pub fn for_each_within(patience: Duration, backends: &[Backend], case: impl AsyncFn(&Fixture)) {
    let failed: Vec<String> =
        backends.iter().filter(|backend| !run(**backend, patience, &case)).map(ToString::to_string).collect();
    assert!(failed.is_empty(), "failed on {}; each failure is told above", failed.join(", "));
}

/// Whether the case passed.
fn run(backend: Backend, patience: Duration, case: &impl AsyncFn(&Fixture)) -> bool {
    // Two threads: tasks of the host make progress while the case holds one.
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.worker_threads(2).enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let fixture = Fixture::new(backend).await;
        // The panic hook prints the panic's message and location; the case's name is that of the test's thread.
        let work = async {
            case(&fixture).await;
            fixture.settle().await;
        };
        let work = AssertUnwindSafe(work).catch_unwind();
        let outcome = tokio::time::timeout(patience, work).await;
        match &outcome {
            Ok(Ok(())) => {}
            Ok(Err(_)) => eprintln!("^^^ on {backend}"),
            Err(_) => eprintln!("on {backend} the case took longer than {patience:?} and was given up"),
        }
        fixture.remove().await;
        matches!(outcome, Ok(Ok(())))
    })
}

impl Fixture {
    async fn new(backend: Backend) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{}_{number}", std::process::id());
        let dir = TempDir::new().expect("a directory");
        let url = match backend {
            Backend::Sqlite => {
                let file = dir.path().join("test.db");
                std::fs::File::create(&file).expect("a file");
                format!("sqlite://{}", file.display())
            }
            Backend::SqliteMemory => "sqlite::memory:".to_owned(),
            Backend::Postgres => {
                admin(backend).await.execute(&format!("CREATE DATABASE {name}")).await;
                with_database(servers::postgres(), &name)
            }
            Backend::MariaDb => {
                admin(backend).await.execute(&format!("CREATE DATABASE {name} CHARACTER SET utf8mb4")).await;
                with_database(servers::mariadb(), &name)
            }
        };
        Self { backend, url, name, dir, opened: Mutex::default() }
    }

    /// Runs a case with another empty database of the same kind, for comparisons. It is dropped when the case has ended.
    pub async fn with_another(&self, case: impl AsyncFnOnce(&Self)) {
        let other = Self::new(self.backend).await;
        let outcome = AssertUnwindSafe(case(&other)).catch_unwind().await;
        other.remove().await;
        if let Err(panic) = outcome {
            resume_unwind(panic);
        }
    }

    /// The database that the case runs on.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// The database's URL, with its password.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The case's own directory, deleted afterwards.
    pub fn dir(&self) -> &std::path::Path {
        self.dir.path()
    }

    /// The capabilities of the database.
    pub fn capabilities(&self) -> Capabilities {
        self.backend.dialect().capabilities()
    }

    /// Opens the database through the host, with the default settings.
    pub fn open(&self) -> Database {
        self.open_with(Settings::default())
    }

    /// Opens the database through the host.
    pub fn open_with(&self, settings: Settings) -> Database {
        let database = Database::new(&self.url, settings).expect("a URL and settings that make sense");
        self.opened.lock().expect("no panic while it was held").push(database.clone());
        database
    }

    /// Waits until every connection of every database that the case opened has been returned to its pool, and fails if
    /// one has not. Dropped handles are cleaned up by the host's tasks, hence the wait.
    pub async fn settle(&self) {
        let opened = self.opened.lock().expect("no panic while it was held").clone();
        for database in &opened {
            for attempt in 0.. {
                let status = database.status();
                if status.in_use == 0 {
                    break;
                }
                assert!(attempt < 500, "five seconds after everything was dropped: {status:?}");
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    }

    /// Fails unless every connection of a database's pool can be acquired at the same time, and none is in a transaction.
    /// The pool should be small.
    pub async fn assert_whole(&self, database: &Database) {
        self.settle().await;
        let places = database.status().max;
        let sessions = (0..places).map(|_| database.connect());
        let sessions = futures::future::try_join_all(sessions).await.expect("every place of the pool");
        assert_eq!(database.status().in_use, places);
        for session in &sessions {
            assert!(!session.in_transaction(), "a borrowed connection is in a transaction already");
        }
        drop(sessions);
        self.settle().await;
    }

    /// A second connection, independent of the host.
    pub async fn outside(&self) -> Outside {
        assert!(self.backend != Backend::SqliteMemory, "no other connection can look into a database in memory");
        Outside::open(&self.url).await
    }

    /// Kills every connection to the database on its server, as a network failure would, and returns their number. It is
    /// 0 for SQLite.
    pub async fn kill_connections(&self) -> usize {
        let (list, kill) = match self.backend {
            Backend::Sqlite | Backend::SqliteMemory => return 0,
            Backend::Postgres => ("SELECT pid FROM pg_stat_activity WHERE datname", "SELECT pg_terminate_backend"),
            Backend::MariaDb => ("SELECT id FROM information_schema.processlist WHERE db", "KILL CONNECTION"),
        };
        let mut admin = admin(self.backend).await;
        let victims: Vec<String> =
            admin.rows(&format!("{list} = '{}'", self.name)).await.into_iter().flatten().flatten().collect();
        for victim in &victims {
            // It may have closed already.
            admin.try_execute(&format!("{kill} ({victim})")).await.ok();
        }
        self.wait_until_dead(&mut admin, list, &victims).await;
        victims.len()
    }

    async fn wait_until_dead(&self, admin: &mut Outside, list: &str, victims: &[String]) {
        for _ in 0..200 {
            let alive = admin.rows(&format!("{list} = '{}'", self.name)).await;
            if !alive.iter().flatten().flatten().any(|id| victims.contains(id)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("killed connections are still there after two seconds");
    }

    async fn remove(self) {
        let opened = self.opened.lock().map(|mut opened| std::mem::take(&mut *opened)).unwrap_or_default();
        for database in opened {
            // A failed case may hold connections, for which `close` would wait: the server drops them below.
            if database.status().in_use == 0 {
                database.close().await;
            }
        }
        match self.backend {
            Backend::Sqlite | Backend::SqliteMemory => {}
            Backend::Postgres => {
                admin(self.backend).await.execute(&format!("DROP DATABASE {} WITH (FORCE)", self.name)).await;
            }
            Backend::MariaDb => {
                // A connection that a failed case left open may hold a table lock.
                self.kill_connections().await;
                admin(self.backend).await.execute(&format!("DROP DATABASE {}", self.name)).await;
            }
        }
    }
}

async fn admin(backend: Backend) -> Outside {
    Outside::open(if backend == Backend::Postgres { servers::postgres() } else { servers::mariadb() }).await
}

/// The URL of another database on the same server.
fn with_database(url: &str, name: &str) -> String {
    let (server, _) = url.rsplit_once('/').expect("a URL with a database");
    format!("{server}/{name}")
}
