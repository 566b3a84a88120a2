//! The types of MySQL and MariaDB: the kind of each type, and how its values are decoded.

use sqlservice_sql::schema::{ColumnType, TypeKind};
use sqlx::{
    Column, MySql, Type, TypeInfo,
    mysql::{MySqlColumn, MySqlTypeInfo},
};

use crate::backend::reading::WireForm;

/// Types of parameters that the driver has no constructors for, so that they are copied from a result set.
#[derive(Debug)]
pub(crate) struct Kinds {
    pub decimal: MySqlTypeInfo,
    pub date: MySqlTypeInfo,
    pub time: MySqlTypeInfo,
    pub datetime: MySqlTypeInfo,
}

impl Kinds {
    /// Takes the types of a decimal, a date, a time and a datetime from the first columns of a result set.
    pub(crate) fn of(columns: &[MySqlColumn]) -> Result<Self, sqlx::Error> {
        let [decimal, date, time, datetime, ..] = columns else {
            return Err(sqlx::Error::Protocol("the server sent other columns than it was asked for".into()));
        };
        let ty = |column: &MySqlColumn| column.type_info().clone();
        Ok(Self { decimal: ty(decimal), date: ty(date), time: ty(time), datetime: ty(datetime) })
    }
}

/// How a value's bytes are decoded. Chosen once for each result set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A boolean, as far as MySQL has them: a `TINYINT(1)`.
    Flag,
    Int8,
    Int16,
    Int24,
    Int32,
    Int64,
    Uint8,
    Uint16,
    Uint24,
    Uint32,
    Uint64,
    Float,
    Double,
    Decimal,
    Text,
    Bytes,
    Json,
    Date,
    Time,
    Datetime,
    Timestamp,
    Bits,
    Null,
}

/// Returns the form of a type.
fn form_of(ty: &MySqlTypeInfo) -> Form {
    let unsigned = <u64 as Type<MySql>>::compatible(ty);
    let name = ty.name();
    match name.strip_suffix(" UNSIGNED").unwrap_or(name) {
        "BOOLEAN" if unsigned => Form::Uint8,
        "BOOLEAN" => Form::Flag,
        "TINYINT" if unsigned => Form::Uint8,
        "TINYINT" => Form::Int8,
        "SMALLINT" if unsigned => Form::Uint16,
        "SMALLINT" => Form::Int16,
        "MEDIUMINT" if unsigned => Form::Uint24,
        "MEDIUMINT" => Form::Int24,
        "INT" if unsigned => Form::Uint32,
        "INT" => Form::Int32,
        "BIGINT" if unsigned => Form::Uint64,
        "BIGINT" => Form::Int64,
        "YEAR" => Form::Uint16,
        "FLOAT" => Form::Float,
        "DOUBLE" => Form::Double,
        "DECIMAL" => Form::Decimal,
        "JSON" => Form::Json,
        "DATE" => Form::Date,
        "TIME" => Form::Time,
        "DATETIME" => Form::Datetime,
        "TIMESTAMP" => Form::Timestamp,
        "BIT" => Form::Bits,
        "NULL" => Form::Null,
        "GEOMETRY" => Form::Bytes,
        // The driver calls texts of a binary collation bytes; only the character set distinguishes them.
        _ if <str as Type<MySql>>::compatible(ty) || matches!(name, "ENUM" | "SET") => Form::Text,
        _ => Form::Bytes,
    }
}

impl WireForm for Form {
    type Column = MySqlColumn;

    fn of(column: &MySqlColumn) -> Self {
        form_of(column.type_info())
    }

    fn kind(&self) -> TypeKind {
        match self {
            Self::Flag => TypeKind::Boolean,
            Self::Int8 | Self::Uint8 | Self::Int16 => TypeKind::Int16,
            Self::Uint16 | Self::Int24 | Self::Uint24 | Self::Int32 => TypeKind::Int32,
            Self::Uint32 | Self::Int64 => TypeKind::Int64,
            Self::Uint64 | Self::Bits => TypeKind::Uint64,
            Self::Float => TypeKind::Float32,
            Self::Double => TypeKind::Float64,
            Self::Decimal => TypeKind::Decimal,
            Self::Text | Self::Null => TypeKind::Text,
            Self::Bytes => TypeKind::Bytes,
            Self::Json => TypeKind::Json,
            Self::Date => TypeKind::Date,
            Self::Time => TypeKind::Time,
            Self::Datetime => TypeKind::Timestamp,
            Self::Timestamp => TypeKind::TimestampTz,
        }
    }

    fn column_type(&self, column: &MySqlColumn) -> ColumnType {
        let mut told = ColumnType::from(self.kind());
        // The driver's name is right, except for texts that it calls bytes.
        if *self != Self::Text {
            told.native = Some(column.type_info().name().to_ascii_lowercase());
        }
        told
    }
}
