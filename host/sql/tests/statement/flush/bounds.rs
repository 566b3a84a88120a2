//! The cost of units of work that no sensible program would send: an error, or time in proportion to their size.

use std::time::{Duration, Instant};

use sqlservice_sql::error::Limited;

use super::*;

fn updates(table: &str, columns: &[&str], keys: Batch, rows: Batch) -> Change {
    let (table, columns) = (table.into(), names(columns));
    Change::Updates(Updates {
        table,
        keys,
        versions: None,
        columns,
        rows,
        links: vec![],
        returning: vec![],
        stored: None,
    })
}

#[test]
fn t68_rows_that_are_only_said_to_be_there_take_no_room() {
    let said = |rows| batch(rows, vec![]);
    for rows in [u32::MAX, 500_001] {
        for change in [
            inserts("users", &[], said(rows), &[], &["id"]),
            updates("logs", &[], said(rows), said(rows)),
            Change::Deletes(Deletes {
                table: "users".into(),
                keys: said(rows),
                versions: None,
                stored: None,
                strict: false,
            }),
        ] {
            let refused = flush(vec![change], Dialect::Sqlite).map(drop);
            assert_eq!(refused, Err(Error::Limit { what: Limited::Rows, allowed: 500_000 }));
        }
    }
    // The rows of all changes count together.
    let changes = vec![deletes("users", &[1]); 250_001];
    assert!(matches!(flush(changes, Dialect::Sqlite), Err(Error::Limit { what: Limited::Rows, .. })));
    let links = vec![(0, 0, 0, 0); 2_000_001];
    let change = inserts("nodes", &["parent_id"], batch(1, vec![integers(&[None])]), &links, &[]);
    assert!(matches!(flush(vec![change], Dialect::Sqlite), Err(Error::Limit { what: Limited::Rows, .. })));
    // Batches with fewer values than rows are refused before a constant is added for each row.
    let lie = batch(400_000, vec![texts(&["a"])]);
    let keys = batch(400_000, vec![integers(&[Some(1)])]);
    for change in [
        updates("logs", &["text"], keys.clone(), lie.clone()),
        updates("logs", &[], keys, said(400_000)),
        inserts("users", &["name"], lie, &[], &[]),
    ] {
        assert!(matches!(flush(vec![change], Dialect::Sqlite), Err(Error::Invalid { .. })));
    }
}

#[test]
fn a_value_has_one_link() {
    let rows = batch(2, vec![integers(&[None, None])]);
    let twice = [(1, 0, 0, 0), (0, 0, 0, 1), (1, 0, 0, 0)];
    let refused = flush(vec![inserts("nodes", &["parent_id"], rows, &twice, &[])], Dialect::Sqlite).map(drop);
    assert_eq!(refused, Err(Error::invalid("two links fill column 0 of row 1")));
}

/// Each row of a chain is a separate step of the flush.
#[test]
fn t68_a_long_chain_of_rows_takes_time_as_it_is_long() {
    const ROWS: u32 = 40_000;
    let links: Vec<_> = (1..ROWS).map(|row| (row, 0, 0, row - 1)).collect();
    let rows = batch(ROWS, vec![integers(&vec![None; ROWS as usize])]);
    let began = Instant::now();
    let (texts, returned) =
        run(vec![inserts("nodes", &["parent_id"], rows, &links, &["id"])], Dialect::Sqlite).expect("good");
    assert_eq!(texts.len(), ROWS as usize);
    assert!(texts[39_999].ends_with(" (40098)"), "{}", texts[39_999]);
    assert_eq!(returned[0].value(39_999, 0), sqlservice_sql::Scalar::Integer(40_099).into());
    // A scan of all key references, or of all rows, in each step would take minutes.
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}

/// A table with the same foreign key under as many names as a table may have, and one with as many foreign keys to one key:
/// referred rows are looked up once, and each row waits for another row once.
#[test]
fn t68_many_foreign_keys_cost_no_more_than_their_columns() {
    const KEYS: usize = 250;
    let mut twice = table("twice", vec![nullable("parent_id", TypeKind::Int64)]);
    let named = |at: usize, column: &str, table: &str| sqlservice_sql::schema::ForeignKey {
        name: Some(format!("{table}_{at}")),
        ..key(column, table)
    };
    twice.foreign_keys = (0..KEYS).map(|at| named(at, "parent_id", "twice")).collect();
    let names: Vec<String> = (0..KEYS).map(|at| format!("parent_{at}")).collect();
    let mut wide = table("wide", names.iter().map(|name| nullable(name, TypeKind::Int64)).collect());
    wide.foreign_keys = names.iter().enumerate().map(|(at, name)| named(at, name, "wide")).collect();
    let models = Models { tables: vec![twice, wide], relationships: vec![] };
    let catalog = Arc::new(Catalog::declare(models, Dialect::Sqlite, &Limits::default(), true).expect("good models"));
    let ids = |from: i64| integers(&(from..from + 20_000).map(Some).collect::<Vec<_>>());
    let of_itself = inserts("twice", &["id", "parent_id"], batch(20_000, vec![ids(1), ids(0)]), &[], &[]);
    let referred = inserts("wide", &["id"], batch(20_000, vec![ids(1)]), &[], &[]);
    let columns: Vec<&str> = ["id"].into_iter().chain(names.iter().map(String::as_str)).collect();
    let first = std::iter::once(integers(&[Some(50_000)])).chain((0..KEYS).map(|_| integers(&[Some(1)])));
    let wide = inserts("wide", &columns, batch(1, first.collect()), &[], &[]);
    let began = Instant::now();
    Flush::new(vec![of_itself, referred, wide], catalog, Dialect::Sqlite, Limits::default()).expect("an order");
    // A separate lookup for each foreign key would look at 15 million rows.
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}

#[test]
fn a_statement_that_gets_too_long_or_too_wide_has_fewer_rows() {
    let keys: Vec<_> = (0..90).map(Some).collect();
    let change = || {
        let rows = batch(90, vec![texts(&["a"; 90])]);
        updates("users", &["name"], batch(90, vec![integers(&keys)]), rows)
    };
    let rows_of = |limits: Limits| {
        let mut flush = Flush::new(vec![change()], models(Dialect::Mariadb), Dialect::Mariadb, limits).expect("good");
        let mut work = flush.next_step().expect("good").expect("work");
        let mut rows = Vec::new();
        for chunk in work.statements.by_ref() {
            let chunk = chunk.expect("it fits");
            assert!(chunk.compiled.sql.len() <= limits.statement_bytes);
            rows.push((chunk.rows.start, chunk.rows.end));
        }
        rows
    };
    assert_eq!(rows_of(Limits::default()), [(0, 90)]);
    let short = rows_of(Limits::default().statement_bytes(2_000));
    assert!(short.len() > 1, "{short:?}");
    assert_eq!(short.iter().flat_map(|(from, to)| *from..*to).collect::<Vec<_>>(), (0..90).collect::<Vec<_>>());
    // Three parameters a row: the new value, and the key twice.
    assert_eq!(rows_of(Limits::default().parameters(90)), [(0, 30), (30, 60), (60, 90)]);
}

/// A key of three columns and a version: nine parameters a row, as the key and the version are written twice.
#[test]
fn wide_keys_are_counted() {
    let mut pairs = table("pairs", vec![]);
    pairs.columns = vec![
        column("a", TypeKind::Int64),
        column("b", TypeKind::Int64),
        column("c", TypeKind::Int64),
        column("version", TypeKind::Int64),
        nullable("text", TypeKind::Text),
    ];
    pairs.primary_key = names(&["a", "b", "c"]);
    pairs.version_column = Some("version".into());
    let models = Models { tables: vec![pairs], relationships: vec![] };
    let limits = Limits::default().parameters(20);
    let catalog = Catalog::declare(models, Dialect::Mariadb, &limits, true).expect("good models");
    let many = || integers(&[Some(1); 5]);
    let change = Change::Updates(Updates {
        table: "pairs".into(),
        keys: batch(5, vec![many(), many(), many()]),
        versions: Some(batch(5, vec![many()])),
        columns: names(&["text"]),
        rows: batch(5, vec![texts(&["x"; 5])]),
        links: vec![],
        returning: vec![],
        stored: None,
    });
    let mut flush = Flush::new(vec![change], Arc::new(catalog), Dialect::Mariadb, limits).expect("good");
    let work = flush.next_step().expect("good").expect("work");
    let statements: Result<Vec<_>> = work.statements.collect();
    assert_eq!(statements.expect("they fit").len(), 3);
}

/// A model's expression names columns without their table, so no column of the given values may have the name of one.
#[test]
fn names_of_what_is_given_are_unlike_the_columns() {
    let mut counts = table("counts", vec![column("n", TypeKind::Int64), column("_c1", TypeKind::Int64)]);
    counts.columns.push(sqlservice_sql::schema::Column {
        on_update: sqlservice_sql::schema::DefaultValue::Expression("n + 1".into()),
        ..nullable("next", TypeKind::Int64)
    });
    let models = Models { tables: vec![counts], relationships: vec![] };
    let catalog = Catalog::declare(models, Dialect::Postgres, &Limits::default(), true).expect("good models");
    let one = || batch(1, vec![integers(&[Some(1)])]);
    let change = updates("counts", &["n"], one(), one());
    let mut flush = Flush::new(vec![change], Arc::new(catalog), Dialect::Postgres, Limits::default()).expect("good");
    let mut work = flush.next_step().expect("good").expect("work");
    let text = work.statements.next().expect("one").expect("good").compiled.sql.clone();
    assert!(
        text.contains(r#""next" = (n + 1) FROM"#) && text.contains(r#"AS "given"("__c0", "__c1", "__n")"#),
        "{text}"
    );
}
