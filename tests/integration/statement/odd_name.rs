//! D14: identifiers that need quotes.

use sqlservice_tests::{Fixture, for_each_database};

use crate::scene::Scene;

#[test]
fn d14_odd_names_are_names_everywhere() {
    for_each_database(async |fixture: &Fixture| {
        let saw = Scene::new(fixture).saw("d14-odd-names", &[]).await;
        assert_eq!(saw[0], "Order | Unitéble2 漢字 | percent%table");
        assert_eq!(saw[1..4], ["3 made, as they were: true"; 3]);
        let found = ["[(-2, 18), (-1, 9)]", "[(0, Some(2)), (1, Some(3))]", r#"[("測試 ω", 30, 3)]"#, "[1, 2, 3]"];
        assert_eq!(saw[4..8], found);
        assert_eq!(saw[8..11], ["1", "upserted", "[(7, 8)]"]);
        let can = fixture.capabilities();
        let returned = [
            (can.insert_returning, r#"[(4, 40, "%"), (5, 40, "%")]"#, "unsupported insert-returning"),
            (can.insert_returning, r#"[(4, "é")]"#, "unsupported insert-returning"),
            (can.update_returning, r#"[(0, Some("%s"))]"#, "unsupported update-returning"),
            (can.delete_returning, r#"[("測試 ω", 3)]"#, "unsupported delete-returning"),
        ];
        let returned = returned.map(|(can, seen, refusal)| super::where_it_can(can, seen, refusal));
        assert_eq!(saw[11..], returned);
    });
}
