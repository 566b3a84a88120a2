//! E01 to E06: values of every kind come back as they were sent, or are refused by name.

use sqlservice_tests::{Backend, Fixture, for_each_database};

use crate::scene::Scene;

/// Returns the lines of an export of the conformance guest.
async fn saw(fixture: &Fixture, function: &str) -> Vec<String> {
    Scene::new(fixture).saw(function, &[]).await
}

#[test]
fn e01_decimals_keep_every_digit() {
    for_each_database(async |fixture: &Fixture| {
        let saw = saw(fixture, "e01-decimals").await;
        // Stored decimals have the scale of their column.
        let stored = [
            "(31943874831932418390.010000000000, Some(0.00000001000000), Some(1.000))",
            "(319438950232418390.273596000000, Some(-0.00000002000000), Some(-99.999))",
            "(87673.594069654243, Some(9999.99999999999999), Some(0.500))",
            "(-99999999999999999999999999.999999999999, Some(0.00000000000001), None)",
            "(0.000000000000, None, None)",
            "(0.000000000001, None, None)",
        ];
        assert_eq!(saw[..6], stored);
        // Decimals are ordered and found as numbers.
        assert_eq!(saw[6..8], ["[4, 5, 6, 3, 2, 1]", "1"]);
        assert_eq!(saw[8..], ["type-mismatch small", "type-mismatch small", "type-mismatch wide", "1"]);
    });
}

#[test]
fn e02_integers_are_exact() {
    for_each_database(async |fixture: &Fixture| {
        let saw = saw(fixture, "e02-integers").await;
        assert_eq!(saw[..3], ["true", "-9223372036854775808", "9223372036854775807"]);
        let past = match fixture.backend() {
            Backend::MariaDb => ["1", "Some(Some(18446744073709551615))"],
            _ => ["data", "pending-rollback"],
        };
        assert_eq!(saw[3..], past);
    });
}

#[test]
fn e03_dates_and_times_keep_their_microseconds() {
    for_each_database(async |fixture: &Fixture| {
        let expected = [
            "true",
            "2012-10-15 12:57:18.039642 2012-10-15T12:57:18.039642 2012-10-15T12:57:18.000396Z",
            "1850-11-10 12:57:18.000396 1850-11-10T12:57:18.000396 1970-01-02T00:00:00Z",
            "1727-04-01 00:00:00 1727-04-01T00:00:00 2037-12-31T23:59:59.999999Z",
            "0001-01-01 00:00:00 0001-01-01T00:00:00 2000-02-29T23:59:59.999999Z",
            "9999-12-31 23:59:59.999999 9999-12-31T23:59:59.999999 2024-02-29T00:00:00Z",
            "null null null null",
            "[1]",
            "[4, 3, 2, 1, 5]",
        ];
        assert_eq!(saw(fixture, "e03-moments").await, expected);
    });
}

#[test]
fn e04_documents_keep_their_null_apart() {
    for_each_database(async |fixture: &Fixture| {
        let saw = saw(fixture, "e04-documents").await;
        let unicode = match fixture.backend() {
            // PostgreSQL stores a normalized document, without the order of its members and without escapes.
            Backend::Postgres => r#"{"k": "v", "réveillé": "🐋 🐋 x"}"#,
            _ => r#"{"réveillé": "🐋 \ud83d\udc0b x", "k": "v"}"#,
        };
        let nested = r#"{"k": {"inner": [1, 2.5, true, null]}}"#;
        assert_eq!(saw[..7], [nested, unicode, "null", "NULL", r#""text""#, "[]", r#"{"k": 7}"#]);
        // SQL's null, JSON's null, and a member that is a text.
        assert_eq!(saw[7..10], ["[4]", "[3]", "[2]"]);
        assert_eq!(saw[10..], ["type-mismatch body"; 9]);
    });
}

#[test]
fn e05_enumerations_are_their_labels() {
    for_each_database(async |fixture: &Fixture| {
        let saw = saw(fixture, "e05-labels").await;
        let stored = [
            "(1, A, Some(Awake))",
            "(2, B, Some(WithPercent))",
            "(3, Percent, None)",
            "(4, WithPercent, Some(B))",
            "(5, Awake, Some(A))",
        ];
        assert_eq!(saw[..5], stored);
        assert_eq!(saw[5..7], ["true", "[3]"]);
        // A text that is no label is refused before a statement is sent.
        assert_eq!(saw[7], "type-mismatch Letter");
        // If two guests declare different labels, the table's own check decides, and the error of a read names the column.
        let check = match fixture.backend() {
            Backend::Sqlite | Backend::SqliteMemory => "integrity check table=? columns= constraint=letter",
            Backend::Postgres => "integrity check table=letters columns= constraint=letters_letter_check",
            Backend::MariaDb => "integrity check table=letters columns= constraint=CONSTRAINT_1",
        };
        assert_eq!(saw[8..], [check, "type-mismatch letter", check]);
    });
}

#[test]
fn e05_native_enumerations_are_read_and_written() {
    for_each_database(async |fixture: &Fixture| {
        let mut outside = fixture.outside().await;
        let labels = "('a', 'b', 'a%', 'b%percent', 'réveillé')";
        let letter = match fixture.backend() {
            Backend::Postgres => {
                outside.execute(&format!("CREATE TYPE letter AS ENUM {labels}")).await;
                "letter".to_owned()
            }
            Backend::MariaDb => format!("ENUM {labels}"),
            Backend::Sqlite | Backend::SqliteMemory => "TEXT".to_owned(),
        };
        outside
            .execute(&format!("CREATE TABLE letters (id BIGINT PRIMARY KEY, letter {letter} NOT NULL, maybe {letter})"))
            .await;
        let expected = ["1", "[Labelled { id: 1, letter: WithPercent, maybe: Some(Awake) }]"];
        assert_eq!(saw(fixture, "e05-native").await, expected);
    });
}

#[test]
fn e06_uuids_bytes_truths_and_floats() {
    for_each_database(async |fixture: &Fixture| {
        let saw = saw(fixture, "e06-others").await;
        assert_eq!(saw[..6], ["true", "[1]", "[1]", "[2]", "[1]", "[1]"]);
        // Both infinities, NaN and the negative zero.
        let (refused, infinite) = (["data", "pending-rollback"], ["1", "Some(Some(inf))", "1", "Some(Some(-inf))"]);
        let expected = match fixture.backend() {
            Backend::Sqlite | Backend::SqliteMemory => [&infinite[..], &refused, &["1", "Some(Some(0.0))"]].concat(),
            Backend::Postgres => [&infinite[..], &["1", "Some(Some(NaN))", "1", "Some(Some(-0.0))"]].concat(),
            Backend::MariaDb => [&refused[..], &refused, &refused, &["1", "Some(Some(0.0))"]].concat(),
        };
        assert_eq!(saw[6..], expected);
    });
}

#[test]
fn e06_uuids_of_other_programs_are_read() {
    for_each_database(async |fixture: &Fixture| {
        let mut outside = fixture.outside().await;
        outside.execute("CREATE TABLE foreign_keys_of_others (id BIGINT PRIMARY KEY, digits CHAR(32))").await;
        outside.execute("INSERT INTO foreign_keys_of_others VALUES (1, '6ba7b8109dad11d180b400c04fd430c8')").await;
        assert_eq!(saw(fixture, "e06-foreign").await, ["6ba7b810-9dad-11d1-80b4-00c04fd430c8"]);
    });
}

#[test]
fn e11_types_of_other_crates_come_back() {
    for_each_database(async |fixture: &Fixture| {
        let expected = [
            "ffffffff-ffff-ffff-ffff-ffffffffffff Some(1727-04-01) Some(12:57:18.000396) Some(9999-12-31T23:59:59.999999)",
            "Some(2012-10-15T12:57:18.039642Z) Some(SpanFieldwise(14mo 3d 1500000µs))",
            "-12345678901234567890123456.789012345678 31943874831932.01",
            r#"Some(Document(Settings { name: "🐋", limits: [Some(0.1), None] })) Some(Null)"#,
            "00000000-0000-0000-0000-000000000001 None None None",
            "None None",
            " ",
            "None None",
            // Nanoseconds and the year 0: the SDK refuses them with the column's name, or the host does where a statement has them.
            "type-mismatch clock",
            "type-mismatch day",
            "data",
            // 38 digits for a Rust type with 28.
            "type-mismatch wide",
        ];
        assert_eq!(saw(fixture, "types-native-types").await, expected);
    });
}
