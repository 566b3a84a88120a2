//! Modules of a crate import in one direction, without cycles except between parents and children. Macro arguments are not read: the
//! contract's bindings name the types of its resources, whose modules implement them.

use std::collections::{BTreeMap, BTreeSet};

use sqlservice_tests::source::{self, Source};
use syn::{
    Attribute, Item, Path, UseTree,
    visit::{self, Visit},
};

use super::none;

/// The crates whose modules are checked.
pub(super) const CRATES: [&str; 5] = ["host/sql", "host/db", "host/runtime", "host/cli", "guest-sdk/rust"];

/// The only allowed cycle, with its modules: an extension receives the tenant and the plugin of a new instance, and both refer to the
/// engine, which owns the extensions.
const KNOT: (&str, [&str; 6]) = ("host/runtime", ["engine", "extension", "installed", "instance", "plugin", "tenant"]);

/// A path in a crate, from its root.
type Name = Vec<String>;

/// The modules of a crate, their imports and their re-exports.
#[derive(Default)]
struct Modules {
    all: BTreeSet<Name>,
    imports: BTreeMap<Name, Vec<Name>>,
    /// The names that a module re-exports, and their origins.
    exports: BTreeMap<Name, Name>,
}

/// Reads one file: a module with its inline modules.
struct Reader<'m> {
    modules: &'m mut Modules,
    own: Name,
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<Path>().is_ok_and(|condition| condition.is_ident("test"))
    })
}

/// Resolves a written path from the crate's root; `None` for a path into another crate.
fn absolute(own: &Name, written: &[String], is_export: bool) -> Option<Name> {
    let (first, rest) = written.split_first()?;
    let mut name = match first.as_str() {
        "crate" => Vec::new(),
        "self" => own.clone(),
        "super" => own.get(..own.len().checked_sub(1)?)?.to_vec(),
        // A module re-exports from its children without writing `self`.
        _ if is_export => [own.as_slice(), std::slice::from_ref(first)].concat(),
        _ => return None,
    };
    for part in rest {
        if part == "super" { name.pop().map(drop)? } else { name.push(part.clone()) }
    }
    Some(name)
}

/// All paths of a `use`, each with the name that it binds.
fn flat(tree: &UseTree, before: &[String]) -> Vec<(Vec<String>, String)> {
    let with = |name: &syn::Ident| [before, &[name.to_string()]].concat();
    match tree {
        UseTree::Path(path) => flat(&path.tree, &with(&path.ident)),
        UseTree::Name(name) if name.ident == "self" => {
            vec![(before.to_vec(), before.last().cloned().unwrap_or_default())]
        }
        UseTree::Name(name) => vec![(with(&name.ident), name.ident.to_string())],
        UseTree::Rename(name) => vec![(with(&name.ident), name.rename.to_string())],
        UseTree::Glob(_) => vec![(before.to_vec(), "*".to_owned())],
        UseTree::Group(group) => group.items.iter().flat_map(|tree| flat(tree, before)).collect(),
    }
}

impl Reader<'_> {
    fn import(&mut self, name: Name) {
        self.modules.imports.entry(self.own.clone()).or_default().push(name);
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        match item {
            Item::Mod(module) if is_test(&module.attrs) => {}
            Item::Mod(module) if module.content.is_some() => {
                self.own.push(module.ident.to_string());
                self.modules.all.insert(self.own.clone());
                visit::visit_item_mod(self, module);
                self.own.pop();
            }
            Item::Use(item) => {
                let is_export = !matches!(item.vis, syn::Visibility::Inherited);
                for (written, known) in flat(&item.tree, &[]) {
                    let Some(name) = absolute(&self.own, &written, is_export) else { continue };
                    if is_export {
                        self.modules.exports.insert([self.own.as_slice(), &[known]].concat(), name.clone());
                    }
                    self.import(name);
                }
            }
            other => visit::visit_item(self, other),
        }
    }

    fn visit_path(&mut self, path: &'ast Path) {
        let written: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if written.len() > 1
            && let Some(name) = absolute(&self.own, &written, false)
        {
            self.import(name);
        }
        visit::visit_path(self, path);
    }
}

impl Modules {
    fn of(package: &str) -> Self {
        let mut modules = Self::default();
        let folder = format!("{package}/src/");
        let files: Vec<(Name, Source)> = source::rust()
            .into_iter()
            .filter_map(|file| Some((module(file.path.strip_prefix(&folder)?)?, file)))
            .collect();
        modules.all.extend(files.iter().map(|(name, _)| name.clone()));
        for (own, file) in files {
            let parsed = syn::parse_file(&file.text).unwrap_or_else(|error| panic!("{}: {error}", file.path));
            Reader { modules: &mut modules, own }.visit_file(&parsed);
        }
        modules
    }

    /// The module that defines a name, found through all re-exports.
    fn home(&self, name: &Name) -> Option<Name> {
        let mut name = name.clone();
        // Bounded, because a name that re-exports itself would never end.
        for _ in 0..16 {
            let module = (0..=name.len()).rev().map(|len| name[..len].to_vec()).find(|part| self.all.contains(part))?;
            let first = name.get(module.len()).cloned();
            let next = first.and_then(|first| self.exports.get(&[module.as_slice(), &[first]].concat()));
            match next {
                Some(next) if *next != name => name.clone_from(next),
                _ => return Some(module),
            }
        }
        None
    }

    /// The modules that each module imports from, without its ancestors and its descendants.
    fn edges(&self) -> BTreeMap<Name, BTreeSet<Name>> {
        let of = |own: &Name, names: &[Name]| {
            let homes = names.iter().filter_map(|name| self.home(name));
            homes.filter(|home| !home.starts_with(own) && !own.starts_with(home)).collect()
        };
        self.imports.iter().map(|(own, names)| (own.clone(), of(own, names))).collect()
    }
}

/// The module of a file; `None` for a file of tests.
fn module(file: &str) -> Option<Name> {
    let parts: Vec<&str> = file.strip_suffix(".rs")?.split('/').collect();
    if parts.contains(&"tests") {
        return None;
    }
    Some(parts.into_iter().filter(|part| !matches!(*part, "lib" | "main" | "mod")).map(str::to_owned).collect())
}

/// A shortest import cycle from a module back to itself.
fn circle(edges: &BTreeMap<Name, BTreeSet<Name>>, start: &Name) -> Option<Vec<Name>> {
    let mut ways = vec![vec![start.clone()]];
    let mut seen = BTreeSet::new();
    while !ways.is_empty() {
        let mut longer = Vec::new();
        for way in ways {
            for next in edges.get(way.last()?).into_iter().flatten() {
                let on = [way.as_slice(), std::slice::from_ref(next)].concat();
                if next == start {
                    return Some(on);
                }
                if seen.insert(next.clone()) {
                    longer.push(on);
                }
            }
        }
        ways = longer;
    }
    None
}

#[test]
fn modules_import_in_one_direction() {
    let mut findings = Vec::new();
    for package in CRATES {
        let modules = Modules::of(package);
        assert!(modules.all.len() > 10, "{package} has modules");
        let edges = modules.edges();
        let mut told = BTreeSet::new();
        for start in edges.keys() {
            let Some(circle) = circle(&edges, start) else { continue };
            if package == KNOT.0 && circle.iter().all(|name| KNOT.1.contains(&name.join("::").as_str())) {
                continue;
            }
            if told.insert(circle.iter().cloned().collect::<BTreeSet<_>>()) {
                let shown: Vec<String> = circle.iter().map(|name| name.join("::")).collect();
                findings.push(format!("{package}: {}", shown.join(" > ")));
            }
        }
    }
    none("these modules import each other in circles:", &findings);
}

#[test]
fn circles_are_found_wherever_a_name_is_handed_on() {
    let mut modules = Modules::default();
    for (own, text) in [
        ("", "mod a; mod b; pub use b::Thing;"),
        ("a", "use crate::Thing; pub(crate) struct Other;"),
        ("b", "fn f(other: super::a::Other) {} pub struct Thing;"),
        ("c", "#[cfg(test)] mod tests { use super::super::d::X; }"),
        ("d", "use std::fmt; use self::inner::X; mod inner { use super::super::c::Y; }"),
    ] {
        let own: Name = own.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect();
        modules.all.insert(own.clone());
        let parsed = syn::parse_file(text).expect("Rust");
        Reader { modules: &mut modules, own }.visit_file(&parsed);
    }
    let edges = modules.edges();
    let name = |text: &str| vec![text.to_owned()];
    assert_eq!(circle(&edges, &name("a")), Some(vec![name("a"), name("b"), name("a")]));
    assert_eq!(circle(&edges, &name("c")), None);
    assert_eq!(circle(&edges, &name("d")), None);
}
