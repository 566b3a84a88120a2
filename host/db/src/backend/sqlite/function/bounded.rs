//! Functions of SQLite's whose time or memory is no multiple of what they are given: they are refused where that is too much,
//! and else SQLite's own are asked, on a connection that has nothing else.
//!
//! `printf` writes as many digits as a number in its format says, `json_pretty` blanks by the depth of what it writes, before
//! any limit is looked at, and `json_patch` looks for each member of one document in the whole other one.

use std::sync::LazyLock;

use rusqlite::{
    Result, ToSql,
    functions::{FunctionFlags, SubType},
    params_from_iter,
    types::{ToSqlOutput, ValueRef},
};

use super::{Call, FLAGS, FunctionResult, MOST_BYTES, Meter, too_long};

/// The longest format, and the most digits of a number in it.
const FORMAT: usize = 64 << 10;
const FORMAT_DIGITS: usize = 3;
/// The highest number that takes the place of a star in a format.
const FORMAT_NUMBER: u64 = 999;

/// The most bytes of two documents, multiplied: about a tenth of a second.
const PATCH: usize = 1 << 31;

/// The deepest document that SQLite reads.
pub(super) const JSON_DEPTH: usize = 1_000;

/// What SQLite marks a text with that is JSON.
const JSON: u32 = 'J' as u32;

/// Asks for a format with as many values as there may be; one that is not used changes nothing.
static FORMATTED: LazyLock<String> = LazyLock::new(|| format!("SELECT format(?1{})", ", ?".repeat(99)));

/// Puts the functions in the place of SQLite's.
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

    /// What SQLite's own function says.
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

/// A value where it lies.
struct BorrowedValue<'v>(ValueRef<'v>);

impl ToSql for BorrowedValue<'_> {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(self.0))
    }
}

/// Whether a number in a format has more digits than it may.
fn has_long_number(format: &[u8]) -> bool {
    format
        .chunk_by(|one, other| one.is_ascii_digit() == other.is_ascii_digit())
        .any(|run| run.first().is_some_and(u8::is_ascii_digit) && run.len() > FORMAT_DIGITS)
}

/// The arguments that take the place of stars in a format.
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
                // These two take no value.
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

/// How deep a document is nested at most.
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
            // Texts and comments of JSON5, in which brackets mean nothing.
            b'\'' | b'/' => return JSON_DEPTH,
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest.min(JSON_DEPTH)
}
