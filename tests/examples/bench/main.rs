//! Measures what the sandbox costs: the same work through a guest, natively through sqlx, and for SQLite through rusqlite,
//! in turn in one run. Run it by `cargo xtask bench`.
//!
//! The results of all parties are compared in every round: a party that does less is wrong, not fast.

mod chart;
mod crowd;
mod guest;
mod native;
mod peer;
mod pool;
mod report;
mod work;

use std::{error::Error, path::PathBuf, process::ExitCode};

use clap::Parser;
use sqlservice_host::Durability;

use crate::{
    peer::Peer,
    report::Report,
    work::{Sizes, Work},
};

/// The number of rounds in one turn. The first round of each turn is slower, for every party.
const TURN: usize = 4;

/// A result of the benchmark.
pub type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Measures the same work through a guest and natively, in turn in one run.
#[derive(Debug, Parser)]
struct Args {
    /// Databases to measure on; those of SQLSERVICE_BENCH_DATABASES, one a line, or a temporary SQLite file where none is
    /// given
    #[arg(long = "db", value_name = "URL")]
    urls: Vec<String>,
    /// Work to do; all of it where none is given
    #[arg(long, value_name = "NAME")]
    work: Vec<Work>,
    /// Parties to measure, for instance only `guest` (or `fresh`, in a crowd) under a profiler; all of them where none is given
    #[arg(long = "party", value_name = "NAME")]
    parties: Vec<String>,
    /// Durability of commits on SQLite at a power loss, the same for all parties: full or normal. Peers get it
    /// as SQLSERVICE_BENCH_DURABILITY
    #[arg(long, value_name = "WHICH", default_value = "full")]
    durability: Durability,
    /// Rounds of each work; the median counts
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// A hundredth of the work, to see that it works
    #[arg(long)]
    quick: bool,
    /// A program that measures the same and prints lines of the same form, in turn with the others. It gets a database's URL and
    /// a number of rounds; the URLs are those of SQLSERVICE_BENCH_PEERS, one a line for each database
    #[arg(long, num_args = 2, value_names = ["PROGRAM", "SCRIPT"])]
    peer: Vec<PathBuf>,
    /// Where to write a chart
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// JSON lines and no table
    #[arg(long)]
    json: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    // All parties run as servers do: in a task, not on the thread that blocks on it.
    match tokio::spawn(measure(Args::parse())).await.unwrap_or_else(|error| Err(error.into())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn measure(args: Args) -> Result<()> {
    let dir = tempfile::tempdir()?;
    let mut urls = args.urls.clone();
    if urls.is_empty() {
        let named = std::env::var("SQLSERVICE_BENCH_DATABASES").unwrap_or_default();
        urls.extend(named.lines().map(str::to_owned));
    }
    if urls.is_empty() {
        let file = dir.path().join("bench.db");
        std::fs::File::create(&file)?;
        urls.push(format!("sqlite://{}", file.display()));
    }
    let works = if args.work.is_empty() { Work::ALL.to_vec() } else { args.work.clone() };
    let sizes = if args.quick { Sizes::QUICK } else { Sizes::WHOLE };
    let mut report = Report::default();
    for (position, url) in urls.iter().enumerate() {
        let peer = Peer::of(&args.peer, position)?;
        let mut left = args.rounds;
        while left > 0 {
            // The peer's rounds alternate with the others, so that all run under the same conditions.
            let rounds = if peer.is_some() { left.min(TURN) } else { left };
            if let Some(peer) = &peer {
                report.read(&peer.measure(rounds, args.durability)?)?;
            }
            work::run(url, &works, sizes, rounds, &args.parties, args.durability, &mut report).await?;
            left -= rounds;
        }
    }
    for line in report.lines() {
        println!("{line}");
    }
    if !args.json {
        print!("\n{}", report.table());
    }
    if let Some(path) = &args.svg {
        std::fs::write(path, chart::svg(&report))?;
    }
    Ok(())
}
