//! Runs the cases of `tests/languages` with a component, and prints each case and database with what differed.
//!
//! `cargo run -p sqlservice-tests --example languages -- COMPONENT [--case TEXT] [--database sqlite|postgresql|mariadb]`

use clap::Parser;
use sqlservice_tests::{
    Backend,
    languages::{self, Outcome, Report},
};

/// Runs the list of cases for all languages with one component.
#[derive(Parser)]
struct Arguments {
    /// The component: an SDK's guest of `tests/languages`.
    component: String,
    /// Only cases with this in their name.
    #[arg(long)]
    case: Option<String>,
    /// Only on this database; all where nothing is said.
    #[arg(long)]
    database: Option<String>,
}

fn main() {
    let asked = Arguments::parse();
    let mut cases = languages::cases();
    cases.retain(|case| asked.case.as_ref().is_none_or(|part| case.name.contains(part)));
    let mut backends = Backend::ALL.to_vec();
    backends.retain(|backend| {
        asked.database.as_ref().is_none_or(|part| backend.to_string().to_lowercase().contains(&part.to_lowercase()))
    });
    let reports = languages::run(&asked.component, &cases, &backends, tell);
    let failed = reports.iter().filter(|report| matches!(report.outcome, Outcome::Failed(_))).count();
    println!("{} cases on {} databases, {failed} failed", cases.len(), backends.len());
    std::process::exit(i32::from(failed > 0 || reports.is_empty()));
}

fn tell(report: &Report) {
    let Report { case, backend, outcome } = report;
    match outcome {
        Outcome::Passed => println!("ok      {backend}: {case}"),
        Outcome::NotHere(why) => println!("not run {backend}: {case} ({why})"),
        Outcome::Failed(wrong) => {
            println!("FAILED  {backend}: {case}");
            wrong.iter().for_each(|line| println!("        {line}"));
        }
    }
}
