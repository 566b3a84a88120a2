//! The backend for MySQL and MariaDB, which speak one protocol. Each backend has the same modules.

pub(crate) mod bind;
pub(crate) mod cancel;
pub(crate) mod connect;
pub(crate) mod connection;
pub(crate) mod decode;
pub(crate) mod error;
pub(crate) mod login;
pub(crate) mod record;
pub(crate) mod reflect;
pub(crate) mod run;
pub(crate) mod tables;
pub(crate) mod types;

pub(crate) use cancel::MysqlCancelHandle;
pub(crate) use connect::MysqlPool;
pub(crate) use connection::MysqlBackendConnection;
