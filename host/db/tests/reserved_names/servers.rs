//! System catalogs, functions and virtual tables of PostgreSQL and MariaDB.

use sqlservice_db::{Database, Error, ReflectOptions};
use sqlservice_sql::{ColumnData, Dialect, Value};

use crate::{
    declare, execute, forced, named,
    place::{Place, on_all},
    statements,
};

/// Returns the first column of a query of the owner, as texts.
async fn list(database: &Database, query: &str) -> Vec<String> {
    let session = database.session();
    let mut answer = crate::place::run(&session, query).await.expect(query);
    let mut all = Vec::new();
    let mut batch = Some(answer.first_batch);
    while let Some(rows) = batch {
        all.extend((0..rows.rows as usize).map(|row| text(&rows.value(row, 0))));
        batch = match &mut answer.cursor {
            Some(cursor) => cursor.next_batch(1_000, 1 << 20).await.expect("more"),
            None => None,
        };
    }
    session.rollback().await.expect("rolled back");
    assert!(!all.is_empty(), "{query}");
    all
}

fn text(value: &Value) -> String {
    match value {
        Value::Scalar(sqlservice_sql::Scalar::Text(text)) => text.clone(),
        other => format!("{other:?}"),
    }
}

fn shown(columns: &[ColumnData]) -> String {
    format!("{columns:?}")
}

/// Runs a test on one kind of database.
async fn on(kind: Dialect, name: &str, test: impl AsyncFn(&Place)) {
    on_all(name, async |place| {
        if place.database.identify().await.expect("known") == kind {
            test(place).await;
        }
    })
    .await;
}

#[tokio::test]
async fn t30_no_model_reaches_a_catalog_of_postgresql() {
    on(Dialect::Postgres, "own_catalog", async |place| {
        let database = &place.database;
        let schemas = list(database, "select nspname::text from pg_namespace where nspname <> 'public'").await;
        assert!(schemas.len() >= 3, "{schemas:?}");
        for schema in schemas.iter().flat_map(|name| [name.clone(), name.to_uppercase()]) {
            let table = named(Some(&schema), "pgclass", &["a"]);
            assert!(declare(vec![table], Dialect::Postgres).is_err(), "a model in {schema}");
            let tables = database.reflect(ReflectOptions::default().schema(schema.clone()).views(true)).await;
            assert!(tables.as_ref().is_ok_and(Vec::is_empty), "{schema}: {tables:?}");
        }
        let first = |schema: &str| {
            format!(
                "select c.relname || ' ' || (select a.attname from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 \
                 order by a.attnum limit 1) from pg_class c join pg_namespace n on n.oid = c.relnamespace \
                 where n.nspname = '{schema}' and c.relkind in ('r', 'v', 'm')"
            )
        };
        for relation in list(database, &first("pg_catalog")).await {
            let (name, column) = relation.split_once(' ').expect("two");
            let table = named(None, name, &[column]);
            assert!(declare(vec![table], Dialect::Postgres).is_err(), "a model of {name}");
        }
        for relation in list(database, &first("information_schema")).await {
            let (name, column) = relation.split_once(' ').expect("two");
            let table = named(None, name, &[column]);
            // PostgreSQL does not search this schema by default: such a name is free.
            let Ok(catalog) = declare(vec![table.clone()], Dialect::Postgres) else { continue };
            for statement in statements(&table, &catalog, Dialect::Postgres) {
                let answer = execute(database, &statement).await;
                assert!(matches!(answer, Err(Error::NoSuchTable(_))), "{}: {answer:?}", statement.sql);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn t27_no_function_of_postgresql_passes_for_a_column() {
    // These functions need a window or an order, or count rows.
    const FREE: [&str; 11] = [
        "count",
        "cume_dist",
        "dense_rank",
        "first_value",
        "lag",
        "last_value",
        "lead",
        "mode",
        "percent_rank",
        "rank",
        "nth_value",
    ];
    on(Dialect::Postgres, "own_functions", async |place| {
        let database = &place.database;
        place.sql(&["create table t (id int, secret text)", "insert into t values (1, 'hidden')"]).await;
        let functions = list(
            database,
            "select distinct proname::text from pg_proc where pronargs - pronargdefaults <= 1 and pronargs >= 1 and \
             proargtypes[0]::regtype::text in ('record', '\"any\"', 'anyelement', 'anynonarray', 'anycompatible', \
             'anycompatiblenonarray')",
        )
        .await;
        assert!(functions.len() > 20, "{functions:?}");
        let mut shows = 0;
        for function in &functions {
            let table = named(None, "t", &[function]);
            // Runs the query that the database would get if the name were allowed.
            let read = statements(&table, &forced(&table), Dialect::Postgres).remove(0);
            let answer = execute(database, &read).await;
            shows += usize::from(answer.as_ref().is_ok_and(|batch| shown(&batch.columns).contains("hidden")));
            let is_free = FREE.contains(&function.as_str());
            assert_eq!(declare(vec![table], Dialect::Postgres).is_ok(), is_free, "a column {function}: {answer:?}");
            assert!(!is_free || answer.is_err() || function == "count", "{function}: {answer:?}");
        }
        assert!(shows > 5, "the attack does not work any more: {shows}");
    })
    .await;
}

#[tokio::test]
async fn t30_no_model_reaches_a_catalog_of_mariadb() {
    on(Dialect::Mariadb, "own_catalog", async |place| {
        let (database, dialect) = (&place.database, Dialect::Mariadb);
        let schemas = list(database, "select schema_name from information_schema.schemata").await;
        assert!(schemas.len() >= 4, "{schemas:?}");
        let odd = ["İnformation_schema", "ınformation_schema", "MYSQL ", "mysql\u{200b}", "ＭＹＳＱＬ"];
        let names = schemas.iter().flat_map(|name| [name.clone(), name.to_uppercase()]);
        for schema in names.chain(odd.map(str::to_owned)) {
            let table = named(Some(&schema), "tables", &["table_name"]);
            assert!(declare(vec![table], dialect).is_err(), "a model in {schema}");
        }
        let columns = "select concat(table_name, ' ', column_name) from information_schema.columns \
                       where table_schema <> database() and ordinal_position = 1";
        for relation in list(database, columns).await {
            let (name, column) = relation.split_once(' ').expect("two");
            for name in [name.to_owned(), format!("information_schema.{name}"), format!("mysql.{name}")] {
                let table = named(None, &name, &[column]);
                let Ok(catalog) = declare(vec![table.clone()], dialect) else { continue };
                for statement in statements(&table, &catalog, dialect).iter().filter(|statement| !statement.writes) {
                    let answer = execute(database, statement).await;
                    assert!(matches!(answer, Err(Error::NoSuchTable(_))), "{}: {answer:?}", statement.sql);
                }
            }
        }
        for schema in schemas {
            let is_own = list(database, "select database()").await == [schema.clone()];
            let tables = database.reflect(ReflectOptions::default().schema(schema.clone()).views(true)).await;
            assert!(is_own || tables.is_err(), "{schema}: {tables:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn t30_no_model_is_a_sequence_that_mariadb_makes_up() {
    on(Dialect::Mariadb, "own_sequences", async |place| {
        for name in ["seq_1_to_9", "seq_1_to_1000000000000", "seq_0_to_9_step_3", "seq_01_to_09"] {
            let table = named(None, name, &["seq"]);
            assert!(declare(vec![table.clone()], Dialect::Mariadb).is_err(), "a model of {name}");
            if name == "seq_1_to_9" {
                let read = statements(&table, &forced(&table), Dialect::Mariadb).remove(0);
                let answer = execute(&place.database, &read).await.expect("the server makes it up");
                assert_eq!(answer.rows, 9);
            }
        }
    })
    .await;
}
