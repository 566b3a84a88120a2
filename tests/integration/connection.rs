//! Connections: pings, the order of calls, commit as you go, and sessions that stay open.

mod call_queue;
mod commit_as_you_go;
mod left_open;
mod ping;
