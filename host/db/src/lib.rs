//! Pools, connection tasks, transactions and reflection for SQLite, PostgreSQL and MySQL/MariaDB.
//!
//! The only crate that names sqlx. A connection that is checked out belongs to the host, never to the future that uses it:
//! whatever is dropped, at any await, the connection goes back clean or is closed.
// What a guest sends must never end the host.
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

mod ask;
mod backend;
mod budget;
mod bulk;
mod commit;
mod cursor;
mod database;
mod ddl;
pub mod error;
mod fair;
pub mod feed;
mod flush;
mod lease;
mod limit;
mod load;
pub mod login;
pub mod observe;
mod pool;
pub mod reflect;
mod run;
mod savepoint;
mod session;
pub mod settings;
mod storage;
mod transaction;
mod url;
mod whole;

pub use backend::sqlite::keep_idle_files;
pub use cursor::Cursor;
pub use database::Database;
pub use error::{Error, Result};
pub use flush::FlushError;
pub use limit::{ServerLimit, ServerStatus};
pub use load::{Root, Rows};
pub use login::{Finding, Severity};
pub use observe::{Event, Observer, Scope};
pub use pool::PoolStatus;
pub use reflect::ReflectOptions;
pub use run::Answer;
pub use savepoint::Savepoint;
pub use session::Session;
pub use settings::{Durability, Isolation, RunOptions, Settings, TransactionOptions};
