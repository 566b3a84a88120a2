//! SQLite functions whose time or memory is not linear in their arguments. Calls that would cost too much are refused; the others
//! run SQLite's own function on an empty connection.
//!
//! `printf` pads to the width or precision in its format and `json_pretty` indents by nesting depth, both before SQLite checks
//! any limit. `json_patch` searches one whole document for each member of the other.

use std::sync::LazyLock;

use rusqlite::{
    Result, ToSql,
    functions::{FunctionFlags, SubType},
    params_from_iter,
    types::{ToSqlOutput, ValueRef},
};

use super::{Call, FLAGS, FunctionResult, MOST_BYTES, Meter, too_long};

/// The longest format in bytes, and the most digits of a number in it.
const FORMAT: usize = 64 << 10;
const FORMAT_DIGITS: usize = 3;
/// The largest argument that replaces a `*` in a format.
const FORMAT_NUMBER: u64 = 999;

/// The largest product of two documents' lengths in bytes: about a tenth of a second.
const PATCH: usize = 1 << 31;

/// The deepest JSON nesting that SQLite parses.
pub(super) const JSON_DEPTH: usize = 1_000;

/// The subtype by which SQLite marks a text as JSON.
const JSON: u32 = 'J' as u32;

/// Calls `format` with the most arguments that there may be; unused ones change nothing.
static FORMATTED: LazyLock<String> = LazyLock::new(|| format!("SELECT format(?1{})", ", ?".repeat(99)));

/// Registers the functions in place of SQLite's.
pub(super) fn register(connection: &rusqlite::Connection, meter: &Meter) -> Result<()> {
    let scalar = |name: &'static str, arguments, function: fn(&Call<'_>) -> Result<(FunctionResult, SubType)>| {
        let meter = meter.clone();
        let flags = FLAGS.union(FunctionFlags::SQLITE_RESULT_SUBTYPE);
        connection
            .create_scalar_function(name, arguments, flags, move |context| function(&Call { context, meter: &meter }))
    };
    scalar("printf", -1, |call| call.format())?;
    scalar("format", -1, |call| call.format())?;
    scalar("json_patch", 2, |call| call.patch("SELECT json_patch(?1, ?2)", Some(JSON)))?;
    scalar("jsonb_patch", 2, |call| call.patch("SELECT jsonb_patch(?1, ?2)", None))?;
    scalar("json_pretty", 1, |call| call.pretty("SELECT json_pretty(?1)"))?;
    scalar("json_pretty", 2, |call| call.pretty("SELECT json_pretty(?1, ?2)"))
}

impl Call<'_> {
    fn format(&self) -> Result<(FunctionResult, SubType)> {
        if self.context.is_empty() {
            return Ok((FunctionResult::Null, None));
        }
        let Some(format) = self.text(0)? else { return Ok((FunctionResult::Null, None)) };
        if format.len() > FORMAT || has_long_number(&format) {
            return Err(too_long());
        }
        let mut values: Vec<_> = (0..self.context.len()).map(|at| self.context.get_raw(at)).collect();
        let is_short = |value: &ValueRef<'_>| match value {
            ValueRef::Integer(value) => value.unsigned_abs() <= FORMAT_NUMBER,
            value => matches!(value, ValueRef::Null),
        };
        if !stars(&format).iter().all(|at| values.get(*at).is_none_or(is_short)) {
            return Err(too_long());
        }
        values.resize(100, ValueRef::Null);
        self.asked(&FORMATTED, &values, None)
    }

    fn patch(&self, sql: &str, subtype: SubType) -> Result<(FunctionResult, SubType)> {
        let length = |at| self.text(at).map(|text| text.map_or(0, |text| text.len()));
        if length(0)?.saturating_mul(length(1)?) > PATCH {
            return Err(too_long());
        }
        self.asked(sql, &[self.context.get_raw(0), self.context.get_raw(1)], subtype)
    }

    fn pretty(&self, sql: &str) -> Result<(FunctionResult, SubType)> {
        let text = self.text(0)?.unwrap_or_default();
        let blanks = if self.context.len() == 2 { self.text(1)?.map_or(4, |blanks| blanks.len()) } else { 4 };
        let depth = if matches!(self.context.get_raw(0), ValueRef::Blob(_)) { JSON_DEPTH } else { depth(&text) };
        let written = text.len().saturating_mul(depth.saturating_mul(blanks).saturating_add(2));
        if i32::try_from(written).map_or(true, |written| written > 4 * MOST_BYTES) {
            return Err(too_long());
        }
        let values: Vec<_> = (0..self.context.len()).map(|at| self.context.get_raw(at)).collect();
        self.asked(sql, &values, None)
    }

    /// Returns the result of SQLite's own function, with a subtype.
    fn asked(&self, sql: &str, values: &[ValueRef<'_>], subtype: SubType) -> Result<(FunctionResult, SubType)> {
        let values: Vec<BorrowedValue<'_>> = values.iter().copied().map(BorrowedValue).collect();
        let value = self.meter.ask(|plain| {
            plain.query_row(sql, params_from_iter(values), |row| {
                Ok(match row.get_ref(0)? {
                    ValueRef::Text(bytes) => FunctionResult::Text(bytes.to_vec()),
                    ValueRef::Blob(bytes) => FunctionResult::Blob(bytes.to_vec()),
                    ValueRef::Integer(value) => FunctionResult::Integer(value),
                    _ => FunctionResult::Null,
                })
            })
        })?;
        let bytes = match &value {
            FunctionResult::Text(bytes) | FunctionResult::Blob(bytes) => bytes.len(),
            _ => 0,
        };
        self.meter.charge(bytes)?;
        if i32::try_from(bytes).map_or(true, |bytes| bytes > MOST_BYTES) {
            Err(too_long())
        } else {
            Ok((value, subtype))
        }
    }
}

/// A borrowed value as a parameter.
struct BorrowedValue<'v>(ValueRef<'v>);

impl ToSql for BorrowedValue<'_> {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(self.0))
    }
}

/// Whether a number in a format has more than [`FORMAT_DIGITS`] digits.
fn has_long_number(format: &[u8]) -> bool {
    format
        .chunk_by(|one, other| one.is_ascii_digit() == other.is_ascii_digit())
        .any(|run| run.first().is_some_and(u8::is_ascii_digit) && run.len() > FORMAT_DIGITS)
}

/// The positions of the arguments that replace each `*` in a format.
fn stars(format: &[u8]) -> Vec<usize> {
    let (mut stars, mut argument) = (Vec::new(), 1);
    let mut rest = format.iter();
    while rest.any(|byte| *byte == b'%') {
        for byte in rest.by_ref() {
            match byte {
                b'*' => {
                    stars.push(argument);
                    argument += 1;
                }
                b'0'..=b'9' | b'.' | b'-' | b'+' | b' ' | b'#' | b'!' | b',' | b'l' => {}
                // These two consume no argument.
                b'%' | b'n' => break,
                _ => {
                    argument += 1;
                    break;
                }
            }
        }
    }
    stars
}

/// The deepest nesting of a JSON document, at most [`JSON_DEPTH`].
pub(super) fn depth(document: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let mut rest = document.iter();
    while let Some(byte) = rest.next() {
        match byte {
            b'"' => {
                while rest.by_ref().find(|byte| matches!(byte, b'"' | b'\\')) == Some(&b'\\') {
                    rest.next();
                }
            }
            b'[' | b'{' => depth = depth.saturating_add(1),
            b']' | b'}' => depth = depth.saturating_sub(1),
            // JSON5's quotes and comments, in which brackets do not nest. The maximum is assumed.
            b'\'' | b'/' => return JSON_DEPTH,
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest.min(JSON_DEPTH)
}
