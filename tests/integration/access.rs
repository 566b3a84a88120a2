//! What was granted and what was not: databases, tables, operations on them, rows.

mod database;
mod own_tables;
mod policy;
mod tables;
