//! C20: a PostgreSQL server whose commits wait for a standby, while no standby confirms them.

use std::{sync::Arc, time::Duration};

use sqlservice_db::{Database, Error, Isolation, RunOptions, Session, Settings, TransactionOptions};
use sqlservice_tests::Outside;
use tokio::{task::JoinHandle, time::sleep};
use xtask::servers::OwnServer;

/// A server of the test's own, its database opened with our own code, and an administrator's connection.
struct Strict {
    server: OwnServer,
    database: Database,
    admin: Outside,
}

impl Strict {
    async fn start() -> Self {
        let server = OwnServer::postgres(None).expect("a server");
        let mut admin = Outside::open(&server.url()).await;
        admin.execute("CREATE TABLE t (id int PRIMARY KEY)").await;
        admin.execute("ALTER ROLE sqlservice SET synchronous_commit = on").await;
        let settings = Settings::default().pool_size(2).max_overflow(0).statement_timeout(Duration::from_millis(300));
        let database = Database::new(&server.url(), settings).expect("a database");
        let mut strict = Self { server, database, admin };
        strict.wants("ghost").await;
        strict
    }

    /// Sets the standby that has to confirm commits, and waits until the setting is in effect.
    async fn wants(&mut self, standby: &str) {
        self.admin.execute(&format!("ALTER SYSTEM SET synchronous_standby_names = '{standby}'")).await;
        self.admin.execute("SELECT pg_reload_conf()").await;
        let setting = "SELECT current_setting('synchronous_standby_names')";
        while self.admin.rows(setting).await != [[Some(standby.to_owned())]] {
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// Returns the process ids of the connections whose commits wait for a standby.
    async fn waiting(&mut self) -> Vec<String> {
        let sql = "SELECT pid::text FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
        self.admin.rows(sql).await.into_iter().flatten().flatten().collect()
    }

    /// Waits until a commit waits for a standby, and returns the process id of its connection.
    async fn wait(&mut self) -> String {
        for _ in 0..1_000 {
            if let Some(process) = self.waiting().await.pop() {
                return process;
            }
            sleep(Duration::from_millis(10)).await;
        }
        panic!("no commit waits for a standby");
    }

    async fn has(&mut self, id: i32) -> bool {
        !self.admin.rows(&format!("SELECT id::text FROM t WHERE id = {id}")).await.is_empty()
    }
}

/// The way in which a change is committed.
#[derive(Clone, Copy, Debug)]
enum Way {
    Session,
    Autocommit,
}

async fn change(session: &Session, way: Way, id: i32) -> Result<(), Error> {
    let insert = format!("insert into t values ({id})");
    if let Way::Autocommit = way {
        session.set_isolation(Isolation::Autocommit).await?;
    }
    session.execute_text(insert, Vec::new(), RunOptions::default()).await?;
    session.commit().await
}

fn begin_change(database: &Database, way: Way, id: i32) -> JoinHandle<Result<(), Error>> {
    let session = database.session();
    tokio::spawn(async move { change(&session, way, id).await })
}

#[test]
fn c20_a_commit_that_no_standby_confirmed_is_no_success() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let mut strict = Strict::start().await;
        let mut id = 0;
        for way in [Way::Session, Way::Autocommit] {
            for function in ["pg_cancel_backend", "pg_terminate_backend"] {
                id += 1;
                let change = begin_change(&strict.database, way, id);
                let process = strict.wait().await;
                strict.admin.execute(&format!("SELECT {function}({process})")).await;
                let error = change.await.expect("no panic").err();
                assert!(matches!(error, Some(Error::OutcomeUnknown(_))), "{way:?} {function}: {error:?}");
                assert!(strict.has(id).await, "it is there, and would be lost with this server");
            }
        }
        never_cancelled(&mut strict).await;
        // A warning that a trigger raises is not the server's warning of an unconfirmed commit.
        strict.admin.execute("CREATE FUNCTION warn() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE WARNING ''late''; RETURN NULL; END'").await;
        strict.admin.execute("CREATE CONSTRAINT TRIGGER late AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION warn()").await;
        begin_change(&strict.database, Way::Session, 100).await.expect("no panic").expect("a commit with a warning of a trigger's");
        assert!(strict.has(100).await);
        strict.database.close().await;
        drop(strict.server);
    });
}

/// Neither a dropped caller nor the statement timeout cancels a commit.
async fn never_cancelled(strict: &mut Strict) {
    let dropped = begin_change(&strict.database, Way::Session, 50);
    strict.wait().await;
    dropped.abort();
    assert!(dropped.await.is_err());
    let session = Arc::new(strict.database.begin(TransactionOptions::default()).await.expect("begin"));
    session.execute_text("insert into t values (51)".into(), Vec::new(), RunOptions::default()).await.expect("insert");
    let committing = Arc::clone(&session);
    let commit = tokio::spawn(async move { committing.commit().await });
    while strict.waiting().await.len() < 2 {
        sleep(Duration::from_millis(10)).await;
    }
    // Longer than the statement timeout.
    sleep(Duration::from_millis(700)).await;
    assert_eq!(strict.waiting().await.len(), 2);
    assert!(!strict.has(50).await, "what waits is not seen");
    strict.wants("").await;
    commit.await.expect("no panic").expect("a commit that no standby has to confirm any more");
    while strict.database.status().in_use > 0 {
        sleep(Duration::from_millis(10)).await;
    }
    assert!(strict.has(50).await && strict.has(51).await);
}
