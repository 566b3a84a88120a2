//! Replaces SQLite functions that are slow for some arguments. The results are the same, in linear time where possible, and each
//! function reports its work to the [`Hooks`], so that it ends when its statement is cancelled or reaches its bound.
//!
//! SQLite cannot be interrupted while a function runs: `instr` of two long texts takes minutes, without a call of the progress
//! handler. Arguments are guest-controlled. These functions replace SQLite's on every connection, also in views, indexes and
//! checks, which other programs use as well: so they must differ in nothing but time. The tests compare them with SQLite's own
//! for random arguments.
//!
//! SQLite uses an index for its own `LIKE` and `GLOB` where the pattern is a literal that begins with letters. A guest's SQL text
//! loses that optimisation. Compiled statements bind patterns as parameters, which never had it
//! (`SQLITE_DBCONFIG_ENABLE_QPSG`).

mod bounded;
mod pattern;
mod search;

use std::{
    borrow::Cow,
    sync::{Arc, Mutex, PoisonError},
};

use libsqlite3_sys as ffi;
use rusqlite::{
    Connection, Error, Result,
    functions::{Context, FunctionFlags},
    types::{ToSql, ToSqlOutput, ValueRef},
};

use self::{pattern::Rules, search::TrimSides};
use super::hooks::Hooks;

/// The most bytes of a text, a blob or a row in SQLite: the limit of a batch, and MariaDB's default. SQLite processes a value in
/// one step, which takes time in proportion to its length and cannot be interrupted.
pub(super) const MOST_BYTES: i32 = 16 << 20;

/// The most bytes of a pattern of `LIKE` or `GLOB`.
pub(super) const PATTERN_BYTES: i32 = 10_000;

/// Deterministic, and innocuous: views, indexes and checks may call them.
const FLAGS: FunctionFlags =
    FunctionFlags::SQLITE_UTF8.union(FunctionFlags::SQLITE_DETERMINISTIC).union(FunctionFlags::SQLITE_INNOCUOUS);

/// Registers the functions in place of SQLite's.
pub(super) fn register(connection: &Connection, hooks: &Arc<Hooks>) -> Result<()> {
    let meter = Meter { hooks: Arc::clone(hooks), plain: Arc::default() };
    scalar(connection, &meter, "like", 2, |call| call.pattern(Rules::LIKE))?;
    scalar(connection, &meter, "like", 3, |call| call.pattern(Rules::LIKE))?;
    scalar(connection, &meter, "glob", 2, |call| call.pattern(Rules::GLOB))?;
    scalar(connection, &meter, "instr", 2, |call| call.instr())?;
    scalar(connection, &meter, "replace", 3, |call| call.replace())?;
    scalar(connection, &meter, "trim", 2, |call| call.trim(TrimSides { left: true, right: true }))?;
    scalar(connection, &meter, "ltrim", 2, |call| call.trim(TrimSides { left: true, right: false }))?;
    scalar(connection, &meter, "rtrim", 2, |call| call.trim(TrimSides { left: false, right: true }))?;
    scalar(connection, &meter, "unhex", 2, |call| call.unhex())?;
    bounded::register(connection, &meter)
}

fn scalar(
    connection: &Connection,
    meter: &Meter,
    name: &str,
    arguments: i32,
    function: impl Fn(&Call<'_>) -> Result<FunctionResult> + Send + 'static,
) -> Result<()> {
    let meter = meter.clone();
    connection.create_scalar_function(name, arguments, FLAGS, move |context| function(&Call { context, meter: &meter }))
}

/// The state that the functions of one connection share.
#[derive(Clone)]
struct Meter {
    hooks: Arc<Hooks>,
    /// An empty in-memory connection with SQLite's own functions, opened on first use.
    plain: Arc<Mutex<Option<Connection>>>,
}

impl Meter {
    /// Charges bytes read or written, before or after the work. Fails where the statement has to stop.
    fn charge(&self, work: usize) -> Result<()> {
        if self.hooks.charge(work) { Ok(()) } else { Err(stopped()) }
    }

    /// Runs a query with SQLite's own functions.
    fn ask<T>(&self, ask: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let mut plain = self.plain.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *plain {
            Some(connection) => ask(connection),
            none => ask(none.insert(Connection::open_in_memory()?)),
        }
    }

    /// Formats a float as SQLite does.
    fn float(&self, value: f64) -> Result<String> {
        self.ask(|plain| plain.query_row("SELECT CAST(?1 AS TEXT)", [value], |row| row.get(0)))
    }
}

/// One call of a function.
struct Call<'c> {
    context: &'c Context<'c>,
    meter: &'c Meter,
}

impl Call<'_> {
    /// An argument cast to text as SQLite casts it; none for a null.
    fn text(&self, at: usize) -> Result<Option<Cow<'_, [u8]>>> {
        Ok(match self.context.get_raw(at) {
            ValueRef::Null => None,
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(Cow::Borrowed(bytes)),
            ValueRef::Integer(value) => Some(Cow::Owned(value.to_string().into_bytes())),
            ValueRef::Real(value) => Some(Cow::Owned(self.meter.float(value)?.into_bytes())),
        })
    }
}

/// A function's return value.
enum FunctionResult {
    Null,
    Integer(i64),
    /// Not necessarily UTF-8.
    Text(Vec<u8>),
    Blob(Vec<u8>),
    /// The argument at this position, unchanged.
    Argument(usize),
}

impl ToSql for FunctionResult {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Null => ToSqlOutput::Borrowed(ValueRef::Null),
            Self::Integer(value) => ToSqlOutput::Borrowed(ValueRef::Integer(*value)),
            Self::Text(bytes) => ToSqlOutput::Borrowed(ValueRef::Text(bytes)),
            Self::Blob(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
            Self::Argument(at) => ToSqlOutput::Arg(*at),
        })
    }
}

/// The error that interrupts the statement. It has no message, since SQLite would replace the code by `SQLITE_ERROR` for one.
fn stopped() -> Error {
    Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_INTERRUPT), None)
}

/// An error with the message of SQLite's own function.
fn failed(message: &str) -> Error {
    Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_ERROR), Some(message.to_owned()))
}

/// The error for a result that exceeds the length limit.
fn too_long() -> Error {
    Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_TOOBIG), None)
}

/// Decodes the next character as SQLite does, and returns its length in bytes. Invalid UTF-8 is decoded leniently, not refused.
#[inline]
fn character(bytes: &[u8]) -> Option<(u32, usize)> {
    let (&first, rest) = bytes.split_first()?;
    Some(if first < 0xc0 { (first.into(), 1) } else { long_character(first, rest) })
}

/// Decodes a character that begins with this byte.
fn long_character(first: u8, rest: &[u8]) -> (u32, usize) {
    let more = rest.iter().take_while(|byte| is_continuation(**byte)).count();
    let head: u32 = match first {
        0xc0..=0xdf => first & 0x1f,
        0xe0..=0xef => first & 0x0f,
        0xf0..=0xf7 => first & 0x07,
        0xf8..=0xfb => first & 0x03,
        0xfc..=0xfd => first & 0x01,
        _ => 0,
    }
    .into();
    let read = rest.iter().take(more).fold(head, |read, byte| read << 6 | u32::from(byte & 0x3f));
    let is_none = read < 0x80 || read & 0xffff_f800 == 0xd800 || read & 0xffff_fffe == 0xfffe;
    (if is_none { 0xfffd } else { read }, more + 1)
}

/// Whether a byte is a UTF-8 continuation byte.
fn is_continuation(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

/// A text up to its first NUL, where many SQLite functions end it.
fn until_nul(text: &[u8]) -> &[u8] {
    memchr::memchr(0, text).and_then(|end| text.get(..end)).unwrap_or(text)
}

#[cfg(test)]
mod tests;
