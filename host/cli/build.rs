//! Gathers the guest SDK and the contract, so that `sqlservice new` can make a project that builds without this repository.

use std::{
    collections::BTreeSet,
    env,
    error::Error,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// What a project needs of this repository. The folders keep their places: the SDK finds the contract by them.
const FOLDERS: [&str; 2] = ["guest-sdk/rust", "wit"];
/// The SDKs of the other languages, of which a project gets all that git has.
const OTHERS: [&str; 4] = ["python", "javascript", "go", "c"];
/// Folders in them that no project needs: their tests, and what tools leave behind. Those that begin with a dot are left out as well.
const UNWANTED: [&str; 8] = ["check", "test", "tests", "benches", "node_modules", "target", "__pycache__", "dist"];
/// Folders within them that no project needs.
const LEFT_OUT: [&str; 5] = ["tests", "benches", "examples", "target", ".git"];
/// The SDK's manifests, which take versions and lints from their workspace.
const MANIFESTS: [&str; 2] = ["guest-sdk/rust/Cargo.toml", "guest-sdk/rust/macros/Cargo.toml"];

fn main() -> Result<()> {
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR")?).ancestors().nth(2).ok_or("no workspace")?.to_owned();
    let mut files = Vec::new();
    for folder in FOLDERS {
        println!("cargo::rerun-if-changed={}", root.join(folder).display());
        collect(&root.join(folder), &mut files)?;
    }
    files.push(root.join("LICENSE"));
    for file in ["Cargo.toml", "Cargo.lock", "LICENSE", "rust-toolchain.toml"] {
        println!("cargo::rerun-if-changed={}", root.join(file).display());
    }
    files.sort();
    let mut text = "pub(super) const FILES: &[(&str, &str)] = &[\n".to_owned();
    writeln!(text, "    (\"Cargo.toml\", {:?}),", workspace(&root)?)?;
    for file in files {
        let name = file.strip_prefix(&root)?.to_str().ok_or("a file's name is not UTF-8")?.replace('\\', "/");
        if MANIFESTS.contains(&name.as_str()) {
            writeln!(text, "    ({name:?}, {:?}),", manifest(&fs::read_to_string(&file)?))?;
        } else {
            writeln!(text, "    ({name:?}, include_str!({:?})),", file.to_str().ok_or("a path is not UTF-8")?)?;
        }
    }
    text.push_str("];\n");
    let toolchain = fs::read_to_string(root.join("rust-toolchain.toml"))?;
    writeln!(text, "pub(super) const TOOLCHAIN: &str = {toolchain:?};")?;
    writeln!(text, "pub(super) const LOCK: &str = {:?};", locked(&fs::read_to_string(root.join("Cargo.lock"))?))?;
    text.push_str(&others(&root)?);
    fs::write(Path::new(&env::var("OUT_DIR")?).join("sdk.rs"), text)?;
    Ok(())
}

/// The files of the other SDKs, by the names of their folders.
fn others(root: &Path) -> Result<String> {
    let mut text = "pub(super) const OTHERS: &[(&str, Files)] = &[\n".to_owned();
    for sdk in OTHERS {
        let folder = root.join("guest-sdk").join(sdk);
        let mut files = Vec::new();
        of_git(&folder, &mut files)?;
        // Of each, as packages that are installed beside them are none of ours.
        for entry in files.iter().map(|file| within(&folder, file)).collect::<BTreeSet<_>>() {
            println!("cargo::rerun-if-changed={}", entry.display());
        }
        files.sort();
        writeln!(text, "    ({sdk:?}, &[")?;
        for file in files {
            let name = file.strip_prefix(&folder)?.to_str().ok_or("a file's name is not UTF-8")?.replace('\\', "/");
            writeln!(text, "        ({name:?}, include_bytes!({:?})),", file.to_str().ok_or("a path is not UTF-8")?)?;
        }
        text.push_str("    ]),\n");
    }
    text.push_str("];\n");
    Ok(text)
}

/// What holds a file, directly in a folder.
fn within(folder: &Path, file: &Path) -> PathBuf {
    let first = file.strip_prefix(folder).ok().and_then(|path| path.components().next());
    first.map_or_else(|| folder.to_owned(), |first| folder.join(first))
}

/// The files below a folder that are source. Git itself is not asked: it need not be there.
fn of_git(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() {
            if !name.starts_with('.') && !name.ends_with(".egg-info") && !UNWANTED.contains(&name) {
                of_git(&path, files)?;
            }
        } else if !path.is_symlink() && !name.ends_with("_test.go") && name != "check.sh" {
            files.push(path);
        }
    }
    Ok(())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() {
            if !LEFT_OUT.contains(&name) {
                collect(&path, files)?;
            }
        } else if !name.starts_with('.') {
            files.push(path);
        }
    }
    Ok(())
}

/// The versions that the SDK was tested with: of our lock file, what its packages depend on. Cargo adds the project itself.
fn locked(lock: &str) -> String {
    let (head, packages) = lock.split_once("[[package]]").unwrap_or((lock, ""));
    let packages: Vec<&str> = packages.split("[[package]]").collect();
    let mut wanted = vec!["sqlservice-sdk".to_owned()];
    let mut kept = vec![false; packages.len()];
    while let Some(dependency) = wanted.pop() {
        // `name`, or `name version` where there are several.
        let (name, version) = dependency.split_once(' ').unwrap_or((&dependency, ""));
        for (package, kept) in packages.iter().zip(&mut kept) {
            let is = |key: &str, value: &str| package.contains(&format!("\n{key} = \"{value}\"\n"));
            if *kept || !is("name", name) || !(version.is_empty() || is("version", version)) {
                continue;
            }
            *kept = true;
            let listed = package.split_once("dependencies = [").map_or("", |(_, rest)| rest);
            wanted.extend(
                listed.lines().filter_map(|line| Some(line.trim().strip_prefix('"')?.strip_suffix("\",")?.to_owned())),
            );
        }
    }
    let kept = packages.iter().zip(kept).filter(|(_, kept)| *kept).map(|(package, _)| format!("[[package]]{package}"));
    format!("{head}{}\n", kept.collect::<String>().trim_end())
}

/// The manifest of a workspace of the SDK alone: of ours, what the SDK's packages take from it.
fn workspace(root: &Path) -> Result<String> {
    let ours = fs::read_to_string(root.join("Cargo.toml"))?;
    let theirs = MANIFESTS.map(|file| fs::read_to_string(root.join(file)).map(|text| manifest(&text)));
    let theirs = theirs.into_iter().collect::<std::io::Result<String>>()?;
    let mut text = "# The SDK that the program `sqlservice` brought, with the contract: a workspace of its own.\n\
        [workspace]\nresolver = \"3\"\nmembers = [\"guest-sdk/rust\", \"guest-sdk/rust/macros\"]\n"
        .to_owned();
    for (header, body) in sections(&ours) {
        match header.as_str() {
            "[workspace.dependencies]" => write!(text, "\n{header}\n{}", taken(&body, &theirs)?)?,
            _ if header.starts_with("[workspace.package") || header.starts_with("[workspace.lints") => {
                write!(text, "\n{header}\n{body}")?;
            }
            _ => {}
        }
    }
    Ok(text)
}

/// The dependencies of the workspace that these manifests take.
fn taken(dependencies: &str, manifests: &str) -> Result<String> {
    let is_taken = |name: &str| {
        manifests.lines().any(|line| {
            let rest = line.strip_prefix(name).map(str::trim_start);
            rest.is_some_and(|rest| rest.starts_with(".workspace") || rest.starts_with("= { workspace"))
        })
    };
    let mut kept = String::new();
    for line in dependencies.lines() {
        let Some((name, value)) = line.split_once('=').filter(|_| !line.starts_with(['#', ' ', ']'])) else { continue };
        if is_taken(name.trim()) {
            if value.matches(['[', '{']).count() != value.matches([']', '}']).count() {
                return Err(format!("Cargo.toml: write {name} on one line, `sqlservice new` copies it").into());
            }
            writeln!(kept, "{line}")?;
        }
    }
    Ok(kept)
}

/// A manifest without what only its own tests use.
fn manifest(text: &str) -> String {
    let own = |header: &str| {
        ["[dev-dependencies", "[[test]]", "[[bench]]", "[[example]]"].iter().any(|word| header.starts_with(word))
    };
    let kept = sections(text).into_iter().filter(|(header, _)| !own(header));
    kept.map(|(header, body)| format!("{header}\n{body}\n")).collect::<String>().trim().to_owned() + "\n"
}

/// Headers with what follows them. What explains the next section is not part of the one before.
fn sections(text: &str) -> Vec<(String, String)> {
    let mut sections: Vec<(String, String)> = vec![(String::new(), String::new())];
    for line in text.lines() {
        if line.starts_with('[') {
            sections.push((line.to_owned(), String::new()));
        } else if let Some((_, body)) = sections.last_mut() {
            body.push_str(line);
            body.push('\n');
        }
    }
    for (_, body) in &mut sections {
        let mut lines: Vec<&str> = body.lines().collect();
        while lines.last().is_some_and(|line| line.is_empty() || line.starts_with('#')) {
            lines.pop();
        }
        *body = lines.iter().map(|line| format!("{line}\n")).collect();
    }
    sections.retain(|(header, body)| !header.is_empty() || !body.is_empty());
    sections
}
