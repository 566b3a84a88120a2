//! Loads that join their query: the texts, the loads that can join, and the splitting of the joined rows.

use super::*;

/// Returns a query of a table's columns, after `change` has edited it.
pub fn query(table: &str, columns: &[&str], change: impl FnOnce(&mut Arena, &mut Select)) -> Statement {
    let mut arena = Arena::default();
    let columns: Vec<NodeId> = columns.iter().map(|name| arena.col(&format!("{table}.{name}"))).collect();
    let source = arena.from(table);
    let mut select = select(&columns, source);
    change(&mut arena, &mut select);
    arena.query(select)
}

pub const USERS: &[&str] = &["id", "boss_id", "name"];

/// Joins a plan's loads into a query and compiles it. Returns nothing where no load joins.
fn joined(plan: &LoadPlan, statement: &Statement, dialect: Dialect) -> Option<(Loading, Arc<Compiled>)> {
    let mut loading = new(plan, dialect).expect("a plan");
    let statement = loading.join(statement)?;
    let compiled = compile(&statement, &models(dialect), dialect, &Limits::default()).expect("a statement");
    loading.check_query(&compiled).expect("all columns");
    Some((loading, Arc::new(compiled)))
}

pub fn users(change: impl FnOnce(&mut Arena, &mut Select)) -> Statement {
    query("users", USERS, change)
}

#[test]
fn a09_a_collection_joins_the_query_as_it_is() {
    let wanted = plan("users", &[0], vec![load("devices", &[])]);
    let statement = users(|arena, select| {
        let (id, one) = (arena.col("users.id"), arena.int(1));
        select.filter = Some(arena.bin(id, BinaryOp::Greater, one));
        select.order_by = vec![desc(arena.col("users.name"))];
    });
    let (_, compiled) = joined(&wanted, &statement, Dialect::Sqlite).expect("joined");
    assert_eq!(
        &*compiled.sql,
        r#"SELECT "users"."id", "users"."boss_id", "users"."name", "load_0"."id", "load_0"."user_id", "load_0"."rank" "#
            .to_owned()
            + r#"FROM "users" LEFT JOIN "devices" AS "load_0" ON "load_0"."user_id" = "users"."id" "#
            + r#"WHERE "users"."id" > ? ORDER BY "users"."name" DESC, "users"."id", "load_0"."rank", "load_0"."id""#
    );
}

#[test]
fn a_limit_counts_the_rows_of_the_query() {
    let wanted = plan("users", &[0], vec![load("devices", &[])]);
    let statement = users(|arena, select| {
        let (id, ten) = (arena.col("users.id"), arena.int(10));
        let difference = arena.bin(id, BinaryOp::Subtract, ten);
        select.order_by = vec![desc(arena.col("users.name")), asc(difference)];
        select.limit = Some(arena.par(0));
    });
    let (loading, compiled) = joined(&wanted, &statement, Dialect::Sqlite).expect("joined");
    assert_eq!(
        &*compiled.sql,
        r#"SELECT "load_root"."id", "load_root"."boss_id", "load_root"."name", "load_0"."id", "load_0"."user_id", "#
            .to_owned()
            + r#""load_0"."rank" FROM (SELECT "users"."id", "users"."boss_id", "users"."name", "users"."id" - ? AS "load_order_1" "#
            + r#"FROM "users" ORDER BY "users"."name" DESC, ("users"."id" - ?) LIMIT ?) AS "load_root" "#
            + r#"LEFT JOIN "devices" AS "load_0" ON "load_0"."user_id" = "load_root"."id" "#
            + r#"ORDER BY "load_root"."name" DESC, "load_root"."load_order_1", "load_root"."id", "load_0"."rank", "load_0"."id""#
    );
    let told: Vec<_> = loading.columns_of(&compiled).iter().map(|column| column.name.clone()).collect();
    assert_eq!(told, USERS);
}

#[test]
fn joined_rows_are_taken_apart() {
    // Users with their devices, the devices' parts, and the users' bosses.
    let loads = vec![load("devices", &[1]), load("parts", &[]), load("boss", &[])];
    let statement = users(|_, _| {});
    let (mut loading, compiled) = joined(&plan("users", &[0, 2], loads), &statement, Dialect::Sqlite).expect("joined");
    assert_eq!(compiled.outputs.len(), 3 + 3 + 2 + 3);
    let some =
        |values: &[i64]| -> Vec<Option<i64>> { values.iter().map(|&value| (value >= 0).then_some(value)).collect() };
    let column = |values: &[i64]| integers(&some(values));
    let read = Batch {
        rows: 5,
        columns: vec![
            column(&[2, 2, 2, 1, 3]),
            column(&[1, 1, 1, -1, 1]),
            texts(&["jo", "jo", "jo", "ed", "al"]),
            // User 2 has device 9 with the parts 5 and 6, and device 8 without parts.
            column(&[9, 9, 8, -1, 7]),
            column(&[2, 2, 2, -1, 3]),
            column(&[0, 0, 1, -1, 0]),
            column(&[5, 6, -1, -1, -1]),
            column(&[9, 9, -1, -1, -1]),
            column(&[1, 1, 1, -1, 1]),
            column(&[-1, -1, -1, -1, -1]),
            texts(&["ed", "ed", "ed", "", "ed"]),
        ],
    };
    assert_eq!(loading.take_root(read), 3 + 3 + 2 + 1);
    assert!(loading.next_step().expect("the end").is_none(), "everything has come");
    let (root, loaded) = loading.finish().expect("small");
    assert_eq!(rows(&root), "2,1,jo 1,-,ed 3,1,al");
    let got: Vec<String> = loaded.iter().map(|loaded| rows(&loaded.rows)).collect();
    assert_eq!(got, ["9,2,0 8,2,1 7,3,0", "5,9 6,9", "1,-,ed"]);
}

/// Returns the number of loads with separate statements, or nothing where no load joins.
fn own_statements(plan: &LoadPlan, statement: &Statement) -> Option<usize> {
    let (mut loading, compiled) = joined(plan, statement, Dialect::Postgres)?;
    loading.take_root(Batch { rows: 0, columns: compiled.outputs.iter().map(|_| integers(&[])).collect() });
    let mut own = 0;
    while loading.next_step().expect("a step").is_some() {
        own += 1;
    }
    Some(own)
}

#[test]
fn rows_never_multiply() {
    let plain = || users(|_, _| {});
    let own = |roots: &[u32], loads| own_statements(&plan("users", roots, loads), &plain());
    // A collection nested in another, and many-to-one loads.
    assert_eq!(own(&[0], vec![load("devices", &[1]), load("parts", &[])]), Some(0));
    assert_eq!(own(&[0, 1], vec![load("boss", &[]), load("devices", &[2]), load("user", &[])]), Some(0));
    // Two collections of one owner, and collections below a many-to-one and a many-to-many load; a many-to-many load itself joins.
    assert_eq!(own(&[0, 1], vec![load("devices", &[]), load("staff", &[])]), Some(1));
    assert_eq!(own(&[0], vec![load("boss", &[1]), load("devices", &[])]), Some(1));
    assert_eq!(own(&[0], vec![load("tags", &[]),]), Some(0));
    assert_eq!(own(&[0], vec![load("friends", &[1]), load("devices", &[])]), Some(1));
    // Loads that are nested in a load that is not joined.
    let apart = Load { joined: false, ..load("devices", &[1]) };
    assert_eq!(own(&[0], vec![apart.clone(), load("parts", &[])]), None);
    assert_eq!(own(&[0, 2], vec![apart, load("parts", &[]), load("boss", &[])]), Some(2));
    // More tables than one statement may join.
    let chain: Vec<Load> = (0..40).map(|at| load("boss", if at < 39 { &[0] } else { &[] })).collect();
    let chain: Vec<Load> = chain
        .into_iter()
        .enumerate()
        .map(|(at, load)| Load { nested: if at < 39 { vec![at as u32 + 1] } else { vec![] }, ..load })
        .collect();
    assert_eq!(own(&[0], chain), Some(17));
}

#[test]
fn what_cannot_join_plainly_becomes_a_subquery_or_is_not_joined() {
    let wanted = plan("users", &[0], vec![load("devices", &[])]);
    let text = |statement: &Statement| {
        joined(&wanted, statement, Dialect::Sqlite).map(|(_, compiled)| compiled.sql.to_string())
    };
    let is_subquery = |statement: &Statement| text(statement).map(|sql| sql.contains("FROM (SELECT"));
    assert_eq!(is_subquery(&users(|_, _| {})), Some(false));
    // An unqualified name could mean a column of the joined table.
    let unqualified = users(|arena, select| {
        let (rank, one) = (arena.col("name"), arena.text("ed"));
        select.filter = Some(arena.eq(rank, one));
    });
    assert_eq!(is_subquery(&unqualified), Some(true));
    // An alias that differs from those of loads, and one that begins like them.
    let alias = |name: &str| {
        let mut arena = Arena::default();
        let columns: Vec<NodeId> = USERS.iter().map(|column| arena.col(&format!("{name}.{column}"))).collect();
        let source = arena.from(&format!("users as {name}"));
        arena.query(select(&columns, source))
    };
    assert_eq!((is_subquery(&alias("u")), is_subquery(&alias("load_0"))), (Some(false), Some(true)));
    // An ORDER BY of a label of the query.
    let labelled = users(|arena, select| {
        let (value, label) = (arena.col("users.name"), arena.col("rank"));
        select.columns.push(arena.label(value, "rank"));
        select.order_by = vec![asc(label)];
    });
    assert!(
        text(&labelled)
            .expect("joined")
            .ends_with(r#"ORDER BY "load_root"."rank", "load_root"."id", "load_0"."rank", "load_0"."id""#)
    );
    // Distinct, grouped or locked rows, rows of a join, and a column that is replaced by a literal.
    let changes: [fn(&mut Arena, &mut Select); 5] = [
        |_, select| select.distinct = true,
        |arena, select| select.group_by = vec![arena.col("users.id")],
        |_, select| {
            select.lock = Some(Locking { for_share: false, no_wait: false, skip_locked: false, tables: vec![] });
        },
        |arena, select| {
            let (left, right) = (arena.from("users"), arena.from("devices"));
            let (one, other) = (arena.col("devices.user_id"), arena.col("users.id"));
            let on = arena.eq(one, other);
            select.source = Some(arena.join(JoinKind::Inner, left, right, on));
        },
        |arena, select| {
            let number = arena.int(1);
            select.columns[0] = arena.label(number, "id");
        },
    ];
    for (position, change) in changes.into_iter().enumerate() {
        assert_eq!(text(&users(change)), None, "{position}");
    }
    let mut arena = Arena::default();
    let parts: Vec<NodeId> = (0..2)
        .map(|_| {
            let columns: Vec<NodeId> = USERS.iter().map(|column| arena.col(column)).collect();
            let source = arena.from("users");
            arena.select(select(&columns, source))
        })
        .collect();
    let union = arena.add(Node::Compound(compound(SetOp::UnionAll, &parts)));
    assert_eq!(text(&arena.end(Root::Select(union))), None);
}
