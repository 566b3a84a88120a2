//! A case that runs guests: its own tenant, the guests' results and statements, and the state of the database afterwards.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use sqlservice_db::{
    Database, Event, Observer,
    observe::{Origin, StatementCompiled},
};
use sqlservice_host::{Grant, Instance, Settings, Tenant, TenantLimits, Val};
use sqlservice_tests::{
    Backend, Fixture,
    component::{GUEST_CONFORMANCE, GUEST_HOSTILE},
    guest,
};

/// The time limit for the release of anything that was dropped.
pub const BOUND: Duration = Duration::from_secs(10);

/// A tenant with a grant of the case's database.
pub struct Scene<'a> {
    pub fixture: &'a Fixture,
    pub tenant: Tenant,
    pub database: Database,
    sent: Sent,
}

/// The settings of a pool of one connection, so that the next borrower gets the connection that the last one left.
pub fn only_one() -> Settings {
    Settings::default().pool_size(1).max_overflow(0).pool_timeout(BOUND)
}

/// Creates this number of users and returns the lines of an export of the conformance guest.
pub async fn saw_among_users(fixture: &Fixture, export: &str, users: u32) -> Vec<String> {
    let scene = Scene::new(fixture);
    scene.setup(users).await;
    scene.saw(export, &[]).await
}

/// Fails if the operation was done, or if its error has no specific kind.
pub fn assert_refused(told: &str, done: &str) {
    assert_ne!(told, done);
    assert!(!told.starts_with("Other"), "{told}");
}

/// A text as an argument.
pub fn text(text: &str) -> Val {
    Val::String(text.to_owned())
}

impl<'a> Scene<'a> {
    pub fn new(fixture: &'a Fixture) -> Self {
        Self::with(fixture, Settings::default(), TenantLimits::default())
    }

    pub fn with(fixture: &'a Fixture, settings: Settings, limits: TenantLimits) -> Self {
        let database = fixture.open_with(settings);
        let grant = Grant::new(database.clone()).raw_sql(true).schema_changes(true);
        let sent = Sent::default();
        let tenant = guest::tenant().observer(sent.clone()).limits(limits).database(guest::DATABASE, grant);
        Self { fixture, tenant: tenant.build().expect("a tenant"), database, sent }
    }

    /// Starts a new record of the statements that the case's guests send: see [`Sent`].
    pub fn record(&self) -> Sent {
        self.sent.texts().clear();
        self.sent.clone()
    }

    pub async fn instance(&self, component: &str) -> Instance {
        guest::compiled(component).instantiate(&self.tenant).await.expect("an instance")
    }

    /// Runs an export of the conformance guest in a new instance and returns its lines.
    pub async fn saw(&self, function: &str, arguments: &[Val]) -> Vec<String> {
        self.said(GUEST_CONFORMANCE, function, arguments)
            .await
            .unwrap_or_else(|error| panic!("{function} on {}: the guest failed with {error}", self.fixture.backend()))
    }

    /// Runs an export of the hostile guest in a new instance and returns its lines.
    pub async fn hostile(&self, function: &str, arguments: &[Val]) -> Vec<String> {
        self.said(GUEST_HOSTILE, function, arguments)
            .await
            .unwrap_or_else(|error| panic!("{function} on {}: the guest failed with {error}", self.fixture.backend()))
    }

    /// Runs an export of a component in a new instance and returns its lines or the guest's own error.
    pub async fn said(&self, component: &str, function: &str, arguments: &[Val]) -> Result<Vec<String>, String> {
        lines(self.instance(component).await.call(function, arguments).await.expect("no trap"))
    }

    /// Creates the tables of most scenarios, with this number of users.
    pub async fn setup(&self, users: u32) {
        let made = self.saw("setup", &[Val::U32(users)]).await;
        assert_eq!(made, ["users", "devices"]);
    }

    /// Returns the ids of all users, read on a connection of the test's own.
    pub async fn ids(&self) -> Vec<i64> {
        let mut outside = self.fixture.outside().await;
        let rows = outside.rows("SELECT id FROM users ORDER BY id").await;
        outside.close().await;
        rows.into_iter().flatten().flatten().map(|id| id.parse().expect("an id")).collect()
    }

    /// Fails unless, within a time limit, no connection is in use, the server reports no transaction for the next borrower (for
    /// SQLite: the file's lock is free), and all connections see its autocommitted row. `id` is the key of a user that does not exist yet.
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
                outside.try_execute("BEGIN IMMEDIATE; ROLLBACK").await.expect("no connection holds the file's lock");
                outside.close().await;
            }
            // The tenant has a pool of its own, whose connections the database's status includes.
            let status = self.database.status();
            assert_eq!(status.in_use, 0, "{after} on {backend}: {status:?}");
            let status = self.tenant.database(guest::DATABASE).expect("granted").status();
            assert!(status.size <= status.max, "{after} on {backend}: {status:?}");
        };
        if tokio::time::timeout(2 * BOUND, clean).await.is_err() {
            panic!("{after} on {backend}: not clean in time, {:?}", self.database.status());
        }
    }
}

/// The statements that a case sent, in order.
#[derive(Clone, Default)]
pub struct Sent(Arc<Seen>);

#[derive(Default)]
struct Seen {
    texts: Mutex<Vec<String>>,
    compiled: Mutex<Vec<bool>>,
}

impl Observer for Sent {
    fn event(&self, event: &Event<'_>) {
        match event {
            Event::StatementStarted(started) if started.statement.origin != Origin::Host => {
                self.texts().push(started.statement.sql.to_owned());
            }
            Event::StatementCompiled(StatementCompiled { is_hit, .. }) => {
                self.0.compiled.lock().expect("no panic while it was held").push(*is_hit);
            }
            _ => {}
        }
    }
}

impl Sent {
    fn texts(&self) -> std::sync::MutexGuard<'_, Vec<String>> {
        self.0.texts.lock().expect("no panic while it was held")
    }

    /// For each statement that guests sent as data since the last call: whether its compiled form was cached.
    pub fn found_compiled(&self) -> Vec<bool> {
        std::mem::take(&mut *self.0.compiled.lock().expect("no panic while it was held"))
    }

    /// The statements between one mark of the guest's and the next, each as its verb and its first table: `insert users`.
    /// Statements before the first mark and after the last one are left out.
    pub fn between_marks(&self) -> Vec<String> {
        let short = |part: &Vec<String>| part.iter().map(|text| verb(text)).collect::<Vec<_>>().join(", ");
        self.texts_between_marks().iter().map(short).collect()
    }

    /// The statements between one mark of the guest's and the next, as whole texts.
    pub fn texts_between_marks(&self) -> Vec<Vec<String>> {
        let texts = self.texts();
        // A mark is a query without a table.
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

/// Converts a `result<list<string>, string>` to its lines or its error.
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
