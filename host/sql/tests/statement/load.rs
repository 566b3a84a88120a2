//! Plans of loads: their statements on every dialect, their results, and the plans that are refused.

use std::sync::Arc;

use sqlservice_sql::{
    Batch, Catalog, ColumnData, Compiled, Dialect, Error, Limits, Loading, Result, Scalar, Value, Vector,
    batch::{ColumnBuilder, VectorKind},
    compile,
    load::{Load, LoadPlan, Loaded},
    schema::{ForeignKey, Models, Relationship, Table, TypeKind},
    statement::*,
};

use crate::build::*;
use join::{USERS, query, users};

mod join;

fn relationship(owner: &str, name: &str, target: &str, collection: bool) -> Relationship {
    Relationship {
        name: name.into(),
        owner: owner.into(),
        target: target.into(),
        foreign_key: None,
        through: None,
        collection,
        cascade: vec![],
        passive_deletes: false,
        post_update: false,
        order_by: vec![],
    }
}

fn through(owner: &str, name: &str, target: &str, table: &str) -> Relationship {
    Relationship { through: Some(table.into()), ..relationship(owner, name, target, true) }
}

fn two(columns: [&str; 2], table: &str) -> ForeignKey {
    let columns: Vec<String> = columns.iter().map(|&name| name.into()).collect();
    ForeignKey { referred: columns.clone(), columns, ..key("", table) }
}

fn all_tables() -> Vec<Table> {
    let mut users = table("users", vec![nullable("boss_id", TypeKind::Int64), column("name", varchar(64))]);
    users.foreign_keys = vec![key("boss_id", "users")];
    let mut devices = table("devices", vec![nullable("user_id", TypeKind::Int64), column("rank", TypeKind::Int64)]);
    devices.foreign_keys = vec![key("user_id", "users")];
    let mut parts = table("parts", vec![column("device_id", TypeKind::Int64)]);
    parts.foreign_keys = vec![key("device_id", "devices")];
    let tags =
        Table { primary_key: vec!["code".into()], columns: vec![column("code", varchar(20))], ..table("tags", vec![]) };
    let tagged_key = ForeignKey { referred: vec!["code".into()], ..key("tag", "tags") };
    let tagged = Table {
        primary_key: vec!["user_id".into(), "tag".into()],
        columns: vec![column("user_id", TypeKind::Int64), column("tag", varchar(20))],
        foreign_keys: vec![key("user_id", "users"), tagged_key],
        ..table("tagged", vec![])
    };
    let friends = Table {
        primary_key: vec!["a".into(), "b".into()],
        columns: vec![column("a", TypeKind::Int64), column("b", TypeKind::Int64)],
        foreign_keys: vec![key("a", "users"), key("b", "users")],
        ..table("friends", vec![])
    };
    let rooms = Table {
        primary_key: vec!["house".into(), "number".into()],
        columns: vec![column("house", TypeKind::Int64), column("number", TypeKind::Int32)],
        ..table("rooms", vec![])
    };
    let mut beds = table("beds", vec![nullable("house", TypeKind::Int64), nullable("number", TypeKind::Int64)]);
    beds.foreign_keys = vec![two(["house", "number"], "rooms")];
    vec![users, devices, parts, tags, tagged, friends, rooms, beds]
}

fn all_relationships() -> Vec<Relationship> {
    vec![
        Relationship { order_by: vec!["rank".into()], ..relationship("users", "devices", "devices", true) },
        relationship("users", "boss", "users", false),
        relationship("users", "staff", "users", true),
        through("users", "tags", "tags", "tagged"),
        through("users", "friends", "users", "friends"),
        Relationship { foreign_key: Some(vec!["b".into()]), ..through("users", "admirers", "users", "friends") },
        relationship("devices", "parts", "parts", true),
        relationship("devices", "user", "users", false),
        relationship("rooms", "beds", "beds", true),
        relationship("beds", "room", "rooms", false),
    ]
}

fn declared(tables: Vec<Table>, relationships: Vec<Relationship>, dialect: Dialect) -> Result<Catalog> {
    Catalog::declare(Models { tables, relationships }, dialect, &Limits::default(), false)
}

fn models(dialect: Dialect) -> Arc<Catalog> {
    Arc::new(declared(all_tables(), all_relationships(), dialect).expect("good models"))
}

fn load(relationship: &str, nested: &[u32]) -> Load {
    Load { relationship: relationship.into(), nested: nested.to_vec(), joined: true }
}

fn plan(table: &str, roots: &[u32], loads: Vec<Load>) -> LoadPlan {
    LoadPlan { table: table.into(), loads, roots: roots.to_vec() }
}

fn new(plan: &LoadPlan, dialect: Dialect) -> Result<Loading> {
    Loading::new(plan, models(dialect), dialect, Limits::default())
}

fn integers(values: &[Option<i64>]) -> ColumnData {
    let mut column = ColumnBuilder::new(VectorKind::Integer, values.len());
    for value in values {
        match value {
            Some(value) => column.push_i64(*value).expect("room"),
            None => column.push_null(),
        }
    }
    column.finish()
}

fn numbers(values: &[i64]) -> ColumnData {
    ColumnData { validity: vec![], values: Vector::Integers(values.to_vec()) }
}

fn texts(values: &[&str]) -> ColumnData {
    let mut column = ColumnBuilder::new(VectorKind::Text, values.len());
    values.iter().for_each(|value| column.push_str(value).expect("room"));
    column.finish()
}

fn batch(columns: Vec<ColumnData>) -> Batch {
    let rows = match columns.first().map(|column| &column.values) {
        Some(Vector::Integers(values)) => values.len(),
        Some(Vector::Texts(texts)) => texts.offsets.len() - 1,
        _ => 0,
    };
    Batch { rows: u32::try_from(rows).expect("few"), columns }
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.into()).collect()
}

/// Returns the next load's statements, each with its keys and its number of parameters.
fn step(loading: &mut Loading) -> Vec<(String, String, u32)> {
    let Some(mut step) = loading.next_step().expect("a step") else { return vec![] };
    let mut statements = vec![];
    while let Some(chunk) = step.statements.next() {
        let chunk = chunk.expect("a statement");
        let keys = step.statements.batch();
        let shown: Vec<String> = chunk.rows.clone().map(|row| show(keys, row)).collect();
        statements.push((chunk.compiled.sql.to_string(), shown.join(" "), chunk.compiled.parameters));
    }
    statements
}

fn show(batch: &Batch, row: usize) -> String {
    let cell = |value| match value {
        Value::Scalar(Scalar::Integer(number)) => number.to_string(),
        Value::Scalar(Scalar::Text(text)) => text,
        value if value == Value::NULL => "-".into(),
        other => format!("{other:?}"),
    };
    (0..batch.columns.len()).map(|column| cell(batch.value(row, column))).collect::<Vec<_>>().join(",")
}

fn rows(batch: &Batch) -> String {
    (0..batch.rows as usize).map(|row| show(batch, row)).collect::<Vec<_>>().join(" ")
}

/// Returns the single statement of a load that starts from known rows.
fn text(table: &str, relationship: &str, columns: &[&str], known: &Batch, dialect: Dialect) -> (String, String, u32) {
    let mut loading = new(&plan(table, &[0], vec![load(relationship, &[])]), dialect).expect("a plan");
    loading.take_known(names(columns), known.clone()).expect("known");
    let mut statements = step(&mut loading);
    assert_eq!(statements.len(), 1, "{statements:?}");
    statements.remove(0)
}

#[test]
fn each_direction_is_one_statement_for_distinct_keys() {
    let users =
        batch(vec![integers(&[Some(7), None, Some(3), Some(7)]), integers(&[Some(1), Some(2), Some(3), Some(4)])]);
    let texts = |name: &str, dialect| text("users", name, &["boss_id", "id"], &users, dialect);
    let many =
        r#"SELECT "devices"."id", "devices"."user_id", "devices"."rank" FROM "devices" WHERE "devices"."user_id" IN "#;
    let order = r#" ORDER BY "devices"."user_id", "devices"."rank", "devices"."id""#;
    assert_eq!(texts("devices", Dialect::Sqlite), (format!("{many}(?, ?, ?, ?){order}"), "1 2 3 4".into(), 4));
    assert_eq!(
        texts("devices", Dialect::Postgres),
        (format!("{many}(SELECT * FROM unnest(CAST($1 AS bigint[]))){order}"), "1 2 3 4".into(), 1)
    );
    assert_eq!(
        texts("devices", Dialect::Mariadb).0,
        "SELECT `devices`.`id`, `devices`.`user_id`, `devices`.`rank` FROM `devices` \
         WHERE `devices`.`user_id` IN (?, ?, ?, ?) ORDER BY `devices`.`user_id`, `devices`.`rank`, `devices`.`id`"
    );
    // A null foreign key is not loaded, and a key that occurs twice is loaded once.
    let own = r#"SELECT "users"."id", "users"."boss_id", "users"."name" FROM "users" WHERE "users"."#;
    let order = r#" ORDER BY "users"."id""#;
    assert_eq!(texts("boss", Dialect::Sqlite), (format!(r#"{own}"id" IN (?, ?){order}"#), "7 3".into(), 2));
    assert_eq!(
        texts("staff", Dialect::Sqlite).0,
        format!(r#"{own}"boss_id" IN (?, ?, ?, ?) ORDER BY "users"."boss_id", "users"."id""#)
    );
    assert_eq!(
        texts("tags", Dialect::Sqlite).0,
        r#"SELECT "tagged"."user_id", "tags"."code" FROM "tagged" JOIN "tags" ON "tagged"."tag" = "tags"."code" "#
            .to_owned()
            + r#"WHERE "tagged"."user_id" IN (?, ?, ?, ?) ORDER BY "tagged"."user_id", "tags"."code""#
    );
    let friends = |near: &str, far: &str| {
        format!(r#"SELECT "friends"."{near}", "users"."id", "users"."boss_id", "users"."name" FROM "friends" "#)
            + &format!(r#"JOIN "users" ON "friends"."{far}" = "users"."id" WHERE "friends"."{near}" IN (?, ?, ?, ?) "#)
            + &format!(r#"ORDER BY "friends"."{near}", "users"."id""#)
    };
    assert_eq!(texts("friends", Dialect::Sqlite).0, friends("a", "b"));
    assert_eq!(texts("admirers", Dialect::Sqlite).0, friends("b", "a"));
}

/// `name desc` sorts in descending order, unless a column has exactly that name.
#[test]
fn the_order_of_a_relationship_may_go_down() {
    let text = |order: &[&str], columns: Vec<sqlservice_sql::schema::Column>| {
        let mut tables = all_tables();
        tables
            .iter_mut()
            .filter(|table| table.name == "devices")
            .for_each(|table| table.columns.extend(columns.clone()));
        let order_by = order.iter().map(|&key| key.into()).collect();
        let relationships = vec![Relationship { order_by, ..relationship("users", "devices", "devices", true) }];
        let catalog = Arc::new(declared(tables, relationships, Dialect::Sqlite)?);
        let plan = plan("users", &[0], vec![load("devices", &[])]);
        let mut loading = Loading::new(&plan, catalog, Dialect::Sqlite, Limits::default())?;
        loading.take_known(names(&["id"]), batch(vec![numbers(&[1])]))?;
        let text = step(&mut loading).remove(0).0;
        Ok::<_, Error>(text.split_once(" ORDER BY ").map(|(_, order)| order.to_owned()).unwrap_or_default())
    };
    let owner = r#""devices"."user_id", "#;
    let down = text(&["rank desc", "id DESC"], vec![]);
    assert_eq!(down, Ok(format!(r#"{owner}"devices"."rank" DESC, "devices"."id" DESC"#)));
    let up = text(&["rank asc"], vec![]);
    assert_eq!(up, Ok(format!(r#"{owner}"devices"."rank", "devices"."id""#)));
    let named = text(&["rank desc"], vec![column("rank desc", TypeKind::Int64)]);
    assert_eq!(named, Ok(format!(r#"{owner}"devices"."rank desc", "devices"."id""#)));
    for wrong in ["gone desc", "rank down", "desc", " desc", "rank  desc desc"] {
        assert!(text(&[wrong], vec![]).is_err(), "{wrong}");
    }
}

#[test]
fn keys_of_several_columns_are_rows() {
    let rooms = batch(vec![numbers(&[1, 2, 1]), numbers(&[10, 20, 10])]);
    let texts = |dialect| text("rooms", "beds", &["house", "number"], &rooms, dialect);
    let (columns, order) = (
        r#"SELECT "beds"."id", "beds"."house", "beds"."number" FROM "beds" "#,
        r#" ORDER BY "beds"."house", "beds"."number", "beds"."id""#,
    );
    let found = r#"WHERE ("beds"."house", "beds"."number") IN "#;
    // SQLite compares row values only with the rows of a query, such as VALUES.
    assert_eq!(
        texts(Dialect::Sqlite),
        (format!("{columns}{found}(VALUES (?, ?), (?, ?)){order}"), "1,10 2,20".into(), 4)
    );
    let arrays = "(SELECT * FROM unnest(CAST($1 AS bigint[]), CAST($2 AS bigint[])))";
    assert_eq!(texts(Dialect::Postgres), (format!("{columns}{found}{arrays}{order}"), "1,10 2,20".into(), 2));
    assert!(texts(Dialect::Mysql).0.contains("WHERE (`beds`.`house`, `beds`.`number`) IN ((?, ?), (?, ?))"));
    // Keys with a null part, and keys with a number that is out of their column's range, match no row.
    let beds =
        batch(vec![integers(&[Some(1), None, Some(2), Some(3)]), integers(&[Some(10), Some(20), None, Some(1 << 40)])]);
    assert_eq!(text("beds", "room", &["house", "number"], &beds, Dialect::Sqlite).1, "1,10");
}

#[test]
fn own_rows_are_found_by_their_keys() {
    let loading = new(&plan("tags", &[], vec![]), Dialect::Sqlite).expect("a plan");
    let keys = batch(vec![texts(&["b", "a", "b"])]);
    let mut statements = loading.by_keys(&keys).expect("keys");
    let chunk = statements.next().expect("one").expect("a statement");
    assert_eq!(
        &*chunk.compiled.sql,
        r#"SELECT "tags"."code" FROM "tags" WHERE "tags"."code" IN (?, ?) ORDER BY "tags"."code""#
    );
    assert_eq!((rows(statements.batch()), statements.next().is_none()), ("b a".into(), true));
    // Values of a mixed column that are all of one kind are bound as an array, too.
    let mixed = ColumnData { validity: vec![], values: Vector::Mixed(vec![Scalar::Text("a".into()).into()]) };
    let loading = new(&plan("tags", &[], vec![]), Dialect::Postgres).expect("a plan");
    let mut statements = loading.by_keys(&batch_of(1, mixed)).expect("keys");
    assert!(statements.next().expect("one").expect("a statement").compiled.sql.contains("CAST($1 AS text[])"));
    assert!(loading.by_keys(&batch(vec![texts(&[])])).expect("none").next().is_none());
}

fn batch_of(rows: u32, column: ColumnData) -> Batch {
    Batch { rows, columns: vec![column] }
}

/// Each key is in exactly one statement, whatever the limits, and few distinct texts are needed.
#[test]
fn many_keys_are_few_texts_and_each_is_asked_for_once() {
    for (count, parameters) in
        [(1, 65_535), (3, 65_535), (512, 65_535), (513, 65_535), (3_000, 65_535), (10, 6), (7, 5)]
    {
        for dialect in DIALECTS {
            let limits = Limits::default().parameters(parameters);
            let wanted = plan("users", &[0], vec![load("devices", &[])]);
            let mut loading = Loading::new(&wanted, models(dialect), dialect, limits).expect("a plan");
            let ids: Vec<i64> = (0..count).collect();
            loading.take_known(names(&["id"]), batch(vec![numbers(&ids)])).expect("known");
            let statements = step(&mut loading);
            let asked: Vec<&str> = statements.iter().flat_map(|(_, keys, _)| keys.split(' ')).collect();
            assert_eq!(asked, ids.iter().map(i64::to_string).collect::<Vec<_>>(), "{count} {parameters} {dialect:?}");
            for (sql, keys, room) in &statements {
                let keys = keys.split(' ').count();
                if dialect == Dialect::Postgres {
                    assert_eq!((*room, statements.len()), (1, 1), "{sql}");
                } else {
                    assert!(*room as usize <= parameters.min(512) && *room as usize >= keys, "{room} for {keys}");
                    assert!(room.is_power_of_two() || *room as usize == parameters, "{room} is no size of few");
                }
            }
        }
    }
}

#[test]
fn a_row_that_two_statements_found_comes_once() {
    let mut loading =
        new(&plan("users", &[0, 1], vec![load("devices", &[]), load("tags", &[])]), Dialect::Mysql).expect("a plan");
    loading.take_known(names(&["id"]), batch(vec![numbers(&[1])])).expect("known");
    let device = |id| batch(vec![numbers(&[id]), numbers(&[1]), numbers(&[0])]);
    assert_eq!(loading.take(0, vec![device(5), device(6), device(5)]).expect("small"), 2);
    // A tag of two owners is two rows, as the owner is a column of the result.
    let tag = |user| batch(vec![numbers(&[user]), texts(&["x"])]);
    assert_eq!(loading.take(1, vec![tag(1), tag(2), tag(1)]).expect("small"), 2);
    let (_, loaded) = loading.finish().expect("small");
    assert_eq!((rows(&loaded[0].rows), rows(&loaded[1].rows)), ("5,1,0 6,1,0".into(), "1,x 2,x".into()));
}

#[test]
fn loads_start_from_the_rows_of_their_owner_and_no_keys_are_no_statement() {
    let loads = vec![load("devices", &[1, 2]), load("parts", &[]), load("user", &[3]), load("boss", &[])];
    let mut loading = new(&plan("users", &[0], loads), Dialect::Sqlite).expect("a plan");
    loading.take_root(batch(vec![numbers(&[1, 2]), integers(&[None, Some(1)]), texts(&["ed", "jo"])]));
    assert_eq!(step(&mut loading)[0].1, "1 2");
    let devices = batch(vec![numbers(&[10, 11]), numbers(&[2, 2]), numbers(&[0, 1])]);
    loading.take(0, vec![devices]).expect("small");
    assert_eq!(step(&mut loading)[0].1, "10 11");
    assert_eq!(step(&mut loading)[0].1, "2");
    loading.take(2, vec![batch(vec![numbers(&[2]), integers(&[None]), texts(&["jo"])])]).expect("small");
    assert_eq!(step(&mut loading), []);
    assert!(loading.next_step().expect("the end").is_none());
    let (root, loaded) = loading.finish().expect("small");
    assert_eq!((root.rows, rows(&loaded[0].rows)), (2, "10,2,0 11,2,1".into()));
    // Results without rows have their columns, too.
    for Loaded { columns, rows, .. } in &loaded {
        assert_eq!(columns.len(), rows.columns.len());
    }
}

fn refused<T>(result: Result<T>) -> String {
    match result {
        Ok(_) => "done".into(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn t68_plans_are_checked_before_anything_is_sent() {
    let told = |plan: LoadPlan| refused(new(&plan, Dialect::Sqlite));
    let devices = || vec![load("devices", &[])];
    assert!(matches!(new(&plan("gone", &[], vec![]), Dialect::Sqlite).err(), Some(Error::NoSuchTable(_))));
    assert!(told(plan("users", &[0], vec![load("gone", &[])])).contains("no relationship"));
    // A relationship of another table than the one that the load starts from.
    assert!(told(plan("users", &[0], vec![load("parts", &[])])).contains("no relationship"));
    assert!(told(plan("users", &[0], vec![load("devices", &[1]), load("devices", &[])])).contains("no relationship"));
    assert!(told(plan("users", &[], devices())).contains("starts from nothing"));
    for (roots, nested) in
        [(vec![0, 0], vec![]), (vec![1], vec![]), (vec![0], vec![0]), (vec![], vec![0]), (vec![u32::MAX], vec![])]
    {
        let told = told(plan("users", &roots, vec![load("staff", &nested)]));
        assert!(told.contains("is not there, comes too early or twice"), "{roots:?} {nested:?}: {told}");
    }
    // A load nested in a later one, and a load nested in two.
    assert!(told(plan("users", &[1], vec![load("staff", &[]), load("staff", &[0])])).contains("too early"));
    let twice = vec![load("staff", &[2]), load("staff", &[2]), load("staff", &[])];
    assert!(told(plan("users", &[0, 1], twice)).contains("twice"));
    let many: Vec<u32> = (0..257).collect();
    assert!(told(plan("users", &many, (0..257).map(|_| load("devices", &[])).collect())).contains("256 are the most"));
    assert_eq!(told(plan("users", &many[..256], (0..256).map(|_| load("devices", &[])).collect())), "done");
}

#[test]
fn keys_known_rows_and_queries_are_those_of_the_table() {
    let loading = |table: &str| new(&plan(table, &[], vec![]), Dialect::Sqlite).expect("a plan");
    let by_keys = |table: &str, keys: Batch| refused(loading(table).by_keys(&keys).map(drop));
    assert_eq!(by_keys("users", batch(vec![numbers(&[1])])), "done");
    assert!(by_keys("rooms", batch(vec![numbers(&[1])])).contains("has 2 columns, not 1"));
    assert_eq!(by_keys("users", batch(vec![texts(&["1"])])), "id takes int64, not a text");
    let mixed = Vector::Mixed(vec![Value::NULL, Scalar::Integer(1).into(), Scalar::Boolean(true).into()]);
    let mixed = Batch { rows: 3, columns: vec![ColumnData { validity: vec![], values: mixed }] };
    assert_eq!(by_keys("users", mixed), "id takes int64, not a truth value");
    // The first value that is not null decides the kind of a typed vector.
    assert_eq!(
        by_keys("users", Batch { rows: 2, columns: vec![ColumnData { validity: vec![2], ..texts(&["", "1"]) }] }),
        "id takes int64, not a text"
    );
    assert!(by_keys("users", Batch { rows: 9, ..batch(vec![numbers(&[1])]) }).contains("has 1 rows, and the batch 9"));
    assert!(by_keys("rooms", batch(vec![numbers(&[1]), numbers(&[1 << 40])])).contains("a greater integer"));
    let known = |columns: &[&str], rows: Batch| {
        let mut loading = new(&plan("users", &[0], vec![load("devices", &[])]), Dialect::Sqlite).expect("a plan");
        refused(loading.take_known(names(columns), rows))
    };
    assert_eq!(known(&["name", "id"], batch(vec![texts(&["ed"]), numbers(&[1])])), "done");
    assert!(known(&["gone"], batch(vec![numbers(&[1])])).contains("no column"));
    assert!(known(&["id"], Batch::default()).contains("as many columns"));
    assert!(known(&["boss_id"], batch(vec![numbers(&[1])])).contains("starts from the column"));
    assert!(known(&[], Batch { rows: u32::MAX, columns: vec![] }).contains("starts from the column"));
    let queried = |statement: Statement| {
        let compiled =
            compile(&statement, &models(Dialect::Sqlite), Dialect::Sqlite, &Limits::default()).expect("good");
        refused(loading("users").check_query(&compiled))
    };
    assert_eq!(queried(users(|_, _| {})), "done");
    assert!(queried(query("users", &["id", "name", "boss_id"], |_, _| {})).contains("declared order"));
    assert!(queried(query("users", &["id"], |_, _| {})).contains("declared order"));
    // A column with the right name and the wrong type.
    let renamed = users(|arena, select| {
        let text = arena.col("users.name");
        select.columns[0] = arena.label(text, "id");
    });
    assert!(queried(renamed).contains("declared order"));
    let mut arena = Arena::default();
    let returning = USERS.iter().map(|name| arena.col(name)).collect();
    let change = arena.end(Root::Delete(Delete { returning, ..delete("users") }));
    assert!(queried(change).contains("not from a change"));
}

#[test]
fn relationships_have_one_meaning() {
    let check = |relationship: Relationship, tables: Vec<Table>| {
        refused(declared(tables, vec![relationship], Dialect::Sqlite).map(drop))
    };
    // A secondary table with two foreign keys to the owner, which is not the target, needs the name of one of them.
    let tables = || {
        let mut tables = all_tables();
        let by = column("by_id", TypeKind::Int64);
        let tagged = tables.iter_mut().find(|table| table.name == "tagged").expect("tagged");
        tagged.columns.push(by);
        tagged.foreign_keys.push(key("by_id", "users"));
        tables
    };
    let several = || through("users", "tags", "tags", "tagged");
    assert!(check(several(), tables()).contains("several foreign keys to its owner"));
    let named = Relationship { foreign_key: Some(vec!["by_id".into()]), ..several() };
    assert_eq!(check(named, tables()), "done");
    let wrong = Relationship { foreign_key: Some(vec!["tag".into()]), ..several() };
    assert!(check(wrong, tables()).contains("without foreign keys to both sides"));
    // A secondary table from a table to itself needs two foreign keys.
    let alone = Table { foreign_keys: vec![key("a", "users")], ..all_tables().remove(5) };
    let mut one = all_tables();
    one[5] = alone;
    assert!(check(through("users", "friends", "users", "friends"), one).contains("to both sides"));
}

/// Results come in many batches: joining them takes time in proportion to their rows.
#[test]
fn t32_many_batches_are_joined_once_over() {
    let part = || batch(vec![integers(&[Some(1), None, Some(3), None, Some(5)])]);
    let start = std::time::Instant::now();
    let whole = Batch::concat((0..40_000).map(|_| part()).collect()).expect("small");
    assert_eq!((whole.rows, whole.value(199_998, 0)), (200_000, Value::NULL));
    // A scan of all rows for each batch would read four thousand million bits.
    assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
}
