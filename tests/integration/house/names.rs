//! No two public types of a crate have the same name, so that a name identifies its type.

use std::collections::BTreeMap;

use sqlservice_tests::source;
use syn::{Ident, Item, Visibility};

use super::none;

/// The public types among these items and in their inline modules.
fn types(items: &[Item]) -> Vec<&Ident> {
    let own = |vis: &Visibility, ident| matches!(vis, Visibility::Public(_)).then_some(ident);
    items
        .iter()
        .flat_map(|item| match item {
            Item::Struct(item) => own(&item.vis, &item.ident).into_iter().collect(),
            Item::Enum(item) => own(&item.vis, &item.ident).into_iter().collect(),
            Item::Trait(item) => own(&item.vis, &item.ident).into_iter().collect(),
            Item::Type(item) => own(&item.vis, &item.ident).into_iter().collect(),
            Item::Mod(item) => item.content.as_ref().map(|(_, items)| types(items)).unwrap_or_default(),
            _ => Vec::new(),
        })
        .collect()
}

#[test]
fn public_types_have_names_of_their_own() {
    let mut findings = Vec::new();
    for package in super::imports::CRATES {
        let folder = format!("{package}/src/");
        let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for file in source::rust().into_iter().filter(|file| file.path.starts_with(&folder)) {
            let parsed = syn::parse_file(&file.text).unwrap_or_else(|error| panic!("{}: {error}", file.path));
            for name in types(&parsed.items) {
                places.entry(name.to_string()).or_default().push(file.path.clone());
            }
        }
        assert!(!places.is_empty() || package == "host/cli", "{package} has public types");
        let twice = places.iter().filter(|(_, places)| places.len() > 1);
        findings.extend(twice.map(|(name, places)| format!("{name}: {}", places.join(", "))));
    }
    none("these public types share a name with another one of their crate:", &findings);
}
