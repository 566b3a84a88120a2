//! D16: a repeated statement is compiled once.

use sqlservice_host::{Settings, TenantLimits, Val};
use sqlservice_tests::{Fixture, component::GUEST_READER, for_each_database};

use crate::scene::Scene;

#[test]
fn d16_a_repeated_statement_is_compiled_once() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        let mut guest = scene.instance(GUEST_READER).await;
        guest.call("prepare", &[Val::U32(20)]).await.expect("no trap");
        scene.record().found_compiled();
        // Each call opens the database with the same models, so the guest's statement cache is kept.
        for _ in 0..2 {
            guest.call("built", &[Val::U32(50), Val::U32(20)]).await.expect("no trap");
        }
        // The second execution prepares the statement, and later ones need no lookup in the cache.
        assert_eq!(scene.record().found_compiled(), [false, true]);
    });
}

#[test]
fn d16_a_prepared_statement_is_compiled_once() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        let mut guest = scene.instance(GUEST_READER).await;
        guest.call("prepare", &[Val::U32(20)]).await.expect("no trap");
        scene.record().found_compiled();
        let same = [guest.call("built", &[Val::U32(50), Val::U32(20)]).await.expect("no trap")];
        assert_eq!(scene.record().found_compiled(), [false, true]);
        assert_eq!(guest.call("point", &[Val::U32(50), Val::U32(20)]).await.expect("no trap"), same[0]);
        // Executions of a prepared statement need no lookup in the cache: only its preparation does.
        assert_eq!(scene.record().found_compiled().len(), 1);
    });
}

#[test]
fn d16_statements_of_one_shape_differ_by_their_values_only() {
    let expected = [
        "None None 1 n0 3",
        r#"Some("u1") Some("u1") 1 n1 2"#,
        r#"Some("u2") Some("u2") 1 n2 1"#,
        r#"Some("u3") Some("u3") 1 n3 0"#,
        "[1]",
        "[2, 3]",
        "[1]",
        "[1]",
        "[1, 2]",
        "[1]",
        "[1, 2]",
        "[1, 2, 3]",
    ];
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.setup(3).await;
        let saw = scene.saw("statement-repeated", &[]).await;
        assert_eq!(saw[..12], expected, "{}", fixture.backend());
        assert_eq!((&saw[12], &saw[12]), (&saw[13], &saw[14]), "refused alike: {saw:?}");
        assert!(saw[12].starts_with("integrity"), "{saw:?}");
        assert_eq!(saw[15], "1");
    });
}

#[test]
fn d16_shapes_that_come_again_take_few_handles() {
    for_each_database(async |fixture: &Fixture| {
        // Fewer handles than shapes.
        let limits = TenantLimits::default().handles(60);
        let scene = Scene::with(fixture, Settings::default(), limits);
        scene.setup(70).await;
        // The shape n finds the rows with the keys 0 to n, then 1 to n + 1, then 2 to n + 2, of 70 rows.
        let row = |id: u64| u64::from((1..=70).contains(&id));
        let found: u64 =
            (0..3).flat_map(|turn| (0..100).map(move |shape| (turn..=turn + shape).map(row).sum::<u64>())).sum();
        assert_eq!(scene.saw("statement-repeated-shapes", &[Val::U32(100)]).await, [found.to_string()]);
    });
}
