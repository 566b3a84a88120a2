//! E09: decimals mean the same on every database, in every position of a statement.

use sqlservice_host::Val;
use sqlservice_tests::{Fixture, for_each_database};

use crate::scene::Scene;

/// The number of expressions in each position.
const EXPRESSIONS: u32 = 12;

/// The number of seeds. The table is dropped after each.
const SEEDS: u64 = 2;

#[test]
fn e09_decimal_expressions_are_exact_in_every_position() {
    for_each_database(async |fixture: &Fixture| {
        for seed in 0..SEEDS {
            let saw = Scene::new(fixture).saw("decimal-expressions", &[Val::U64(seed), Val::U32(EXPRESSIONS)]).await;
            let [asked] = saw.as_slice() else { panic!("with the seed {seed}:\n{}", saw.join("\n")) };
            let asked: u32 = asked.split(' ').next().and_then(|count| count.parse().ok()).expect("a count");
            assert!(asked >= EXPRESSIONS * 17, "{asked} statements");
            fixture.outside().await.execute("DROP TABLE amounts").await;
        }
    });
}

#[test]
fn e09_decimal_keys_are_equal_by_value() {
    for_each_database(async |fixture: &Fixture| {
        let saw = Scene::new(fixture).saw("decimal-keys", &[]).await;
        assert_eq!(saw[0], "[(-9.50, Some(2.000)), (9.50, Some(1.500)), (10.00, None)]");
        assert_eq!(saw[1..4], ["integrity unique", "integrity unique", "1"]);
        assert_eq!(saw[4..7], ["1", "1", "integrity foreign-key"]);
        assert_eq!(saw[7..10], ["1", "1", "4"]);
        let rows = |code| format!("[(-3.17, Some(2.001)), (9.50, Some({code})), (9.51, Some(1.601)), (20.00, None)]");
        assert_eq!(saw[10], rows("1.501"));
        assert_eq!(saw[11], "[(1, 9.50), (2, 20.00)]");
        // The upsert names its unique key, so a database without conflict targets refuses it; the delete then finds no row.
        let [upserted, deleted, code] = match fixture.capabilities().conflict_target {
            true => ["2", "1", "70.000"],
            false => ["unsupported conflict-target", "0", "1.501"],
        };
        assert_eq!(saw[12..], [upserted.to_owned(), deleted.to_owned(), rows(code)]);
    });
}

#[test]
fn e09_decimal_keys_find_objects_and_equal_values_are_no_change() {
    for_each_database(async |fixture: &Fixture| {
        let saw = Scene::new(fixture).saw("decimal-objects", &[]).await;
        assert_eq!(saw[..4], ["one object true", "-9.50: []", "9.50: [1, 2]", "10.00: [3]"]);
        assert_eq!(saw[4..], ["modified false", "versions 0", "versions 1"]);
    });
}

#[test]
fn e09_decimals_without_room_or_result_are_refused() {
    for_each_database(async |fixture: &Fixture| {
        let saw = Scene::new(fixture).saw("decimal-errors", &[]).await;
        assert_eq!(saw[..4], ["data"; 4]);
        // The values are rounded to the scale of the column.
        assert_eq!(saw[4..6], ["1", "1"]);
        assert_eq!(saw[6], "[(-9.50, Some(2.000)), (9.50, Some(1.500)), (10.00, None)]");
    });
}

#[test]
fn e09_decimals_mean_the_same_beside_other_numbers() {
    for_each_database(async |fixture: &Fixture| {
        let expected = [
            "equal to an integer: [false, false, false, true]",
            "an integer less: [true, false, true, false]",
            "an integer in decimals: [true, false, false, true]",
            "a decimal in integers: [false, false, false, true]",
            "an integer in a query: [false, false, false, true]",
            "between an integer and more: [true, false, true, true]",
            "the greater: [2.50, 3.00, 9007199254740993.00, 10.00]",
            "a case: [2.00, -2.50, 9007199254740993.00, 10.00]",
            "an integer or a decimal: [false, false, false, true]",
            "greater than a float: [true, false, true, false]",
            "a float's product: [true, true, false, false]",
            "as a text: [\"2.500000000000\", \"-2.500000000000\", \"9007199254740993.000000000001\", \"10.000000000000\"]",
            "as an integer: [3, -3, 9007199254740993, 10]",
            "as a float: [2.5, -2.5, 9007199254740994.0, 10.0]",
            "of an integer: [2.00, 3.00, 9007199254740993.00, 10.00]",
            "of a float: [0.500, 2.500, 0.100, 10.000]",
            "of a text: [0.500, 2.500, 0.100, 10.000]",
            "of a decimal: [2.5, -2.5, 9007199254740993.0, 10.0]",
            "of any digits: [false, true, true, true]",
            "sign: [Some(1), Some(-1), Some(1), Some(1)]",
            "a third: [0.83333333, -0.83333333, 3002399751580331.00000000, 3.33333333]",
            "a sum: [Some(9007199254741003.000000000001), Some(9007199254741003.000000000001), \
             Some(9007199254741003.000000000001), Some(9007199254741003.000000000001)]",
            "tuples: [true, false, false, true]",
        ];
        assert_eq!(Scene::new(fixture).saw("decimal-values", &[]).await, expected);
    });
}
