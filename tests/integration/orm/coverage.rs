//! `ORM-COVERAGE.md` names only tests that exist.

use std::collections::{BTreeMap, BTreeSet};

use sqlservice_tests::source;

use crate::house::security::is_there;

/// The verdicts that a line of the list may give, by their beginnings.
const VERDICTS: [&str; 4] = ["holds: ", "differs because ", "not possible because ", "open: "];

#[test]
fn the_list_of_behaviours_is_well_formed_and_names_only_tests_that_exist() {
    let path = source::root().join("tests/ORM-COVERAGE.md");
    let text = std::fs::read_to_string(path).expect("the list");
    let sources: BTreeMap<String, String> = source::rust().into_iter().map(|file| (file.path, file.text)).collect();
    let guest = sources.iter().filter(|(path, _)| path.starts_with("tests/guests/orm/"));
    let cases: String = guest.map(|(_, text)| text.as_str()).collect();
    let functions: BTreeSet<&str> = cases
        .split("fn ")
        .skip(1)
        .filter_map(|rest| rest.split(|letter: char| !letter.is_alphanumeric() && letter != '_').next())
        .collect();
    let mut findings = Vec::new();
    let mut behaviours = 0;
    for (number, line) in (1..).zip(text.lines()) {
        let Some(behaviour) = line.strip_prefix("- ") else { continue };
        behaviours += 1;
        let verdict = behaviour.split_once(" — ").map(|(_, verdict)| verdict);
        match verdict {
            Some(verdict) if VERDICTS.iter().any(|known| verdict.starts_with(known)) => {
                let named: Vec<&str> = verdict.split('`').skip(1).step_by(2).collect();
                if verdict.starts_with("holds: ") && !named.iter().any(|name| name.contains("::")) {
                    findings.push(format!("{number}: names no test"));
                }
                let tests = named.iter().filter(|name| name.contains("::"));
                let missing = tests.filter(|name| match name.strip_prefix("orm::") {
                    Some(case) => !functions.contains(case.rsplit("::").next().unwrap_or(case)),
                    None => !is_there(name, &sources),
                });
                findings.extend(missing.map(|name| format!("{number}: there is no {name}")));
            }
            _ => findings.push(format!("{number}: no verdict after a dash")),
        }
    }
    assert!(behaviours > 300, "{behaviours} behaviours");
    assert!(findings.is_empty(), "tests/ORM-COVERAGE.md:\n{}", findings.join("\n"));
}
