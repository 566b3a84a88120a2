//! `sqlservice build` and `sqlservice new --language`: a project in each language builds with the tools that the command installs.

use std::{fs, path::Path};

use super::{Place, Ran, readme};

/// Languages whose build tools put random seeds into components, so that two builds differ.
const BY_CHANCE: [&str; 3] = ["python", "typescript", "javascript"];

/// Creates, builds and runs a new project in a language.
fn builds_and_runs(language: &str) {
    let place = Place::new();
    let _turn = readme::building();
    let made = place.sqlservice(&["new", "my-notes", "--language", language]);
    assert_eq!((made.code, made.err.as_str()), (0, ""), "{}", made.out);
    assert!(made.out.contains("  sqlservice build\n  sqlservice run build/my-notes.wasm add-note"), "{}", made.out);
    let project = place.path().join("my-notes");
    assert!(project.join("sdk/wit/package.wit").exists() && !project.join("sdk/template").exists());
    let built = build(&place, &project, &["--json"]);
    assert_eq!((built.code, &built.json()["language"]), (0, &serde_json::json!(language)), "{}", built.err);
    let component = project.join("build/my-notes.wasm");
    let first = fs::read(&component).expect("a component");
    let component = component.to_str().expect("UTF-8");
    place.sqlservice(&["run", component, "add-note", "buy milk"]).prints("1");
    place.sqlservice(&["run", component, "notes"]).prints(r#"["buy milk"]"#);
    let shown = place.sqlservice(&["inspect", component]);
    assert!(shown.code == 0 && shown.out.contains("\n  notes\n"), "{}{}", shown.out, shown.err);
    // Without a change nothing is built. A forced build gives the same component.
    assert_eq!(build(&place, &project, &["--json", "--offline"]).json()["built"], false);
    assert_eq!(build(&place, &project, &["--json", "--offline", "--force"]).json()["built"], true);
    let same = fs::read(component).expect("a component") == first;
    assert!(same || BY_CHANCE.contains(&language), "the same source gives the same component");
}

/// Builds with the machine's toolchains, which are installed once.
fn build(place: &Place, project: &Path, more: &[&str]) -> Ran {
    Ran::of(place.command(&[&["build", "--quiet"], more].concat()).current_dir(project))
}

#[test]
fn a_plugin_in_python_builds_and_runs() {
    builds_and_runs("python");
}

#[test]
fn a_plugin_in_typescript_builds_and_runs() {
    builds_and_runs("typescript");
}

#[test]
fn a_plugin_in_javascript_builds_and_runs() {
    builds_and_runs("javascript");
}

#[test]
fn a_plugin_in_go_builds_and_runs() {
    builds_and_runs("go");
}

#[test]
fn a_plugin_in_c_builds_and_runs() {
    builds_and_runs("c");
}

#[test]
fn what_cannot_be_built_is_told() {
    let place = Place::new();
    place
        .sqlservice(&["build"])
        .fails(2, &["is no plugin project", "pyproject.toml", "sqlservice new NAME --language"]);
    place.sqlservice(&["build", "no-such-directory"]).fails(2, &["no-such-directory"]);
    place.file("plugin.wit", "package local:notes;\nworld plugin {}\n");
    place.sqlservice(&["build", "--quiet"]).fails(2, &["has no SDK for C in sdk", "sqlservice new NAME --language c"]);
    fs::create_dir_all(place.path().join("sdk/wit")).expect("a directory");
    place.sqlservice(&["build", "--quiet"]).fails(2, &["has no contract in wit"]);
    place.file("sdk/wit/package.wit", "package sqlservice:database;\n");
    let none = place.path().join("none");
    let offline = Ran::of(place.command(&["build", "--offline", "--quiet"]).env("SQLSERVICE_TOOLCHAINS", &none));
    offline.fails(7, &["zig", "is not installed", "--offline"]);
    let bare =
        Ran::of(place.command(&["build", "--quiet"]).env("SQLSERVICE_TOOLCHAINS", &none).env("PATH", place.path()));
    bare.fails(7, &["Python is not on the PATH", "apt install python3 python3-venv"]);
    let json = Ran::of(place.command(&["build", "--json", "--offline"]).env("SQLSERVICE_TOOLCHAINS", &none)).json();
    assert_eq!(json["error"]["kind"], "host", "{json}");
}

#[test]
fn other_languages_have_names_and_options_of_their_own() {
    let place = Place::new();
    for (name, why) in [("my_notes", "'_'"), ("a-1", "begin with a letter"), ("world", "WIT")] {
        place.sqlservice(&["new", name, "--language", "c"]).fails(2, &[name, why, "price-list"]);
    }
    place.sqlservice(&["new", "notes", "--language", "go", "--alone"]).fails(2, &["--alone is for Rust", "Go"]);
    place.sqlservice(&["new", "notes", "--language", "cobol"]).fails(2, &["cobol", "typescript"]);
    assert_eq!(fs::read_dir(place.path()).expect("the directory").count(), 0);
}
