//! The command line: its commands and options, and their help.

mod build;
mod config;
mod grants;
mod tenant;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub(crate) use build::Build;
pub(crate) use config::{Check, Configured};
pub(crate) use grants::{Grants, Limits, Pool};
pub(crate) use tenant::{Kind, Tenant, TenantAdd, TenantCheck, TenantCommand};

use crate::{exit, language::Language};

/// Runs sandboxed plugins that use databases.
#[derive(Debug, Parser)]
#[command(
    name = "sqlservice",
    version,
    about = "Run sandboxed plugins that use databases",
    long_about = "Run sandboxed plugins that use databases.\n\n\
        A plugin is a WebAssembly component. It knows a database by a name and gets nothing that it is not given here: \
        no URL, no password, no file, no environment variable.",
    after_help = exit::HELP,
    max_term_width = 110,
    subcommand_required = true,
    arg_required_else_help = true
)]
pub(crate) struct Arguments {
    /// Log more to standard error: -v progress, -vv messages of databases, -vvv everything
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    pub(crate) verbose: u8,
    /// Show no progress on the terminal
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Run(Box<Run>),
    Inspect(Inspect),
    Check(Check),
    Tenant(Tenant),
    New(New),
    Build(Build),
}

impl Command {
    /// Whether the output, also of a failure, is a JSON document.
    pub(crate) fn speaks_json(&self) -> bool {
        match self {
            Self::Run(run) => run.json,
            Self::Inspect(inspect) => inspect.json,
            Self::Check(check) => check.json,
            Self::Tenant(tenant) => tenant.command.speaks_json(),
            Self::Build(build) => build.json,
            Self::New(_) => false,
        }
    }

    /// Whether statements are logged.
    pub(crate) fn echoes(&self) -> bool {
        matches!(self, Self::Run(run) if run.pool.echo)
    }
}

const RUN_EXAMPLES: &str = "\
Examples:
  What can be called:
    sqlservice run users.wasm
  A function, its arguments in WAVE; the data goes to ./sqlservice.db:
    sqlservice run users.wasm add-user '{name: \"ed\", email: some(\"ed@example.org\")}'
  A lone string needs no quotes of its own, a negative number no escape:
    sqlservice run users.wasm find-user ed
    sqlservice run shop.wasm add -- -inf -3
  Another database, its URL with the password in an environment variable; and a directory to read:
    sqlservice run inventory.wasm import-status /in/status -d env:DB --dir /var/lib/dpkg::/in
  For a tenant, with what sqlservice.toml grants it and no more:
    sqlservice run users find-user ed --config sqlservice.toml --tenant acme
  For scripts:
    sqlservice run users.wasm find-user ed --json | jq .ok.email

WAVE, the notation of arguments and results:
  true, 42, -1.5, \"text\", 'c', [1, 2], (1, \"a\"), {name: \"ed\", age: 7}, {a-flag},
  some(1), none, ok(1), err(\"no\"), a-case, a-case(1)
  An argument of type string may be bare, unless it begins with a quote: ed means \"ed\".";

/// Call a function of a plugin
///
/// Calls an exported function and prints its result. Without FUNCTION it lists the functions and calls none.
///
/// Text results are printed without quotes, others in WAVE; of ok(…) the value is printed, and err(…) goes to standard error with
/// exit code 1. The plugin's own output is passed through.
///
/// Databases of --database are pinged before the call, so that none is found missing halfway.
#[derive(Args, Debug)]
#[command(after_long_help = format!("{RUN_EXAMPLES}\n\n{}", exit::HELP))]
pub(crate) struct Run {
    /// The plugin: a WebAssembly component
    pub(crate) component: PathBuf,
    /// The function: its name, or interface#name where several interfaces have it
    pub(crate) function: Option<String>,
    /// The arguments in WAVE; a lone string may be bare; after `--` they may begin with a dash
    #[arg(allow_negative_numbers = true)]
    pub(crate) args: Vec<String>,
    #[command(flatten)]
    pub(crate) configured: Configured,
    #[command(flatten)]
    pub(crate) grants: Grants,
    #[command(flatten)]
    pub(crate) limits: Limits,
    #[command(flatten)]
    pub(crate) pool: Pool,
    #[command(flatten)]
    pub(crate) cache: Cache,
    /// Print one JSON document: {"ok": VALUE} or {"error": {"kind", "exit", "message", "help", "value", "place"}}
    ///
    /// Records are objects, variants {"case": value}, options their value or null, results {"ok": …} or {"error": …}, flags
    /// lists of names. The plugin's own output goes to standard error, so that standard output holds the document alone.
    #[arg(long, conflicts_with = "wave")]
    pub(crate) json: bool,
    /// Print the whole result in WAVE: ok("text") instead of text
    #[arg(long)]
    pub(crate) wave: bool,
}

/// Show what a plugin imports, exports and declares
///
/// Calls only the function by which the plugin declares its models, in a sandbox without any grant. Exits with 3 if this host
/// cannot run it, after having shown why.
#[derive(Args, Debug)]
#[command(
    after_long_help = "Examples:\n  sqlservice inspect users.wasm\n  sqlservice inspect users.wasm --json | jq .functions"
)]
pub(crate) struct Inspect {
    /// The plugin: a WebAssembly component
    pub(crate) component: PathBuf,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) cache: Cache,
}

/// The cache of compiled plugins.
#[derive(Args, Debug)]
#[command(next_help_heading = "Compiled plugins")]
pub(crate) struct Cache {
    /// Directory of compiled plugins, so that the next run need not compile them
    ///
    /// By default the directory in the environment variable SQLSERVICE_CACHE (no cache if it is empty), else sqlservice/components
    /// in the user's directory for caches ($XDG_CACHE_HOME or ~/.cache). It takes 1 GiB at most; the plugins that were not used for
    /// longest are removed first. It must belong to the user alone, and lie in no directory that a plugin may write.
    #[arg(long, value_name = "DIR")]
    pub(crate) cache_dir: Option<PathBuf>,
    /// Compile the plugin without the cache
    #[arg(long, conflicts_with = "cache_dir")]
    pub(crate) no_cache: bool,
}

const NEW_EXAMPLES: &str = "\
Examples:
  A project with an SDK of its own:
    sqlservice new notes
    sqlservice new notes --path ~/plugins/notes
  A second plugin that shares it, in notes/prices:
    cd notes && sqlservice new prices
  An SDK that lies elsewhere, for a project that stands alone:
    sqlservice new notes --sdk ../sqlservice/guest-sdk/rust
  Another language:
    sqlservice new notes --language python
    cd notes && sqlservice build && sqlservice run build/notes.wasm notes";

/// Make a plugin project
///
/// Makes a project that `sqlservice build` builds: a Rust one where no other language is asked for, which is built by
/// `cargo build --release --target wasm32-wasip2` as well. The SDK comes with this program and is copied into the project, so that
/// nothing else is needed but Rust by rustup, or what `sqlservice build` says for other languages.
///
/// Rust: inside a cargo workspace that has the SDK, which every project made by this command is, the plugin becomes a member: the
/// root's `members` get its path, and it uses the root's SDK, Cargo.lock and target directory. So the SDK is compiled once for
/// all of them.
#[derive(Args, Debug)]
#[command(after_long_help = NEW_EXAMPLES)]
pub(crate) struct New {
    /// The plugin's name: lower-case letters, digits and dashes
    pub(crate) name: String,
    /// The language in which the plugin is written
    #[arg(short, long, value_enum, default_value_t = Language::Rust, value_name = "LANGUAGE")]
    pub(crate) language: Language,
    /// Directory of the project [default: one of the plugin's name]
    #[arg(long, value_name = "DIR")]
    pub(crate) path: Option<PathBuf>,
    /// Rust: use the SDK in this directory instead of copying it; the project stands alone
    #[arg(long, value_name = "DIR")]
    pub(crate) sdk: Option<PathBuf>,
    /// Rust: make a project that stands alone, also inside a workspace that has the SDK
    #[arg(long)]
    pub(crate) alone: bool,
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, Parser as _};

    use super::{Arguments, Command};

    fn run(line: &str) -> Box<super::Run> {
        let arguments = Arguments::try_parse_from(line.split(' ')).expect("a command line");
        let Command::Run(run) = arguments.command else { panic!("not run") };
        run
    }

    #[test]
    fn clap_finds_no_contradiction() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn options_may_follow_the_arguments() {
        let run = run("sqlservice run a.wasm add 1 -2 --json --database x=sqlite:a.db --raw-sql");
        assert_eq!(run.args, ["1", "-2"]);
        assert!(run.json);
        assert_eq!(run.grants.databases, ["x=sqlite:a.db"]);
        assert_eq!(run.grants.raw_sql, ["*"]);
    }

    #[test]
    fn a_file_says_everything_that_is_granted() {
        let parse = |line: &str| Arguments::try_parse_from(line.split(' '));
        let file = "sqlservice run notes --config f.toml --tenant acme";
        assert!(parse(file).is_ok() && parse(&format!("{file} --echo --json --no-cache")).is_ok());
        for option in [
            "-d sqlite:a.db",
            "--raw-sql",
            "--no-schema-changes",
            "--dir a",
            "--dir-rw a",
            "--env A=b",
            "--timeout 1s",
            "--memory 1G",
            "--pool-size 1",
            "--max-overflow 1",
            "--pool-timeout 1s",
            "--pool-recycle 1s",
            "--pre-ping",
            "--isolation default",
            "--durability full",
            "--statement-timeout 1s",
            "--lock-timeout 1s",
        ] {
            assert!(parse(&format!("{file} {option}")).is_err(), "{option}");
        }
        assert!(parse("sqlservice run notes --config f.toml").is_err());
        assert!(parse("sqlservice run notes --tenant acme").is_err());
    }

    #[test]
    fn a_grant_of_raw_sql_takes_no_argument_away() {
        let run = run("sqlservice run a.wasm --raw-sql=x --raw-sql=y add");
        assert_eq!(run.grants.raw_sql, ["x", "y"]);
        assert_eq!(run.function.as_deref(), Some("add"));
    }
}
