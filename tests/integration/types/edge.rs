//! T-18, T-20, T-40: values that do not fit their column are refused when they are sent, and reported as they are when they are
//! read. The session works on.

use sqlservice_tests::{Backend, Fixture, for_each_database};

use crate::scene::Scene;

#[test]
fn t20_values_past_every_edge_are_refused() {
    for_each_database(async |fixture: &Fixture| {
        let saw = Scene::new(fixture).saw("t20-edges", &[]).await;
        // Four dates, four times, four timestamps and four moments; twelve decimals that are malformed or too long.
        assert_eq!(saw[..16], ["data"; 16]);
        assert_eq!(saw[16..28], ["type-mismatch amount"; 12]);
        assert_eq!(saw[28..], ["true"]);
        assert_eq!(fixture.outside().await.count("edges").await, 0, "nothing was committed");
    });
}

/// SQL that creates a table, with the types of our own `create_all` where they do not exclude the rows, and rows that break the model.
fn odd_rows(backend: Backend) -> &'static [&'static str] {
    match backend {
        Backend::Sqlite | Backend::SqliteMemory => &[
            "CREATE TABLE odd (id INTEGER PRIMARY KEY, day DATE, local TIMESTAMP, small SMALLINT, yes BOOLEAN, \
             amount DECIMAL_TEXT(10,2), key UUID, text TEXT, double DOUBLE, bytes BLOB)",
            "INSERT INTO odd (id, text) VALUES (1, CAST(x'ff41' AS TEXT)), (2, x'00ff')",
            "INSERT INTO odd (id, day) VALUES (3, 20120101), (4, '2012-02-30'), (5, 'soon')",
            "INSERT INTO odd (id, small) VALUES (6, 9223372036854775807), (7, 'seven'), (8, 1.5)",
            "INSERT INTO odd (id, yes) VALUES (9, 2), (10, 'yes')",
            "INSERT INTO odd (id, amount) VALUES (11, 'much'), (12, x'07')",
            "INSERT INTO odd (id, key) VALUES (13, 'no key'), (14, x'6ba7b8109dad11d180b400c04fd430c8'), (15, x'01')",
            "INSERT INTO odd (id, double) VALUES (16, 'fast'), (17, 9e999)",
            "INSERT INTO odd (id, local) VALUES (18, 1350305838), (19, '2012-10-15 25:00:00')",
            "INSERT INTO odd (id, bytes) VALUES (20, 'text'), (21, 7)",
            "INSERT INTO odd (id, text) VALUES (22, 'a' || char(0) || 'b')",
        ],
        Backend::Postgres => &[
            "CREATE TABLE odd (id BIGINT PRIMARY KEY, day DATE, local TIMESTAMP, small BIGINT, yes BOOLEAN, \
             amount NUMERIC, key UUID, text TEXT, double DOUBLE PRECISION, bytes BYTEA)",
            "INSERT INTO odd (id, day) VALUES (1, 'infinity'), (2, '0044-03-15 BC')",
            "INSERT INTO odd (id, local) VALUES (3, '-infinity'), (4, '294276-12-31 23:59:59.999999')",
            "INSERT INTO odd (id, small) VALUES (5, 9223372036854775807)",
            "INSERT INTO odd (id, amount) VALUES (6, 'NaN'), (7, 1e100)",
        ],
        Backend::MariaDb => &[
            "SET sql_mode = ''",
            "CREATE TABLE odd (id BIGINT PRIMARY KEY, day DATE, local DATETIME(6), small BIGINT, yes TINYINT(1), \
             amount DECIMAL(65,2), `key` UUID, text LONGTEXT, `double` DOUBLE, bytes LONGBLOB)",
            "INSERT INTO odd (id, day) VALUES (1, '0000-00-00'), (2, '2012-02-00')",
            "INSERT INTO odd (id, local) VALUES (3, '0000-00-00')",
            "INSERT INTO odd (id, small) VALUES (4, 9223372036854775807)",
            "INSERT INTO odd (id, yes) VALUES (5, 2), (6, -128)",
        ],
    }
}

/// The expected line of each row: the outcome of reading it as the model, and its value as stored.
fn told(backend: Backend) -> &'static [&'static str] {
    match backend {
        Backend::Sqlite | Backend::SqliteMemory => &[
            "data: text data",
            "type-mismatch text: text Scalar::Bytes([0, 255])",
            "type-mismatch day: day Scalar::Integer(20120101)",
            r#"type-mismatch day: day Scalar::Text("2012-02-30")"#,
            r#"type-mismatch day: day Scalar::Text("soon")"#,
            "type-mismatch small: small Scalar::Integer(9223372036854775807)",
            r#"type-mismatch small: small Scalar::Text("seven")"#,
            "type-mismatch small: small Scalar::Float(1.5)",
            "type-mismatch yes: yes Scalar::Integer(2)",
            r#"type-mismatch yes: yes Scalar::Text("yes")"#,
            r#"type-mismatch amount: amount Scalar::Text("much")"#,
            "type-mismatch amount: amount Scalar::Bytes([7])",
            r#"type-mismatch key: key Scalar::Text("no key")"#,
            "read: key Scalar::Uuid((7757371264673321425, 9274038358635720904))",
            "type-mismatch key: key Scalar::Bytes([1])",
            r#"type-mismatch double: double Scalar::Text("fast")"#,
            "read: double Scalar::Float(inf)",
            "type-mismatch local: local Scalar::Integer(1350305838)",
            r#"type-mismatch local: local Scalar::Text("2012-10-15 25:00:00")"#,
            r#"type-mismatch bytes: bytes Scalar::Text("text")"#,
            "type-mismatch bytes: bytes Scalar::Integer(7)",
            r#"read: text Scalar::Text("a\0b")"#,
            "22",
        ],
        Backend::Postgres => &[
            r#"type-mismatch day: day Scalar::Other(NativeValue { native-type: "date", text: "infinity" })"#,
            r#"type-mismatch day: day Scalar::Other(NativeValue { native-type: "date", text: "0044-03-15 BC" })"#,
            r#"type-mismatch local: local Scalar::Other(NativeValue { native-type: "timestamp", text: "-infinity" })"#,
            "data: local data",
            "type-mismatch small: small Scalar::Integer(9223372036854775807)",
            r#"type-mismatch amount: amount Scalar::Other(NativeValue { native-type: "numeric", text: "NaN" })"#,
            r#"read: amount Scalar::Decimal("10000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000")"#,
            "7",
        ],
        Backend::MariaDb => &[
            r#"type-mismatch day: day Scalar::Other(NativeValue { native-type: "date", text: "0000-00-00" })"#,
            r#"type-mismatch day: day Scalar::Other(NativeValue { native-type: "date", text: "2012-02-00" })"#,
            r#"type-mismatch local: local Scalar::Other(NativeValue { native-type: "datetime", text: "0000-00-00 00:00:00" })"#,
            "type-mismatch small: small Scalar::Integer(9223372036854775807)",
            "type-mismatch yes: yes Scalar::Integer(2)",
            "type-mismatch yes: yes Scalar::Integer(-128)",
            "6",
        ],
    }
}

#[test]
fn t40_rows_that_break_their_types_are_told_as_what_they_are() {
    for_each_database(async |fixture: &Fixture| {
        let mut outside = fixture.outside().await;
        for sql in odd_rows(fixture.backend()) {
            outside.execute(sql).await;
        }
        outside.close().await;
        let saw = Scene::new(fixture).saw("t40-odd-rows", &[]).await;
        assert_eq!(saw, told(fixture.backend()));
    });
}
