//! T-70: schemas that are made to never end a reflection: too many tables, circles of foreign keys, huge defaults.

use std::time::{Duration, Instant};

use sqlservice_db::{Error, ReflectOptions};
use sqlservice_sql::{
    Dialect, Scalar, Value,
    schema::{DefaultValue, Table},
};

use crate::{
    place::{Place, on_all},
    reflect,
};

/// The number of tables that one reflection reads at most, as documented for guests.
const MOST: usize = 10_000;

/// The time limit of these reflections; a debug build on a busy machine is slow.
const SOON: Duration = Duration::from_secs(60);

/// Creates tables `t1` to `t<n>`, as cheaply as the database can.
async fn many_tables(place: &Place, count: usize) {
    match place.database.dialect() {
        Dialect::Sqlite => {
            let all: Vec<String> =
                (1..=count).map(|at| format!("CREATE TABLE t{at} (id INTEGER PRIMARY KEY)")).collect();
            place.sql(&all.iter().map(String::as_str).collect::<Vec<_>>()).await;
        }
        Dialect::Postgres => {
            let sql = format!(
                "DO $$ BEGIN FOR n IN 1..{count} LOOP EXECUTE format('CREATE TABLE t%s (id BIGINT)', n); END LOOP; END $$"
            );
            place.on_server(&sql).await;
        }
        _ => {
            let sql = format!(
                "BEGIN NOT ATOMIC FOR n IN 1..{count} DO \
                 EXECUTE IMMEDIATE CONCAT('CREATE TABLE t', n, ' (id BIGINT) ENGINE = MEMORY'); END FOR; END"
            );
            place.on_server(&sql).await;
        }
    }
}

fn only(name: &str) -> ReflectOptions {
    ReflectOptions::default().only(vec![name.to_owned()])
}

/// A schema with too many tables is an error in time, and each of its tables can still be reflected by name.
#[tokio::test(flavor = "multi_thread")]
async fn t70_more_tables_than_are_read_are_an_error() {
    on_all("t70_many", async |place| {
        many_tables(place, MOST + 1).await;
        let database = &place.database;
        for _ in 0..2 {
            let began = Instant::now();
            let error = database.reflect(ReflectOptions::default()).await.expect_err("one too many");
            assert!(matches!(error, Error::Limit { allowed, .. } if allowed == MOST as u64), "{error:?}");
            assert!(began.elapsed() < SOON, "{:?} on {database:?}", began.elapsed());
        }
        let found = database.reflect(only("t10001")).await.expect("one by its name");
        assert_eq!(found.len(), 1, "on {database:?}");
        place.idle().await;
    })
    .await;
}

/// Statements that create a circle of tables: each refers to the next, the last one to the first.
fn circle(dialect: Dialect, count: usize) -> Vec<String> {
    let key = "id BIGINT PRIMARY KEY";
    let next = |at: usize| (at + 1) % count;
    if dialect == Dialect::Sqlite {
        // SQLite accepts references to tables that do not exist yet.
        return (0..count)
            .map(|at| format!("CREATE TABLE c{at} ({key}, next_id BIGINT REFERENCES c{} (id))", next(at)))
            .collect();
    }
    let tables = (0..count).map(|at| format!("CREATE TABLE c{at} ({key}, next_id BIGINT)"));
    let keys = (0..count).map(|at| {
        format!("ALTER TABLE c{at} ADD CONSTRAINT k{at} FOREIGN KEY (next_id) REFERENCES c{} (id)", next(at))
    });
    tables.chain(keys).collect()
}

fn refers_to<'a>(found: &'a [Table], name: &str) -> &'a str {
    let table = found.iter().find(|table| table.name == name).expect("a table");
    assert_eq!(table.foreign_keys.len(), 1, "{name}");
    &table.foreign_keys[0].table
}

/// Circles of foreign keys over two hundred tables, over two, and of one table with itself are reflected correctly and in time.
#[tokio::test(flavor = "multi_thread")]
async fn t70_circles_of_foreign_keys_are_read_and_dropped() {
    const LONG: usize = 200;
    for count in [LONG, 2, 1] {
        on_all("t70_circle", async |place| {
            let sql = circle(place.database.dialect(), count);
            place.sql(&sql.iter().map(String::as_str).collect::<Vec<_>>()).await;
            let began = Instant::now();
            let found = reflect(&place.database).await;
            assert_eq!(found.len(), count, "on {:?}", place.database);
            for at in 0..count {
                assert_eq!(refers_to(&found, &format!("c{at}")), format!("c{}", (at + 1) % count));
            }
            // A drop sorts the reflected tables by their foreign keys, and a circle has no such order.
            let dropped = place.database.drop_all(found, true).await.expect("dropped");
            assert_eq!(dropped.len(), count, "on {:?}", place.database);
            assert!(began.elapsed() < SOON, "{:?} on {:?}", began.elapsed(), place.database);
            assert!(reflect(&place.database).await.is_empty(), "on {:?}", place.database);
            place.idle().await;
        })
        .await;
    }
}

/// A default of nearly the largest length is reflected whole; a longer one is an error and is not truncated.
#[tokio::test(flavor = "multi_thread")]
async fn t70_long_defaults_are_whole_or_an_error() {
    on_all("t70_default", async |place| {
        let (database, dialect) = (&place.database, place.database.dialect());
        let text = |bytes: usize| "x".repeat(bytes);
        // MariaDB limits a row to 64 KiB, and so its defaults too.
        let fits = if dialect == Dialect::Mariadb { 7_500 } else { (1 << 20) - 1_000 };
        let ty = if dialect == Dialect::Mariadb { "VARCHAR(8000)" } else { "TEXT" };
        place.sql(&[&format!("CREATE TABLE fits (id BIGINT PRIMARY KEY, a {ty} DEFAULT '{}')", text(fits))]).await;
        let found = database.reflect(only("fits")).await.expect("reflected");
        let expected = DefaultValue::Literal(Value::Scalar(Scalar::Text(text(fits))));
        assert!(found[0].columns[1].default == expected, "on {database:?}");
        if dialect != Dialect::Mariadb {
            let long = format!("CREATE TABLE long (id BIGINT PRIMARY KEY, a TEXT DEFAULT '{}')", text(2 << 20));
            place.sql(&[&long]).await;
            let error = database.reflect(ReflectOptions::default()).await.expect_err("too long");
            assert!(matches!(error, Error::Limit { .. }), "{error:?} on {database:?}");
            database.reflect(only("fits")).await.expect("the other one as before");
        }
        place.idle().await;
    })
    .await;
}
