//! Values on their way into SQLite, which has five types: the others are written as `host/sql`'s types say.

use sqlservice_sql::{Error as StatementError, Scalar, Value};

use super::{
    error::{error, unfit},
    handle::Handle,
};
use crate::{
    Error, Result,
    backend::{Bind, calendar},
};

/// Binds all values of the statement in use.
pub(super) fn bind(handle: &mut Handle, binds: &[Bind]) -> Result<()> {
    let takes = handle.parameters();
    if takes != binds.len() {
        let message = format!("the statement takes {takes} parameters, not {}", binds.len());
        return Err(StatementError::invalid(message).into());
    }
    for (position, bind) in binds.iter().enumerate() {
        match &bind.value {
            Value::Scalar(scalar) => bind_one(handle, position, scalar)?,
            Value::Array(_) => return Err(no_arrays()),
        }
    }
    Ok(())
}

fn bind_one(handle: &mut Handle, at: usize, scalar: &Scalar) -> Result<()> {
    let text;
    let bound = match scalar {
        Scalar::Null => handle.bind_null(at),
        Scalar::Boolean(value) => handle.bind_integer(at, i64::from(*value)),
        Scalar::Integer(value) => handle.bind_integer(at, *value),
        Scalar::Unsigned(value) => match i64::try_from(*value) {
            Ok(value) => handle.bind_integer(at, value),
            Err(_) => return Err(unfit("SQLite has no integers past 9223372036854775807")),
        },
        // SQLite would silently make it null.
        Scalar::Float(value) if value.is_nan() => return Err(unfit("SQLite has no NaN")),
        Scalar::Float(value) => handle.bind_real(at, *value),
        Scalar::Text(value) | Scalar::Decimal(value) | Scalar::Json(value) | Scalar::Other(_, value) => {
            handle.bind_text(at, value)
        }
        Scalar::Bytes(value) => handle.bind_blob(at, value),
        other => {
            text = written(other)?;
            handle.bind_text(at, &text)
        }
    };
    bound.map_err(error)
}

/// Values that SQLite keeps as text, in a form that orders like the values do.
fn written(scalar: &Scalar) -> Result<String> {
    match scalar {
        Scalar::Uuid(high, low) => Ok(calendar::uuid_text(*high, *low)),
        Scalar::Date(days) if calendar::is_day(i64::from(*days)) => Ok(calendar::date_text(i64::from(*days))),
        Scalar::Time(time) if (0..calendar::DAY).contains(time) => Ok(calendar::time_text(*time)),
        Scalar::Timestamp(moment) | Scalar::TimestampTz(moment) if calendar::is_moment(*moment) => {
            Ok(calendar::timestamp_text(*moment))
        }
        Scalar::Interval(interval) => Ok(calendar::interval_text(*interval)),
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
