//! A08: `all`, `first`, `one` and `one_or_none`.

use sqlservice_tests::{Fixture, for_each_database};

use crate::scene::{Scene, assert_refused};

#[test]
fn a08_all_first_one_and_one_or_none() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.setup(3).await;
        let none =
            ["0 all ", "0 first None", "0 one no-result", "0 one_or_none None", "0 columns []", "0 one row no-result"];
        let one = [
            "1 all u2",
            r#"1 first Some("u2")"#,
            "1 one u2",
            r#"1 one_or_none Some("u2")"#,
            "1 columns [(2, None)]",
            "1 one row (2, None)",
        ];
        let three = [
            "3 all u3 u2 u1",
            r#"3 first Some("u3")"#,
            "3 one multiple-results",
            "3 one_or_none multiple-results",
            "3 columns [(1, None), (2, None), (3, None)]",
            "3 one row multiple-results",
        ];
        let null_and_nothing = ["Some(None)", "None", "3"];
        let saw = scene.saw("a08-statements", &[]).await;
        assert_eq!(saw, [&none[..], &one, &three, &null_and_nothing].concat());
    });
}

#[test]
fn a08_all_and_first_of_sql_text() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.setup(3).await;
        let saw = scene.saw("a08-text", &[]).await;
        assert_eq!(
            saw[..6],
            [
                "0 all []",
                "0 first None",
                r#"1 all [(3, "u3")]"#,
                r#"1 first Some((3, "u3"))"#,
                r#"3 all [(1, "u1"), (2, "u2"), (3, "u3")]"#,
                r#"3 first Some((1, "u1"))"#,
            ]
        );
        assert_eq!(saw[6], "3");
        assert_refused(&saw[7], "0");
        let notes = fixture.outside().await.value("SELECT COUNT(note) FROM users").await;
        assert_eq!(notes.as_deref(), Some("0"), "the update was rolled back");
    });
}
