//! Compares the functions with SQLite's own for random arguments, and checks that each of them can be cancelled.

use arbtest::arbitrary::{self, Unstructured};
use rusqlite::types::Value;

use super::{bounded::JSON_DEPTH, *};

/// Returns a call's result, or the message of its error.
fn told(connection: &Connection, call: &str, arguments: &[Value]) -> std::result::Result<Value, String> {
    let mut statement = connection.prepare(&format!("SELECT {call}")).expect(call);
    let arguments = rusqlite::params_from_iter(arguments);
    statement.query_row(arguments, |row| row.get_ref(0).map(Value::from_lossy)).map_err(|error| error.to_string())
}

/// Reads values whose texts need not be UTF-8.
trait Lossy {
    fn from_lossy(value: ValueRef<'_>) -> Self;
}

impl Lossy for Value {
    fn from_lossy(value: ValueRef<'_>) -> Self {
        match value {
            // A prefix distinguishes texts from blobs.
            ValueRef::Text(bytes) => Self::Blob([b"text:", bytes].concat()),
            ValueRef::Blob(bytes) => Self::Blob([b"blob:", bytes].concat()),
            ValueRef::Null => Self::Null,
            ValueRef::Integer(value) => Self::Integer(value),
            ValueRef::Real(value) => Self::Real(value),
        }
    }
}

/// Opens a connection with SQLite's own functions, and one with the host's.
fn both() -> (Connection, Connection) {
    let (own, ours) = (Connection::open_in_memory().expect("a database"), Connection::open_in_memory().expect("one"));
    register(&ours, &Arc::default()).expect("registered");
    (own, ours)
}

/// The pieces of arguments: letters of both cases, wildcards, brackets, blanks, digits, characters of two to four bytes, NUL
/// and invalid UTF-8.
const PIECES: [&[u8]; 34] = [
    b"a",
    b"a",
    b"A",
    b"b",
    b"B",
    b"%",
    b"%",
    b"_",
    b"*",
    b"*",
    b"?",
    b"[",
    b"]",
    b"^",
    b"-",
    b"[a-b]",
    b"[^a]",
    b"[]-]",
    b"\\",
    b"4",
    b"1f",
    b" ",
    "é".as_bytes(),
    "É".as_bytes(),
    "€".as_bytes(),
    "\u{10348}".as_bytes(),
    b"\0",
    b"\xc3",
    b"\xa9",
    b"\xff",
    b"\xf0\x9f",
    b"\xed\xa0\x80",
    b"\xfc\x80\x80\x80\x80\x80",
    "\u{fffd}".as_bytes(),
];

fn bytes(u: &mut Unstructured<'_>, pieces: usize) -> arbitrary::Result<Vec<u8>> {
    let count = u.int_in_range(0..=pieces)?;
    // Few kinds of pieces make matches likely.
    let (from, kinds) = (u.choose_index(PIECES.len())?, u.int_in_range(1..=6)?);
    let mut bytes = Vec::new();
    for _ in 0..count {
        let at = if u.ratio(1, 8)? { u.choose_index(PIECES.len())? } else { from + u.choose_index(kinds)? };
        bytes.extend_from_slice(PIECES[at % PIECES.len()]);
    }
    Ok(bytes)
}

/// Makes an argument and its placeholder: texts are bound as blobs and cast, as they need not be UTF-8.
fn argument(u: &mut Unstructured<'_>, pieces: usize) -> arbitrary::Result<(Value, &'static str)> {
    Ok(match u.int_in_range(0..=15)? {
        0 => (Value::Null, "?"),
        1 => (Value::Integer(*u.choose(&[0, 4, -1, 14, i64::MAX, i64::MIN])?), "?"),
        2 => (Value::Real(*u.choose(&[0.0, 4.0, -0.5, 1e300, 0.1, 1.0 / 3.0, f64::INFINITY, 123_456_789.125])?), "?"),
        3..=5 => (Value::Blob(bytes(u, pieces)?), "?"),
        _ => (Value::Blob(bytes(u, pieces)?), "CAST(? AS TEXT)"),
    })
}

const CALLS: [(&str, usize); 9] = [
    ("like", 2),
    ("like", 3),
    ("glob", 2),
    ("instr", 2),
    ("replace", 3),
    ("trim", 2),
    ("ltrim", 2),
    ("rtrim", 2),
    ("unhex", 2),
];

#[test]
fn they_are_what_sqlites_own_are() {
    let (own, ours) = both();
    arbtest::arbtest(|u| {
        let (name, count) = *u.choose(&CALLS)?;
        let mut arguments = Vec::new();
        for at in 0..count {
            // At most one piece: an escape has to be one character.
            let pieces = if at == 2 && name == "like" { 1 } else { 12 };
            arguments.push(argument(u, pieces)?);
        }
        let written: Vec<&str> = arguments.iter().map(|(_, written)| *written).collect();
        let call = format!("{name}({})", written.join(", "));
        let values: Vec<Value> = arguments.into_iter().map(|(value, _)| value).collect();
        assert_eq!(told(&ours, &call, &values), told(&own, &call, &values), "{call} of {values:?}");
        Ok(())
    })
    .budget_ms(3_000);
}

#[test]
fn patterns_match_as_sqlites_own_do() {
    let (own, ours) = both();
    let patterns = [
        "%", "", "_", "a%b", "%a_", "%%a", "%_%_a", "a%a%a%b", "é%", "%é", "É%", "A%B", "%\\", "\\%", "%\\%", "a_%",
        "[", "[]", "[]]", "[^]]", "[^]a]*", "[a-", "[a-]", "[--a]", "[a-b-c]", "*[a-c]*b", "*[^a]", "?*?", "*é?",
        "[é-ü]", "[^", "*[", "a*[b]*a",
    ];
    let texts = [
        "", "a", "ab", "AB", "aab", "b", "é", "É", "aé", "éa", "]", "-", "[", "%", "\\", "abcabcab", "aaaaaab", "ü",
        "a\\b", "_",
    ];
    for pattern in patterns {
        for text in texts {
            for call in ["like(?, ?)", r"like(?, ?, '\')", "like(?, ?, '%')", "like(?, ?, '_')", "glob(?, ?)"] {
                let values = [Value::from(pattern.to_owned()), Value::from(text.to_owned())];
                assert_eq!(told(&ours, call, &values), told(&own, call, &values), "{call} of {pattern} and {text}");
            }
        }
    }
    let long = |bytes: usize| [Value::from("a".repeat(bytes)), Value::Null];
    assert_eq!(told(&ours, "like(?, ?)", &long(10_000)), Ok(Value::Null));
    // SQLite's own limit is 50,000 bytes by default.
    let (our_error, error) = (
        told(&ours, "like(?, ?)", &long(10_001)).expect_err("long"),
        told(&own, "like(?, ?)", &long(50_001)).expect_err("long"),
    );
    assert_eq!(our_error, error);
}

/// The optimisation that the host's functions lose: SQLite uses an index for a pattern that begins with letters only with its own
/// function, and only for a literal, since plans do not depend on bind values.
#[test]
fn patterns_that_are_parameters_never_used_an_index() {
    let (own, ours) = both();
    for (connection, of_literals) in [(&own, "SEARCH"), (&ours, "SCAN")] {
        let stable = rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG;
        connection.set_db_config(stable, true).expect("set");
        connection
            .execute_batch(
                "CREATE TABLE t (v TEXT, w TEXT COLLATE NOCASE); CREATE INDEX i ON t (v); CREATE INDEX j ON t (w)",
            )
            .expect("made");
        for (condition, begins) in
            [("v GLOB ?", "SCAN"), ("w LIKE ?", "SCAN"), ("v GLOB 'a*'", of_literals), ("w LIKE 'a%'", of_literals)]
        {
            let sql = format!("EXPLAIN QUERY PLAN SELECT v FROM t WHERE {condition}");
            let mut plan = connection.prepare(&sql).expect("a plan");
            let values = vec!["a*"; plan.parameter_count()];
            let plan: String = plan.query_row(rusqlite::params_from_iter(values), |row| row.get(3)).expect("a row");
            assert!(plan.starts_with(begins), "{condition}: {plan}");
        }
    }
}

#[test]
fn bounded_ones_ask_sqlites_own() {
    let (own, ours) = both();
    let same = [
        "printf()",
        "printf(NULL)",
        "printf('plain')",
        "format('%5.2f|%-5s|%05d|%x|%%', 1.255, 'a', 7, 255)",
        "printf('%*d|%.*f', 5, 42, 2, 3.14159)",
        "printf('%s %s %s', 'only')",
        "printf('%q %Q %w', 'a''b', NULL, 'a\"b')",
        "printf('%,d %c %n%r', 1234567, 'é', 3)",
        "printf('%s', x'616263')",
        "printf('%s', x'ff61')",
        "printf('%s', x'ff61')",
        "json_patch('{\"a\":1}', '{\"b\":[2]}')",
        "json_array(json_patch('{\"a\":1}', '{\"a\":null}'))",
        "hex(jsonb_patch('{\"a\":1}', '{\"b\":2}'))",
        "json_patch(NULL, '{}')",
        "json_patch('{', '{}')",
        "json_pretty('{\"a\":[1,{\"b\":\"]]\\\"\"}]}')",
        "json_pretty('[1]', '\t')",
        "json_array(json_pretty('[1]'))",
        "json_pretty(jsonb('[1,[2]]'))",
        "json_pretty(NULL)",
        "json_pretty('[1]', NULL)",
    ];
    for call in same {
        assert_eq!(told(&ours, call, &[]), told(&own, call, &[]), "{call}");
    }
    let bombs = [
        "printf('%.15000000f', 1.5)",
        "printf('%*d', 15000000, 1)",
        "printf('%s%*d', 1, '15000000', 1)",
        "printf('%.*c', 1e9, 'x')",
        "printf(replace(hex(zeroblob(100000)), '0', '%f'), 1)",
        "json_patch('{\"a\":' || printf('%050d', 1) || replace(hex(zeroblob(30000)), '0', ' ') || '}', replace(hex(zeroblob(30000)), '0', ' '))",
        "json_pretty(replace(hex(zeroblob(500)), '0', '[') || replace(hex(zeroblob(50000)), '0', '1,'))",
        "json_pretty('/*\"*/' || replace(hex(zeroblob(50000)), '0', '[],'))",
    ];
    for call in bombs {
        let since = std::time::Instant::now();
        let error = told(&ours, call, &[]).expect_err(call);
        assert!(error.contains("too big"), "{call}: {error}");
        assert!(since.elapsed().as_millis() < 500, "{call}: {:?}", since.elapsed());
    }
    let deep =
        [("[]", 1), ("[[1],[{}]]", 3), (r#"["[[[", "\"[[", [1]]"#, 2), ("", 0), ("]][", 1), ("['[']", JSON_DEPTH)];
    for (document, depth) in deep {
        assert_eq!(bounded::depth(document.as_bytes()), depth, "{document}");
    }
}

#[test]
fn t31_they_end_when_they_are_stopped() {
    let hooks = Arc::new(Hooks::default());
    let connection = Connection::open_in_memory().expect("a database");
    register(&connection, &hooks).expect("registered");
    let (long, part) = ("a".repeat(1_200_000), "é".repeat(100_000) + "a");
    let pattern = "%".to_owned() + &"a".repeat(9_000) + "b%";
    let calls = [
        ("like(?2, ?1)", &pattern),
        (r"like(?2, ?1, '\')", &pattern),
        ("glob(replace(?2, '%', '*'), ?1)", &pattern),
        ("trim(?1, ?2)", &part),
        ("ltrim(?1, ?2)", &part),
        ("rtrim(?1, ?2)", &part),
        ("instr(?1, ?2)", &part),
        ("replace(?1, ?2, '')", &part),
        ("unhex(?1, ?2)", &part),
    ];
    for (call, other) in calls {
        let values = [Value::from(long.clone()), Value::from(other.clone())];
        hooks.arm();
        hooks.bound();
        let error = told(&connection, call, &values).expect_err(call);
        assert!(error.contains("interrupted") && hooks.was_moved(), "{call}: {error}");
        hooks.arm();
        std::thread::scope(|scope| {
            let since = std::time::Instant::now();
            scope.spawn(|| {
                std::thread::sleep(std::time::Duration::from_millis(50));
                hooks.stop();
            });
            let result = told(&connection, call, &values);
            assert!(since.elapsed().as_millis() < 1_000, "{call}: {:?}", since.elapsed());
            assert!(result.is_ok() || result.is_err_and(|error| error.contains("interrupted")), "{call}");
        });
    }
}

#[test]
fn t32_no_result_is_longer_than_a_value_may_be() {
    let (_, ours) = both();
    let values = [Value::from("a".repeat(20_000)), Value::from("b".repeat(20_000))];
    let error = told(&ours, "replace(?1, 'a', ?2)", &values).expect_err("too long");
    assert!(error.contains("too big"), "{error}");
}
