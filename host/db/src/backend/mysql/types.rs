//! MySQL's and MariaDB's types: which kind a type has, and how its values are read.

use sqlservice_sql::schema::{ColumnType, TypeKind};
use sqlx::{
    Column, MySql, Type, TypeInfo,
    mysql::{MySqlColumn, MySqlTypeInfo},
};

/// Types that a value is sent as, which the driver only lets us take from a result.
#[derive(Debug)]
pub(crate) struct Kinds {
    pub decimal: MySqlTypeInfo,
    pub date: MySqlTypeInfo,
    pub time: MySqlTypeInfo,
    pub datetime: MySqlTypeInfo,
}

impl Kinds {
    /// The types of a decimal, a date, a time and a datetime, the first columns of a result.
    pub(crate) fn of(columns: &[MySqlColumn]) -> Result<Self, sqlx::Error> {
        let [decimal, date, time, datetime, ..] = columns else {
            return Err(sqlx::Error::Protocol("the server sent other columns than it was asked for".into()));
        };
        let ty = |column: &MySqlColumn| column.type_info().clone();
        Ok(Self { decimal: ty(decimal), date: ty(date), time: ty(time), datetime: ty(datetime) })
    }
}

/// How the bytes of a value are read. Chosen once a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A truth value, as far as MySQL has them: a `TINYINT(1)`.
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

/// The form of a type.
pub(crate) fn form_of(ty: &MySqlTypeInfo) -> Form {
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
        // The driver's names call texts of a binary collation bytes; only the character set tells.
        _ if <str as Type<MySql>>::compatible(ty) || matches!(name, "ENUM" | "SET") => Form::Text,
        _ => Form::Bytes,
    }
}

/// The kind of a form's values.
pub(crate) fn kind_of(form: Form) -> TypeKind {
    match form {
        Form::Flag => TypeKind::Boolean,
        Form::Int8 | Form::Uint8 | Form::Int16 => TypeKind::Int16,
        Form::Uint16 | Form::Int24 | Form::Uint24 | Form::Int32 => TypeKind::Int32,
        Form::Uint32 | Form::Int64 => TypeKind::Int64,
        Form::Uint64 | Form::Bits => TypeKind::Uint64,
        Form::Float => TypeKind::Float32,
        Form::Double => TypeKind::Float64,
        Form::Decimal => TypeKind::Decimal,
        Form::Text | Form::Null => TypeKind::Text,
        Form::Bytes => TypeKind::Bytes,
        Form::Json => TypeKind::Json,
        Form::Date => TypeKind::Date,
        Form::Time => TypeKind::Time,
        Form::Datetime => TypeKind::Timestamp,
        Form::Timestamp => TypeKind::TimestampTz,
    }
}

/// What a result's column is told to be, where no model declares it.
pub(crate) fn column_type(ty: &MySqlTypeInfo, form: Form) -> ColumnType {
    let mut column = ColumnType::from(kind_of(form));
    // The driver's name is right but for texts that it calls bytes.
    if form != Form::Text {
        column.native = Some(ty.name().to_ascii_lowercase());
    }
    column
}
