//! T-69: an owner drops only the tables that it created, and guests cannot reach the host's records of ownership.

use sqlservice_db::{Database, Error, ReflectOptions, Settings};
use sqlservice_sql::{
    Catalog, Dialect, Limits,
    schema::{Check, Models, Table, TypeKind},
};

use crate::{
    model::*,
    names, only,
    place::{Place, on_all, run},
    simple,
};

const RECORDS: &str = "sqlservice_tables";

fn owner(place: &Place, name: &str) -> Database {
    place.database.with_owner(name)
}

/// Returns the tables with these names.
fn of(tables: &[Table], names: &[&str]) -> Vec<Table> {
    tables.iter().filter(|table| names.contains(&table.name.as_str())).cloned().collect()
}

/// Returns the names of the tables that a drop was denied for.
fn denied(dropped: Result<Vec<String>, Error>) -> String {
    match dropped {
        Err(Error::Denied(said)) => said.message.rsplit(": ").next().expect("names").to_owned(),
        other => panic!("{other:?} instead of a refusal"),
    }
}

/// Returns the number of records, where SQL text may query them.
async fn records(place: &Place) -> Option<String> {
    let session = place.database.session();
    let found = run(&session, "SELECT COUNT(*) FROM sqlservice_tables").await;
    session.rollback().await.expect("rolled back");
    found.ok().map(|answer| format!("{:?}", answer.first_batch.value(0, 0)))
}

#[tokio::test(flavor = "multi_thread")]
async fn t69_an_owner_drops_its_own_tables_and_not_anothers() {
    on_all("own", async |place| {
        let tables = place.declare(simple());
        let (one, two) = (owner(place, "acme/one"), owner(place, "acme/two"));
        assert_eq!(one.owner(), Some("acme/one"));
        one.create_all(of(&tables, &["a", "b"]), false).await.expect("created");
        two.create_all(of(&tables, &["c"]), true).await.expect("created");
        for check_first in [true, false] {
            // One of the tables may be dropped, but stays because the others may not.
            assert_eq!(denied(two.drop_all(of(&tables, &["b", "c"]), check_first).await), "b");
            assert_eq!(denied(two.drop_all(tables.clone(), check_first).await), "a, b");
            assert_eq!(denied(one.drop_all(tables.clone(), check_first).await), "c");
            assert_eq!(names(&place.database).await, ["a", "b", "c"]);
        }
        assert_eq!(one.drop_all(of(&tables, &["a"]), false).await.expect("its own"), ["a"]);
        let error = one.drop_all(of(&tables, &["a", "b"]), false).await.expect_err("one is missing");
        assert!(matches!(&error, Error::NoSuchTable(names) if names == "a"), "{error:?}");
        assert_eq!(two.drop_all(of(&tables, &["a", "c"]), true).await.expect("its own"), ["c"]);
        // After the drop any owner can use the name.
        assert_eq!(two.create_all(of(&tables, &["a"]), true).await.expect("created"), ["a"]);
        assert_eq!(denied(one.drop_all(of(&tables, &["a", "b"]), true).await), "a");
        // A database handle without an owner may drop all tables.
        assert_eq!(place.database.drop_all(tables, true).await.expect("dropped").len(), 2);
        // Records of dropped tables may remain where table numbers make them harmless.
        let numbered = place.database.dialect() == Dialect::Postgres;
        assert!(records(place).await.is_none_or(|count| count.contains("(0)") || numbered));
        assert_eq!(place.database.status().in_use, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn t69_who_finds_a_table_does_not_own_it() {
    on_all("found", async |place| {
        let tables = place.declare(simple());
        let (one, two) = (owner(place, "one"), owner(place, "two"));
        // Created without an owner, before the table of records exists.
        place.database.create_all(of(&tables, &["a"]), true).await.expect("created");
        assert_eq!(one.create_all(of(&tables, &["a"]), true).await.expect("found"), [""; 0]);
        assert_eq!(denied(one.drop_all(of(&tables, &["a"]), true).await), "a");
        assert_eq!(one.create_all(tables.clone(), true).await.expect("the others"), ["b", "c"]);
        assert_eq!(two.create_all(tables.clone(), true).await.expect("found"), [""; 0]);
        assert!(matches!(two.create_all(tables.clone(), false).await, Err(Error::Operational(_))));
        assert_eq!(denied(two.drop_all(tables.clone(), true).await), "a, b, c");
        assert_eq!(denied(one.drop_all(tables.clone(), true).await), "a");
        assert_eq!(one.drop_all(of(&tables, &["b", "c"]), true).await.expect("its own").len(), 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn t69_of_owners_at_once_each_owns_what_it_made() {
    on_all("owners", async |place| {
        let tables = place.declare(component_tables());
        for round in 0..3 {
            let pools: Vec<Database> = (0..5).map(|_| place.another(Settings::default())).collect();
            let owners: Vec<Database> =
                pools.iter().enumerate().map(|(at, pool)| pool.with_owner(format!("owner {at}"))).collect();
            let calls = owners.iter().map(|owner| owner.create_all(tables.clone(), true));
            let made = futures::future::try_join_all(calls).await.expect("none fails");
            assert_eq!(made.iter().map(Vec::len).sum::<usize>(), tables.len(), "round {round}");
            for (owner, made) in owners.iter().zip(&made).filter(|(_, made)| made.is_empty()) {
                assert_eq!(denied(owner.drop_all(tables.clone(), true).await).split(", ").count(), tables.len());
                assert!(made.is_empty());
            }
            let (maker, _) = owners.iter().zip(&made).find(|(_, made)| !made.is_empty()).expect("a maker");
            assert_eq!(maker.drop_all(tables.clone(), false).await.expect("its own").len(), tables.len());
            for pool in pools {
                place.release(pool).await;
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn t69_the_hosts_own_table_does_not_exist_for_guests() {
    on_all("hidden", async |place| {
        let (database, dialect) = (&place.database, place.database.dialect());
        owner(place, "one").create_all(place.declare(simple()), true).await.expect("created");
        let all = ReflectOptions::default().views(true);
        let found = database.reflect(all.clone()).await.expect("reflected");
        assert_eq!(found.iter().map(|table| table.name.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
        let session = database.session();
        assert_eq!(session.reflect(all, None).await.expect("reflected").len(), 3);
        session.rollback().await.expect("rolled back");
        for name in [RECORDS, "SQLSERVICE_TABLES"] {
            let missing =
                |error: Error| assert!(matches!(&error, Error::NoSuchTable(told) if told == name), "{error:?}");
            missing(database.reflect(only(&[name])).await.expect_err("no such table"));
            missing(session.reflect(only(&["a", name]), None).await.expect_err("no such table"));
            session.rollback().await.expect("rolled back");
            let declare = |tables| {
                let models = Models { tables, relationships: Vec::new() };
                Catalog::declare(models, dialect, &Limits::default(), true)
            };
            assert!(declare(vec![table(name, vec![key("id")])]).is_err(), "{name}");
            let mut child = table("child", vec![key("id"), col("far", TypeKind::Text.into())]);
            child.foreign_keys.push(foreign_key("fk_far", &["far"], name, &["table_name"]));
            assert!(declare(vec![child]).is_err(), "a key that refers to {name}");
            let mut odd = table("odd", vec![key("id")]);
            odd.indexes.push(index(name, &["id"], false));
            assert!(declare(vec![odd]).is_err(), "an index {name}");
        }
        if dialect == Dialect::Sqlite {
            for text in [
                "SELECT owner FROM sqlservice_tables",
                "UPDATE SQLservice_tables SET owner = 'x'",
                "DELETE FROM main.sqlservice_tables",
                "DROP TABLE sqlservice_tables",
                "ALTER TABLE sqlservice_tables RENAME TO x",
                "CREATE TRIGGER x AFTER INSERT ON sqlservice_tables BEGIN SELECT 1; END",
            ] {
                assert!(run(&session, text).await.is_err(), "{text}");
                session.rollback().await.expect("rolled back");
            }
        }
        session.close().await.expect("closed");
        // None of these statements had an effect.
        assert_eq!(owner(place, "one").drop_all(found, false).await.expect("its own").len(), 3);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn t69_a_failed_creation_leaves_no_record() {
    on_all("failed", async |place| {
        let one = owner(place, "one");
        let mut bad = table("zz_bad", vec![key("id")]);
        // Only a database that looks into the text finds this out, after the other tables.
        bad.checks.push(Check { name: Some("ck_bad".into()), expression: "nosuchcolumn > 0".into() });
        let tables = place.declare([simple(), vec![bad]].concat());
        for _ in 0..2 {
            one.create_all(tables.clone(), true).await.expect_err("a bad check");
            assert_eq!(names(&place.database).await, [""; 0]);
            assert!(records(place).await.is_none_or(|count| count.contains("(0)")));
        }
        // If a record had remained, its owner could drop these tables.
        place.sql(&["CREATE TABLE a (id INTEGER)", "CREATE TABLE zz_bad (id INTEGER)"]).await;
        assert_eq!(denied(one.drop_all(tables.clone(), true).await), "a, zz_bad");
        // A failure does not change who owns an earlier table.
        assert_eq!(one.create_all(of(&tables, &["b"]), true).await.expect("created"), ["b"]);
        place.sql(&["DROP TABLE zz_bad"]).await;
        one.create_all(tables.clone(), true).await.expect_err("a bad check");
        assert_eq!(names(&place.database).await, ["a", "b"]);
        assert_eq!(one.drop_all(of(&tables, &["b", "c"]), true).await.expect("its own"), ["b"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn t69_a_failed_drop_keeps_the_records() {
    on_all("kept", async |place| {
        let (one, two) = (owner(place, "one"), owner(place, "two"));
        let mut child = table("child", vec![key("id"), col("a_id", TypeKind::Int64.into())]);
        child.foreign_keys.push(foreign_key("fk_a", &["a_id"], "a", &["id"]));
        let tables = place.declare([simple(), vec![child]].concat());
        one.create_all(of(&tables, &["a", "b"]), true).await.expect("created");
        two.create_all(tables.clone(), true).await.expect("the others");
        place.sql(&["INSERT INTO a (id) VALUES (1)", "INSERT INTO child (id, a_id) VALUES (1, 1)"]).await;
        let error = one.drop_all(of(&tables, &["a", "b"]), true).await.expect_err("a child is left");
        assert!(matches!(error, Error::Integrity(_) | Error::Operational(_)), "{error:?}");
        assert_eq!(names(&place.database).await, ["a", "b", "c", "child"]);
        assert_eq!(two.drop_all(of(&tables, &["c", "child"]), true).await.expect("its own").len(), 2);
        assert_eq!(one.drop_all(tables, true).await.expect("its own").len(), 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn t69_a_table_that_was_made_again_is_not_its_earlier_owners() {
    on_all("again", async |place| {
        let tables = place.declare(simple());
        let (one, two) = (owner(place, "one"), owner(place, "two"));
        one.create_all(tables.clone(), true).await.expect("created");
        // A host drops and recreates a table, without an owner.
        place.database.drop_all(of(&tables, &["a"]), true).await.expect("dropped");
        place.database.create_all(of(&tables, &["a"]), true).await.expect("created");
        assert_eq!(denied(one.drop_all(of(&tables, &["a"]), true).await), "a");
        // Tables are dropped by SQL text that the host does not track, and recreated through the host.
        place.sql(&["DROP TABLE b", "DROP TABLE c"]).await;
        two.create_all(of(&tables, &["b"]), true).await.expect("created");
        place.database.create_all(of(&tables, &["c"]), true).await.expect("created");
        assert_eq!(denied(one.drop_all(tables.clone(), true).await), "a, b, c");
        assert_eq!(two.drop_all(of(&tables, &["b"]), true).await.expect("its own"), ["b"]);
        // Dropped and recreated by SQL text: only a database with table numbers detects it.
        one.create_all(of(&tables, &["b"]), true).await.expect("created");
        place.sql(&["DROP TABLE b", "CREATE TABLE b (id INTEGER)"]).await;
        let dropped = one.drop_all(of(&tables, &["b"]), true).await;
        if place.database.dialect() == Dialect::Postgres {
            assert_eq!(denied(dropped), "b");
        } else {
            assert_eq!(dropped.expect("it passes for the one of before"), ["b"]);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn t69_a_record_of_a_table_that_is_not_there_is_replaced() {
    on_all("stale", async |place| {
        let tables = place.declare(simple());
        let (one, two) = (owner(place, "one"), owner(place, "two"));
        one.create_all(of(&tables, &["a", "b"]), true).await.expect("created");
        // The state after a host that crashed halfway.
        place.sql(&["DROP TABLE a"]).await;
        assert_eq!(one.drop_all(of(&tables, &["a"]), true).await.expect("it is not there"), [""; 0]);
        assert_eq!(two.create_all(of(&tables, &["a"]), true).await.expect("created"), ["a"]);
        assert_eq!(denied(one.drop_all(of(&tables, &["a", "b"]), true).await), "a");
        assert_eq!(two.drop_all(of(&tables, &["a"]), false).await.expect("its own"), ["a"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn t69_a_table_is_one_by_all_its_names() {
    on_all("spelt", async |place| {
        let (one, two) = (owner(place, "o'ne \"\\ 表"), owner(place, "two"));
        let odd = place.declare(vec![table("It's \"q\" {x,\\}", vec![key("id")])]);
        one.create_all(odd.clone(), true).await.expect("created");
        assert!(matches!(two.drop_all(odd.clone(), true).await, Err(Error::Denied(_))));
        if place.database.dialect() == Dialect::Sqlite {
            let small = place.declare(vec![table("it's \"Q\" {X,\\}", vec![key("id")])]);
            assert!(matches!(two.drop_all(small.clone(), true).await, Err(Error::Denied(_))));
            assert_eq!(one.drop_all(small, false).await.expect("its own").len(), 1);
        } else {
            assert_eq!(one.drop_all(odd, false).await.expect("its own").len(), 1);
        }
        if !place.database.dialect().capabilities().schemas {
            return;
        }
        place.sql(&["CREATE SCHEMA other"]).await;
        let within = |schema: &str| vec![Table { schema: Some(schema.to_owned()), ..table("a", vec![key("id")]) }];
        let tables = place.declare([within("other"), of(&simple(), &["a"])].concat());
        one.create_all(place.declare(within("other")), true).await.expect("created");
        two.create_all(tables.clone(), true).await.expect("created");
        assert_eq!(denied(one.drop_all(tables.clone(), true).await), "a");
        assert_eq!(denied(two.drop_all(tables, true).await), "other.a");
        assert_eq!(denied(one.drop_all(place.declare(within("public")), true).await), "public.a");
        assert_eq!(two.drop_all(place.declare(within("public")), true).await.expect("its own"), ["public.a"]);
        assert_eq!(one.drop_all(place.declare(within("other")), true).await.expect("its own"), ["other.a"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn t69_a_caller_that_goes_away_leaves_no_table_without_its_owner() {
    on_all("left", async |place| {
        let (one, tables) = (owner(place, "one"), place.declare(component_tables()));
        for polls in 0..10 {
            let mut call = Box::pin(one.create_all(tables.clone(), true));
            for _ in 0..polls {
                if futures::poll!(call.as_mut()).is_ready() {
                    break;
                }
                tokio::time::sleep(std::time::Duration::from_millis(3)).await;
            }
            drop(call);
            place.idle().await;
            let left = names(&place.database).await.len();
            assert_eq!(one.drop_all(tables.clone(), true).await.expect("all are its own").len(), left, "{polls} polls");
            place.idle().await;
        }
    })
    .await;
}
