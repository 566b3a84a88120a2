//! The table of languages and cases in `tests/languages/README.md`: it must agree with the tests' results.

use std::{collections::BTreeMap, fs};

use sqlservice_tests::{
    Backend,
    languages::{self, Outcome, Report},
    source,
};

const FILE: &str = "tests/languages/README.md";
const BEGIN: &str = "<!-- cases: begin -->\n";
const END: &str = "<!-- cases: end -->";

/// The languages, in the order of their columns.
const LANGUAGES: [&str; 5] = ["Rust", "Python", "JavaScript", "Go", "C"];

/// The databases of a case, as its row lists them.
fn databases(case: &languages::Case) -> String {
    let on = |backend: &Backend| case.is_for(*backend);
    if Backend::ALL.iter().all(on) {
        return "all".to_owned();
    }
    Backend::ALL.iter().filter(|backend| on(backend)).map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// The table. Every language passes every case, because the language's test fails otherwise.
fn text() -> String {
    let head = format!(
        "| case | databases | {} |\n| --- | --- |{}\n",
        LANGUAGES.join(" | "),
        " :-: |".repeat(LANGUAGES.len())
    );
    let row = |case: languages::Case| {
        format!("| {} | {} |{}\n", case.name, databases(&case), " yes |".repeat(LANGUAGES.len()))
    };
    head + &languages::cases().into_iter().map(row).collect::<String>()
}

#[test]
fn the_readme_has_every_case() {
    let readme = fs::read_to_string(source::root().join(FILE)).expect("a README");
    let (_, table) = readme.split_once(BEGIN).expect("the table's begin");
    let (table, _) = table.split_once(END).expect("the table's end");
    assert!(table == text(), "the table of {FILE} is not that of the cases, which is:\n{}", text());
}

/// Panics unless a language passed every case on each database of the case.
pub(super) fn check(language: &str, reports: &[Report]) {
    assert!(LANGUAGES.contains(&language), "the table has no column {language}");
    let mut done: BTreeMap<&str, Vec<Backend>> = BTreeMap::new();
    for report in reports.iter().filter(|report| report.outcome == Outcome::Passed) {
        done.entry(&report.case).or_default().push(report.backend);
    }
    for case in languages::cases() {
        let wanted = Backend::ALL.iter().filter(|backend| case.is_for(**backend)).count();
        let passed = done.get(case.name.as_str()).map_or(0, Vec::len);
        assert_eq!(passed, wanted, "{language}: {:?} is for {wanted} databases and passed on {passed}", case.name);
    }
}
