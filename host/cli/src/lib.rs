//! The sqlservice command: run, inspect and create plugins
