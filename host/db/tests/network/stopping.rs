//! Statements that are cancelled or dropped, and cursors.

use std::time::{Duration, Instant};

use sqlservice_db::{Error, RunOptions, TransactionOptions};
use sqlservice_sql::Value;

use crate::{
    ask, integer,
    server::{each, run, run_with},
};

#[tokio::test(flavor = "multi_thread")]
async fn t31_a_statement_that_takes_too_long_is_stopped_though_the_pool_is_full() {
    for server in each().await {
        let small = server.again(server.settings().pool_size(1).max_overflow(0));
        let session = small.connect().await.expect("connect");
        let soon = RunOptions::default().timeout(Duration::from_millis(200));
        for sql in [server.sleep(30), server.endless()] {
            let since = Instant::now();
            let error = run_with(&session, &sql, vec![], soon).await.err();
            assert!(matches!(error, Some(Error::Timeout)), "{sql}: {error:?}");
            assert!(since.elapsed() < Duration::from_secs(4), "{sql}: {:?}", since.elapsed());
            session.rollback().await.expect("the connection is usable");
            assert_eq!(ask(&session, "select 1", vec![]).await, integer(1));
            session.rollback().await.expect("rollback");
        }
        // A cancellation that arrives just after the statement's end stops no other statement.
        for microseconds in (0..20_000).step_by(200) {
            let limit = RunOptions::default().timeout(Duration::from_micros(microseconds));
            let first = run_with(&session, &server.sleep_short(), vec![], limit).await;
            assert!(matches!(first, Ok(_) | Err(Error::Timeout)), "{:?}", first.err());
            session.rollback().await.expect("rollback");
            assert_eq!(ask(&session, "select 2", vec![]).await, integer(2), "{microseconds}");
            session.rollback().await.expect("rollback");
        }
        session.close().await.expect("close");
        assert_eq!(small.status().in_use, 0);
        small.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a04_whatever_is_dropped_leaves_clean_connections() {
    for server in each().await {
        let table = server.table("t");
        server.run(&format!("create table {table} (id int)")).await;
        for polls in 0..12 {
            let work = async {
                let session = server.db.begin(TransactionOptions::default()).await?;
                run(&session, &format!("insert into {table} values (900)")).await?;
                run(&session, &server.endless()).await?;
                Ok::<_, Error>(())
            };
            crate::server::poll_and_drop(work, polls).await;
            server.settled().await;
        }
        for microseconds in (0..30_000).step_by(1_500) {
            let work = async {
                let session = server.db.begin(TransactionOptions::default()).await?;
                run(&session, &format!("insert into {table} values (900)")).await?;
                run(&session, &server.sleep(30)).await?;
                Ok::<_, Error>(())
            };
            crate::server::drop_after(work, microseconds).await;
        }
        server.settled().await;
        server.check_clean().await;
        let session = server.db.session();
        assert_eq!(ask(&session, &format!("select count(*) from {table}"), vec![]).await, integer(0));
        drop(session);
        server.settled().await;
        server.run(&format!("drop table {table}")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cursors_hand_over_batches_and_can_be_left() {
    for server in each().await {
        let session = server.db.session();
        let options = RunOptions::default().batch_rows(100);
        let answer = run_with(&session, &server.rows(1_000), vec![], options).await.expect("rows");
        assert_eq!(answer.first_batch.rows, 100);
        let cursor = answer.cursor.expect("there is more");
        let mut seen = vec![answer.first_batch];
        while let Some(batch) = cursor.next_batch(333, 1 << 20).await.expect("a batch") {
            assert!(batch.rows <= 333);
            seen.push(batch);
        }
        let all: Vec<Value> =
            seen.iter().flat_map(|batch| (0..batch.rows as usize).map(|row| batch.value(row, 0))).collect();
        assert_eq!(all, (1..=1_000).map(integer).collect::<Vec<_>>());
        session.commit().await.expect("commit");

        // Exactly as many rows as one batch holds: no cursor is left open.
        let answer = run_with(&session, &server.rows(100), vec![], options).await.expect("rows");
        assert!(answer.cursor.is_none());
        // The byte limit ends a batch too, and a batch has at least one row.
        let tiny = RunOptions::default().batch_bytes(1);
        let answer = run_with(&session, &server.rows(3), vec![], tiny).await.expect("rows");
        assert_eq!(answer.first_batch.rows, 1);
        drop(answer);
        assert_eq!(ask(&session, "select 1", vec![]).await, integer(1), "what is left of a small result is read");
        session.commit().await.expect("commit");

        let answer = run_with(&session, &server.rows(500_000_000), vec![], options).await.expect("rows");
        let since = Instant::now();
        drop(answer);
        session.rollback().await.expect("the query was stopped");
        assert!(since.elapsed() < Duration::from_secs(3), "{} {:?}", server.kind.name(), since.elapsed());
        assert_eq!(ask(&session, "select 1", vec![]).await, integer(1));
        session.close().await.expect("close");
        server.check_clean().await;
    }
}
