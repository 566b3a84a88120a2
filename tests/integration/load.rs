//! Load plans: the host reads a query and its relationships in one crossing.

use sqlservice_host::{Settings, TenantLimits, Val};
use sqlservice_tests::{Fixture, for_each_database};

use crate::scene::Scene;

async fn saw(fixture: &Fixture, function: &str, arguments: &[Val]) -> Vec<String> {
    Scene::new(fixture).saw(function, arguments).await
}

#[test]
fn l01_every_direction_of_a_relationship() {
    for_each_database(async |fixture: &Fixture| {
        let expected = [
            "users: 1 ed -, 2 jo 1, 3 al 1",
            // Owner by owner, in the relationship's order, then by key.
            "devices: 2 1 3, 5 1 3, 1 1 9, 3 2 5",
            // The boss of two users comes once.
            "boss: 1 ed -",
            "staff: 2 jo 1, 3 al 1",
            "profile: 12 1, 11 2",
            // Each row follows its owner's key, once for each pair.
            "teams: 1 x y' 5, 1 blue 7, 2 Blue 2, 2 blue 7",
            "friends: 1 2 jo 1, 1 3 al 1, 2 1 ed -",
            "admirers: 1 2 jo 1, 2 1 ed -, 3 1 ed -",
            "devices: 1 1 9, 2 1 3, 3 2 5, 4 - 1, 5 1 3",
            "user: 1 ed -, 2 jo 1",
            "teams: x y' 5, blue 7",
            "members: blue 1 ed -, blue 2 jo 1, x y' 1 ed -",
        ];
        assert_eq!(saw(fixture, "load-directions", &[]).await, expected, "on {}", fixture.backend());
    });
}

#[test]
fn l02_keys_of_several_columns() {
    for_each_database(async |fixture: &Fixture| {
        let expected = [
            "rooms: 1 1, 1 2, 2 1",
            "beds: 1 1 2, 4 1 2, 2 2 1",
            "beds: 1 1 2, 2 2 1, 3 1 -, 4 1 2, 5 - -",
            // A key with a null column refers to no row.
            "room: 1 2, 2 1",
            "rooms: 1 2, 2 1",
            "beds: 1 1 2, 4 1 2, 2 2 1",
        ];
        assert_eq!(saw(fixture, "load-composite", &[]).await, expected, "on {}", fixture.backend());
    });
}

#[test]
fn l03_loads_start_from_the_rows_of_loads() {
    for_each_database(async |fixture: &Fixture| {
        let expected = [
            "users: 1 ed -, 2 jo 1, 3 al 1",
            "devices: 2 1 3, 5 1 3, 1 1 9, 3 2 5",
            "apps: 1 2 blue, 2 2 -, 3 5 x y'",
            "team: blue 7, x y' 5",
            "members: blue 1 ed -, blue 2 jo 1, x y' 1 ed -",
            "users: ",
            "devices: ",
            "apps: ",
            "team: ",
            "members: ",
        ];
        assert_eq!(saw(fixture, "load-nested", &[]).await, expected, "on {}", fixture.backend());
    });
}

#[test]
fn l04_plans_start_from_keys_and_from_rows_that_are_known() {
    for_each_database(async |fixture: &Fixture| {
        let expected = [
            "users: 1 ed -, 2 jo 1",
            "devices: 2 1 3, 5 1 3, 1 1 9, 3 2 5",
            "teams: blue 7, x y' 5",
            "users: ",
            "devices: ",
            "users: ",
            "boss: 1 ed -",
            "teams: 1 x y' 5, 1 blue 7, 2 Blue 2, 2 blue 7",
            "users: ",
            "devices: ",
        ];
        assert_eq!(saw(fixture, "load-starts", &[]).await, expected, "on {}", fixture.backend());
    });
}

/// More owners than one statement's keys: each owner gets all of its own rows in order, and each row comes once.
#[test]
fn l05_three_thousand_owners_take_several_statements() {
    for_each_database(async |fixture: &Fixture| {
        let saw = saw(fixture, "load-many", &[Val::U32(3_000), Val::U32(1)]).await;
        let counts: Vec<&str> = saw.iter().step_by(2).map(String::as_str).collect();
        let expected = ["3000 9000 3000 3000", "3000 9000 3000 3000", "3000 9000 3000", "3000 9000 3000"];
        assert_eq!(counts, expected, "on {}", fixture.backend());
    });
}

/// A09 and more: a plan has the same result joined and not joined, for every query. Each owner comes once, in the query's order.
#[test]
fn a09_what_is_joined_is_the_same() {
    for_each_database(async |fixture: &Fixture| {
        let expected = [
            "true 1 ed -, 2 jo 1, 3 al 1",
            "true 2 jo 1, 1 ed -, 3 al 1",
            // A limit counts owners: two after the first, by name in descending order.
            "true 1 ed -, 3 al 1",
            "true 3 al 1, 2 jo 1",
            "true 3 al 1, 2 jo 1",
            "true 1 ed -, 2 jo 1, 3 al 1",
            "true 1 ed -, 3 al 1",
            "true 1 ed -, 3 al 1",
            "true 3 al 1, 2 jo 1, 1 ed -",
            "true 1 ed -, 2 jo 1, 3 al 1",
            "true 1 1 9, 3 2 5, 2 1 3, 5 1 3, 4 - 1",
            "true 1 1 2, 2 2 1, 3 1 -, 4 1 2, 5 - -",
            "true 1 ed -, 3 al 1",
            "true ",
        ];
        assert_eq!(saw(fixture, "a09-joined", &[]).await, expected, "on {}", fixture.backend());
    });
}

/// A09: three users with three devices each are one statement, and so is a page of users with their devices.
#[test]
fn a09_a_joined_load_is_one_statement() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        let sent = scene.record();
        let saw = scene.saw("a09-statements", &[]).await;
        let of_each = "users: 1 u1 -, 2 u2 -, 3 u3 -";
        let devices = "devices: 3 1 0, 2 1 1, 1 1 2, 6 2 0, 5 2 1, 4 2 2, 9 3 0, 8 3 1, 7 3 2";
        let page = ["users: 2 u2 -, 1 u1 -", "devices: 6 2 0, 5 2 1, 4 2 2, 3 1 0, 2 1 1, 1 1 2"];
        assert_eq!(saw, [of_each, devices, page[0], page[1]], "on {}", fixture.backend());
        let texts = sent.texts_between_marks();
        let joins = |texts: &[String]| texts.iter().map(|text| text.matches("LEFT JOIN").count()).collect::<Vec<_>>();
        assert_eq!(texts.iter().map(|texts| joins(texts)).collect::<Vec<_>>(), [[1], [1]], "{texts:?}");
        assert!(texts[1][0].contains("FROM (SELECT") && texts[1][0].contains("LIMIT"), "{texts:?}");
    });
}

/// Prints how long a thousand owners with three children each take.
#[test]
#[ignore = "it measures and asserts nothing about time"]
fn l05_a_thousand_owners_are_measured() {
    for_each_database(async |fixture: &Fixture| {
        let saw = saw(fixture, "load-many", &[Val::U32(1_000), Val::U32(15)]).await;
        let backend = fixture.backend();
        println!("{backend}: {} µs by keys, {} µs joined", saw[5], saw[7]);
        println!("{backend}, and their owners again: {} µs by keys, {} µs joined", saw[1], saw[3]);
    });
}

/// T-68 for plans: an invalid plan is refused before any of it is sent, and the session stays usable.
#[test]
fn t68_plans_that_make_no_sense_are_refused() {
    for_each_database(async |fixture: &Fixture| {
        let saw = saw(fixture, "t68-plans", &[]).await;
        let order = |load| format!("invalid: the load {load} of a plan is not there, comes too early or twice");
        let columns = r#"invalid: the query of a plan begins with all columns of "users" in their declared order"#;
        let known = r#"invalid: a load starts from the column "id", which is not among those known"#;
        let expected = [
            "no-such-table nowhere",
            r#"invalid: "users" has no relationship "nothing""#,
            r#"invalid: "users" has no relationship "apps""#,
            "invalid: the load 0 of a plan starts from nothing",
            &order(0),
            &order(1),
            &order(7),
            &order(0),
            &order(0),
            "invalid: a plan has 300 loads, 256 are the most",
            columns,
            columns,
            columns,
            "invalid: a plan starts from a query, not from a change",
            r#"invalid: a key of "rooms" has 2 columns, not 1"#,
            "type-mismatch id",
            "invalid: column 0 of the batch has 1 rows, and the batch 3",
            "no-such-column nothing",
            "invalid: rows that are known have as many columns as are named",
            known,
            "type-mismatch id",
            known,
            // After all refusals the session still reads its three users.
            "users: 1 ed -, 2 jo 1, 3 al 1",
            "3 users",
        ];
        assert_eq!(saw, expected, "on {}", fixture.backend());
    });
}

/// T-32 for plans: the limit of rows holds for all rows together, and a result that exceeds it fails like a statement.
#[test]
fn t32_a_plan_ends_at_its_limit_of_rows() {
    for_each_database(async |fixture: &Fixture| {
        let saw = saw(fixture, "t32-loads", &[]).await;
        let limit = |rows| format!("limit LimitKind::Rows {rows}");
        let (six, three, two, none) = (limit(6), limit(3), limit(2), limit(0));
        let pending = "pending-rollback";
        let expected = ["done", "done", &six, pending, &three, pending, &two, pending, &none, pending];
        // Joined loads have the same outcome.
        assert_eq!(saw, expected.repeat(2), "on {}", fixture.backend());
    });
}

/// T-32 for plans: all rows are returned at once, so the host's limit of bytes holds for all of them together.
#[test]
fn t32_a_plan_ends_at_the_hosts_limit_of_bytes() {
    for_each_database(async |fixture: &Fixture| {
        let mut limits = TenantLimits::default();
        limits.sql.answer_bytes = 90_000;
        let scene = Scene::with(fixture, Settings::default(), limits);
        // A thousand rows of more than 56 bytes each, and as many rows of staff.
        let saw = scene.saw("t32-load-bytes", &[Val::U32(1_000)]).await;
        assert_eq!(saw, ["limit LimitKind::Bytes 90000"; 2], "on {}", fixture.backend());
    });
}
