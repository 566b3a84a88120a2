//! Measures how long a row takes from the database to a program: through a sandboxed guest and natively through sqlx.
//!
//! `cargo run --release -p sqlservice-tests --example read_rows [URL…]` reads 100,000 rows × 6 columns, both ways in turn,
//! and prints the median nanoseconds a row and their ratio. Without a URL it measures SQLite in a temporary file.

use std::{error::Error, time::Instant};

use futures::TryStreamExt as _;
use sqlservice_host::{Grant, Host, Settings, Val};
use sqlx::{Connection as _, Row as _};

const ROWS: u32 = 100_000;
const ROUNDS: usize = 11;
const QUERY: &str = "SELECT id, name, email, score, active, created FROM users";

type Result<T> = std::result::Result<T, Box<dyn Error>>;

#[tokio::main]
async fn main() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let mut urls: Vec<String> = std::env::args().skip(1).collect();
    if urls.is_empty() {
        let file = dir.path().join("rows.db");
        std::fs::File::create(&file)?;
        urls.push(format!("sqlite://{}", file.display()));
    }
    for url in &urls {
        measure(url).await?;
    }
    Ok(())
}

async fn measure(url: &str) -> Result<()> {
    let grant = Grant::open(url, Settings::default())?;
    let host = Host::builder().database("default", grant).build()?;
    let plugin = host.load_file(sqlservice_tests::component::GUEST_READER)?;
    let mut instance = plugin.instantiate().await?;
    instance.call("prepare", &[Val::U32(ROWS)]).await?;
    let (mut guest, mut native) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let read = instance.call("read", &[]).await?;
        guest.push(start.elapsed().as_nanos() as u64 / u64::from(ROWS));
        let read = format!("{read:?}");
        let (sum, nanoseconds) = natively(url).await?;
        native.push(nanoseconds / u64::from(ROWS));
        // Both read the same: the guest's answer holds the native sum.
        if !read.contains(&sum.to_string()) {
            return Err(format!("the guest read {read}, the program {sum}").into());
        }
    }
    let (guest, native) = (median(&mut guest), median(&mut native));
    let kind = url.split(':').next().unwrap_or_default();
    println!(
        "{kind}: guest {guest} ns a row, native sqlx {native} ns a row, ratio {:.2}",
        guest as f64 / native as f64
    );
    Ok(())
}

fn median(times: &mut [u64]) -> u64 {
    times.sort_unstable();
    times[times.len() / 2]
}

/// What each driver's rows have in common for this query, written once.
macro_rules! sum {
    ($connection:ty, $url:expr) => {{
        let mut connection = <$connection>::connect($url).await?;
        let start = Instant::now();
        let mut rows = sqlx::query(QUERY).fetch(&mut connection);
        let mut sum = 0_i64;
        while let Some(row) = rows.try_next().await? {
            let (id, name, email): (i64, String, Option<String>) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            let (score, active, created): (f64, bool, i64) = (row.try_get(3)?, row.try_get(4)?, row.try_get(5)?);
            let texts = name.len() + email.as_deref().map_or(0, str::len);
            sum = sum.wrapping_add(id + texts as i64 + score as i64 + i64::from(active) + created);
        }
        drop(rows);
        let nanoseconds = start.elapsed().as_nanos() as u64;
        connection.close().await?;
        (sum, nanoseconds)
    }};
}

/// The sum of all values and the nanoseconds of the query alone; the connection is open before.
async fn natively(url: &str) -> Result<(i64, u64)> {
    Ok(match url.split(':').next().unwrap_or_default() {
        "sqlite" => sum!(sqlx::SqliteConnection, url),
        "mysql" => sum!(sqlx::MySqlConnection, url),
        "mariadb" => sum!(sqlx::MySqlConnection, &url.replacen("mariadb", "mysql", 1)),
        _ => sum!(sqlx::PgConnection, url),
    })
}
