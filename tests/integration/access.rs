//! Grants and their absence: databases, tables, operations on tables, rows.

mod database;
mod own_tables;
mod policy;
mod tables;
