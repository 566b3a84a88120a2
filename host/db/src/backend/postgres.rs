//! Postgres: the rooms are the same in each backend.

pub(crate) mod reflect;
pub(crate) mod tables;
