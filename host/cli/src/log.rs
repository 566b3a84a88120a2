//! The host's log, on standard error.

use std::io::{self, IsTerminal as _};

use sqlservice_host::{Event, Observer, observe::harmless};
use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

/// Starts the log: warnings, more with each `-v`, and the statements where databases echo them.
pub(crate) fn start(verbose: u8, echo: bool) {
    let (ours, others) = match verbose {
        0 => (LevelFilter::WARN, LevelFilter::ERROR),
        1 => (LevelFilter::INFO, LevelFilter::WARN),
        2 => (LevelFilter::DEBUG, LevelFilter::INFO),
        _ => (LevelFilter::TRACE, LevelFilter::DEBUG),
    };
    // All targets of this project begin with `sqlservice`.
    let mut targets = Targets::new().with_default(others).with_target("sqlservice", ours);
    if echo {
        targets = targets.with_target("sqlservice::echo", LevelFilter::INFO.max(ours));
    }
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_ansi(colours()).without_time();
    tracing_subscriber::registry().with(lines).with(targets).init();
}

/// Logs the text of each statement, without its values.
pub(crate) struct Echo;

impl Observer for Echo {
    fn event(&self, event: &Event<'_>) {
        if let Event::StatementStarted(started) = event {
            // An identifier with line ends must not look like a line of the log itself.
            let indented = harmless(started.statement.sql).replace('\n', "\n    ");
            tracing::info!(target: "sqlservice::echo", "{indented}");
        }
    }
}

/// Whether standard error is a terminal that wants colours.
fn colours() -> bool {
    io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
