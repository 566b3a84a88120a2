//! SQLite: sqlx opens the connection, the host steps its statements, long ones on a blocking thread.

mod bind;
mod cancel;
mod connect;
mod connection;
mod create;
mod decimal;
mod decode;
mod error;
mod file;
mod function;
mod handle;
mod hooks;
mod idle_files;
pub(crate) mod login;
mod record;
pub(crate) mod reflect;
mod run;
pub(crate) mod tables;
mod types;
mod writers;

pub(crate) use cancel::SqliteCancelHandle;
pub(crate) use connect::SqlitePool;
pub(crate) use connection::SqliteBackendConnection;
pub(crate) use file::SqliteFile;
pub use idle_files::keep_idle_files;
