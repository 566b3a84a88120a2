//! Random models: mostly valid tables, with an invalid name, type, default or key now and then.

use sqlservice_sql::{
    Scalar, Value,
    schema::{
        Action, CascadeKind, Check, Column, DefaultValue, ForeignKey, Index, Models, Relationship, Table, TypeKind,
    },
};

use crate::{
    arena::column_type,
    dice::Dice,
    names::{self, NAMES},
};

/// Makes a constant, mostly of the given kind. Its texts are recognised where they are not quoted.
fn constant(dice: &mut Dice<'_, '_>, kind: TypeKind) -> Value {
    let number = dice.edge();
    let text = format!("n4me{}", dice.text(8));
    Value::Scalar(match kind {
        _ if dice.one_in(30) => return names::value(dice),
        TypeKind::Boolean => Scalar::Boolean(dice.one_in(2)),
        TypeKind::Int16 => Scalar::Integer(i64::from(number as i16)),
        TypeKind::Int32 => Scalar::Integer(i64::from(number as i32)),
        TypeKind::Int64 => Scalar::Integer(number as i64),
        TypeKind::Uint64 => Scalar::Unsigned(number),
        TypeKind::Float32 | TypeKind::Float64 => Scalar::Float(f64::from_bits(number)),
        TypeKind::Decimal => Scalar::Decimal(dice.of(&["1.5", "-0", "+1", "1.", "9; DROP", "00000000001", "١"]).into()),
        TypeKind::Text | TypeKind::Varchar | TypeKind::Enumeration => Scalar::Text(text),
        TypeKind::Json => Scalar::Json(text),
        TypeKind::Bytes => Scalar::Bytes(text.into_bytes()),
        TypeKind::Uuid => Scalar::Uuid(number, number),
        TypeKind::Date => Scalar::Date(number as i32),
        TypeKind::Time => Scalar::Time(number as i64),
        TypeKind::Timestamp => Scalar::Timestamp(number as i64),
        TypeKind::TimestampTz => Scalar::TimestampTz(number as i64),
        _ => Scalar::Null,
    })
}

fn column(dice: &mut Dice<'_, '_>, name: String) -> Column {
    let ty = column_type(dice);
    let given = |dice: &mut Dice<'_, '_>| match dice.below(12) {
        0..=6 => DefaultValue::None,
        7..=9 => DefaultValue::Literal(constant(dice, ty.kind)),
        10 if matches!(ty.kind, TypeKind::Date | TypeKind::Time | TypeKind::Timestamp) => DefaultValue::Now,
        _ if dice.one_in(8) => DefaultValue::Expression("m4rk3d(".into()),
        11 if dice.one_in(8) => DefaultValue::GeneratedKey,
        _ => DefaultValue::None,
    };
    let (default, on_update) = (given(dice), given(dice));
    Column {
        name,
        nullable: dice.one_in(2),
        default: if ty.labels.is_empty() || dice.one_in(2) {
            default
        } else {
            DefaultValue::Literal(Scalar::Text(ty.labels[0].clone()).into())
        },
        on_update: if dice.one_in(4) { on_update } else { DefaultValue::None },
        computed: dice.one_in(100).then(|| "m4rk3d + 1".into()),
        comment: dice.one_in(4).then(|| format!("n4me{}", dice.text(12))),
        ty,
    }
}

/// Returns one or two names of these columns or, rarely, a name that none of them has.
fn some(dice: &mut Dice<'_, '_>, columns: &[Column]) -> Vec<String> {
    let one = |dice: &mut Dice<'_, '_>| {
        let past = usize::from(dice.one_in(20));
        let column = columns.get(dice.below(columns.len() + past));
        column.map_or_else(|| "n4me gone".into(), |column| column.name.clone())
    };
    let mut names = vec![one(dice)];
    let other = one(dice);
    if other != names[0] || dice.one_in(20) {
        names.push(other);
    }
    names
}

fn index(dice: &mut Dice<'_, '_>, columns: &[Column]) -> Index {
    let name = dice.one_in(3).then(|| names::name(dice));
    Index { name, columns: some(dice, columns), unique: dice.one_in(2) }
}

fn foreign_key(dice: &mut Dice<'_, '_>, columns: &[Column]) -> ForeignKey {
    let actions =
        [Action::NoAction, Action::Restrict, Action::Cascade, Action::Cascade, Action::SetNull, Action::SetDefault];
    ForeignKey {
        name: dice.one_in(3).then(|| names::name(dice)),
        columns: vec![some(dice, columns).remove(0)],
        table: dice.of(&[NAMES[0], NAMES[0], NAMES[0], NAMES[2]]).into(),
        schema: None,
        referred: vec!["id".into()],
        on_delete: dice.of(&actions),
        on_update: Action::NoAction,
    }
}

/// Makes a table.
pub fn table(dice: &mut Dice<'_, '_>, name: String) -> Table {
    let mut columns = vec![Column {
        nullable: false,
        default: DefaultValue::GeneratedKey,
        ..crate::build::column("id", TypeKind::Int64)
    }];
    for at in 0..dice.below(5) {
        let name = if dice.one_in(16) { names::name(dice) } else { format!("{}{at}", dice.of(&NAMES[..10])) };
        columns.push(column(dice, name));
    }
    if dice.one_in(50) {
        columns.remove(0);
    }
    Table {
        name,
        schema: dice.one_in(30).then(|| names::name(dice)),
        primary_key_name: dice.one_in(4).then(|| names::name(dice)),
        primary_key: if dice.one_in(30) { vec![] } else { vec!["id".into()] },
        foreign_keys: if dice.one_in(2) { dice.many(0, 2, |dice| foreign_key(dice, &columns)) } else { vec![] },
        uniques: if dice.one_in(2) { dice.many(0, 2, |dice| index(dice, &columns)) } else { vec![] },
        indexes: if dice.one_in(2) { dice.many(0, 2, |dice| index(dice, &columns)) } else { vec![] },
        checks: if dice.one_in(60) { vec![Check { name: None, expression: "m4rk3d > 1".into() }] } else { vec![] },
        version_column: dice.one_in(20).then(|| some(dice, &columns).remove(0)),
        comment: dice.one_in(4).then(|| format!("n4me{}", dice.text(12))),
        is_view: dice.one_in(20),
        columns,
    }
}

/// Makes some tables, which refer to each other, and sometimes a relationship between them.
pub fn models(dice: &mut Dice<'_, '_>) -> Models {
    let count = 1 + dice.below(3);
    let mut tables = Vec::new();
    for at in 0..count {
        let name = if dice.one_in(8) { names::name(dice) } else { [NAMES[0], NAMES[2], NAMES[3]][at].into() };
        tables.push(table(dice, name));
    }
    let relationships = if dice.one_in(6) { vec![relationship(dice)] } else { vec![] };
    Models { tables, relationships }
}

fn relationship(dice: &mut Dice<'_, '_>) -> Relationship {
    Relationship {
        name: names::name(dice),
        owner: dice.of(&NAMES[..3]).into(),
        target: dice.of(&NAMES[..3]).into(),
        foreign_key: None,
        through: dice.maybe(|dice| dice.of(&NAMES[..3]).into()),
        collection: dice.one_in(2),
        cascade: vec![CascadeKind::Delete],
        passive_deletes: dice.one_in(2),
        post_update: dice.one_in(2),
        order_by: dice.many(0, 1, |_| "id".into()),
    }
}
