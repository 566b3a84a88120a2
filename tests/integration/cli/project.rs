//! `sqlservice new`: a project that builds with nothing but what the program brought, and does what its README says.

use std::{fs, process::Command};

use sqlservice_tests::source;

use super::{Place, Ran};

#[test]
fn a_new_plugin_builds_and_runs() {
    let place = Place::new();
    let made = place.sqlservice(&["new", "my-notes"]);
    assert_eq!((made.code, made.err.as_str()), (0, ""), "{}", made.out);
    assert!(made.out.contains("cargo build --release --target wasm32-wasip2"), "{}", made.out);
    let project = place.path().join("my-notes");
    let mut build = Command::new("cargo");
    // The versions that it asks for are those that the other guests are built with: they are here already.
    build.args(["build", "--quiet", "--offline", "--release", "--target", "wasm32-wasip2"]).current_dir(&project);
    build.env_remove("CARGO_TARGET_DIR").env("CARGO_BUILD_BUILD_DIR", xtask::workspace::target().join("readme"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CARGO_PKG")) {
        build.env_remove(name);
    }
    let built = Ran::of(&mut build);
    assert_eq!((built.code, built.err.as_str()), (0, ""), "it builds without a warning");
    let component = project.join("target/wasm32-wasip2/release/my_notes.wasm");
    let component = component.to_str().expect("UTF-8");
    place.sqlservice(&["run", component, "add-note", "buy milk"]).prints("1");
    place.sqlservice(&["run", component, "add-note", "sleep"]).prints("2");
    place.sqlservice(&["run", component, "notes"]).prints(r#"["buy milk", "sleep"]"#);
    let shown = place.sqlservice(&["inspect", component]).out;
    assert!(shown.contains("  notes\n    id    int64    primary key, generated"), "{shown}");
}

#[test]
fn the_sdk_may_be_elsewhere() {
    let place = Place::new();
    let sdk = source::root().join("guest-sdk/rust");
    let made = place.sqlservice(&["new", "notes", "--path", "deep/in/notes", "--sdk", sdk.to_str().expect("UTF-8")]);
    assert_eq!((made.code, made.err.as_str()), (0, ""), "{}", made.out);
    let project = place.path().join("deep/in/notes");
    let manifest = fs::read_to_string(project.join("Cargo.toml")).expect("a manifest");
    assert!(manifest.contains(&format!("path = {:?}", sdk.display().to_string())), "{manifest}");
    assert!(!project.join("sdk").exists());
    place.sqlservice(&["new", "other", "--sdk", "deep"]).fails(2, &["deep is not the SDK", "guest-sdk/rust"]);
    assert!(!place.path().join("other").exists());
}

#[test]
fn nothing_is_overwritten() {
    let place = Place::new();
    fs::create_dir_all(place.path().join("notes")).expect("a directory");
    place.file("notes/mine.txt", "mine");
    place.file("file", "mine");
    place.sqlservice(&["new", "notes"]).fails(2, &["notes is there already", "--path"]);
    place.sqlservice(&["new", "notes", "--path", "file"]).fails(2, &["file is there already"]);
    assert_eq!(fs::read_dir(place.path().join("notes")).expect("the directory").count(), 1);
    assert_eq!(fs::read_dir(place.path()).expect("the directory").count(), 2);
    // An empty one is as good as none.
    fs::create_dir(place.path().join("empty")).expect("a directory");
    assert_eq!(place.sqlservice(&["new", "notes", "--path", "empty"]).code, 0);
    assert!(place.path().join("empty/sdk/wit/package.wit").exists());
}

#[test]
fn names_that_cargo_refuses_are_refused_before() {
    let place = Place::new();
    for name in ["Notes", "1st", "../notes", "self", "no tes"] {
        place.sqlservice(&["new", name]).fails(2, &[name, "price-list"]);
    }
    assert_eq!(fs::read_dir(place.path()).expect("the directory").count(), 0);
}
