//! The transaction state of a connection to a server. The transaction begins with the first statement that needs one. Messages that
//! only inform the server are deferred until another message has to be sent.

use sqlservice_sql::{Dialect, Sql, SqlWriter};

use super::Begin;

/// A connection's transaction.
pub(crate) struct ServerTransaction {
    dialect: Dialect,
    phase: Phase,
    begin: Begin,
    /// Savepoints that were set before the first statement, outermost first. Rolling back to one of them rolls everything back.
    unsent: Vec<String>,
    /// A released savepoint whose release was not sent yet.
    released: Option<String>,
    /// Whether the transaction may have changed something.
    pub(crate) wrote: bool,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    None,
    /// Requested by the caller, but not sent to the server yet.
    Requested,
    Open,
}

/// How to roll back to a savepoint.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum SavepointRollback {
    /// Nothing: no statement ran since.
    Nothing,
    /// Roll back the whole transaction.
    All,
    /// Run this SQL.
    Text(Sql),
}

impl ServerTransaction {
    /// A state without a transaction.
    pub(crate) fn new(dialect: Dialect) -> Self {
        let (phase, begin) = (Phase::None, Begin::default());
        Self { dialect, phase, begin, unsent: Vec::new(), released: None, wrote: false }
    }

    /// Requests a transaction; nothing is sent.
    pub(crate) fn request(&mut self, begin: Begin) {
        *self = Self { phase: Phase::Requested, begin, ..Self::new(self.dialect) };
    }

    /// The options of a requested transaction that was not sent to the server yet.
    pub(crate) fn requested(&self) -> Option<Begin> {
        (self.phase == Phase::Requested).then_some(self.begin)
    }

    /// The options of the requested or open transaction.
    pub(crate) fn begin(&self) -> Option<Begin> {
        (self.phase != Phase::None).then_some(self.begin)
    }

    /// Whether the server has an open transaction, or may have one.
    pub(crate) fn is_open(&self) -> bool {
        self.phase == Phase::Open
    }

    /// Marks the transaction as open in the server.
    pub(crate) fn open(&mut self) {
        self.phase = Phase::Open;
    }

    /// Marks the transaction as ended.
    pub(crate) fn end(&mut self) {
        *self = Self::new(self.dialect);
    }

    /// Marks the transaction as rolled back and requested again.
    pub(crate) fn restart(&mut self) {
        self.phase = Phase::Requested;
        self.wrote = false;
    }

    /// Forgets all savepoints, because a statement commits implicitly and so ends them.
    pub(crate) fn forget_savepoints(&mut self) {
        self.unsent.clear();
        self.released = None;
    }

    /// Returns the SQL that sets a savepoint; `None` where the server need not know of it.
    pub(crate) fn savepoint(&mut self, name: &str) -> Option<Sql> {
        if self.phase == Phase::Requested {
            self.unsent.push(name.to_owned());
            return None;
        }
        let mut writer = SqlWriter::new(self.dialect);
        if let Some(released) = self.released.take() {
            writer.push("RELEASE SAVEPOINT ").name(&released).push("; ");
        }
        writer.push("SAVEPOINT ").name(name);
        Some(writer.finish())
    }

    /// Returns the SQL that releases a savepoint; `None` where the release can wait, or where the server does not know the
    /// savepoint.
    pub(crate) fn release(&mut self, name: &str, can_wait: bool) -> Option<Sql> {
        if let Some(at) = self.unsent.iter().position(|unsent| unsent == name) {
            self.unsent.truncate(at);
            return None;
        }
        // A deferred release is of a savepoint set after this one, which ends with it.
        self.released = None;
        if can_wait {
            self.released = Some(name.to_owned());
            return None;
        }
        let mut writer = SqlWriter::new(self.dialect);
        writer.push("RELEASE SAVEPOINT ").name(name);
        Some(writer.finish())
    }

    /// Returns how to undo all changes since a savepoint and release it.
    pub(crate) fn rollback_to(&mut self, name: &str) -> SavepointRollback {
        // A deferred release is of a savepoint set after this one, which ends with it.
        self.released = None;
        match self.unsent.iter().position(|unsent| unsent == name) {
            Some(at) => {
                self.unsent.truncate(at);
                if self.phase == Phase::Open { SavepointRollback::All } else { SavepointRollback::Nothing }
            }
            None => {
                let mut writer = SqlWriter::new(self.dialect);
                writer.push("ROLLBACK TO SAVEPOINT ").name(name).push("; RELEASE SAVEPOINT ").name(name);
                SavepointRollback::Text(writer.finish())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked() -> ServerTransaction {
        let mut transaction = ServerTransaction::new(Dialect::Postgres);
        transaction.request(Begin::default());
        transaction
    }

    #[test]
    fn savepoints_before_the_first_statement_need_no_server() {
        let mut transaction = asked();
        assert_eq!((transaction.savepoint("s1"), transaction.savepoint("s2")), (None, None));
        assert_eq!(transaction.rollback_to("s2"), SavepointRollback::Nothing);
        transaction.open();
        assert_eq!(transaction.savepoint("s3").as_deref(), Some(r#"SAVEPOINT "s3""#));
        assert_eq!(
            transaction.rollback_to("s3"),
            SavepointRollback::Text(Sql::fixed(r#"ROLLBACK TO SAVEPOINT "s3"; RELEASE SAVEPOINT "s3""#))
        );
        assert_eq!(transaction.rollback_to("s1"), SavepointRollback::All);
        transaction.restart();
        assert!(transaction.requested().is_some());
        // The savepoint is gone, so the SQL is sent and the server reports the error.
        assert_eq!(
            transaction.rollback_to("s1"),
            SavepointRollback::Text(Sql::fixed(r#"ROLLBACK TO SAVEPOINT "s1"; RELEASE SAVEPOINT "s1""#))
        );
    }

    #[test]
    fn a_release_waits_for_the_next_message() {
        let mut transaction = asked();
        transaction.open();
        assert_eq!(transaction.savepoint("s1").as_deref(), Some(r#"SAVEPOINT "s1""#));
        assert_eq!(transaction.savepoint("s2").as_deref(), Some(r#"SAVEPOINT "s2""#));
        assert_eq!(transaction.release("s2", true), None);
        assert_eq!(transaction.savepoint("s3").as_deref(), Some(r#"RELEASE SAVEPOINT "s2"; SAVEPOINT "s3""#));
        assert_eq!((transaction.release("s3", true), transaction.release("s1", true)), (None, None));
        assert_eq!(transaction.savepoint("s4").as_deref(), Some(r#"RELEASE SAVEPOINT "s1"; SAVEPOINT "s4""#));
        assert_eq!(transaction.release("s4", false).as_deref(), Some(r#"RELEASE SAVEPOINT "s4""#));
        assert_eq!(transaction.savepoint("s5").as_deref(), Some(r#"SAVEPOINT "s5""#));
    }

    #[test]
    fn a_release_that_waits_is_forgotten_with_what_it_is_in() {
        let mut transaction = asked();
        transaction.open();
        transaction.savepoint("s1");
        transaction.savepoint("s2");
        transaction.release("s2", true);
        assert!(matches!(transaction.rollback_to("s1"), SavepointRollback::Text(_)));
        assert_eq!(transaction.savepoint("s3").as_deref(), Some(r#"SAVEPOINT "s3""#));
    }
}
