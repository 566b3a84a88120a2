//! What a call of the contract ends with when it does not succeed, and what the embedding API reports.

use crate::bindings::sqlservice::database::errors;
pub use crate::bindings::sqlservice::database::errors::{Detail, Failure};

/// How a call from a guest fails: with an error value that the guest can handle, or with a trap that ends it.
#[derive(Debug)]
pub enum SqlError {
    /// What the contract tells of it.
    Guest(Box<errors::Failure>),
    /// What a database said. The guest is told what it may know of it, and the host's log the rest, with whose it is.
    Database(Box<sqlservice_db::Error>),
    /// The same of one change of a flush.
    Flush(Box<sqlservice_db::FlushError>),
    /// The guest broke the component model's rules, or the host cannot go on with it.
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
        // A full table is a limit of the guest's own making; anything else is a handle that means nothing.
        Self::Trap(error.into())
    }
}

/// What an embedder meets.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A database's URL or settings make no sense. The text holds no secret.
    #[error("database {name:?}: {source}")]
    Database {
        /// The name under which it was to be granted.
        name: String,
        /// What is wrong.
        source: sqlservice_db::Error,
    },
    /// Two databases were granted under one name.
    #[error("two databases are granted as {0:?}; give one of them another name")]
    DuplicateDatabase(String),
    /// SQL text, which reads and drops any table, was granted together with some tables or the plugin's own tables only; or a policy
    /// together with changes of the schema.
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
        /// What is wrong.
        source: Box<sqlservice_sql::policy::PolicyError>,
    },
    /// A directory that was to be granted cannot be opened.
    #[error("directory {path:?} cannot be opened: {source}")]
    Directory {
        /// The host's path.
        path: std::path::PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The directory for compiled components cannot be used, or must not be.
    #[error("compiled components cannot be kept in {path:?}: {source}")]
    CompileCache {
        /// Where they were to be kept.
        path: std::path::PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// All places for instances were taken, and none came free in the time that the host waits for one.
    #[error("all {instances} instances were in use for {waited:?}; let calls end, or raise the limit of instances")]
    InstanceTimeout {
        /// How many there may be.
        instances: u32,
        /// How long it waited.
        waited: std::time::Duration,
    },
    /// All places for instances are taken, and as many callers wait for one as may.
    #[error("all instances are in use and {waiters} callers wait for one already")]
    InstanceQueueFull {
        /// How many may wait.
        waiters: u32,
    },
    /// The component has more memories, tables or inner instances than the sandbox has left.
    #[error("the sandbox has no room for another instance now: {0:#}")]
    NoRoom(#[source] wasmtime::Error),
    /// The sandbox cannot be set up as asked.
    #[error("the sandbox cannot be set up: {0}")]
    Engine(#[source] wasmtime::Error),
    /// The component's file cannot be read.
    #[error("{} cannot be read: {source}", .path.display())]
    Unreadable {
        /// The file.
        path: std::path::PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The bytes are no component.
    #[error("{0}")]
    NotAComponent(String),
    /// The component is larger than the host takes.
    #[error("the component has {size} bytes and the limit is {limit}")]
    TooLarge {
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// The component is more work than it may be: it has too much of something, or takes too long or too much memory to compile.
    #[error("the component {0}")]
    TooComplex(String),
    /// The process that compiles components cannot be started or talked to.
    #[error("the program {} cannot compile: {source}", .program.display())]
    CompileProcess {
        /// The program.
        program: std::path::PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The component imports what the host does not offer or was not told to grant.
    #[error("the component imports what this host does not offer: {}", .0.join(", "))]
    MissingImports(Vec<String>),
    /// The component cannot be compiled or linked.
    #[error("the component cannot be used: {0:#}")]
    Unusable(#[source] wasmtime::Error),
    /// There is no exported function of that name.
    #[error("there is no exported function {name:?}{}", .suggestion.as_ref().map(|s| format!("; did you mean {s:?}?")).unwrap_or_default())]
    NoSuchFunction {
        /// The name asked for.
        name: String,
        /// The most similar name that there is.
        suggestion: Option<String>,
        /// All names that there are.
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
    /// The guest trapped. The instance is gone; what it had open was rolled back.
    #[error("the plugin trapped: {0:#}")]
    Trap(#[source] wasmtime::Error),
    /// The instance trapped or was stopped before; make another one.
    #[error("this instance trapped or was stopped before; make another one")]
    Poisoned,
}

/// A result of the embedding API.
pub type Result<T, E = Error> = std::result::Result<T, E>;
