//! The measurements: a line a result, and the ratios that count.

use std::{collections::BTreeMap, fmt::Write as _, time::Duration};

use serde_json::{Value, json};
use sqlservice_host::Durability;

use crate::{Result, crowd::Load};

/// All measurements.
#[derive(Default)]
pub struct Report {
    /// Times in milliseconds by database, work, size and party.
    times: BTreeMap<(String, String, u64), BTreeMap<String, Vec<f64>>>,
    /// Loads by database, number of concurrent requests and party.
    loads: BTreeMap<(String, u32), BTreeMap<String, Vec<Load>>>,
    /// The durability of commits to SQLite, where it was measured.
    durability: Option<Durability>,
}

/// Parties whose connections to SQLite are opened here, all with one durability. A peer reports its own.
const OURS: [&str; 3] = ["guest", "sqlx", "rusqlite"];

/// The loads of all rounds together: the medians of their times, and percentiles of single requests.
struct Summary {
    requests: u32,
    /// Milliseconds of one round.
    time: f64,
    per_second: f64,
    /// Microseconds.
    half: f64,
    most: f64,
    /// Microseconds a request.
    processor: f64,
}

impl Summary {
    fn of(loads: &[Load]) -> Self {
        let requests = loads.first().map_or(0, |load| load.requests);
        let time = median(&loads.iter().map(|load| load.time.as_secs_f64() * 1e3).collect::<Vec<_>>());
        let processor = median(&loads.iter().map(|load| load.processor.as_secs_f64() * 1e6).collect::<Vec<_>>());
        let mut each: Vec<Duration> = loads.iter().flat_map(|load| load.each.iter().copied()).collect();
        each.sort_unstable();
        let at = |part: usize| each.get(each.len() * part / 100).map_or(f64::NAN, |time| time.as_secs_f64() * 1e6);
        let count = f64::from(requests);
        Self {
            requests,
            time,
            per_second: count / time * 1e3,
            half: at(50),
            most: at(99),
            processor: processor / count,
        }
    }
}

impl Report {
    pub fn note(&mut self, party: &str, db: &str, work: &str, size: u32, milliseconds: f64) {
        let key = (db.to_owned(), work.to_owned(), size.into());
        self.times.entry(key).or_default().entry(party.to_owned()).or_default().push(milliseconds);
    }

    /// Adds one party's load with this many concurrent requests.
    pub fn note_load(&mut self, party: &str, db: &str, at_once: u32, load: Load) {
        let of_db = self.loads.entry((db.to_owned(), at_once)).or_default();
        of_db.entry(party.to_owned()).or_default().push(load);
    }

    /// Sets the durability with which SQLite was measured.
    pub fn set_durability(&mut self, durability: Durability) {
        self.durability = Some(durability);
    }

    /// Reads the lines of another program.
    pub fn read(&mut self, lines: &str) -> Result<()> {
        for line in lines.lines().filter(|line| line.starts_with('{')) {
            let line: Value = serde_json::from_str(line)?;
            let text = |name: &str| line[name].as_str().ok_or(format!("a peer's line has no {name}"));
            let db = if text("db")? == "mysql" { "mariadb" } else { text("db")? };
            let size = line["n"].as_u64().and_then(|n| u32::try_from(n).ok()).ok_or("a peer's line has no n")?;
            self.note(text("peer")?, db, text("work")?, size, line["ms"].as_f64().ok_or("a peer's line has no ms")?);
        }
        Ok(())
    }

    /// One JSON line a result: the median of its rounds.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for ((db, work, n), parties) in &self.times {
            for (peer, times) in parties {
                let ms = (median(times) * 1e3).round() / 1e3;
                let mut line = json!({"peer": peer, "db": db, "work": work, "n": n, "ms": ms});
                if let Some(durability) = self.durability.filter(|_| db == "sqlite" && OURS.contains(&peer.as_str())) {
                    line["durability"] = durability.to_string().into();
                }
                lines.push(line.to_string());
            }
        }
        for ((db, at_once), parties) in &self.loads {
            for (party, loads) in parties {
                let load = Summary::of(loads);
                let [ms, processor, p50, p99] =
                    [load.time, load.processor, load.half, load.most].map(|number| (number * 1e3).round() / 1e3);
                let mut line = json!({
                    "peer": party, "db": db, "work": "crowd", "n": load.requests, "at_once": at_once, "ms": ms,
                    "per_second": load.per_second.round(), "p50_us": p50, "p99_us": p99, "processor_us": processor,
                });
                if let Some(durability) = self.durability.filter(|_| db == "sqlite") {
                    line["durability"] = durability.to_string().into();
                }
                lines.push(line.to_string());
            }
        }
        lines
    }

    /// The guest's time divided by each other party's, by database and work.
    pub fn ratios(&self) -> Vec<(String, String, String, f64)> {
        let mut ratios = Vec::new();
        for ((db, work, _), parties) in &self.times {
            let Some(guest) = parties.get("guest") else { continue };
            for (peer, times) in parties.iter().filter(|(peer, _)| *peer != "guest") {
                ratios.push((db.clone(), work.clone(), peer.clone(), median(guest) / median(times)));
            }
        }
        ratios
    }

    /// The results as readable tables.
    pub fn table(&self) -> String {
        let mut tables = Vec::new();
        if let Some(durability) = self.durability {
            tables.push(format!("SQLite's durability is {durability}, for {}\n", OURS.join(", ")));
        }
        if !self.times.is_empty() {
            tables.push(self.table_of_times());
        }
        if !self.loads.is_empty() {
            tables.push(self.table_of_loads());
        }
        tables.join("\n")
    }

    /// Requests a second, latency percentiles, and processor time, as a table.
    fn table_of_loads(&self) -> String {
        let mut text = String::from(
            "database    at once  party   a second  of sqlx's       p50        p99   processor  of sqlx's\n",
        );
        for ((db, at_once), parties) in &self.loads {
            let native = parties.get("sqlx").map(|loads| Summary::of(loads));
            for (party, loads) in parties.iter().rev() {
                let load = Summary::of(loads);
                let of_native = |this: f64, that: fn(&Summary) -> f64| {
                    let native = native.as_ref().filter(|_| party != "sqlx");
                    native.map(|native| format!("{:.2} ×", this / that(native))).unwrap_or_default()
                };
                let [rate, work] = [
                    of_native(load.per_second, |native| native.per_second),
                    of_native(load.processor, |native| native.processor),
                ];
                let [half, most, processor] = [load.half, load.most, load.processor].map(|us| shown(us * 1e3));
                let per_second = load.per_second;
                writeln!(
                    text,
                    "{db:<11} {at_once:>7}  {party:<6} {per_second:>9.0} {rate:>10} {half:>9} {most:>10} {processor:>11} {work:>10}"
                )
                .expect("a string");
            }
        }
        text
    }

    fn table_of_times(&self) -> String {
        let mut text = String::from("database    work      party              each        guest takes\n");
        for ((db, work, n), parties) in &self.times {
            let guest = parties.get("guest").map(|times| median(times));
            for (peer, times) in parties {
                let each = shown(median(times) * 1e6 / *n as f64);
                let ratio = guest.filter(|_| peer != "guest").map(|guest| format!("{:.2} ×", guest / median(times)));
                let ratio = ratio.unwrap_or_default();
                writeln!(text, "{db:<11} {work:<9} {peer:<18} {each:>10}  {ratio:>8}").expect("a string");
            }
        }
        text
    }
}

/// A time in a readable unit.
fn shown(nanoseconds: f64) -> String {
    match nanoseconds {
        ns if ns < 1e4 => format!("{ns:.0} ns"),
        ns if ns < 1e7 => format!("{:.1} µs", ns / 1e3),
        ns => format!("{:.1} ms", ns / 1e6),
    }
}

fn median(times: &[f64]) -> f64 {
    let mut times = times.to_vec();
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
}
