//! The command `sqlservice` as users run it: its output on each stream and its exit codes.

mod build;
mod cache;
mod call;
mod config;
mod grants;
mod inspect;
mod mistakes;
mod output;
mod project;
mod tenant;

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use sqlservice_tests::component;
use tempfile::TempDir;

use crate::readme;

/// A guest whose functions take and return values of all shapes.
const TALKER: &str = component::GUEST_TALKER;

/// A temporary working directory for the command.
struct Place(TempDir);

/// The exit code and the output of a run.
struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Place {
    fn new() -> Self {
        Self(TempDir::new().expect("a directory"))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file into the directory and returns its path.
    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        std::fs::write(&path, content).expect("a file");
        path
    }

    /// `sqlservice` with no terminal, as a script starts it.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(readme::programs().join("sqlservice"));
        command.args(arguments).current_dir(self.path()).stdin(Stdio::null()).env_remove("NO_COLOR");
        // The tests must not use the cache of the user who runs them.
        command.env("SQLSERVICE_CACHE", readme::cache());
        command
    }

    fn sqlservice(&self, arguments: &[&str]) -> Ran {
        Ran::of(&mut self.command(arguments))
    }

    /// Calls a function of the guest `TALKER`.
    fn talk(&self, arguments: &[&str]) -> Ran {
        self.sqlservice(&[&["run", TALKER], arguments].concat())
    }
}

impl Ran {
    fn of(command: &mut Command) -> Self {
        let output = command.output().expect("sqlservice starts");
        let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        Self { code: output.status.code().unwrap_or(-1), out, err }
    }

    /// Asserts success with this output and an empty standard error.
    #[track_caller]
    fn prints(&self, expected: &str) {
        assert_eq!((self.code, self.out.trim_end(), self.err.as_str()), (0, expected, ""));
    }

    /// Asserts this exit code, each of these texts on standard error, and an empty standard output.
    #[track_caller]
    fn fails(&self, code: i32, words: &[&str]) {
        assert_eq!((self.code, self.out.as_str()), (code, ""), "{}", self.err);
        for word in words {
            assert!(self.err.contains(word), "{word:?} is not in:\n{}", self.err);
        }
    }

    /// Parses the whole standard output as one JSON document.
    #[track_caller]
    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error} in:\n{}{}", self.out, self.err))
    }
}
