//! Row policies do not interfere: what a statement under rules does on a database that tenants share is what the same statement does
//! on a copy which holds one tenant's rows and nothing else. Rows, counts and errors are the same, and no row of others changes.
//!
//! `random` tries statements at random, for some seconds a database; `SQLSERVICE_POLICY_SECONDS` says for how many. A failure prints
//! the statement, the seed of the data and that of the statement, and is seen again with
//!
//! ```text
//! SQLSERVICE_POLICY_DATA=1 ARBTEST_SEED=0x… cargo test -p sqlservice-db --test policy random::postgres
//! ```
//!
//! With `SQLSERVICE_POLICY_SHRINK=1` a shorter case that fails, too, is looked for as long as the time allows.
//!
//! How errors tell of hidden rows: rows that the tenant does not see hold values with which expressions fail, and rows that it sees do
//! not. So whatever order a database evaluates conditions in, the copy never fails by a value, and any such failure is a leak.
//!
//! `directed` has a test for each way in which policies are known to leak.

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
