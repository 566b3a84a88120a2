//! Row policies prevent interference: under rules, a statement has the same effects on a database that tenants share as on a copy that
//! holds only one tenant's rows. Rows, counts and errors are equal, and no row of another tenant changes.
//!
//! `random` tries random statements, for some seconds on each database; `SQLSERVICE_POLICY_SECONDS` sets their number. A failure prints the
//! statement, the seed of the data and that of the statement, and is reproduced with
//!
//! ```text
//! SQLSERVICE_POLICY_DATA=1 ARBTEST_SEED=0x… cargo test -p sqlservice-db --test policy random::postgres
//! ```
//!
//! With `SQLSERVICE_POLICY_SHRINK=1` the test searches for a shorter failing case within the time limit.
//!
//! Errors reveal leaks: rows that the tenant does not see hold values for which expressions fail, and visible rows do not. So in whatever
//! order a database evaluates conditions, the copy never fails because of a value, and any such failure is a leak.
//!
//! `directed` has a test for each known way to leak data past a policy.

#[path = "../../../sql/tests/statement/build.rs"]
#[allow(dead_code, reason = "only a part is used here")]
mod build;
mod bulk;
mod change;
mod data;
#[path = "../../../sql/tests/fuzz/dice.rs"]
#[allow(dead_code, reason = "only a part is used here")]
mod dice;
mod directed;
mod expression;
mod maker;
mod outcome;
#[path = "../schema/place.rs"]
#[allow(dead_code, reason = "only a part is used here")]
mod place;
mod query;
mod random;
mod tables;
mod world;
