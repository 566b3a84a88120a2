//! A case with guests in it: a host of its own, what its guests said, and what the database looks like afterwards.

use std::time::Duration;

use sqlservice_db::Database;
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
        let database = fixture.open_with(settings);
        let grant = Grant::new(database.clone()).raw_sql(true);
        let host = guest::builder().database(guest::DATABASE, grant).limits(limits).build().expect("a host");
        Self { fixture, host, database }
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
