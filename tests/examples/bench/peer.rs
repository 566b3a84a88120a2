//! Another program that measures the same work.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use sqlservice_host::Durability;

use crate::Result;

/// The variable with the URLs of the peer's databases, one a line; a command line would expose their passwords.
const DATABASES: &str = "SQLSERVICE_BENCH_PEERS";

/// The variable with the durability of the peer's commits on SQLite: `full` or `normal`.
const DURABILITY: &str = "SQLSERVICE_BENCH_DURABILITY";

pub struct Peer<'a> {
    program: &'a Path,
    script: &'a Path,
    url: String,
}

impl<'a> Peer<'a> {
    /// The peer for the database at a position, if there is a peer.
    pub fn of(command: &'a [PathBuf], position: usize) -> Result<Option<Self>> {
        let [program, script] = command else { return Ok(None) };
        let urls = std::env::var(DATABASES).unwrap_or_default();
        let url = urls.lines().nth(position).ok_or(format!("{DATABASES} has no line for each database"))?;
        Ok(Some(Self { program, script, url: url.to_owned() }))
    }

    /// Runs this many rounds of the peer; returns its output.
    pub fn measure(&self, rounds: usize, durability: Durability) -> Result<String> {
        eprintln!("the peer: {rounds} rounds of everything");
        let mut command = Command::new(self.program);
        command.env(DURABILITY, durability.to_string());
        let output = command.arg(self.script).arg(&self.url).arg(rounds.to_string()).output()?;
        if !output.status.success() {
            // Its output may contain its URL, which has a password.
            let said = String::from_utf8_lossy(&output.stderr).replace(&self.url, "URL");
            return Err(format!("the peer failed ({}):\n{said}", output.status).into());
        }
        Ok(String::from_utf8(output.stdout)?)
    }
}
