//! Values and types of the servers: how they are bound, and how they are read back.

use sqlservice_db::{Error, RunOptions};
use sqlservice_sql::{
    Error as StatementError, Scalar, Value,
    schema::TypeKind,
    value::{Array, Interval},
};

use crate::{
    ask, integer, place,
    server::{Kind, compiled, each, one, run, run_with},
    text,
};

#[tokio::test(flavor = "multi_thread")]
async fn e10_values_of_every_kind_come_back_as_they_went() {
    for server in each().await {
        let postgres = server.kind == Kind::Postgres;
        let cases: Vec<(&str, &str, TypeKind, Vec<Scalar>)> = vec![
            ("boolean", "boolean", TypeKind::Boolean, vec![Scalar::Boolean(true), Scalar::Boolean(false)]),
            ("smallint", "smallint", TypeKind::Int16, vec![Scalar::Integer(-32_768), Scalar::Integer(32_767)]),
            ("integer", "int", TypeKind::Int32, vec![Scalar::Integer(i64::from(i32::MIN))]),
            ("bigint", "bigint", TypeKind::Int64, vec![Scalar::Integer(i64::MIN), Scalar::Integer(i64::MAX)]),
            ("real", "float", TypeKind::Float32, vec![Scalar::Float(0.5), Scalar::Float(f64::from(f32::MAX))]),
            ("double precision", "double", TypeKind::Float64, vec![Scalar::Float(0.1), Scalar::Float(-1e300)]),
            (
                "numeric(38,12)",
                "decimal(38,12)",
                TypeKind::Decimal,
                vec![
                    Scalar::Decimal("-12345678901234567890123456.123456789012".into()),
                    Scalar::Decimal("0.000000000001".into()),
                ],
            ),
            (
                "text",
                "longtext character set utf8mb4",
                TypeKind::Text,
                vec![Scalar::Text(String::new()), Scalar::Text("ä\u{10ffff}'\\\"`\n".into())],
            ),
            ("bytea", "longblob", TypeKind::Bytes, vec![Scalar::Bytes(vec![]), Scalar::Bytes((0..=255).collect())]),
            ("uuid", "uuid", TypeKind::Uuid, vec![Scalar::Uuid(0x0123_4567_89ab_4def, 0x8edc_ba98_7654_3210)]),
            (
                "jsonb",
                "json",
                TypeKind::Json,
                vec![Scalar::Json("{\"a\": [1, null, \"\u{fc}\"]}".into()), Scalar::Json("null".into())],
            ),
            ("date", "date", TypeKind::Date, vec![Scalar::Date(-719_162), Scalar::Date(0), Scalar::Date(2_932_896)]),
            ("time", "time(6)", TypeKind::Time, vec![Scalar::Time(0), Scalar::Time(86_399_999_999)]),
            (
                "timestamp",
                "datetime(6)",
                TypeKind::Timestamp,
                vec![
                    Scalar::Timestamp(-1),
                    Scalar::Timestamp(-62_135_596_800_000_000),
                    Scalar::Timestamp(253_402_300_799_999_999),
                ],
            ),
            ("timestamptz", "timestamp(6)", TypeKind::TimestampTz, vec![Scalar::TimestampTz(1_700_000_000_123_456)]),
            (
                "interval",
                "varchar(64)",
                TypeKind::Interval,
                vec![
                    Scalar::Interval(Interval { months: -14, days: 3, microseconds: -1 }),
                    Scalar::Interval(Interval { months: 0, days: 0, microseconds: 3_600_000_000 }),
                ],
            ),
        ];
        for (on_postgres, on_mariadb, kind, values) in cases {
            let ty = if postgres { on_postgres } else { on_mariadb };
            // Each table has another name, because the plans of a dropped one would be stale.
            let table = server.table(&format!("{kind:?}"));
            server.run(&format!("create table {table} (id int primary key, v {ty})")).await;
            let session = server.db.connect().await.expect("connect");
            let insert = format!("insert into {table} values ({}, {})", place(&server, 1), place(&server, 2));
            let insert = compiled(&insert, &[TypeKind::Int32, kind], &[]);
            let select = format!("select v from {table} order by id");
            let select = compiled(&select, &[], &[("v", kind)]);
            for (id, value) in values.iter().chain([&Scalar::Null]).enumerate() {
                let parameters = vec![integer(id as i64), value.clone().into()];
                let answer = session.execute(insert.clone(), parameters, RunOptions::default()).await;
                assert_eq!(answer.expect(ty).affected, 1, "{ty} {value:?}");
            }
            let answer = session.execute(select, vec![], RunOptions::default()).await.expect(ty);
            assert_eq!(answer.columns[0].ty.as_ref().expect("known").kind, kind, "{ty}");
            for (row, value) in values.iter().enumerate() {
                assert_eq!(
                    answer.first_batch.value(row, 0),
                    Value::Scalar(value.clone()),
                    "{} {ty}",
                    server.kind.name()
                );
            }
            assert!(answer.first_batch.value(values.len(), 0).is_null(), "{ty}");
            session.close().await.expect("close");
            server.run(&format!("drop table {table}")).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn e12_types_that_the_contract_does_not_name_are_texts_or_kinds_near_them() {
    let server = one(Kind::Postgres).await;
    let session = server.db.connect().await.expect("connect");
    let other = |native: &str, text: &str| Value::Scalar(Scalar::Other(native.into(), text.into()));
    let cases = [
        ("'NaN'::numeric", other("numeric", "NaN")),
        ("'infinity'::timestamp", other("timestamp", "infinity")),
        ("'-infinity'::date", other("date", "-infinity")),
        ("'0044-03-15 BC'::date", other("date", "0044-03-15 BC")),
        ("'12:30:00.5+05:30'::timetz", other("timetz", "12:30:00.5+05:30")),
        ("'12.34'::money", other("money", "12.34")),
        ("b'10110'::varbit", other("varbit", "10110")),
        ("'10.1.2.3/8'::inet", other("inet", "10.1.2.3/8")),
        ("'::1'::inet", other("inet", "::1")),
        ("'10.0.0.0/8'::cidr", other("cidr", "10.0.0.0/8")),
        ("'08:00:2b:01:02:03'::macaddr", other("macaddr", "08:00:2b:01:02:03")),
        ("'[1,5)'::int4range", other("int4range", "[1,5)")),
        ("'empty'::int8range", other("int8range", "empty")),
        ("'[2020-01-01,)'::daterange", other("daterange", "[2020-01-01,)")),
        ("'<a/>'::xml", other("xml", "<a/>")),
        ("'$.a'::jsonpath", other("jsonpath", "$.\"a\"")),
        ("'x'::\"char\"", text("x")),
        ("'pg_class'::name", text("pg_class")),
        ("'ab'::char(4)", text("ab  ")),
        ("7::oid", integer(7)),
        ("'{\"b\":1}'::json", Scalar::Json("{\"b\":1}".into()).into()),
        (
            "array[[1,2],[3,null]]",
            Array {
                dimensions: vec![2, 2],
                items: vec![Scalar::Integer(1), Scalar::Integer(2), Scalar::Integer(3), Scalar::Null],
            }
            .into_value(),
        ),
        (
            "array['a','b']::varchar[]",
            Array { dimensions: vec![2], items: vec![Scalar::Text("a".into()), Scalar::Text("b".into())] }.into_value(),
        ),
    ];
    for (expression, expected) in cases {
        let sql = format!("select {expression}");
        assert_eq!(ask(&session, &sql, vec![]).await, expected, "{expression}");
        session.rollback().await.expect("rollback");
    }
    let unreadable = run(&session, "select 'a b'::tsvector").await.err();
    assert!(matches!(unreadable, Some(Error::Statement(StatementError::Unsupported { .. }))), "{unreadable:?}");
    session.rollback().await.expect("rollback");
    assert_eq!(ask(&session, "select 'a b'::tsvector::text", vec![]).await, text("'a' 'b'"));
    session.close().await.expect("close");
}

/// Shortens the conversion of an array into a value.
trait IntoValue {
    fn into_value(self) -> Value;
}

impl IntoValue for Array {
    fn into_value(self) -> Value {
        Value::Array(self)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn e12_enumerations_arrays_and_words_find_the_servers_types() {
    let server = one(Kind::Postgres).await;
    let (table, mood) = (server.table("t"), server.table("mood"));
    server.run(&format!("create type {mood} as enum ('sad', 'happy')")).await;
    server.run(&format!("create table {table} (id int, mood {mood}, tags int[], worth numeric, at date)")).await;
    let session = server.db.connect().await.expect("connect");
    let insert = format!("insert into {table} values ($1, $2, $3, $4, $5)");
    let kinds = [TypeKind::Int32, TypeKind::Enumeration, TypeKind::Array, TypeKind::Decimal, TypeKind::Date];
    let insert = compiled(&insert, &kinds, &[]);
    let tags = Array { dimensions: vec![2], items: vec![Scalar::Integer(7), Scalar::Null] };
    let none = Array { dimensions: vec![], items: vec![] };
    let other = |native: &str, text: &str| Value::Scalar(Scalar::Other(native.into(), text.into()));
    let row =
        vec![integer(1), text("happy"), Value::Array(tags.clone()), other("numeric", "NaN"), other("date", "infinity")];
    session.execute(insert.clone(), row.clone(), RunOptions::default()).await.expect("insert");
    let row = vec![integer(2), Value::NULL, Value::Array(none.clone()), Value::NULL, Value::NULL];
    session.execute(insert.clone(), row, RunOptions::default()).await.expect("insert");
    let answer =
        run(&session, &format!("select mood, tags, worth, at from {table} order by id")).await.expect("select");
    assert_eq!(answer.first_batch.value(0, 0), text("happy"));
    assert_eq!(answer.columns[0].ty.as_ref().expect("known").labels, ["sad", "happy"]);
    assert_eq!(answer.first_batch.value(0, 1), Value::Array(tags));
    assert_eq!(answer.first_batch.value(1, 1), Value::Array(none));
    assert_eq!(answer.first_batch.value(0, 2), other("numeric", "NaN"));
    assert_eq!(answer.first_batch.value(0, 3), other("date", "infinity"));
    // A label of four bytes must not become an integer of four bytes.
    let wrong = format!("update {table} set id = $1");
    let wrong = compiled(&wrong, &[TypeKind::Enumeration], &[]);
    let refused = session.execute(wrong, vec![text("high")], RunOptions::default()).await.err();
    assert!(matches!(refused, Some(Error::Statement(StatementError::Unsupported { .. }))), "{refused:?}");
    session.close().await.expect("close");
    server.run(&format!("drop table {table}")).await;
    server.run(&format!("drop type {mood}")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_text_with_parameters_of_other_types_is_another_statement() {
    let server = one(Kind::Postgres).await;
    let session = server.db.connect().await.expect("connect");
    let values =
        [integer(7_234_576_845_723_455), text("eightlet"), Scalar::Float(0.5).into(), Scalar::Boolean(true).into()];
    for value in values.iter().chain(&values) {
        assert_eq!(ask(&session, "select $1", vec![value.clone()]).await, *value);
    }
    // A trailing comment does not hide the marker that distinguishes the statements.
    for value in &values {
        assert_eq!(ask(&session, "select $1 -- the end", vec![value.clone()]).await, *value);
    }
    session.close().await.expect("close");
}

#[tokio::test(flavor = "multi_thread")]
async fn e12_mariadbs_own_types() {
    let server = one(Kind::Mariadb).await;
    let session = server.db.connect().await.expect("connect");
    let table = server.table("t");
    server
        .run(&format!(
            "create table {table} (a tinyint(1), b tinyint unsigned, c mediumint, d bigint unsigned, e bit(10), f year, \
             g enum('x', 'y'), h set('p', 'q'), i char(4), j binary(3), k varchar(9) collate utf8mb4_bin, l time(3), \
             m inet6, n int unsigned, o tinyint(1) unsigned)"
        ))
        .await;
    let insert = format!(
        "insert into {table} values (5, 255, -8388608, 18446744073709551615, b'1000000001', 2024, 'y', 'p,q', 'ab', 'abc', \
         'Ä', '-100:00:00.5', '::1', 4294967295, 200)"
    );
    run(&session, &insert).await.expect("insert");
    let answer = run(&session, &format!("select * from {table}")).await.expect("select");
    let other = |native: &str, text: &str| Value::Scalar(Scalar::Other(native.into(), text.into()));
    let expected = [
        integer(5),
        integer(255),
        integer(-8_388_608),
        Scalar::Unsigned(u64::MAX).into(),
        Scalar::Unsigned(513).into(),
        integer(2024),
        text("y"),
        text("p,q"),
        text("ab"),
        Scalar::Bytes(b"abc".to_vec()).into(),
        text("Ä"),
        other("time", "-100:00:00.5"),
        text("::1"),
        integer(4_294_967_295),
        integer(200),
    ];
    for (at, expected) in expected.into_iter().enumerate() {
        assert_eq!(answer.first_batch.value(0, at), expected, "{}", answer.columns[at].name);
    }
    let array = Value::Array(Array { dimensions: vec![], items: vec![] });
    let refused = run_with(&session, "select ?", vec![array], RunOptions::default()).await.err();
    assert!(matches!(refused, Some(Error::Statement(StatementError::Unsupported { capability: "arrays", .. }))));
    // A decimal parameter is compared as a decimal, not as a float.
    let equal = "select cast('12345678901234567890.1' as decimal(30,1)) = ?";
    let near = Scalar::Decimal("12345678901234567890.2".into());
    assert_eq!(ask(&session, equal, vec![near.into()]).await, integer(0));
    session.close().await.expect("close");
    server.run(&format!("drop table {table}")).await;
}
