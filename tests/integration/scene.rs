//! A case with guests in it: a host of its own, what its guests said, and what the database looks like afterwards.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use sqlservice_db::{Database, Event, Observer, Scope, observe::Origin};
use sqlservice_host::{Grant, Host, HostLimits, Instance, Settings, Val};
use sqlservice_tests::{
    Backend, Fixture,
    component::{GUEST_CONFORMANCE, GUEST_HOSTILE},
    guest,
};

/// How long anything may take to come back after it was dropped.
pub const BOUND: Duration = Duration::from_secs(10);

/// A host with the case's database.
pub struct Scene<'a> {
    pub fixture: &'a Fixture,
    pub host: Host,
    pub database: Database,
    sent: Sent,
}

/// A pool of one connection: whoever comes next meets the one that was left behind.
pub fn only_one() -> Settings {
    Settings { pool_size: 1, max_overflow: 0, pool_timeout: BOUND, ..Settings::default() }
}

/// A text as an argument.
pub fn text(text: &str) -> Val {
    Val::String(text.to_owned())
}

impl<'a> Scene<'a> {
    pub fn new(fixture: &'a Fixture) -> Self {
        Self::with(fixture, Settings::default(), HostLimits::default())
    }

    pub fn with(fixture: &'a Fixture, settings: Settings, limits: HostLimits) -> Self {
        let sent = Sent::default();
        let database = fixture.open_with(settings).with_scope(Scope::default(), Some(Arc::new(sent.clone())));
        let grant = Grant::new(database.clone()).raw_sql(true);
        let host = guest::builder().database(guest::DATABASE, grant).limits(limits).build().expect("a host");
        Self { fixture, host, database, sent }
    }

    /// Writes down from now on what the case's sessions send: see [`Sent`].
    pub fn record(&self) -> Sent {
        self.sent.0.lock().expect("no panic while it was held").clear();
        self.sent.clone()
    }

    pub async fn instance(&self, component: &str) -> Instance {
        let plugin = guest::compiled(component).under(&self.host).expect("the engine that compiled it");
        plugin.instantiate().await.expect("an instance")
    }

    /// What an export of the well-behaved guest saw, in an instance of its own.
    pub async fn saw(&self, function: &str, arguments: &[Val]) -> Vec<String> {
        self.said(GUEST_CONFORMANCE, function, arguments)
            .await
            .unwrap_or_else(|error| panic!("{function} on {}: the guest failed with {error}", self.fixture.backend()))
    }

    /// What an export of the hostile guest saw.
    pub async fn hostile(&self, function: &str, arguments: &[Val]) -> Vec<String> {
        self.said(GUEST_HOSTILE, function, arguments)
            .await
            .unwrap_or_else(|error| panic!("{function} on {}: the guest failed with {error}", self.fixture.backend()))
    }

    /// The same with the guest's own error.
    pub async fn said(&self, component: &str, function: &str, arguments: &[Val]) -> Result<Vec<String>, String> {
        lines(self.instance(component).await.call(function, arguments).await.expect("no trap"))
    }

    /// The tables of most scenarios, with so many users.
    pub async fn setup(&self, users: u32) {
        let made = self.saw("setup", &[Val::U32(users)]).await;
        assert_eq!(made, ["users", "devices"]);
    }

    /// The ids of all users, seen from outside.
    pub async fn ids(&self) -> Vec<i64> {
        let mut outside = self.fixture.outside().await;
        let rows = outside.rows("SELECT id FROM users ORDER BY id").await;
        outside.close().await;
        rows.into_iter().flatten().flatten().map(|id| id.parse().expect("an id")).collect()
    }

    /// Fails unless, within a bounded time, nothing is in use, a fresh borrower is in no transaction by the server's own
    /// word, and what it writes without a commit is there for everybody. `id` is a user's that does not exist yet.
    pub async fn assert_clean(&self, id: i64, after: &str) {
        let backend = self.fixture.backend();
        let clean = async {
            self.fixture.settle().await;
            let found = self.saw("borrow-and-write", &[Val::S64(id)]).await;
            assert_eq!(found, ["in transaction false", "written 1"], "{after} on {backend}");
            self.fixture.settle().await;
            assert!(self.ids().await.contains(&id), "{after} on {backend}: the next borrower's write is lost");
            if backend == Backend::Sqlite {
                let mut outside = self.fixture.outside().await;
                outside.try_execute("BEGIN IMMEDIATE; ROLLBACK").await.expect("nobody holds the file's lock");
                outside.close().await;
            }
            let status = self.database.status();
            assert_eq!(status.in_use, 0, "{after} on {backend}: {status:?}");
            assert!(status.size <= status.max, "{after} on {backend}: {status:?}");
        };
        if tokio::time::timeout(2 * BOUND, clean).await.is_err() {
            panic!("{after} on {backend}: not clean in time, {:?}", self.database.status());
        }
    }
}

/// The statements that a case sent, in their order.
#[derive(Clone, Default)]
pub struct Sent(Arc<Mutex<Vec<String>>>);

impl Observer for Sent {
    fn event(&self, event: &Event<'_>) {
        if let Event::StatementStarted(started) = event
            && started.statement.origin != Origin::Host
        {
            self.0.lock().expect("no panic while it was held").push(started.statement.sql.to_owned());
        }
    }
}

impl Sent {
    /// What was sent between one mark of the guest's and the next, each statement as its verb and the table that comes first:
    /// `insert users`. What comes before the first mark and after the last one is left out.
    pub fn between_marks(&self) -> Vec<String> {
        let short = |part: &Vec<String>| part.iter().map(|text| verb(text)).collect::<Vec<_>>().join(", ");
        self.texts_between_marks().iter().map(short).collect()
    }

    /// The same with the whole texts.
    pub fn texts_between_marks(&self) -> Vec<Vec<String>> {
        let texts = self.0.lock().expect("no panic while it was held");
        // A mark is a query of no table.
        let parts = texts.split(|text| text.starts_with("SELECT") && !text.contains(" FROM "));
        let parts: Vec<Vec<String>> = parts.map(<[String]>::to_vec).collect();
        parts.get(1..parts.len().saturating_sub(1)).unwrap_or_default().to_vec()
    }
}

/// A statement's verb and its first table.
fn verb(sql: &str) -> String {
    let words: Vec<&str> = sql
        .split(|letter: char| letter.is_whitespace() || "\"`(),".contains(letter))
        .filter(|word| !word.is_empty())
        .collect();
    let after = |word: &str| words.iter().position(|it| *it == word).and_then(|at| words.get(at + 1)).copied();
    let table = match words.first().copied() {
        Some("INSERT") => after("INTO"),
        Some("UPDATE") => words.get(1).copied(),
        _ => after("FROM"),
    };
    format!("{} {}", words.first().copied().unwrap_or_default().to_lowercase(), table.unwrap_or_default())
}

/// The lines of a `result<list<string>, string>`, whichever of both it is.
pub fn lines(value: Option<Val>) -> Result<Vec<String>, String> {
    let plain = |value| match value {
        Val::String(text) => text,
        other => panic!("no text: {other:?}"),
    };
    match value {
        Some(Val::Result(Ok(Some(value)))) => match *value {
            Val::List(items) => Ok(items.into_iter().map(plain).collect()),
            other => panic!("no list: {other:?}"),
        },
        Some(Val::Result(Err(Some(error)))) => Err(plain(*error)),
        other => panic!("no result: {other:?}"),
    }
}
