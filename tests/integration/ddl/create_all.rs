//! A02: tables that are created and dropped, repeatedly and in part.

use sqlservice_db::Database;
use sqlservice_sql::schema::{Column, DefaultValue, ForeignKey, Table, TypeKind};
use sqlservice_tests::{Fixture, for_each_database};

use crate::scene::{Scene, assert_refused};

/// A table with a primary key, and with a foreign key where a parent is given.
fn table(name: &str, parent: Option<&str>) -> Table {
    let column = |name: &str, nullable| Column {
        name: name.to_owned(),
        ty: TypeKind::Int64.into(),
        nullable,
        default: DefaultValue::None,
        on_update: DefaultValue::None,
        computed: None,
        comment: None,
    };
    let reference = parent.map(|parent| ForeignKey {
        name: Some(format!("fk_{name}_{parent}")),
        columns: vec!["parent".to_owned()],
        table: parent.to_owned(),
        schema: None,
        referred: vec!["id".to_owned()],
        on_delete: Default::default(),
        on_update: Default::default(),
    });
    Table {
        name: name.to_owned(),
        schema: None,
        columns: vec![column("id", false), column("parent", true)],
        primary_key_name: None,
        primary_key: vec!["id".to_owned()],
        foreign_keys: reference.into_iter().collect(),
        uniques: Vec::new(),
        indexes: Vec::new(),
        checks: Vec::new(),
        version_column: None,
        comment: None,
        is_view: false,
    }
}

#[test]
fn a02_create_all_and_drop_all_can_be_repeated() {
    for_each_database(async |fixture: &Fixture| {
        let database: Database = fixture.open();
        let tables = || vec![table("a", None), table("b", Some("a")), table("c", Some("b"))];
        assert_eq!(database.create_all(tables(), true).await.expect("the first time"), ["a", "b", "c"]);
        assert_eq!(database.create_all(tables(), true).await.expect("again"), Vec::<String>::new());
        let mut outside = fixture.outside().await;
        assert_eq!(outside.tables().await, ["a", "b", "c"]);
        outside.execute("INSERT INTO a (id) VALUES (1)").await;
        outside.execute("INSERT INTO b (id, parent) VALUES (2, 1)").await;
        let dangling = outside.try_execute("INSERT INTO c (id, parent) VALUES (3, 1)").await;
        dangling.expect_err("the foreign key of c was not created");

        assert_eq!(database.drop_all(tables(), true).await.expect("dropped"), ["c", "b", "a"]);
        assert_eq!(database.drop_all(tables(), true).await.expect("again"), Vec::<String>::new());
        assert_eq!(outside.tables().await, Vec::<String>::new());
        fixture.assert_whole(&database).await;
    });
}

#[test]
fn a02_create_all_and_drop_all_are_idempotent() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        let saw = scene.saw("a02-create-and-drop", &[]).await;
        assert_eq!(saw, ["a b c", "", "a b c", "c b a", ""]);
        assert_eq!(fixture.outside().await.tables().await, Vec::<String>::new());
    });
}

#[test]
fn a02_subsets_and_strictness() {
    for_each_database(async |fixture: &Fixture| {
        let saw = Scene::new(fixture).saw("a02-strictly", &[]).await;
        assert_eq!(saw[0], "a b");
        assert_refused(&saw[1], "made again");
        assert_eq!(saw[2..4], ["c", "c"]);
        assert_refused(&saw[4], "dropped again");
        assert_eq!(saw[5..], ["no-such-table d", "b a"]);
        assert_eq!(fixture.outside().await.tables().await, Vec::<String>::new());
    });
}
