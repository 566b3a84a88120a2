//! Futures that are dropped at every await and after various times: the pool loses no connection, the session reports its true state, and
//! committed rows stay.

mod support;

use std::{
    future::Future,
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use sqlservice_db::{Error, RunOptions, Session, Settings, TransactionOptions};
use support::{ENDLESS, File, drop_after, poll_and_drop, rows, run, run_with};

/// The number of polls that the sweeps cover: more than any call's awaits.
const POLLS: usize = 8;
/// The microseconds after which the timed sweep drops a future.
const TIMES: [u64; 12] = [0, 1, 5, 10, 20, 40, 80, 150, 300, 600, 1200, 3000];

/// Ways to drop a future.
#[derive(Clone, Copy, Debug)]
enum Cut {
    Polls(usize),
    Micros(u64),
}

impl Cut {
    fn all() -> impl Iterator<Item = Self> {
        (0..POLLS).map(Self::Polls).chain(TIMES.map(Self::Micros))
    }

    async fn apply<F: Future>(self, future: F) -> Option<F::Output> {
        match self {
            Self::Polls(polls) => poll_and_drop(future, polls).await,
            Self::Micros(micros) => drop_after(future, micros).await,
        }
    }
}

/// Returns a key that no row had before.
fn key() -> i64 {
    static NEXT: AtomicI64 = AtomicI64::new(1_000);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

async fn insert(session: &Session) -> Result<(), Error> {
    run(session, &format!("insert into t values ({}, null)", key())).await.map(drop)
}

/// An insert that runs on a thread of its own for some milliseconds.
async fn long_insert(session: &Session) -> Result<(), Error> {
    let first = NEXT_RANGE.fetch_add(20_000, Ordering::Relaxed);
    let sql = format!(
        "insert into t select n, null from (with recursive c(n) as (select {first} union all select n + 1 from c limit \
         20000) select n from c)"
    );
    run(session, &sql).await.map(drop)
}

static NEXT_RANGE: AtomicI64 = AtomicI64::new(10_000_000);

#[tokio::test(flavor = "multi_thread")]
async fn g02_connecting() {
    let file = File::new().await;
    for cut in Cut::all() {
        drop(cut.apply(file.db.connect()).await);
        // An empty pool opens a file during the call.
        let other = file.again(Settings::default());
        drop(cut.apply(other.connect()).await);
        other.close().await;
        assert_eq!(other.status().size, 0);
    }
    file.check_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn g02_beginning() {
    let file = File::new().await;
    for cut in Cut::all() {
        drop(cut.apply(file.db.begin(TransactionOptions::default())).await);
        let session = file.db.session();
        let begun = cut.apply(session.begin(TransactionOptions::default())).await;
        // A session whose `begin` was dropped is in no transaction.
        match begun {
            Some(Ok(())) => {
                assert!(matches!(session.begin(TransactionOptions::default()).await, Err(Error::AlreadyBegun)))
            }
            Some(Err(error)) => panic!("{error}"),
            None => session.begin(TransactionOptions::default()).await.expect("begin again"),
        }
        insert(&session).await.expect("insert");
        session.rollback().await.expect("rollback");
    }
    file.check_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn g02_executing() {
    let file = File::new().await;
    for cut in Cut::all() {
        for long in [false, true] {
            let before = file.outside();
            let session = file.db.session();
            let done = if long { cut.apply(long_insert(&session)).await } else { cut.apply(insert(&session)).await };
            let committed = session.commit().await;
            match (done, committed) {
                (Some(done), committed) => {
                    done.expect("insert");
                    committed.expect("commit");
                    assert!(file.outside() > before, "{cut:?}");
                }
                // The statement had started, so the transaction has to be rolled back; or it had not, and nothing was done.
                (None, Err(Error::PendingRollback) | Ok(())) => assert_eq!(file.outside(), before, "{cut:?} {long}"),
                (None, Err(error)) => panic!("{cut:?}: {error}"),
            }
            session.rollback().await.expect("rollback");
            insert(&session).await.expect("the session goes on");
            session.commit().await.expect("commit");
        }
    }
    file.check_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn g02_executing_what_never_ends() {
    let file = File::new().await;
    for cut in Cut::all() {
        let session = file.db.session();
        insert(&session).await.expect("insert");
        let endless = tokio::time::timeout(Duration::from_millis(30), cut.apply(run(&session, ENDLESS)));
        assert!(matches!(endless.await, Err(_) | Ok(None)));
        let after = insert(&session).await;
        assert!(
            matches!(after, Err(Error::PendingRollback)) || matches!(cut, Cut::Polls(0) | Cut::Micros(0)),
            "{cut:?}"
        );
        drop(session);
    }
    file.check_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn g02_committing_and_rolling_back() {
    let file = File::new().await;
    for cut in Cut::all() {
        for long in [false, true] {
            let before = file.outside();
            let session = file.db.session();
            if long { long_insert(&session).await } else { insert(&session).await }.expect("insert");
            let done = cut.apply(session.commit()).await;
            // A commit that is dropped before its first poll is never sent; after that it is run to its end.
            let asked = !matches!(cut, Cut::Polls(0));
            drop(session);
            file.settled().await;
            assert_eq!(file.outside() > before, asked, "{cut:?} {done:?}");

            let before = file.outside();
            let session = file.db.session();
            if long { long_insert(&session).await } else { insert(&session).await }.expect("insert");
            drop(cut.apply(session.rollback()).await);
            insert(&session).await.expect("insert");
            session.commit().await.expect("commit");
            let added = file.outside() - before;
            assert!(added == 1 || !asked, "{cut:?}: {added}");
        }
    }
    file.check_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn g02_savepoints() {
    let file = File::new().await;
    for cut in Cut::all() {
        let session = file.db.session();
        insert(&session).await.expect("insert");
        let before = file.outside();
        if let Some(savepoint) = cut.apply(session.begin_nested()).await {
            let savepoint = savepoint.expect("savepoint");
            insert(&session).await.expect("insert");
            drop(cut.apply(savepoint.rollback()).await);
        }
        if let Some(savepoint) = cut.apply(session.begin_nested()).await {
            let savepoint = savepoint.expect("savepoint");
            drop(cut.apply(savepoint.release()).await);
        }
        session.commit().await.expect("commit");
        assert_eq!(file.outside(), before + 1, "{cut:?}");
    }
    file.check_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn g02_reading() {
    let file = File::new().await;
    let options = RunOptions::default().batch_rows(10);
    let many = rows(10_000_000);
    for cut in Cut::all() {
        for reads in 0..3 {
            let session = file.db.session();
            let answer = cut.apply(run_with(&session, &many, Vec::new(), options)).await;
            if let Some(answer) = answer {
                let cursor = answer.expect("select").cursor.expect("more");
                for _ in 0..reads {
                    drop(cut.apply(cursor.next_batch(100_000, 1 << 20)).await);
                }
                // The cursor is dropped between two batches, or in the middle of one.
                drop(cursor);
                match run(&session, "select 1").await {
                    Ok(_) | Err(Error::PendingRollback) => {}
                    Err(error) => panic!("{cut:?}: {error}"),
                }
            }
            session.rollback().await.expect("the session is free");
        }
    }
    file.check_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn g02_autocommit_is_all_or_nothing() {
    let file = File::new().await;
    for cut in Cut::all() {
        let before = file.outside();
        let session = file.db.session();
        session.set_isolation(sqlservice_db::Isolation::Autocommit).await.expect("autocommit");
        let done = cut.apply(long_insert(&session)).await;
        drop(session);
        file.settled().await;
        let added = file.outside() - before;
        assert!(added == 20_000 || (added == 0 && done.is_none()), "{cut:?}: {added}");
    }
    file.check_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn g10_a_thousand_drops_leave_nothing() {
    let file = File::new().await;
    let options = RunOptions::default().batch_rows(10);
    let many = rows(1_000_000);
    for round in 0..1000 {
        let session = match round % 4 {
            0 => file.db.connect().await.expect("connect"),
            1 => file.db.begin(TransactionOptions::default()).await.expect("begin"),
            _ => file.db.session(),
        };
        if round % 2 == 0 {
            insert(&session).await.expect("insert");
        }
        let savepoint = if round % 3 == 0 { Some(session.begin_nested().await.expect("savepoint")) } else { None };
        let cursor = if round % 5 == 0 {
            run_with(&session, &many, Vec::new(), options).await.expect("select").cursor
        } else {
            None
        };
        match round % 6 {
            0 => drop((session, cursor, savepoint)),
            1 => drop((cursor, savepoint, session)),
            _ => drop((savepoint, session, cursor)),
        }
    }
    file.settled().await;
    assert_eq!(file.outside(), 0);
    assert!(file.db.status().size <= 4);
    file.check_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn t62_a_drop_outside_of_the_runtime_cleans_up() {
    let file = File::new().await;
    let session = file.db.begin(TransactionOptions::default()).await.expect("begin");
    insert(&session).await.expect("insert");
    std::thread::spawn(move || drop(session)).join().expect("no panic");
    file.settled().await;
    assert_eq!(file.outside(), 0);
    file.check_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn t15_closing_stops_what_runs() {
    let file = File::new().await;
    let session = std::sync::Arc::new(file.db.session());
    let other = std::sync::Arc::clone(&session);
    let running = tokio::spawn(async move { run(&other, ENDLESS).await.map(drop) });
    tokio::time::sleep(Duration::from_millis(50)).await;
    running.abort();
    assert!(running.await.is_err());
    let session = std::sync::Arc::into_inner(session).expect("the only one left");
    session.close().await.expect("close");
    assert_eq!(file.db.status().in_use, 0);
    file.check_clean().await;
}
