//! The active statement, and the statement cache.

use sqlservice_sql::Sql;

use super::{
    super::{error, function::MOST_BYTES},
    Failure, Handle, Hooks, Rights,
};

/// The most bytes of a value that is processed on the caller's thread.
pub(in super::super) const INLINE_BYTES: i32 = 64 << 10;

/// The limit of a prepared statement's bytes multiplied by those of a value that it processes: see [`value_bytes`].
const WORK: i64 = (16 << 10) * MOST_BYTES as i64;
/// The bytes of a prepared statement that a result column takes for its names, and those that it is counted for instead.
const COLUMN_NAMES: i64 = 512;
const COLUMN: i64 = 40;

/// The most prepared statements in a connection's cache. Texts are guest-controlled.
const CACHED_STATEMENTS: usize = 64;
/// The longest text of a cached statement, in bytes.
const CACHED_TEXT: usize = 32 << 10;

/// The most bytes of a value that a statement may process, from the memory of the statement in bytes.
///
/// SQLite checks for an interrupt only where its program jumps, which an expression of a hundred thousand operators never does. So
/// the longer the program, the shorter its values: one pass through it takes a second or so at most, not hours. A statement of
/// usual size may have values up to [`MOST_BYTES`]. The stored text and its copied constants are not program and are subtracted:
/// an operator takes at least four times as many bytes of program as of text.
pub(super) fn value_bytes(size: i32, columns: i32, text: usize) -> i32 {
    let (size, columns) = (i64::from(size), i64::from(columns));
    let text = i64::try_from(text).unwrap_or(i64::MAX).saturating_mul(2);
    let size = (size - columns * COLUMN_NAMES).saturating_sub(text).max(0) + columns * COLUMN;
    i32::try_from(WORK / size.max(1)).unwrap_or(MOST_BYTES).clamp(1 << 10, MOST_BYTES)
}

impl Handle {
    /// Makes a statement active: takes it from the cache or prepares it. The one that was active is put away.
    pub(in super::super) fn open(&mut self, sql: &Sql) -> Result<(), Failure> {
        self.put_away();
        let known = self.cached.iter().rposition(|known| known.sql == *sql);
        let prepared = match known {
            Some(position) => self.cached.remove(position),
            None => self.prepare(sql).inspect_err(|_| self.hooks.set_rights(Rights::HOST))?,
        };
        // SQLite prepares a cached statement again if the schema changed, and calls the authorizer.
        self.hooks.set_rights(prepared.rights);
        self.active = Some(prepared);
        self.limit();
        Ok(())
    }

    /// Resets the active statement, unbinds its values and puts it into the cache, unless its text is too long.
    pub(in super::super) fn put_away(&mut self) {
        self.unbind();
        let Some(prepared) = self.active.take() else { return };
        self.limit();
        self.hooks.set_rights(Rights::HOST);
        if prepared.sql.len() > CACHED_TEXT {
            return;
        }
        if self.cached.len() >= CACHED_STATEMENTS {
            self.cached.remove(0);
        }
        self.cached.push(prepared);
    }

    /// Runs a statement of the host's own to its end, while the active one is set aside.
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
            self.hooks.set_rights(waiting.rights);
        }
        self.active = waiting;
        self.limit();
        result
    }

    /// Whether all runs of the active statement were short.
    pub(in super::super) fn is_brief(&self) -> bool {
        self.active.as_ref().is_some_and(|prepared| prepared.is_brief)
    }

    /// Whether one step of the active statement can take long.
    pub(in super::super) fn lingers(&self) -> bool {
        self.active.as_ref().is_some_and(|prepared| prepared.lingers)
    }

    /// Runs work on the caller's thread: steps are bounded, and so is the length of values, as a step that processes a long one
    /// takes long.
    pub(in super::super) fn work_inline<T>(&mut self, bound: fn(&Hooks), work: impl FnOnce(&mut Self) -> T) -> T {
        bound(&self.hooks);
        self.is_inline = true;
        self.limit();
        let result = work(self);
        self.is_inline = false;
        self.limit();
        self.hooks.unbound();
        result
    }

    /// Sets the length limit of values for the active statement and its thread.
    fn limit(&mut self) {
        let most = self.active.as_ref().map_or(MOST_BYTES, |prepared| prepared.value_bytes);
        self.limit_values(if self.is_inline { most.min(INLINE_BYTES) } else { most });
    }

    /// Whether work on the caller's thread failed because it takes long, and must restart on a blocking thread. Called within
    /// [`work_inline`](Self::work_inline).
    pub(in super::super) fn has_to_move(&self, failure: &Failure) -> bool {
        error::is_interrupted(failure) && self.hooks.was_moved() || error::is_too_long(failure)
    }

    /// Records that a run of the active statement was not short.
    pub(in super::super) fn took_long(&mut self) {
        if let Some(prepared) = &mut self.active {
            prepared.is_brief = false;
        }
    }

    /// Stores the last generated key, so that [`own_key`](Self::own_key) can distinguish it from one of the active statement.
    pub(in super::super) fn expect_key(&self) {
        let target = self.active.as_ref().map_or(0, |prepared| prepared.target);
        self.hooks.expect_key(target, self.made_key());
    }

    /// The key of the last row that the active statement inserted since [`expect_key`](Self::expect_key); none where it inserted
    /// no row with a rowid.
    pub(in super::super) fn own_key(&self) -> Option<i64> {
        let key = self.made_key();
        self.hooks.was_made(key).then_some(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t41_long_programs_have_short_values() {
        // A select of ten columns, an insert of two hundred values, and an expression of a hundred thousand operators.
        assert_eq!(value_bytes(6_441, 10, 0), MOST_BYTES);
        assert_eq!(value_bytes(108_136, 200, 0), MOST_BYTES);
        assert!((4 << 20..MOST_BYTES).contains(&value_bytes(31_680, 0, 0)));
        assert!(value_bytes(8_000_000, 1, 0) < 64 << 10);
        assert_eq!(value_bytes(i32::MAX, 0, 0), 1 << 10);
        assert_eq!(value_bytes(0, 0, 0), MOST_BYTES);
        // A long constant in the text does not make a long program.
        assert_eq!(value_bytes(2_200_000, 0, 1_100_000), MOST_BYTES);
        assert!(value_bytes(8_000_000, 1, 1_000_000) < 64 << 10);
    }
}
