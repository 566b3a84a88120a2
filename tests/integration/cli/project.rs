//! `sqlservice new`: a project that builds with only the files that the command wrote, and works as its README says.

use std::{fs, path::Path, process::Command};

use serde_json::Value;
use sqlservice_tests::source;

use super::{Place, Ran, readme};

#[test]
fn a_new_plugin_builds_and_runs() {
    let place = Place::new();
    let _turn = readme::building();
    let made = place.sqlservice(&["new", "my-notes"]);
    assert_eq!((made.code, made.err.as_str()), (0, ""), "{}", made.out);
    assert!(made.out.contains("cargo build --release --target wasm32-wasip2"), "{}", made.out);
    let project = place.path().join("my-notes");
    let built = build(&project, &["--quiet"]);
    assert_eq!((built.code, built.err.as_str()), (0, ""), "it builds without a warning");
    let component = project.join("target/wasm32-wasip2/release/my_notes.wasm");
    let component = component.to_str().expect("UTF-8");
    place.sqlservice(&["run", component, "add-note", "buy milk"]).prints("1");
    place.sqlservice(&["run", component, "add-note", "sleep"]).prints("2");
    place.sqlservice(&["run", component, "notes"]).prints(r#"["buy milk", "sleep"]"#);
    let shown = place.sqlservice(&["inspect", component]).out;
    assert!(shown.contains("  notes\n    id    int64    primary key, generated"), "{shown}");
    the_command_builds_as_cargo_does(&place, &project);
    a_second_plugin_compiles_nothing_but_itself(&place, &project);
}

/// A part of the test above: everything is compiled already, which cargo detects because its arguments are the same.
fn the_command_builds_as_cargo_does(place: &Place, project: &Path) {
    let mut command = place.command(&["build", "--offline", "--quiet", "--json", "--out", "copied/notes.wasm"]);
    let built = Ran::of(as_people_have_it(command.current_dir(project)));
    assert_eq!((built.code, built.err.as_str()), (0, ""), "{}", built.out);
    let told = built.json();
    assert!(told["language"] == "rust" && told["built"] == false, "{told}");
    let [copied, original] = ["copied/notes.wasm", "target/wasm32-wasip2/release/my_notes.wasm"]
        .map(|file| fs::read(project.join(file)).expect("a component"));
    assert!(copied == original && told["size"] == copied.len());
}

/// A part of the test above, because it needs the build of the first plugin.
fn a_second_plugin_compiles_nothing_but_itself(place: &Place, first: &Path) {
    let made = Ran::of(place.command(&["new", "second", "--path", "more/second"]).current_dir(first));
    assert_eq!((made.code, made.err.as_str()), (0, ""), "{}", made.out);
    let component = "../../target/wasm32-wasip2/release/second.wasm";
    for words in ["a member of the workspace in", "  cd more/second\n  cargo build", &format!(" {component} notes\n")] {
        assert!(made.out.contains(words), "{}", made.out);
    }
    let second = first.join("more/second");
    assert_eq!(names(&second), [".gitignore", "Cargo.toml", "README.md", "src"]);
    // The plugin's own optimisation level does not affect its dependencies, and this level takes a fifth of the time.
    let quick = "profile.release.package.second.opt-level=0";
    let built = build(&second, &["--message-format=json", "--quiet", "--config", quick]);
    assert_eq!((built.code, built.err.as_str()), (0, ""), "{}", built.out);
    let artifacts = artifacts(&built.out);
    assert!(artifacts.contains(&("sqlservice_sdk".to_owned(), true)), "{artifacts:?}");
    let compiled: Vec<&str> = artifacts.iter().filter(|(_, fresh)| !fresh).map(|(name, _)| name.as_str()).collect();
    assert_eq!(compiled, ["second"], "all else was there: {artifacts:?}");
    let run = |words: &[&str]| Ran::of(place.command(&[&["run", component], words].concat()).current_dir(&second));
    run(&["add-note", "in its own database"]).prints("1");
    run(&["notes"]).prints(r#"["in its own database"]"#);
}

/// Builds the plugin in a directory as users build it.
fn build(project: &Path, more: &[&str]) -> Ran {
    let mut build = Command::new("cargo");
    // It requires the versions that the other guests are built with, which are downloaded already.
    build.args(["build", "--offline", "--release", "--target", "wasm32-wasip2"]).args(more).current_dir(project);
    Ran::of(as_people_have_it(&mut build))
}

/// Removes the variables of the cargo that runs the tests, and shares a build directory with other projects.
fn as_people_have_it(command: &mut Command) -> &mut Command {
    command.env_remove("CARGO_TARGET_DIR").env("CARGO_BUILD_BUILD_DIR", xtask::workspace::target().join("readme"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CARGO_PKG")) {
        command.env_remove(name);
    }
    command
}

/// The artifacts in cargo's messages: each name, and whether it was already up to date.
fn artifacts(messages: &str) -> Vec<(String, bool)> {
    let messages = messages.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let artifacts = messages.filter(|message| message["reason"] == "compiler-artifact");
    let read = |artifact: Value| Some((artifact["target"]["name"].as_str()?.to_owned(), artifact["fresh"].as_bool()?));
    artifacts.map(|artifact| read(artifact).expect("an artifact")).collect()
}

/// The sorted names of a directory's entries.
fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).expect("the directory").flatten();
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// The members of a workspace, as cargo itself finds them.
fn members(root: &Path) -> Vec<String> {
    let mut metadata = Command::new("cargo");
    metadata.args(["metadata", "--no-deps", "--offline", "--format-version=1"]).current_dir(root);
    let metadata = Ran::of(&mut metadata);
    assert_eq!(metadata.code, 0, "{}", metadata.err);
    let packages = metadata.json()["packages"].as_array().expect("packages").clone();
    let mut names: Vec<String> = packages.iter().map(|it| it["name"].as_str().expect("a name").to_owned()).collect();
    names.sort();
    names
}

#[test]
fn a_plugin_joins_the_workspace_that_has_the_sdk() {
    let place = Place::new();
    let sdk = source::root().join("guest-sdk/rust");
    let workspace = format!(
        "# Plugins of ours.\n[workspace]\nresolver = \"3\"\nmembers = [\n    \"plugins/*\", # all of them\n]\n\n\
         [workspace.dependencies]\nsqlservice-sdk = {{ path = {:?} }}\n",
        sdk.display().to_string()
    );
    place.file("Cargo.toml", &workspace);
    let root = || fs::read_to_string(place.path().join("Cargo.toml")).expect("the root");
    let made = place.sqlservice(&["new", "notes", "--path", "plugins/notes"]);
    assert_eq!((made.code, made.err.as_str()), (0, ""), "{}", made.out);
    // No file there makes rustup install the target `wasm32-wasip2`.
    assert!(made.out.contains("  rustup target add wasm32-wasip2\n  cargo build"), "{}", made.out);
    assert_eq!(root(), workspace, "the glob has it");
    assert_eq!(place.sqlservice(&["new", "prices", "--path", "prices"]).code, 0);
    let listed = workspace.replace("# all of them\n", "# all of them\n    \"prices\",\n");
    assert_eq!(root(), listed);
    for plugin in ["plugins/notes", "prices"] {
        let manifest = fs::read_to_string(place.path().join(plugin).join("Cargo.toml")).expect("a manifest");
        assert!(manifest.ends_with("\nsqlservice-sdk = { workspace = true }\n"), "{manifest}");
    }
    assert_eq!(members(place.path()), ["notes", "prices"]);
    place.sqlservice(&["new", "notes"]).fails(2, &["the name notes", "plugins/notes/Cargo.toml", "--alone"]);
    // The first project has its own copy of the SDK, the second one uses the SDK at `--sdk`.
    assert_eq!(place.sqlservice(&["new", "notes", "--alone"]).code, 0);
    assert_eq!(place.sqlservice(&["new", "elsewhere", "--sdk", sdk.to_str().expect("UTF-8")]).code, 0);
    assert!(place.path().join("notes/sdk").exists());
    assert_eq!(root(), listed);
    assert_eq!(members(&place.path().join("notes")), ["notes"]);
    assert_eq!(members(&place.path().join("elsewhere")), ["elsewhere"]);
    assert_eq!(members(place.path()), ["notes", "prices"]);
}

#[test]
fn a_workspace_that_cannot_be_joined_is_left_alone() {
    let place = Place::new();
    let bare = "[workspace]\nexclude = [\"out\"]\n";
    place.file("Cargo.toml", bare);
    for (path, why) in [("in", "has no sqlservice-sdk to share. Next"), ("out", "excludes it. Next")] {
        let made = place.sqlservice(&["new", "notes", "--path", path]);
        assert_eq!((made.code, made.err.as_str()), (0, ""), "{}", made.out);
        assert!(made.out.contains("stands alone: ") && made.out.contains(why), "{}", made.out);
        assert!(place.path().join(path).join("sdk/wit/package.wit").exists());
        assert_eq!(members(&place.path().join(path)), ["notes"]);
    }
    assert_eq!(fs::read_to_string(place.path().join("Cargo.toml")).expect("the root"), bare);
    place.file("Cargo.toml", "[workspace\n");
    place.sqlservice(&["new", "more"]).fails(2, &["Cargo.toml lies above", "line 1", "--alone"]);
    assert_eq!(names(place.path()), ["Cargo.toml", "in", "out"]);
}

#[test]
fn a_workspace_that_cannot_be_changed_gets_no_plugin() {
    let place = Place::new();
    assert_eq!(place.sqlservice(&["new", "first"]).code, 0);
    let first = place.path().join("first");
    let before = (fs::read_to_string(first.join("Cargo.toml")).expect("the root"), names(&first));
    let mut rights = fs::metadata(first.join("Cargo.toml")).expect("the root").permissions();
    rights.set_readonly(true);
    fs::set_permissions(first.join("Cargo.toml"), rights).expect("rights");
    fs::create_dir(first.join("empty")).expect("a directory");
    for path in ["second", "empty"] {
        let failed = Ran::of(place.command(&["new", "second", "--path", path]).current_dir(&first));
        failed.fails(7, &["Cargo.toml cannot be given the member", path, "write-protected", "--alone"]);
    }
    assert_eq!(names(&first.join("empty")), [""; 0]);
    fs::remove_dir(first.join("empty")).expect("an empty directory");
    assert_eq!((fs::read_to_string(first.join("Cargo.toml")).expect("the root"), names(&first)), before);
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
    // An empty directory may be used.
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
