//! Checks the names of plugins.

use crate::{
    exit::Exit,
    failure::{Failure, Result},
};

/// Names that Rust, cargo or the SDK use themselves.
const TAKEN: &str = "\
    abstract alloc as async await become box break build const continue core crate deps do dyn else enum examples \
    extern false final fn for futures gen if impl in incremental let loop macro match mod move mut override priv \
    proc-macro pub ref return self sqlservice-sdk sqlservice-sdk-macros static std struct super test trait true \
    try type unsafe unsized use virtual where while wit-bindgen yield";

/// Refuses a name that cargo or Rust would refuse, before anything is made.
pub(super) fn check(name: &str) -> Result<()> {
    let refuse = |why: &str| {
        Err(Failure::new(Exit::Usage, format!("{name:?} cannot be a plugin's name: {why}"))
            .help("a name is lower-case letters, digits and dashes, as in price-list"))
    };
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        return refuse("it does not begin with a lower-case letter");
    }
    if let Some(wrong) = name.chars().find(|c| !c.is_ascii_lowercase() && !c.is_ascii_digit() && !"-_".contains(*c)) {
        return refuse(&format!("it holds {wrong:?}"));
    }
    if name.len() > 64 {
        return refuse("it is longer than 64 characters");
    }
    let dashed = name.replace('_', "-");
    if TAKEN.split(' ').any(|word| word == dashed) {
        return refuse("Rust or the SDK uses it");
    }
    Ok(())
}

/// WIT's keywords, and names of packages that languages have already.
const TAKEN_WORDS: &str = "\
    bool borrow char constructor export float32 float64 flags from func future import include interface list main option own package \
    record resource result s16 s32 s64 s8 sdk sqlservice sqlservice-guest stream string tuple u16 u32 u64 u8 variant wasm wit with \
    world";

/// Refuses a name that is invalid in WIT, where plugins in other languages than Rust have their name.
pub(super) fn check_word(name: &str) -> Result<()> {
    let refuse = |why: &str| {
        Err(Failure::new(Exit::Usage, format!("{name:?} cannot be a plugin's name: {why}"))
            .help("a name is words of lower-case letters and digits with dashes between them, as in price-list"))
    };
    if name.contains('_') {
        return refuse("it holds '_'");
    }
    if !name.split('-').all(|word| word.starts_with(|c: char| c.is_ascii_lowercase())) {
        return refuse("a word of it does not begin with a letter");
    }
    if TAKEN_WORDS.split(' ').any(|word| word == name) {
        return refuse("WIT or the SDK uses it");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{check, check_word};

    #[test]
    fn names_are_those_that_cargo_takes() {
        for good in ["notes", "my-notes", "a1_b", "users"] {
            assert!(check(good).is_ok(), "{good}");
        }
        for bad in ["", "1a", "-a", "Notes", "a b", "../a", "a/b", "größe", "self", "sqlservice_sdk", "test"] {
            assert!(check(bad).is_err(), "{bad}");
        }
        assert!(check(&"a".repeat(65)).is_err());
    }

    #[test]
    fn names_in_wit_are_words_with_dashes() {
        for good in ["notes", "my-notes", "a1"] {
            assert!(check_word(good).is_ok(), "{good}");
        }
        for bad in ["my_notes", "a-1", "a--b", "a-", "world", "sdk"] {
            assert!(check_word(bad).is_err(), "{bad}");
        }
    }
}
