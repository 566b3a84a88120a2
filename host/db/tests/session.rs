//! Sessions on SQLite: transactions, their failures, savepoints, isolation, and the order of waiting calls.

mod support;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use sqlservice_db::{Database, Error, Isolation, RunOptions, Settings, TransactionOptions};
use sqlservice_sql::{Error as StatementError, Scalar, Value, schema::TypeKind};
use support::{ENDLESS, File, compiled, integer, rows, run, run_with};

#[tokio::test(flavor = "multi_thread")]
async fn a05_what_is_committed_is_there_and_a04_what_is_dropped_is_not() {
    let file = File::new().await;
    let session = file.db.begin(TransactionOptions::default()).await.expect("begin");
    assert!(session.in_transaction());
    assert_eq!(run(&session, "insert into t values (1, 'a')").await.expect("insert").affected, 1);
    assert_eq!(file.outside(), 0);
    session.commit().await.expect("commit");
    assert!(!session.in_transaction());
    assert_eq!(file.outside(), 1);

    let session = file.db.begin(TransactionOptions::default()).await.expect("begin");
    run(&session, "insert into t values (900, 'b')").await.expect("insert");
    drop(session);
    file.settled().await;
    assert_eq!(file.outside(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a06_a_begin_inside_a_begin_is_another_transaction() {
    let file = File::new().await;
    let outer = file.db.begin(TransactionOptions::default()).await.expect("begin");
    let inner = file.db.begin(TransactionOptions::default()).await.expect("begin");
    run(&inner, "insert into t values (1, 'inner')").await.expect("insert");
    inner.commit().await.expect("commit");
    run(&outer, "insert into t values (2, 'outer')").await.expect("insert");
    outer.rollback().await.expect("rollback");
    assert_eq!(file.outside(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a07_a_session_of_begin_has_one_transaction() {
    let file = File::new().await;
    let session = file.db.begin(TransactionOptions::default()).await.expect("begin");
    run(&session, "insert into t values (1, 'a')").await.expect("insert");
    session.commit().await.expect("commit");
    assert_eq!(file.db.status().in_use, 0);
    for result in [
        run(&session, "select 1").await.map(drop),
        session.commit().await,
        session.rollback().await,
        session.begin(TransactionOptions::default()).await,
        session.begin_nested().await.map(drop),
    ] {
        assert!(matches!(result, Err(Error::TransactionClosed)), "{result:?}");
    }
    assert_eq!(file.outside(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn lazy_sessions_take_a_connection_for_a_transaction_only() {
    let file = File::new().await;
    let session = file.db.session();
    assert_eq!(file.db.status().in_use, 0);
    run(&session, "insert into t values (1, 'a')").await.expect("insert");
    assert_eq!(file.db.status().in_use, 1);
    session.commit().await.expect("commit");
    assert_eq!(file.db.status().in_use, 0);
    run(&session, "insert into t values (2, 'b')").await.expect("insert");
    session.rollback().await.expect("rollback");
    assert_eq!(file.db.status().in_use, 0);
    assert_eq!(file.outside(), 1);

    let connection = file.db.connect().await.expect("connect");
    assert_eq!(file.db.status().in_use, 1);
    run(&connection, "insert into t values (2, 'b')").await.expect("insert");
    connection.commit().await.expect("commit");
    assert_eq!(file.db.status().in_use, 1);
    connection.close().await.expect("close");
    assert_eq!(file.db.status().in_use, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn t63_a_failed_statement_asks_for_a_rollback() {
    let file = File::new().await;
    let session = file.db.session();
    run(&session, "insert into t values (1, 'a')").await.expect("insert");
    let failed = run(&session, "insert into t values (1, 'b')").await.map(drop);
    assert!(matches!(failed, Err(Error::Integrity(_))), "{failed:?}");
    for result in
        [run(&session, "select 1").await.map(drop), session.commit().await, session.begin_nested().await.map(drop)]
    {
        assert!(matches!(result, Err(Error::PendingRollback)), "{result:?}");
    }
    session.rollback().await.expect("rollback");
    run(&session, "insert into t values (2, 'b')").await.expect("insert");
    session.commit().await.expect("commit");
    assert_eq!(file.outside(), 1);

    // A statement that is refused before it is sent does not affect the transaction.
    run(&session, "select 1").await.expect("select");
    let refused = run_with(&session, "select ?", Vec::new(), RunOptions::default()).await.map(drop);
    assert!(matches!(refused, Err(Error::Statement(_))), "{refused:?}");
    run(&session, "select 1").await.expect("select");
}

#[tokio::test(flavor = "multi_thread")]
async fn c06_savepoints_nest_and_mend() {
    let file = File::new().await;
    let session = file.db.session();
    let outer = session.begin_nested().await.expect("savepoint");
    run(&session, "insert into t values (1, 'a')").await.expect("insert");
    let inner = session.begin_nested().await.expect("savepoint");
    run(&session, "insert into t values (2, 'b')").await.expect("insert");
    assert!(run(&session, "insert into t values (1, 'c')").await.is_err());
    assert!(matches!(run(&session, "select 1").await, Err(Error::PendingRollback)));
    inner.rollback().await.expect("rollback to");
    assert_eq!(integer(&run(&session, "select count(*) from t").await.expect("mended")), 1);
    outer.release().await.expect("release");
    session.commit().await.expect("commit");
    assert_eq!(file.outside(), 1);

    // A dropped savepoint is rolled back before the next call.
    let savepoint = session.begin_nested().await.expect("savepoint");
    run(&session, "insert into t values (3, 'd')").await.expect("insert");
    drop(savepoint);
    assert_eq!(integer(&run(&session, "select count(*) from t").await.expect("select")), 1);
    session.commit().await.expect("commit");

    // That rollback also clears the transaction's failed state.
    let savepoint = session.begin_nested().await.expect("savepoint");
    assert!(run(&session, "insert into t values (1, 'c')").await.is_err());
    drop(savepoint);
    session.commit().await.expect("mended by the drop");
}

#[tokio::test(flavor = "multi_thread")]
async fn t64_savepoints_end_in_order() {
    let file = File::new().await;
    let session = file.db.session();
    let outer = session.begin_nested().await.expect("savepoint");
    let inner = session.begin_nested().await.expect("savepoint");
    run(&session, "insert into t values (1, 'a')").await.expect("insert");
    let refused = outer.release().await;
    assert!(matches!(refused, Err(Error::Statement(StatementError::Invalid { .. }))), "{refused:?}");
    // The refused release dropped the outer savepoint, whose rollback ended the inner one too.
    let closed = inner.rollback().await;
    assert!(matches!(closed, Err(Error::TransactionClosed)), "{closed:?}");
    session.commit().await.expect("commit");
    assert_eq!(file.outside(), 0);

    let savepoint = session.begin_nested().await.expect("savepoint");
    session.rollback().await.expect("rollback");
    let closed = savepoint.release().await;
    assert!(matches!(closed, Err(Error::TransactionClosed)), "{closed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn t64_begin_is_refused_where_a_transaction_is_open() {
    let file = File::new().await;
    let session = file.db.session();
    session.begin(TransactionOptions::default()).await.expect("begin");
    assert!(matches!(session.begin(TransactionOptions::default()).await, Err(Error::AlreadyBegun)));
    session.rollback().await.expect("rollback");
    run(&session, "select 1").await.expect("select");
    assert!(matches!(session.begin(TransactionOptions::default()).await, Err(Error::AlreadyBegun)));
    session.commit().await.expect("commit");
    session.commit().await.expect("nothing to commit");
    session.rollback().await.expect("nothing to roll back");
}

#[tokio::test(flavor = "multi_thread")]
async fn c17_isolation_levels_are_those_of_the_database() {
    let file = File::new().await;
    let connection = file.db.connect().await.expect("connect");
    assert_eq!(connection.isolation().await.expect("level"), Isolation::Serializable);
    match connection.set_isolation(Isolation::ReadCommitted).await {
        Err(Error::Statement(StatementError::Unsupported { capability, message })) => {
            assert_eq!(capability, "isolation-levels");
            assert!(message.contains("SERIALIZABLE") && message.contains("AUTOCOMMIT"), "{message}");
        }
        other => panic!("{other:?}"),
    }
    run(&connection, "select 1").await.expect("select");
    assert!(matches!(connection.set_isolation(Isolation::Serializable).await, Err(Error::AlreadyBegun)));
    assert!(Database::new("sqlite://x", Settings::default().isolation_level(Isolation::ReadCommitted)).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn c18_autocommit_holds_for_one_connection() {
    let file = File::with(Settings::default().pool_size(1).max_overflow(0));
    file.run("create table t (id integer primary key, v text)").await;
    let connection = file.db.connect().await.expect("connect");
    connection.set_isolation(Isolation::Autocommit).await.expect("autocommit");
    assert_eq!(connection.isolation().await.expect("level"), Isolation::Autocommit);
    run(&connection, "insert into t values (1, 'a')").await.expect("insert");
    assert!(!connection.in_transaction());
    connection.rollback().await.expect("rollback");
    assert_eq!(file.outside(), 1);
    // A failure in autocommit leaves nothing to roll back.
    assert!(run(&connection, "insert into t values (1, 'b')").await.is_err());
    run(&connection, "select 1").await.expect("select");
    drop(connection);
    file.settled().await;
    let connection = file.db.connect().await.expect("connect");
    run(&connection, "insert into t values (2, 'b')").await.expect("insert");
    assert!(connection.in_transaction());
    connection.rollback().await.expect("rollback");
    assert_eq!(file.outside(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn g05_calls_of_one_session_wait_for_each_other() {
    let file = File::new().await;
    let session = file.db.session();
    let (a, b, c) = tokio::join!(
        run(&session, "insert into t values (1, 'a') returning (select count(*) from t)"),
        run(&session, "insert into t values (2, 'b') returning (select count(*) from t)"),
        run(&session, "insert into t values (3, 'c') returning (select count(*) from t)"),
    );
    let counts = [a, b, c].map(|answer| integer(&answer.expect("insert")));
    assert_eq!(counts, [1, 2, 3]);
    session.commit().await.expect("commit");

    // Only a limited number of calls wait.
    let calls = (0..64).map(|_| run(&session, "select 1")).collect::<Vec<_>>();
    let long = run_with(&session, ENDLESS, Vec::new(), RunOptions::default().timeout(Duration::from_millis(200)));
    let (long, answers) = tokio::join!(long, futures::future::join_all(calls));
    assert!(matches!(long, Err(Error::Timeout)));
    let busy = answers.iter().filter(|answer| matches!(answer, Err(Error::Busy))).count();
    assert_eq!(busy, 33, "31 of them wait behind the first");
}

#[tokio::test(flavor = "multi_thread")]
async fn t31_an_endless_statement_ends_in_time() {
    let file = File::new().await;
    let session = file.db.session();
    let options = RunOptions::default().timeout(Duration::from_millis(50));
    let since = Instant::now();
    let result = run_with(&session, ENDLESS, Vec::new(), options).await.map(drop);
    assert!(matches!(result, Err(Error::Timeout)), "{result:?}");
    assert!(since.elapsed() < Duration::from_secs(1), "{:?}", since.elapsed());
    assert!(matches!(session.commit().await, Err(Error::PendingRollback)));
    session.rollback().await.expect("rollback");
    assert_eq!(file.db.status().in_use, 0);

    let settings = Settings::default().statement_timeout(Duration::from_millis(50));
    let session = file.again(settings).session();
    let options = RunOptions::default().timeout(Duration::from_secs(60));
    let result = run_with(&session, ENDLESS, Vec::new(), options).await.map(drop);
    assert!(matches!(result, Err(Error::Timeout)), "{result:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn t59_a_transaction_that_takes_too_long_is_rolled_back() {
    let file = File::new().await;
    let options = TransactionOptions::default().timeout(Duration::from_millis(100));
    let once = file.db.begin(options).await.expect("begin");
    run(&once, "insert into t values (1, 'a')").await.expect("insert");
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(file.db.status().in_use, 0, "its connection is free without anybody's help");
    assert!(!once.in_transaction());
    assert!(matches!(run(&once, "select 1").await, Err(Error::TransactionClosed)));
    assert!(matches!(once.commit().await, Err(Error::TransactionClosed)));

    let session = file.db.session();
    session.begin(options).await.expect("begin");
    let result = run(&session, ENDLESS).await.map(drop);
    assert!(matches!(result, Err(Error::TransactionClosed)), "{result:?}");
    assert!(matches!(run(&session, "select 1").await, Err(Error::TransactionClosed)));
    session.rollback().await.expect("rollback");
    run(&session, "insert into t values (2, 'b')").await.expect("insert");
    session.commit().await.expect("commit");
    assert_eq!(file.outside(), 1);

    // A transaction that ends in time is not rolled back.
    session.begin(options).await.expect("begin");
    session.commit().await.expect("commit");
    tokio::time::sleep(Duration::from_millis(200)).await;
    run(&session, "select 1").await.expect("select");
}

#[tokio::test(flavor = "multi_thread")]
async fn read_only_transactions_change_nothing() {
    let file = File::new().await;
    let options = TransactionOptions::default().read_only(true);
    let session = file.db.begin(options).await.expect("begin");
    run(&session, "select count(*) from t").await.expect("select");
    assert!(run(&session, "insert into t values (1, 'a')").await.is_err());
    session.commit().await.expect("commit");
    assert_eq!(file.outside(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn d15_cursors_go_on_batch_by_batch() {
    let file = File::new().await;
    let session = file.db.session();
    let options = RunOptions::default().batch_rows(4);
    let answer = run_with(&session, &rows(15), Vec::new(), options).await.expect("select");
    let mut sizes = vec![answer.first_batch.rows];
    let cursor = answer.cursor.expect("more rows");
    while let Some(batch) = cursor.next_batch(4, 1 << 20).await.expect("a batch") {
        if sizes.len() < 3 {
            assert!(matches!(run(&session, "select 1").await, Err(Error::Busy)));
            assert!(matches!(session.commit().await, Err(Error::Busy)));
        }
        sizes.push(batch.rows);
    }
    assert_eq!(sizes, [4, 4, 4, 3]);
    // The cursor is at its end, so it does not occupy the session although it is still alive.
    run(&session, "select 1").await.expect("select");
    assert!(cursor.next_batch(4, 1 << 20).await.expect("the end").is_none());
    session.commit().await.expect("commit");
    drop(cursor);

    // A cursor that is dropped after one batch frees the session.
    let answer = run_with(&session, &rows(1_000_000), Vec::new(), options).await.expect("select");
    drop(answer.cursor);
    run(&session, "select 1").await.expect("the session is free");
    session.commit().await.expect("commit");
    assert_eq!(file.db.status().in_use, 0);

    // A result set that fits in one batch has no cursor, also where it fits exactly.
    for options in [RunOptions::default(), RunOptions::default().batch_rows(15)] {
        let answer = run_with(&session, &rows(15), Vec::new(), options).await.expect("select");
        assert!(answer.cursor.is_none());
        assert_eq!(answer.first_batch.rows, 15);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn t14_cursors_outlive_their_session_harmlessly() {
    let file = File::new().await;
    let session = file.db.session();
    let options = RunOptions::default().batch_rows(4);
    let cursor = run_with(&session, &rows(1_000_000), Vec::new(), options).await.expect("select").cursor.expect("more");
    drop(session);
    file.settled().await;
    assert!(matches!(cursor.next_batch(4, 4).await, Err(Error::Closed)));
    assert!(cursor.next_batch(4, 4).await.expect("the end").is_none());

    // A call that waits while a cursor is opened does not wait for the cursor's end.
    let session = file.db.session();
    let many = rows(1_000_000);
    let (first, second) = tokio::join!(run_with(&session, &many, Vec::new(), options), run(&session, "select 1"),);
    let cursor = first.expect("select").cursor.expect("more");
    assert!(matches!(second, Err(Error::Busy)));
    drop(cursor);
    run(&session, "select 1").await.expect("select");
}

#[tokio::test(flavor = "multi_thread")]
async fn t32_results_have_limits() {
    let file = File::new().await;
    let session = file.db.session();
    let options = RunOptions::default().max_rows(10);
    assert_eq!(run_with(&session, &rows(10), Vec::new(), options).await.expect("select").first_batch.rows, 10);
    let result = run_with(&session, &rows(11), Vec::new(), options).await.map(drop);
    assert!(matches!(result, Err(Error::Limit { allowed: 10, .. })), "{result:?}");
    session.rollback().await.expect("rollback");
    let options = RunOptions::default().max_rows(10).batch_rows(4);
    let cursor = run_with(&session, &rows(1_000_000), Vec::new(), options).await.expect("select").cursor.expect("more");
    assert_eq!(cursor.next_batch(4, 1 << 20).await.expect("a batch").map(|batch| batch.rows), Some(4));
    let over = cursor.next_batch(4, 1 << 20).await;
    assert!(matches!(over, Err(Error::Limit { allowed: 10, .. })), "{over:?}");
    assert!(cursor.next_batch(4, 1 << 20).await.expect("the end").is_none());
    session.rollback().await.expect("the session is free");

    // A batch has about the requested number of bytes, but at least one row.
    let wide = "with recursive c(n) as (select 1 union all select n + 1 from c limit 10) select zeroblob(1000) from c";
    let options = RunOptions::default().batch_bytes(3000);
    let answer = run_with(&session, wide, Vec::new(), options).await.expect("select");
    assert_eq!(answer.first_batch.rows, 3);
    let cursor = answer.cursor.expect("more");
    assert_eq!(cursor.next_batch(0, 0).await.expect("a batch").map(|batch| batch.rows), Some(1));
}

/// Short queries of an open transaction run on the caller's thread, with the same limits and errors as all others.
#[tokio::test(flavor = "multi_thread")]
async fn short_queries_keep_to_the_limits_and_the_state_of_their_session() {
    let file = File::new().await;
    let session = file.db.begin(TransactionOptions::default()).await.expect("begin");
    let few = compiled(&rows(5), 0, &[("n", TypeKind::Int64)], false);
    let ask = async |options| session.execute(Arc::clone(&few), Vec::new(), options).await;
    let limited = |rows| RunOptions::default().max_rows(rows);
    for _ in 0..3 {
        let answer = ask(limited(5)).await.expect("select");
        assert_eq!((answer.first_batch.rows, answer.cursor.is_none(), answer.affected), (5, true, 0));
        assert_eq!(answer.columns.first().map(|column| column.name.as_str()), Some("n"));
    }
    // A batch is no larger than requested, and its cursor refuses other statements.
    let answer = ask(RunOptions::default().batch_rows(2)).await.expect("select");
    assert_eq!(answer.first_batch.rows, 2);
    let cursor = answer.cursor.expect("more");
    assert!(matches!(ask(limited(5)).await.map(drop), Err(Error::Busy)));
    drop(cursor);
    assert_eq!(ask(limited(5)).await.expect("select").first_batch.rows, 5);
    let over = ask(limited(4)).await.map(drop);
    assert!(matches!(over, Err(Error::Limit { allowed: 4, .. })), "{over:?}");
    assert!(matches!(ask(limited(5)).await.map(drop), Err(Error::PendingRollback)));
    session.rollback().await.expect("rollback");
    assert!(matches!(ask(limited(5)).await.map(drop), Err(Error::TransactionClosed)));

    // The query sees the changes of its transaction, and a wrong number of parameters is refused.
    let session = file.db.begin(TransactionOptions::default()).await.expect("begin");
    run(&session, "insert into t values (1, 'a')").await.expect("insert");
    let count = compiled("select count(*) as n from t", 0, &[("n", TypeKind::Int64)], false);
    let counted = session.execute(Arc::clone(&count), Vec::new(), RunOptions::default()).await.expect("select");
    assert_eq!(integer(&counted), 1);
    let wrong = session.execute(count, vec![Scalar::Integer(1).into()], RunOptions::default()).await.map(drop);
    assert!(matches!(wrong, Err(Error::Statement(_))), "{wrong:?}");
    session.commit().await.expect("commit");
    assert_eq!(file.outside(), 1);
    file.check_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_call_of_a_cursor_loses_no_rows() {
    let file = File::new().await;
    let session = file.db.session();
    let options = RunOptions::default().batch_rows(100);
    let answer = run_with(&session, &rows(5000), Vec::new(), options).await.expect("select");
    let mut sum = u64::from(answer.first_batch.rows);
    let cursor = answer.cursor.expect("more");
    for polls in (0..4).cycle() {
        match support::poll_and_drop(cursor.next_batch(100, 1 << 20), polls).await {
            Some(Ok(Some(batch))) => sum += u64::from(batch.rows),
            Some(Ok(None)) => break,
            Some(Err(error)) => panic!("{error}"),
            None => {}
        }
    }
    assert_eq!(sum, 5000);
}

#[tokio::test(flavor = "multi_thread")]
async fn g01_a_full_pool_is_a_typed_timeout() {
    let settings = Settings::default().pool_size(1).max_overflow(0).pool_timeout(Duration::from_millis(500));
    let file = File::with(settings.clone());
    let first = file.db.connect().await.expect("connect");
    let since = Instant::now();
    let result = file.db.connect().await.map(drop);
    assert!(matches!(result, Err(Error::PoolTimeout { size: 1, .. })), "{result:?}");
    assert!((500..700).contains(&since.elapsed().as_millis()), "{:?}", since.elapsed());
    drop(first);
    file.settled().await;
    file.db.connect().await.expect("connect");

    let db = file.again(settings.pool_timeout(Duration::ZERO));
    let _first = db.connect().await.expect("an empty pool is no full one");
    let since = Instant::now();
    assert!(matches!(db.connect().await, Err(Error::PoolTimeout { .. })));
    assert!(since.elapsed() < Duration::from_millis(50));
}

#[tokio::test(flavor = "multi_thread")]
async fn t42_a_memory_database_is_one_connection_for_ever() {
    let db = Database::new("sqlite::memory:", Settings::default()).expect("a database");
    assert_eq!(db.status().max, 1);
    let session = db.session();
    run(&session, "create table t (id integer)").await.expect("create");
    session.commit().await.expect("commit");
    for id in 0..100 {
        let session = db.session();
        run_with(&session, "insert into t values (?)", vec![Scalar::Integer(id).into()], RunOptions::default())
            .await
            .expect("insert");
        session.commit().await.expect("commit");
    }
    let session = db.connect().await.expect("connect");
    assert_eq!(integer(&run(&session, "select count(*) from t").await.expect("count")), 100);
    let other = Database::new("sqlite::memory:", Settings::default()).expect("a database");
    assert!(matches!(run(&other.session(), "select * from t").await, Err(Error::NoSuchTable(_))));
    session.close().await.expect("close");
    db.close().await;
    assert!(matches!(db.connect().await, Err(Error::Closed)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a01_ping_says_whether_there_is_a_database() {
    let file = File::new().await;
    file.db.ping().await.expect("ping");
    assert_eq!(file.db.status().in_use, 0);
    let missing = Database::new("sqlite:///nowhere/at/all.db?mode=rw", Settings::default()).expect("a database");
    let error = missing.ping().await.expect_err("there is none");
    assert!(matches!(error, Error::Disconnected(_)), "{error:?}");
    assert!(!error.to_string().contains("nowhere"));
    assert!(!format!("{missing:?}").contains("nowhere"));
}

#[tokio::test(flavor = "multi_thread")]
async fn d09_many_inserts_are_all_or_none() {
    let file = File::new().await;
    let rows = |ids: Vec<i64>| support::rows_of_t(&ids);
    let session = file.db.session();
    let answer = session.insert_many(rows(vec![9, 8, 7, 6]), RunOptions::default()).await.expect("insert");
    assert_eq!((answer.affected, answer.first_batch.rows), (4, 4));
    let ids: Vec<_> = (0..4).map(|row| answer.first_batch.value(row, 0)).collect();
    assert_eq!(ids, [9, 8, 7, 6].map(|id| Value::from(Scalar::Integer(id))));
    session.commit().await.expect("commit");
    assert_eq!(file.outside(), 4);

    // In a transaction the failure requires a rollback; in autocommit it leaves no row.
    let failed = session.insert_many(rows(vec![1, 2, 3, 9]), RunOptions::default()).await.map(drop);
    assert!(matches!(failed, Err(Error::Integrity(_))), "{failed:?}");
    assert!(matches!(session.commit().await, Err(Error::PendingRollback)));
    session.rollback().await.expect("rollback");
    session.set_isolation(Isolation::Autocommit).await.expect("autocommit");
    let failed = session.insert_many(rows(vec![1, 2, 3, 9]), RunOptions::default()).await.map(drop);
    assert!(matches!(failed, Err(Error::Integrity(_))), "{failed:?}");
    assert_eq!(file.outside(), 4);
    // More rows than one statement has room for.
    let all = session.insert_many(rows((10..20_010).collect()), RunOptions::default()).await.expect("insert");
    assert_eq!((all.affected, all.first_batch.rows), (20_000, 20_000));
    let failed =
        session.insert_many(rows((20_010..40_010).chain([9]).collect()), RunOptions::default()).await.map(drop);
    assert!(matches!(failed, Err(Error::Integrity(_))), "{failed:?}");
    assert_eq!(file.outside(), 20_004);
    assert_eq!(file.db.status().in_use, 0);
}

#[test]
fn a_database_needs_no_runtime_to_be_named() {
    for url in ["sqlite://nowhere.db", "postgres://u:s3cret@127.0.0.1:1/d", "mysql://u:s3cret@127.0.0.1:1/d"] {
        let db = Database::new(url, Settings::default()).expect("a database");
        drop(db.session());
        assert_eq!(db.status().size, 0);
        assert!(!format!("{db:?}").contains("s3cret"));
    }
    for url in ["", "postgres", "oracle://u:s3cret@h/d", "postgres://u:s3cret@h:99999/d", "mysql://:s3cret@/"] {
        let error = Database::new(url, Settings::default()).expect_err(url).to_string();
        assert!(!error.contains("s3cret"), "{error}");
    }
}

#[test]
fn a_cursor_that_ended_before_it_was_taken_occupies_nothing() {
    // On a current-thread runtime, spawned tasks run only while the test awaits; and blocking work has one thread.
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().max_blocking_threads(1).build().expect("a runtime");
    runtime.block_on(ended_before_it_was_taken());
}

async fn ended_before_it_was_taken() {
    let file = File::new().await;
    let session = file.db.session();
    let limit = TransactionOptions::default().timeout(Duration::from_millis(100));
    session.begin(limit).await.expect("begin");
    // Such a long text is prepared on the blocking thread, so that the first poll is pending.
    let sql = format!("{} /* {} */", rows(1_000_000), "x".repeat(800_000));
    let options = RunOptions::default().batch_rows(4);
    let (free, occupied) = std::sync::mpsc::channel::<()>();
    let occupant = tokio::task::spawn_blocking(move || occupied.recv());
    let mut call = Box::pin(run_with(&session, &sql, Vec::new(), options));
    let polled = futures::poll!(call.as_mut());
    assert!(polled.is_pending(), "{:?}", polled.map(|answer| answer.map(|answer| answer.first_batch.rows)));
    free.send(()).expect("the thread waits");
    occupant.await.expect("no panic").expect("it was freed");
    // The first batch arrives and the transaction times out while no caller waits.
    tokio::time::sleep(Duration::from_millis(400)).await;
    let cursor = call.await.expect("the first batch").cursor.expect("a cursor");
    let closed = run(&session, "select 1").await.map(drop);
    assert!(matches!(closed, Err(Error::TransactionClosed)), "{closed:?}");
    assert!(cursor.next_batch(4, 4).await.is_err());
    session.rollback().await.expect("rollback");
    run(&session, "select 1").await.expect("select");
}

/// Checks SQLite's compile options from `.cargo/config.toml`: one connection's pages and speed depend on them.
#[tokio::test(flavor = "multi_thread")]
async fn connections_of_sqlite_share_no_pages_and_no_lock() {
    use sqlx::Connection;
    let mut connection = sqlx::SqliteConnection::connect("sqlite::memory:").await.expect("open");
    for (option, expected) in [("ENABLE_MEMORY_MANAGEMENT", 0), ("DEFAULT_MEMSTATUS=0", 1), ("THREADSAFE=1", 1)] {
        let asked = sqlx::query_scalar::<_, i64>("select sqlite_compileoption_used(?)").bind(option);
        assert_eq!(asked.fetch_one(&mut connection).await.expect("told"), expected, "{option}");
    }
}
