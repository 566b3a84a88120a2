//! The statement in use, and those that may be used again.

use sqlservice_sql::Sql;

use super::{
    super::{error, function::MOST_BYTES},
    Author, Failure, Handle, Watch,
};

/// The most bytes of a value that is worked with on its caller's thread.
pub(in super::super) const INLINE_BYTES: i32 = 256 << 10;

/// How many prepared statements a connection keeps. Texts are guest-controlled.
const CACHED_STATEMENTS: usize = 64;
/// The longest text that is kept.
const CACHED_TEXT: usize = 32 << 10;

impl Handle {
    /// Prepares a statement, or takes it from the cache, as the one in use. The one used before is put away.
    pub(in super::super) fn open(&mut self, sql: &Sql) -> Result<(), Failure> {
        self.put_away();
        self.watch.set_author(sql.author());
        let known = self.cached.iter().rposition(|known| known.sql == *sql);
        let prepared = match known {
            Some(position) => self.cached.remove(position),
            None => self.prepare(sql).inspect_err(|_| self.watch.set_author(Author::Host))?,
        };
        self.active = Some(prepared);
        Ok(())
    }

    /// Puts the statement in use away, ended and without values.
    pub(in super::super) fn put_away(&mut self) {
        self.unbind();
        let Some(prepared) = self.active.take() else { return };
        self.watch.set_author(Author::Host);
        if prepared.sql.len() > CACHED_TEXT {
            prepared.finalize();
            return;
        }
        if self.cached.len() >= CACHED_STATEMENTS {
            self.cached.remove(0).finalize();
        }
        self.cached.push(prepared);
    }

    /// Runs a statement of the host's own to its end, while the one in use waits.
    pub(in super::super) fn exec(&mut self, sql: &Sql) -> Result<(), Failure> {
        let waiting = self.active.take();
        let mut result = self.open(sql);
        while result.is_ok() {
            match self.step() {
                Ok(true) => {}
                Ok(false) => break,
                Err(failure) => result = Err(failure),
            }
        }
        self.put_away();
        if let Some(waiting) = &waiting {
            self.watch.set_author(waiting.sql.author());
        }
        self.active = waiting;
        result
    }

    /// Whether all runs of the statement in use were short.
    pub(in super::super) fn is_brief(&self) -> bool {
        self.active.as_ref().is_some_and(|prepared| prepared.is_brief)
    }

    /// Whether a step of the statement in use can take long by itself.
    pub(in super::super) fn lingers(&self) -> bool {
        self.active.as_ref().is_some_and(|prepared| prepared.lingers)
    }

    /// Works on its caller's thread: steps are bounded, and so is the length of values, as a step that works with a long one
    /// takes long.
    pub(in super::super) fn work_inline<T>(&mut self, bound: fn(&Watch), work: impl FnOnce(&mut Self) -> T) -> T {
        bound(&self.watch);
        self.limit_values(INLINE_BYTES);
        let result = work(self);
        self.limit_values(MOST_BYTES);
        self.watch.unbound();
        result
    }

    /// Whether work on its caller's thread ended because it takes long, and has to begin again elsewhere. Asked there.
    pub(in super::super) fn has_to_move(&self, failure: &Failure) -> bool {
        error::is_interrupted(failure) && self.watch.was_moved() || error::is_too_long(failure)
    }

    /// Says that a run of the statement in use was not short.
    pub(in super::super) fn took_long(&mut self) {
        if let Some(prepared) = &mut self.active {
            prepared.is_brief = false;
        }
    }

    /// Remembers the key that was made last, so that [`own_key`](Self::own_key) knows it from one of the statement in use.
    pub(in super::super) fn expect_key(&self) {
        let target = self.active.as_ref().map_or(0, |prepared| prepared.target);
        self.watch.expect_key(target, self.made_key());
    }

    /// The key of the last row that the statement in use inserted, since [`expect_key`](Self::expect_key); nothing where it
    /// inserted none, or none that has a key of SQLite's.
    pub(in super::super) fn own_key(&self) -> Option<i64> {
        let key = self.made_key();
        self.watch.was_made(key).then_some(key)
    }
}
