//! Errors of the servers, and the variants that they become.

use std::time::{Duration, Instant};

use sqlservice_db::{
    Database, Error, Isolation, RunOptions, Session, Settings, TransactionOptions, error::ConstraintKind,
};
use sqlservice_sql::{
    Error as StatementError,
    schema::{Column, Table, TypeKind},
};

use crate::{
    integer, place,
    server::{Kind, Server, each, one, run, run_with},
};

#[tokio::test(flavor = "multi_thread")]
async fn h02_errors_of_the_server_are_cases() {
    for server in each().await {
        let (parent, child) = (server.table("p"), server.table("c"));
        server.run(&format!("create table {parent} (id int primary key, name varchar(3) not null unique)")).await;
        server
            .run(&format!(
                "create table {child} (id int primary key, parent int, n int, constraint {child}_fk foreign key (parent) \
                 references {parent} (id), constraint {child}_ck check (n > 0))"
            ))
            .await;
        server.run(&format!("insert into {parent} values (1, 'a')")).await;
        let session = server.db.connect().await.expect("connect");
        let violations = [
            (format!("insert into {parent} values (2, 'a')"), ConstraintKind::Unique),
            (format!("insert into {parent} values (1, 'b')"), ConstraintKind::Unique),
            (format!("insert into {parent} values (2, null)"), ConstraintKind::NotNull),
            (format!("insert into {child} values (1, 99, 1)"), ConstraintKind::ForeignKey),
            (format!("insert into {child} values (1, null, -7)"), ConstraintKind::Check),
        ];
        for (sql, kind) in violations {
            let error = run(&session, &sql).await.err();
            let Some(Error::Integrity(violation)) = error else { panic!("{sql}: {error:?}") };
            assert_eq!(violation.kind, kind, "{sql}");
            match kind {
                ConstraintKind::NotNull => assert_eq!(violation.columns, ["name"]),
                ConstraintKind::ForeignKey => assert_eq!(violation.columns, ["parent"]),
                ConstraintKind::Check => assert_eq!(violation.constraint, Some(format!("{child}_ck"))),
                _ => assert!(violation.constraint.is_some()),
            }
            session.rollback().await.expect("rollback");
        }
        let error = run(&session, &format!("select * from {parent}_nosuch")).await.err();
        assert!(matches!(&error, Some(Error::NoSuchTable(name)) if *name == format!("{parent}_nosuch")), "{error:?}");
        session.rollback().await.expect("rollback");
        let error = run(&session, &format!("select nosuch from {parent}")).await.err();
        assert!(matches!(&error, Some(Error::NoSuchColumn(name)) if name == "nosuch"), "{error:?}");
        session.rollback().await.expect("rollback");
        for sql in [format!("update {parent} set name = 'long'"), format!("update {parent} set id = 99999999999")] {
            let error = run(&session, &sql).await.err();
            assert!(matches!(error, Some(Error::Data(_))), "{sql}: {error:?}");
            session.rollback().await.expect("rollback");
        }
        let error = run(&session, "selec 1").await.err();
        assert!(matches!(error, Some(Error::Operational(_))), "{error:?}");
        session.rollback().await.expect("rollback");
        for parameters in [vec![], vec![integer(1)], vec![integer(1), integer(2), integer(3)]] {
            if server.kind == Kind::Postgres && parameters.len() > 2 {
                // PostgreSQL accepts parameters that no placeholder refers to.
                continue;
            }
            let sql = format!("select {}, {}", place(&server, 1), place(&server, 2));
            let error = run_with(&session, &sql, parameters, RunOptions::default()).await.err();
            assert!(matches!(error, Some(Error::Statement(StatementError::Invalid { .. }))), "{error:?}");
            session.rollback().await.expect("rollback");
        }
        session.close().await.expect("close");
        let read_only = TransactionOptions::default().read_only(true);
        let session = server.db.begin(read_only).await.expect("begin");
        let error = run(&session, &format!("insert into {parent} values (5, 'e')")).await.err();
        assert!(matches!(error, Some(Error::Operational(_))), "{error:?}");
        drop(session);
        server.run(&format!("drop table {child}")).await;
        server.run(&format!("drop table {parent}")).await;
        server.check_clean().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn h02_t65_conflicts_between_transactions_are_cases() {
    for server in each().await {
        let table = server.table("t");
        server.run(&format!("create table {table} (id int primary key, n int)")).await;
        server.run(&format!("insert into {table} values (1, 0), (2, 0)")).await;
        let update = |id: i32| format!("update {table} set n = n + 1 where id = {id}");

        let (one, two) = (server.db.session(), server.db.session());
        run(&one, &update(1)).await.expect("update");
        let waiting = Instant::now();
        let error = run(&two, &update(1)).await.err();
        assert!(matches!(error, Some(Error::LockNotAvailable(_))), "{error:?}");
        assert!(waiting.elapsed() < Duration::from_secs(4), "the lock timeout is one second");
        two.rollback().await.expect("rollback");

        run(&two, &update(2)).await.expect("update");
        let (update_one, update_two) = (update(2), update(1));
        let (first, second) = tokio::join!(run(&one, &update_one), run(&two, &update_two));
        let errors: Vec<_> = [first.err(), second.err()].into_iter().flatten().collect();
        assert!(
            errors.iter().any(|error| matches!(error, Error::Deadlock(_) | Error::LockNotAvailable(_))),
            "{errors:?}"
        );
        one.rollback().await.expect("rollback");
        two.rollback().await.expect("rollback");

        if server.kind == Kind::Postgres {
            let serializable = TransactionOptions::default().isolation(Isolation::Serializable);
            let first = server.db.begin(serializable).await.expect("begin");
            run(&first, &format!("select n from {table}")).await.expect("select");
            let second = server.db.begin(serializable).await.expect("begin");
            run(&second, &update(1)).await.expect("update");
            second.commit().await.expect("commit");
            let error = run(&first, &update(1)).await.err();
            assert!(matches!(error, Some(Error::SerializationFailure(_))), "{error:?}");
        }
        drop((one, two));
        server.settled().await;
        server.run(&format!("drop table {table}")).await;
        server.check_clean().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn t74_errors_of_connecting_keep_the_hosts_secrets() {
    for server in each().await {
        let wrong_password = server.url_with(|url| url.set_password(Some("wr0ng")).expect("a password"));
        let wrong_database = server.url_with(|url| url.set_path("/n0such"));
        for url in [wrong_password, wrong_database] {
            let db = Database::new(&url, Settings::default()).expect("a database");
            let error = db.ping().await.expect_err("no connection");
            assert!(matches!(error, Error::Operational(_)), "{error:?}");
            let shown = error.to_string();
            for secret in ["wr0ng", "n0such", &server.user(), "127.0.0.1", "localhost"] {
                assert!(!shown.contains(secret), "{shown}");
            }
        }
        let tls = server.url_with(|url| url.set_query(Some("sslmode=require")));
        if cfg!(not(feature = "tls")) {
            assert!(matches!(Database::new(&tls, Settings::default()), Err(Error::Url(_))));
        }
    }
}

/// Returns an empty table, a connection that has prepared a query of all of its columns, and the query.
async fn asked(server: &Server) -> (String, Session, String) {
    let table = server.table("t");
    server.run(&format!("create table {table} (id int)")).await;
    let connection = server.db.connect().await.expect("connect");
    let select = format!("select * from {table}");
    run(&connection, &select).await.expect("select");
    connection.rollback().await.expect("rollback");
    (table, connection, select)
}

/// Changes the schema through another pool, as another process would.
async fn change_elsewhere(server: &Server, sql: &str) {
    let db = Database::new(&server.url_with(|_| {}), Settings::default()).expect("a database");
    let session = db.session();
    run(&session, sql).await.expect(sql);
    session.commit().await.expect("commit");
    db.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_others_made_stale_is_made_anew_before_anything_is_done() {
    let server = one(Kind::Postgres).await;
    let (table, connection, select) = asked(&server).await;
    change_elsewhere(&server, &format!("alter table {table} add column n int")).await;
    // The query is the first statement of its transaction, so that it can be prepared again.
    assert_eq!(run(&connection, &select).await.expect("select").columns.len(), 2);
    run(&connection, &format!("insert into {table} values (1, 2)")).await.expect("insert");
    connection.commit().await.expect("commit");
    change_elsewhere(&server, &format!("alter table {table} add column m int")).await;
    assert_eq!(run(&connection, "select 1").await.expect("select").columns.len(), 1);
    let error = run(&connection, &select).await.err();
    assert!(matches!(error, Some(Error::StalePlan(_))), "what was done before is lost: {error:?}");
    connection.rollback().await.expect("rollback");
    assert_eq!(run(&connection, &select).await.expect("select").columns.len(), 3);
    connection.close().await.expect("close");
    server.run(&format!("drop table {table}")).await;
}

/// Holds for the connection that changes the schema, and for all others of its pool.
#[tokio::test(flavor = "multi_thread")]
async fn no_plan_is_stale_after_a_change_of_the_pools_own() {
    let server = one(Kind::Postgres).await;
    let (table, connection, select) = asked(&server).await;
    let other = server.db.connect().await.expect("connect");
    run(&other, &format!("alter table {table} add column n int")).await.expect("alter");
    run(&other, "select 1").await.expect("select");
    assert_eq!(run(&other, &select).await.expect("select").columns.len(), 2);
    run(&other, &format!("alter table {table} add column m int")).await.expect("alter");
    assert_eq!(run(&other, &select).await.expect("select").columns.len(), 3);
    other.commit().await.expect("commit");
    run(&connection, "select 1").await.expect("select");
    assert_eq!(run(&connection, &select).await.expect("select").columns.len(), 3);
    connection.rollback().await.expect("rollback");
    let made = Table::new(&table, vec![Column::new("id", TypeKind::Int32), Column::new("z", TypeKind::Text)]);
    server.db.drop_all(vec![made.clone()], true).await.expect("drop");
    server.db.create_all(vec![made], true).await.expect("create");
    run(&connection, "select 1").await.expect("select");
    assert_eq!(run(&connection, &select).await.expect("select").columns.len(), 2);
    for connection in [connection, other] {
        connection.close().await.expect("close");
    }
    server.run(&format!("drop table {table}")).await;
}
