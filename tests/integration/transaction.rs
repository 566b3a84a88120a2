//! Transactions: their begin and end, savepoints, isolation levels.

mod begin;
mod isolation_level;
mod savepoint;
mod standby;
mod writers;
