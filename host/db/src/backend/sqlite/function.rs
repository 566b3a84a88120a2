//! Functions of SQLite's that take long for some arguments, again: the same results, in linear time where that can be, and each
//! tells the [`Hooks`] how much it does, so that it ends where its statement has to.
//!
//! SQLite cannot be stopped while a function runs: `instr` of a long text and a long part of it takes minutes, in which no progress
//! handler is called and no interrupt is heard. Arguments are guest-controlled. These functions replace its own on every
//! connection, also where views, indexes and checks use them, which other programs read: so they must not differ in anything
//! but time. The tests ask SQLite's own for random arguments.
//!
//! SQLite knows of its own `LIKE` and `GLOB` that a pattern which begins with letters can be looked up in an index, where the
//! pattern is a literal. That is lost for SQL text of a guest's. Compiled statements have patterns as parameters, for which it
//! never was done (`SQLITE_DBCONFIG_ENABLE_QPSG`).

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

/// The most bytes that a text, bytes or a row of SQLite's may have: as many as the largest batch of rows may, and as MariaDB
/// takes by default. SQLite works with a value in one step, which takes the longer the longer it is, and cannot be stopped.
pub(super) const MOST_BYTES: i32 = 16 << 20;

/// The most bytes of a pattern of `LIKE` or `GLOB`.
pub(super) const PATTERN_BYTES: i32 = 10_000;

/// The same for the same arguments, and nothing that a schema could do harm with.
const FLAGS: FunctionFlags =
    FunctionFlags::SQLITE_UTF8.union(FunctionFlags::SQLITE_DETERMINISTIC).union(FunctionFlags::SQLITE_INNOCUOUS);

/// Puts the functions in the place of SQLite's.
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

/// What the functions of one connection share.
#[derive(Clone)]
struct Meter {
    hooks: Arc<Hooks>,
    /// A connection with SQLite's own functions, and nothing else. Made when it is asked for the first time.
    plain: Arc<Mutex<Option<Connection>>>,
}

impl Meter {
    /// Says that so many bytes were looked at or made, or are about to be.
    fn charge(&self, work: usize) -> Result<()> {
        if self.hooks.charge(work) { Ok(()) } else { Err(stopped()) }
    }

    /// Asks SQLite's own functions.
    fn ask<T>(&self, ask: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let mut plain = self.plain.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *plain {
            Some(connection) => ask(connection),
            none => ask(none.insert(Connection::open_in_memory()?)),
        }
    }

    /// A float as SQLite writes it.
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
    /// An argument as SQLite makes a text of it; nothing of a null.
    fn text(&self, at: usize) -> Result<Option<Cow<'_, [u8]>>> {
        Ok(match self.context.get_raw(at) {
            ValueRef::Null => None,
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(Cow::Borrowed(bytes)),
            ValueRef::Integer(value) => Some(Cow::Owned(value.to_string().into_bytes())),
            ValueRef::Real(value) => Some(Cow::Owned(self.meter.float(value)?.into_bytes())),
        })
    }
}

/// What a function returns.
enum FunctionResult {
    Null,
    Integer(i64),
    /// Not necessarily UTF-8.
    Text(Vec<u8>),
    Blob(Vec<u8>),
    /// The argument at this position, as it is.
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

/// The error of a statement that is ended. Without a message, as one would make another error of it.
fn stopped() -> Error {
    Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_INTERRUPT), None)
}

/// The error that SQLite's own function has.
fn failed(message: &str) -> Error {
    Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_ERROR), Some(message.to_owned()))
}

/// A result that is longer than a value may be.
fn too_long() -> Error {
    Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_TOOBIG), None)
}

/// The next character as SQLite reads it, and its length. What is not UTF-8 is read leniently, and is a character as well.
#[inline]
fn character(bytes: &[u8]) -> Option<(u32, usize)> {
    let (&first, rest) = bytes.split_first()?;
    Some(if first < 0xc0 { (first.into(), 1) } else { long_character(first, rest) })
}

/// One that begins with this byte.
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

/// Whether a byte is no character's first.
fn is_continuation(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

/// A text up to its first NUL, where many of SQLite's functions take it to end.
fn until_nul(text: &[u8]) -> &[u8] {
    memchr::memchr(0, text).and_then(|end| text.get(..end)).unwrap_or(text)
}

#[cfg(test)]
mod tests;
