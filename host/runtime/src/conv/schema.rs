//! Tables and models.

use sqlservice_sql::schema as ours;

use super::{same_cases, same_fields, take_cases, take_fields};
use crate::bindings::sqlservice::database::schema as wit;

same_cases!(wit::TypeKind, ours::TypeKind, {
    Boolean, Int16, Int32, Int64, Uint64, Float32, Float64, Decimal, Text, Varchar, Bytes, Uuid, Json, Date, Time,
    Timestamp, TimestampTz, Interval, Enumeration, Array, Other,
});
same_cases!(wit::Action, ours::Action, { NoAction, Restrict, Cascade, SetNull, SetDefault });
take_cases!(wit::CascadeKind => ours::CascadeKind, { SaveUpdate, Delete, DeleteOrphan });

same_fields!(wit::ColumnType, ours::ColumnType, { kind, labels; options length, precision, scale, element, native });
same_fields!(wit::Column, ours::Column, { name, ty, nullable, default, on_update; options computed, comment });
same_fields!(wit::ForeignKey, ours::ForeignKey, {
    columns, table, referred, on_delete, on_update; options name, schema
});
same_fields!(wit::Index, ours::Index, { columns, unique; options name });
same_fields!(wit::Check, ours::Check, { expression; options name });
same_fields!(wit::Table, ours::Table, {
    name, primary_key, is_view;
    options schema, primary_key_name, version_column, comment;
    lists columns, foreign_keys, uniques, indexes, checks
});
take_fields!(wit::Relationship => ours::Relationship, {
    name, owner, target, collection, passive_deletes, post_update, order_by;
    options foreign_key, through;
    lists cascade
});
take_fields!(wit::Models => ours::Models, { ; lists tables, relationships });

impl From<wit::DefaultValue> for ours::DefaultValue {
    fn from(default: wit::DefaultValue) -> Self {
        match default {
            wit::DefaultValue::None => Self::None,
            wit::DefaultValue::Literal(v) => Self::Literal(v.into()),
            wit::DefaultValue::Now => Self::Now,
            wit::DefaultValue::GeneratedKey => Self::GeneratedKey,
            wit::DefaultValue::Expression(v) => Self::Expression(v),
        }
    }
}

impl From<ours::DefaultValue> for wit::DefaultValue {
    fn from(default: ours::DefaultValue) -> Self {
        match default {
            ours::DefaultValue::None => Self::None,
            ours::DefaultValue::Literal(v) => Self::Literal(v.into()),
            ours::DefaultValue::Now => Self::Now,
            ours::DefaultValue::GeneratedKey => Self::GeneratedKey,
            ours::DefaultValue::Expression(v) => Self::Expression(v),
        }
    }
}
