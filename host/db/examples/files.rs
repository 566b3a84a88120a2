//! Measures many tenants with a SQLite file each, all used at random: memory, file descriptors, connections, and the time of a point
//! query, its session and, where the file was closed meanwhile, opening it included.
//!
//! `cargo run --release -p sqlservice-db --example files -- 10000 100000`

mod notes;

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use notes::{Failure, ROWS, Random, insert, memory, quantiles, select, table};
use sqlservice_db::{Database, RunOptions, Settings};
use sqlservice_sql::{Compiled, Dialect};

/// How many use the tenants' databases at the same time.
const WORKERS: usize = 8;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<usize>());
    let tenants = arguments.next().transpose()?.unwrap_or(1_000);
    let points = arguments.next().transpose()?.unwrap_or(20_000);
    let directory = std::env::temp_dir().join(format!("sqlservice-files-{}", std::process::id()));
    std::fs::create_dir(&directory)?;
    let result = measure(&directory, tenants, points).await;
    std::fs::remove_dir_all(&directory)?;
    result
}

async fn measure(directory: &Path, tenants: usize, points: usize) -> Result<(), Failure> {
    let began = Instant::now();
    let mut databases = Vec::with_capacity(tenants);
    for number in 0..tenants {
        databases.push(fill(&directory.join(format!("{number}.db"))).await?);
    }
    let made = began.elapsed();
    println!("{tenants} files made and filled with {ROWS} rows each in {made:.1?}");
    println!("  now {} descriptors, {} idle connections, {}", descriptors()?, idle(&databases), memory()?);
    let databases = Arc::new(databases);
    let query = Arc::new(select(Dialect::Sqlite)?);
    let began = Instant::now();
    let workers: Vec<_> = (0..WORKERS)
        .map(|seed| tokio::spawn(work(Arc::clone(&databases), Arc::clone(&query), seed as u64 + 1, points / WORKERS)))
        .collect();
    let mut times = Vec::with_capacity(points);
    for worker in workers {
        times.extend(worker.await??);
    }
    let took = began.elapsed();
    println!("{} point queries of random tenants by {WORKERS} at once in {took:.1?}", times.len());
    println!("  {}", quantiles(times));
    println!("  now {} descriptors, {} idle connections, {}", descriptors()?, idle(&databases), memory()?);
    Ok(())
}

async fn work(
    databases: Arc<Vec<Database>>,
    query: Arc<Compiled>,
    seed: u64,
    points: usize,
) -> Result<Vec<Duration>, Failure> {
    let mut times = Vec::with_capacity(points);
    let mut random = Random(seed);
    for _ in 0..points {
        let at = random.below(databases.len());
        let Some(database) = databases.get(at) else { continue };
        let key = i64::try_from(random.below(usize::try_from(ROWS)?))?;
        let began = Instant::now();
        let session = database.session();
        let answer = session.execute(Arc::clone(&query), vec![key.into()], RunOptions::default()).await?;
        session.rollback().await?;
        drop(session);
        times.push(began.elapsed());
        assert_eq!(answer.first_batch.rows, 1, "row {key} of tenant {at}");
    }
    Ok(times)
}

async fn fill(path: &Path) -> Result<Database, Failure> {
    let database = Database::new(&format!("sqlite://{}", path.display()), Settings::default().pool_size(1))?;
    database.create_all(vec![table()], true).await?;
    let session = database.session();
    session.execute(Arc::new(insert(Dialect::Sqlite)?), Vec::new(), RunOptions::default()).await?;
    session.commit().await?;
    Ok(database)
}

fn idle(databases: &[Database]) -> u32 {
    databases.iter().map(|database| database.status().idle).sum()
}

fn descriptors() -> Result<usize, Failure> {
    Ok(std::fs::read_dir("/proc/self/fd")?.count())
}
