//! Statements and their result sets.

mod change;
mod condition;
mod cursor;
mod function;
mod insert;
mod join;
mod last_key;
mod odd_name;
mod parameters;
mod prepared;
mod result;
mod returning;
mod select;

use sqlservice_tests::Fixture;

use crate::scene::Scene;

/// Fails unless an export returns exactly these lines.
async fn assert_saw(fixture: &Fixture, export: &str, expected: &[&str]) {
    assert_eq!(Scene::new(fixture).saw(export, &[]).await, expected, "{export} on {}", fixture.backend());
}

/// The expected line: the result where the database has the capability, else the refusal.
fn where_it_can<'a>(can: bool, seen: &'a str, refusal: &'a str) -> &'a str {
    if can { seen } else { refusal }
}
