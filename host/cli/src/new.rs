//! `sqlservice new`: makes a plugin project that builds, with the SDK that this program embeds, or with the SDK of the workspace around
//! it.

mod members;
mod name;
mod other;
mod sdk;
mod workspace;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{
    args::New,
    exit::Exit,
    failure::{Failure, Result},
    language::Language,
    output,
};
use workspace::{Member, WorkspaceRole};

/// The folder of the copied SDK.
const SDK: &str = "sdk";

/// A file of the project: its path and its content.
type Text = (String, Vec<u8>);

/// Runs `new`.
pub(crate) fn new(asked: &New) -> Result<Exit> {
    name::check(&asked.name)?;
    let dir = asked.path.clone().unwrap_or_else(|| PathBuf::from(&asked.name));
    if asked.language != Language::Rust {
        return other::new(asked, &dir);
    }
    free(&dir)?;
    let standing = if asked.alone || asked.sdk.is_some() {
        WorkspaceRole::Alone(None)
    } else {
        workspace::standing(&asked.name, &dir)?
    };
    match &standing {
        WorkspaceRole::Alone(_) => make(&dir, &alone(asked)?)?,
        WorkspaceRole::Member(member) => join(&asked.name, &dir, member)?,
    }
    output::text(&told(&asked.name, &dir, &standing))?;
    Ok(Exit::Success)
}

/// The files of a project that is a workspace of its own.
fn alone(asked: &New) -> Result<Vec<Text>> {
    let mut files = Vec::new();
    let path = match &asked.sdk {
        Some(path) => elsewhere(path)?,
        None => {
            files.extend(sdk::FILES.iter().map(|(path, content)| text((&format!("{SDK}/{path}"), content))));
            format!("{SDK}/guest-sdk/rust")
        }
    };
    files.extend(own_alone(&asked.name, &path));
    Ok(files)
}

/// Returns the own files of a project that is a workspace of its own, without a copied SDK.
fn own_alone(name: &str, sdk: &str) -> Vec<Text> {
    let dependency = format!("{{ path = {} }}", toml(sdk));
    let manifest = manifest(name, &dependency) + include_str!("../template/alone.toml");
    let readme = readme(name, "target", include_str!("../template/alone.md"));
    let mut files = own(manifest, readme, "/target\nsqlservice.db*\n");
    files.extend([("rust-toolchain.toml", sdk::TOOLCHAIN), ("Cargo.lock", sdk::LOCK)].map(text));
    files
}

/// Returns the files of a member. Its workspace has the SDK, the lock file, profiles and the toolchain.
fn own_member(name: &str, member: &Member) -> Vec<Text> {
    let standing = include_str!("../template/member.md").replace("{root}", &member.up());
    let readme = readme(name, &target(member), &standing);
    own(manifest(name, &member.sdk), readme, "sqlservice.db*\n")
}

/// Returns the files that every project has.
fn own(manifest: String, readme: String, ignored: &str) -> Vec<Text> {
    let source = include_str!("../template/lib.rs");
    [("Cargo.toml", manifest.as_str()), ("src/lib.rs", source), ("README.md", &readme), (".gitignore", ignored)]
        .map(text)
        .into()
}

fn text((path, text): (&str, &str)) -> Text {
    (path.to_owned(), text.as_bytes().to_vec())
}

fn manifest(name: &str, sdk: &str) -> String {
    include_str!("../template/manifest.toml").replace("{name}", name).replace("{sdk}", sdk)
}

fn readme(name: &str, target: &str, standing: &str) -> String {
    let template = include_str!("../template/README.md").replace("{standing}\n", standing);
    template.replace("{name}", name).replace("{file}", &file(name)).replace("{target}", target)
}

/// The relative path from a member's directory to the directory of built components.
fn target(member: &Member) -> String {
    format!("{}/target", member.up())
}

/// Checks the path of an SDK that is not copied, and makes it absolute.
fn elsewhere(path: &Path) -> Result<String> {
    let help = "--sdk takes the folder guest-sdk/rust of sqlservice's sources";
    let wrong = |why: String| Failure::new(Exit::Usage, format!("{} is not the SDK: {why}", path.display())).help(help);
    let manifest =
        fs::read_to_string(path.join("Cargo.toml")).map_err(|error| wrong(format!("Cargo.toml: {error}")))?;
    if !manifest.contains("name = \"sqlservice-sdk\"") {
        return Err(wrong("it is another package".to_owned()));
    }
    // Cargo resolves paths from the project's folder, users give them from the working directory.
    let full = fs::canonicalize(path).map_err(|error| wrong(error.to_string()))?;
    full.to_str().map(str::to_owned).ok_or_else(|| wrong("its path is not UTF-8".to_owned()))
}

/// Refuses a directory that is not empty.
fn free(dir: &Path) -> Result<()> {
    let taken = fs::read_dir(dir).map(|mut entries| entries.next().is_some()).unwrap_or(dir.exists());
    if taken {
        return Err(Failure::new(Exit::Usage, format!("{} is there already", dir.display()))
            .help("--path takes a directory that does not exist or is empty"));
    }
    Ok(())
}

/// Makes a member and adds it to its workspace, or does neither: the workspace is changed last.
fn join(name: &str, dir: &Path, member: &Member) -> Result<()> {
    let was_there = dir.exists();
    make(dir, &own_member(name, member))?;
    if member.listed {
        return Ok(());
    }
    members::add(&member.root, &member.path).inspect_err(|_| {
        // Cargo would build nothing in the leftovers, a member that its workspace does not list.
        let _ = fs::remove_dir_all(dir);
        if was_there {
            let _ = fs::create_dir(dir);
        }
    })
}

/// Writes the project, or nothing: its directory gets its name when all files are written.
fn make(dir: &Path, files: &[Text]) -> Result<()> {
    let unfinished = members::unfinished(dir);
    write(&unfinished, dir, files).map_err(|error| {
        // The leftovers would only be in the way. An error of removing them is ignored in favour of the first one.
        let _ = fs::remove_dir_all(&unfinished);
        Failure::new(Exit::Host, format!("{} cannot be made: {error}", dir.display()))
    })
}

fn write(unfinished: &Path, dir: &Path, files: &[Text]) -> io::Result<()> {
    for (path, content) in files {
        let path = unfinished.join(path);
        fs::create_dir_all(path.parent().unwrap_or(unfinished))?;
        fs::write(path, content)?;
    }
    // An empty directory is replaced.
    if dir.exists() {
        fs::remove_dir(dir)?;
    }
    fs::rename(unfinished, dir)
}

/// Returns the message about what was made, with the next steps.
fn told(name: &str, dir: &Path, standing: &WorkspaceRole) -> String {
    let (dir, file) = (dir.display(), file(name));
    let (made, target, toolchain) = match standing {
        WorkspaceRole::Alone(None) => (String::new(), "target".to_owned(), ""),
        WorkspaceRole::Alone(Some(why)) => (format!(", which stands alone: {why}"), "target".to_owned(), ""),
        WorkspaceRole::Member(member) => {
            let made = format!(", a member of the workspace in {}", member.root.display());
            (made, target(member), if has_toolchain(&member.root) { "" } else { "  rustup target add wasm32-wasip2\n" })
        }
    };
    format!(
        "Made the plugin {name} in {dir}{made}. Next:\n\n\
        \x20 cd {dir}\n\
        {toolchain}\
        \x20 cargo build --release --target wasm32-wasip2\n\
        \x20 sqlservice run {target}/wasm32-wasip2/release/{file}.wasm add-note \"buy milk\"\n\
        \x20 sqlservice run {target}/wasm32-wasip2/release/{file}.wasm notes\n"
    )
}

/// Whether rustup finds a toolchain file there, which can name the target `wasm32-wasip2`, as a project of ours does.
fn has_toolchain(root: &Path) -> bool {
    let names = ["rust-toolchain.toml", "rust-toolchain"];
    root.ancestors().any(|folder| names.iter().any(|name| folder.join(name).exists()))
}

/// Returns cargo's file name of the component.
fn file(name: &str) -> String {
    name.replace('-', "_")
}

/// Quotes a string in TOML.
fn toml(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::{Member, own_alone, own_member, sdk};

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

    fn member() -> Member {
        let sdk = "{ path = \"../../sdk/guest-sdk/rust\" }".to_owned();
        Member { root: "/first".into(), path: "plugins/my-notes".to_owned(), sdk, listed: false }
    }

    #[test]
    fn nothing_of_the_template_is_left_open() {
        for (path, text) in [own_alone("my-notes", "sdk/guest-sdk/rust"), own_member("my-notes", &member())].concat() {
            let text = String::from_utf8(text).expect("a text");
            for word in ["{name}", "{sdk}", "{file}", "{target}", "{standing}", "{root}"] {
                assert!(!text.contains(word), "{path}: {word}");
            }
            assert!(path == "Cargo.lock" || text.lines().count() <= 50, "{path} is longer than a screen");
        }
    }

    #[test]
    fn a_member_has_nothing_that_its_workspace_has() {
        let files = own_member("my-notes", &member());
        let names: Vec<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(names, ["Cargo.toml", "src/lib.rs", "README.md", ".gitignore"]);
        let text = |name: &str| {
            let (_, content) = files.iter().find(|(path, _)| path == name).expect("a file");
            std::str::from_utf8(content).expect("a text")
        };
        let manifest = text("Cargo.toml");
        assert!(
            manifest.ends_with("[dependencies]\nsqlservice-sdk = { path = \"../../sdk/guest-sdk/rust\" }\n"),
            "{manifest}"
        );
        assert!(!manifest.contains("[workspace") && !manifest.contains("[profile"), "{manifest}");
        assert!(
            text("README.md").contains(" ../../target/wasm32-wasip2/release/my_notes.wasm"),
            "{}",
            text("README.md")
        );
        assert!(text("README.md").contains("workspace in `../..`"), "{}", text("README.md"));
    }
}
