//! The command line of `sqlservice tenant`, which makes and checks the login or file that isolates a tenant.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::{config, exit};

/// Create and check a tenant's own login, database or file
#[derive(Args, Debug)]
#[command(subcommand_required = true, arg_required_else_help = true, after_long_help = exit::HELP)]
pub(crate) struct Tenant {
    #[command(subcommand)]
    pub(crate) command: TenantCommand,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub(crate) enum TenantCommand {
    Add(TenantAdd),
    Check(TenantCheck),
}

impl TenantCommand {
    /// Whether the output is a JSON document.
    pub(crate) fn speaks_json(&self) -> bool {
        match self {
            Self::Add(add) => add.json,
            Self::Check(check) => check.json,
        }
    }
}

/// The means of isolating a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// A login with a schema of its own on PostgreSQL, with a database of its own on MySQL and MariaDB
    Schema,
    /// A login alone, on PostgreSQL; what it may use is granted by you
    Role,
    /// A SQLite file, where the database's URL says {tenant}
    File,
}

impl Kind {
    /// The option's value.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Schema => "schema",
            Self::Role => "role",
            Self::File => "file",
        }
    }
}

const ADD_EXAMPLES: &str = "\
Examples:
  What would be done:
    sqlservice tenant add acme --database main --dry-run
  A login of its own, its URL in a file that only this user reads:
    sqlservice tenant add acme --database main --secret-file /run/secrets/acme-url
  Also take from everyone what tenants must not have in this database:
    sqlservice tenant add acme --database main --secret-file acme.url --harden
  A SQLite file of its own, where main is at sqlite:tenants/{tenant}.db:
    sqlservice tenant add acme --database main";

/// Create a tenant's own login, database or file
///
/// On PostgreSQL that is a login role, no superuser, no member of anything, with a schema that it owns. On MySQL and MariaDB it is a
/// user with a database and no other right. On SQLite it is a file. The URL of the database in the file has to be that of an account that
/// may make these; it stays as it is.
///
/// Then it connects as the new login, reports its rights beyond its own data, and prints the lines to add to the file. The password
/// is random. It is written to --secret-file, or else printed once, and is nowhere else.
///
/// A login, database or file that exists is checked and reported, and never changed. Exits with 4 if the login is dangerous for SQL
/// text.
#[derive(Args, Debug)]
#[command(after_long_help = format!("{ADD_EXAMPLES}\n\n{}", exit::HELP))]
pub(crate) struct TenantAdd {
    /// The tenant: up to 63 lower-case letters, digits, "-" and "_"; the login, schema, database or file is called so
    pub(crate) name: String,
    /// The configuration file; it is only read
    #[arg(long, value_name = "FILE", default_value = config::FILE)]
    pub(crate) config: PathBuf,
    /// The database, a name of [databases], by whose URL an administrator connects
    #[arg(long, value_name = "NAME")]
    pub(crate) database: String,
    /// What to create [default: the first kind that the database supports]
    #[arg(long, value_name = "KIND", value_enum)]
    pub(crate) kind: Option<Kind>,
    /// How many connections the login may have at once
    #[arg(long, value_name = "NUMBER", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) connections: u32,
    /// A new file for the login's URL, which no other user may read; one that is there is never overwritten
    #[arg(long, value_name = "PATH")]
    pub(crate) secret_file: Option<PathBuf>,
    /// Revoke from everyone on PostgreSQL: to connect to this database, to make temporary tables, to create in the schema public
    ///
    /// It is other logins' matter, too: one that neither owns the database nor was granted to connect by name is locked out.
    #[arg(long)]
    pub(crate) harden: bool,
    /// Print what would be done, with the statements, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print one JSON document; it holds the new URL where there is no --secret-file
    #[arg(long)]
    pub(crate) json: bool,
}

const CHECK_EXAMPLES: &str = "\
Examples:
  sqlservice tenant check acme
  sqlservice tenant check acme --json | jq '.databases[].findings[].name'";

/// Check the rights of a tenant's logins beyond its own data
///
/// Connects to each database that the file grants the tenant, also where it may send no SQL text, and reports the findings. Exits with
/// 4 if a login is dangerous or does not answer.
#[derive(Args, Debug)]
#[command(after_long_help = format!("{CHECK_EXAMPLES}\n\n{}", exit::HELP))]
pub(crate) struct TenantCheck {
    /// The tenant: a name of [tenants]
    pub(crate) name: String,
    /// The configuration file
    #[arg(long, value_name = "FILE", default_value = config::FILE)]
    pub(crate) config: PathBuf,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}
