//! The one integration test binary: house rules, the contract, the READMEs, and the acceptance scenarios and threats by subject.
//!
//! The name of a test begins with its scenario or threat: `ddl::create_all::a02_…` for `A02`, `injection::t25_…` for `T-25`.
//! `tests/SCENARIOS.md` and `SECURITY.md` list them; ARCHITECTURE.md describes how to add one.

mod access;
mod alone;
mod bare;
mod bench;
mod cancellation;
mod cli;
mod compile_cache;
mod connection;
mod contract;
mod ddl;
mod embed;
mod error;
mod fixture;
mod flush;
mod house;
mod injection;
mod instances;
mod inventory;
mod isolation;
mod languages;
mod lifecycle;
mod limits;
mod linker;
mod load;
mod mysql;
mod observe;
mod orm;
mod query;
mod readme;
mod reflection;
mod sandbox;
mod scene;
mod session;
mod statement;
mod transaction;
mod types;
mod unit_of_work;
