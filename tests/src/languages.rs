//! The cases that the SDKs of all languages must pass alike: `tests/languages/README.md` describes their files.

mod outcome;

use std::{fs, path::Path};

use serde_json::Value;
use sqlservice_host::Val;

use crate::{Backend, Fixture, for_each_within};

pub use outcome::difference;

/// The time limit of all cases on one database.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(600);

/// The tables of the models, referring ones first.
const TABLES: [&str; 6] = ["device_tags", "tags", "devices", "users", "accounts", "kinds"];

/// A case of the list.
#[derive(Clone, Debug)]
pub struct Case {
    /// The property that the case checks.
    pub name: String,
    /// The capability that a database must have, or must not have.
    only: Option<(String, bool)>,
    steps: Vec<Value>,
    gives: Vec<Value>,
}

/// The outcome of a case.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Every step gave the expected result.
    Passed,
    /// The case is for databases with other capabilities.
    NotHere(String),
    /// One line for each step with another result.
    Failed(Vec<String>),
}

/// The outcome of one case on one database.
#[derive(Clone, Debug)]
pub struct Report {
    /// The case's name.
    pub case: String,
    /// The database.
    pub backend: Backend,
    /// The outcome.
    pub outcome: Outcome,
}

/// All cases, by their files.
///
/// # Panics
///
/// If a file differs from the README's format: an ignored key would be an untested case.
pub fn cases() -> Vec<Case> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("languages/cases");
    let mut files: Vec<_> =
        fs::read_dir(&dir).expect("the cases").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files.iter().flat_map(|file| cases_of(file)).collect()
}

fn cases_of(file: &Path) -> Vec<Case> {
    let text = fs::read_to_string(file).expect("a file of cases");
    let cases: Vec<Value> = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    cases.into_iter().map(|case| case_of(case, file)).collect()
}

fn case_of(mut case: Value, file: &Path) -> Case {
    let object = case.as_object_mut().unwrap_or_else(|| panic!("{}: a case is an object", file.display()));
    let mut text = |key: &str| object.remove(key).and_then(|value| value.as_str().map(str::to_owned));
    let name = text("name").unwrap_or_else(|| panic!("{}: a case has no name", file.display()));
    let only = text("if").map(|word| (word, true)).or_else(|| text("unless").map(|word| (word, false)));
    let steps = object.remove("steps").and_then(|steps| steps.as_array().cloned());
    let mut steps = steps.unwrap_or_else(|| panic!("{name}: no steps"));
    assert!(object.is_empty(), "{name}: keys that a case does not have: {object:?}");
    let gives = steps.iter_mut().map(|step| take_gives(step, &name)).collect();
    Case { name, only, steps, gives }
}

fn take_gives(step: &mut Value, case: &str) -> Value {
    let gives = step.as_object_mut().and_then(|step| step.remove("gives"));
    gives.unwrap_or_else(|| panic!("{case}: the step {step} does not say what it gives"))
}

/// Runs cases of a component on these databases, one after the other; calls `told` with each report as the case ends.
pub fn run(component: &str, cases: &[Case], backends: &[Backend], told: impl Fn(&Report)) -> Vec<Report> {
    let reports = std::sync::Mutex::new(Vec::new());
    for_each_within(PATIENCE, backends, async |fixture| {
        for case in cases {
            let outcome = run_case(fixture, component, case).await;
            let report = Report { case: case.name.clone(), backend: fixture.backend(), outcome };
            told(&report);
            reports.lock().expect("no panic while it was held").push(report);
        }
    });
    reports.into_inner().expect("no panic while it was held")
}

impl Case {
    /// Whether the case applies to databases of this kind.
    pub fn is_for(&self, backend: Backend) -> bool {
        let Some((capability, wanted)) = &self.only else { return true };
        let has = |backend: Backend| backend.dialect().capabilities().names().any(|name| name == capability);
        // A misspelt capability would be a case that never runs.
        assert!(Backend::ALL.into_iter().any(has), "{}: no database has the capability {capability:?}", self.name);
        has(backend) == *wanted
    }

    /// The capability that excludes the case.
    fn why_not(&self) -> String {
        let (capability, wanted) = self.only.as_ref().map_or(("", false), |(word, wanted)| (word, *wanted));
        format!("{} {capability}", if wanted { "without" } else { "with" })
    }
}

/// Runs a case in a database whose tables were dropped.
async fn run_case(fixture: &Fixture, component: &str, case: &Case) -> Outcome {
    if !case.is_for(fixture.backend()) {
        return Outcome::NotHere(case.why_not());
    }
    drop_tables(fixture).await;
    let steps = Value::Array(case.steps.clone()).to_string();
    let mut instance = fixture.instance(component).await;
    let answer = instance.call("run-case", &[Val::String(steps)]).await;
    drop(instance);
    fixture.settle().await;
    match answer {
        Ok(Some(Val::String(text))) => judge(case, &text),
        other => Outcome::Failed(vec![format!("run-case gives {other:?}")]),
    }
}

/// Drops the tables over a separate connection, independent of any SDK.
async fn drop_tables(fixture: &Fixture) {
    let mut outside = fixture.outside().await;
    for table in TABLES {
        outside.execute(&format!("DROP TABLE IF EXISTS {table}")).await;
    }
}

fn judge(case: &Case, text: &str) -> Outcome {
    let outcomes: Vec<Value> = match serde_json::from_str(text) {
        Ok(outcomes) => outcomes,
        Err(error) => return Outcome::Failed(vec![format!("the answer is no list of outcomes: {error}: {text}")]),
    };
    let mut wrong = Vec::new();
    if outcomes.len() != case.steps.len() {
        wrong.push(format!("{} steps have {} outcomes", case.steps.len(), outcomes.len()));
    }
    for (at, (gives, outcome)) in case.gives.iter().zip(&outcomes).enumerate() {
        if let Some(difference) = difference(gives, outcome) {
            wrong.push(format!("step {at}, {}: {difference}; it gave {outcome}", case.steps[at]["do"]));
        }
    }
    if wrong.is_empty() { Outcome::Passed } else { Outcome::Failed(wrong) }
}
