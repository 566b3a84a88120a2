//! The types to which a rule may cast: those that every database supports.

use sqlparser::ast::{CharacterLength, DataType, ExactNumberInfo, TimezoneInfo};

use crate::schema::{ColumnType, TypeKind};

/// The names of the types, for messages.
pub(super) const NAMES: &str = "boolean, smallint, integer, bigint, bigint unsigned, real, double precision, decimal(p, s), text, \
    varchar(n), bytea, uuid, json, date, time, timestamp and timestamptz";

/// Converts a type of the library; `None` for a type without a counterpart.
pub(super) fn of(written: &DataType) -> Option<ColumnType> {
    Some(match written {
        DataType::Varchar(Some(length)) | DataType::CharacterVarying(Some(length)) => varchar(length)?,
        DataType::Decimal(size) | DataType::Numeric(size) | DataType::Dec(size) => decimal(size)?,
        plain => kind(plain)?.into(),
    })
}

fn kind(written: &DataType) -> Option<TypeKind> {
    use TimezoneInfo as Zone;
    Some(match written {
        DataType::Boolean | DataType::Bool => TypeKind::Boolean,
        DataType::SmallInt(None) => TypeKind::Int16,
        DataType::Int(None) | DataType::Integer(None) => TypeKind::Int32,
        DataType::BigInt(None) => TypeKind::Int64,
        DataType::BigIntUnsigned(None) => TypeKind::Uint64,
        DataType::Real => TypeKind::Float32,
        DataType::DoublePrecision | DataType::Double(ExactNumberInfo::None) => TypeKind::Float64,
        DataType::Text => TypeKind::Text,
        DataType::Bytea | DataType::Blob(None) => TypeKind::Bytes,
        DataType::Uuid => TypeKind::Uuid,
        DataType::JSON => TypeKind::Json,
        DataType::Date => TypeKind::Date,
        DataType::Time(None, Zone::None | Zone::WithoutTimeZone) => TypeKind::Time,
        DataType::Timestamp(None, Zone::None | Zone::WithoutTimeZone) => TypeKind::Timestamp,
        DataType::Timestamp(None, Zone::Tz | Zone::WithTimeZone) => TypeKind::TimestampTz,
        _ => return None,
    })
}

fn varchar(length: &CharacterLength) -> Option<ColumnType> {
    match length {
        CharacterLength::IntegerLength { length, unit: None } => {
            Some(ColumnType { length: Some(u32::try_from(*length).ok()?), ..TypeKind::Varchar.into() })
        }
        _ => None,
    }
}

fn decimal(size: &ExactNumberInfo) -> Option<ColumnType> {
    let (precision, scale) = match size {
        ExactNumberInfo::None => (None, None),
        ExactNumberInfo::Precision(digits) => (Some(u32::try_from(*digits).ok()?), None),
        ExactNumberInfo::PrecisionAndScale(digits, after) => {
            (Some(u32::try_from(*digits).ok()?), Some(u32::try_from(*after).ok()?))
        }
    };
    Some(ColumnType { precision, scale, ..TypeKind::Decimal.into() })
}
