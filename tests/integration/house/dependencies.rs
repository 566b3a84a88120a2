//! The allowed imports between the workspace's crates, checked with cargo's metadata.

use std::{collections::BTreeMap, process::Command};

use serde_json::Value;
use sqlservice_tests::source;

use super::none;

/// A package of the workspace: its folder and its dependencies with their kind (`normal`, `build` or `dev`).
struct Package {
    folder: String,
    dependencies: Vec<(String, String)>,
}

impl Package {
    /// The key of the package's allowed imports: its folder, or `guest` for plugins and guests.
    fn room(&self) -> &str {
        match self.folder.split('/').collect::<Vec<_>>().as_slice() {
            ["plugins", _] | ["tests", "guests" | "languages", _] => "guest",
            _ => &self.folder,
        }
    }

    fn shipped(&self) -> impl Iterator<Item = &str> {
        self.dependencies.iter().filter(|(_, kind)| kind != "dev").map(|(name, _)| name.as_str())
    }
}

fn packages() -> BTreeMap<String, Package> {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(source::root()).args(["metadata", "--no-deps", "--format-version=1", "--offline"]);
    let output = command.output().expect("cargo metadata runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON");
    let root = metadata["workspace_root"].as_str().expect("a root").to_owned();
    let packages = metadata["packages"].as_array().expect("packages");
    packages.iter().map(|package| read(package, &root)).collect()
}

fn read(package: &Value, root: &str) -> (String, Package) {
    let manifest = package["manifest_path"].as_str().expect("a path");
    let folder =
        manifest.strip_prefix(root).and_then(|path| path.strip_suffix("Cargo.toml")).expect("in the workspace");
    let dependencies = package["dependencies"].as_array().expect("dependencies").iter();
    let dependencies = dependencies.map(|dependency| {
        let text = |key: &str| dependency[key].as_str().unwrap_or("normal").to_owned();
        (text("name"), text("kind"))
    });
    let name = package["name"].as_str().expect("a name").to_owned();
    (name, Package { folder: folder.trim_matches('/').replace('\\', "/"), dependencies: dependencies.collect() })
}

#[test]
fn dependencies_flow_one_way() {
    let allowed = |room: &str| -> Option<&[&str]> {
        Some(match room {
            "host/sql" | "guest-sdk/rust/macros" => &[],
            "host/db" => &["host/sql"],
            "host/runtime" => &["host/db", "host/sql"],
            "host/cli" => &["host/runtime"],
            "guest-sdk/rust" => &["guest-sdk/rust/macros"],
            "guest" => &["guest-sdk/rust"],
            "tests" | "tests/xtask" => return None,
            other => panic!("the floor plan does not know {other}"),
        })
    };
    let packages = packages();
    let mut findings = Vec::new();
    for (name, package) in &packages {
        let Some(allowed) = allowed(package.room()) else { continue };
        for dependency in package.shipped() {
            let Some(other) = packages.get(dependency) else { continue };
            if !allowed.contains(&other.room()) {
                findings.push(format!("{name} imports {dependency}"));
            }
        }
    }
    none("against the floor plan:", &findings);
}

#[test]
fn only_one_crate_names_sqlx_and_one_the_sandbox() {
    // The folders of the packages, except `tests`, that import a matching crate.
    let importers = |of: &dyn Fn(&str) -> bool| -> Vec<String> {
        let all = packages().into_values().filter(|package| package.folder != "tests");
        let mut importers: Vec<String> =
            all.filter(|package| package.shipped().any(of)).map(|package| package.folder).collect();
        importers.sort();
        importers
    };
    assert_eq!(importers(&|name| name.starts_with("sqlx") || name == "libsqlite3-sys"), ["host/db"]);
    assert_eq!(importers(&|name| name.starts_with("wasmtime") || name == "cap-std"), ["host/runtime"]);
}

#[test]
fn the_statement_crate_is_pure() {
    let packages = packages();
    let sql = &packages["sqlservice-sql"];
    let names: Vec<&str> = sql.shipped().collect();
    for io in ["tokio", "futures", "sqlx", "wasmtime", "url", "cap-std", "tracing"] {
        assert!(!names.contains(&io), "host/sql never does I/O, what does it want of {io}?");
    }
    let findings: Vec<String> = source::rust()
        .into_iter()
        .filter(|file| file.is_in("host/sql/src"))
        .filter(|file| {
            let code = file.code();
            ["std::fs", "std::net", "std::time", "std::env", "std::process", "async fn", ".await"]
                .iter()
                .any(|word| code.contains(word))
        })
        .map(|file| file.path)
        .collect();
    none("I/O, clocks or awaiting in host/sql:", &findings);
}

#[test]
fn every_package_takes_the_lints_of_the_house() {
    let findings: Vec<String> = source::all()
        .into_iter()
        .filter(|file| {
            file.path.ends_with("Cargo.toml") && file.text.contains("[package]") && !file.path.contains("template")
        })
        .filter(|file| !file.text.contains("[lints]\nworkspace = true"))
        .map(|file| file.path)
        .collect();
    none("no `[lints] workspace = true`:", &findings);
}
