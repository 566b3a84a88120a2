//! Measures how fast rows come out of SQLite: this crate's columns beside plain sqlx, and the time of a point query.
//!
//! `cargo run --release -p sqlservice-db --example rows`

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use futures::TryStreamExt;
use sqlservice_db::{Database, RunOptions, Session, Settings};
use sqlservice_sql::{
    Compiled, Operation, Scalar, Sql, Summary,
    compiled::{Output, Placeholder, ValueSource},
    schema::TypeKind,
};
use sqlx::{Connection, Row, SqliteConnection, sqlite::SqliteConnectOptions};

const ROWS: u32 = 100_000;
const ROUNDS: usize = 7;
const POINTS: u32 = 20_000;

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let path = std::env::temp_dir().join(format!("sqlservice-rows-{}.db", std::process::id()));
    let result = measure(&path).await;
    for suffix in ["", "-wal", "-shm"] {
        // What is left of an early failure may not be there.
        let _ = std::fs::remove_file(format!("{}{suffix}", path.display()));
    }
    result
}

async fn measure(path: &Path) -> Result<(), Failure> {
    let db = Database::new(&format!("sqlite://{}", path.display()), Settings::default())?;
    let session = db.session();
    fill(&session).await?;
    let mut plain = SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(path)).await?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(columns(&session).await?);
        theirs.push(rows(&mut plain).await?);
    }
    let per_row = |times: Vec<Duration>| best(times).as_nanos() / u128::from(ROWS);
    println!("{ROWS} rows x 6 columns: {} ns a row in columns, {} ns a row with sqlx", per_row(ours), per_row(theirs));
    let (ours, theirs) = (points(&session).await?, plain_points(&mut plain).await?);
    println!("a point query: {ours:?} in columns, {theirs:?} with sqlx");
    Ok(())
}

fn best(times: Vec<Duration>) -> Duration {
    times.into_iter().min().unwrap_or_default()
}

async fn fill(session: &Session) -> Result<(), sqlservice_db::Error> {
    let run = async |sql: String| session.execute_text(sql, Vec::new(), RunOptions::default()).await.map(drop);
    run("create table t (id integer primary key, a integer, b double, c text, d text, e integer)".into()).await?;
    run(format!(
        "insert into t with recursive n(i) as (select 1 union all select i + 1 from n limit {ROWS}) select i, i * 7, i / \
         3.0, 'name ' || i, 'somebody' || i || '@example.org', i % 2 from n"
    ))
    .await?;
    session.commit().await
}

/// The statement as the compiler would make it.
fn select(sql: &'static str, parameters: u32) -> Arc<Compiled> {
    let output =
        |name: &str, kind: TypeKind| Output { name: name.into(), ty: Some(kind.into()), nullable: Some(false) };
    Arc::new(Compiled {
        sql: Sql::fixed(sql),
        placeholders: (0..parameters)
            .map(|at| Placeholder { source: ValueSource::Parameter(at), kind: None, bounds: None })
            .collect(),
        outputs: [
            output("id", TypeKind::Int64),
            output("a", TypeKind::Int64),
            output("b", TypeKind::Float64),
            output("c", TypeKind::Text),
            output("d", TypeKind::Text),
            output("e", TypeKind::Boolean),
        ]
        .into(),
        parameters,
        writes: false,
        locks: false,
        clock: false,
        summary: Summary { operation: Operation::Select, tables: Arc::new([Arc::from("t")]) },
        conditions: Vec::new(),
    })
}

async fn columns(session: &Session) -> Result<Duration, Failure> {
    let since = Instant::now();
    let answer =
        session.execute(select("select id, a, b, c, d, e from t", 0), Vec::new(), RunOptions::default()).await?;
    let mut count = answer.first_batch.rows;
    if let Some(cursor) = answer.cursor {
        while let Some(batch) = cursor.next_batch(1024, 256 << 10).await? {
            count += batch.rows;
        }
    }
    let time = since.elapsed();
    if count != ROWS {
        return Err(format!("{count} rows instead of {ROWS}").into());
    }
    Ok(time)
}

async fn rows(connection: &mut SqliteConnection) -> Result<Duration, Failure> {
    let since = Instant::now();
    let mut count = 0;
    let mut bytes = 0;
    let mut rows = sqlx::query("select id, a, b, c, d, e from t").fetch(connection);
    while let Some(row) = rows.try_next().await? {
        let numbers = (row.get::<i64, _>(0), row.get::<i64, _>(1), row.get::<f64, _>(2), row.get::<bool, _>(5));
        std::hint::black_box(numbers);
        bytes += row.get::<String, _>(3).len() + row.get::<String, _>(4).len();
        count += 1;
    }
    std::hint::black_box(bytes);
    let time = since.elapsed();
    if count != ROWS {
        return Err(format!("{count} rows instead of {ROWS}").into());
    }
    Ok(time)
}

async fn points(session: &Session) -> Result<Duration, Failure> {
    let select = select("select id, a, b, c, d, e from t where id = ?", 1);
    let since = Instant::now();
    for id in 0..POINTS {
        let id = Scalar::Integer(i64::from(id % ROWS) + 1).into();
        let answer = session.execute(Arc::clone(&select), vec![id], RunOptions::default()).await?;
        if answer.first_batch.rows != 1 {
            return Err("a point query found no row".into());
        }
    }
    Ok(since.elapsed() / POINTS)
}

async fn plain_points(connection: &mut SqliteConnection) -> Result<Duration, Failure> {
    let since = Instant::now();
    for id in 0..POINTS {
        let query = sqlx::query("select id, a, b, c, d, e from t where id = ?").bind(i64::from(id % ROWS) + 1);
        std::hint::black_box(query.fetch_one(&mut *connection).await?.get::<i64, _>(0));
    }
    Ok(since.elapsed() / POINTS)
}
