//! The walls around an instance: handles, texts, imports, directories, its end.

pub(crate) mod directory;
mod exit;
mod handle;
mod import;
mod malformed_text;
