//! Many logins on one server, each with a pool of its own: all their connections count against one limit.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use sqlservice_db::{Database, Error, RunOptions, ServerLimit, Settings, login::url_of};
use sqlservice_sql::{
    Scalar, Value,
    login::{Name, NewLogin, Password},
    schema::TypeKind,
};
use tokio::{task::JoinHandle, time::sleep};

use crate::{
    server::{Kind, Server, compiled, drop_after, each, one, poll_and_drop, run, run_with},
    text,
};

/// Tenants of a server, each with a login and a pool of its own.
struct Tenants {
    server: Server,
    limit: ServerLimit,
    names: Vec<String>,
    databases: Vec<Database>,
}

impl Tenants {
    /// Creates `count` tenants, whose pools may have at most `most` connections together.
    async fn make(server: Server, count: u32, most: u32, settings: Settings) -> Self {
        let limit = ServerLimit::new(most);
        let names: Vec<_> = (0..count).map(|at| server.table(&format!("l{at}"))).collect();
        let mut databases = Vec::new();
        for name in &names {
            let login = NewLogin {
                name: Name::new(name).expect("a name"),
                password: Password::of(&[7; 32]),
                connections: 100,
                schema: true,
                harden: false,
            };
            server.db.make_login(login.clone()).await.expect("a login");
            let url = url_of(&server.url_with(|_| {}), &login).expect("a url");
            databases.push(Database::new(&url, settings.clone().server_limit(limit.clone())).expect("a database"));
        }
        Self { server, limit, names, databases }
    }

    /// Returns the number of the tenants' connections on the server.
    async fn connections(&self) -> u32 {
        connections(&self.server.db, self.server.kind, &self.server.table("l")).await
    }

    /// Closes all pools, checks that no connection remains on the server, and drops the logins.
    async fn end(self) {
        for database in &self.databases {
            assert_eq!(database.status().in_use, 0);
            database.close().await;
        }
        let status = self.limit.status();
        assert_eq!((status.size, status.idle, status.in_use, status.controls), (0, 0, 0, 0), "{status:?}");
        let since = Instant::now();
        while self.connections().await > 0 {
            assert!(since.elapsed() < Duration::from_secs(10), "{} has connections left", self.server.kind.name());
            sleep(Duration::from_millis(20)).await;
        }
        for name in &self.names {
            let statements = match self.server.kind {
                Kind::Postgres => [format!("drop owned by {name} cascade"), format!("drop role {name}")],
                Kind::Mariadb => [format!("drop database {name}"), format!("drop user {name}")],
            };
            for statement in statements {
                administer(&self.server.db, &statement).await;
            }
        }
    }

    /// Waits until no connection is in use.
    async fn settled(&self) {
        let since = Instant::now();
        while self.limit.status().in_use > 0 {
            assert!(since.elapsed() < Duration::from_secs(20), "{:?}", self.limit.status());
            sleep(Duration::from_millis(10)).await;
        }
    }
}

/// Runs a statement that guests' text is not allowed to contain.
async fn administer(database: &Database, statement: &str) {
    let session = database.session();
    let mut ran = session.execute(compiled(statement, &[], &[]), Vec::new(), RunOptions::default()).await.map(drop);
    // PostgreSQL refuses one of two concurrent changes of a database's grants.
    for _ in 0..50 {
        let Err(error) = &ran else { break };
        assert!(format!("{error:?}").contains("concurrently"), "{statement}: {error:?}");
        session.rollback().await.expect("rollback");
        sleep(Duration::from_millis(20)).await;
        ran = session.execute(compiled(statement, &[], &[]), Vec::new(), RunOptions::default()).await.map(drop);
    }
    ran.expect(statement);
    session.commit().await.expect("commit");
}

async fn connections(database: &Database, kind: Kind, prefix: &str) -> u32 {
    let sql = match kind {
        Kind::Postgres => "select count(*) from pg_stat_activity where starts_with(usename, $1)",
        Kind::Mariadb => "select count(*) from information_schema.processlist where locate(?, user) = 1",
    };
    let session = database.session();
    let answer = run_with(&session, sql, vec![text(prefix)], RunOptions::default()).await.expect("a count");
    session.close().await.expect("close");
    match answer.first_batch.value(0, 0) {
        Value::Scalar(Scalar::Integer(count)) => u32::try_from(count).expect("a few"),
        other => panic!("{other:?} is no number"),
    }
}

/// Counts the tenants' connections on the server repeatedly until it is told to end, and returns the largest count.
fn watch(tenants: &Tenants, is_done: &Arc<AtomicBool>) -> JoinHandle<u32> {
    let (is_done, kind) = (Arc::clone(is_done), tenants.server.kind);
    let prefix = tenants.server.table("l");
    let own = tenants.server.again(tenants.server.settings().server_limit(ServerLimit::new(1)));
    tokio::spawn(async move {
        let mut most = 0;
        while !is_done.load(Ordering::Relaxed) {
            most = most.max(connections(&own, kind, &prefix).await);
            sleep(Duration::from_millis(2)).await;
        }
        own.close().await;
        most
    })
}

struct Random(u64);

impl Random {
    fn below(&mut self, number: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % number
    }
}

/// Runs one random action of a borrower: it ends well, is dropped at a random point, or leaves a connection that has to be closed.
async fn do_anything(database: &Database, kind: Kind, random: &mut Random) {
    let short = compiled("select 1", &[], &[("a", TypeKind::Int64)]);
    let spoil = if kind == Kind::Postgres { "do $$ begin end $$" } else { "set @a = 1" };
    let session = database.session();
    match random.below(6) {
        0 => drop(run(&session, spoil).await.expect("it runs")),
        1 => {
            let work = async {
                session.execute(short, Vec::new(), RunOptions::default()).await?;
                session.commit().await
            };
            poll_and_drop(work, usize::try_from(random.below(12)).expect("a few")).await;
        }
        2 => drop_after(run(&session, "select 1"), random.below(20_000)).await,
        3 => {
            let sleep = if kind == Kind::Postgres { "select pg_sleep(1)" } else { "select sleep(1)" };
            drop_after(run(&session, sleep), 2_000 + random.below(20_000)).await;
        }
        _ => {
            session.execute(short, Vec::new(), RunOptions::default()).await.expect("it runs");
            session.commit().await.expect("commit");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn t60_pools_of_many_logins_never_have_more_connections_together_than_their_server_may() {
    for server in each().await {
        let settings = server.settings().pool_size(2).max_overflow(2).pool_timeout(Duration::from_secs(60));
        let tenants = Tenants::make(server, 12, 4, settings).await;
        let is_done = Arc::<AtomicBool>::default();
        let watched = watch(&tenants, &is_done);
        let kind = tenants.server.kind;
        let workers: Vec<_> = (1..=12_u64)
            .map(|worker| {
                let (databases, limit) = (tenants.databases.clone(), tenants.limit.clone());
                tokio::spawn(async move {
                    let mut random = Random(worker * 0x9e37_79b9);
                    for _ in 0..25 {
                        let database = &databases[usize::try_from(random.below(12)).expect("small")];
                        do_anything(database, kind, &mut random).await;
                        let status = limit.status();
                        assert!(status.size <= 4 && status.in_use <= 4 && status.controls <= 4, "{status:?}");
                    }
                })
            })
            .collect();
        for worker in workers {
            worker.await.expect("a worker");
        }
        tenants.settled().await;
        is_done.store(true, Ordering::Relaxed);
        let most = watched.await.expect("the watcher");
        // The server still counts closed connections for a moment, and up to four that cancel. Unlimited it was 48 and 24.
        assert!((1..=12).contains(&most), "{} had {most}", kind.name());
        tenants.end().await;
    }
}

/// The server itself refuses a fifth connection, so an excess of even a moment would be an error of a borrower.
#[tokio::test(flavor = "multi_thread")]
async fn t60_a_server_that_takes_no_more_than_the_number_refuses_none() {
    let server = one(Kind::Postgres).await;
    let place = server.table("db");
    let own = server.again(server.settings());
    let autocommit = own.connect().await.expect("connect");
    autocommit.set_isolation(sqlservice_db::Isolation::Autocommit).await.expect("autocommit");
    run(&autocommit, &format!("create database {place} connection limit 4")).await.expect("a database");
    let tenants = Tenants::make(server, 10, 4, Settings::default()).await;
    let databases: Vec<_> = tenants.names.iter().map(|name| inside(&tenants, name, &place)).collect();
    let workers: Vec<_> = (1..=10_u64)
        .map(|worker| {
            let databases = databases.clone();
            tokio::spawn(async move {
                let mut random = Random(worker * 0x9e37_79b9);
                for _ in 0..30 {
                    let database = &databases[usize::try_from(random.below(10)).expect("small")];
                    database.ping().await.expect("the server takes it");
                }
            })
        })
        .collect();
    for worker in workers {
        worker.await.expect("a worker");
    }
    for database in &databases {
        database.close().await;
    }
    run(&autocommit, &format!("drop database {place} with (force)")).await.expect("dropped");
    autocommit.close().await.expect("close");
    own.close().await;
    tenants.end().await;
}

/// A tenant's pool in another database of the server.
fn inside(tenants: &Tenants, name: &str, place: &str) -> Database {
    let url = tenants.server.url_with(|url| {
        url.set_username(name).expect("a user");
        url.set_password(Some(Password::of(&[7; 32]).reveal())).expect("a password");
        url.set_path(place);
    });
    Database::new(&url, Settings::default().server_limit(tenants.limit.clone())).expect("a database")
}

#[tokio::test(flavor = "multi_thread")]
async fn t60_an_idle_connection_of_another_login_makes_way_and_a_taken_one_does_not() {
    for server in each().await {
        let settings = server.settings().pool_timeout(Duration::from_millis(300));
        let tenants = Tenants::make(server, 4, 2, settings).await;
        let [one, two, three, four] = &tenants.databases[..] else { panic!("four") };
        for database in [one, two, one, three] {
            database.ping().await.expect("a connection");
        }
        let idle = || tenants.databases.iter().map(|database| database.status().idle).collect::<Vec<_>>();
        assert_eq!(idle(), [1, 0, 1, 0], "that of the second was not used for longest");
        let held = [two.connect().await.expect("a connection"), three.connect().await.expect("a connection")];
        assert_eq!(idle(), [0, 0, 0, 0]);
        let error = four.ping().await.expect_err("all are taken");
        assert!(matches!(error, Error::PoolTimeout { size: 2, .. }), "{error:?}");
        assert_eq!((four.status().size, tenants.limit.status().size), (0, 2));
        for session in held {
            session.close().await.expect("close");
        }
        four.ping().await.expect("a connection");
        assert_eq!(tenants.limit.status().size, 2);
        tenants.settled().await;
        tenants.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn t60_one_login_that_asks_for_many_does_not_hold_up_another() {
    for server in each().await {
        let settings = server.settings().pool_size(2).pool_timeout(Duration::from_secs(60));
        let tenants = Tenants::make(server, 2, 2, settings).await;
        let (greedy, modest) = (&tenants.databases[0], &tenants.databases[1]);
        let (is_done, served) = (Arc::<AtomicBool>::default(), Arc::<AtomicU32>::default());
        let sleep = tenants.server.sleep_short();
        let crowd: Vec<_> = (0..30)
            .map(|_| {
                let (database, sleep) = (greedy.clone(), sleep.clone());
                let (is_done, served) = (Arc::clone(&is_done), Arc::clone(&served));
                tokio::spawn(async move {
                    while !is_done.load(Ordering::Relaxed) {
                        run(&database.session(), &sleep).await.expect("a turn");
                        served.fetch_add(1, Ordering::Relaxed);
                    }
                })
            })
            .collect();
        while served.load(Ordering::Relaxed) < 10 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let before = served.load(Ordering::Relaxed);
        for _ in 0..20 {
            modest.ping().await.expect("a turn");
        }
        let meanwhile = served.load(Ordering::Relaxed) - before;
        is_done.store(true, Ordering::Relaxed);
        for borrower in crowd {
            borrower.await.expect("a borrower");
        }
        // In one queue behind the thirty it would be six hundred.
        assert!(meanwhile < 200, "{} gave {meanwhile} turns to the other one", tenants.server.kind.name());
        tenants.settled().await;
        tenants.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn t60_statements_of_many_logins_are_stopped_over_few_connections() {
    for server in each().await {
        let settings = server.settings().pool_size(1).statement_timeout(Duration::from_millis(200));
        let tenants = Tenants::make(server, 10, 10, settings).await;
        let sleep = match tenants.server.kind {
            Kind::Postgres => "select pg_sleep(20)".to_owned(),
            Kind::Mariadb => "select benchmark(1000000000000, 1)".to_owned(),
        };
        let stopped: Vec<_> = tenants
            .databases
            .iter()
            .map(|database| {
                let (database, sleep) = (database.clone(), sleep.clone());
                tokio::spawn(async move { run(&database.session(), &sleep).await.err() })
            })
            .collect();
        for stopped in stopped {
            let error = stopped.await.expect("a borrower").expect("it was stopped");
            assert!(matches!(error, Error::Timeout), "{error:?}");
        }
        tenants.settled().await;
        let status = tenants.limit.status();
        assert!((1..=4).contains(&status.controls) && status.size <= 10, "{status:?}");
        tenants.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn g11_a_connection_is_replaced_at_its_age() {
    for server in each().await {
        let pool = |age| server.again(server.settings().pool_size(1).pool_recycle(age));
        for (age, is_same) in [(Duration::from_secs(60), true), (Duration::ZERO, false)] {
            let pool = pool(age);
            let first = crate::ask_id(&pool.session(), &server).await;
            while pool.status().in_use > 0 {
                sleep(Duration::from_millis(5)).await;
            }
            assert_eq!(crate::ask_id(&pool.session(), &server).await == first, is_same, "{age:?}");
            pool.close().await;
        }
        assert_eq!(Settings::default().pool_recycle, Some(Duration::from_secs(1_800)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn t60_pools_of_one_address_share_a_number_without_being_told() {
    for server in each().await {
        let limit = ServerLimit::of(&server.url_with(|_| {})).expect("a server");
        let held = [server.again(server.settings()), server.again(server.settings().pool_size(1))];
        let held = [held[0].connect().await.expect("connect"), held[1].connect().await.expect("connect")];
        let status = limit.status();
        assert!(status.in_use >= 2 && status.size >= 2 && status.max >= ServerLimit::DEFAULT, "{status:?}");
        for session in held {
            session.close().await.expect("close");
        }
    }
}
