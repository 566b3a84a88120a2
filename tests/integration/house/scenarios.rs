//! `tests/SCENARIOS.md` and the table of `SECURITY.md` list the tests' subjects. Each id in a test's name is in a list, and each listed
//! id is in a test's name or its row gives the reason for having no test.

use std::{collections::BTreeMap, fs};

use sqlservice_tests::source;
use syn::{
    Attribute, ItemFn,
    visit::{self, Visit},
};

use super::none;

/// The marks by which a row gives a reason for having no test.
const REASONS: [&str; 3] = ["**no test**: ", "**open**: ", "**cannot apply**: "];

/// The names of a file's tests.
#[derive(Default)]
struct Tests(Vec<String>);

impl<'ast> Visit<'ast> for Tests {
    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        let is_test = |attribute: &Attribute| attribute.path().segments.last().is_some_and(|last| last.ident == "test");
        if item.attrs.iter().any(is_test) {
            self.0.push(item.sig.ident.to_string());
        }
        visit::visit_item_fn(self, item);
    }
}

/// Whether a part of a test's name is an id: a letter and two digits.
fn is_id(part: &str) -> bool {
    matches!(part.as_bytes(), [letter, tens, ones]
        if letter.is_ascii_lowercase() && tens.is_ascii_digit() && ones.is_ascii_digit())
}

/// The ids of a list in the spelling of test names, and whether their rows give a reason for having no test.
fn listed(text: &str) -> BTreeMap<String, bool> {
    let rows = text.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" | "));
    let ids = rows.map(|(id, row)| (id.replace('-', "").to_lowercase(), row)).filter(|(id, _)| is_id(id));
    ids.map(|(id, row)| (id, REASONS.iter().any(|reason| row.contains(reason)))).collect()
}

/// The ids that tests have and no list has, and the listed ids without a test or a reason.
fn differences(listed: &BTreeMap<String, bool>, tests: &[(String, String)]) -> Vec<String> {
    let mut untested = listed.clone();
    let mut findings = Vec::new();
    for (file, name) in tests {
        for id in name.split('_').filter(|part| is_id(part)) {
            untested.remove(id);
            if !listed.contains_key(id) {
                findings.push(format!("{file}: {name}: {id} is in no list"));
            }
        }
    }
    let untested = untested.into_iter().filter(|(_, says_why)| !says_why);
    findings.extend(untested.map(|(id, _)| format!("{id}: no test has it in its name, and its row does not say why")));
    findings
}

#[test]
fn each_id_has_a_test_and_each_test_an_id_that_is_listed() {
    let read = |file: &str| fs::read_to_string(source::root().join(file)).expect("a list");
    let (scenarios, threats) = (listed(&read("tests/SCENARIOS.md")), listed(&read("SECURITY.md")));
    assert!(scenarios.len() > 100, "{scenarios:?}");
    assert!(!scenarios.keys().any(|id| threats.contains_key(id)), "one id for a scenario and a threat");
    let mut tests = Vec::new();
    for file in source::rust() {
        let mut found = Tests::default();
        found.visit_file(&syn::parse_file(&file.text).unwrap_or_else(|error| panic!("{}: {error}", file.path)));
        tests.extend(found.0.into_iter().map(|name| (file.path.clone(), name)));
    }
    none(
        "the lists and the names of tests differ:",
        &differences(&scenarios.into_iter().chain(threats).collect(), &tests),
    );
}

#[test]
fn lists_and_tests_are_compared_in_both_directions() {
    let listed = listed(
        "| id | what |\n| --- | --- |\n| A01 | `ping` |\n| A02 | twice |\n| T-10 | a clock | **open**: it is fine | |\n| T-11 | a flood | |",
    );
    let tests = ["a01_t11_ping", "a01_again_and_b07_too", "utf16_and_x9_and_a011"]
        .map(|name| ("x.rs".to_owned(), name.to_owned()));
    let expected = [
        "x.rs: a01_again_and_b07_too: b07 is in no list",
        "a02: no test has it in its name, and its row does not say why",
    ];
    assert_eq!(differences(&listed, &tests), expected);
}
