//! D01, D03, D04, D08: common table expressions, compounds, windows, limits.

use sqlservice_tests::{Fixture, for_each_database};

use super::{assert_saw, where_it_can};

use crate::scene::Scene;

#[test]
fn d01_a_common_table_expression_may_use_itself() {
    for_each_database(async |fixture: &Fixture| {
        let found = r#"["d4", "d3", "d3", "d1", "d1", "d1"]"#;
        assert_saw(fixture, "d01-recursive", &[found, "[(2, 5), (3, 5), (4, 5)]"]).await;
    });
}

#[test]
fn d03_parts_of_a_union_have_their_own_order_and_limit() {
    for_each_database(async |fixture: &Fixture| {
        let both = "[(2, 2, 3), (3, 3, 4)]";
        let last = ["[(3, 3, 4), (2, 2, 3)]", "[(3, 4), (2, 3)]"];
        assert_saw(fixture, "d03-unions", &[both, both, both, both, last[0], last[1]]).await;
    });
}

#[test]
fn d03_what_both_have_and_what_one_has_alone() {
    for_each_database(async |fixture: &Fixture| {
        let expected = ["[2, 3]", "[3, 4]", "[1, 4]", "[4, 3, 2]", "[1, 3, 4]"];
        assert_saw(fixture, "d03-intersect-and-except", &expected).await;
    });
}

#[test]
fn d04_a_frame_is_what_a_window_function_sees() {
    for_each_database(async |fixture: &Fixture| {
        let ahead = |start: i64, end: i64| {
            let greatest = (1..=49).map(|row| (row + start <= 49).then(|| (row + end).min(49) * 5));
            format!("{:?}", greatest.collect::<Vec<_>>())
        };
        let (near, far) = (ahead(5, 20), ahead(20, 30));
        let groups = where_it_can(
            fixture.capabilities().frame_groups,
            "[Some(1), Some(3), Some(5), Some(7)]",
            "unsupported frame-groups",
        );
        let sums = ["[Some(3), Some(6), Some(9), Some(12)]", "[Some(1), Some(3), Some(6), Some(10)]"];
        assert_saw(fixture, "d04-frames", &[&near, &far, &near, &far, sums[0], sums[1], groups]).await;
    });
}

#[test]
fn d04_ranks_and_neighbours() {
    for_each_database(async |fixture: &Fixture| {
        let ranks = "[(1, 1, 1, 1, 1), (2, 2, 2, 1, 3), (3, 2, 2, 1, 3), (1, 1, 1, 2, 1), (2, 2, 2, 2, 2)]";
        let neighbours = "[(None, Some(20), Some(10)), (Some(10), None, Some(10)), (Some(20), None, Some(10)), \
                          (None, None, Some(40)), (Some(40), None, Some(40))]";
        assert_saw(fixture, "d04-functions", &[ranks, neighbours]).await;
    });
}

#[test]
fn d08_limits_and_offsets() {
    for_each_database(async |fixture: &Fixture| {
        let saw = Scene::new(fixture).saw("d08-limits", &[]).await;
        assert_eq!(saw[..6], ["[1, 2]", "[2, 3]", "[3, 4, 5]", "[]", "[]", "[1, 2, 3, 4, 5]"]);
        assert_eq!(saw[6..], ["[5, 4, 3]", "[1, 2]", "[5]", "[]", "Some(1)"]);
    });
}
