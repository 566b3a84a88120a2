//! Pools, connection tasks, transactions and reflection for SQLite, PostgreSQL and MySQL/MariaDB.
//!
//! The only crate that names sqlx. A connection that is checked out belongs to the host, never to the future that uses it:
//! whatever is dropped, at any await, the connection goes back clean or is closed.

mod backend;
pub mod error;
pub mod feed;
pub mod settings;

pub use error::{Error, Result};
pub use settings::{Isolation, Settings};
