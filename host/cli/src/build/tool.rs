//! Programs that a build runs: finds them, reads their versions, and prints their output when they fail.

use std::{
    env,
    ffi::OsStr,
    io::{self, ErrorKind, Write as _},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use crate::{
    exit::Exit,
    failure::{Failure, Result},
};

/// A program or library that makes components, in the version that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tool {
    pub(super) name: &'static str,
    pub(super) version: String,
    pub(super) path: PathBuf,
}

impl Tool {
    /// Returns a command that runs it.
    pub(super) fn command(&self) -> Command {
        command(&self.path)
    }

    /// The numbers of its version, as many as it has.
    pub(super) fn numbers(&self) -> Vec<u32> {
        numbers(&self.version)
    }
}

/// Makes a command without standard input.
pub(super) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.stdin(Stdio::null());
    command
}

/// Returns the numbers of a version such as `go1.27.3` or `v20.1.0-nightly`.
pub(super) fn numbers(version: &str) -> Vec<u32> {
    let start = version.find(|c: char| c.is_ascii_digit()).unwrap_or(version.len());
    let numbers = version.get(start..).unwrap_or_default();
    let end = numbers.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(numbers.len());
    numbers.get(..end).unwrap_or_default().split('.').map_while(|number| number.parse().ok()).collect()
}

/// Finds a program on the PATH.
pub(super) fn which(name: &str) -> Option<PathBuf> {
    let endings: &[&str] = if cfg!(windows) { &[".exe", ".cmd"] } else { &[""] };
    let folders = env::split_paths(&env::var_os("PATH")?).collect::<Vec<_>>();
    let files =
        folders.iter().flat_map(|folder| endings.iter().map(move |ending| folder.join(format!("{name}{ending}"))));
    files.into_iter().find(|path| path.is_file())
}

/// Returns a command's output; `None` where it cannot be run or fails.
pub(super) fn answer(mut command: Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    output.status.success().then_some(said)
}

/// Runs a step that installs something. Its output is printed if it fails.
pub(super) fn install(command: &mut Command) -> Result<()> {
    let output = run(command)?;
    if output.status.success() {
        return Ok(());
    }
    pass_on(&output);
    Err(Failure::new(Exit::Host, format!("{} failed: {}", title(command), output.status))
        .help("a registry or a proxy that does not answer is the usual reason; nothing half installed is left"))
}

/// Runs a step that compiles. Its output is printed if it fails, its warnings in any case.
pub(super) fn compile(command: &mut Command) -> Result<()> {
    let mut output = run(command)?;
    if output.status.success() {
        output.stdout.clear();
        pass_on(&output);
        return Ok(());
    }
    pass_on(&output);
    Err(Failure::new(Exit::Component, format!("{} failed: {}", title(command), output.status)))
}

fn run(command: &mut Command) -> Result<Output> {
    tracing::debug!(?command, "a step of the build");
    command.output().map_err(|error| unusable(command.get_program().as_ref(), &error))
}

/// Makes the failure of a program that cannot be run.
pub(super) fn unusable(program: &Path, error: &io::Error) -> Failure {
    let failure = Failure::new(Exit::Host, format!("{} cannot be run: {error}", program.display()));
    if error.kind() == ErrorKind::NotFound { failure.help("it has to be on the PATH") } else { failure }
}

/// Prints a program's output on standard error, like this command's own messages.
fn pass_on(output: &Output) {
    let mut err = io::stderr().lock();
    for said in [&output.stdout, &output.stderr] {
        // An error is ignored, as nothing is left to report a closed standard error to.
        let _ = err.write_all(said);
    }
}

/// Returns the program's name and its first argument, unless that is an option.
fn title(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = command.get_args().take_while(|word| !word.as_encoded_bytes().starts_with(b"-")).take(1);
    std::iter::once(program).chain(words).map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::{command, compile, install, numbers};
    use crate::exit::Exit;

    #[test]
    fn versions_are_numbers() {
        assert_eq!(numbers("go1.27.3"), [1, 27, 3]);
        assert_eq!(numbers("v20.1.0-nightly"), [20, 1, 0]);
        assert_eq!(numbers("Python 3.14.0rc1"), [3, 14, 0]);
        assert!(numbers("none").is_empty());
        assert!(numbers("v20") >= vec![20] && numbers("1.9") < vec![1, 25]);
    }

    #[test]
    fn who_failed_decides_how_the_command_ends() {
        let missing = compile(&mut command("no-such-compiler")).expect_err("it is not there");
        assert_eq!(missing.exit(), Exit::Host);
        assert!(missing.to_string().contains("no-such-compiler"), "{missing}");
        let mut wrong = command("cargo");
        wrong.arg("no-such-subcommand");
        assert_eq!(compile(&mut wrong).expect_err("it fails").exit(), Exit::Component);
        let failed = install(&mut wrong).expect_err("it fails");
        assert!(failed.to_string().starts_with("cargo no-such-subcommand failed"), "{failed}");
        assert_eq!(failed.exit(), Exit::Host);
    }
}
