//! The SDKs and the contract, as `build.rs` gathered them.

/// Files by their paths.
type Files = &'static [(&'static str, &'static [u8])];

include!(concat!(env!("OUT_DIR"), "/sdk.rs"));
