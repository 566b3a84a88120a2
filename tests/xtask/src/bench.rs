//! The benchmark: the same work through a sandboxed guest and by programs without a sandbox, on one machine in one run.

use std::{fs, path::PathBuf, process::Command};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::{
    install,
    progress::{note, run, run_quietly, step},
    servers::Servers,
    workspace::{cargo, target},
};

/// The variable with the URLs of the databases to measure on, one a line; a command line would expose their passwords.
const DATABASES: &str = "SQLSERVICE_BENCH_DATABASES";
/// The same for the peer's databases.
const PEERS: &str = "SQLSERVICE_BENCH_PEERS";
/// The packages that the Python peer needs.
const PACKAGES: [&str; 6] = ["sqlservice==3.1.0", "sqlalchemy", "aiosqlite", "asyncpg", "asyncmy", "greenlet"];

/// The works to measure, and where.
#[derive(Debug, Args)]
pub struct Bench {
    /// Databases to measure on; SQLite in a temporary file and servers of our own where none is given
    #[arg(long = "db", value_name = "URL")]
    databases: Vec<String>,
    /// SQLite only: no servers are started
    #[arg(long, conflicts_with = "databases")]
    sqlite: bool,
    /// Work to do: read, point, built, bulk, load, flush, dirty, eager, ddl, cross, instance, call, open, crowd; all of it where none is given
    #[arg(long, value_name = "NAME")]
    work: Vec<String>,
    /// Rounds of each work; the median counts
    #[arg(long, value_name = "COUNT")]
    rounds: Option<u32>,
    /// Durability of commits on SQLite at a power loss, the same for all parties: full or normal
    #[arg(long, value_name = "WHICH", default_value = "full")]
    durability: String,
    /// A hundredth of the work, to see that it works
    #[arg(long)]
    quick: bool,
    /// The script of the peer from Python: it works in turn with the others and is compared with
    #[arg(long, value_name = "SCRIPT")]
    peers: Option<PathBuf>,
    /// Where to write a chart
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// JSON lines and no table
    #[arg(long)]
    json: bool,
}

/// Runs the benchmark.
pub fn bench(asked: &Bench) -> Result<()> {
    let program = step("build: the benchmark, optimised", || build(asked.quick))?;
    let mut urls = asked.databases.clone();
    // Kept to the end: dropping it ends the servers.
    let servers = if urls.is_empty() && !asked.sqlite {
        Some(step("servers: PostgreSQL and MariaDB", || {
            install::server_packages()?;
            Servers::start()
        })?)
    } else {
        None
    };
    let dir = target().join("bench");
    fs::create_dir_all(&dir)?;
    if urls.is_empty() {
        let file = dir.join("bench.db");
        for end in ["", "-wal", "-shm"] {
            fs::remove_file(dir.join(format!("bench.db{end}"))).ok();
        }
        fs::File::create(&file)?;
        urls.push(format!("sqlite://{}", file.display()));
        urls.extend(servers.iter().flat_map(|servers| [servers.postgres_url(), servers.mariadb_url()]));
    }
    let mut command = Command::new(program);
    command.env(DATABASES, urls.join("\n"));
    if let Some(script) = &asked.peers {
        let theirs = urls.iter().map(|url| peer_url(url)).collect::<Result<Vec<_>>>()?;
        command.env(PEERS, theirs.join("\n")).arg("--peer").arg(python()?).arg(script);
    }
    for work in &asked.work {
        command.args(["--work", work]);
    }
    if let Some(rounds) = asked.rounds {
        command.args(["--rounds", &rounds.to_string()]);
    }
    command.args(["--durability", &asked.durability]);
    for (flag, given) in [("--quick", asked.quick), ("--json", asked.json)] {
        if given {
            command.arg(flag);
        }
    }
    if let Some(file) = &asked.svg {
        command.arg("--svg").arg(file);
    }
    run(&mut command)
}

/// Builds the benchmark. A quick run is no real measurement, so it uses the tests' dev build.
fn build(quick: bool) -> Result<PathBuf> {
    install::guest_target()?;
    let mut command = cargo();
    command.args(["build", "--workspace", "--example", "bench"]);
    if !quick {
        command.arg("--release");
    }
    run(&mut command)?;
    Ok(target().join(if quick { "debug" } else { "release" }).join("examples/bench"))
}

/// Creates a virtual environment with the peer's packages, and returns its Python.
fn python() -> Result<PathBuf> {
    let home = target().join("tools/peers");
    let python = home.join("bin/python");
    if run_quietly(Command::new(&python).args(["-c", "import sqlservice, asyncmy"])).is_err() {
        note("not installed: the peer's Python packages");
        run_quietly(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&home))
            .context("Python 3 with its module `venv` is missing")?;
        run_quietly(Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args(PACKAGES))?;
    }
    Ok(python)
}

/// A URL in SQLAlchemy's form.
fn peer_url(url: &str) -> Result<String> {
    let (scheme, rest) = url.split_once(':').context("a URL has a scheme")?;
    Ok(match scheme {
        // A separate file, because the peer drops the tables.
        "sqlite" => format!("sqlite+aiosqlite:///{}.peer", rest.trim_start_matches("//")),
        "postgres" | "postgresql" => format!("postgresql+asyncpg:{rest}"),
        "mysql" | "mariadb" => format!("mysql+asyncmy:{rest}"),
        _ => bail!("the peer knows no databases of the kind {scheme}"),
    })
}
