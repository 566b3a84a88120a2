//! What a server's link knows of its transaction. It begins with the first statement that needs one, and not before; what
//! would only be said to the server is put off until something has to be.

use sqlservice_sql::{Dialect, Sql, SqlWriter};

use super::Begin;

/// A link's transaction.
pub(crate) struct Scope {
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
    /// Asked for; the server was not told.
    Asked,
    Open,
}

/// What going back to a savepoint takes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Back {
    /// Nothing was done since.
    Nothing,
    /// A rollback of all that was done.
    All,
    /// This text.
    Text(Sql),
}

impl Scope {
    /// No transaction.
    pub(crate) fn new(dialect: Dialect) -> Self {
        let (phase, begin) = (Phase::None, Begin::default());
        Self { dialect, phase, begin, unsent: Vec::new(), released: None, wrote: false }
    }

    /// A transaction is asked for.
    pub(crate) fn ask(&mut self, begin: Begin) {
        *self = Self { phase: Phase::Asked, begin, ..Self::new(self.dialect) };
    }

    /// How the transaction is to begin that the server was not told of.
    pub(crate) fn asked(&self) -> Option<Begin> {
        (self.phase == Phase::Asked).then_some(self.begin)
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
    pub(crate) fn again(&mut self) {
        self.phase = Phase::Asked;
        self.wrote = false;
    }

    /// A statement commits by itself what was done, and ends all savepoints.
    pub(crate) fn forget_savepoints(&mut self) {
        self.unsent.clear();
        self.released = None;
    }

    /// The text that sets a savepoint; none where it is known without the server.
    pub(crate) fn savepoint(&mut self, name: &str) -> Option<Sql> {
        if self.phase == Phase::Asked {
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
    pub(crate) fn rollback_to(&mut self, name: &str) -> Back {
        // One that was released since was set after it.
        self.released = None;
        match self.unsent.iter().position(|unsent| unsent == name) {
            Some(at) => {
                self.unsent.truncate(at);
                if self.phase == Phase::Open { Back::All } else { Back::Nothing }
            }
            None => {
                let mut writer = SqlWriter::new(self.dialect);
                writer.push("ROLLBACK TO SAVEPOINT ").name(name).push("; RELEASE SAVEPOINT ").name(name);
                Back::Text(writer.finish())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked() -> Scope {
        let mut scope = Scope::new(Dialect::Postgres);
        scope.ask(Begin::default());
        scope
    }

    #[test]
    fn savepoints_before_the_first_statement_need_no_server() {
        let mut scope = asked();
        assert_eq!((scope.savepoint("s1"), scope.savepoint("s2")), (None, None));
        assert_eq!(scope.rollback_to("s2"), Back::Nothing);
        scope.open();
        assert_eq!(scope.savepoint("s3").as_deref(), Some(r#"SAVEPOINT "s3""#));
        assert_eq!(
            scope.rollback_to("s3"),
            Back::Text(Sql::fixed(r#"ROLLBACK TO SAVEPOINT "s3"; RELEASE SAVEPOINT "s3""#))
        );
        assert_eq!(scope.rollback_to("s1"), Back::All);
        scope.again();
        assert!(scope.asked().is_some());
        // It is gone, and so the server is asked, which says so.
        assert_eq!(
            scope.rollback_to("s1"),
            Back::Text(Sql::fixed(r#"ROLLBACK TO SAVEPOINT "s1"; RELEASE SAVEPOINT "s1""#))
        );
    }

    #[test]
    fn a_release_waits_for_the_next_message() {
        let mut scope = asked();
        scope.open();
        assert_eq!(scope.savepoint("s1").as_deref(), Some(r#"SAVEPOINT "s1""#));
        assert_eq!(scope.savepoint("s2").as_deref(), Some(r#"SAVEPOINT "s2""#));
        assert_eq!(scope.release("s2", true), None);
        assert_eq!(scope.savepoint("s3").as_deref(), Some(r#"RELEASE SAVEPOINT "s2"; SAVEPOINT "s3""#));
        assert_eq!((scope.release("s3", true), scope.release("s1", true)), (None, None));
        assert_eq!(scope.savepoint("s4").as_deref(), Some(r#"RELEASE SAVEPOINT "s1"; SAVEPOINT "s4""#));
        assert_eq!(scope.release("s4", false).as_deref(), Some(r#"RELEASE SAVEPOINT "s4""#));
        assert_eq!(scope.savepoint("s5").as_deref(), Some(r#"SAVEPOINT "s5""#));
    }

    #[test]
    fn a_release_that_waits_is_forgotten_with_what_it_is_in() {
        let mut scope = asked();
        scope.open();
        scope.savepoint("s1");
        scope.savepoint("s2");
        scope.release("s2", true);
        assert!(matches!(scope.rollback_to("s1"), Back::Text(_)));
        assert_eq!(scope.savepoint("s3").as_deref(), Some(r#"SAVEPOINT "s3""#));
    }
}
