//! PostgreSQL: found in Debian's directories or PATH, initialised by initdb with one superuser.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Stdio},
};

use anyhow::{Context, Result};

use super::{Home, Kind, PASSWORD, USER, find_programs, path_directories};
use crate::progress::run_quietly;

#[derive(Debug)]
pub(super) struct Postgres {
    programs: PathBuf,
}

impl Postgres {
    pub(super) fn find() -> Result<Self> {
        // Debian keeps the versions side by side and the server's programs out of PATH.
        let mut versions: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
            .collect();
        versions.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
        let candidates = versions.into_iter().map(|(_, path)| path).chain(path_directories());
        let programs = find_programs(candidates, &["initdb", "postgres", "pg_isready"]).context(
            "PostgreSQL's server programs (initdb, postgres) are not installed; Debian's package is `postgresql`",
        )?;
        Ok(Self { programs })
    }
}

impl Kind for Postgres {
    const NAME: &'static str = "PostgreSQL";
    const OWNER: &'static str = "postgres";
    const SIGNAL: &'static str = "QUIT";
    const PID_FILE: &'static str = "postmaster.pid";

    fn initialise(&self, home: &Home) -> Result<()> {
        let password = home.write("password", PASSWORD)?;
        let mut command = home.command(self.programs.join("initdb"));
        command
            .args(["--no-sync", "--no-locale", "--encoding=UTF8", "--auth=scram-sha-256", "--username", USER])
            .arg("--pwfile")
            .arg(password)
            .arg("--pgdata")
            .arg(home.path.join("data"));
        run_quietly(&mut command).map(drop)
    }

    fn serve(&self, home: &Home, port: u16) -> Command {
        let mut command = home.command(self.programs.join("postgres"));
        command.arg("-D").arg(home.path.join("data")).arg("-k").arg(&home.path);
        command.args(["-h", "127.0.0.1", "-p", &port.to_string()]);
        for setting in [
            "fsync=off",
            "synchronous_commit=off",
            "full_page_writes=off",
            "autovacuum=off",
            "max_connections=300",
            "shared_buffers=32MB",
            "timezone=UTC",
        ] {
            command.args(["-c", setting]);
        }
        command
    }

    fn answers(&self, home: &Home, port: u16) -> bool {
        let mut command = home.command(self.programs.join("pg_isready"));
        command.args(["-q", "-h", "127.0.0.1", "-p", &port.to_string()]);
        command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    }
}
