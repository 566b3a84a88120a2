//! Tables that are created, dropped and altered.

mod altered_table;
mod circular;
mod create_all;
