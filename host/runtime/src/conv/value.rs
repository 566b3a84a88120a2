//! Single values.

use sqlservice_sql::value as ours;

use super::same_fields;
use crate::bindings::sqlservice::database::values as wit;

same_fields!(wit::Interval, ours::Interval, { months, days, microseconds });
same_fields!(wit::ArrayValue, ours::Array, { dimensions; lists items });

impl From<wit::Scalar> for ours::Scalar {
    fn from(scalar: wit::Scalar) -> Self {
        match scalar {
            wit::Scalar::Null => Self::Null,
            wit::Scalar::Boolean(v) => Self::Boolean(v),
            wit::Scalar::Integer(v) => Self::Integer(v),
            wit::Scalar::Unsigned(v) => Self::Unsigned(v),
            wit::Scalar::Float(v) => Self::Float(v),
            wit::Scalar::Decimal(v) => Self::Decimal(v),
            wit::Scalar::Text(v) => Self::Text(v),
            wit::Scalar::Bytes(v) => Self::Bytes(v),
            wit::Scalar::Uuid((high, low)) => Self::Uuid(high, low),
            wit::Scalar::Json(v) => Self::Json(v),
            wit::Scalar::Date(v) => Self::Date(v),
            wit::Scalar::Time(v) => Self::Time(v),
            wit::Scalar::Timestamp(v) => Self::Timestamp(v),
            wit::Scalar::TimestampTz(v) => Self::TimestampTz(v),
            wit::Scalar::Interval(v) => Self::Interval(v.into()),
            wit::Scalar::Other(v) => Self::Other(v.native_type, v.text),
        }
    }
}

impl From<ours::Scalar> for wit::Scalar {
    fn from(scalar: ours::Scalar) -> Self {
        match scalar {
            ours::Scalar::Null => Self::Null,
            ours::Scalar::Boolean(v) => Self::Boolean(v),
            ours::Scalar::Integer(v) => Self::Integer(v),
            ours::Scalar::Unsigned(v) => Self::Unsigned(v),
            ours::Scalar::Float(v) => Self::Float(v),
            ours::Scalar::Decimal(v) => Self::Decimal(v),
            ours::Scalar::Text(v) => Self::Text(v),
            ours::Scalar::Bytes(v) => Self::Bytes(v),
            ours::Scalar::Uuid(high, low) => Self::Uuid((high, low)),
            ours::Scalar::Json(v) => Self::Json(v),
            ours::Scalar::Date(v) => Self::Date(v),
            ours::Scalar::Time(v) => Self::Time(v),
            ours::Scalar::Timestamp(v) => Self::Timestamp(v),
            ours::Scalar::TimestampTz(v) => Self::TimestampTz(v),
            ours::Scalar::Interval(v) => Self::Interval(v.into()),
            ours::Scalar::Other(native_type, text) => Self::Other(wit::NativeValue { native_type, text }),
        }
    }
}

impl From<wit::Value> for ours::Value {
    fn from(value: wit::Value) -> Self {
        match value {
            wit::Value::Scalar(v) => Self::Scalar(v.into()),
            wit::Value::Array(v) => Self::Array(v.into()),
        }
    }
}

impl From<ours::Value> for wit::Value {
    fn from(value: ours::Value) -> Self {
        match value {
            ours::Value::Scalar(v) => Self::Scalar(v.into()),
            ours::Value::Array(v) => Self::Array(v.into()),
        }
    }
}
