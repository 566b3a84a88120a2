//! Tables as data: what models declare for `create_all`, and what `reflect` reads.

pub use crate::bindings::sqlservice::database::schema::{
    Action, CascadeKind, Check, Column, ColumnType, DefaultValue, ForeignKey, Index, Models, ReflectOptions,
    Relationship, Table, TypeKind,
};
use crate::{
    bindings::sqlservice::database::values::{Scalar, Value},
    value::Field,
};

/// Returns a type of this kind without further attributes.
pub const fn column_type(kind: TypeKind) -> ColumnType {
    ColumnType::of(kind)
}

#[allow(clippy::derivable_impls, reason = "the type is generated")]
impl Default for ReflectOptions {
    /// All tables of the default schema, without views.
    fn default() -> Self {
        Self { only: Vec::new(), schema: None, views: false }
    }
}

/// Returns a table without columns.
pub fn table(name: impl Into<String>) -> Table {
    Table {
        name: name.into(),
        schema: None,
        columns: Vec::new(),
        primary_key_name: None,
        primary_key: Vec::new(),
        foreign_keys: Vec::new(),
        uniques: Vec::new(),
        indexes: Vec::new(),
        checks: Vec::new(),
        version_column: None,
        comment: None,
        is_view: false,
    }
}

/// Returns a column for values of a Rust type.
pub fn column<T: Field>(name: impl Into<String>) -> Column {
    T::declare(&name.into())
}

/// Returns an index or unique constraint without a name of its own: the host derives one.
pub fn index(columns: &[&str], unique: bool) -> Index {
    Index { name: None, columns: columns.iter().map(|&name| name.to_owned()).collect(), unique }
}

/// Returns a text as a column's constant default, in the column's own type.
pub fn text_default(kind: TypeKind, text: &str) -> DefaultValue {
    let text = text.to_owned();
    DefaultValue::Literal(Value::Scalar(match kind {
        TypeKind::Decimal => Scalar::Decimal(text),
        TypeKind::Json => Scalar::Json(text),
        _ => Scalar::Text(text),
    }))
}

/// Returns a number, written as in Rust, as a column's constant default, in the column's own type.
pub fn number_default(kind: TypeKind, number: &str) -> DefaultValue {
    let scalar = match kind {
        TypeKind::Decimal => Scalar::Decimal(number.to_owned()),
        TypeKind::Float32 | TypeKind::Float64 => Scalar::Float(number.parse().unwrap_or_default()),
        TypeKind::Uint64 => Scalar::Unsigned(number.parse().unwrap_or_default()),
        _ => Scalar::Integer(number.parse().unwrap_or_default()),
    };
    DefaultValue::Literal(Value::Scalar(scalar))
}

/// Returns a boolean as a column's constant default.
pub const fn boolean_default(value: bool) -> DefaultValue {
    DefaultValue::Literal(Value::Scalar(Scalar::Boolean(value)))
}

/// Sets a greatest length: a text with a length is a varchar.
pub fn set_length(ty: &mut ColumnType, length: u32) {
    ty.length = Some(length);
    if ty.kind == TypeKind::Text {
        ty.kind = TypeKind::Varchar;
    }
}
