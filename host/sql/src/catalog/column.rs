//! The checks of one column: its type and its defaults.

use super::{
    native,
    text::{expression, text},
};
use crate::{
    Dialect, Error, Result, Scalar, Value,
    schema::{Column, ColumnType, DefaultValue, TypeKind},
    sql::quote,
};

/// The most labels of an enumeration.
const MAX_LABELS: usize = 1_000;
/// The most characters of a label.
const MAX_LABEL: usize = 255;

/// Whether the kind is an integer kind.
pub(crate) fn is_integer(kind: TypeKind) -> bool {
    matches!(kind, TypeKind::Int16 | TypeKind::Int32 | TypeKind::Int64 | TypeKind::Uint64)
}

/// Checks a column and fills in what its type omits, such as a decimal's scale.
pub(super) fn check(column: &mut Column, dialect: Dialect, expressions: bool) -> Result<()> {
    check_type(&mut column.ty, dialect, expressions)?;
    text("comment", column.comment.as_deref())?;
    if let Some(computed) = &column.computed {
        if !expressions {
            return Err(Error::Denied("SQL text in a computed column".into()));
        }
        expression(computed)?;
        if column.default != DefaultValue::None || column.on_update != DefaultValue::None {
            return Err(Error::invalid("a computed column can have no default"));
        }
    }
    check_default(&column.default, column, dialect, expressions)?;
    if column.on_update == DefaultValue::GeneratedKey {
        return Err(Error::invalid("an update cannot generate a key"));
    }
    check_default(&column.on_update, column, dialect, expressions)
}

/// Checks a type; guests also name types in casts.
pub(crate) fn check_type(ty: &mut ColumnType, dialect: Dialect, expressions: bool) -> Result<()> {
    match ty.kind {
        TypeKind::Varchar => {
            // MySQL's rows have 65,535 bytes, and a character up to 4.
            let most = dialect.capabilities().max_varchar;
            match ty.length {
                None => return Err(Error::invalid("a varchar needs a length; use text for any length")),
                Some(length) if length == 0 || length > most => {
                    return Err(Error::invalid(format!(
                        "a varchar has 1 to {most} characters, not {length}; use text"
                    )));
                }
                Some(_) => {}
            }
        }
        TypeKind::Bytes if ty.length == Some(0) => return Err(Error::invalid("bytes of length 0")),
        TypeKind::Decimal => check_decimal(ty, dialect)?,
        TypeKind::Enumeration => check_labels(&ty.labels)?,
        TypeKind::Array => check_array(ty, dialect)?,
        TypeKind::Other => {
            let Some(native) = &ty.native else {
                return Err(Error::invalid("a type of the database's own needs its native name"));
            };
            if !expressions {
                return Err(Error::Denied("a type of the database's own".into()));
            }
            native::check(native)?;
        }
        _ => {}
    }
    Ok(())
}

fn check_decimal(ty: &mut ColumnType, dialect: Dialect) -> Result<()> {
    let (digits, after) = dialect.capabilities().max_decimal;
    let Some(precision) = ty.precision else {
        return Err(Error::invalid("a decimal needs a precision"));
    };
    let scale = *ty.scale.get_or_insert(0);
    if precision == 0 || precision > digits || scale > precision || scale > after {
        let message =
            format!("a decimal has 1 to {digits} digits, {after} of them after the point, not ({precision}, {scale})");
        return Err(Error::invalid(message));
    }
    Ok(())
}

fn check_labels(labels: &[String]) -> Result<()> {
    if labels.is_empty() || labels.len() > MAX_LABELS {
        return Err(Error::invalid(format!("an enumeration has 1 to {MAX_LABELS} labels, not {}", labels.len())));
    }
    let mut seen = std::collections::HashSet::new();
    for label in labels {
        if label.contains('\0') || label.chars().count() > MAX_LABEL {
            return Err(Error::invalid(format!("a label has a NUL character or more than {MAX_LABEL} characters")));
        }
        if !seen.insert(label) {
            return Err(Error::invalid(format!("an enumeration has the label {label:?} twice")));
        }
    }
    Ok(())
}

fn check_array(ty: &ColumnType, dialect: Dialect) -> Result<()> {
    if !dialect.capabilities().arrays {
        let message = "this database has no arrays; use json or a table of its own".to_owned();
        return Err(Error::Unsupported { capability: "arrays", message });
    }
    match ty.element {
        None => Err(Error::invalid("an array needs the kind of its items")),
        Some(TypeKind::Array | TypeKind::Enumeration | TypeKind::Other) => Err(Error::invalid(
            "the items of an array are of a plain kind; arrays of arrays are arrays of more dimensions",
        )),
        Some(_) => Ok(()),
    }
}

fn check_default(default: &DefaultValue, column: &Column, dialect: Dialect, expressions: bool) -> Result<()> {
    match default {
        DefaultValue::None | DefaultValue::GeneratedKey => Ok(()),
        DefaultValue::Literal(value) => check_literal(value, column, dialect),
        DefaultValue::Now => match column.ty.kind {
            TypeKind::Date | TypeKind::Time | TypeKind::Timestamp | TypeKind::TimestampTz => Ok(()),
            _ => Err(Error::invalid("only dates and times can be now")),
        },
        DefaultValue::Expression(sql) => {
            if !expressions {
                return Err(Error::Denied("SQL text as a default".into()));
            }
            expression(sql)
        }
    }
}

fn check_literal(value: &Value, column: &Column, dialect: Dialect) -> Result<()> {
    let Value::Scalar(scalar) = value else {
        return Err(Error::invalid("an array cannot be a default"));
    };
    let fits = match scalar {
        Scalar::Null => column.nullable,
        _ => fits(scalar, column.ty.kind),
    };
    if !fits {
        return Err(Error::TypeMismatch {
            column: column.name.clone(),
            expected: format!("a default of the kind {:?}", column.ty.kind).to_lowercase(),
            got: shown(scalar).to_owned(),
        });
    }
    match scalar {
        Scalar::Text(t) | Scalar::Json(t) => text("default", Some(t))?,
        Scalar::Bytes(b) if b.len() > 4_096 => return Err(Error::invalid("a default has more than 4096 bytes")),
        _ => {}
    }
    if let (TypeKind::Enumeration, Scalar::Text(label)) = (column.ty.kind, scalar)
        && !column.ty.labels.contains(label)
    {
        return Err(Error::invalid("the default is none of the labels"));
    }
    if quote::has_literal(value, column.ty.kind, dialect) {
        return Ok(());
    }
    Err(Error::invalid("the default has no constant in this database"))
}

/// Whether a column of this kind accepts the value.
fn fits(scalar: &Scalar, kind: TypeKind) -> bool {
    match scalar {
        Scalar::Null => true,
        Scalar::Boolean(_) => kind == TypeKind::Boolean,
        Scalar::Integer(value) => match kind {
            TypeKind::Int16 => i16::try_from(*value).is_ok(),
            TypeKind::Int32 => i32::try_from(*value).is_ok(),
            TypeKind::Uint64 => *value >= 0,
            TypeKind::Int64 | TypeKind::Float32 | TypeKind::Float64 | TypeKind::Decimal => true,
            _ => false,
        },
        Scalar::Unsigned(value) => match kind {
            TypeKind::Int64 => i64::try_from(*value).is_ok(),
            TypeKind::Uint64 => true,
            _ => false,
        },
        Scalar::Float(_) => matches!(kind, TypeKind::Float32 | TypeKind::Float64),
        Scalar::Decimal(_) => kind == TypeKind::Decimal,
        Scalar::Text(_) => matches!(kind, TypeKind::Text | TypeKind::Varchar | TypeKind::Enumeration),
        Scalar::Bytes(_) => kind == TypeKind::Bytes,
        Scalar::Uuid(..) => kind == TypeKind::Uuid,
        Scalar::Json(_) => kind == TypeKind::Json,
        Scalar::Date(_) => kind == TypeKind::Date,
        Scalar::Time(_) => kind == TypeKind::Time,
        Scalar::Timestamp(_) => kind == TypeKind::Timestamp,
        Scalar::TimestampTz(_) => kind == TypeKind::TimestampTz,
        Scalar::Interval(_) => kind == TypeKind::Interval,
        Scalar::Other(..) => false,
    }
}

fn shown(scalar: &Scalar) -> &'static str {
    match scalar {
        Scalar::Null => "null",
        Scalar::Boolean(_) => "a boolean",
        Scalar::Integer(_) | Scalar::Unsigned(_) => "an integer",
        Scalar::Float(_) => "a float",
        Scalar::Decimal(_) => "a decimal",
        Scalar::Text(_) => "a text",
        Scalar::Bytes(_) => "bytes",
        Scalar::Uuid(..) => "a UUID",
        Scalar::Json(_) => "JSON",
        Scalar::Date(_) => "a date",
        Scalar::Time(_) => "a time",
        Scalar::Timestamp(_) => "a timestamp",
        Scalar::TimestampTz(_) => "a moment",
        Scalar::Interval(_) => "a span of time",
        Scalar::Other(..) => "a value of the database's own",
    }
}
