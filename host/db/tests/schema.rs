//! Creating, dropping and reflecting schemas on every database: declared tables are created, and reflected as they were declared.

#[path = "schema/check.rs"]
mod check;
#[path = "schema/hostile.rs"]
mod hostile;
#[path = "schema/model.rs"]
mod model;
#[path = "schema/owner.rs"]
mod owner;
#[path = "schema/place.rs"]
mod place;
#[path = "schema/returning.rs"]
mod returning;
#[path = "schema/session.rs"]
mod session;

use std::{collections::BTreeSet, time::Duration};

use model::*;
use place::{Place, on_all};
use sqlservice_db::{Database, Error, ReflectOptions, Settings};
use sqlservice_sql::{
    Dialect, Scalar, Value,
    schema::{Action, Check, DefaultValue, Table, TypeKind},
};

async fn reflect(database: &Database) -> Vec<Table> {
    database.reflect(ReflectOptions::default()).await.expect("reflected")
}

async fn names(database: &Database) -> Vec<String> {
    reflect(database).await.into_iter().map(|table| table.name).collect()
}

fn only(names: &[&str]) -> ReflectOptions {
    ReflectOptions::default().only(names.iter().map(|name| (*name).to_owned()).collect())
}

fn simple() -> Vec<Table> {
    ["a", "b", "c"].map(|name| table(name, vec![key("id"), col("data", varchar(30)).null()])).into()
}

/// Checks that the reflected tables equal the declared ones, except for properties that each database does not keep.
async fn assert_round_trip(place: &Place, tables: &[Table]) {
    let dialect = place.database.dialect();
    let mut expected: Vec<Table> = tables.iter().map(|table| normalised(table, dialect)).collect();
    expected.sort_by(|a, b| a.name.cmp(&b.name));
    let reflected = reflect(&place.database).await;
    let actual: Vec<Table> = reflected
        .iter()
        .map(|table| {
            let declared = tables.iter().find(|other| other.name == table.name).expect("a declared table");
            forgotten(normalised(table, dialect), declared)
        })
        .collect();
    for (expected, actual) in expected.iter().zip(&actual) {
        assert_eq!(expected, actual, "{dialect:?}");
    }
    assert_eq!(expected.len(), actual.len(), "{dialect:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a02_create_and_drop_twice() {
    on_all("a02", async |place| {
        let tables = place.declare(simple());
        let database = &place.database;
        assert_eq!(database.create_all(tables.clone(), true).await.expect("created"), ["a", "b", "c"]);
        assert_eq!(names(database).await, ["a", "b", "c"]);
        assert_eq!(database.create_all(tables.clone(), true).await.expect("nothing to do"), [""; 0]);
        let error = database.create_all(tables.clone(), false).await.expect_err("they exist");
        assert!(matches!(&error, Error::Operational(_)), "{error:?}");
        assert!(error.to_string().contains("a, b, c"), "{error}");

        let subset: Vec<Table> = tables.iter().filter(|table| table.name != "b").cloned().collect();
        assert_eq!(database.drop_all(subset, true).await.expect("dropped"), ["c", "a"]);
        assert_eq!(names(database).await, ["b"]);
        let error = database.drop_all(tables.clone(), false).await.expect_err("two are missing");
        assert!(matches!(&error, Error::NoSuchTable(names) if names == "a, c"), "{error:?}");
        assert_eq!(names(database).await, ["b"]);
        assert_eq!(database.create_all(tables.clone(), true).await.expect("created"), ["a", "c"]);
        assert_eq!(database.drop_all(tables.clone(), true).await.expect("dropped").len(), 3);
        assert_eq!(database.drop_all(tables, true).await.expect("nothing to do"), [""; 0]);
        assert_eq!(names(database).await, [""; 0]);
        assert_eq!(database.status().in_use, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a03_only_what_was_asked_for_or_an_error_with_names() {
    on_all("a03", async |place| {
        let database = &place.database;
        assert_eq!(names(database).await, [""; 0]);
        database.create_all(place.declare(simple()), true).await.expect("created");
        place.sql(&["CREATE VIEW a_v AS SELECT id FROM a"]).await;
        let found = database.reflect(only(&["c", "a"])).await.expect("reflected");
        assert_eq!(found.iter().map(|table| table.name.as_str()).collect::<Vec<_>>(), ["a", "c"]);
        let error = database.reflect(only(&["nosuch", "a", "gone"])).await.expect_err("two are missing");
        assert!(matches!(&error, Error::NoSuchTable(names) if names == "nosuch, gone"), "{error:?}");
        let error = database.reflect(only(&["a_v"])).await.expect_err("a view, and views were not asked for");
        assert!(matches!(&error, Error::NoSuchTable(names) if names == "a_v"), "{error:?}");
        let view = database.reflect(only(&["a_v"]).views(true)).await.expect("reflected");
        assert!(view.len() == 1 && view[0].is_view);
        assert_eq!(database.status().in_use, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f01_users_addresses_and_dingalings() {
    on_all("f01", async |place| {
        let (database, dialect) = (&place.database, place.database.dialect());
        let tables = place.declare(component_tables());
        database.create_all(tables.clone(), false).await.expect("created");
        assert_round_trip(place, &tables).await;

        let found = reflect(database).await;
        let users = find(&found, "users");
        let columns: Vec<&str> = users.columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(columns, ["user_id", "test1", "test2", "parent_user_id"]);
        assert_eq!(users.columns[1].ty.kind, TypeKind::Varchar);
        assert_eq!(users.columns[1].ty.length, Some(5));
        assert_eq!(users.columns[0].default, DefaultValue::GeneratedKey);
        assert_eq!(users.foreign_keys[0].name.as_deref(), Some("user_id_fk"));
        assert_eq!(
            (users.foreign_keys[0].table.as_str(), users.foreign_keys[0].on_delete),
            ("users", Action::NoAction)
        );
        assert_eq!(unique(users, "users_t_idx"), ["test1", "test2"]);
        let all = users.indexes.iter().find(|index| index.name.as_deref() == Some("users_all_idx")).expect("the index");
        assert_eq!((all.columns.as_slice(), all.unique), (&strings(&["user_id", "test2", "test1"])[..], false));
        let checks: BTreeSet<&str> = users.checks.iter().filter_map(|check| check.name.as_deref()).collect();
        assert_eq!(checks, BTreeSet::from(["users_test2_max", "zz_test2_gt_zero"]));
        let dingalings = find(&found, "dingalings");
        assert_eq!(unique(dingalings, "zz_dingalings_multiple"), ["address_id", "dingaling_id"]);
        let keys: Vec<_> = dingalings.foreign_keys.iter().map(|key| key.name.as_deref().expect("a name")).collect();
        assert_eq!(keys, ["fk_dingalings_user", "zz_email_add_id_fg"]);
        let addresses = find(&found, "email_addresses");
        assert_eq!(addresses.primary_key, ["address_id"]);
        if !matches!(dialect, Dialect::Mysql | Dialect::Mariadb) {
            assert_eq!(addresses.primary_key_name.as_deref(), Some("email_ad_pk"));
        }
        if dialect.capabilities().comments {
            let commented = find(&found, "comment_test");
            assert_eq!(commented.comment.as_deref(), Some("the test % ' \" \\ table comment"));
            assert_eq!(commented.columns[1].comment.as_deref(), Some("data % comment"));
            assert_eq!(commented.columns[2].comment.as_deref(), Some("Comment types type speedily ' \" \\ '' Fun!"));
            assert_eq!(commented.columns[3].comment.as_deref(), Some("Comment\nwith\rescapes"));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f01_views_come_when_asked_for() {
    on_all("f01v", async |place| {
        let database = &place.database;
        database.create_all(place.declare(component_tables()), true).await.expect("created");
        place
            .sql(&[
                "CREATE VIEW users_v AS SELECT * FROM users",
                "CREATE VIEW email_addresses_v AS SELECT * FROM email_addresses",
            ])
            .await;
        assert!(names(database).await.iter().all(|name| !name.ends_with("_v")));
        let found = database.reflect(ReflectOptions::default().views(true)).await.expect("reflected");
        let views: Vec<&str> = found.iter().filter(|table| table.is_view).map(|table| table.name.as_str()).collect();
        assert_eq!(views, ["email_addresses_v", "users_v"]);
        let view = find(&found, "users_v");
        assert_eq!(view.columns.len(), 4);
        assert_eq!(view.columns[1].ty.kind, TypeKind::Varchar);
        assert!(view.primary_key.is_empty() && view.indexes.is_empty() && view.comment.is_none());
        // Views are neither created nor dropped with tables.
        assert_eq!(database.drop_all(vec![view.clone()], false).await.expect("passed over"), [""; 0]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f02_composite_keys_keep_their_order() {
    on_all("f02", async |place| {
        let tables = place.declare(composite_tables());
        place.database.create_all(tables.clone(), true).await.expect("created");
        assert_round_trip(place, &tables).await;
        let found = reflect(&place.database).await;
        assert_eq!(find(&found, "tb1").primary_key, ["name", "id", "attr"]);
        let key = &find(&found, "tb2").foreign_keys[0];
        assert_eq!(
            (key.columns.clone(), key.referred.clone()),
            (strings(&["pname", "pid", "pattr"]), strings(&["name", "id", "attr"]))
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f03_foreign_keys_keep_their_options() {
    on_all("f03", async |place| {
        let actions = [Action::NoAction, Action::Restrict, Action::Cascade, Action::SetNull];
        let mut tables = vec![table("parent", vec![key("id")])];
        for (at, on_delete) in actions.into_iter().enumerate() {
            for (other, on_update) in actions.into_iter().enumerate() {
                let name = format!("child_{at}_{other}");
                let mut child = table(&name, vec![key("id"), col("parent_id", TypeKind::Int64.into()).null()]);
                let mut key = foreign_key(&format!("fk_{at}_{other}"), &["parent_id"], "parent", &["id"]);
                (key.on_delete, key.on_update) = (on_delete, on_update);
                child.foreign_keys.push(key);
                tables.push(child);
            }
        }
        let tables = place.declare(tables);
        place.database.create_all(tables.clone(), true).await.expect("created");
        assert_round_trip(place, &tables).await;
        let found = reflect(&place.database).await;
        let cascade = &find(&found, "child_2_3").foreign_keys[0];
        assert_eq!((cascade.on_delete, cascade.on_update), (Action::Cascade, Action::SetNull));
        let none = &find(&found, "child_0_0").foreign_keys[0];
        assert_eq!((none.on_delete, none.on_update), (Action::NoAction, Action::NoAction));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f06_circles_are_created_filled_and_dropped() {
    on_all("f06", async |place| {
        let tables = place.declare(circular_tables());
        let database = &place.database;
        assert_eq!(database.create_all(tables.clone(), true).await.expect("created").len(), 4);
        assert_round_trip(place, &tables).await;
        place
            .sql(&[
                "INSERT INTO egg (id, chicken_id) VALUES (1, NULL)",
                "INSERT INTO chicken (id, egg_id) VALUES (1, 1)",
                "UPDATE egg SET chicken_id = 1",
                "INSERT INTO node (id, parent_id) VALUES (1, 1)",
                "INSERT INTO feather (id, chicken_id) VALUES (1, 1)",
            ])
            .await;
        // A foreign key from another table keeps the tables of the circle from being dropped.
        let circle: Vec<Table> =
            tables.iter().filter(|table| ["egg", "chicken"].contains(&table.name.as_str())).cloned().collect();
        let error = database.drop_all(circle, true).await.expect_err("a feather is left");
        assert!(matches!(&error, Error::Operational(_) | Error::Integrity(_)), "{error:?}");
        assert_eq!(names(database).await, ["chicken", "egg", "feather", "node"]);
        place.refuses("INSERT INTO feather (id, chicken_id) VALUES (2, 77)").await;
        assert_round_trip(place, &tables).await;
        assert_eq!(database.drop_all(tables.clone(), false).await.expect("dropped").len(), 4);
        assert_eq!(names(database).await, [""; 0]);
        assert_eq!(database.create_all(tables.clone(), false).await.expect("created again").len(), 4);
        place.refuses("INSERT INTO feather (id, chicken_id) VALUES (2, 77)").await;
        assert_eq!(database.drop_all(tables, false).await.expect("dropped").len(), 4);
        assert_eq!(names(database).await, [""; 0]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f07_odd_names_come_back_verbatim() {
    on_all("f07", async |place| {
        let odd = [
            "a.b",
            "two words",
            "100% sure",
            "MixedCase",
            "it's \"q\" `b`",
            "größe 表",
            "select",
            "(par,en)",
            "[x]",
            "a\\b",
            "x;--",
        ];
        let mut tables = Vec::new();
        for (at, name) in odd.iter().enumerate() {
            let mut odd = table(
                name,
                vec![key(&format!("{name} id")), col(name, varchar(40)), col("plain", TypeKind::Int64.into()).null()],
            );
            odd.primary_key_name = Some(format!("{name} pk"));
            odd.foreign_keys.push(foreign_key(&format!("{name} fk"), &["plain"], name, &[&format!("{name} id")]));
            odd.uniques.push(index(&format!("{name} uq"), &[name, "plain"], true));
            odd.indexes.push(index(&format!("{name} ix {at}"), &["plain", name], false));
            odd.checks.push(Check { name: Some(format!("{name} ck")), expression: "plain > 0".into() });
            tables.push(odd);
        }
        let tables = place.declare(tables);
        assert_eq!(place.database.create_all(tables.clone(), true).await.expect("created").len(), odd.len());
        assert_round_trip(place, &tables).await;
        let found = place.database.reflect(only(&odd)).await.expect("reflected");
        assert_eq!(found.len(), odd.len());
        assert_eq!(place.database.create_all(tables.clone(), true).await.expect("nothing to do"), [""; 0]);
        assert_eq!(place.database.drop_all(tables, false).await.expect("dropped").len(), odd.len());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f08_types_and_defaults_come_back() {
    on_all("f08", async |place| {
        let tables = place.declare(vec![typed_table(place.database.dialect())]);
        place.database.create_all(tables.clone(), true).await.expect("created");
        assert_round_trip(place, &tables).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f08_expressions_and_computed_columns_are_told_as_text() {
    on_all("f08x", async |place| {
        let mut computed = col("doubled", TypeKind::Int32.into()).null();
        computed.computed = Some("base * 2".into());
        let mut sum = col("base", TypeKind::Int32.into());
        sum.default = DefaultValue::Expression("3 + 5".into());
        let tables = place.declare(vec![table("computed", vec![key("id"), sum, computed])]);
        place.database.create_all(tables, true).await.expect("created");
        let found = reflect(&place.database).await;
        let columns = &find(&found, "computed").columns;
        assert!(
            matches!(&columns[1].default, DefaultValue::Expression(text) if squeezed(text) == "3+5"),
            "{:?}",
            columns[1]
        );
        assert_eq!(columns[2].default, DefaultValue::None);
        assert_eq!(columns[2].computed.as_deref().map(squeezed).as_deref(), Some("base*2"));
        // The reflected table creates the same table again.
        place.database.drop_all(found.clone(), false).await.expect("dropped");
        place.database.create_all(found.clone(), false).await.expect("created");
        assert_eq!(reflect(&place.database).await, found);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn t69_creators_at_once_do_not_fail() {
    on_all("race", async |place| {
        let tables = place.declare(component_tables());
        for round in 0..3 {
            let databases: Vec<Database> = (0..6).map(|_| place.another(Settings::default())).collect();
            let calls = databases.iter().map(|database| database.create_all(tables.clone(), true));
            let created: usize =
                futures::future::try_join_all(calls).await.expect("none fails").iter().map(Vec::len).sum();
            assert_eq!(created, tables.len(), "each table is created once, round {round}");
            let calls = databases.iter().map(|database| database.drop_all(tables.clone(), true));
            let dropped: usize =
                futures::future::try_join_all(calls).await.expect("none fails").iter().map(Vec::len).sum();
            assert_eq!(dropped, tables.len(), "each table is dropped once, round {round}");
            for database in databases {
                place.release(database).await;
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_creation_leaves_nothing() {
    on_all("fail", async |place| {
        let mut tables = circular_tables();
        let mut bad = table("zz_bad", vec![key("id"), col("node_id", TypeKind::Int64.into())]);
        bad.foreign_keys.push(foreign_key("fk_bad", &["node_id"], "node", &["id"]));
        // Only the database detects the bad expression, after the other tables.
        bad.checks.push(Check { name: Some("ck_bad".into()), expression: "nosuchcolumn > 0".into() });
        tables.push(bad);
        let tables = place.declare(tables);
        let error = place.database.create_all(tables, true).await.expect_err("a bad check");
        assert!(!matches!(error, Error::Disconnected(_) | Error::Lost), "{error:?}");
        assert_eq!(names(&place.database).await, [""; 0]);
        assert_eq!(place.database.status().in_use, 0);
        // The connection can still be used.
        place.database.create_all(place.declare(circular_tables()), true).await.expect("created");
        place.refuses("INSERT INTO feather (id, chicken_id) VALUES (2, 77)").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn t25_text_in_a_definition_begins_no_other_statement() {
    on_all("inject", async |place| {
        let tables = place.declare(simple());
        place.database.create_all(tables, true).await.expect("created");
        for before in ["id > 0); DROP TABLE a; --", "id > 0)); DROP TABLE a; CREATE TABLE d (id INT CHECK (1 = 1"] {
            let mut bad = table("zz_bad", vec![key("id")]);
            bad.checks.push(Check { name: Some("ck_bad".into()), expression: before.into() });
            // Enough other tables that their statements are sent together where the database can.
            let others = (0..70).map(|number| table(&format!("t{number}"), vec![key("id")]));
            let tables = place.declare(others.chain([bad]).collect());
            place.database.create_all(tables, true).await.expect_err("two statements in one");
            assert_eq!(names(&place.database).await, ["a", "b", "c"]);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn t49_t69_a_lock_of_others_is_not_waited_for_for_ever() {
    on_all("lock", async |place| {
        let Some(held) = place.another_file().await else { return };
        let tables = place.declare(simple());
        held.create_all(tables.clone(), true).await.expect("created");
        let session = held.begin(Default::default()).await.expect("begun");
        place::run(&session, "INSERT INTO a (id, data) VALUES (1, 'x')").await.expect("inserted");
        let settings = Settings::default().lock_timeout(Duration::from_millis(900));
        let other = place.another(settings);
        let since = std::time::Instant::now();
        let error = other.drop_all(tables.clone(), true).await.expect_err("locked");
        assert!(matches!(error, Error::LockNotAvailable(_)), "{error:?}");
        assert!(since.elapsed() < Duration::from_secs(10), "{:?}", since.elapsed());
        assert_eq!(other.status().in_use, 0);
        session.rollback().await.expect("rolled back");
        drop(session);
        let left = reflect(&other).await;
        assert_eq!(left.len(), tables.len(), "none is dropped where one cannot be");
        other.drop_all(left, true).await.expect("dropped");
        assert_eq!(names(&other).await, [""; 0]);
        place.release(other).await;
        place.release(held).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_goes_away_leaves_all_or_nothing() {
    on_all("gone", async |place| {
        let (database, tables) = (&place.database, place.declare(component_tables()));
        for polls in 0..12 {
            let mut call = Box::pin(database.create_all(tables.clone(), true));
            for _ in 0..polls {
                if futures::poll!(call.as_mut()).is_ready() {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(3)).await;
            }
            drop(call);
            place.idle().await;
            let left = names(database).await.len();
            assert!(left == 0 || left == tables.len(), "{left} tables after {polls} polls");
            database.drop_all(tables.clone(), true).await.expect("dropped");
            place.idle().await;
        }
        database.create_all(place.declare(circular_tables()), true).await.expect("created");
        place.refuses("INSERT INTO feather (id, chicken_id) VALUES (2, 77)").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn t70_a_hostile_schema_is_bounded() {
    on_all("t70", async |place| {
        let database = &place.database;
        if database.dialect() == Dialect::Sqlite {
            let text = "x".repeat((1 << 20) + 1);
            place.sql(&[&format!("CREATE TABLE long (a TEXT DEFAULT '{text}')")]).await;
            let error = database.reflect(ReflectOptions::default()).await.expect_err("too long");
            assert!(matches!(error, Error::Limit { .. }), "{error:?}");
            place.sql(&["DROP TABLE long"]).await;
            // A view of a missing table affects no other table.
            place.sql(&["CREATE TABLE t (id INTEGER PRIMARY KEY)", "CREATE VIEW v AS SELECT * FROM nosuch"]).await;
            let all = ReflectOptions::default().views(true);
            let found = database.reflect(all.clone()).await.expect("reflected");
            assert_eq!(found.len(), 1);
            database.reflect(only(&["v"]).views(true)).await.expect_err("a broken view by its name");
        } else {
            let text = "x".repeat(1000);
            place.sql(&[&format!("CREATE TABLE wide (a VARCHAR(2000) DEFAULT '{text}')")]).await;
            let found = reflect(database).await;
            let expected = DefaultValue::Literal(Value::Scalar(Scalar::Text(text)));
            assert_eq!(find(&found, "wide").columns[0].default, expected);
        }
        if database.dialect() == Dialect::Postgres {
            // The rows after the oversized one are never read, and the connection can still be used.
            let text = "x".repeat((1 << 20) + 1);
            let columns: Vec<_> = (0..1500).map(|at| format!("c{at} INT")).collect();
            place
                .sql(&[
                    &format!("CREATE TABLE long ({})", columns.join(", ")),
                    &format!("COMMENT ON COLUMN long.c0 IS '{text}'"),
                ])
                .await;
            let error = database.reflect(ReflectOptions::default()).await.expect_err("too long");
            assert!(matches!(error, Error::Limit { .. }), "{error:?}");
            database.reflect(only(&["wide"])).await.expect("reflected");
        }
        let names = vec!["n".to_owned(); 10_001];
        let error = database.reflect(ReflectOptions::default().only(names)).await.expect_err("too many");
        assert!(matches!(error, Error::Limit { .. }), "{error:?}");
        assert_eq!(database.status().in_use, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn large_schemas_are_read_in_several_batches() {
    on_all("large", async |place| {
        let wide = |name: String| {
            let columns = (0..300).map(|at| col(&format!("column_{at}"), TypeKind::Int64.into()).null());
            table(&name, std::iter::once(key("id")).chain(columns).collect())
        };
        let tables = place.declare((0..8).map(|at| wide(format!("wide_{at}"))).collect());
        place.database.create_all(tables.clone(), true).await.expect("created");
        assert_round_trip(place, &tables).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_indexes_are_left_out_and_plain_ones_kept() {
    on_all("odd", async |place| {
        let dialect = place.database.dialect();
        place.sql(&["CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY, a VARCHAR(20), b VARCHAR(20), CHECK ((id > 0) AND (id < 9)))"]).await;
        place.sql(&["CREATE INDEX plain ON t (b, a)"]).await;
        if matches!(dialect, Dialect::Mysql | Dialect::Mariadb) {
            place.sql(&["CREATE INDEX prefix ON t (a, b(3))", "CREATE FULLTEXT INDEX words ON t (a)"]).await;
        } else {
            place.sql(&["CREATE INDEX lowered ON t (a, lower(b))", "CREATE INDEX part ON t (a) WHERE id > 3"]).await;
        }
        let found = reflect(&place.database).await;
        let indexes = &find(&found, "t").indexes;
        assert_eq!(indexes.len(), 1, "{indexes:?}");
        assert_eq!((indexes[0].name.as_deref(), indexes[0].columns.as_slice()), (Some("plain"), &strings(&["b", "a"])[..]));
        let checks = &find(&found, "t").checks;
        assert_eq!((checks.len(), squeezed(&checks[0].expression).as_str()), (1, "id>0andid<9"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn schemas_are_read_only_by_their_name() {
    on_all("schema", async |place| {
        let database = &place.database;
        let named = |schema: &str| ReflectOptions::default().schema(schema.to_owned());
        if !database.dialect().capabilities().schemas {
            let error = database.reflect(named("other")).await.expect_err("there is one schema");
            assert!(matches!(error, Error::Statement(_)), "{error:?}");
            return;
        }
        place.sql(&["CREATE SCHEMA \"Other one\""]).await;
        let mut outer = simple();
        for table in &mut outer {
            table.schema = Some("Other one".to_owned());
        }
        let mut inner = table("a", vec![key("id"), col("a_id", TypeKind::Int64.into()).null()]);
        let mut far = foreign_key("fk_far", &["a_id"], "a", &["id"]);
        far.schema = Some("Other one".to_owned());
        inner.foreign_keys.push(far);
        outer.push(inner);
        let tables = place.declare(outer);
        let created = database.create_all(tables.clone(), false).await.expect("created");
        assert_eq!(created.iter().filter(|name| name.starts_with("Other one.")).count(), 3, "{created:?}");
        assert_eq!(database.create_all(tables.clone(), true).await.expect("nothing to do"), [""; 0]);
        assert_eq!(names(database).await, ["a"]);
        let found = database.reflect(named("Other one")).await.expect("reflected");
        assert_eq!(found.len(), 3);
        assert!(found.iter().all(|table| table.schema.as_deref() == Some("Other one")));
        assert_eq!(reflect(database).await[0].foreign_keys[0].schema.as_deref(), Some("Other one"));
        assert_eq!(database.reflect(named("public")).await.expect("reflected")[0].schema, None);
        for system in ["pg_catalog", "information_schema", "nosuch"] {
            assert_eq!(database.reflect(named(system)).await.expect("nothing"), []);
        }
        assert_eq!(database.drop_all(tables, false).await.expect("dropped").len(), 4);
    })
    .await;
}
