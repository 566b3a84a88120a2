//! The contract in Rust, generated from `wit/`; the rest of this crate is a layer over it.
//!
//! The world is the one with raw SQL. An import that a guest never calls is dropped when its component is linked, so only
//! guests that use [`crate::raw`] import that interface.

#![allow(missing_docs, unsafe_code, clippy::all, reason = "generated; the contract is documented in wit/")]

wit_bindgen::generate!({
    // The same folder as `CONTRACT` in macros/src/plugin.rs; a test compares their contents.
    path: "../../wit",
    world: "sqlservice-raw",
    generate_all,
    additional_derives: [PartialEq],
    additional_derives_ignore: ["result-set"],
});
