//! Transactions: how they begin and end, savepoints, levels of isolation.

mod begin;
mod isolation_level;
mod savepoint;
mod standby;
mod writers;
