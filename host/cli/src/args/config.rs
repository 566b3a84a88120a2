//! The options for the configuration file: `sqlservice check`, and those of `run`.

use std::path::PathBuf;

use clap::Args;

use crate::{config, exit};

/// The tenant that `run` runs for.
#[derive(Args, Debug)]
#[command(next_help_heading = "Tenants of a configuration file")]
pub(crate) struct Configured {
    /// Run for a tenant of this file, which has the plugin's grants and limits; `sqlservice help check` shows one
    ///
    /// COMPONENT is then a name of its [plugins], or the path of such a component. Limits that the file does not set, also of time, are
    /// those for untrusted plugins.
    #[arg(long, value_name = "FILE", requires = "tenant", conflicts_with_all = GRANTS)]
    pub(crate) config: Option<PathBuf>,
    /// The tenant: a name of [tenants]
    #[arg(long, value_name = "NAME", requires = "config")]
    pub(crate) tenant: Option<String>,
}

/// The options whose settings the file has, so that they conflict with it.
const GRANTS: [&str; 17] = [
    "databases",
    "raw_sql",
    "no_schema_changes",
    "read",
    "write",
    "env",
    "timeout",
    "memory",
    "pool_size",
    "max_overflow",
    "pool_timeout",
    "pool_recycle",
    "pre_ping",
    "isolation",
    "durability",
    "statement_timeout",
    "lock_timeout",
];

const FORMAT: &str = "\
The file, all of it optional but for references:
  [databases.main]
  url = \"env:DATABASE_URL\"           # or \"file:PATH\", or \"sqlite:tenants/{tenant}.db\"
  pool-size = 5                      # and the other options that `run` has for connections
  [limits]                           # of each tenant; what is not said is safe
  call-time = \"30s\"
  [plugins.notes]
  component = \"notes.wasm\"
  [policies.notes.tables.notes]      # which columns, of which rows; else nothing
  read = { columns = [\"id\", \"text\"], where = \"tenant_id = :tenant\" }
  insert = { columns = [\"text\"], set = { tenant_id = \":tenant\" } }
  [tenants.acme]
  plugins = [\"notes\"]
  claims = { tenant = 7 }
  limits = { call-time = \"5s\" }
  [tenants.acme.databases.default]   # the name that plugins know
  database = \"main\"
  policy = \"notes\"                   # or tables = { a = [\"read\", \"insert\"] }, [\"a\", \"b\"]
  raw-sql = false                    # neither goes with a policy
  schema-changes = false             # or true; \"own\" drops only what it made
  [[tenants.acme.directories]]
  host = \"import\"
  guest = \"/import\"
  access = \"read\"
  [tenants.acme.env]
  TZ = \"UTC\"
Paths count from the file's directory. Sizes are 64M or 1G, times 500ms, 30s, 5m or 1h.";

const EXAMPLES: &str = "\
Examples:
  What may each tenant do, and what is unsafe about it:
    sqlservice check
  Before it is deployed, warnings are failures, and logins for SQL text are looked into:
    sqlservice check --config /etc/sqlservice.toml --strict --connect
  For scripts and editors:
    sqlservice check --json | jq '.warnings[].message'
    sqlservice check --schema > sqlservice.schema.json";

/// Check a configuration file, and describe in words what it allows
///
/// Reads the whole file and describes for each tenant which plugins it may run, which databases, tables, columns and rows they reach,
/// which columns the host fills, and which limits differ from the defaults. Then it warns of unsafe settings and of the limits of row
/// policies.
///
/// No plugin is run, and no database is connected to without --connect. A URL is never shown, only its origin and its server or file.
#[derive(Args, Debug)]
#[command(after_long_help = format!("{FORMAT}\n\n{EXAMPLES}\n\n{}", exit::HELP))]
pub(crate) struct Check {
    /// The configuration file
    #[arg(long, value_name = "FILE", default_value = config::FILE)]
    pub(crate) config: PathBuf,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
    /// Exit with 2 if there is a warning
    #[arg(long)]
    pub(crate) strict: bool,
    /// Connect to each database on which a tenant may send SQL text, and warn of what its login may do beyond that
    ///
    /// On a server the login is the only wall around SQL text. `run` refuses a tenant with SQL text whose login is dangerous (a
    /// superuser, files, privileged roles), and logs the other findings.
    #[arg(long)]
    pub(crate) connect: bool,
    /// Print the JSON schema of configuration files, and check none
    #[arg(long, conflicts_with_all = ["config", "json", "strict", "connect"])]
    pub(crate) schema: bool,
}

#[cfg(test)]
mod tests {
    use super::{FORMAT, config};

    #[test]
    fn the_file_that_help_shows_is_one() {
        let lines: Vec<&str> = FORMAT.lines().filter(|line| line.starts_with(' ')).collect();
        let config = config::read("help".to_owned(), "".into(), lines.join("\n").as_bytes()).expect("a file");
        assert!(config.tenants["acme"].databases["default"].policy.is_some());
    }
}
