//! Models with every attribute and with names that are keywords, and their declarations.

use sqlservice_sdk::{
    Model,
    prelude::*,
    schema::{Action, DefaultValue, TypeKind},
};

type Name = String;

#[derive(Model, Clone, Debug, Default, PartialEq)]
#[model(table = "odd", schema = "s", comment = "odd things", index(name = "ix", columns(r#type, name)))]
#[model(
    unique(columns(name, amount)),
    foreign_key(columns(name, amount), refers = "t.parents(x, y)", on_delete = "cascade")
)]
pub struct Odd {
    #[model(primary_key, generated)]
    pub id: u64,
    #[model(length = 64, unique, index, comment = "a name")]
    pub name: Name,
    #[model(precision = 10, scale = 2, default = 1.5)]
    amount: Decimal,
    #[model(column = "Type Of It")]
    r#type: Option<i16>,
    #[model(default = now, on_update = now)]
    changed: Timestamp,
    #[model(length = 16)]
    hash: Option<Vec<u8>>,
    #[model(default = -3)]
    low: i32,
    #[model(default = "x")]
    text: String,
    #[model(foreign_key = "groups.id", on_delete = "set_null", on_update = "cascade")]
    group_id: Option<i64>,
    uuid: Uuid,
    json: Option<Json>,
    day: Date,
    time: Time,
    moment: TimestampTz,
    span: Option<Interval>,
    real: f32,
    double: f64,
    yes: bool,
    // Names that must not collide with names in the derive's code.
    rows: i64,
    columns: i64,
    count: Option<i64>,
    table: i64,
    row: i64,
    column: i64,
}

#[derive(Model)]
struct Pair {
    #[model(primary_key)]
    left: i64,
    #[model(primary_key)]
    right: String,
}

#[test]
fn a_model_declares_what_its_attributes_say() {
    let table = Odd::table();
    assert_eq!((table.name.as_str(), table.schema.as_deref()), ("odd", Some("s")));
    let column = |name: &str| table.columns.iter().find(|column| column.name == name).expect(name);
    assert_eq!((column("name").ty.kind, column("name").ty.length), (TypeKind::Varchar, Some(64)));
    assert_eq!((column("hash").ty.kind, column("hash").ty.length), (TypeKind::Bytes, Some(16)));
    assert!(column("Type Of It").nullable && !column("name").nullable);
    assert_eq!(column("id").default, DefaultValue::GeneratedKey);
    assert_eq!((&column("changed").default, &column("changed").on_update), (&DefaultValue::Now, &DefaultValue::Now));
    assert_eq!(table.indexes.len(), 2);
    assert_eq!(table.indexes[1].columns, ["Type Of It", "name"]);
    assert_eq!(table.uniques.len(), 2);
    assert_eq!(table.foreign_keys[0].on_delete, Action::SetNull);
    assert_eq!(table.foreign_keys[1].referred, ["x", "y"]);
    assert_eq!(table.foreign_keys[1].schema.as_deref(), Some("t"));
    assert_eq!(table.primary_key, ["id"]);
    assert_eq!(Odd::TYPE.name(), "Type Of It");
    assert_eq!(Pair::KEY, ["left", "right"]);
    assert_eq!(Pair::TABLE, "pair");
    assert!(Odd::default().wants_key());
    assert_eq!(models![Odd, Pair].tables.len(), 2);
}
