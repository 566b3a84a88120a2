//! PostgreSQL's types: the kind of each type, and how its values are decoded.

use sqlservice_sql::schema::{ColumnType, TypeKind};
use sqlx::{
    Column, TypeInfo,
    postgres::{PgColumn, PgTypeInfo, PgTypeKind},
};

use crate::backend::reading::WireForm;

/// The OIDs of built-in types, which never change.
#[allow(missing_docs, reason = "the server's own names")]
pub(crate) mod oid {
    pub(crate) const BOOL: u32 = 16;
    pub(crate) const BYTEA: u32 = 17;
    pub(crate) const CHAR: u32 = 18;
    pub(crate) const NAME: u32 = 19;
    pub(crate) const INT8: u32 = 20;
    pub(crate) const INT2: u32 = 21;
    pub(crate) const INT4: u32 = 23;
    pub(crate) const TEXT: u32 = 25;
    pub(crate) const OID: u32 = 26;
    pub(crate) const JSON: u32 = 114;
    pub(crate) const XML: u32 = 142;
    pub(crate) const CIDR: u32 = 650;
    pub(crate) const FLOAT4: u32 = 700;
    pub(crate) const FLOAT8: u32 = 701;
    pub(crate) const UNKNOWN: u32 = 705;
    pub(crate) const MONEY: u32 = 790;
    pub(crate) const MACADDR: u32 = 829;
    pub(crate) const INET: u32 = 869;
    pub(crate) const BPCHAR: u32 = 1042;
    pub(crate) const VARCHAR: u32 = 1043;
    pub(crate) const DATE: u32 = 1082;
    pub(crate) const TIME: u32 = 1083;
    pub(crate) const TIMESTAMP: u32 = 1114;
    pub(crate) const TIMESTAMPTZ: u32 = 1184;
    pub(crate) const INTERVAL: u32 = 1186;
    pub(crate) const TIMETZ: u32 = 1266;
    pub(crate) const BIT: u32 = 1560;
    pub(crate) const VARBIT: u32 = 1562;
    pub(crate) const NUMERIC: u32 = 1700;
    pub(crate) const VOID: u32 = 2278;
    pub(crate) const UUID: u32 = 2950;
    pub(crate) const JSONB: u32 = 3802;
    pub(crate) const JSONPATH: u32 = 4072;
    pub(crate) const XID: u32 = 28;
    pub(crate) const CID: u32 = 29;
    pub(crate) const REGCLASS: u32 = 2205;
}

/// How a value's bytes are decoded. Chosen once for each result set.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Form {
    Bool,
    Int2,
    Int4,
    Int8,
    /// An unsigned integer of 32 bits.
    Oid,
    Float4,
    Float8,
    Numeric,
    Text,
    Bytea,
    Uuid,
    Json,
    Jsonb,
    Date,
    Time,
    Timestamp,
    TimestampTz,
    Interval,
    /// An array of elements of one form. An array never contains arrays: it has dimensions.
    Array(Box<Form>),
    /// Text of a type that the contract does not name.
    Named(String),
    /// Text after a byte with the format's version.
    Versioned(String),
    TimeTz,
    Money,
    Bits(&'static str),
    Address(&'static str),
    Hardware,
    Range(&'static str, Box<Form>),
    Void,
    /// A form that the host cannot decode, with its type's name.
    Unknown(String),
}

/// Returns the form of a type.
pub(crate) fn form_of(ty: &PgTypeInfo) -> Form {
    // `?` is the driver's name for a type that it could not look up. It panics when asked for the kind of one.
    if ty.name() == "?" {
        return ty.oid().and_then(|oid| form_of_oid(oid.0)).unwrap_or_else(|| Form::Unknown("unknown".into()));
    }
    if let PgTypeKind::Array(element) = ty.kind() {
        return match form_of(element) {
            Form::Unknown(_) => Form::Unknown(ty.name().to_owned()),
            element => Form::Array(Box::new(element)),
        };
    }
    match ty.kind() {
        PgTypeKind::Enum(_) => return Form::Text,
        PgTypeKind::Domain(base) => return form_of(base),
        _ => {}
    }
    if let Some(form) = ty.oid().and_then(|oid| form_of_oid(oid.0)) {
        return form;
    }
    // The OIDs of extensions' types differ between databases; their names may be qualified with a schema.
    match ty.name().rsplit('.').next().unwrap_or_default().to_ascii_lowercase().as_str() {
        "citext" => Form::Text,
        "ltree" | "lquery" => Form::Versioned(ty.name().to_ascii_lowercase()),
        _ => Form::Unknown(ty.name().to_ascii_lowercase()),
    }
}

fn form_of_oid(number: u32) -> Option<Form> {
    Some(match number {
        oid::BOOL => Form::Bool,
        oid::INT2 => Form::Int2,
        oid::INT4 => Form::Int4,
        oid::INT8 => Form::Int8,
        oid::OID | oid::XID | oid::CID | oid::REGCLASS => Form::Oid,
        oid::FLOAT4 => Form::Float4,
        oid::FLOAT8 => Form::Float8,
        oid::NUMERIC => Form::Numeric,
        oid::TEXT | oid::VARCHAR | oid::BPCHAR | oid::NAME | oid::CHAR | oid::UNKNOWN => Form::Text,
        oid::BYTEA => Form::Bytea,
        oid::UUID => Form::Uuid,
        oid::JSON => Form::Json,
        oid::JSONB => Form::Jsonb,
        oid::DATE => Form::Date,
        oid::TIME => Form::Time,
        oid::TIMESTAMP => Form::Timestamp,
        oid::TIMESTAMPTZ => Form::TimestampTz,
        oid::INTERVAL => Form::Interval,
        oid::XML => Form::Named("xml".into()),
        oid::JSONPATH => Form::Versioned("jsonpath".into()),
        oid::TIMETZ => Form::TimeTz,
        oid::MONEY => Form::Money,
        oid::BIT => Form::Bits("bit"),
        oid::VARBIT => Form::Bits("varbit"),
        oid::INET => Form::Address("inet"),
        oid::CIDR => Form::Address("cidr"),
        oid::MACADDR => Form::Hardware,
        3904 => Form::Range("int4range", Box::new(Form::Int4)),
        3906 => Form::Range("numrange", Box::new(Form::Numeric)),
        3908 => Form::Range("tsrange", Box::new(Form::Timestamp)),
        3910 => Form::Range("tstzrange", Box::new(Form::TimestampTz)),
        3912 => Form::Range("daterange", Box::new(Form::Date)),
        3926 => Form::Range("int8range", Box::new(Form::Int8)),
        oid::VOID => Form::Void,
        _ => return None,
    })
}

impl WireForm for Form {
    type Column = PgColumn;

    fn of(column: &PgColumn) -> Self {
        form_of(column.type_info())
    }

    fn kind(&self) -> TypeKind {
        match self {
            Self::Bool => TypeKind::Boolean,
            Self::Int2 => TypeKind::Int16,
            Self::Int4 => TypeKind::Int32,
            Self::Int8 | Self::Oid => TypeKind::Int64,
            Self::Float4 => TypeKind::Float32,
            Self::Float8 => TypeKind::Float64,
            Self::Numeric => TypeKind::Decimal,
            Self::Text | Self::Void => TypeKind::Text,
            Self::Bytea => TypeKind::Bytes,
            Self::Uuid => TypeKind::Uuid,
            Self::Json | Self::Jsonb => TypeKind::Json,
            Self::Date => TypeKind::Date,
            Self::Time => TypeKind::Time,
            Self::Timestamp => TypeKind::Timestamp,
            Self::TimestampTz => TypeKind::TimestampTz,
            Self::Interval => TypeKind::Interval,
            Self::Array(_) => TypeKind::Array,
            _ => TypeKind::Other,
        }
    }

    fn column_type(&self, column: &PgColumn) -> ColumnType {
        let ty = column.type_info();
        let mut told = ColumnType::from(self.kind());
        if let Self::Array(element) = self {
            told.element = Some(element.kind());
        }
        if ty.name() != "?"
            && let PgTypeKind::Enum(labels) = ty.kind()
        {
            told.kind = TypeKind::Enumeration;
            told.labels = labels.to_vec();
        }
        told.native = Some(ty.name().to_ascii_lowercase());
        told
    }
}

/// Returns the OID of the type as which a value of this kind is sent; `None` where the server chooses it.
pub(crate) fn oid_of(kind: TypeKind) -> Option<u32> {
    Some(match kind {
        TypeKind::Boolean => oid::BOOL,
        TypeKind::Int16 => oid::INT2,
        TypeKind::Int32 => oid::INT4,
        TypeKind::Int64 | TypeKind::Uint64 => oid::INT8,
        TypeKind::Float32 => oid::FLOAT4,
        TypeKind::Float64 => oid::FLOAT8,
        TypeKind::Decimal => oid::NUMERIC,
        TypeKind::Text | TypeKind::Varchar => oid::TEXT,
        TypeKind::Bytes => oid::BYTEA,
        TypeKind::Uuid => oid::UUID,
        TypeKind::Json => oid::JSONB,
        TypeKind::Date => oid::DATE,
        TypeKind::Time => oid::TIME,
        TypeKind::Timestamp => oid::TIMESTAMP,
        TypeKind::TimestampTz => oid::TIMESTAMPTZ,
        TypeKind::Interval => oid::INTERVAL,
        TypeKind::Enumeration | TypeKind::Array | TypeKind::Other => return None,
    })
}
