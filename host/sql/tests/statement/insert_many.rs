//! Inserts of many rows: the statements that a batch becomes.

use std::sync::Arc;

use sqlservice_sql::{
    Batch, BulkStatements, Chunk, ColumnData, Dialect, Error, InsertMany, Layout, Limits, Result, Vector,
    batch::Strings, error::Limited, schema::TypeKind,
};

use crate::build::*;

/// Returns the statements that insert a batch of emails and ages.
fn statements(rows: u32, returning: &[&str], dialect: Dialect) -> Result<Vec<Chunk>> {
    let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    let target = InsertMany {
        schema: None,
        table: "users".to_owned(),
        columns: names(&["email", "age"]),
        returning: names(returning),
    };
    let strings = Strings { offsets: (0..=rows).collect(), data: "x".repeat(rows as usize) };
    let column = |values| ColumnData { validity: Vec::new(), values };
    let columns = vec![column(Vector::Texts(strings)), column(Vector::Integers(vec![7; rows as usize]))];
    let batch = Arc::new(Batch { rows, columns });
    BulkStatements::new(target, batch, Arc::new(catalog(dialect)), dialect, Limits::default())?.collect()
}

#[test]
fn d09_many_rows_are_few_statements() {
    let one = |rows, returning: &[&str], dialect| statements(rows, returning, dialect).expect("possible").remove(0);
    let postgres = one(2, &["id"], Dialect::Postgres);
    assert_eq!(
        &*postgres.compiled.sql,
        r#"INSERT INTO "users" ("email", "age") SELECT * FROM unnest(CAST($1 AS text[]), CAST($2 AS bigint[])) RETURNING "id""#
    );
    assert_eq!((postgres.layout, postgres.compiled.parameters), (Layout::Columns, 2));
    assert_eq!(postgres.compiled.outputs[0].name, "id");
    assert_eq!(postgres.compiled.summary.to_string(), "INSERT users");
    let sqlite = one(2, &["id"], Dialect::Sqlite);
    assert_eq!(&*sqlite.compiled.sql, r#"INSERT INTO "users" ("email", "age") VALUES (?, ?)"#);
    assert_eq!((sqlite.layout, sqlite.rows), (Layout::Row, 0..2));
    let mysql = one(2, &[], Dialect::Mysql);
    assert_eq!(&*mysql.compiled.sql, "INSERT INTO `users` (`email`, `age`) VALUES (?, ?), (?, ?)");
    assert_eq!((mysql.layout, mysql.compiled.parameters), (Layout::Rows, 4));
    assert_eq!(mysql.compiled.placeholders[3].kind, Some(TypeKind::Int32));
    let told = one(2, &["id"], Dialect::Mysql);
    assert_eq!(told.compiled.sql, mysql.compiled.sql);
    assert_eq!(told.compiled.outputs[0].name, "id");
    let refused = statements(2, &["id", "email"], Dialect::Mysql).map(drop);
    assert!(matches!(refused, Err(Error::Unsupported { capability: "insert-returning", .. })));
    for dialect in DIALECTS {
        assert!(statements(0, &[], dialect).expect("nothing to do").is_empty());
        let many = statements(40_000, &[], dialect).expect("possible");
        let rows: Vec<usize> = many.iter().flat_map(|chunk| chunk.rows.clone()).collect();
        assert!(rows.into_iter().eq(0..40_000), "every row once, in order");
        // All statements have the same text, so it is prepared once.
        let mut texts: Vec<_> = many.iter().map(|chunk| &chunk.compiled.sql).collect();
        texts.dedup();
        assert_eq!(texts.len(), 1, "{dialect:?}");
    }
}

/// SQLite reports a generated key without RETURNING. A key that the row gives is returned by RETURNING.
#[test]
fn d09_a_key_that_is_given_is_returned_by_the_statement() {
    for (columns, returns) in [(&["age"][..], false), (&["id", "age"], true)] {
        let columns: Vec<String> = columns.iter().map(|&name| name.to_owned()).collect();
        let data = || ColumnData { validity: Vec::new(), values: Vector::Integers(vec![1]) };
        let batch = Batch { rows: 1, columns: columns.iter().map(|_| data()).collect() };
        let target = InsertMany { schema: None, table: "users".into(), columns, returning: vec!["id".into()] };
        let catalog = Arc::new(catalog(Dialect::Sqlite));
        let mut statements = BulkStatements::new(target, Arc::new(batch), catalog, Dialect::Sqlite, Limits::default())
            .expect("possible");
        let sql = statements.next().expect("one").expect("possible").compiled.sql.clone();
        assert_eq!(sql.ends_with(r#" RETURNING "id""#), returns, "{sql}");
    }
}

#[test]
fn d09_columns_that_are_no_arrays_go_row_by_row() {
    let target = InsertMany { schema: None, table: "users".into(), columns: vec!["age".into()], returning: vec![] };
    let texts = Vector::Texts(Strings { offsets: vec![0, 1], data: "x".into() });
    let batch = Batch { rows: 1, columns: vec![ColumnData { validity: Vec::new(), values: texts }] };
    let catalog = Arc::new(catalog(Dialect::Postgres));
    let mut statements =
        BulkStatements::new(target, Arc::new(batch), catalog, Dialect::Postgres, Limits::default()).expect("possible");
    let chunk = statements.next().expect("one").expect("possible");
    assert_eq!((chunk.layout, &*chunk.compiled.sql), (Layout::Rows, r#"INSERT INTO "users" ("age") VALUES ($1)"#));
}

/// A batch for rows of defaults has no columns, so only its row count gives their number.
#[test]
fn t68_rows_of_defaults_are_limited() {
    let target = InsertMany { schema: None, table: "users".into(), columns: vec![], returning: vec![] };
    for (rows, is_allowed) in [(500_000, true), (500_001, false), (u32::MAX, false)] {
        let (batch, catalog) = (Arc::new(Batch { rows, columns: vec![] }), Arc::new(catalog(Dialect::Sqlite)));
        let made = BulkStatements::new(target.clone(), batch, catalog, Dialect::Sqlite, Limits::default()).map(drop);
        let expected = if is_allowed { Ok(()) } else { Err(Error::Limit { what: Limited::Rows, allowed: 500_000 }) };
        assert_eq!(made, expected);
    }
}

#[test]
fn t19_batches_that_do_not_fit_are_refused() {
    let target = InsertMany { schema: None, table: "users".into(), columns: vec!["age".into()], returning: vec![] };
    let made = |target: &InsertMany, columns: Vec<Vector>, limits: Limits| {
        let columns = columns.into_iter().map(|values| ColumnData { validity: Vec::new(), values }).collect();
        let catalog = Arc::new(catalog(Dialect::Mariadb));
        BulkStatements::new(target.clone(), Arc::new(Batch { rows: 2, columns }), catalog, Dialect::Mariadb, limits)
            .map(drop)
    };
    let ages = || Vector::Integers(vec![1, 2]);
    made(&target, vec![ages()], Limits::default()).expect("fits");
    let none = Limits::default().parameters(0);
    assert!(matches!(made(&target, vec![ages()], none), Err(Error::Limit { what: Limited::Parameters, .. })));
    for columns in [vec![], vec![ages(), ages()], vec![Vector::Integers(vec![1])]] {
        assert!(matches!(made(&target, columns, Limits::default()), Err(Error::Invalid { .. })));
    }
    let nowhere = InsertMany { table: "nowhere".into(), ..target.clone() };
    assert!(matches!(made(&nowhere, vec![ages()], Limits::default()), Err(Error::NoSuchTable(_))));
    let twice = InsertMany { columns: vec!["age".into(), "age".into()], ..target };
    assert!(matches!(made(&twice, vec![ages(), ages()], Limits::default()), Err(Error::Invalid { .. })));
}
