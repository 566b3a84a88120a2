//! Runs untrusted code next to a database: sandboxed component plugins that use it through the `sqlservice` world.
//!
//! Two layers. The upper one runs plugins in a few lines: an [`Engine`] compiles them, a [`Plugin`] is compiled code, a [`Tenant`] has
//! the grants and limits of the plugins that run for it, an [`Instance`] runs calls. An [`Extension`] adds the embedder's own imports.
//! Below it, in the style of wasmtime's own WASI crates, [`SqlCtx`], [`SqlView`] and [`add_to_linker`] add the world to any linker.
//!
//! Embedders that use SQLite should compile it with `LIBSQLITE3_FLAGS="-USQLITE_ENABLE_MEMORY_MANAGEMENT -DSQLITE_DEFAULT_MEMSTATUS=0"`
//! in the environment, or in the `[env]` of `.cargo/config.toml`: else all connections of the process share one page cache and its
//! lock, and one plugin's reads evict another one's pages.
#![doc = concat!("```no_run\n", include_str!("../examples/embed.rs"), "\n```")]
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

pub mod bindings;
mod bounded;
mod calls;
mod compile_cache;
mod compile_process;
mod conv;
mod ctx;
mod cursor;
mod database;
mod database_state;
mod directory;
mod engine;
pub mod error;
mod extension;
mod extension_states;
mod function;
mod grant;
mod imports;
mod installed;
mod instance;
mod instance_permits;
mod limits;
mod linker;
mod memory;
mod model_cache;
mod output;
mod plugin;
mod prepared;
mod raw_sql;
mod savepoint;
mod session;
mod session_state;
mod sockets;
mod state;
mod tables;
mod tenant;
mod turns;
mod wasi;
mod watched_call;
pub mod wave;

pub use compile_cache::CompileCache;
pub use compile_process::{CompileProcess, serve_compile_process};
pub use ctx::{HasSql, SqlCtx, SqlCtxBuilder, SqlCtxView, SqlView};
pub use cursor::Cursor;
pub use database::Database as OpenDatabase;
pub use directory::Access;
pub use engine::{Engine, EngineBuilder};
pub use error::{Error, Result, SqlError};
pub use extension::{Extension, ExtensionView, HasExtension};
pub use function::Function;
pub use grant::Grant;
pub use instance::Instance;
pub use limits::{EngineLimits, SqlLimits, TenantLimits};
pub use linker::{add_raw_sql_to_linker, add_raw_sql_to_linker_with, add_to_linker, add_to_linker_with};
pub use model_cache::ModelCache;
pub use plugin::Plugin;
pub use prepared::Prepared;
pub use savepoint::Savepoint;
pub use session::Session;
pub use sqlservice_db as db;
pub use sqlservice_db::{
    Database, Durability, Event, Isolation, Observer, Scope, ServerLimit, Settings, login, observe,
};
pub use sqlservice_sql as sql;
pub use sqlservice_sql::{Scalar, Value, policy, schema};
pub use state::InstanceState;
pub use tables::Operations;
pub use tenant::{Stdio, Tenant, TenantBuilder};
pub use wasmtime::component::Val;
