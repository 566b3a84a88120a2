//! The SDKs and the contract, which `build.rs` embeds.

/// Files by their paths.
type Files = &'static [(&'static str, &'static [u8])];

include!(concat!(env!("OUT_DIR"), "/sdk.rs"));
