//! `sqlservice new`: makes a plugin project that builds, with the SDK that this program brings.

mod name;
mod sdk;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{
    args::New,
    exit::Exit,
    failure::{Failure, Result},
    output,
};

/// The folder of the copied SDK.
const SDK: &str = "sdk";

/// Does what `new` was asked for.
pub(crate) fn new(asked: &New) -> Result<Exit> {
    name::check(&asked.name)?;
    let dir = asked.path.clone().unwrap_or_else(|| PathBuf::from(&asked.name));
    let mut files = Vec::new();
    let path = match &asked.sdk {
        Some(path) => elsewhere(path)?,
        None => {
            files.extend(sdk::FILES.iter().map(|(path, text)| (format!("{SDK}/{path}"), (*text).to_owned())));
            format!("{SDK}/guest-sdk/rust")
        }
    };
    files.extend(own(&asked.name, &path));
    make(&dir, &files)?;
    output::text(&told(&asked.name, &dir))?;
    Ok(Exit::Success)
}

/// The project's own files.
fn own(name: &str, sdk: &str) -> Vec<(String, String)> {
    let manifest = include_str!("../template/manifest.toml").replace("{name}", name).replace("{sdk}", &toml(sdk));
    let readme = include_str!("../template/README.md").replace("{name}", name).replace("{file}", &file(name));
    let files = [
        ("Cargo.toml", manifest.as_str()),
        ("src/lib.rs", include_str!("../template/lib.rs")),
        ("rust-toolchain.toml", sdk::TOOLCHAIN),
        ("Cargo.lock", sdk::LOCK),
        ("README.md", &readme),
        (".gitignore", "/target\nsqlservice.db*\n"),
    ];
    files.map(|(path, text)| (path.to_owned(), text.to_owned())).into()
}

/// The path of an SDK that is not copied.
fn elsewhere(path: &Path) -> Result<String> {
    let help = "--sdk takes the folder guest-sdk/rust of sqlservice's sources";
    let wrong = |why: String| Failure::new(Exit::Usage, format!("{} is not the SDK: {why}", path.display())).help(help);
    let manifest =
        fs::read_to_string(path.join("Cargo.toml")).map_err(|error| wrong(format!("Cargo.toml: {error}")))?;
    if !manifest.contains("name = \"sqlservice-sdk\"") {
        return Err(wrong("it is another package".to_owned()));
    }
    // Cargo takes paths from the project's folder, people give them from where they are.
    let full = fs::canonicalize(path).map_err(|error| wrong(error.to_string()))?;
    full.to_str().map(str::to_owned).ok_or_else(|| wrong("its path is not UTF-8".to_owned()))
}

/// Writes the project, or nothing: its directory gets its name when all is written.
fn make(dir: &Path, files: &[(String, String)]) -> Result<()> {
    let taken = fs::read_dir(dir).map(|mut entries| entries.next().is_some()).unwrap_or(dir.exists());
    if taken {
        return Err(Failure::new(Exit::Usage, format!("{} is there already", dir.display()))
            .help("--path takes a directory that does not exist or is empty"));
    }
    let mut unfinished = dir.as_os_str().to_owned();
    unfinished.push(".unfinished");
    let unfinished = PathBuf::from(unfinished);
    write(&unfinished, dir, files).map_err(|error| {
        // What is left over would only be in the way; why it failed is what counts.
        let _ = fs::remove_dir_all(&unfinished);
        Failure::new(Exit::Host, format!("{} cannot be made: {error}", dir.display()))
    })
}

fn write(unfinished: &Path, dir: &Path, files: &[(String, String)]) -> io::Result<()> {
    for (path, text) in files {
        let path = unfinished.join(path);
        fs::create_dir_all(path.parent().unwrap_or(unfinished))?;
        fs::write(path, text)?;
    }
    // An empty directory gives way.
    if dir.exists() {
        fs::remove_dir(dir)?;
    }
    fs::rename(unfinished, dir)
}

/// What to do next.
fn told(name: &str, dir: &Path) -> String {
    let (dir, file) = (dir.display(), file(name));
    format!(
        "Made the plugin {name} in {dir}. Next:\n\n\
        \x20 cd {dir}\n\
        \x20 cargo build --release --target wasm32-wasip2\n\
        \x20 sqlservice run target/wasm32-wasip2/release/{file}.wasm add-note \"buy milk\"\n\
        \x20 sqlservice run target/wasm32-wasip2/release/{file}.wasm notes\n"
    )
}

/// How cargo names the component.
fn file(name: &str) -> String {
    name.replace('-', "_")
}

/// A string in TOML.
fn toml(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::{own, sdk};

    fn copied(path: &str) -> &'static str {
        sdk::FILES.iter().find(|(name, _)| *name == path).map(|(_, text)| *text).expect("the file is copied")
    }

    #[test]
    fn the_copied_sdk_is_whole_and_alone() {
        assert!(copied("guest-sdk/rust/src/lib.rs").starts_with("//! "));
        assert!(copied("wit/package.wit").contains("package sqlservice:database@"));
        let workspace = copied("Cargo.toml");
        assert!(workspace.contains("\nwit-bindgen = ") && workspace.contains("\nsqlservice-sdk-macros = "));
        assert!(workspace.contains("[workspace.package]") && workspace.contains("[workspace.lints.rust]"));
        for host in ["wasmtime", "sqlx", "host/"] {
            assert!(!workspace.contains(host), "a plugin has no use for {host}:\n{workspace}");
        }
        for (path, text) in sdk::FILES {
            assert!(!path.contains("/tests/"), "{path}");
            assert!(!path.ends_with("Cargo.toml") || !text.contains("dev-dependencies"), "{path}:\n{text}");
        }
    }

    #[test]
    fn the_lock_file_has_what_the_sdk_needs_and_no_more() {
        let lock = sdk::LOCK;
        for name in ["sqlservice-sdk", "sqlservice-sdk-macros", "wit-bindgen", "syn"] {
            assert!(lock.contains(&format!("\nname = \"{name}\"\n")), "{name} is missing");
        }
        assert!(lock.starts_with("# This file") && lock.contains("\nversion = 4\n"), "{lock}");
        for name in ["wasmtime", "sqlx", "sqlservice-db"] {
            assert!(!lock.contains(&format!("\nname = \"{name}\"\n")), "a plugin has no use for {name}");
        }
    }

    #[test]
    fn nothing_of_the_template_is_left_open() {
        for (path, text) in own("my-notes", "sdk/guest-sdk/rust") {
            for word in ["{name}", "{sdk}", "{file}"] {
                assert!(!text.contains(word), "{path}: {word}");
            }
            assert!(path == "Cargo.lock" || text.lines().count() <= 50, "{path} is longer than a screen");
        }
    }
}
