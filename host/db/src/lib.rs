//! Pools, connection tasks, transactions and reflection for SQLite, PostgreSQL and MySQL/MariaDB.
//!
//! The only crate that names sqlx. A connection that is checked out belongs to the host, never to the future that uses it: if that future
//! is dropped, at any await, the connection goes back clean or is closed.
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

mod backend;
mod cursor;
mod database;
pub mod error;
mod fair;
mod guard;
mod inner;
mod limit;
pub mod login;
pub mod observe;
mod operation;
mod pool;
mod queue;
pub mod row_sink;
mod savepoint;
mod session;
pub mod settings;
mod storage;
mod task;
mod transaction;
mod url;

pub use backend::sqlite::keep_idle_files;
pub use cursor::Cursor;
pub use database::Database;
pub use error::{Error, Result};
pub use limit::{ServerLimit, ServerStatus};
pub use login::{Finding, Severity};
pub use observe::{Event, Observer, Scope};
pub use operation::{
    flush::FlushError,
    load::{LoadedRows, Root},
    reflect::options::ReflectOptions,
    statement::ResultSet,
};
pub use pool::PoolStatus;
pub use savepoint::Savepoint;
pub use session::Session;
pub use settings::{Durability, Isolation, RunOptions, Settings, TransactionOptions};
