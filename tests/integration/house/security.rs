//! `SECURITY.md` has a row for each threat, and the tests that it names exist.

use std::{collections::BTreeMap, fs};

use sqlservice_tests::source;

use super::none;

/// The number of threats, which are numbered from 1.
const THREATS: usize = 80;

#[test]
fn security_lists_every_threat_and_names_only_tests_that_exist() {
    let text = fs::read_to_string(source::root().join("SECURITY.md")).expect("SECURITY.md");
    let sources: BTreeMap<String, String> = source::rust().into_iter().map(|file| (file.path, file.text)).collect();
    let (mut ids, mut findings) = (Vec::new(), Vec::new());
    for line in text.lines().filter(|line| line.starts_with("| T-")) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let ["", id, _, holds, tests, ""] = cells[..] else {
            findings.push(format!("{line}: no row of four cells"));
            continue;
        };
        ids.push(id.to_owned());
        let tests: Vec<&str> = tests.split('`').skip(1).step_by(2).collect();
        let says_why = holds.contains("**open**") || holds.contains("**cannot apply**");
        if tests.is_empty() && !says_why {
            findings.push(format!("{id}: no test, and neither open nor cannot apply"));
        }
        let missing = tests.into_iter().filter(|test| !is_there(test, &sources));
        findings.extend(missing.map(|test| format!("{id}: there is no {test}")));
    }
    none("SECURITY.md says what is not so:", &findings);
    let all: Vec<String> = (1..=THREATS).map(|number| format!("T-{number:02}")).collect();
    assert_eq!(ids, all, "each threat has one row, in their order");
}

/// Whether a test exists in the file that it names: `module::name` in the integration tests, `file: name` in those of other crates.
pub(crate) fn is_there(test: &str, sources: &BTreeMap<String, String>) -> bool {
    let (file, name) = match (test.split_once(": "), test.rsplit_once("::")) {
        (Some((file, name)), _) => (file.to_owned(), name),
        (None, Some((module, name))) => (format!("tests/integration/{}.rs", module.replace("::", "/")), name),
        (None, None) => return false,
    };
    sources.get(&file).is_some_and(|text| text.contains(&format!("fn {name}(")))
}

#[test]
fn tests_are_found_where_their_names_say() {
    let text = "async fn t01_it_ends() {}".to_owned();
    let sources: BTreeMap<String, String> = ["tests/integration/limits/memory.rs", "host/db/tests/session.rs"]
        .map(|path| (path.to_owned(), text.clone()))
        .into();
    for there in ["limits::memory::t01_it_ends", "host/db/tests/session.rs: t01_it_ends"] {
        assert!(is_there(there, &sources), "{there}");
    }
    for missing in [
        "limits::t01_it_ends",
        "limits::memory::t01_it",
        "t01_it_ends",
        "host/db/tests/cancellation.rs: t01_it_ends",
        "",
    ] {
        assert!(!is_there(missing, &sources), "{missing}");
    }
}
