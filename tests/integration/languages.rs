//! One list of cases for the SDKs of all languages: each language's guest passes all of them, on every database. Their table is in
//! `tests/languages/README.md`.

mod hostile;
mod mistakes;
mod outside;
mod table;

use std::path::{Path, PathBuf};

use sqlservice_tests::{
    Backend,
    languages::{self, Outcome, Report},
};

use crate::readme;

/// Runs all cases with a language's guest, and compares the results with the language's column of the table.
fn does_the_list(language: &str, component: &Path) {
    let component = component.to_str().expect("a path in UTF-8");
    let reports = languages::run(component, &languages::cases(), &Backend::ALL, |_| {});
    let failed: Vec<String> = reports.iter().filter_map(told).collect();
    assert!(failed.is_empty(), "{language} does not do all of the list:\n{}", failed.join("\n"));
    table::check(language, &reports);
}

/// Describes the failure of a case, if it failed.
fn told(report: &Report) -> Option<String> {
    let Outcome::Failed(wrong) = &report.outcome else { return None };
    Some(format!("{}: {}\n    {}", report.backend, report.case, wrong.join("\n    ")))
}

/// Builds the component of a project in another language than Rust, as `sqlservice build` does.
pub(crate) fn built(project: &str) -> PathBuf {
    // Makes sure that the command itself is built.
    readme::programs();
    xtask::languages::build(project).unwrap_or_else(|error| panic!("{project}: {error:#}")).component
}

#[test]
fn python_does_the_list() {
    does_the_list("Python", &built("tests/languages/python"));
}

#[test]
fn javascript_does_the_list() {
    does_the_list("JavaScript", &built("tests/languages/javascript"));
}

#[test]
fn go_does_the_list() {
    does_the_list("Go", &built("tests/languages/go"));
}

#[test]
fn c_does_the_list() {
    does_the_list("C", &built("tests/languages/c"));
}

#[test]
fn rust_does_the_list() {
    does_the_list("Rust", Path::new(sqlservice_tests::component::LANGUAGE_RUST));
}

/// A guest that returns other results, or none, does not pass.
#[test]
fn a_guest_that_does_other_things_is_told() {
    let given = serde_json::json!({"rows": [[1, "ann"]], "error": {"code": "x"}});
    let other = [
        serde_json::json!({"rows": [[1, "bob"]]}),
        serde_json::json!({"rows": [[1, "ann"], [2, "bob"]]}),
        serde_json::json!({"error": {"code": "y"}}),
        serde_json::json!({}),
    ];
    assert_eq!(languages::difference(&serde_json::json!({"rows": [[1, "…"]], "error": {}}), &given), None);
    for gives in other {
        assert!(languages::difference(&gives, &given).is_some(), "{gives}");
    }
}
