//! A unit of work's changes: their order, their statements, and the keys that one change takes from another.

mod bounds;
mod unique;

use std::sync::Arc;

use sqlservice_sql::{
    Batch, Catalog, ColumnData, Dialect, Error, Flush, Limits, Result, Value, Vector,
    batch::ColumnBuilder,
    batch::VectorKind,
    flush::{Change, Deletes, Inserts, KeyReference, KnownRows, Updates},
    schema::{ColumnType, Models, TypeKind},
};

use crate::build::*;

fn models(dialect: Dialect) -> Arc<Catalog> {
    let mut users = table("users", vec![column("name", varchar(64))]);
    users.version_column = None;
    let mut devices = table("devices", vec![nullable("user_id", TypeKind::Int64), column("name", varchar(64))]);
    devices.foreign_keys = vec![key("user_id", "users")];
    let mut nodes = table("nodes", vec![nullable("parent_id", TypeKind::Int64)]);
    nodes.foreign_keys = vec![key("parent_id", "nodes")];
    let mut people = table("people", vec![nullable("favourite_id", TypeKind::Int64)]);
    people.foreign_keys = vec![key("favourite_id", "balls")];
    let mut balls = table("balls", vec![nullable("person_id", TypeKind::Int64)]);
    balls.foreign_keys = vec![key("person_id", "people")];
    let mut pages = table("pages", vec![column("version", TypeKind::Int64), column("text", TypeKind::Text)]);
    pages.version_column = Some("version".into());
    let states = ColumnType { labels: names(&["on", "off"]), ..TypeKind::Enumeration.into() };
    let things = table("things", vec![column("state", states)]);
    let logs = tables().into_iter().find(|table| table.name == "logs").expect("logs");
    // Referring tables are declared first, so that a flush cannot use the order of the models.
    let tables = vec![devices, users, nodes, people, balls, pages, things, logs];
    let models = Models { tables, relationships: vec![] };
    Arc::new(Catalog::declare(models, dialect, &Limits::default(), true).expect("good models"))
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

fn texts(values: &[&str]) -> ColumnData {
    let mut column = ColumnBuilder::new(VectorKind::Text, values.len());
    values.iter().for_each(|value| column.push_str(value).expect("room"));
    column.finish()
}

fn batch(rows: u32, columns: Vec<ColumnData>) -> Batch {
    Batch { rows, columns }
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

fn inserts(table: &str, columns: &[&str], rows: Batch, links: &[(u32, u16, u32, u32)], returning: &[&str]) -> Change {
    let link =
        |&(row, column, of_change, of_row): &(u32, u16, u32, u32)| KeyReference { row, column, of_change, of_row };
    let links = links.iter().map(link).collect();
    Change::Inserts(Inserts { table: table.into(), columns: names(columns), rows, links, returning: names(returning) })
}

fn deletes(table: &str, keys: &[i64]) -> Change {
    let keys: Vec<_> = keys.iter().map(|key| Some(*key)).collect();
    let keys = batch(u32::try_from(keys.len()).expect("few"), vec![integers(&keys)]);
    Change::Deletes(Deletes { table: table.into(), keys, versions: None, stored: None, strict: false })
}

fn flush(changes: Vec<Change>, dialect: Dialect) -> Result<Flush> {
    Flush::new(changes, models(dialect), dialect, Limits::default())
}

/// Runs a flush against a simulated database that counts keys from 100 on. Returns the texts with their rows, and the results.
fn run(changes: Vec<Change>, dialect: Dialect) -> Result<(Vec<String>, Vec<Batch>)> {
    drive(flush(changes, dialect)?)
}

fn drive(mut flush: Flush) -> Result<(Vec<String>, Vec<Batch>)> {
    let (mut texts, mut next) = (Vec::new(), 100);
    while let Some(mut work) = flush.next_step()? {
        while let Some(chunk) = work.statements.next().transpose()? {
            let rows = chunk.rows.len();
            let given = work.statements.batch();
            let values = |row: usize| (0..given.columns.len()).map(move |column| given.value(row, column));
            let shown: Vec<String> = chunk.rows.clone().map(|row| show(values(row))).collect();
            texts.push(format!("{} {}", chunk.compiled.sql, shown.join(" ")));
            let keys: Vec<_> = (next..).take(rows).map(Some).collect();
            next += i64::try_from(rows).expect("few");
            let returned = chunk.compiled.outputs.iter().map(|_| integers(&keys)).collect();
            let count = u32::try_from(rows).expect("few");
            flush.take(&mut work, &chunk.rows, batch(count, returned), u64::from(count));
        }
        flush.end(&work)?;
    }
    Ok((texts, flush.finish()?))
}

fn show(values: impl Iterator<Item = Value>) -> String {
    let shown = values.map(|value| match value {
        value if value.is_null() => "-".to_owned(),
        Value::Scalar(sqlservice_sql::Scalar::Integer(number)) => number.to_string(),
        Value::Scalar(sqlservice_sql::Scalar::Text(text)) => text,
        other => format!("{other:?}"),
    });
    format!("({})", shown.collect::<Vec<_>>().join(","))
}

#[test]
fn b01_children_get_the_keys_of_their_parents_which_come_first() {
    let devices = batch(3, vec![integers(&[None; 3]), texts(&["a", "b", "c"])]);
    let changes = || {
        vec![
            inserts(
                "devices",
                &["user_id", "name"],
                devices.clone(),
                &[(0, 0, 1, 1), (1, 0, 1, 0), (2, 0, 1, 1)],
                &["id"],
            ),
            inserts("users", &["name"], batch(2, vec![texts(&["ed", "jo"])]), &[], &[]),
        ]
    };
    let (texts, returned) = run(changes(), Dialect::Sqlite).expect("good changes");
    assert_eq!(
        texts,
        [
            r#"INSERT INTO "users" ("name") VALUES (?) (ed) (jo)"#,
            r#"INSERT INTO "devices" ("user_id", "name") VALUES (?, ?) (101,a) (100,b) (101,c)"#,
        ]
    );
    assert_eq!(returned[0].columns, [integers(&[Some(102), Some(103), Some(104)])]);
    // The keys of users are no result, as only the references of devices need them.
    assert_eq!((returned[1].rows, returned[1].columns.len()), (2, 0));
    let (texts, _) = run(changes(), Dialect::Postgres).expect("good changes");
    assert_eq!(texts.len(), 2);
    assert!(
        texts[1].starts_with(r#"INSERT INTO "devices" ("user_id", "name") SELECT * FROM unnest(CAST($1 AS bigint[]),"#)
    );
    // MySQL reports only the first generated key of a statement.
    let (texts, returned) = run(changes(), Dialect::Mysql).expect("good changes");
    assert_eq!(
        texts,
        [
            "INSERT INTO `users` (`name`) VALUES (?), (?) (ed) (jo)",
            "INSERT INTO `devices` (`user_id`, `name`) VALUES (?, ?), (?, ?), (?, ?) (101,a) (100,b) (101,c)",
        ]
    );
    assert_eq!(returned[0].columns, [integers(&[Some(102), Some(103), Some(104)])]);
}

/// MySQL's inserts return no columns: all but a generated key are read by the primary key, whether generated or given.
#[test]
fn a10_what_an_insert_does_not_return_is_read_by_its_key() {
    let users = |columns: &[&str], rows, returning: &[&str]| inserts("users", columns, rows, &[], returning);
    let made = users(&["name"], batch(2, vec![texts(&["ed", "jo"])]), &["name"]);
    let (sent, returned) = run(vec![made], Dialect::Mysql).expect("good changes");
    assert_eq!(sent[0], "INSERT INTO `users` (`name`) VALUES (?), (?) (ed) (jo)");
    assert!(sent.len() == 2 && sent[1].starts_with("SELECT ") && sent[1].ends_with("(100) (101)"), "{sent:?}");
    assert_eq!((returned[0].rows, returned[0].columns.len()), (2, 1));
    let given = users(&["id", "name"], batch(1, vec![integers(&[Some(7)]), texts(&["ed"])]), &["name"]);
    let (sent, _) = run(vec![given], Dialect::Mysql).expect("good changes");
    assert!(sent.len() == 2 && sent[1].starts_with("SELECT ") && sent[1].ends_with("(7)"), "{sent:?}");
}

#[test]
fn b05_rows_whose_keys_are_given_come_in_the_order_of_their_tables() {
    let user = || inserts("users", &["id", "name"], batch(1, vec![integers(&[Some(1)]), texts(&["ed"])]), &[], &[]);
    let device = || {
        let rows = batch(1, vec![integers(&[Some(1)]), texts(&["a"])]);
        inserts("devices", &["user_id", "name"], rows, &[], &[])
    };
    for changes in [vec![user(), device()], vec![device(), user()]] {
        let (texts, _) = run(changes, Dialect::Mariadb).expect("good changes");
        assert!(texts[0].contains("`users`") && texts[1].contains("`devices`"), "{texts:?}");
    }
    for changes in
        [vec![deletes("users", &[1]), deletes("devices", &[1])], vec![deletes("devices", &[1]), deletes("users", &[1])]]
    {
        let (texts, returned) = run(changes, Dialect::Mariadb).expect("good changes");
        assert_eq!(
            texts,
            [
                "DELETE FROM `devices` WHERE (`devices`.`id`) IN ((?)) (1)",
                "DELETE FROM `users` WHERE (`users`.`id`) IN ((?)) (1)"
            ]
        );
        assert!(returned.iter().all(|batch| batch.rows == 1 && batch.columns.is_empty()));
    }
}

#[test]
fn b06_a_chain_of_given_keys_is_one_statement_in_its_order() {
    let rows = batch(3, vec![integers(&[Some(3), Some(1), Some(2)]), integers(&[Some(2), None, Some(1)])]);
    let (texts, _) = run(vec![inserts("nodes", &["id", "parent_id"], rows, &[], &[])], Dialect::Sqlite).expect("good");
    assert_eq!(texts, [r#"INSERT INTO "nodes" ("id", "parent_id") VALUES (?, ?) (1,-) (2,1) (3,2)"#]);
}

#[test]
fn b07_a_tree_is_written_level_by_level() {
    // Rows: a child, the root, a grandchild, another child.
    let rows = batch(4, vec![integers(&[None; 4])]);
    let links = [(0, 0, 0, 1), (2, 0, 0, 0), (3, 0, 0, 1)];
    let (texts, returned) =
        run(vec![inserts("nodes", &["parent_id"], rows, &links, &["id"])], Dialect::Sqlite).expect("good");
    let insert = r#"INSERT INTO "nodes" ("parent_id") VALUES (?)"#;
    assert_eq!(texts, [format!("{insert} (-)"), format!("{insert} (100) (100)"), format!("{insert} (101)")]);
    let keys = returned[0].columns.clone();
    assert_eq!(keys.len(), 1);
    let key = |row| returned[0].value(row, 0);
    assert_eq!((0..4).map(|row| show([key(row)].into_iter())).collect::<String>(), "(101)(100)(103)(102)");
}

/// Some databases check foreign keys at each row that they delete, so rows that can refer to each other go in the given order.
#[test]
fn b07_rows_of_one_table_go_as_they_are_given() {
    let texts = |table, dialect| run(vec![deletes(table, &[3, 1])], dialect).expect("good changes").0;
    let mariadb = "DELETE FROM `nodes` WHERE (`nodes`.`id`) IN ((?), (?)) ORDER BY CASE WHEN `nodes`.`id` = ? THEN 0 \
                   WHEN `nodes`.`id` = ? THEN 1 END (3) (1)";
    assert_eq!(texts("nodes", Dialect::Mariadb), [mariadb]);
    assert_eq!(texts("nodes", Dialect::Sqlite), [r#"DELETE FROM "nodes" WHERE "nodes"."id" = ? (3) (1)"#]);
    let devices = "DELETE FROM `devices` WHERE (`devices`.`id`) IN ((?), (?)) (3) (1)";
    assert_eq!(texts("devices", Dialect::Mariadb), [devices]);
}

/// Tables in a cycle of foreign keys have no order, so their rows are deleted in the given order. Rows of tables that refer to
/// them are deleted before, and rows of tables that they refer to afterwards.
#[test]
fn b11_rows_of_a_circle_of_tables_go_as_they_are_given() {
    let order = |changes: &[(&str, i64)]| {
        let changes = changes.iter().map(|(table, key)| deletes(table, &[*key])).collect();
        let texts = run(changes, Dialect::Sqlite).expect("good changes").0;
        let table = |text: String| text.split('"').nth(1).map(str::to_owned).unwrap_or_default();
        texts.into_iter().map(table).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(order(&[("people", 1), ("balls", 1)]), "people balls");
    assert_eq!(order(&[("balls", 1), ("people", 1)]), "balls people");
    assert_eq!(order(&[("balls", 1), ("people", 1), ("balls", 2)]), "balls people balls");
    let all = [("users", 1), ("balls", 1), ("devices", 1), ("people", 1)];
    assert_eq!(order(&all), "devices users balls people");
}

/// Rows that consist of a generated key only.
#[test]
fn rows_without_columns_are_rows_of_defaults() {
    for (dialect, expected) in [
        (Dialect::Sqlite, r#"INSERT INTO "nodes" DEFAULT VALUES () ()"#),
        (Dialect::Postgres, r#"INSERT INTO "nodes" ("id") VALUES (DEFAULT), (DEFAULT) RETURNING "id" () ()"#),
        (Dialect::Mariadb, "INSERT INTO `nodes` (`id`) VALUES (DEFAULT), (DEFAULT) RETURNING `id` () ()"),
    ] {
        let (texts, returned) =
            run(vec![inserts("nodes", &[], batch(2, vec![]), &[], &["id"])], dialect).expect("good changes");
        assert_eq!(texts, [expected]);
        assert_eq!(returned, [batch(2, vec![integers(&[Some(100), Some(101)])])]);
    }
}

#[test]
fn b10_rows_that_need_each_other_are_refused_and_b11_an_update_closes_the_circle() {
    let one = || batch(1, vec![integers(&[None])]);
    let circle = vec![
        inserts("people", &["favourite_id"], one(), &[(0, 0, 1, 0)], &[]),
        inserts("balls", &["person_id"], one(), &[(0, 0, 0, 0)], &[]),
    ];
    let refused = flush(circle, Dialect::Sqlite).map(|flush| flush.len());
    assert_eq!(refused, Err(Error::CircularDependency(names(&["balls", "people"]))));
    let known = vec![
        inserts("people", &["id", "favourite_id"], batch(1, vec![integers(&[Some(1)]), integers(&[None])]), &[], &[]),
        inserts("balls", &["person_id"], one(), &[(0, 0, 0, 0)], &[]),
        Change::Updates(Updates {
            table: "people".into(),
            keys: batch(1, vec![integers(&[Some(1)])]),
            versions: None,
            columns: names(&["favourite_id"]),
            rows: one(),
            links: vec![KeyReference { row: 0, column: 0, of_change: 1, of_row: 0 }],
            returning: vec![],
            stored: None,
        }),
    ];
    let (texts, _) = run(known, Dialect::Sqlite).expect("an order");
    assert_eq!(
        texts,
        [
            r#"INSERT INTO "people" ("id", "favourite_id") VALUES (?, ?) (1,-)"#,
            r#"INSERT INTO "balls" ("person_id") VALUES (?) (1)"#,
            r#"UPDATE "people" SET "favourite_id" = ? WHERE "people"."id" = ? (101,1)"#,
        ]
    );
}

fn pages(returning: &[&str]) -> Change {
    Change::Updates(Updates {
        table: "pages".into(),
        keys: batch(2, vec![integers(&[Some(7), Some(8)])]),
        versions: Some(batch(2, vec![integers(&[Some(1), Some(4)])])),
        columns: names(&["text"]),
        rows: batch(2, vec![texts(&["a", "b"])]),
        links: vec![],
        returning: names(returning),
        stored: None,
    })
}

#[test]
fn c10_an_update_asks_for_a_version_and_counts_it_up() {
    let text = |dialect, returning: &[&str]| run(vec![pages(returning)], dialect).expect("good").0;
    assert_eq!(
        text(Dialect::Sqlite, &["text"]),
        [
            r#"UPDATE "pages" SET "text" = ?, "version" = "pages"."version" + 1 WHERE "pages"."id" = ? AND "pages"."version" = ? RETURNING "text" (a,7,1) (b,8,4)"#
        ]
    );
    assert_eq!(
        text(Dialect::Postgres, &["text"]),
        [
            r#"UPDATE "pages" SET "text" = "given"."c0", "version" = "pages"."version" + 1 FROM unnest((SELECT CAST($1 AS text[])), (SELECT CAST($2 AS bigint[])), (SELECT CAST($3 AS bigint[]))) WITH ORDINALITY AS "given"("c0", "c1", "c2", "n") WHERE "pages"."id" = "given"."c1" AND "pages"."version" = "given"."c2" RETURNING "given"."n" - 1 AS "n", "pages"."text" (a,7,1) (b,8,4)"#
        ]
    );
    assert_eq!(
        text(Dialect::Mariadb, &[]),
        [
            "UPDATE `pages` SET `text` = CASE WHEN `pages`.`id` = ? AND `pages`.`version` = ? THEN ? WHEN `pages`.`id` = ? AND `pages`.`version` = ? THEN ? ELSE `pages`.`text` END, `version` = `pages`.`version` + 1 WHERE (`pages`.`id`, `pages`.`version`) IN ((?, ?), (?, ?)) (a,7,1) (b,8,4)"
        ]
    );
    // MariaDB's updates return no columns, so the columns are read by a select.
    let again = text(Dialect::Mariadb, &["text"]);
    assert_eq!(
        again[1],
        "SELECT CASE WHEN `pages`.`id` = ? THEN 0 WHEN `pages`.`id` = ? THEN 1 END AS `n`, `pages`.`text` FROM `pages` WHERE (`pages`.`id`) IN ((?), (?)) (7) (8)"
    );
}

/// Labels of an enumeration cannot be bound as an array. A list of keys finds the rows, which come back in any order.
#[test]
fn c10_what_an_update_of_a_list_cannot_return_is_read_again() {
    let change = Change::Updates(Updates {
        table: "things".into(),
        keys: batch(2, vec![integers(&[Some(7), Some(8)])]),
        versions: None,
        columns: names(&["state"]),
        rows: batch(2, vec![texts(&["on", "off"])]),
        links: vec![],
        returning: names(&["state"]),
        stored: None,
    });
    let (texts, returned) = run(vec![change], Dialect::Postgres).expect("good");
    assert_eq!(texts.len(), 2, "{texts:?}");
    assert!(texts[0].starts_with(r#"UPDATE "things" SET "state" = CASE WHEN"#), "{texts:?}");
    let read =
        r#"SELECT CASE WHEN "things"."id" = $1 THEN 0 WHEN "things"."id" = $2 THEN 1 END AS "n", "things"."state""#;
    assert!(texts[1].starts_with(read), "{texts:?}");
    assert_eq!(returned[0].columns.len(), 1);
}

#[test]
fn c11_rows_that_do_not_match_are_stale() {
    for (change, may_be_gone) in [(pages(&[]), false), (deletes("users", &[1, 2]), true)] {
        let mut flush = flush(vec![change], Dialect::Sqlite).expect("good");
        let mut work = flush.next_step().expect("good").expect("work");
        flush.take(&mut work, &(0..2), Batch::default(), 1);
        let ended = flush.end(&work);
        if may_be_gone {
            assert_eq!(ended, Ok(()));
            assert_eq!(flush.finish().expect("a batch")[0].rows, 1);
        } else {
            assert_eq!(ended, Err(Error::Stale { table: "pages".into(), expected: 2, matched: 1 }));
        }
    }
}

#[test]
fn an_update_touches_what_every_update_touches() {
    let touched = |dialect| {
        let change = Change::Updates(Updates {
            table: "logs".into(),
            keys: batch(1, vec![integers(&[Some(7)])]),
            versions: None,
            columns: names(&["text"]),
            rows: batch(1, vec![texts(&["a"])]),
            links: vec![],
            returning: vec![],
            stored: None,
        });
        run(vec![change], dialect).expect("good").0.remove(0)
    };
    assert_eq!(
        touched(Dialect::Postgres),
        r#"UPDATE "logs" SET "text" = "given"."c0", "touched" = statement_timestamp() FROM unnest((SELECT CAST($1 AS text[])), (SELECT CAST($2 AS bigint[]))) WITH ORDINALITY AS "given"("c0", "c1", "n") WHERE "logs"."id" = "given"."c1" (a,7)"#
    );
}

#[test]
fn what_does_not_fit_is_refused_before_anything_is_sent() {
    let refused = |change: Change| flush(vec![change], Dialect::Sqlite).map(|flush| flush.len());
    let one = |values| batch(1, vec![values]);
    assert_eq!(
        refused(inserts("nowhere", &["a"], one(texts(&["a"])), &[], &[])),
        Err(Error::NoSuchTable("nowhere".into()))
    );
    assert!(matches!(
        refused(inserts("users", &["gone"], one(texts(&["a"])), &[], &[])),
        Err(Error::NoSuchColumn { .. })
    ));
    assert!(matches!(
        refused(inserts("users", &["name"], one(texts(&["a"])), &[], &["gone"])),
        Err(Error::NoSuchColumn { .. })
    ));
    let long = "x".repeat(65);
    assert!(matches!(
        refused(inserts("users", &["name"], one(texts(&[&long])), &[], &[])),
        Err(Error::TypeMismatch { .. })
    ));
    for links in [[(1, 0, 0, 0)], [(0, 1, 0, 0)], [(0, 0, 1, 0)], [(0, 0, 0, 1)], [(0, 0, u32::MAX, u32::MAX)]] {
        let wrong = refused(inserts("nodes", &["parent_id"], one(integers(&[None])), &links, &[]));
        assert!(matches!(wrong, Err(Error::Invalid { .. })), "{links:?}");
    }
    let wrong = Batch { rows: 3, columns: vec![ColumnData { validity: vec![], values: Vector::Integers(vec![1]) }] };
    assert!(matches!(refused(inserts("users", &["name"], wrong, &[], &[])), Err(Error::Invalid { .. })));
    let two = batch(1, vec![integers(&[Some(1)]), integers(&[Some(1)])]);
    let change =
        Change::Deletes(Deletes { table: "users".into(), keys: two, versions: None, stored: None, strict: false });
    assert!(matches!(refused(change), Err(Error::Invalid { .. })));
}

#[test]
fn b21_a_thousand_parents_and_their_children_are_two_statements() {
    let parents = vec!["x"; 1_000];
    let links: Vec<_> = (0..3_000).map(|row| (row, 0, 0, row / 3)).collect();
    let devices = batch(3_000, vec![integers(&[None; 3_000]), texts(&vec!["y"; 3_000])]);
    let changes = vec![
        inserts("users", &["name"], batch(1_000, vec![texts(&parents)]), &[], &["id"]),
        inserts("devices", &["user_id", "name"], devices, &links, &["id"]),
    ];
    let (texts, returned) = run(changes, Dialect::Postgres).expect("good");
    assert_eq!(texts.len(), 2);
    assert!(texts[1].ends_with("(1099,y) (1099,y) (1099,y)"));
    assert_eq!(returned[1].rows, 3_000);
}
