//! Private databases of a test: an SQLite file or memory, a PostgreSQL database, a MariaDB database.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a connection of the test's own, which knows nothing of our code"
)]

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use sqlservice_db::{Database, Error, ResultSet, RunOptions, Session, Settings};
use sqlservice_sql::{
    Catalog, Limits,
    schema::{Models, Table},
};
use sqlx::{AssertSqlSafe, Connection, MySqlConnection, PgConnection};

/// A fresh, empty database.
pub struct Place {
    pub database: Database,
    url: String,
    /// The server's URL and the database's name.
    server: Option<(String, String)>,
    _directory: Option<tempfile::TempDir>,
}

/// Runs a test on every database, each fresh. Panics where a server's variable is not set, instead of skipping it.
pub async fn on_all(name: &str, test: impl AsyncFn(&Place)) {
    for place in [Place::memory(), Place::file(), Place::postgres(name).await, Place::mariadb(name).await] {
        println!("{name}: {:?}", place.database);
        let outcome = futures::FutureExt::catch_unwind(std::panic::AssertUnwindSafe(test(&place))).await;
        place.remove().await;
        if let Err(panic) = outcome {
            std::panic::resume_unwind(panic);
        }
    }
}

/// Runs a test on two databases of one kind: `sqlite`, `postgres` or `mariadb`.
#[allow(dead_code, reason = "not every test needs two")]
pub async fn on_pair(kind: &str, name: &str, test: impl AsyncFnOnce(&Place, &Place)) {
    let (one, other) = match kind {
        "sqlite" => (Place::memory(), Place::memory()),
        "postgres" => (Place::postgres(name).await, Place::postgres(name).await),
        _ => (Place::mariadb(name).await, Place::mariadb(name).await),
    };
    let outcome = futures::FutureExt::catch_unwind(std::panic::AssertUnwindSafe(test(&one, &other))).await;
    one.remove().await;
    other.remove().await;
    if let Err(panic) = outcome {
        std::panic::resume_unwind(panic);
    }
}

/// Runs SQL text in a session.
pub async fn run(session: &Session, sql: &str) -> Result<ResultSet, Error> {
    session.execute_text(sql.to_owned(), Vec::new(), RunOptions::default()).await
}

fn server(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| panic!("{variable} has to be the URL of a server to test on"))
}

fn unique(name: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("schema_{name}_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// Returns the URL with another database name.
fn within(url: &str, database: &str) -> String {
    let mut url = url::Url::parse(url).expect("a URL");
    url.set_path(database);
    url.into()
}

async fn on_server(url: &str, sql: String) {
    let sql = AssertSqlSafe(sql);
    if url.starts_with("postgres") {
        let mut connection = PgConnection::connect(url).await.expect("a server");
        sqlx::raw_sql(sql).execute(&mut connection).await.expect("done");
        connection.close().await.expect("closed");
    } else {
        let mut connection =
            MySqlConnection::connect(&url.replacen("mariadb://", "mysql://", 1)).await.expect("a server");
        sqlx::raw_sql(sql).execute(&mut connection).await.expect("done");
        connection.close().await.expect("closed");
    }
}

impl Place {
    fn new(url: String, server: Option<(String, String)>, directory: Option<tempfile::TempDir>) -> Self {
        let database = Database::new(&url, Settings::default()).expect("a database");
        Self { database, url, server, _directory: directory }
    }

    fn memory() -> Self {
        Self::new("sqlite::memory:".into(), None, None)
    }

    /// A SQLite file.
    pub fn file() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let url = format!("sqlite://{}/schema.db", directory.path().display());
        Self::new(url, None, Some(directory))
    }

    pub async fn postgres(name: &str) -> Self {
        Self::on("SQLSERVICE_TEST_POSTGRES", name).await
    }

    pub async fn mariadb(name: &str) -> Self {
        Self::on("SQLSERVICE_TEST_MARIADB", name).await
    }

    async fn on(variable: &str, name: &str) -> Self {
        Self::at(server(variable), name).await
    }

    /// A database on the server of this URL.
    pub async fn at(server: String, name: &str) -> Self {
        let name = unique(name);
        on_server(&server, format!("CREATE DATABASE {name}")).await;
        Self::new(within(&server, &name), Some((server, name)), None)
    }

    /// The URL of the database.
    #[allow(dead_code, reason = "not every test connects by itself")]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Another pool of the same database; the same pool where the database is one connection.
    pub fn another(&self, settings: Settings) -> Database {
        if self.url.contains(":memory:") {
            return self.database.clone();
        }
        Database::new(&self.url, settings).expect("a database")
    }

    /// Another pool, where there can be one.
    pub async fn another_file(&self) -> Option<Database> {
        (!self.url.contains(":memory:")).then(|| self.another(Settings::default()))
    }

    /// Closes a pool that [`Place::another`] made.
    pub async fn release(&self, database: Database) {
        if !self.url.contains(":memory:") {
            database.close().await;
        }
    }

    /// Returns tables as a guest's declaration makes them, with generated names where a name is missing.
    pub fn declare(&self, tables: Vec<Table>) -> Vec<Table> {
        let models = Models { tables, relationships: Vec::new() };
        let catalog = Catalog::declare(models, self.database.dialect(), &Limits::default(), true).expect("declared");
        catalog.declared(&[]).expect("all").into_iter().cloned().collect()
    }

    /// Runs statements and commits.
    pub async fn sql(&self, statements: &[&str]) {
        let session = self.database.connect().await.expect("a connection");
        for statement in statements {
            if let Err(error) = run(&session, statement).await {
                panic!("{statement}: {error:?}");
            }
        }
        session.commit().await.expect("committed");
        session.close().await.expect("closed");
    }

    /// Runs text directly on a server: our code would refuse a statement that creates thousands of tables.
    pub async fn on_server(&self, sql: &str) {
        assert!(self.server.is_some(), "there is no server");
        on_server(&self.url, sql.to_owned()).await;
    }

    /// Checks that a statement violates a foreign key, three times in succession.
    pub async fn refuses(&self, statement: &str) {
        for _ in 0..3 {
            let session = self.database.connect().await.expect("a connection");
            let result = run(&session, statement).await;
            assert!(matches!(result, Err(Error::Integrity(_))), "{statement} on {:?}", self.database);
            session.rollback().await.expect("rolled back");
            session.close().await.expect("closed");
        }
    }

    /// Waits until the pool has all its connections back.
    pub async fn idle(&self) {
        for _ in 0..1000 {
            if self.database.status().in_use == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("a connection did not come back: {:?}", self.database.status());
    }

    /// Closes the pool and drops the database.
    pub async fn remove(self) {
        self.database.close().await;
        if let Some((server, name)) = self.server {
            let force = if server.starts_with("postgres") { " WITH (FORCE)" } else { "" };
            on_server(&server, format!("DROP DATABASE {name}{force}")).await;
        }
    }
}
