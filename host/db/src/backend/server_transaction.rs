//! What a server's connection knows of its transaction. It begins with the first statement that needs one, and not before; what
//! would only be said to the server is put off until something has to be.

use sqlservice_sql::{Dialect, Sql, SqlWriter};

use super::Begin;

/// A connection's transaction.
pub(crate) struct ServerTransaction {
    dialect: Dialect,
    phase: Phase,
    begin: Begin,
    /// Savepoints that were set before anything was done, outermost first: to go back to one is to roll all of it back.
    unsent: Vec<String>,
    /// A savepoint that is not needed any more, which the server was not told yet.
    released: Option<String>,
    /// Whether it may have changed something.
    pub(crate) wrote: bool,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    None,
    /// Requested; the server was not told yet.
    Requested,
    Open,
}

/// What going back to a savepoint takes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum SavepointRollback {
    /// Nothing was done since.
    Nothing,
    /// A rollback of all that was done.
    All,
    /// This text.
    Text(Sql),
}

impl ServerTransaction {
    /// No transaction.
    pub(crate) fn new(dialect: Dialect) -> Self {
        let (phase, begin) = (Phase::None, Begin::default());
        Self { dialect, phase, begin, unsent: Vec::new(), released: None, wrote: false }
    }

    /// A transaction is asked for.
    pub(crate) fn request(&mut self, begin: Begin) {
        *self = Self { phase: Phase::Requested, begin, ..Self::new(self.dialect) };
    }

    /// How the transaction is to begin that the server was not told of.
    pub(crate) fn requested(&self) -> Option<Begin> {
        (self.phase == Phase::Requested).then_some(self.begin)
    }

    /// How the transaction began or is to begin.
    pub(crate) fn begin(&self) -> Option<Begin> {
        (self.phase != Phase::None).then_some(self.begin)
    }

    /// Whether one is open in the server, or may be.
    pub(crate) fn is_open(&self) -> bool {
        self.phase == Phase::Open
    }

    /// The server has one from now on.
    pub(crate) fn open(&mut self) {
        self.phase = Phase::Open;
    }

    /// There is none any more.
    pub(crate) fn end(&mut self) {
        *self = Self::new(self.dialect);
    }

    /// Everything was rolled back, and it goes on.
    pub(crate) fn restart(&mut self) {
        self.phase = Phase::Requested;
        self.wrote = false;
    }

    /// A statement commits by itself what was done, and ends all savepoints.
    pub(crate) fn forget_savepoints(&mut self) {
        self.unsent.clear();
        self.released = None;
    }

    /// The text that sets a savepoint; none where it is known without the server.
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

    /// The text that ends a savepoint and keeps what was done; none where that can wait, or the server does not know it.
    pub(crate) fn release(&mut self, name: &str, can_wait: bool) -> Option<Sql> {
        if let Some(at) = self.unsent.iter().position(|unsent| unsent == name) {
            self.unsent.truncate(at);
            return None;
        }
        // One that was set after it ends with it.
        self.released = None;
        if can_wait {
            self.released = Some(name.to_owned());
            return None;
        }
        let mut writer = SqlWriter::new(self.dialect);
        writer.push("RELEASE SAVEPOINT ").name(name);
        Some(writer.finish())
    }

    /// What undoes all since a savepoint, and forgets it.
    pub(crate) fn rollback_to(&mut self, name: &str) -> SavepointRollback {
        // One that was released since was set after it.
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
        // It is gone, and so the server is asked, which says so.
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
