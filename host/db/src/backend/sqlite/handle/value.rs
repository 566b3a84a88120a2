//! Bind values and cells of SQLite's five storage types.

/// A bind value.
#[derive(Clone, Debug)]
pub(in super::super) enum Bound<'v> {
    Null,
    Integer(i64),
    Real(f64),
    Text(&'v str),
    Blob(&'v [u8]),
    /// An encoded text that SQLite always copies.
    Written(String),
}

/// A value of the current row.
#[derive(Clone, Copy, Debug)]
pub(in super::super) enum Cell<'a> {
    Null,
    Integer(i64),
    Real(f64),
    /// A SQLite text, not necessarily UTF-8.
    Text(&'a [u8]),
    Blob(&'a [u8]),
}
