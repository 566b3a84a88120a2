//! The sandbox of an instance: handles, strings, imports, directories, exits.

pub(crate) mod directory;
mod exit;
mod handle;
mod import;
mod malformed_text;
