//! The kinds of work, the parties that do them, and their order.

use std::time::Instant;

use clap::ValueEnum;
use sqlservice_host::Durability;

use crate::{Result, crowd::Crowd, guest::Guest, native::Native, report::Report};

/// The kinds of work that are measured, with the names and sizes that the peers use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Work {
    /// One select of 100,000 rows × 6 columns, every value used
    Read,
    /// 5,000 selects by primary key, one session, one at a time, prepared
    Point,
    /// The same, the statement built anew for each
    Built,
    /// 10,000 rows inserted at once, one commit
    Bulk,
    /// 20,000 objects
    Load,
    /// 10,000 users with 2 devices each added, one commit
    Flush,
    /// 5,000 objects, each changed, one commit
    Dirty,
    /// 2,000 users with their devices
    Eager,
    /// 40 tables created, reflected and dropped
    Ddl,
    /// 5,000 commits of nothing: a call of the guest's that asks nothing of the database
    Cross,
    /// A new instance, one call, and its end
    Instance,
    /// A call of an instance that is there
    Call,
    /// A call that opens a database with two models and makes a session
    Open,
    /// 4,000 requests, 1, 8 and 64 at once: a call that opens its database and reads one row by its key
    Crowd,
}

impl Work {
    pub const ALL: [Self; 14] = [
        Self::Read,
        Self::Point,
        Self::Built,
        Self::Bulk,
        Self::Load,
        Self::Flush,
        Self::Dirty,
        Self::Eager,
        Self::Ddl,
        Self::Cross,
        Self::Instance,
        Self::Call,
        Self::Open,
        Self::Crowd,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Point => "point",
            Self::Built => "built",
            Self::Bulk => "bulk",
            Self::Load => "load",
            Self::Flush => "flush",
            Self::Dirty => "dirty",
            Self::Eager => "eager",
            Self::Ddl => "ddl",
            Self::Cross => "cross",
            Self::Instance => "instance",
            Self::Call => "call",
            Self::Open => "open",
            Self::Crowd => "crowd",
        }
    }
}

/// The size of each kind of work.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    pub rows: u32,
    pub points: u32,
    pub bulk: u32,
    pub load: u32,
    /// Users; each has two devices.
    pub flush: u32,
    pub dirty: u32,
    pub eager: u32,
    pub tables: u32,
    pub calls: u32,
    /// Requests of a crowd, at any concurrency.
    pub requests: u32,
}

impl Sizes {
    pub const WHOLE: Self = Self {
        rows: 100_000,
        points: 5_000,
        bulk: 10_000,
        load: 20_000,
        flush: 10_000,
        dirty: 5_000,
        eager: 2_000,
        tables: 40,
        calls: 1_000,
        requests: 4_000,
    };
    pub const QUICK: Self = Self {
        rows: 1_000,
        points: 50,
        bulk: 100,
        load: 200,
        flush: 100,
        dirty: 50,
        eager: 20,
        tables: 4,
        calls: 10,
        requests: 70,
    };

    fn of(self, work: Work) -> u32 {
        match work {
            Work::Read => self.rows,
            Work::Point | Work::Built | Work::Cross => self.points,
            Work::Bulk => self.bulk,
            Work::Load => self.load,
            Work::Flush => self.flush * 3,
            Work::Dirty => self.dirty,
            Work::Eager => self.eager,
            Work::Ddl => self.tables,
            Work::Instance | Work::Call | Work::Open => self.calls,
            Work::Crowd => self.requests,
        }
    }
}

/// Runs all work on one database, the parties in turn.
pub async fn run(
    url: &str,
    works: &[Work],
    sizes: Sizes,
    rounds: usize,
    chosen: &[String],
    durability: Durability,
    report: &mut Report,
) -> Result<()> {
    let db = kind(url);
    eprintln!("{db}: {} rows are prepared", sizes.rows);
    if db == "sqlite" {
        report.set_durability(durability);
    }
    let mut guest = Guest::new(url, durability).await?;
    guest.prepare(sizes.rows).await?;
    let mut native = Native::new(url, durability).await?;
    let asked = |party: &&str| chosen.is_empty() || chosen.iter().any(|chosen| chosen == party);
    for &work in works {
        if work == Work::Crowd {
            crowd(db, Crowd::new(url, sizes.rows, durability).await?, sizes, rounds, &asked, report).await?;
            continue;
        }
        for round in 1..=rounds {
            eprint!("\r{db}: {} {round}/{rounds}  ", work.name());
            let mut answers = Vec::new();
            for party in parties(work, db).into_iter().filter(asked) {
                let start = Instant::now();
                let answer = match party {
                    "guest" => guest.work(work, sizes).await?,
                    "sqlx" => native.sqlx(work, sizes).await?,
                    _ => native.rusqlite(work, sizes)?,
                };
                let time = start.elapsed();
                if matches!(work, Work::Bulk | Work::Flush) {
                    native.clean(sizes.rows).await?;
                }
                report.note(party, db, work.name(), sizes.of(work), time.as_secs_f64() * 1e3);
                answers.push((party, answer));
            }
            if let Some(window) = answers.windows(2).find(|pair| pair[0].1 != pair[1].1) {
                return Err(format!("{db} {}: the parties do not do the same: {window:?}", work.name()).into());
            }
        }
        eprintln!();
    }
    guest.end().await?;
    Ok(())
}

/// Runs concurrent requests, for one party after the other.
async fn crowd(
    db: &str,
    crowd: Crowd,
    sizes: Sizes,
    rounds: usize,
    asked: &impl Fn(&&str) -> bool,
    report: &mut Report,
) -> Result<()> {
    let parties: Vec<&str> = Crowd::PARTIES.into_iter().filter(asked).collect();
    for party in &parties {
        // Warms up: opens connections and creates what each plugin has once.
        crowd.measure(party, 64, sizes.requests.min(400)).await?;
    }
    for round in 1..=rounds {
        for at_once in [1, 8, 64] {
            eprint!("\r{db}: crowd {round}/{rounds}, {at_once} at once  ");
            let mut sums = Vec::new();
            for party in &parties {
                let (load, sum) = crowd.measure(party, at_once, sizes.requests).await?;
                report.note_load(party, db, at_once, load);
                sums.push((party, sum));
            }
            if let Some(window) = sums.windows(2).find(|pair| pair[0].1 != pair[1].1) {
                return Err(format!("{db} crowd: the parties do not do the same: {window:?}").into());
            }
        }
    }
    eprintln!();
    crowd.end().await;
    Ok(())
}

/// The parties that can do a kind of work.
fn parties(work: Work, db: &str) -> Vec<&'static str> {
    match (work, db) {
        (Work::Read | Work::Point | Work::Built | Work::Bulk, "sqlite") => vec!["guest", "sqlx", "rusqlite"],
        (Work::Read | Work::Point | Work::Built | Work::Bulk, _) => vec!["guest", "sqlx"],
        (Work::Load | Work::Flush | Work::Dirty | Work::Eager, "sqlite") => vec!["guest", "rusqlite"],
        // No other party can do these.
        _ => vec!["guest"],
    }
}

/// The kind of database.
pub fn kind(url: &str) -> &'static str {
    match url.split(':').next().unwrap_or_default() {
        "sqlite" => "sqlite",
        "mysql" => "mysql",
        "mariadb" => "mariadb",
        _ => "postgresql",
    }
}
