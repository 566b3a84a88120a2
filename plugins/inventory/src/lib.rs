//! Imports a package database and reports on it
