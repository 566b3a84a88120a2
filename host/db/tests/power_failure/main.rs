//! Power failures of an SQLite file: after every event of a workload all unsynced data is lost, kept or torn, and the remaining files are
//! opened.
//!
//! This is a test binary of its own, since its VFS becomes the default of all connections.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a connection of the test's own, which knows nothing of our code"
)]

mod disk;
mod vfs;

use std::{
    collections::{BTreeMap, HashSet},
    fs,
    path::{Path, PathBuf},
};

use disk::{Dice, Disk, Keep};
use sqlservice_db::{Database, Durability, Isolation, Result, RunOptions, Session, Settings, TransactionOptions};
use sqlx::{
    AssertSqlSafe, Connection, Executor, Row, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteRow, SqliteSynchronous},
};
use vfs::{Event, Log};

/// The number of transactions of the workload; the first creates the tables.
const TRANSACTIONS: usize = 90;
/// The number of transactions after which the database is closed and opened again.
const LIFE: usize = 70;
/// The number of last transactions whose rows of `item` are kept.
const KEPT: usize = 6;

#[tokio::test]
async fn c22_full_keeps_every_acknowledged_commit() {
    for page_size in [None, Some(512)] {
        let seen = fail_everywhere(Durability::Full, page_size).await;
        assert_eq!(seen.lost, 0);
        seen.check_coverage(page_size);
    }
}

#[tokio::test]
async fn c22_normal_loses_whole_transactions_at_most() {
    for page_size in [None, Some(512)] {
        let seen = fail_everywhere(Durability::Normal, page_size).await;
        // Without lost commits the test would not show that it detects missing syncs.
        assert!(seen.lost > 100, "{seen:?}");
        seen.check_coverage(page_size);
    }
}

#[tokio::test]
async fn c22_full_is_what_holds_where_nothing_is_said() {
    assert_eq!(Settings::default().durability, Durability::Full);
    assert_eq!("Normal".parse::<Durability>().expect("a durability"), Durability::Normal);
    assert!("off".parse::<Durability>().is_err());
}

/// The results of a run.
#[derive(Debug, Default)]
struct Seen {
    /// How often the remaining files were opened.
    opened: usize,
    /// The number of power failures after which an acknowledged transaction was missing.
    lost: usize,
    /// How often a WAL was started, after it was opened or from its beginning again.
    logs: usize,
}

impl Seen {
    fn check_coverage(&self, page_size: Option<u32>) {
        assert!(self.opened > 1_000, "{self:?}");
        let lives = TRANSACTIONS.div_ceil(LIFE);
        assert!(self.logs > lives || (page_size.is_none() && self.logs == lives), "{self:?}");
    }
}

/// Runs the workload, then simulates a power failure after each recorded event.
async fn fail_everywhere(durability: Durability, page_size: Option<u32>) -> Seen {
    let dir = tempfile::tempdir().expect("a folder");
    let log = vfs::watch(dir.path());
    if let Some(size) = page_size {
        // A thousand small pages are written soon, and then SQLite restarts its WAL.
        let mut plain = open(&dir.path().join("test.db"), None).await;
        run_plain(&mut plain, &format!("pragma page_size = {size}; create table t (x); drop table t")).await;
        plain.close().await.expect("close");
    }
    work(dir.path(), durability, &log).await;
    let events = std::mem::take(&mut *log.lock().expect("events"));
    let mut seen = Seen::default();
    let folder = tempfile::tempdir().expect("a folder");
    let mut disk = Disk::default();
    let (mut begun, mut acknowledged) = (0, 0);
    let mut logs = HashSet::new();
    let mut synced_state = 0;
    for (at, event) in events.iter().enumerate() {
        match event {
            Event::Begun => begun += 1,
            Event::Acknowledged => acknowledged = begun,
            _ => disk.apply(event),
        }
        match event {
            Event::Open { file, path, .. } if path.to_string_lossy().ends_with("-wal") => _ = logs.insert(*file),
            Event::Write { file, offset: 0, .. } if logs.contains(file) => seen.logs += 1,
            _ => {}
        }
        let mut states = vec![synced_state];
        let mut keeps = Vec::new();
        if disk.has_unsynced() {
            keeps.push(Keep::Some(Dice(at as u64)));
        }
        if matches!(event, Event::Sync { .. } | Event::Delete { .. }) {
            keeps.push(Keep::Nothing);
        }
        if at % 8 == 0 {
            keeps.push(Keep::Everything);
        }
        for keep in keeps {
            let is_synced = matches!(keep, Keep::Nothing);
            let state = read(folder.path(), &disk.left(keep)).await;
            seen.opened += 1;
            if is_synced {
                synced_state = state;
            }
            states.push(state);
        }
        for state in states {
            assert!(state <= begun, "event {at} of {}: transaction {state} was never begun", events.len());
            if state < acknowledged {
                let what = format!("event {at} of {}: {state} of {acknowledged} acknowledged", events.len());
                assert_eq!(durability, Durability::Normal, "{what} transactions are left");
                seen.lost += 1;
            }
        }
    }
    assert_eq!((begun, acknowledged), (TRANSACTIONS, TRANSACTIONS));
    seen
}

/// The workload: transactions of all kinds in sequence, some rolled back in between, readers that keep SQLite from restarting its WAL, and
/// a database that is closed and opened again.
async fn work(folder: &Path, durability: Durability, log: &Log) {
    let note = |event| log.lock().expect("events").push(event);
    let url = format!("sqlite://{}/test.db", folder.display());
    let settings = Settings::default().durability(durability);
    let mut db = Database::new(&url, settings.clone()).expect("a database");
    let mut reader = None;
    for number in 1..=TRANSACTIONS {
        note(Event::Begun);
        transaction(&db, number).await.expect("a transaction");
        note(Event::Acknowledged);
        match number % 13 {
            3 => {
                let session = db.session();
                run(&session, "select count(*) from item").await.expect("a reader");
                reader = Some(session);
            }
            8 => reader = None,
            _ => {}
        }
        if number.is_multiple_of(LIFE) {
            reader = None;
            db.close().await;
            db = Database::new(&url, settings.clone()).expect("a database");
        }
    }
    drop(reader);
    db.close().await;
}

/// Runs one transaction, which is acknowledged when this returns.
async fn transaction(db: &Database, number: usize) -> Result<()> {
    if number == 1 {
        return create(db).await;
    }
    let count = format!("insert into log values ({number})");
    if rows(number) == 0 {
        let session = db.connect().await?;
        session.set_isolation(Isolation::Autocommit).await?;
        run(&session, &count).await?;
        return session.close().await;
    }
    let session = db.begin(TransactionOptions::default()).await?;
    for row in 0..rows(number) {
        let length = length(number, row);
        run(&session, &format!("insert into item values ({number}, {row}, hex(zeroblob({length})))")).await?;
    }
    let savepoint = session.begin_nested().await?;
    run(&session, "update item set v = 'never'").await?;
    savepoint.rollback().await?;
    run(&session, &count).await?;
    run(&session, &format!("delete from item where k <= {}", number.saturating_sub(KEPT))).await?;
    session.commit().await?;
    if number.is_multiple_of(5) {
        let session = db.session();
        run(&session, "update total set n = 0").await?;
        run(&session, "delete from item").await?;
        session.rollback().await?;
    }
    Ok(())
}

async fn create(db: &Database) -> Result<()> {
    let session = db.begin(TransactionOptions::default()).await?;
    for sql in [
        "create table log (k integer primary key)",
        "create table item (k integer, i integer, v text, primary key (k, i))",
        "create table total (n integer)",
        "insert into total values (1)",
        "create trigger count after insert on log begin update total set n = n + 1; end",
    ] {
        run(&session, sql).await?;
    }
    session.commit().await
}

async fn run(session: &Session, sql: &str) -> Result<()> {
    session.execute_text(sql.to_owned(), Vec::new(), RunOptions::default()).await.map(drop)
}

/// The number of rows of `item` that a transaction inserts.
fn rows(number: usize) -> usize {
    number % 4
}

/// Half of the length of a row's text.
fn length(number: usize, row: usize) -> usize {
    if number % 17 == 1 && number > 17 { 20_000 } else { 20 + (number * 37 + row * 211) % 400 }
}

/// The expected contents after `number` transactions: the highest key and the count of `log`, `total`, the rows of `item`, their bytes.
fn expected(number: usize) -> [usize; 5] {
    let kept = (2..=number)
        .rev()
        .take_while(|of| of + KEPT > last_that_deletes(number))
        .flat_map(|of| (0..rows(of)).map(move |row| 2 * length(of, row)));
    let (items, bytes) = kept.fold((0, 0), |(items, bytes), length| (items + 1, bytes + length));
    let highest = if number > 1 { number } else { 0 };
    [highest, number - 1, number, items, bytes]
}

/// The last transaction that deleted old rows.
fn last_that_deletes(number: usize) -> usize {
    (2..=number).rev().find(|number| rows(*number) > 0).unwrap_or(0)
}

/// Returns the number of transactions in the files. Fails where one is there in part, or a file is corrupt.
async fn read(scratch: &Path, left: &BTreeMap<PathBuf, Vec<u8>>) -> usize {
    for name in ["test.db", "test.db-wal", "test.db-journal", "test.db-shm"] {
        // Most of these files do not exist.
        let _ = fs::remove_file(scratch.join(name));
    }
    for (path, bytes) in left {
        fs::write(scratch.join(path.file_name().expect("a name")), bytes).expect("a file");
    }
    let mut connection = open(&scratch.join("test.db"), Some("unix")).await;
    let checked: String = value(&mut connection, "pragma integrity_check").await.get(0);
    assert_eq!(checked, "ok");
    let tables = "select count(*) from sqlite_schema where name in ('log', 'item', 'total', 'count')";
    let tables: i64 = value(&mut connection, tables).await.get(0);
    let state = if tables == 0 {
        0
    } else {
        assert_eq!(tables, 4);
        let counts = "select (select coalesce(max(k), 0) from log), (select count(*) from log), (select n from total), \
                      (select count(*) from item), (select coalesce(sum(length(v)), 0) from item)";
        let row = value(&mut connection, counts).await;
        let found = [0, 1, 2, 3, 4].map(|at| usize::try_from(row.get::<i64, _>(at)).expect("a count"));
        assert_eq!(found, expected(found[2]), "a transaction is there in part");
        found[2]
    };
    connection.close().await.expect("close");
    state
}

async fn open(path: &Path, vfs: Option<&'static str>) -> SqliteConnection {
    let mut options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    if let Some(vfs) = vfs {
        // Changes of the remaining files need not be durable.
        options = options.vfs(vfs).synchronous(SqliteSynchronous::Off);
    }
    SqliteConnection::connect_with(&options).await.expect("what is left can be opened")
}

async fn value(connection: &mut SqliteConnection, sql: &'static str) -> SqliteRow {
    sqlx::query(sql).fetch_one(connection).await.expect(sql)
}

async fn run_plain(connection: &mut SqliteConnection, sql: &str) {
    connection.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await.expect("SQL");
}
