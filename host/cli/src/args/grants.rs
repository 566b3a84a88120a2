//! The options of `run` for a plugin's grants and limits.

use std::{path::PathBuf, time::Duration};

use clap::Args;
use sqlservice_host::{Access, Durability, EngineLimits, Isolation, Settings, TenantLimits};

use crate::notation;

/// The plugin's grants.
#[derive(Args, Debug)]
#[command(next_help_heading = "What the plugin may use")]
pub(crate) struct Grants {
    /// A database and its name for the plugin [default name: default] (repeatable)
    ///
    /// URLs are sqlite:FILE, sqlite::memory:, postgresql://USER:PASSWORD@HOST/DATABASE, and mysql:// or mariadb:// likewise.
    /// env:VARIABLE takes the URL from an environment variable, where other users of the machine do not see its password.
    /// Without any, `default` is the SQLite file sqlservice.db in the working directory.
    // Not parsed by clap, whose errors would repeat the password.
    #[arg(short, long = "database", value_name = "[NAME=]URL")]
    pub(crate) databases: Vec<String>,
    /// Let it send SQL text, which can do whatever the database's login can; to the databases named, or to all
    #[arg(long, value_name = "NAME", num_args = 0..=1, require_equals = true, default_missing_value = "*")]
    pub(crate) raw_sql: Vec<String>,
    /// Let it neither create nor drop tables
    #[arg(long)]
    pub(crate) no_schema_changes: bool,
    /// A directory to read, and its path for the plugin [default: the same path] (repeatable)
    #[arg(long = "dir", value_name = "HOST[::GUEST]")]
    pub(crate) read: Vec<String>,
    /// A directory to read and write (repeatable)
    #[arg(long = "dir-rw", value_name = "HOST[::GUEST]")]
    pub(crate) write: Vec<String>,
    /// An environment variable; it sees none of this machine's (repeatable)
    #[arg(long, value_name = "NAME=VALUE", value_parser = variable)]
    pub(crate) env: Vec<(String, String)>,
}

/// A granted directory.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Directory {
    pub(crate) host: PathBuf,
    pub(crate) guest: String,
    pub(crate) access: Access,
}

impl Grants {
    /// Returns the directories, the readable ones first.
    pub(crate) fn directories(&self) -> impl Iterator<Item = Directory> {
        let read = self.read.iter().map(|text| directory(text, Access::Read));
        read.chain(self.write.iter().map(|text| directory(text, Access::Write)))
    }
}

fn directory(text: &str, access: Access) -> Directory {
    let (host, guest) = text.rsplit_once("::").unwrap_or((text, text));
    Directory { host: host.into(), guest: guest.to_owned(), access }
}

fn variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("an environment variable is given as NAME=VALUE".to_owned()),
    }
}

/// The plugin's limits.
#[derive(Args, Debug)]
#[command(next_help_heading = "Limits")]
pub(crate) struct Limits {
    /// How long the call may take: 500ms, 30s, 5m, 1h [default: no limit]
    #[arg(long, value_name = "TIME", value_parser = notation::duration)]
    pub(crate) timeout: Option<Duration>,
    /// How much memory it may have: 64M, 1G
    #[arg(long, value_name = "SIZE", value_parser = notation::size, default_value = "256M")]
    pub(crate) memory: usize,
}

impl Limits {
    /// The limits of the engine.
    pub(crate) fn engine(&self) -> EngineLimits {
        // One instance is called, and another one may return its models before.
        EngineLimits::default().memory(self.memory).instances(2)
    }

    /// The limits of the plugin that is run.
    pub(crate) fn tenant(&self) -> TenantLimits {
        // A plugin that is run by hand is stopped by hand: time is only limited on request.
        TenantLimits::trusted().memory(self.memory).call_time(self.timeout)
    }
}

/// The settings of connection pools.
#[derive(Args, Debug)]
#[command(next_help_heading = "Connections, of every database")]
pub(crate) struct Pool {
    /// Connections that are kept open
    #[arg(long, value_name = "NUMBER", default_value_t = Settings::default().pool_size)]
    pub(crate) pool_size: u32,
    /// Connections beyond those while all are taken
    #[arg(long, value_name = "NUMBER", default_value_t = Settings::default().max_overflow)]
    pub(crate) max_overflow: u32,
    /// How long to wait for a connection
    #[arg(long, value_name = "TIME", value_parser = notation::duration, default_value = "30s")]
    pub(crate) pool_timeout: Duration,
    /// The age at which a connection is replaced
    #[arg(long, value_name = "TIME", value_parser = notation::duration, default_value = "30m")]
    pub(crate) pool_recycle: Duration,
    /// Test each connection before it is used, and replace it where it was lost
    #[arg(long)]
    pub(crate) pre_ping: bool,
    /// How much transactions see of each other: read-committed, repeatable-read, serializable, autocommit, …
    #[arg(long, value_name = "LEVEL", value_parser = isolation, default_value = "default")]
    pub(crate) isolation: Isolation,
    /// What a commit to a SQLite file promises when the machine loses power: full, it is there; normal, the last ones may be
    /// lost, whole
    #[arg(long, value_name = "WHICH", value_parser = durability, default_value = "full")]
    pub(crate) durability: Durability,
    /// How long one statement may take
    #[arg(long, value_name = "TIME", value_parser = notation::duration)]
    pub(crate) statement_timeout: Option<Duration>,
    /// How long a statement waits for another's lock
    #[arg(long, value_name = "TIME", value_parser = notation::duration, default_value = "5s")]
    pub(crate) lock_timeout: Duration,
    /// Log statements on standard error, without their values
    #[arg(long)]
    pub(crate) echo: bool,
}

impl Pool {
    /// The settings of every database.
    pub(crate) fn settings(&self) -> Settings {
        Settings::default()
            .pool_size(self.pool_size)
            .max_overflow(self.max_overflow)
            .pool_timeout(self.pool_timeout)
            .pool_recycle(self.pool_recycle)
            .pool_pre_ping(self.pre_ping)
            .isolation_level(self.isolation)
            .durability(self.durability)
            .statement_timeout(self.statement_timeout)
            .lock_timeout(self.lock_timeout)
    }
}

fn isolation(text: &str) -> Result<Isolation, String> {
    text.parse::<Isolation>().map_err(|error| error.to_string())
}

fn durability(text: &str) -> Result<Durability, String> {
    text.parse::<Durability>().map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use sqlservice_host::Access;

    use super::{directory, variable};

    #[test]
    fn a_directory_has_its_own_path_unless_another_is_said() {
        let own = directory("/a/b", Access::Read);
        assert_eq!((own.host.to_str(), own.guest.as_str()), (Some("/a/b"), "/a/b"));
        let other = directory("/a::b::/data", Access::Write);
        assert_eq!((other.host.to_str(), other.guest.as_str()), (Some("/a::b"), "/data"));
    }

    #[test]
    fn a_variable_has_a_name() {
        assert_eq!(variable("A=b=c"), Ok(("A".to_owned(), "b=c".to_owned())));
        assert!(variable("A").is_err());
        assert!(variable("=x").is_err());
    }
}
