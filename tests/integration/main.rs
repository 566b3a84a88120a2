//! The one integration binary: house rules, the contract, the READMEs, and the acceptance scenarios and threats by their subjects.
//!
//! A scenario `A02` or a threat `T-25` is the test whose name begins so: `ddl::create_all::a02_…`, `injection::t25_…`. `tests/SCENARIOS.md` and
//! `SECURITY.md` list them; ARCHITECTURE.md says how to add one.

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
