//! One export a scenario
