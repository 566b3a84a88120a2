//! The errors of the contract's calls, and of the embedding API.

use crate::bindings::sqlservice::database::errors;
pub use crate::bindings::sqlservice::database::errors::{Detail, Failure};

/// The failure of a guest's call: an error value that the guest can handle, or a trap that ends it.
#[derive(Debug)]
pub enum SqlError {
    /// A failure in the contract's own form.
    Guest(Box<errors::Failure>),
    /// A database error. The guest gets the parts that it may see; the rest goes to the host's log, with the tenant and plugin.
    Database(Box<sqlservice_db::Error>),
    /// A database error in one change of a flush.
    Flush(Box<sqlservice_db::FlushError>),
    /// The guest broke the component model's rules, or the host cannot continue with it.
    Trap(wasmtime::Error),
}

impl From<errors::Failure> for SqlError {
    fn from(error: errors::Failure) -> Self {
        Self::Guest(Box::new(error))
    }
}

impl From<sqlservice_db::Error> for SqlError {
    fn from(error: sqlservice_db::Error) -> Self {
        Self::Database(Box::new(error))
    }
}

impl From<sqlservice_db::FlushError> for SqlError {
    fn from(error: sqlservice_db::FlushError) -> Self {
        Self::Flush(Box::new(error))
    }
}

impl From<sqlservice_sql::Error> for SqlError {
    fn from(error: sqlservice_sql::Error) -> Self {
        sqlservice_db::Error::from(error).into()
    }
}

impl From<wasmtime::component::ResourceTableError> for SqlError {
    fn from(error: wasmtime::component::ResourceTableError) -> Self {
        // The guest filled its resource table up to the limit, or passed an invalid handle.
        Self::Trap(error.into())
    }
}

/// An error of the embedding API.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A database's URL or settings are invalid. The text holds no secret.
    #[error("database {name:?}: {source}")]
    Database {
        /// The name of the grant.
        name: String,
        /// The cause.
        source: sqlservice_db::Error,
    },
    /// Two databases were granted under one name.
    #[error("two databases are granted as {0:?}; give one of them another name")]
    DuplicateDatabase(String),
    /// SQL text, which can read and drop any table, was granted together with some tables or the plugin's own tables only; or a policy
    /// together with schema changes.
    #[error(
        "database {0:?} is granted with some tables, own tables or a policy, and with SQL text or changes of the schema, which reach all; \
         leave out one of them"
    )]
    ContradictoryGrant(String),
    /// A policy cannot be used for a tenant.
    #[error("the policy of database {name:?}: {source}")]
    Policy {
        /// The name of the database.
        name: String,
        /// The cause.
        source: Box<sqlservice_sql::policy::PolicyError>,
    },
    /// A directory that was to be granted cannot be opened.
    #[error("directory {path:?} cannot be opened: {source}")]
    Directory {
        /// The host's path.
        path: std::path::PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The directory for compiled components cannot be used, or must not be.
    #[error("compiled components cannot be kept in {path:?}: {source}")]
    CompileCache {
        /// The path of the directory.
        path: std::path::PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// All permits for instances were taken, and none became free within the time that the host waits for one.
    #[error("all {instances} instances were in use for {waited:?}; let calls end, or raise the limit of instances")]
    InstanceTimeout {
        /// The limit of instances.
        instances: u32,
        /// How long the caller waited.
        waited: std::time::Duration,
    },
    /// All permits for instances are taken, and the queue for one is full.
    #[error("all instances are in use and {waiters} callers wait for one already")]
    InstanceQueueFull {
        /// The limit of callers that wait.
        waiters: u32,
    },
    /// The component has more memories, tables or inner instances than the sandbox has left, or the tenant's memory has no room for its
    /// stack.
    #[error("the sandbox has no room for another instance now: {0:#}")]
    NoRoom(#[source] wasmtime::Error),
    /// The sandbox cannot be set up with these settings.
    #[error("the sandbox cannot be set up: {0}")]
    Engine(#[source] wasmtime::Error),
    /// The component's file cannot be read.
    #[error("{} cannot be read: {source}", .path.display())]
    Unreadable {
        /// The file.
        path: std::path::PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The bytes are no component.
    #[error("{0}")]
    NotAComponent(String),
    /// The component exceeds the host's size limit.
    #[error("the component has {size} bytes and the limit is {limit}")]
    TooLarge {
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// The component is too complex: it has too many parts, or takes too long or too much memory to compile.
    #[error("the component {0}")]
    TooComplex(String),
    /// The process that compiles components cannot be started, or its pipes failed.
    #[error("the program {} cannot compile: {source}", .program.display())]
    CompileProcess {
        /// The program.
        program: std::path::PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The component has imports that the host does not offer or grant.
    #[error("the component imports what this host does not offer: {}", .0.join(", "))]
    MissingImports(Vec<String>),
    /// The component cannot be compiled or linked.
    #[error("the component cannot be used: {0:#}")]
    Unusable(#[source] wasmtime::Error),
    /// There is no exported function of that name.
    #[error("there is no exported function {name:?}{}", .suggestion.as_ref().map(|s| format!("; did you mean {s:?}?")).unwrap_or_default())]
    NoSuchFunction {
        /// The requested name.
        name: String,
        /// The most similar existing name.
        suggestion: Option<String>,
        /// All existing names.
        available: Vec<String>,
    },
    /// Arguments that do not fit the function's parameters.
    #[error("{0}")]
    Arguments(String),
    /// The call, or the making of its instance, was stopped by the host's deadline. The instance is gone.
    #[error("the call took longer than {0:?} and was stopped")]
    Deadline(std::time::Duration),
    /// The call, or the making of its instance, computed for longer than its budget. The instance is gone.
    #[error("the plugin computed for longer than {0:?} and was stopped")]
    ProcessorTime(std::time::Duration),
    /// The guest trapped. The instance is gone; its open transactions were rolled back.
    #[error("the plugin trapped: {0:#}")]
    Trap(#[source] wasmtime::Error),
    /// The instance trapped or was stopped before; make another one.
    #[error("this instance trapped or was stopped before; make another one")]
    Poisoned,
}

/// A result of the embedding API.
pub type Result<T, E = Error> = std::result::Result<T, E>;
