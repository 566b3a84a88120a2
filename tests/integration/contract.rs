//! The contract in `wit/`: every item is documented and dated, and its name can be spelt in all languages.

mod newer_host;

use std::collections::BTreeSet;

use sqlservice_tests::source;
use wit_parser::{Docs, InterfaceId, PackageId, Resolve, Stability, TypeDefKind, WorldItem};

/// The version in the `@since` of every item.
const VERSION: &str = "0.2.0";

/// All problems that a test has found.
#[derive(Default)]
struct Findings(Vec<String>);

impl Findings {
    fn documented(&mut self, what: &str, docs: &Docs) {
        if docs.contents.as_deref().is_none_or(|text| text.trim().is_empty()) {
            self.0.push(format!("{what} has no doc comment"));
        }
    }

    fn since(&mut self, what: &str, stability: &Stability) {
        match stability {
            Stability::Stable { since, .. } if since.to_string() == VERSION => {}
            other => self.0.push(format!("{what} is not `@since(version = {VERSION})`: {other:?}")),
        }
    }

    fn named(&mut self, what: &str, name: &str) {
        let word = |word: &str| {
            word.starts_with(|c: char| c.is_ascii_lowercase()) && !word.contains(|c: char| c.is_uppercase())
        };
        if !name.split('-').all(word) {
            self.0.push(format!("{what} is not in kebab-case"));
        }
    }

    fn none(self) {
        assert!(self.0.is_empty(), "{} findings in wit/:\n{}", self.0.len(), self.0.join("\n"));
    }
}

fn parse() -> (Resolve, PackageId) {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(source::root().join("wit")).expect("wit/ parses");
    (resolve, package)
}

#[test]
fn the_package_has_its_name_and_version() {
    let (resolve, package) = parse();
    assert_eq!(resolve.packages[package].name.to_string(), format!("sqlservice:database@{VERSION}"));
    assert!(resolve.packages[package].docs.contents.is_some(), "the package says what it is");
}

/// T-23: the host never waits for bytes that a guest promised. Values and batches arrive complete.
#[test]
fn t23_no_call_takes_a_stream_or_a_future() {
    let (resolve, _) = parse();
    let unfinished =
        resolve.types.iter().filter(|(_, ty)| matches!(ty.kind, TypeDefKind::Stream(_) | TypeDefKind::Future(_)));
    assert_eq!(unfinished.count(), 0);
}

#[test]
fn every_item_is_documented_and_dated() {
    let (resolve, package) = parse();
    let mut findings = Findings::default();
    for (name, id) in &resolve.packages[package].interfaces {
        interface(&resolve, name, *id, &mut findings);
    }
    for (name, id) in &resolve.packages[package].worlds {
        let world = &resolve.worlds[*id];
        findings.documented(&format!("world {name}"), &world.docs);
        findings.since(&format!("world {name}"), &world.stability);
        for item in world.imports.values().chain(world.exports.values()) {
            if let WorldItem::Function(function) = item {
                findings.documented(&format!("{name}.{}", function.name), &function.docs);
            }
        }
    }
    findings.none();
}

fn interface(resolve: &Resolve, name: &str, id: InterfaceId, findings: &mut Findings) {
    let interface = &resolve.interfaces[id];
    findings.documented(&format!("interface {name}"), &interface.docs);
    findings.since(&format!("interface {name}"), &interface.stability);
    findings.named(&format!("interface {name}"), name);
    for (type_name, ty) in &interface.types {
        let ty = &resolve.types[*ty];
        // A `use` of another interface's type, which has the doc comment there.
        if matches!(ty.kind, TypeDefKind::Type(wit_parser::Type::Id(_))) && ty.docs.contents.is_none() {
            continue;
        }
        let what = format!("{name}.{type_name}");
        findings.documented(&what, &ty.docs);
        findings.since(&what, &ty.stability);
        findings.named(&what, type_name);
        for (part, docs) in parts(&ty.kind) {
            let what = format!("{what}.{part}");
            findings.documented(&what, docs);
            findings.named(&what, part);
        }
    }
    for (function_name, function) in &interface.functions {
        let what = format!("{name}.{function_name}");
        findings.documented(&what, &function.docs);
        findings.since(&what, &function.stability);
        findings.named(&what, function.item_name());
        for parameter in &function.params {
            findings.named(&format!("{what}({})", parameter.name), &parameter.name);
        }
    }
}

/// The fields, cases or flags of a type.
fn parts(kind: &TypeDefKind) -> Vec<(&str, &Docs)> {
    match kind {
        TypeDefKind::Record(record) => record.fields.iter().map(|part| (part.name.as_str(), &part.docs)).collect(),
        TypeDefKind::Variant(variant) => variant.cases.iter().map(|part| (part.name.as_str(), &part.docs)).collect(),
        TypeDefKind::Enum(cases) => cases.cases.iter().map(|part| (part.name.as_str(), &part.docs)).collect(),
        TypeDefKind::Flags(flags) => flags.flags.iter().map(|part| (part.name.as_str(), &part.docs)).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn an_interface_has_a_file_of_its_name_and_none_is_called_types() {
    let (resolve, package) = parse();
    let interfaces: BTreeSet<&str> = resolve.packages[package].interfaces.keys().map(String::as_str).collect();
    assert!(!interfaces.contains("types"), "Python's generated modules would clash with WASI's");
    let files: BTreeSet<String> = source::all()
        .into_iter()
        .filter_map(|file| file.path.strip_prefix("wit/")?.strip_suffix(".wit").map(str::to_owned))
        .filter(|name| !name.contains('/') && name != "package")
        .collect();
    assert_eq!(files.iter().map(String::as_str).collect::<BTreeSet<_>>(), interfaces);
}

#[test]
fn whatever_may_wait_is_async_and_drops_are_left_to_the_host() {
    let (resolve, package) = parse();
    let databases = resolve.packages[package].interfaces["databases"];
    let waits = ["open", "ping", "connect", "begin", "create-all", "drop-all", "reflect"];
    for function in resolve.interfaces[databases].functions.values() {
        assert_eq!(function.kind.is_async(), waits.contains(&function.item_name()), "{}", function.name);
    }
}
