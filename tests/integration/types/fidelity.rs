//! E10: whether each database keeps values of every kind. Guests generate values from a seed, send them and compare them with the
//! values that they read back; the SDK's documentation has the table of the outcomes.

use std::{
    fmt::Write as _,
    fs,
    hash::{BuildHasher as _, RandomState},
};

use sqlservice_host::Val;
use sqlservice_tests::{Backend, Fixture, for_each, source};

use crate::scene::Scene;

const FILE: &str = "guest-sdk/rust/src/value.rs";

const BEGIN: &str = "//! <!-- fidelity: begin -->\n";

const END: &str = "//! <!-- fidelity: end -->\n";

/// The seed of the values that are the same in every run; each run draws a second seed for others.
const SEED: u64 = 2012;

/// The number of values of each class, besides the edge cases.
const VALUES: u32 = 60;

/// Returns the outcome of each class of values on a database, in order: kind, values, outcome.
fn observed(backend: Backend, seed: u64) -> Vec<[String; 3]> {
    let mut seen = Vec::new();
    let lines = std::sync::Mutex::new(&mut seen);
    for_each(&[backend], async |fixture: &Fixture| {
        let saw = Scene::new(fixture).saw("types-fidelity", &[Val::U64(seed), Val::U32(VALUES)]).await;
        for line in saw {
            let parts: Vec<&str> = line.splitn(3, '|').collect();
            let parts = parts.try_into().unwrap_or_else(|_| panic!("{line} has three parts"));
            lines.lock().expect("no panic while it was held").push(<[&str; 3]>::map(parts, str::to_owned));
        }
    });
    seen
}

/// Returns the table as the documentation has it, which is the same for each seed.
fn table(seed: u64) -> String {
    let [sqlite, postgres, mariadb] = Backend::ALL.map(|backend| observed(backend, seed));
    let mut wrong = Vec::new();
    let mut table =
        "//! | kind | values | SQLite | PostgreSQL | MariaDB |\n//! | --- | --- | --- | --- | --- |\n".to_owned();
    for ((sqlite, postgres), mariadb) in sqlite.iter().zip(&postgres).zip(&mariadb) {
        let cells = [sqlite, postgres, mariadb].map(|[kind, values, outcome]| {
            assert_eq!([kind, values], [&sqlite[0], &sqlite[1]], "the databases saw other classes");
            match outcome.as_str() {
                kept @ ("exact" | "equal") => kept.to_owned(),
                integrity if integrity.starts_with("integrity check ") => "`integrity`".to_owned(),
                refused @ ("data" | "type-mismatch value" | "unsupported arrays") => {
                    format!("`{}`", refused.split(' ').next().expect("a word"))
                }
                other => {
                    wrong.push(format!("{kind}, {values}: {other}"));
                    "wrong".to_owned()
                }
            }
        });
        writeln!(table, "//! | {} | {} | {} |", sqlite[0], sqlite[1], cells.join(" | ")).expect("a string");
    }
    assert!(wrong.is_empty(), "with the seed {seed}: {wrong:#?}\n{table}");
    table
}

#[test]
fn e10_the_table_of_what_each_database_keeps_is_true() {
    let document = fs::read_to_string(source::root().join(FILE)).expect("the SDK");
    let begin = document.find(BEGIN).expect("the table's begin") + BEGIN.len();
    let end = document.find(END).expect("the table's end");
    for seed in [SEED, RandomState::new().hash_one(SEED)] {
        let table = table(seed);
        assert!(document[begin..end] == table, "{FILE} has another table than was seen with the seed {seed}:\n{table}");
    }
}
