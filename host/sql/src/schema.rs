//! Tables, their constraints and relationships, in the shape of the contract's `schema` interface.

use crate::Value;

/// The kind of a column's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are those of the contract, documented there")]
pub enum TypeKind {
    Boolean,
    Int16,
    Int32,
    Int64,
    Uint64,
    Float32,
    Float64,
    Decimal,
    Text,
    Varchar,
    Bytes,
    Uuid,
    Json,
    Date,
    Time,
    Timestamp,
    TimestampTz,
    Interval,
    Enumeration,
    Array,
    Other,
}

/// The type of a column.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ColumnType {
    /// Its kind.
    pub kind: TypeKind,
    /// The greatest length: characters of a varchar, bytes of bytes.
    pub length: Option<u32>,
    /// The digits of a decimal.
    pub precision: Option<u32>,
    /// The digits of a decimal after the point.
    pub scale: Option<u32>,
    /// The kind of an array's items.
    pub element: Option<TypeKind>,
    /// The labels of an enumeration.
    pub labels: Vec<String>,
    /// The type's name in the database, as reflected or as requested by `Other`.
    pub native: Option<String>,
}

impl From<TypeKind> for ColumnType {
    fn from(kind: TypeKind) -> Self {
        Self { kind, length: None, precision: None, scale: None, element: None, labels: Vec::new(), native: None }
    }
}

/// The value of a column that a row does not set.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum DefaultValue {
    /// No value.
    #[default]
    None,
    /// A constant.
    Literal(Value),
    /// The time of the statement.
    Now,
    /// A key that the database generates.
    GeneratedKey,
    /// SQL text.
    Expression(String),
}

/// A column.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: ColumnType,
    /// Whether it may be null.
    pub nullable: bool,
    /// Its value where an insert does not set it.
    pub default: DefaultValue,
    /// Its value where an update does not set it.
    pub on_update: DefaultValue,
    /// The expression that computes it.
    pub computed: Option<String>,
    /// A comment.
    pub comment: Option<String>,
}

impl Column {
    /// Makes a column that is not nullable and has no defaults.
    pub fn new(name: impl Into<String>, ty: impl Into<ColumnType>) -> Self {
        Self {
            name: name.into(),
            ty: ty.into(),
            nullable: false,
            default: DefaultValue::None,
            on_update: DefaultValue::None,
            computed: None,
            comment: None,
        }
    }
}

/// The action on a row whose referred row is deleted or gets another key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "SQL's own words")]
pub enum Action {
    #[default]
    NoAction,
    Restrict,
    Cascade,
    SetNull,
    SetDefault,
}

/// A foreign key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignKey {
    /// The constraint's name.
    pub name: Option<String>,
    /// The columns of this table.
    pub columns: Vec<String>,
    /// The table referred to.
    pub table: String,
    /// Its schema, where it is not the default one.
    pub schema: Option<String>,
    /// The columns referred to.
    pub referred: Vec<String>,
    /// The action when the referred row is deleted.
    pub on_delete: Action,
    /// The action when the referred row gets another key.
    pub on_update: Action,
}

/// An index or a unique constraint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    /// Its name.
    pub name: Option<String>,
    /// Its columns, in order.
    pub columns: Vec<String>,
    /// Whether no two rows can have equal values.
    pub unique: bool,
}

/// A check constraint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Its name.
    pub name: Option<String>,
    /// Its SQL text.
    pub expression: String,
}

/// A table or a view.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its schema, where it is not the default one.
    pub schema: Option<String>,
    /// Its columns, in order.
    pub columns: Vec<Column>,
    /// The name of the primary key's constraint.
    pub primary_key_name: Option<String>,
    /// The columns of the primary key, in order.
    pub primary_key: Vec<String>,
    /// Its foreign keys.
    pub foreign_keys: Vec<ForeignKey>,
    /// Its unique constraints.
    pub uniques: Vec<Index>,
    /// Its indexes.
    pub indexes: Vec<Index>,
    /// Its checks.
    pub checks: Vec<Check>,
    /// The column with a row's version.
    pub version_column: Option<String>,
    /// A comment.
    pub comment: Option<String>,
    /// Whether it is a view.
    pub is_view: bool,
}

impl Table {
    /// Makes a table of these columns in the default schema, without keys.
    pub fn new(name: impl Into<String>, columns: Vec<Column>) -> Self {
        Self {
            name: name.into(),
            schema: None,
            columns,
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
}

/// An operation that cascades along a relationship.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are those of the contract, documented there")]
pub enum CascadeKind {
    SaveUpdate,
    Delete,
    DeleteOrphan,
}

/// A relationship between two models.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relationship {
    /// Its name, unique for its owner.
    pub name: String,
    /// The owning table.
    pub owner: String,
    /// The related table.
    pub target: String,
    /// The columns of the foreign key, where several are possible.
    pub foreign_key: Option<Vec<String>>,
    /// The association table.
    pub through: Option<String>,
    /// Whether it is a collection.
    pub collection: bool,
    /// The operations that cascade from the owner.
    pub cascade: Vec<CascadeKind>,
    /// Whether unloaded related rows are left to the database.
    pub passive_deletes: bool,
    /// Whether a cycle of rows is broken by a later update.
    pub post_update: bool,
    /// The order in which related rows are loaded.
    pub order_by: Vec<String>,
}

/// The declarations of a guest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Models {
    /// The tables.
    pub tables: Vec<Table>,
    /// The relationships between them.
    pub relationships: Vec<Relationship>,
}
