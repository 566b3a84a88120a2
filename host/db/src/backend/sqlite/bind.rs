//! Binds parameters in SQLite, which has five storage types: values of other types are encoded as `host/sql` defines.

use sqlservice_sql::{
    Decimal, Error as StatementError, calendar,
    schema::TypeKind,
    value::{ScalarRef, ValueRef},
};
use uuid::Uuid;

use super::{
    error::{error, unfit},
    handle::{Handle, INLINE_BYTES, Lending, value::Bound},
};
use crate::{
    Error, Result,
    backend::{Bind, Binds},
};

/// The most values that are bound without leaving the caller's thread.
const INLINE_VALUES: usize = 64;

/// Whether the bind values are few and short enough to be copied on the caller's thread.
pub(super) fn are_short(binds: &Binds) -> bool {
    let bytes = |bind: Bind<'_>| match bind.value {
        ValueRef::Scalar(
            ScalarRef::Text(text) | ScalarRef::Decimal(text) | ScalarRef::Json(text) | ScalarRef::Other(_, text),
        ) => text.len(),
        ValueRef::Scalar(ScalarRef::Bytes(bytes)) => bytes.len(),
        _ => 0,
    };
    binds.len() <= INLINE_VALUES && binds.iter().map(bytes).sum::<usize>() <= INLINE_BYTES as usize
}

/// Binds all parameters of the active statement. SQLite copies the values.
pub(super) fn bind(handle: &mut Handle, binds: &Binds) -> Result<()> {
    check(handle, binds)?;
    (0..binds.len()).try_for_each(|position| handle.bind(position, &bound(binds, 0, position)?).map_err(error))
}

/// Binds one round's values to the active statement. SQLite reads borrowed texts and bytes in place.
pub(super) fn lend<'v>(lending: &mut Lending<'_, 'v>, binds: &'v Binds, round: usize) -> Result<()> {
    check(lending.handle(), binds)?;
    (0..binds.len()).try_for_each(|position| lending.bind(position, &bound(binds, round, position)?).map_err(error))
}

fn check(handle: &Handle, binds: &Binds) -> Result<()> {
    let (takes, given) = (handle.parameters(), binds.len());
    if takes == given {
        return Ok(());
    }
    Err(StatementError::invalid(format!("the statement takes {takes} parameters, not {given}")).into())
}

/// Converts a bind value to one of SQLite's storage types.
fn bound(binds: &Binds, round: usize, position: usize) -> Result<Bound<'_>> {
    let Bind { value, kind } = binds.get(round, position);
    let ValueRef::Scalar(scalar) = value else { return Err(no_arrays()) };
    Ok(match scalar {
        ScalarRef::Null => Bound::Null,
        // Decimals are stored as text, and in SQLite a text never equals a number.
        ScalarRef::Integer(value) if kind == Some(TypeKind::Decimal) => Bound::Written(value.to_string()),
        ScalarRef::Unsigned(value) if kind == Some(TypeKind::Decimal) => Bound::Written(value.to_string()),
        ScalarRef::Float(value) if kind == Some(TypeKind::Decimal) => match Decimal::from_float(value) {
            Ok(value) => Bound::Written(value.to_string()),
            Err(_) => return Err(unfit("a decimal is neither infinite nor NaN")),
        },
        ScalarRef::Boolean(value) => Bound::Integer(i64::from(value)),
        ScalarRef::Integer(value) => Bound::Integer(value),
        ScalarRef::Unsigned(value) => match i64::try_from(value) {
            Ok(value) => Bound::Integer(value),
            Err(_) => return Err(unfit("SQLite has no integers past 9223372036854775807")),
        },
        // SQLite would silently bind null.
        ScalarRef::Float(value) if value.is_nan() => return Err(unfit("SQLite has no NaN")),
        ScalarRef::Float(value) => Bound::Real(value),
        ScalarRef::Text(value) | ScalarRef::Decimal(value) | ScalarRef::Json(value) | ScalarRef::Other(_, value) => {
            Bound::Text(value)
        }
        ScalarRef::Bytes(value) => Bound::Blob(value),
        other => Bound::Written(written(other)?),
    })
}

/// Encodes a value that SQLite stores as text, so that the texts sort like the values.
fn written(scalar: ScalarRef<'_>) -> Result<String> {
    match scalar {
        ScalarRef::Uuid(high, low) => Ok(Uuid::from_u64_pair(high, low).to_string()),
        ScalarRef::Date(days) if calendar::is_day(i64::from(days)) => Ok(calendar::date_text(i64::from(days))),
        ScalarRef::Time(time) if (0..calendar::DAY).contains(&time) => Ok(calendar::time_text(time)),
        ScalarRef::Timestamp(moment) | ScalarRef::TimestampTz(moment) if calendar::is_moment(moment) => {
            Ok(calendar::timestamp_text(moment))
        }
        ScalarRef::Interval(interval) => Ok(calendar::interval_text(interval)),
        _ => Err(unfit("a date or time lies outside of the years 1 to 9999, or a time outside of its day")),
    }
}

fn no_arrays() -> Error {
    StatementError::Unsupported {
        capability: "arrays",
        message: "SQLite has no arrays; keep the items in a table or in a JSON column".into(),
    }
    .into()
}
