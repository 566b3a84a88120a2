//! Prints the running step, its time and its failures; coloured on a terminal only.

use std::{
    env,
    io::{self, IsTerminal},
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

/// Runs one step with a headline before it and its time after it.
pub fn step<T>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    headline(name);
    let start = Instant::now();
    match work() {
        Ok(value) => {
            eprintln!("{} {name} {}", paint("32;1", "  ok"), paint("2", &shown(start.elapsed())));
            Ok(value)
        }
        Err(error) => {
            eprintln!("{} {name} {}", paint("31;1", "FAIL"), paint("2", &shown(start.elapsed())));
            Err(error)
        }
    }
}

/// Prints the headline of a step.
pub fn headline(name: &str) {
    eprintln!("{} {name}", paint("36;1", "==>"));
}

/// Prints a note under a step.
pub fn note(text: &str) {
    eprintln!("    {text}");
}

/// Runs a command with its output on the terminal. Fails with its command line and status if the status is not 0.
pub fn run(command: &mut Command) -> Result<()> {
    let text = line(command);
    let status = command.status().with_context(|| format!("`{text}` cannot be started"))?;
    if !status.success() {
        bail!("`{text}` failed ({status})");
    }
    Ok(())
}

/// Runs a command, and shows its output only if it fails.
pub fn run_quietly(command: &mut Command) -> Result<String> {
    let text = line(command);
    let output = command.output().with_context(|| format!("`{text}` cannot be started"))?;
    if !output.status.success() {
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned());
        bail!("`{text}` failed ({}):\n{}", output.status, said.join("\n").trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The command as it would be typed in a shell.
fn line(command: &Command) -> String {
    let program = command.get_program().to_string_lossy();
    let program = program.rsplit('/').next().unwrap_or_default().to_owned();
    let words = command.get_args().map(|word| word.to_string_lossy().into_owned());
    std::iter::once(program).chain(words).collect::<Vec<_>>().join(" ")
}

/// Colours a text on a terminal, unless NO_COLOR is set.
pub fn paint(code: &str, text: &str) -> String {
    if io::stderr().is_terminal() && env::var_os("NO_COLOR").is_none() {
        format!("\x1b[{code}m{text}\x1b[0m")
    } else {
        text.to_owned()
    }
}

fn shown(time: Duration) -> String {
    match time.as_secs() {
        0..60 => format!("{:.1} s", time.as_secs_f64()),
        seconds => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}
