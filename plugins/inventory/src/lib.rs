//! Imports a package database and reports on it

mod package;
mod paragraph;
mod relation;
mod version;
