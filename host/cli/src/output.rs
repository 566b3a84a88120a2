//! The command's output. Neither a closed pipe nor a plugin's text does harm.

use std::io::{self, IsTerminal as _, Write as _};

use miette::{Diagnostic, MietteHandlerOpts, Report, ReportHandler};
use serde_json::Value as Json;
pub(crate) use sqlservice_host::observe::{harmless, steers};

use crate::{
    exit::Exit,
    failure::{Failure, Result},
};

/// Prints a text on standard output and ends its last line.
pub(crate) fn text(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    written(write!(out, "{text}{end}").and_then(|()| out.flush()))
}

/// Prints a plugin's text: unchanged for files and programs, without control characters on a terminal.
pub(crate) fn foreign(said: &str) -> Result<()> {
    if io::stdout().is_terminal() { text(&harmless(said)) } else { text(said) }
}

/// Prints a document.
pub(crate) fn json(document: &Json) -> Result<()> {
    text(&format!("{document:#}"))
}

/// Reports a failure, on standard error for people, on standard output as JSON, and returns the command's exit.
pub(crate) fn fail(failure: Failure, as_json: bool) -> Exit {
    let exit = failure.exit();
    if as_json {
        if let Err(failure) = json(&failure.to_json()) {
            return fail(failure, false);
        }
        return exit;
    }
    // It only fails where a hook was set before.
    let _ = miette::set_hook(Box::new(handler));
    let report = format!("{:?}", Report::new(failure.harmless()));
    // An error is ignored, as nothing is left to report a closed standard error to.
    let _ = writeln!(io::stderr().lock(), "{}", report.trim_matches('\n'));
    exit
}

/// The report handler of failures.
fn handler(_: &(dyn Diagnostic + 'static)) -> Box<dyn ReportHandler> {
    // Lines are not wrapped: a caret below an argument has to stay in its column.
    Box::new(MietteHandlerOpts::new().wrap_lines(false).build())
}

/// Maps the outcome of a write. A closed pipe is no failure: its reader had enough.
fn written(outcome: io::Result<()>) -> Result<()> {
    match outcome {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::new(Exit::Host, format!("standard output cannot be written: {error}")))
        }
        _ => Ok(()),
    }
}

/// A heading, bold on a terminal, unless `NO_COLOR` is set.
pub(crate) fn heading(text: &str) -> String {
    let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    if wanted && io::stdout().is_terminal() { format!("\u{1b}[1m{text}\u{1b}[0m") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn text_cannot_steer_a_terminal() {
        assert_eq!(harmless("a\tb\n\u{1b}[2Jc\r\u{202e}d"), "a\tb\n\\u{1b}[2Jc\\u{d}\\u{202e}d");
        assert_eq!(harmless("größer 😀"), "größer 😀");
    }
}
