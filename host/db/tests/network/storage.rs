//! The size limit of a database on a server.

use std::time::{Duration, Instant};

use sqlservice_db::{Database, Error, RunOptions, ServerLimit};

use crate::server::{Kind, Server, each, one, run, run_with};

const MOST: u64 = 2 << 20;

/// Inserts rows until an insert is refused, and returns its error.
async fn fill(db: &Database) -> Error {
    let began = Instant::now();
    let session = db.session();
    loop {
        let put =
            run(&session, "insert into t33_store select id + (select max(id) from t33_store), note from t33_store")
                .await;
        if let Err(error) = put {
            session.rollback().await.expect("rollback");
            return error;
        }
        session.commit().await.expect("commit");
        // Inserts few rows at a time, because the limit is checked against a size that is some seconds old.
        run(&session, "delete from t33_store where id > 2000").await.expect("fewer");
        session.commit().await.expect("commit");
        assert!(began.elapsed() < Duration::from_secs(60), "no limit in a minute");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn prepare(server: &Server) {
    let owner = server.again(server.settings());
    let session = owner.session();
    let text = match server.kind {
        Kind::Postgres => "text",
        Kind::Mariadb => "longtext",
    };
    run(&session, "drop table if exists t33_store").await.expect("dropped");
    run(&session, &format!("create table t33_store (id bigint, note {text})")).await.expect("made");
    run(&session, "insert into t33_store values (1, repeat('x', 4000))").await.expect("a row");
    session.commit().await.expect("commit");
    owner.close().await;
}

/// T-33: inserts into a database that exceeds its size limit are refused some seconds later; reads and deletes still work.
#[tokio::test(flavor = "multi_thread")]
async fn t33_a_database_on_a_server_grows_no_larger_than_it_may() {
    for server in each().await {
        prepare(&server).await;
        let db = server.again(server.settings().storage_bytes(MOST));
        let error = fill(&db).await;
        let Error::Operational(said) = &error else { panic!("{error:?}") };
        assert_eq!(said.sqlstate.as_deref(), Some("53100"), "{error:?}");
        let bytes: u64 = said.message.split(' ').find_map(|word| word.parse().ok()).expect("a number");
        assert!(bytes > MOST && said.message.contains("delete rows"), "{}", said.message);
        let session = db.session();
        let update = run(&session, "update t33_store set id = id where id = 1").await.err();
        assert!(matches!(update, Some(Error::Operational(_))), "{update:?}");
        session.rollback().await.expect("rollback");
        run(&session, "select count(*) from t33_store").await.expect("it reads");
        run(&session, "delete from t33_store where id > 1").await.expect("it deletes");
        session.commit().await.expect("commit");
        session.close().await.expect("close");
        // A pool without a limit is not measured.
        let owner = server.again(server.settings());
        let session = owner.session();
        run(&session, "update t33_store set id = id where id = 1").await.expect("no limit");
        session.commit().await.expect("commit");
        run(&session, "drop table t33_store").await.expect("dropped");
        session.commit().await.expect("commit");
        session.close().await.expect("close");
        assert_eq!(db.status().in_use, 0);
        db.close().await;
        owner.close().await;
    }
}

/// T-31: slow size queries of many tenants leave connections free for cancelling a statement. They are slow because PostgreSQL's size
/// functions wait for a locked table.
#[tokio::test(flavor = "multi_thread")]
async fn t31_questions_about_sizes_keep_no_statement_from_being_stopped() {
    let server = one(Kind::Postgres).await;
    let table = server.table("sizes");
    let owner = server.again(server.settings());
    let lock = owner.session();
    run(&lock, &format!("create table {table} (id bigint)")).await.expect("made");
    lock.commit().await.expect("commit");
    run(&lock, &format!("alter table {table} add column more int")).await.expect("locked");
    let limit = ServerLimit::new(30);
    // A lock timeout longer than the test: a size query waits for the lock.
    let settings = || server.settings().pool_size(1).server_limit(limit.clone()).lock_timeout(Duration::from_secs(30));
    let tenants: Vec<Database> = (0..6).map(|_| server.again(settings().storage_bytes(MOST))).collect();
    for tenant in &tenants {
        let session = tenant.session();
        run(&session, "create temporary table nothing (id int)").await.expect("a change");
        session.rollback().await.expect("rollback");
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let other = server.again(settings());
    let session = other.session();
    let since = Instant::now();
    let options = RunOptions::default().timeout(Duration::from_millis(300));
    let error = run_with(&session, "select count(*) from generate_series(1, 1000000000)", vec![], options).await.err();
    assert!(matches!(error, Some(Error::Timeout)), "{error:?}");
    assert!(since.elapsed() < Duration::from_secs(4), "{:?}", since.elapsed());
    session.rollback().await.expect("its connection was stopped and not lost");
    lock.rollback().await.expect("rollback");
    run(&lock, &format!("drop table {table}")).await.expect("dropped");
    lock.commit().await.expect("commit");
}
