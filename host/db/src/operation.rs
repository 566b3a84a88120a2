//! The operations of a session's calls under their guard, and those of the host on connections of its own.

pub(crate) mod admin;
mod atomic;
mod budget;
pub(crate) mod ddl;
pub(crate) mod flush;
pub(crate) mod insert;
pub(crate) mod load;
pub(crate) mod reflect;
pub(crate) mod statement;
