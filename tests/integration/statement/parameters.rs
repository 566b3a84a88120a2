//! A14: more rows and parameters than a statement of some databases may have.

use sqlservice_tests::{Fixture, for_each_database};

use crate::scene::Scene;

#[test]
fn a14_five_thousand_rows_and_forty_thousand_parameters() {
    for_each_database(async |fixture: &Fixture| {
        let saw = Scene::new(fixture).saw("a14-sizes", &[]).await;
        let counted = |count: u32, sum: u32| format!("({count}, Some({sum}))");
        assert_eq!(saw[..4], ["2500", &counted(5_000, 50_000), "5000", &counted(10_000, 550_000)]);
        let most = fixture.capabilities().max_parameters;
        assert_eq!(saw[6], most.to_string());
        if most < 40_000 {
            let refused = format!("limit LimitKind::Parameters {most}");
            assert_eq!(saw[4..6], [refused.clone(), refused]);
        } else {
            assert_eq!(saw[4..6], ["done", "10000"]);
        }
    });
}
