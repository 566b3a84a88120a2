//! Statements, schema and values as data: checked, ordered and rendered without any I/O.
//!
//! The same input gives the same bytes: nothing here waits, reads a clock or depends on a driver.
// Nothing that a guest sends may end the host.
#![cfg_attr(
    not(test),
    forbid(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::unreachable,
        clippy::todo,
        clippy::unimplemented,
        clippy::indexing_slicing,
        clippy::string_slice
    )
)]

pub mod batch;
pub mod bulk;
pub mod cache;
pub mod calendar;
pub mod capability;
pub mod catalog;
mod check;
pub mod compile;
pub mod compiled;
pub mod ddl;
pub mod decimal;
pub mod dialect;
pub mod error;
pub mod flush;
pub mod lexer;
pub mod limit;
pub mod load;
pub mod login;
mod options;
pub mod order;
pub mod policy;
pub mod raw;
mod render;
mod resolved;
pub mod schema;
pub mod sql;
pub mod statement;
pub mod summary;
pub mod types;
pub mod value;
pub mod value_bounds;
pub mod weight;

pub use batch::{Batch, ColumnData, Vector};
pub use bulk::{BulkStatements, Chunk, InsertMany, Layout};
pub use cache::Cache;
pub use capability::Capabilities;
pub use catalog::Catalog;
pub use compile::compile;
pub use compiled::Compiled;
pub use decimal::Decimal;
pub use dialect::Dialect;
pub use error::{Error, Result};
pub use flush::Flush;
pub use limit::Limits;
pub use load::Loading;
pub use policy::{Policy, Rules};
pub use sql::{Author, Sql, SqlWriter};
pub use summary::{Operation, Summary};
pub use value::{Scalar, Value};
pub use value_bounds::ValueBounds;
pub use weight::Weight;
