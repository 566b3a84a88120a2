//! Effects of a session on its connection, and whether the next borrower sees them.

use sqlservice_db::{Error, Isolation};
use sqlservice_sql::Scalar;

use crate::{
    ask, ask_id, integer,
    server::{Kind, each, one, run},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_result_without_rows_has_columns() {
    for server in each().await {
        let session = server.db.connect().await.expect("connect");
        for _ in 0..2 {
            let sql = format!("select 1 as a, 'x' as b from ({}) as r where 1 = 0", server.rows(1));
            let answer = run(&session, &sql).await.expect("select");
            let names: Vec<_> = answer.columns.iter().map(|column| column.name.as_str()).collect();
            assert_eq!(names, ["a", "b"]);
            assert_eq!((answer.first_batch.rows, answer.first_batch.columns.len(), answer.affected), (0, 2, 0));
        }
        let answer = run(&session, &format!("create table {} (id int)", server.table("t"))).await.expect("create");
        assert!(answer.columns.is_empty());
        run(&session, &format!("drop table {}", server.table("t"))).await.expect("drop");
        session.commit().await.expect("commit");
        session.close().await.expect("close");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn d12_changes_count_the_rows_that_they_match() {
    for server in each().await {
        let table = server.table("t");
        server.run(&format!("create table {table} (id int primary key, n int)")).await;
        let session = server.db.connect().await.expect("connect");
        let counts = [
            (format!("insert into {table} values (1, 0), (2, 0), (3, 0)"), 3),
            (format!("update {table} set n = 0"), 3),
            (format!("select * from {table}"), 0),
            (format!("insert into {table} values (4, 0), (5, 0) returning id"), 2),
            (format!("delete from {table} where id > 3 returning id"), 2),
            (format!("delete from {table} where id > 3"), 0),
        ];
        for (sql, affected) in counts {
            assert_eq!(run(&session, &sql).await.expect(&sql).affected, affected, "{} {sql}", server.kind.name());
        }
        session.commit().await.expect("commit");
        session.close().await.expect("close");
        server.run(&format!("drop table {table}")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn c17_levels_are_in_force_and_c18_autocommit_keeps_rows() {
    for server in each().await {
        let table = server.table("t");
        server.run(&format!("create table {table} (id int)")).await;
        let connection = server.db.connect().await.expect("connect");
        let own = connection.isolation().await.expect("a level");
        for level in [Isolation::ReadCommitted, Isolation::RepeatableRead, Isolation::Serializable] {
            connection.set_isolation(level).await.expect("set");
            run(&connection, "select 1").await.expect("select");
            assert_eq!(connection.isolation().await.expect("a level"), level);
            connection.rollback().await.expect("rollback");
        }
        connection.set_isolation(Isolation::Autocommit).await.expect("set");
        run(&connection, &format!("insert into {table} values (1)")).await.expect("insert");
        connection.rollback().await.expect("rollback");
        connection.close().await.expect("close");
        let again = server.db.connect().await.expect("connect");
        assert_eq!(again.isolation().await.expect("a level"), own);
        run(&again, &format!("insert into {table} values (2)")).await.expect("insert");
        again.rollback().await.expect("rollback");
        assert_eq!(ask(&again, &format!("select count(*) from {table}"), vec![]).await, integer(1));
        again.close().await.expect("close");
        server.run(&format!("drop table {table}")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn c06_savepoints_undo_and_mend() {
    for server in each().await {
        let table = server.table("t");
        server.run(&format!("create table {table} (id int primary key)")).await;
        let session = server.db.session();
        run(&session, &format!("insert into {table} values (1)")).await.expect("insert");
        let savepoint = session.begin_nested().await.expect("savepoint");
        run(&session, &format!("insert into {table} values (2)")).await.expect("insert");
        let error = run(&session, &format!("insert into {table} values (1)")).await.err();
        assert!(matches!(error, Some(Error::Integrity(_))), "{error:?}");
        assert!(matches!(run(&session, "select 1").await, Err(Error::PendingRollback)));
        savepoint.rollback().await.expect("rollback to");
        let savepoint = session.begin_nested().await.expect("savepoint");
        run(&session, &format!("insert into {table} values (3)")).await.expect("insert");
        savepoint.release().await.expect("release");
        session.commit().await.expect("commit");
        assert_eq!(ask(&session, &format!("select sum(id) from {table}"), vec![]).await, {
            // The sum of an integer column is an integer on PostgreSQL and a decimal on MariaDB.
            if server.kind == Kind::Postgres { integer(4) } else { Scalar::Decimal("4".into()).into() }
        });
        session.close().await.expect("close");
        server.run(&format!("drop table {table}")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn t44_t45_t49_what_a_borrower_set_is_gone_for_the_next_one() {
    let server = one(Kind::Postgres).await;
    let small = server.again(server.settings().pool_size(1).max_overflow(0));
    let questions = [
        "select current_setting('TimeZone')",
        "select current_setting('search_path')",
        "select current_setting('lock_timeout')",
        "select current_setting('default_transaction_isolation')",
        "select current_user::text",
    ];
    let mut before = Vec::new();
    for question in questions {
        before.push(ask(&small.session(), question, vec![]).await);
    }
    let pid = ask(&small.session(), "select pg_backend_pid()", vec![]).await;
    let session = small.connect().await.expect("connect");
    session.set_isolation(Isolation::Autocommit).await.expect("autocommit");
    for sql in [
        "set time zone 'Asia/Tokyo'",
        "select set_config('search_path', 'pg_temp', false)",
        "set lock_timeout = 0",
        "set default_transaction_isolation = 'serializable'",
        "set role pg_read_all_data",
        "select pg_advisory_lock(42)",
        "listen x",
    ] {
        run(&session, sql).await.expect(sql);
    }
    session.close().await.expect("close");
    for (question, before) in questions.into_iter().zip(before) {
        assert_eq!(ask(&small.session(), question, vec![]).await, before, "{question}");
    }
    assert_eq!(
        ask(&small.session(), "select pg_backend_pid()", vec![]).await,
        pid,
        "the connection was cleaned, not replaced"
    );
    let locks = "select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()";
    assert_eq!(ask(&small.session(), locks, vec![]).await, integer(0));

    // A connection that cannot be reset is replaced.
    let session = small.connect().await.expect("connect");
    run(&session, "deallocate all").await.expect("deallocate");
    session.close().await.expect("close");
    assert_ne!(ask(&small.session(), "select pg_backend_pid()", vec![]).await, pid);
    small.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn t55_mariadbs_session_variables_do_not_outlive_their_borrower() {
    let server = one(Kind::Mariadb).await;
    let small = server.again(server.settings().pool_size(1).max_overflow(0));
    let id = ask_id(&small.session(), &server).await;
    assert_eq!(ask_id(&small.session(), &server).await, id, "a borrower of compiled statements leaves it");
    run(&small.session(), "select 1").await.expect("read");
    let next = ask_id(&small.session(), &server).await;
    assert_ne!(next, id, "one that ran text does not");
    let mode = ask(&small.session(), "select @@sql_mode", vec![]).await;
    let session = small.connect().await.expect("connect");
    run(&session, "set sql_mode = ''").await.expect("set");
    run(&session, "create temporary table secret (id int)").await.expect("create");
    session.close().await.expect("close");
    assert_eq!(ask(&small.session(), "select @@sql_mode", vec![]).await, mode);
    assert!(run(&small.session(), "select * from secret").await.is_err());
    assert_ne!(ask_id(&small.session(), &server).await, next);
    small.close().await;
}
