//! The file behind a database of SQLite's: how large it may become, and who has it for a moment.

mod support;

use std::time::{Duration, Instant};

use sqlservice_db::{Error, Settings};
use support::{File, run};

/// T-33: a file grows to what it may, and no further; what was there before is still there, and can be changed.
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
    // Another connection of another pool is told the same, and so is one that may have less than there is.
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

/// A file that another program has to itself for a moment, while it opens, recovers or closes it, is waited for.
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
