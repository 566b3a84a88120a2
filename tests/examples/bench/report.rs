//! What was measured: a line a result, and the ratios that count.

use std::{collections::BTreeMap, fmt::Write as _};

use serde_json::{Value, json};

use crate::Result;

/// Times in milliseconds by database, work, size and party.
#[derive(Default)]
pub struct Report(BTreeMap<(String, String, u64), BTreeMap<String, Vec<f64>>>);

impl Report {
    pub fn note(&mut self, party: &str, db: &str, work: &str, size: u32, milliseconds: f64) {
        let key = (db.to_owned(), work.to_owned(), size.into());
        self.0.entry(key).or_default().entry(party.to_owned()).or_default().push(milliseconds);
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
        for ((db, work, n), parties) in &self.0 {
            for (peer, times) in parties {
                let ms = (median(times) * 1e3).round() / 1e3;
                lines.push(json!({"peer": peer, "db": db, "work": work, "n": n, "ms": ms}).to_string());
            }
        }
        lines
    }

    /// How long the guest takes for one of what others take, by database and work.
    pub fn ratios(&self) -> Vec<(String, String, String, f64)> {
        let mut ratios = Vec::new();
        for ((db, work, _), parties) in &self.0 {
            let Some(guest) = parties.get("guest") else { continue };
            for (peer, times) in parties.iter().filter(|(peer, _)| *peer != "guest") {
                ratios.push((db.clone(), work.clone(), peer.clone(), median(guest) / median(times)));
            }
        }
        ratios
    }

    /// A table for people.
    pub fn table(&self) -> String {
        let mut text = String::from("database    work      party              each        guest takes\n");
        for ((db, work, n), parties) in &self.0 {
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

/// A time in a unit that people read.
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
