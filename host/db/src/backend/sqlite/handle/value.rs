//! The five kinds of values that SQLite has, on their way in and out.

/// A value for a statement.
#[derive(Clone, Debug)]
pub(in super::super) enum Bound<'v> {
    Null,
    Integer(i64),
    Real(f64),
    Text(&'v str),
    Blob(&'v [u8]),
    /// A text that was written for it.
    Written(String),
}

/// A value of the current row.
#[derive(Clone, Copy, Debug)]
pub(in super::super) enum Cell<'a> {
    Null,
    Integer(i64),
    Real(f64),
    /// What SQLite calls text; not necessarily UTF-8.
    Text(&'a [u8]),
    Blob(&'a [u8]),
}
