//! Values on their way into SQLite, which has five types: the others are written as `host/sql`'s types say.

use sqlservice_sql::{
    Error as StatementError,
    value::{ScalarRef, ValueRef},
};

use super::{
    error::{error, unfit},
    handle::Handle,
};
use crate::{
    Error, Result,
    backend::{Binds, calendar},
};

/// Binds all values of one round of the statement in use.
pub(super) fn bind(handle: &mut Handle, binds: &Binds, round: usize) -> Result<()> {
    let takes = handle.parameters();
    if takes != binds.len() {
        let message = format!("the statement takes {takes} parameters, not {}", binds.len());
        return Err(StatementError::invalid(message).into());
    }
    for position in 0..takes {
        match binds.get(round, position).value {
            ValueRef::Scalar(scalar) => bind_one(handle, position, scalar)?,
            ValueRef::Array(_) => return Err(no_arrays()),
        }
    }
    Ok(())
}

fn bind_one(handle: &mut Handle, at: usize, scalar: ScalarRef<'_>) -> Result<()> {
    let text;
    let bound = match scalar {
        ScalarRef::Null => handle.bind_null(at),
        ScalarRef::Boolean(value) => handle.bind_integer(at, i64::from(value)),
        ScalarRef::Integer(value) => handle.bind_integer(at, value),
        ScalarRef::Unsigned(value) => match i64::try_from(value) {
            Ok(value) => handle.bind_integer(at, value),
            Err(_) => return Err(unfit("SQLite has no integers past 9223372036854775807")),
        },
        // SQLite would silently make it null.
        ScalarRef::Float(value) if value.is_nan() => return Err(unfit("SQLite has no NaN")),
        ScalarRef::Float(value) => handle.bind_real(at, value),
        ScalarRef::Text(value) | ScalarRef::Decimal(value) | ScalarRef::Json(value) | ScalarRef::Other(_, value) => {
            handle.bind_text(at, value)
        }
        ScalarRef::Bytes(value) => handle.bind_blob(at, value),
        other => {
            text = written(other)?;
            handle.bind_text(at, &text)
        }
    };
    bound.map_err(error)
}

/// Values that SQLite keeps as text, in a form that orders like the values do.
fn written(scalar: ScalarRef<'_>) -> Result<String> {
    match scalar {
        ScalarRef::Uuid(high, low) => Ok(calendar::uuid_text(high, low)),
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
