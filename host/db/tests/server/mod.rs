//! The database servers of the tests: their URLs come from the environment, and each test's tables have unique names.

use std::{
    future::Future,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use sqlservice_db::{Database, Result, ResultSet, RunOptions, Session, Settings};
use sqlservice_sql::{
    Compiled, Operation, Scalar, Sql, Summary, Value,
    compiled::{Output, Placeholder, ValueSource},
    schema::TypeKind,
};
use url::Url;

/// A kind of server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Postgres,
    Mariadb,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Postgres => "PostgreSQL",
            Self::Mariadb => "MariaDB",
        }
    }
}

/// A server, and a pool that connects to it.
pub struct Server {
    pub kind: Kind,
    pub db: Database,
    url: String,
    number: u32,
}

/// Both servers.
pub async fn each() -> Vec<Server> {
    vec![one(Kind::Postgres).await, one(Kind::Mariadb).await]
}

/// Returns one server. Panics where its variable is not set: a skipped test would show nothing.
pub async fn one(kind: Kind) -> Server {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let variable = match kind {
        Kind::Postgres => "SQLSERVICE_TEST_POSTGRES",
        Kind::Mariadb => "SQLSERVICE_TEST_MARIADB",
    };
    let url = std::env::var(variable).unwrap_or_else(|_| {
        panic!("{variable} is not set: it is the URL of a {} server that the tests may make tables in", kind.name())
    });
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let mut server =
        Server { kind, db: Database::new("sqlite::memory:", Settings::default()).expect("any"), url, number };
    server.db = server.again(server.settings());
    server
}

impl Server {
    /// Settings with short timeouts, so that a hanging test fails soon.
    pub fn settings(&self) -> Settings {
        Settings::default()
            .pool_size(3)
            .max_overflow(0)
            .pool_timeout(Duration::from_secs(10))
            .lock_timeout(Duration::from_secs(1))
    }

    /// Another pool on the same database.
    pub fn again(&self, settings: Settings) -> Database {
        Database::new(&self.url, settings).expect("a database")
    }

    /// Returns the server's URL with a change.
    pub fn url_with(&self, change: impl FnOnce(&mut Url)) -> String {
        let mut url = Url::parse(&self.url).expect("a url");
        change(&mut url);
        url.into()
    }

    /// The user of the URL.
    pub fn user(&self) -> String {
        Url::parse(&self.url).expect("a url").username().to_owned()
    }

    /// A name that no other test uses.
    pub fn table(&self, name: &str) -> String {
        format!("net{}_{}_{name}", std::process::id(), self.number)
    }

    /// Runs a statement in a transaction of its own.
    pub async fn run(&self, sql: &str) {
        let session = self.db.session();
        run(&session, sql).await.expect(sql);
        session.commit().await.expect("commit");
    }

    /// A statement that sleeps this many seconds.
    pub fn sleep(&self, seconds: u32) -> String {
        match self.kind {
            Kind::Postgres => format!("select pg_sleep({seconds})"),
            // When it is cancelled, `sleep` returns early without an error; a query around it fails.
            Kind::Mariadb => {
                format!("select count(*) from (select sleep({seconds}) as s from seq_1_to_2) as t where s = 2")
            }
        }
    }

    /// A statement that sleeps ten milliseconds.
    pub fn sleep_short(&self) -> String {
        match self.kind {
            Kind::Postgres => "select pg_sleep(0.01)".into(),
            Kind::Mariadb => "select sleep(0.01)".into(),
        }
    }

    /// A statement that computes endlessly and returns no row.
    pub fn endless(&self) -> String {
        match self.kind {
            Kind::Postgres => {
                "with recursive c (n) as (select 1 union all select 1 from c) select n from c where n < 0".into()
            }
            Kind::Mariadb => {
                "select a.seq from seq_1_to_1000000 as a, seq_1_to_1000000 as b where a.seq + b.seq < 0".into()
            }
        }
    }

    /// A query that returns the numbers from 1 to `count`.
    pub fn rows(&self, count: u64) -> String {
        match self.kind {
            Kind::Postgres => format!("select generate_series(1, {count}::bigint) as n"),
            Kind::Mariadb => format!("select cast(seq as signed) as n from seq_1_to_{count}"),
        }
    }

    /// A query for the server's id of the connection.
    pub fn own_id(&self) -> &'static str {
        match self.kind {
            Kind::Postgres => "select pg_backend_pid()::bigint",
            Kind::Mariadb => "select cast(connection_id() as signed)",
        }
    }

    /// Terminates a connection on the server.
    pub async fn kill(&self, id: &Value) {
        let session = self.db.session();
        let Value::Scalar(Scalar::Integer(id)) = id else { panic!("{id:?} is no id") };
        let sql = match self.kind {
            Kind::Postgres => format!("select pg_terminate_backend({id})"),
            Kind::Mariadb => format!("kill {id}"),
        };
        // A compiled statement, because guests' text is not allowed to do this.
        session.execute(compiled(&sql, &[], &[]), Vec::new(), RunOptions::default()).await.expect("killed");
        session.rollback().await.expect("rollback");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    /// Waits until the pool has all its connections back, and fails after 15 seconds.
    pub async fn settled(&self) {
        for _ in 0..1_500 {
            if self.db.status().in_use == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("connections are still taken: {:?}", self.db.status());
    }

    /// Checks that every connection of the pool can be borrowed and that none is in a transaction: another pool sees an insert in
    /// autocommit at once.
    pub async fn check_clean(&self) {
        self.settled().await;
        let table = self.table("clean");
        self.run(&format!("create table {table} (id int)")).await;
        let stranger = self.again(self.settings());
        let mut sessions = Vec::new();
        for number in 1..=self.db.status().max {
            let session = self.db.connect().await.expect("every place can be taken");
            session.set_isolation(sqlservice_db::Isolation::Autocommit).await.expect("not in a transaction");
            run(&session, &format!("insert into {table} values ({number})")).await.expect("insert");
            let count = run(&stranger.session(), &format!("select count(*) from {table}")).await.expect("count");
            assert_eq!(
                count.first_batch.value(0, 0),
                Scalar::Integer(number.into()).into(),
                "an auto-commit insert is visible to others"
            );
            sessions.push(session);
        }
        for session in sessions {
            session.close().await.expect("close");
        }
        stranger.close().await;
        self.run(&format!("drop table {table}")).await;
        assert_eq!(self.db.status().in_use, 0);
    }
}

/// Runs SQL text without parameters.
pub async fn run(session: &Session, sql: &str) -> Result<ResultSet> {
    run_with(session, sql, Vec::new(), RunOptions::default()).await
}

/// Runs SQL text.
pub async fn run_with(session: &Session, sql: &str, parameters: Vec<Value>, options: RunOptions) -> Result<ResultSet> {
    session.execute_text(sql.to_owned(), parameters, options).await
}

/// A handwritten compiled statement, with kinds for its parameters and outputs.
pub fn compiled(sql: &str, kinds: &[TypeKind], outputs: &[(&str, TypeKind)]) -> Arc<Compiled> {
    let placeholder = |(at, kind): (usize, &TypeKind)| Placeholder {
        source: ValueSource::Parameter(at as u32),
        kind: Some(*kind),
        bounds: None,
    };
    let output =
        |(name, kind): &(&str, TypeKind)| Output { name: (*name).into(), ty: Some((*kind).into()), nullable: None };
    Arc::new(Compiled {
        // Only a `&'static str` passes as text of the host's own.
        sql: Sql::fixed(Box::leak(sql.into())),
        placeholders: kinds.iter().enumerate().map(placeholder).collect(),
        outputs: outputs.iter().map(output).collect(),
        parameters: kinds.len() as u32,
        writes: outputs.is_empty(),
        locks: false,
        clock: false,
        summary: Summary { operation: Operation::Select, tables: Arc::default() },
        conditions: Vec::new(),
    })
}

/// Polls a future at most this many times, each time after a wake-up, and then drops it.
pub async fn poll_and_drop<F: Future>(future: F, polls: usize) {
    let mut future = pin!(future);
    let mut left = polls;
    // A future that never becomes ready wakes no task, so the interval does.
    let mut tick = tokio::time::interval(Duration::from_millis(20));
    std::future::poll_fn(move |context: &mut Context<'_>| {
        while tick.poll_tick(context).is_ready() {}
        if left == 0 {
            return Poll::Ready(());
        }
        left -= 1;
        match future.as_mut().poll(context) {
            Poll::Pending if left > 0 => Poll::Pending,
            _ => Poll::Ready(()),
        }
    })
    .await;
}

/// Runs a future for this many microseconds and then drops it.
pub async fn drop_after<F: Future>(future: F, microseconds: u64) {
    drop(tokio::time::timeout(Duration::from_micros(microseconds), future).await);
}
