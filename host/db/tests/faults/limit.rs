//! SQLite in a process with a file size limit: writes fail in the middle of statements and commits, as on a full or broken disk. The
//! results of its commits are compared with the file's contents from outside of that process.

use std::{collections::BTreeMap, env, process::Command};

use sqlservice_db::{Database, Error, Session, Settings, TransactionOptions};

use crate::place::run;

/// The variable that gives the limited process the path of its file.
const FILE: &str = "SQLSERVICE_FAULT_FILE";
/// The file size limit, in blocks of 512 bytes.
const BLOCKS: u32 = 4_096;
/// The number of transactions, each of two rows of 100 KB; a fifth of them fits.
const TRANSACTIONS: i64 = 60;

/// Returns whether the commit succeeded. Panics where it failed with an SQLSTATE other than those of a full disk or an I/O error.
async fn insert(session: &Session, number: i64) -> bool {
    let work = async {
        session.begin(TransactionOptions::default()).await?;
        for id in [2 * number, 2 * number + 1] {
            run(session, &format!("insert into t values ({id}, hex(zeroblob(50000)))")).await?;
        }
        session.commit().await
    };
    let told = work.await;
    let state = match &told {
        Err(Error::Operational(said)) => said.sqlstate.clone(),
        Err(error) => panic!("{number}: {error:?}"),
        Ok(()) => return true,
    };
    assert!(matches!(state.as_deref(), Some("53100" | "58030")), "{number}: {told:?}");
    session.rollback().await.expect("a rollback makes the session usable");
    false
}

/// The work of the limited process.
async fn work(path: &str) {
    let db =
        Database::new(&format!("sqlite://{path}"), Settings::default().pool_size(1).max_overflow(0)).expect("a file");
    let session = db.session();
    run(&session, "create table t (id integer primary key, v text)").await.expect("a table");
    session.commit().await.expect("committed");
    for number in 1..=TRANSACTIONS {
        println!("told {number} {}", insert(&session, number).await);
    }
    session.close().await.expect("closed");
    assert_eq!(db.status().in_use, 0);
    let reader = db.session();
    run(&reader, "select count(*) from t").await.expect("it can still be read");
    drop(reader);
    db.close().await;
    println!("finished");
}

/// Runs the limited process, and returns whether each transaction's commit succeeded.
fn tell(path: &str) -> BTreeMap<i64, bool> {
    let own = env::current_exe().expect("this program");
    let script = format!("trap '' XFSZ; ulimit -f {BLOCKS}; exec \"$0\" \"$@\"");
    let mut command = Command::new("/bin/sh");
    command.args(["-c", &script]).arg(own).args([
        "--exact",
        "limit::t33_sqlite_in_a_process_with_a_limit",
        "--nocapture",
    ]);
    let output = command.env(FILE, path).output().expect("a process");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && said.contains("finished"), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let told = |line: &str| {
        let (number, told) = line.split_once("told ")?.1.split_once(' ')?;
        Some((number.parse().ok()?, told == "true"))
    };
    said.lines().filter_map(told).collect()
}

#[tokio::test]
async fn t33_sqlite_in_a_process_with_a_limit() {
    if let Ok(path) = env::var(FILE) {
        return work(&path).await;
    }
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("limited.db").display().to_string();
    let told = tell(&path);
    assert_eq!(told.len() as i64, TRANSACTIONS);
    assert!(told.values().any(|told| *told) && told.values().any(|told| !told), "the limit was not met: {told:?}");
    let db = Database::new(&format!("sqlite://{path}"), Settings::default()).expect("a file");
    let session = db.session();
    for (number, told) in told {
        let rows = run(&session, &format!("select id from t where id in ({}, {})", 2 * number, 2 * number + 1)).await;
        assert_eq!(rows.expect("rows").first_batch.rows, if told { 2 } else { 0 }, "transaction {number}");
    }
    let whole = run(&session, "select count(*) from t where length(v) <> 100000").await.expect("all rows can be read");
    assert_eq!(whole.first_batch.value(0, 0), sqlservice_sql::Scalar::Integer(0).into());
    drop(session);
    db.close().await;
}
