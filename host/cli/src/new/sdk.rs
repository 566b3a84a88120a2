//! The SDK and the contract, as this program was built with them.

include!(concat!(env!("OUT_DIR"), "/sdk.rs"));
