//! The command's exit codes.

use std::process::ExitCode;

/// How the command ended. `--help` documents the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// The command succeeded.
    Success = 0,
    /// The plugin's function returned an error.
    Refused = 1,
    /// The options or arguments are invalid; clap exits with it too.
    Usage = 2,
    /// The component cannot be used, or cannot be made.
    Component = 3,
    /// A database cannot be used.
    Database = 4,
    /// The plugin trapped.
    Trap = 5,
    /// The call took too long.
    Deadline = 6,
    /// The host's own machine failed: a file, memory, a thread, a compiler.
    Host = 7,
    /// Ctrl-C, with the code that shells use.
    Interrupted = 130,
}

/// The part of `--help` that documents them.
pub(crate) const HELP: &str = "\
Exit codes:
  0    it did what was asked
  1    the plugin's function answered with an error
  2    what was asked makes no sense: options, the function's name, its arguments, a directory, the configuration file;
       or `check --strict` has warnings
  3    the component cannot be used: it is none, it imports what this host does not offer, or its project does not compile
  4    a database cannot be used: its URL makes no sense, it does not answer, or its login is dangerous for SQL text
  5    the plugin trapped; what it had open was rolled back
  6    the call took longer than it may; what it had open was rolled back
  7    the host failed: a file that cannot be written, no memory, a compiler that is not there or cannot be installed
  130  it was interrupted by Ctrl-C; what it had open was rolled back";

impl Exit {
    /// The name in JSON.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Refused => "plugin",
            Self::Usage => "usage",
            Self::Component => "component",
            Self::Database => "database",
            Self::Trap => "trap",
            Self::Deadline => "deadline",
            Self::Host => "host",
            Self::Interrupted => "interrupted",
        }
    }

    /// The exit code.
    pub(crate) fn code(self) -> u8 {
        self as u8
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::{Exit, HELP};

    #[test]
    fn help_says_every_code() {
        use Exit::{Component, Database, Deadline, Host, Interrupted, Refused, Success, Trap, Usage};
        let said: Vec<u8> = HELP.lines().skip(1).filter_map(|l| l.split_whitespace().next()?.parse().ok()).collect();
        let all = [Success, Refused, Usage, Component, Database, Trap, Deadline, Host, Interrupted];
        assert_eq!(said, all.map(Exit::code));
    }
}
