//! F05: a reflected check constraint creates the same constraint, whatever parentheses and quotes it contains.

use sqlservice_sql::schema::TypeKind;

use crate::{
    model::{check, col, key, table, varchar},
    place::{Place, on_all},
    reflect,
};

const CHECKS: [(&str, &str); 4] = [
    ("ck_nested", "((size > 0) AND ((size < 9) OR ((size > 90))))"),
    ("ck_opening", "name <> '('"),
    ("ck_closing", "(name <> ')') OR (size = 1)"),
    ("ck_quote", "name <> 'it''s'"),
];

/// Inserts rows that each violate one of the checks, and rows that violate none.
async fn assert_checked(place: &Place) {
    let insert = |size: i32, name: &str| format!("INSERT INTO t (size, name) VALUES ({size}, '{name}')");
    for (size, name) in [(0, "a"), (50, "a"), (5, "("), (5, ")"), (5, "it''s")] {
        place.refuses(&insert(size, name)).await;
    }
    let rows = [insert(8, "a"), insert(91, "( "), insert(1, ")")];
    place.sql(&rows.each_ref().map(String::as_str)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f05_a_check_that_was_read_makes_the_same_check() {
    on_all("f05", async |place| {
        let mut declared = table("t", vec![key("id"), col("size", TypeKind::Int32.into()), col("name", varchar(20))]);
        declared.checks = CHECKS.map(|(name, expression)| check(name, expression)).into();
        place.database.create_all(place.declare(vec![declared]), false).await.expect("created");
        assert_checked(place).await;
        let found = reflect(&place.database).await;
        let mut names: Vec<_> = found[0].checks.iter().filter_map(|check| check.name.as_deref()).collect();
        names.sort_unstable();
        assert_eq!(names, ["ck_closing", "ck_nested", "ck_opening", "ck_quote"]);
        place.database.drop_all(found.clone(), false).await.expect("dropped");
        place.database.create_all(found.clone(), false).await.expect("made of what was read");
        assert_checked(place).await;
        assert_eq!(reflect(&place.database).await, found, "{:?}", place.database);
    })
    .await;
}
