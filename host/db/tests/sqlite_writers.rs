//! Many writers of one SQLite file: none gets the error that the database is locked.

mod support;

use std::time::{Duration, Instant};

use sqlservice_db::{Database, Error, RunOptions, Settings, TransactionOptions};
use sqlservice_sql::Scalar;
use support::{File, integer, run, run_with};

async fn read_then_write(db: Database, rounds: usize) -> usize {
    let mut failures = 0;
    for _ in 0..rounds {
        let session = db.begin(TransactionOptions::default()).await.expect("begin");
        let work = async {
            let count = integer(&run(&session, "select v from counter").await?);
            tokio::task::yield_now().await;
            let next = vec![Scalar::Integer(count + 1).into()];
            run_with(&session, "update counter set v = ?", next, RunOptions::default()).await?;
            session.commit().await
        };
        failures += usize::from(work.await.is_err());
    }
    failures
}

#[tokio::test(flavor = "multi_thread")]
async fn g09_t39_t43_eight_writers_lose_nothing() {
    let settings = Settings::default().lock_timeout(Duration::from_secs(30));
    let file = File::with(settings.clone());
    file.run("create table counter (v integer)").await;
    file.run("insert into counter values (0)").await;
    // Two pools, as for two tenants or two hosts that open the same file by different names.
    let other = file.again(settings);
    let writers: Vec<_> = (0..8)
        .map(|n| tokio::spawn(read_then_write(if n % 2 == 0 { file.db.clone() } else { other.clone() }, 50)))
        .collect();
    for writer in writers {
        assert_eq!(writer.await.expect("a writer"), 0);
    }
    let session = file.db.session();
    assert_eq!(integer(&run(&session, "select v from counter").await.expect("select")), 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn t65_a_reader_that_turns_to_writing_too_late_is_told_so() {
    let file = File::new().await;
    let reader = file.db.session();
    run(&reader, "select count(*) from t").await.expect("select");
    let writer = file.db.session();
    run(&writer, "insert into t values (1, 'a')").await.expect("readers keep no writer from writing");
    writer.commit().await.expect("commit");
    let late = run(&reader, "insert into t values (2, 'b')").await.map(drop);
    assert!(matches!(late, Err(Error::SerializationFailure(_))), "{late:?}");
    reader.rollback().await.expect("rollback");
    run(&reader, "insert into t values (2, 'b')").await.expect("again");
    reader.commit().await.expect("commit");
    assert_eq!(file.outside(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn t39_a_lock_that_is_not_free_in_time_is_a_typed_error() {
    let file = File::new().await;
    let db = file.again(Settings::default().lock_timeout(Duration::from_millis(100)));
    let holder = file.db.session();
    run(&holder, "insert into t values (1, 'a')").await.expect("insert");
    let waiting = db.session();
    let since = Instant::now();
    let late = run(&waiting, "insert into t values (2, 'b')").await.map(drop);
    assert!(matches!(late, Err(Error::LockNotAvailable(_))), "{late:?}");
    assert!((90..1000).contains(&since.elapsed().as_millis()), "{:?}", since.elapsed());
    waiting.rollback().await.expect("rollback");
    // Readers are not blocked.
    assert_eq!(integer(&run(&waiting, "select count(*) from t").await.expect("select")), 0);
    holder.commit().await.expect("commit");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_process_is_waited_for_too() {
    use sqlx::{Connection, Executor, sqlite::SqliteConnectOptions};
    let file = File::new().await;
    let options = SqliteConnectOptions::new().filename(file.dir.path().join("test.db"));
    let mut stranger = sqlx::SqliteConnection::connect_with(&options).await.expect("open");
    stranger.execute("begin immediate").await.expect("begin");
    let session = file.db.session();
    let (inserted, ()) = tokio::join!(run(&session, "insert into t values (1, 'a')"), async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        stranger.execute("commit").await.expect("commit");
    });
    inserted.expect("it waited");
    session.commit().await.expect("commit");
    stranger.execute("begin immediate").await.expect("begin");
    let options = RunOptions::default().timeout(Duration::from_millis(100));
    let late = run_with(&session, "insert into t values (2, 'b')", Vec::new(), options).await.map(drop);
    assert!(matches!(late, Err(Error::Timeout)), "{late:?}");
    drop(session);
    file.settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_writers_can_be_dropped() {
    let file = File::new().await;
    let holder = file.db.session();
    run(&holder, "insert into t values (1, 'a')").await.expect("insert");
    for micros in [0, 10, 100, 1000, 10_000] {
        let waiting = file.db.session();
        let done = support::drop_after(run(&waiting, "insert into t values (2, 'b')"), micros).await;
        assert!(done.is_none());
    }
    holder.commit().await.expect("commit");
    file.check_clean().await;
}
