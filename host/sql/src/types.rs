//! Writes column types for each database, and parses the type names that a database reports.
//!
//! One table per dialect. [`parse_type`] reads the names that [`type_name`] writes as the same kind, except where the databases
//! do not allow it: an enumeration is a varchar with a check (so that it orders and compares alike everywhere, and needs no
//! type object to be created and dropped), `uint64` on PostgreSQL is a `BIGINT`, JSON on MariaDB is a `LONGTEXT` with a check
//! `json_valid`, and an interval on MySQL is a varchar.
//!
//! SQLite gives a column an *affinity* by substrings of its type's name: `INT` first, then `CHAR`/`CLOB`/`TEXT`, `BLOB`,
//! `REAL`/`FLOA`/`DOUB`, and numeric for the rest. A numeric affinity turns texts that look like numbers into numbers, so
//! decimals and JSON get names with `TEXT` in them. Dates, times and UUIDs never look like a number and keep SQL's names.

use crate::{
    Dialect, Scalar, Value,
    lexer::{Kind, Lexer},
    schema::{ColumnType, TypeKind},
};

/// The greatest length of a varbinary on MySQL before a blob is used; rows have 65,535 bytes for all their columns.
const MAX_VARBINARY: u32 = 16_383;

/// Returns the type as written in a column definition. Never fails: `Catalog::declare` refuses types that a dialect lacks.
#[must_use]
pub fn type_name(ty: &ColumnType, dialect: Dialect) -> String {
    match dialect {
        Dialect::Sqlite => sqlite(ty),
        Dialect::Postgres => postgres(ty),
        Dialect::Mysql | Dialect::Mariadb => mysql(ty, dialect),
    }
}

/// Returns the type of a text with another character set and collation than its table's, both by the database's names for them.
/// `None` if such a name is not a plain word, which no database's is.
#[must_use]
pub fn collated(ty: &ColumnType, characters: &str, collation: &str, dialect: Dialect) -> Option<ColumnType> {
    let is_word =
        |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    (is_word(characters) && is_word(collation)).then(|| {
        let name = type_name(ty, dialect);
        let native = Some(format!("{name} CHARACTER SET {characters} COLLATE {collation}"));
        ColumnType { native, kind: TypeKind::Other, ..ty.clone() }
    })
}

fn sqlite(ty: &ColumnType) -> String {
    let name = match ty.kind {
        TypeKind::Boolean => "BOOLEAN",
        TypeKind::Int16 => "SMALLINT",
        TypeKind::Int32 => "INT",
        // `INTEGER`, not `BIGINT`: a generated key must have exactly this name, and it should read back as the same kind.
        TypeKind::Int64 => "INTEGER",
        TypeKind::Uint64 => "BIGINT UNSIGNED",
        TypeKind::Float32 => "FLOAT",
        TypeKind::Float64 => "DOUBLE",
        TypeKind::Decimal => return sized("DECIMAL_TEXT", ty.precision, ty.scale),
        TypeKind::Text => "TEXT",
        TypeKind::Varchar => return sized("VARCHAR", ty.length, None),
        TypeKind::Enumeration => return sized("VARCHAR", Some(longest(&ty.labels)), None),
        TypeKind::Bytes => return sized("BLOB", ty.length, None),
        TypeKind::Uuid => "UUID",
        TypeKind::Json => "JSON_TEXT",
        TypeKind::Date => "DATE",
        TypeKind::Time => "TIME",
        TypeKind::Timestamp => "TIMESTAMP",
        TypeKind::TimestampTz => "TIMESTAMPTZ",
        // `INTERVAL` would have integer affinity.
        TypeKind::Interval => "DURATION_TEXT",
        TypeKind::Array => "JSON_TEXT",
        TypeKind::Other => return native(ty, "BLOB"),
    };
    name.to_owned()
}

fn postgres(ty: &ColumnType) -> String {
    match ty.kind {
        TypeKind::Decimal => sized("NUMERIC", ty.precision, ty.scale),
        TypeKind::Varchar => sized("VARCHAR", ty.length, None),
        TypeKind::Enumeration => sized("VARCHAR", Some(longest(&ty.labels)), None),
        TypeKind::Array => format!("{}[]", postgres_plain(ty.element.unwrap_or(TypeKind::Text))),
        TypeKind::Other => native(ty, "TEXT"),
        kind => postgres_plain(kind).to_owned(),
    }
}

/// Returns the name without sizes, for array items and casts of parameters.
pub(crate) fn postgres_plain(kind: TypeKind) -> &'static str {
    match kind {
        TypeKind::Boolean => "BOOLEAN",
        TypeKind::Int16 => "SMALLINT",
        TypeKind::Int32 => "INTEGER",
        TypeKind::Int64 | TypeKind::Uint64 => "BIGINT",
        TypeKind::Float32 => "REAL",
        TypeKind::Float64 => "DOUBLE PRECISION",
        TypeKind::Decimal => "NUMERIC",
        TypeKind::Text | TypeKind::Array | TypeKind::Other => "TEXT",
        TypeKind::Varchar | TypeKind::Enumeration => "VARCHAR",
        TypeKind::Bytes => "BYTEA",
        TypeKind::Uuid => "UUID",
        // `JSONB`, not `JSON`: only it can be compared, grouped and made distinct.
        TypeKind::Json => "JSONB",
        TypeKind::Date => "DATE",
        TypeKind::Time => "TIME",
        TypeKind::Timestamp => "TIMESTAMP",
        TypeKind::TimestampTz => "TIMESTAMPTZ",
        TypeKind::Interval => "INTERVAL",
    }
}

fn mysql(ty: &ColumnType, dialect: Dialect) -> String {
    let name = match ty.kind {
        TypeKind::Boolean => "BOOLEAN",
        TypeKind::Int16 => "SMALLINT",
        TypeKind::Int32 => "INT",
        TypeKind::Int64 => "BIGINT",
        TypeKind::Uint64 => "BIGINT UNSIGNED",
        TypeKind::Float32 => "FLOAT",
        TypeKind::Float64 => "DOUBLE",
        TypeKind::Decimal => return sized("DECIMAL", ty.precision, ty.scale),
        // `TEXT` ends at 64 KiB and would truncate or refuse texts that the other databases accept.
        TypeKind::Text => "LONGTEXT",
        TypeKind::Varchar => return sized("VARCHAR", ty.length, None),
        TypeKind::Enumeration => return sized("VARCHAR", Some(longest(&ty.labels)), None),
        TypeKind::Bytes => match ty.length {
            Some(length) if length <= MAX_VARBINARY => return sized("VARBINARY", Some(length), None),
            _ => "LONGBLOB",
        },
        TypeKind::Uuid if dialect == Dialect::Mariadb => "UUID",
        TypeKind::Uuid => "CHAR(36)",
        TypeKind::Json | TypeKind::Array => "JSON",
        TypeKind::Date => "DATE",
        // Without a precision, fractions of a second would be dropped.
        TypeKind::Time => "TIME(6)",
        TypeKind::Timestamp => "DATETIME(6)",
        TypeKind::TimestampTz => "TIMESTAMP(6)",
        TypeKind::Interval => "VARCHAR(64)",
        TypeKind::Other => return native(ty, "LONGTEXT"),
    };
    name.to_owned()
}

fn native(ty: &ColumnType, otherwise: &str) -> String {
    ty.native.clone().unwrap_or_else(|| otherwise.to_owned())
}

fn sized(name: &str, first: Option<u32>, second: Option<u32>) -> String {
    match (first, second) {
        (Some(first), Some(second)) => format!("{name}({first},{second})"),
        (Some(first), None) => format!("{name}({first})"),
        (None, _) => name.to_owned(),
    }
}

fn longest(labels: &[String]) -> u32 {
    let length = labels.iter().map(|label| label.chars().count()).max().unwrap_or(1);
    u32::try_from(length).unwrap_or(u32::MAX).max(1)
}

/// Parses a type's name as the database reports it. An unknown type is `Other`. `native` is always the name.
///
/// Accepts the output of `PRAGMA table_xinfo`, `format_type` (or `udt_name`) and `COLUMN_TYPE`.
#[must_use]
pub fn parse_type(native: &str, dialect: Dialect) -> ColumnType {
    let spelled = Spelled::new(native);
    let mut ty = match dialect {
        Dialect::Sqlite => parse_sqlite(&spelled),
        Dialect::Postgres => parse_postgres(&spelled),
        Dialect::Mysql | Dialect::Mariadb => parse_mysql(&spelled),
    };
    ty.native = Some(native.to_owned());
    ty
}

/// A type's name in lower case without its parentheses, and the numbers in them.
struct Spelled {
    name: String,
    numbers: Vec<u32>,
    text: String,
}

impl Spelled {
    fn new(native: &str) -> Self {
        let text = native.trim().to_owned();
        let lower = text.to_lowercase();
        // The name comes from the database, and a foreign SQLite file can contain any text: split it by search, never by index.
        let (name, inside) = match lower.split_once('(') {
            Some((before, rest)) => {
                let (inside, after) = rest.rsplit_once(')').unwrap_or((rest, ""));
                (format!("{} {}", before.trim(), after.trim()), inside.to_owned())
            }
            None => (lower, String::new()),
        };
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
        let numbers = inside.split(',').map_while(|n| n.trim().parse().ok()).collect();
        Self { name, numbers, text }
    }

    fn first(&self) -> Option<u32> {
        self.numbers.first().copied()
    }

    fn plain(&self, kind: TypeKind) -> ColumnType {
        kind.into()
    }

    fn with_length(&self, kind: TypeKind) -> ColumnType {
        ColumnType { length: self.first(), ..kind.into() }
    }

    fn with_scale(&self) -> ColumnType {
        let scale = self.numbers.get(1).copied().or(self.first().map(|_| 0));
        ColumnType { precision: self.first(), scale, ..TypeKind::Decimal.into() }
    }
}

fn parse_sqlite(spelled: &Spelled) -> ColumnType {
    match spelled.name.as_str() {
        "boolean" | "bool" => spelled.plain(TypeKind::Boolean),
        "smallint" | "int2" => spelled.plain(TypeKind::Int16),
        "int" | "mediumint" | "int4" | "tinyint" => spelled.plain(TypeKind::Int32),
        "integer" | "bigint" | "int8" => spelled.plain(TypeKind::Int64),
        "bigint unsigned" | "unsigned big int" | "unsigned bigint" => spelled.plain(TypeKind::Uint64),
        "float" => spelled.plain(TypeKind::Float32),
        "double" | "double precision" | "real" => spelled.plain(TypeKind::Float64),
        "decimal_text" | "decimal" | "numeric" => spelled.with_scale(),
        "text" | "clob" => spelled.plain(TypeKind::Text),
        "varchar" | "character varying" | "char" | "character" | "nchar" | "nvarchar" | "varying character"
        | "native character"
            if spelled.first().is_some() =>
        {
            spelled.with_length(TypeKind::Varchar)
        }
        "varchar" | "character varying" | "char" | "character" | "nchar" | "nvarchar" => spelled.plain(TypeKind::Text),
        "blob" | "binary" | "varbinary" | "bytea" => spelled.with_length(TypeKind::Bytes),
        "uuid" => spelled.plain(TypeKind::Uuid),
        "json_text" | "json" => spelled.plain(TypeKind::Json),
        "date" => spelled.plain(TypeKind::Date),
        "time" => spelled.plain(TypeKind::Time),
        "timestamp" | "datetime" => spelled.plain(TypeKind::Timestamp),
        "timestamptz" | "timestamp with time zone" => spelled.plain(TypeKind::TimestampTz),
        "duration_text" => spelled.plain(TypeKind::Interval),
        _ => spelled.plain(TypeKind::Other),
    }
}

fn parse_postgres(spelled: &Spelled) -> ColumnType {
    // `integer[]` of format_type and `_int4` of udt_name; arrays of any size and number of dimensions are one kind.
    let item = spelled.name.split_once('[').map(|(item, _)| item.trim()).or(spelled.name.strip_prefix('_'));
    if let Some(item) = item {
        let element = Spelled { name: item.to_owned(), numbers: spelled.numbers.clone(), text: String::new() };
        let element = parse_postgres_plain(&element);
        return match element.kind {
            TypeKind::Other => TypeKind::Other.into(),
            kind => ColumnType { element: Some(kind), ..TypeKind::Array.into() },
        };
    }
    parse_postgres_plain(spelled)
}

fn parse_postgres_plain(spelled: &Spelled) -> ColumnType {
    match spelled.name.as_str() {
        "boolean" | "bool" => spelled.plain(TypeKind::Boolean),
        "smallint" | "int2" => spelled.plain(TypeKind::Int16),
        "integer" | "int4" | "int" => spelled.plain(TypeKind::Int32),
        "bigint" | "int8" => spelled.plain(TypeKind::Int64),
        "real" | "float4" => spelled.plain(TypeKind::Float32),
        "double precision" | "float8" => spelled.plain(TypeKind::Float64),
        "numeric" | "decimal" => spelled.with_scale(),
        "text" | "citext" | "name" => spelled.plain(TypeKind::Text),
        "character varying" | "varchar" | "character" | "bpchar" | "char" => match spelled.first() {
            Some(_) => spelled.with_length(TypeKind::Varchar),
            None => spelled.plain(TypeKind::Text),
        },
        "bytea" => spelled.plain(TypeKind::Bytes),
        "uuid" => spelled.plain(TypeKind::Uuid),
        "json" | "jsonb" => spelled.plain(TypeKind::Json),
        "date" => spelled.plain(TypeKind::Date),
        "time" | "time without time zone" => spelled.plain(TypeKind::Time),
        "timestamp" | "timestamp without time zone" => spelled.plain(TypeKind::Timestamp),
        "timestamptz" | "timestamp with time zone" => spelled.plain(TypeKind::TimestampTz),
        "interval" => spelled.plain(TypeKind::Interval),
        _ => spelled.plain(TypeKind::Other),
    }
}

fn parse_mysql(spelled: &Spelled) -> ColumnType {
    match spelled.name.as_str() {
        "tinyint" if spelled.first() == Some(1) => spelled.plain(TypeKind::Boolean),
        "boolean" | "bool" => spelled.plain(TypeKind::Boolean),
        "tinyint" | "tinyint unsigned" | "smallint" | "year" => spelled.plain(TypeKind::Int16),
        "smallint unsigned" | "mediumint" | "mediumint unsigned" | "int" | "integer" => spelled.plain(TypeKind::Int32),
        "int unsigned" | "integer unsigned" | "bigint" => spelled.plain(TypeKind::Int64),
        "bigint unsigned" => spelled.plain(TypeKind::Uint64),
        "float" => spelled.plain(TypeKind::Float32),
        "double" | "real" | "double precision" => spelled.plain(TypeKind::Float64),
        "decimal" | "numeric" => spelled.with_scale(),
        "tinytext" | "text" | "mediumtext" | "longtext" => spelled.plain(TypeKind::Text),
        // `type_name` writes UUIDs as this type; foreign schemas use it for them, too.
        "char" if spelled.first() == Some(36) => spelled.plain(TypeKind::Uuid),
        "varchar" | "char" => spelled.with_length(TypeKind::Varchar),
        "varbinary" | "binary" => spelled.with_length(TypeKind::Bytes),
        "tinyblob" | "blob" | "mediumblob" | "longblob" => spelled.plain(TypeKind::Bytes),
        "uuid" => spelled.plain(TypeKind::Uuid),
        "json" => spelled.plain(TypeKind::Json),
        "date" => spelled.plain(TypeKind::Date),
        "time" => spelled.plain(TypeKind::Time),
        "datetime" => spelled.plain(TypeKind::Timestamp),
        "timestamp" => spelled.plain(TypeKind::TimestampTz),
        "enum" => ColumnType { labels: quoted_labels(&spelled.text), ..TypeKind::Enumeration.into() },
        _ => spelled.plain(TypeKind::Other),
    }
}

/// Returns the labels of `enum('a','it''s')`.
fn quoted_labels(text: &str) -> Vec<String> {
    let tokens = Lexer::new(text, Dialect::Mysql);
    tokens.filter(|token| token.kind == Kind::Text).map(|token| token.content().into_owned()).collect()
}

/// Returns the kind of a literal without any context.
pub(crate) fn literal_kind(value: &Value) -> Option<TypeKind> {
    let Value::Scalar(scalar) = value else {
        return Some(TypeKind::Array);
    };
    Some(match scalar {
        Scalar::Null => return None,
        Scalar::Boolean(_) => TypeKind::Boolean,
        Scalar::Integer(_) => TypeKind::Int64,
        Scalar::Unsigned(_) => TypeKind::Uint64,
        Scalar::Float(_) => TypeKind::Float64,
        Scalar::Decimal(_) => TypeKind::Decimal,
        Scalar::Text(_) => TypeKind::Text,
        Scalar::Bytes(_) => TypeKind::Bytes,
        Scalar::Uuid(..) => TypeKind::Uuid,
        Scalar::Json(_) => TypeKind::Json,
        Scalar::Date(_) => TypeKind::Date,
        Scalar::Time(_) => TypeKind::Time,
        Scalar::Timestamp(_) => TypeKind::Timestamp,
        Scalar::TimestampTz(_) => TypeKind::TimestampTz,
        Scalar::Interval(_) => TypeKind::Interval,
        Scalar::Other(..) => TypeKind::Other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIALECTS: [Dialect; 4] = [Dialect::Sqlite, Dialect::Postgres, Dialect::Mysql, Dialect::Mariadb];

    fn samples() -> Vec<ColumnType> {
        let plain = [
            TypeKind::Boolean,
            TypeKind::Int16,
            TypeKind::Int32,
            TypeKind::Int64,
            TypeKind::Float32,
            TypeKind::Float64,
            TypeKind::Text,
            TypeKind::Bytes,
            TypeKind::Uuid,
            TypeKind::Json,
            TypeKind::Date,
            TypeKind::Time,
            TypeKind::Timestamp,
            TypeKind::TimestampTz,
        ];
        let mut all: Vec<ColumnType> = plain.into_iter().map(ColumnType::from).collect();
        all.push(ColumnType { length: Some(64), ..TypeKind::Varchar.into() });
        all.push(ColumnType { precision: Some(38), scale: Some(12), ..TypeKind::Decimal.into() });
        all
    }

    #[test]
    fn f01_names_read_back_as_the_same_kind_and_sizes() {
        for dialect in DIALECTS {
            for ty in samples() {
                let name = type_name(&ty, dialect);
                let back = parse_type(&name, dialect);
                assert_eq!(back, ColumnType { native: Some(name.clone()), ..ty }, "{dialect:?} {name}");
            }
        }
    }

    #[test]
    fn reported_names_are_understood() {
        let cases = [
            (Dialect::Postgres, "character varying(64)", TypeKind::Varchar),
            (Dialect::Postgres, "timestamp(3) with time zone", TypeKind::TimestampTz),
            (Dialect::Postgres, "timestamp without time zone", TypeKind::Timestamp),
            (Dialect::Postgres, "integer[]", TypeKind::Array),
            (Dialect::Postgres, "_int8", TypeKind::Array),
            (Dialect::Postgres, "tsvector", TypeKind::Other),
            (Dialect::Postgres, "interval", TypeKind::Interval),
            (Dialect::Mysql, "bigint(20) unsigned", TypeKind::Uint64),
            (Dialect::Mysql, "int(11)", TypeKind::Int32),
            (Dialect::Mysql, "tinyint(1)", TypeKind::Boolean),
            (Dialect::Mysql, "tinyint(4)", TypeKind::Int16),
            (Dialect::Mysql, "geometry", TypeKind::Other),
            (Dialect::Sqlite, "Bigint Unsigned", TypeKind::Uint64),
            (Dialect::Sqlite, "", TypeKind::Other),
            (Dialect::Sqlite, "((((", TypeKind::Other),
            (Dialect::Sqlite, "varchar(99999999999999)", TypeKind::Text),
        ];
        for (dialect, native, kind) in cases {
            assert_eq!(parse_type(native, dialect).kind, kind, "{native}");
        }
        let decimal = parse_type("numeric(10,2)", Dialect::Postgres);
        assert_eq!((decimal.precision, decimal.scale), (Some(10), Some(2)));
        assert_eq!(parse_type("_int8", Dialect::Postgres).element, Some(TypeKind::Int64));
        let labels = parse_type("enum('a','it''s','B,c','d\\\\e')", Dialect::Mysql).labels;
        assert_eq!(labels, ["a", "it's", "B,c", "d\\e"]);
    }

    #[test]
    fn names_on_sqlite_have_the_affinity_of_what_is_stored() {
        let affinity = |name: &str| {
            let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
            match () {
                () if has(&["INT"]) => "integer",
                () if has(&["CHAR", "CLOB", "TEXT"]) => "text",
                () if name.is_empty() || has(&["BLOB"]) => "blob",
                () if has(&["REAL", "FLOA", "DOUB"]) => "real",
                () => "numeric",
            }
        };
        let text = [TypeKind::Decimal, TypeKind::Text, TypeKind::Varchar, TypeKind::Json, TypeKind::Interval];
        for kind in text {
            assert_eq!(affinity(&type_name(&kind.into(), Dialect::Sqlite)), "text", "{kind:?}");
        }
        for kind in [TypeKind::Int16, TypeKind::Int32, TypeKind::Int64, TypeKind::Uint64] {
            assert_eq!(affinity(&type_name(&kind.into(), Dialect::Sqlite)), "integer", "{kind:?}");
        }
        for kind in [TypeKind::Float32, TypeKind::Float64] {
            assert_eq!(affinity(&type_name(&kind.into(), Dialect::Sqlite)), "real", "{kind:?}");
        }
        assert_eq!(affinity(&type_name(&TypeKind::Bytes.into(), Dialect::Sqlite)), "blob");
    }
}
