//! The file of an SQLite database: its size limit, and locks of other programs.

mod support;

use std::time::{Duration, Instant};

use sqlservice_db::{Database, Error, Settings};
use sqlservice_sql::Value;
use support::{File, run};

/// T-33: a file grows to its limit and no further; its earlier rows remain and can be changed.
#[tokio::test(flavor = "multi_thread")]
async fn t33_a_file_grows_no_larger_than_it_may() {
    const MOST: u64 = 1 << 20;
    let file = File::with(Settings::default().storage_bytes(MOST));
    file.run("create table t (id integer primary key, v blob)").await;
    let session = file.db.session();
    let mut rows = 0;
    let full = loop {
        match run(&session, "insert into t (v) values (randomblob(20000))").await {
            Ok(_) => session.commit().await.expect("committed"),
            Err(error) => break error,
        }
        rows += 1;
        assert!(rows < 100, "nothing refuses it");
    };
    assert!(matches!(&full, Error::Operational(said) if said.sqlstate.as_deref() == Some("53100")), "{full:?}");
    session.rollback().await.expect("rolled back");
    assert!((40..=52).contains(&rows), "{rows} rows");
    assert_eq!(file.count().await, rows);
    run(&session, "delete from t where id = 1").await.expect("deleted");
    run(&session, "insert into t (v) values (randomblob(15000))").await.expect("there is room again");
    session.commit().await.expect("committed");
    // Another pool gets the same error, and so does one whose limit is below the file's size.
    for (most, is_full) in [(MOST, true), (MOST / 4, true), (2 * MOST, false)] {
        let other = file.again(Settings::default().storage_bytes(most));
        let session = other.session();
        let inserted =
            run(&session, "insert into t (v) values (randomblob(200000))").await.map(|answer| answer.affected);
        assert_eq!(inserted.is_err(), is_full, "{most}: {inserted:?}");
        drop(session);
        other.close().await;
    }
    let size = std::fs::metadata(file.dir.path().join("test.db")).expect("the file").len();
    assert!(size <= MOST, "{size} bytes");
}

/// Opening waits for a file that another program has locked exclusively for a moment, as it does while it opens, recovers or closes it.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_occupied_is_opened_in_time() {
    let file = File::new().await;
    file.db.close().await;
    let occupy = || {
        let other = rusqlite::Connection::open(file.dir.path().join("test.db")).expect("opened");
        other.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; DELETE FROM t").expect("occupied");
        other
    };
    let count = async |lock_timeout| {
        let database = file.again(Settings::default().lock_timeout(lock_timeout));
        let session = database.session();
        let counted = run(&session, "select count(*) from t").await.map(|_| ());
        drop(session);
        database.close().await;
        counted
    };
    let other = occupy();
    let refused = count(Duration::from_millis(50)).await;
    assert!(refused.is_err(), "it is not waited for without an end");
    let began = Instant::now();
    let (counted, ()) = tokio::join!(count(Duration::from_secs(10)), async move {
        tokio::time::sleep(Duration::from_millis(300)).await;
        drop(other);
    });
    counted.expect("opened when the other one was gone");
    assert!(began.elapsed() >= Duration::from_millis(300));
}

/// However many files there are, only a limited number stays open idle: the most recently used.
#[tokio::test(flavor = "multi_thread")]
async fn files_that_nothing_uses_are_closed_the_oldest_first() {
    const KEPT: usize = 8;
    sqlservice_db::keep_idle_files(KEPT);
    let dir = tempfile::tempdir().expect("a directory");
    let open = |at: usize| {
        let url = format!("sqlite:{}", dir.path().join(format!("{at}.db")).display());
        Database::new(&url, Settings::default()).expect("a database")
    };
    let all: Vec<Database> = (0..40).map(open).collect();
    let idle = || all.iter().map(|database| database.status().idle as usize).sum::<usize>();
    for database in &all {
        for _ in 0..2 {
            database.ping().await.expect("it answers");
            // A file in constant use stays open.
            all[0].ping().await.expect("it answers");
        }
        assert!(idle() <= KEPT, "{} connections", idle());
    }
    assert_eq!((all[0].status().idle, all[1].status().idle, all[39].status().idle), (1, 0, 1));
    all[1].ping().await.expect("it is opened again");
    for database in &all {
        database.close().await;
    }
    assert_eq!(idle(), 0);
}

/// SQLite 3.51 turns `EXISTS` into a join and counts a row once a match. Once that bug is fixed, the `LIMIT` that `host/sql` writes can go.
#[tokio::test(flavor = "multi_thread")]
async fn an_offset_passes_over_rows_and_not_over_matches() {
    let file = File::new().await;
    file.run("create table a (id integer primary key, v int)").await;
    file.run("create table b (v int)").await;
    file.run("insert into a values (1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, 6)").await;
    file.run("insert into b values (1), (2), (3), (8), (9)").await;
    let session = file.db.session();
    let first = async |bound: &str| {
        let exists = format!("exists (select 1 from b where a.v <> b.v{bound})");
        let query = format!("select id from a where {exists} order by id limit 2 offset 3");
        let answer = run(&session, &query).await.expect("read");
        (0..answer.first_batch.rows as usize).map(|row| answer.first_batch.value(row, 0)).collect::<Vec<_>>()
    };
    let right: Vec<Value> = vec![4_i64.into(), 5_i64.into()];
    assert_eq!(first(" limit 1").await, right);
    assert_ne!(first("").await, right, "it is mended: leave the bound out");
}
