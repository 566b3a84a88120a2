//! Sqlite: the rooms are the same in each backend.
