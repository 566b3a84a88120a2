//! Links to PostgreSQL and MariaDB: values, errors, stopping, cleaning. Needs both servers, see [`server::one`].

mod server;

use std::time::{Duration, Instant};

use server::{Kind, Server, compiled, each, one, run, run_with};
use sqlservice_db::{
    Database, Error, Isolation, RunOptions, Session, Settings, TransactionOptions, error::ConstraintKind,
};
use sqlservice_sql::{
    Error as StatementError, Scalar, Value,
    schema::TypeKind,
    value::{Array, Interval},
};

fn integer(value: i64) -> Value {
    Scalar::Integer(value).into()
}

fn text(value: &str) -> Value {
    Scalar::Text(value.into()).into()
}

async fn ask(session: &Session, sql: &str, parameters: Vec<Value>) -> Value {
    run_with(session, sql, parameters, RunOptions::default()).await.expect(sql).first.value(0, 0)
}

/// A parameter's placeholder, with the type that PostgreSQL is told.
fn place(server: &Server, at: usize) -> String {
    match server.kind {
        Kind::Postgres => format!("${at}"),
        Kind::Mariadb => "?".into(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn f01_values_of_every_kind_come_back_as_they_went() {
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
            // Another name for each, or the plans of the last table would be stale.
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
                assert_eq!(answer.first.value(row, 0), Value::Scalar(value.clone()), "{} {ty}", server.kind.name());
            }
            assert!(answer.first.value(values.len(), 0).is_null(), "{ty}");
            session.close().await.expect("close");
            server.run(&format!("drop table {table}")).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn f01_types_that_the_contract_does_not_name_are_texts_or_kinds_near_them() {
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

/// For short.
trait IntoValue {
    fn into_value(self) -> Value;
}

impl IntoValue for Array {
    fn into_value(self) -> Value {
        Value::Array(self)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn f01_enumerations_arrays_and_words_find_the_servers_types() {
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
    assert_eq!(answer.first.value(0, 0), text("happy"));
    assert_eq!(answer.columns[0].ty.as_ref().expect("known").labels, ["sad", "happy"]);
    assert_eq!(answer.first.value(0, 1), Value::Array(tags));
    assert_eq!(answer.first.value(1, 1), Value::Array(none));
    assert_eq!(answer.first.value(0, 2), other("numeric", "NaN"));
    assert_eq!(answer.first.value(0, 3), other("date", "infinity"));
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
    // A comment at the end does not swallow what tells them apart.
    for value in &values {
        assert_eq!(ask(&session, "select $1 -- the end", vec![value.clone()]).await, *value);
    }
    session.close().await.expect("close");
}

#[tokio::test(flavor = "multi_thread")]
async fn f01_mariadbs_own_types() {
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
        assert_eq!(answer.first.value(0, at), expected, "{}", answer.columns[at].name);
    }
    let array = Value::Array(Array { dimensions: vec![], items: vec![] });
    let refused = run_with(&session, "select ?", vec![array], RunOptions::default()).await.err();
    assert!(matches!(refused, Some(Error::Statement(StatementError::Unsupported { capability: "arrays", .. }))));
    // A decimal is compared as one, not as a float.
    let equal = "select cast('12345678901234567890.1' as decimal(30,1)) = ?";
    let near = Scalar::Decimal("12345678901234567890.2".into());
    assert_eq!(ask(&session, equal, vec![near.into()]).await, integer(0));
    session.close().await.expect("close");
    server.run(&format!("drop table {table}")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f02_errors_of_the_server_are_cases() {
    for server in each().await {
        let (parent, child) = (server.table("p"), server.table("c"));
        server.run(&format!("create table {parent} (id int primary key, name varchar(3) not null unique)")).await;
        server
            .run(&format!(
                "create table {child} (id int primary key, parent int, n int, constraint {child}_fk foreign key (parent) \
                 references {parent} (id), constraint {child}_ck check (n > 0))"
            ))
            .await;
        server.run(&format!("insert into {parent} values (1, 'a')")).await;
        let session = server.db.connect().await.expect("connect");
        let violations = [
            (format!("insert into {parent} values (2, 'a')"), ConstraintKind::Unique),
            (format!("insert into {parent} values (1, 'b')"), ConstraintKind::Unique),
            (format!("insert into {parent} values (2, null)"), ConstraintKind::NotNull),
            (format!("insert into {child} values (1, 99, 1)"), ConstraintKind::ForeignKey),
            (format!("insert into {child} values (1, null, -7)"), ConstraintKind::Check),
        ];
        for (sql, kind) in violations {
            let error = run(&session, &sql).await.err();
            let Some(Error::Integrity(violation)) = error else { panic!("{sql}: {error:?}") };
            assert_eq!(violation.kind, kind, "{sql}");
            match kind {
                ConstraintKind::NotNull => assert_eq!(violation.columns, ["name"]),
                ConstraintKind::ForeignKey => assert_eq!(violation.columns, ["parent"]),
                ConstraintKind::Check => assert_eq!(violation.constraint, Some(format!("{child}_ck"))),
                _ => assert!(violation.constraint.is_some()),
            }
            session.rollback().await.expect("rollback");
        }
        let error = run(&session, &format!("select * from {parent}_nosuch")).await.err();
        assert!(matches!(&error, Some(Error::NoSuchTable(name)) if *name == format!("{parent}_nosuch")), "{error:?}");
        session.rollback().await.expect("rollback");
        let error = run(&session, &format!("select nosuch from {parent}")).await.err();
        assert!(matches!(&error, Some(Error::NoSuchColumn(name)) if name == "nosuch"), "{error:?}");
        session.rollback().await.expect("rollback");
        for sql in [format!("update {parent} set name = 'long'"), format!("update {parent} set id = 99999999999")] {
            let error = run(&session, &sql).await.err();
            assert!(matches!(error, Some(Error::Data(_))), "{sql}: {error:?}");
            session.rollback().await.expect("rollback");
        }
        let error = run(&session, "selec 1").await.err();
        assert!(matches!(error, Some(Error::Operational(_))), "{error:?}");
        session.rollback().await.expect("rollback");
        for parameters in [vec![], vec![integer(1)], vec![integer(1), integer(2), integer(3)]] {
            if server.kind == Kind::Postgres && parameters.len() > 2 {
                // It takes parameters that no placeholder names.
                continue;
            }
            let sql = format!("select {}, {}", place(&server, 1), place(&server, 2));
            let error = run_with(&session, &sql, parameters, RunOptions::default()).await.err();
            assert!(matches!(error, Some(Error::Statement(StatementError::Invalid { .. }))), "{error:?}");
            session.rollback().await.expect("rollback");
        }
        session.close().await.expect("close");
        let read_only = TransactionOptions { read_only: true, ..TransactionOptions::default() };
        let session = server.db.begin(read_only).await.expect("begin");
        let error = run(&session, &format!("insert into {parent} values (5, 'e')")).await.err();
        assert!(matches!(error, Some(Error::Operational(_))), "{error:?}");
        drop(session);
        server.run(&format!("drop table {child}")).await;
        server.run(&format!("drop table {parent}")).await;
        server.check_clean().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn f02_conflicts_between_transactions_are_cases() {
    for server in each().await {
        let table = server.table("t");
        server.run(&format!("create table {table} (id int primary key, n int)")).await;
        server.run(&format!("insert into {table} values (1, 0), (2, 0)")).await;
        let update = |id: i32| format!("update {table} set n = n + 1 where id = {id}");

        let (one, two) = (server.db.session(), server.db.session());
        run(&one, &update(1)).await.expect("update");
        let waiting = Instant::now();
        let error = run(&two, &update(1)).await.err();
        assert!(matches!(error, Some(Error::LockNotAvailable(_))), "{error:?}");
        assert!(waiting.elapsed() < Duration::from_secs(4), "the lock timeout is one second");
        two.rollback().await.expect("rollback");

        run(&two, &update(2)).await.expect("update");
        let (update_one, update_two) = (update(2), update(1));
        let (first, second) = tokio::join!(run(&one, &update_one), run(&two, &update_two));
        let errors: Vec<_> = [first.err(), second.err()].into_iter().flatten().collect();
        assert!(
            errors.iter().any(|error| matches!(error, Error::Deadlock(_) | Error::LockNotAvailable(_))),
            "{errors:?}"
        );
        one.rollback().await.expect("rollback");
        two.rollback().await.expect("rollback");

        if server.kind == Kind::Postgres {
            let serializable =
                TransactionOptions { isolation: Isolation::Serializable, ..TransactionOptions::default() };
            let first = server.db.begin(serializable).await.expect("begin");
            run(&first, &format!("select n from {table}")).await.expect("select");
            let second = server.db.begin(serializable).await.expect("begin");
            run(&second, &update(1)).await.expect("update");
            second.commit().await.expect("commit");
            let error = run(&first, &update(1)).await.err();
            assert!(matches!(error, Some(Error::SerializationFailure(_))), "{error:?}");
        }
        drop((one, two));
        server.settled().await;
        server.run(&format!("drop table {table}")).await;
        server.check_clean().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn g05_a_statement_that_takes_too_long_is_stopped_though_the_pool_is_full() {
    for server in each().await {
        let small = server.again(Settings { pool_size: 1, max_overflow: 0, ..server.settings() });
        let session = small.connect().await.expect("connect");
        let soon = RunOptions { timeout: Some(Duration::from_millis(200)), ..RunOptions::default() };
        for sql in [server.sleep(30), server.endless()] {
            let since = Instant::now();
            let error = run_with(&session, &sql, vec![], soon).await.err();
            assert!(matches!(error, Some(Error::Timeout)), "{sql}: {error:?}");
            assert!(since.elapsed() < Duration::from_secs(4), "{sql}: {:?}", since.elapsed());
            session.rollback().await.expect("the connection is usable");
            assert_eq!(ask(&session, "select 1", vec![]).await, integer(1));
            session.rollback().await.expect("rollback");
        }
        // A stop that comes when the statement has just ended hits no other one.
        for microseconds in (0..20_000).step_by(200) {
            let limit = RunOptions { timeout: Some(Duration::from_micros(microseconds)), ..RunOptions::default() };
            let first = run_with(&session, &server.sleep_short(), vec![], limit).await;
            assert!(matches!(first, Ok(_) | Err(Error::Timeout)), "{:?}", first.err());
            session.rollback().await.expect("rollback");
            assert_eq!(ask(&session, "select 2", vec![]).await, integer(2), "{microseconds}");
            session.rollback().await.expect("rollback");
        }
        session.close().await.expect("close");
        assert_eq!(small.status().in_use, 0);
        small.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a04_whatever_is_dropped_leaves_clean_connections() {
    for server in each().await {
        let table = server.table("t");
        server.run(&format!("create table {table} (id int)")).await;
        for polls in 0..12 {
            let work = async {
                let session = server.db.begin(TransactionOptions::default()).await?;
                run(&session, &format!("insert into {table} values (900)")).await?;
                run(&session, &server.endless()).await?;
                Ok::<_, Error>(())
            };
            server::poll_and_drop(work, polls).await;
            server.settled().await;
        }
        for microseconds in (0..30_000).step_by(1_500) {
            let work = async {
                let session = server.db.begin(TransactionOptions::default()).await?;
                run(&session, &format!("insert into {table} values (900)")).await?;
                run(&session, &server.sleep(30)).await?;
                Ok::<_, Error>(())
            };
            server::drop_after(work, microseconds).await;
        }
        server.settled().await;
        server.check_clean().await;
        let session = server.db.session();
        assert_eq!(ask(&session, &format!("select count(*) from {table}"), vec![]).await, integer(0));
        drop(session);
        server.settled().await;
        server.run(&format!("drop table {table}")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cursors_hand_over_batches_and_can_be_left() {
    for server in each().await {
        let session = server.db.session();
        let options = RunOptions { batch_rows: Some(100), ..RunOptions::default() };
        let answer = run_with(&session, &server.rows(1_000), vec![], options).await.expect("rows");
        assert_eq!(answer.first.rows, 100);
        let cursor = answer.rest.expect("there is more");
        let mut seen = vec![answer.first];
        while let Some(batch) = cursor.next_batch(333, 1 << 20).await.expect("a batch") {
            assert!(batch.rows <= 333);
            seen.push(batch);
        }
        let all: Vec<Value> =
            seen.iter().flat_map(|batch| (0..batch.rows as usize).map(|row| batch.value(row, 0))).collect();
        assert_eq!(all, (1..=1_000).map(integer).collect::<Vec<_>>());
        session.commit().await.expect("commit");

        // Exactly as many rows as fit: nothing is left open.
        let answer = run_with(&session, &server.rows(100), vec![], options).await.expect("rows");
        assert!(answer.rest.is_none());
        // Bytes cut as well, and a batch has a row at least.
        let tiny = RunOptions { batch_bytes: Some(1), ..RunOptions::default() };
        let answer = run_with(&session, &server.rows(3), vec![], tiny).await.expect("rows");
        assert_eq!(answer.first.rows, 1);
        drop(answer);
        assert_eq!(ask(&session, "select 1", vec![]).await, integer(1), "what is left of a small result is read");
        session.commit().await.expect("commit");

        let answer = run_with(&session, &server.rows(500_000_000), vec![], options).await.expect("rows");
        let since = Instant::now();
        drop(answer);
        session.rollback().await.expect("the query was stopped");
        assert!(since.elapsed() < Duration::from_secs(3), "{} {:?}", server.kind.name(), since.elapsed());
        assert_eq!(ask(&session, "select 1", vec![]).await, integer(1));
        session.close().await.expect("close");
        server.check_clean().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_without_rows_has_columns() {
    for server in each().await {
        let session = server.db.connect().await.expect("connect");
        for _ in 0..2 {
            let sql = format!("select 1 as a, 'x' as b from ({}) as r where 1 = 0", server.rows(1));
            let answer = run(&session, &sql).await.expect("select");
            let names: Vec<_> = answer.columns.iter().map(|column| column.name.as_str()).collect();
            assert_eq!(names, ["a", "b"]);
            assert_eq!((answer.first.rows, answer.first.columns.len(), answer.affected), (0, 2, 0));
        }
        let answer = run(&session, &format!("create table {} (id int)", server.table("t"))).await.expect("create");
        assert!(answer.columns.is_empty());
        run(&session, &format!("drop table {}", server.table("t"))).await.expect("drop");
        session.commit().await.expect("commit");
        session.close().await.expect("close");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_count_the_rows_that_they_match() {
    for server in each().await {
        let table = server.table("t");
        server.run(&format!("create table {table} (id int primary key, n int)")).await;
        let session = server.db.connect().await.expect("connect");
        let counts = [
            (format!("insert into {table} values (1, 0), (2, 0), (3, 0)"), 3),
            (format!("update {table} set n = 0"), 3),
            (format!("select * from {table}"), 0),
            (format!("insert into {table} values (4, 0), (5, 0) returning id"), 2),
            (format!("delete from {table} where id > 3 returning id"), 2),
            (format!("delete from {table} where id > 3"), 0),
        ];
        for (sql, affected) in counts {
            assert_eq!(run(&session, &sql).await.expect(&sql).affected, affected, "{} {sql}", server.kind.name());
        }
        session.commit().await.expect("commit");
        session.close().await.expect("close");
        server.run(&format!("drop table {table}")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn c17_levels_are_in_force_and_c18_autocommit_keeps_rows() {
    for server in each().await {
        let table = server.table("t");
        server.run(&format!("create table {table} (id int)")).await;
        let connection = server.db.connect().await.expect("connect");
        let own = connection.isolation().await.expect("a level");
        for level in [Isolation::ReadCommitted, Isolation::RepeatableRead, Isolation::Serializable] {
            connection.set_isolation(level).await.expect("set");
            run(&connection, "select 1").await.expect("select");
            assert_eq!(connection.isolation().await.expect("a level"), level);
            connection.rollback().await.expect("rollback");
        }
        connection.set_isolation(Isolation::Autocommit).await.expect("set");
        run(&connection, &format!("insert into {table} values (1)")).await.expect("insert");
        connection.rollback().await.expect("rollback");
        connection.close().await.expect("close");
        let again = server.db.connect().await.expect("connect");
        assert_eq!(again.isolation().await.expect("a level"), own);
        run(&again, &format!("insert into {table} values (2)")).await.expect("insert");
        again.rollback().await.expect("rollback");
        assert_eq!(ask(&again, &format!("select count(*) from {table}"), vec![]).await, integer(1));
        again.close().await.expect("close");
        server.run(&format!("drop table {table}")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn savepoints_undo_and_mend() {
    for server in each().await {
        let table = server.table("t");
        server.run(&format!("create table {table} (id int primary key)")).await;
        let session = server.db.session();
        run(&session, &format!("insert into {table} values (1)")).await.expect("insert");
        let savepoint = session.begin_nested().await.expect("savepoint");
        run(&session, &format!("insert into {table} values (2)")).await.expect("insert");
        let error = run(&session, &format!("insert into {table} values (1)")).await.err();
        assert!(matches!(error, Some(Error::Integrity(_))), "{error:?}");
        assert!(matches!(run(&session, "select 1").await, Err(Error::PendingRollback)));
        savepoint.rollback().await.expect("rollback to");
        let savepoint = session.begin_nested().await.expect("savepoint");
        run(&session, &format!("insert into {table} values (3)")).await.expect("insert");
        savepoint.release().await.expect("release");
        session.commit().await.expect("commit");
        assert_eq!(ask(&session, &format!("select sum(id) from {table}"), vec![]).await, {
            // A sum of integers is an integer here and a decimal there.
            if server.kind == Kind::Postgres { integer(4) } else { Scalar::Decimal("4".into()).into() }
        });
        session.close().await.expect("close");
        server.run(&format!("drop table {table}")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn g06_what_a_borrower_set_is_gone_for_the_next_one() {
    let server = one(Kind::Postgres).await;
    let small = server.again(Settings { pool_size: 1, max_overflow: 0, ..server.settings() });
    let questions = [
        "select current_setting('TimeZone')",
        "select current_setting('search_path')",
        "select current_setting('lock_timeout')",
        "select current_setting('default_transaction_isolation')",
        "select current_user::text",
    ];
    let mut before = Vec::new();
    for question in questions {
        before.push(ask(&small.session(), question, vec![]).await);
    }
    let pid = ask(&small.session(), "select pg_backend_pid()", vec![]).await;
    let session = small.connect().await.expect("connect");
    session.set_isolation(Isolation::Autocommit).await.expect("autocommit");
    for sql in [
        "set time zone 'Asia/Tokyo'",
        "select set_config('search_path', 'pg_temp', false)",
        "set lock_timeout = 0",
        "set default_transaction_isolation = 'serializable'",
        "set role pg_read_all_data",
        "select pg_advisory_lock(42)",
        "listen x",
    ] {
        run(&session, sql).await.expect(sql);
    }
    session.close().await.expect("close");
    for (question, before) in questions.into_iter().zip(before) {
        assert_eq!(ask(&small.session(), question, vec![]).await, before, "{question}");
    }
    assert_eq!(
        ask(&small.session(), "select pg_backend_pid()", vec![]).await,
        pid,
        "the connection was cleaned, not replaced"
    );
    let locks = "select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()";
    assert_eq!(ask(&small.session(), locks, vec![]).await, integer(0));

    // What cannot be cleaned is replaced.
    let session = small.connect().await.expect("connect");
    run(&session, "deallocate all").await.expect("deallocate");
    session.close().await.expect("close");
    assert_ne!(ask(&small.session(), "select pg_backend_pid()", vec![]).await, pid);
    small.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn g06_mariadbs_session_variables_do_not_outlive_their_borrower() {
    let server = one(Kind::Mariadb).await;
    let small = server.again(Settings { pool_size: 1, max_overflow: 0, ..server.settings() });
    let id = ask(&small.session(), "select connection_id()", vec![]).await;
    assert_eq!(ask(&small.session(), "select connection_id()", vec![]).await, id, "an ordinary borrower leaves it");
    let mode = ask(&small.session(), "select @@sql_mode", vec![]).await;
    let session = small.connect().await.expect("connect");
    run(&session, "set sql_mode = ''").await.expect("set");
    run(&session, "create temporary table secret (id int)").await.expect("create");
    session.close().await.expect("close");
    assert_eq!(ask(&small.session(), "select @@sql_mode", vec![]).await, mode);
    assert!(run(&small.session(), "select * from secret").await.is_err());
    assert_ne!(ask(&small.session(), "select connection_id()", vec![]).await, id);
    small.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a01_lost_connections_are_replaced_and_dead_servers_are_said_to_be() {
    for server in each().await {
        let small = server.again(Settings { pool_size: 1, max_overflow: 0, ..server.settings() });
        let session = small.session();
        let id = ask(&session, server.own_id(), vec![]).await;
        session.close().await.expect("close");
        assert_eq!(small.status().idle, 1);
        server.kill(&id).await;
        small.ping().await.expect("a new connection");
        assert_ne!(ask(&small.session(), server.own_id(), vec![]).await, id);
        // In the middle of a transaction it is an error, and the next one works.
        let session = small.session();
        let id = ask(&session, server.own_id(), vec![]).await;
        server.kill(&id).await;
        let error = run(&session, "select 1").await.err();
        assert!(matches!(error, Some(Error::Disconnected(_))), "{error:?}");
        session.rollback().await.expect("rollback");
        assert_eq!(ask(&session, "select 1", vec![]).await, integer(1));
        session.close().await.expect("close");
        small.close().await;

        let dead = server.url_with(|url| url.set_port(Some(1)).expect("a port"));
        let since = Instant::now();
        let error = Database::new(&dead, Settings::default()).expect("a database").ping().await.err();
        assert!(matches!(error, Some(Error::Disconnected(_))), "{error:?}");
        assert!(since.elapsed() < Duration::from_secs(2), "{:?}", since.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn f03_errors_of_connecting_keep_the_hosts_secrets() {
    for server in each().await {
        let wrong_password = server.url_with(|url| url.set_password(Some("wr0ng")).expect("a password"));
        let wrong_database = server.url_with(|url| url.set_path("/n0such"));
        for url in [wrong_password, wrong_database] {
            let db = Database::new(&url, Settings::default()).expect("a database");
            let error = db.ping().await.expect_err("no connection");
            assert!(matches!(error, Error::Operational(_)), "{error:?}");
            let shown = error.to_string();
            for secret in ["wr0ng", "n0such", &server.user(), "127.0.0.1", "localhost"] {
                assert!(!shown.contains(secret), "{shown}");
            }
        }
        let tls = server.url_with(|url| url.set_query(Some("sslmode=require")));
        if cfg!(not(feature = "tls")) {
            assert!(matches!(Database::new(&tls, Settings::default()), Err(Error::Url(_))));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_the_schema_left_behind_is_said_to_be_stale_once() {
    let server = one(Kind::Postgres).await;
    let table = server.table("t");
    server.run(&format!("create table {table} (id int)")).await;
    let connection = server.db.connect().await.expect("connect");
    let select = format!("select * from {table}");
    run(&connection, &select).await.expect("select");
    connection.rollback().await.expect("rollback");
    server.run(&format!("alter table {table} add column n int")).await;
    let error = run(&connection, &select).await.err();
    assert!(matches!(error, Some(Error::StalePlan(_))), "{error:?}");
    connection.rollback().await.expect("rollback");
    assert_eq!(run(&connection, &select).await.expect("select").columns.len(), 2);
    connection.close().await.expect("close");
    server.run(&format!("drop table {table}")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f06_a_pool_keeps_its_size_and_closes_what_overflows() {
    for server in each().await {
        let db = server.again(Settings {
            pool_size: 1,
            max_overflow: 1,
            pool_timeout: Duration::from_millis(100),
            ..server.settings()
        });
        let (one, two) = (db.connect().await.expect("connect"), db.connect().await.expect("connect"));
        let error = db.connect().await.err();
        assert!(matches!(error, Some(Error::PoolTimeout { size: 2, .. })), "{error:?}");
        one.close().await.expect("close");
        two.close().await.expect("close");
        assert_eq!((db.status().idle, db.status().in_use), (1, 0));
        db.close().await;
        assert!(matches!(db.ping().await, Err(Error::Closed)));
    }
}
