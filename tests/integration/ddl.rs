//! Tables that are made, dropped and changed.

mod altered_table;
mod circular;
mod create_all;
