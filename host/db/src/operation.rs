//! What a session's calls do while they have its guard, and what the host does on connections of its own.

pub(crate) mod admin;
mod atomic;
mod budget;
pub(crate) mod ddl;
pub(crate) mod flush;
pub(crate) mod insert;
pub(crate) mod load;
pub(crate) mod reflect;
pub(crate) mod statement;
