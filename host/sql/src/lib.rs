//! Statements, schema and values as data: checked, ordered and rendered without any I/O.
//!
//! The same input gives the same bytes: nothing here waits, reads a clock or knows a driver.
// What a guest sends must never end the host.
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

pub mod batch;
pub mod cache;
pub mod capability;
pub mod catalog;
mod change_many;
mod check;
pub mod compile;
pub mod compiled;
pub mod ddl;
pub mod decimal;
pub mod dialect;
pub mod error;
pub mod fit;
pub mod flush;
pub mod insert_many;
pub mod lexer;
pub mod limit;
pub mod load;
mod options;
pub mod order;
mod plan;
pub mod portions;
pub mod quote;
pub mod raw;
mod read_many;
mod render;
pub mod schema;
pub mod statement;
pub mod summary;
pub mod types;
pub mod value;

pub use batch::{Batch, ColumnData, Vector};
pub use cache::Cache;
pub use capability::Capabilities;
pub use catalog::Catalog;
pub use compile::compile;
pub use compiled::Compiled;
pub use decimal::Decimal;
pub use dialect::Dialect;
pub use error::{Error, Result};
pub use fit::Fit;
pub use flush::Flush;
pub use insert_many::InsertMany;
pub use limit::Limits;
pub use load::Loading;
pub use portions::{Layout, Portion, Portions};
pub use summary::{Operation, Summary};
pub use value::{Scalar, Value};
