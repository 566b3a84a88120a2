//! An observer that records the events that it receives.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use sqlservice_db::{
    Database, Event, Observer, Scope,
    observe::{Origin, Outcome},
};

/// The recorded events: as short lines, and in full.
#[derive(Clone, Default)]
pub struct Seen(Arc<Mutex<Told>>);

#[derive(Default)]
struct Told {
    lines: Vec<String>,
    scopes: Vec<Scope>,
    whole: Vec<String>,
    finished: Vec<Finished>,
}

/// The measurements of a finished statement.
#[derive(Clone, Copy, Debug)]
pub struct Finished {
    pub bytes: u64,
    pub waited: Duration,
    pub first_batch: Option<Duration>,
    pub duration: Duration,
}

impl Seen {
    /// The database with this observer, for a tenant.
    pub fn on(&self, database: &Database, tenant: &str) -> Database {
        let scope = Scope { tenant: Some(tenant.into()), plugin: Some("plugin".into()), database: Some("main".into()) };
        database.with_scope(scope, Some(Arc::new(self.clone())))
    }

    /// Returns the lines since the last call.
    pub fn lines(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().expect("no panic").lines)
    }

    /// Waits for a line with this start, and returns the lines since the last call.
    pub async fn wait(&self, start: &str) -> Vec<String> {
        for _ in 0..1_000 {
            if self.0.lock().expect("no panic").lines.iter().any(|line| line.starts_with(start)) {
                return self.lines();
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("no {start:?} in {:?}", self.lines());
    }

    /// Returns the measurements of the last finished statement.
    pub fn last(&self) -> Finished {
        *self.0.lock().expect("no panic").finished.last().expect("a statement has ended")
    }

    /// Returns all scopes, and all events in their debug format.
    pub fn all(&self) -> (Vec<Scope>, String) {
        let told = self.0.lock().expect("no panic");
        (told.scopes.clone(), told.whole.join("\n"))
    }
}

impl Observer for Seen {
    fn event(&self, event: &Event<'_>) {
        let mut told = self.0.lock().expect("no panic");
        told.scopes.push(event.scope().clone());
        told.whole.push(format!("{event:?}"));
        if let Some(line) = line(event) {
            told.lines.push(line);
        }
        if let Event::StatementFinished(ended) = event {
            let (bytes, waited, first_batch) = (ended.bytes, ended.waited, ended.first_batch);
            told.finished.push(Finished { bytes, waited, first_batch, duration: ended.duration });
        }
    }
}

/// Formats an event without its times. Returns `None` for the host's own statements, which differ between databases.
fn line(event: &Event<'_>) -> Option<String> {
    let outcome = |outcome: &Outcome<'_>| match outcome {
        Outcome::Failed(error) => format!("failed: {error}"),
        outcome => outcome.as_str().to_owned(),
    };
    Some(match event {
        Event::StatementStarted(started) if started.statement.origin == Origin::Host => return None,
        Event::StatementFinished(ended) if ended.statement.origin == Origin::Host => return None,
        Event::StatementStarted(started) => format!("start {} {:?}", started.statement, started.statement.origin),
        Event::StatementFinished(ended) => {
            let counts = format!("{} rows, {} affected", ended.rows, ended.affected);
            format!("end {}: {counts}, {}", ended.statement, outcome(&ended.outcome))
        }
        Event::ConnectionAcquired(acquired) => format!("{} connection", if acquired.is_new { "new" } else { "idle" }),
        Event::ConnectionFailed(failed) => format!("no connection: {:?}", failed.error),
        // MariaDB's connections are always closed after a guest's text.
        Event::ConnectionDiscarded(_) => return None,
        Event::TransactionFinished(ended) => format!("transaction {:?}", ended.outcome),
        Event::SchemaChanged(changed) => {
            format!("{:?} {}: {}", changed.change, changed.tables.join(" "), outcome(&changed.outcome))
        }
        Event::Reflected(read) => format!("reflected {}: {}", read.tables, outcome(&read.outcome)),
        other => format!("{other:?}"),
    })
}
