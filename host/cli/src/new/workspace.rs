//! The cargo workspace that contains a new plugin's directory, and whether the plugin can be a member: the workspace has to have the
//! SDK.

use std::{
    fs,
    io::{self, ErrorKind},
    iter,
    path::{Component, Path, PathBuf},
};

use glob::{MatchOptions, Pattern};
use toml_edit::{DocumentMut, InlineTable, Item};

use crate::{
    exit::Exit,
    failure::{Failure, Result},
};

/// The SDK's package.
const SDK: &str = "sqlservice-sdk";

/// Globs as cargo reads them: a star stays within one folder.
const GLOB: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: false };

/// The role of a new plugin in the workspace around it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum WorkspaceRole {
    /// It is a workspace of its own; inside another workspace, with the reason why it is no member.
    Alone(Option<String>),
    /// It is a member.
    Member(Member),
}

/// A new plugin as a member of a workspace.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Member {
    /// The workspace's directory.
    pub(super) root: PathBuf,
    /// The plugin's directory as in the root's manifest.
    pub(super) path: String,
    /// The dependency on the SDK, in TOML.
    pub(super) sdk: String,
    /// Whether the root's `members` contain it already.
    pub(super) listed: bool,
}

impl Member {
    /// The relative path from the plugin's directory to the root.
    pub(super) fn up(&self) -> String {
        up(&self.path)
    }
}

/// Finds the role of a plugin of this name in this directory. The workspace is found by cargo's own rules.
pub(super) fn standing(name: &str, dir: &Path) -> Result<WorkspaceRole> {
    let dir = real(dir).map_err(|error| Failure::new(Exit::Host, format!("{}: {error}", dir.display())))?;
    let Some(root) = Root::above(&dir)? else { return Ok(WorkspaceRole::Alone(None)) };
    let alone = |why: &str| Ok(WorkspaceRole::Alone(Some(format!("{} {why}", root.manifest().display()))));
    let Some(path) = root.path_to(&dir) else { return alone("cannot name it: its path is not UTF-8") };
    let place = root.place(&path);
    if place == MemberListing::Excluded {
        return alone("excludes it");
    }
    let Some(sdk) = root.sdk(&up(&path)) else {
        return match place {
            // Cargo accepts no member that is a workspace itself: the outer workspace would not build.
            MemberListing::Listed => {
                alone(&format!("has no {SDK} to share; its `exclude` needs {path:?}, as its `members` have it"))
            }
            _ => alone(&format!("has no {SDK} to share")),
        };
    };
    if let Some(other) = root.package_like(name) {
        let why = format!("the workspace has a package of the name {name} already: {}", other.display());
        return Err(Failure::new(Exit::Usage, why).help("choose another name, or say --alone"));
    }
    Ok(WorkspaceRole::Member(Member { root: root.folder, path, sdk, listed: place == MemberListing::Listed }))
}

/// How a workspace's manifest lists a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MemberListing {
    Listed,
    Excluded,
    Unnamed,
}

/// A workspace's root.
struct Root {
    folder: PathBuf,
    document: DocumentMut,
}

impl Root {
    /// Finds the nearest workspace above a directory.
    fn above(dir: &Path) -> Result<Option<Self>> {
        for folder in dir.ancestors().skip(1) {
            let Some(document) = read(&folder.join("Cargo.toml"))? else { continue };
            if document.contains_key("workspace") {
                return Ok(Some(Self { folder: folder.to_owned(), document }));
            }
        }
        Ok(None)
    }

    fn manifest(&self) -> PathBuf {
        self.folder.join("Cargo.toml")
    }

    /// Returns a directory's path in the workspace as manifests write it: with slashes on all systems.
    fn path_to(&self, dir: &Path) -> Option<String> {
        let inside = dir.strip_prefix(&self.folder).ok()?;
        let names: Option<Vec<&str>> = inside.iter().map(|name| name.to_str()).collect();
        Some(names?.join("/"))
    }

    /// Returns the texts of a list in `[workspace]`.
    fn list(&self, key: &str) -> impl Iterator<Item = &str> {
        let list = self.document.get("workspace").and_then(|workspace| workspace.get(key)).and_then(Item::as_array);
        list.into_iter().flatten().filter_map(|value| value.as_str())
    }

    /// Returns how the manifest lists a path. A literal member has precedence over `exclude`, which has precedence over a glob.
    fn place(&self, path: &str) -> MemberListing {
        let is_below = |folder: &str| Path::new(path).starts_with(plain(folder));
        let fits = |member: &str| Pattern::new(&plain(member)).is_ok_and(|pattern| pattern.matches_with(path, GLOB));
        if self.list("members").any(|member| plain(member) == path) {
            MemberListing::Listed
        } else if self.list("exclude").any(is_below) {
            MemberListing::Excluded
        } else if self.list("members").any(fits) {
            MemberListing::Listed
        } else {
            MemberListing::Unnamed
        }
    }

    /// Returns a member's dependency on the root's SDK, if the root has one.
    fn sdk(&self, up: &str) -> Option<String> {
        let within = |item: &Item| item.get("dependencies")?.get(SDK).cloned();
        if self.document.get("workspace").and_then(within).is_some() {
            return Some("{ workspace = true }".to_owned());
        }
        let own = within(self.document.as_item())?;
        let path = own.get("path")?.as_str()?;
        let path = if Path::new(path).is_absolute() { path.to_owned() } else { format!("{up}/{}", plain(path)) };
        let mut dependency = InlineTable::from_iter([("path", path)]);
        // With different features cargo would compile the SDK a second time.
        for key in ["features", "default-features"] {
            if let Some(value) = own.get(key).and_then(Item::as_value) {
                dependency.insert(key, value.clone().decorated(" ", ""));
            }
        }
        dependency.fmt();
        Some(dependency.to_string())
    }

    /// Returns the manifest of a package in the workspace whose component would have the same file name.
    fn package_like(&self, name: &str) -> Option<PathBuf> {
        let file = |name: &str| name.replace('-', "_");
        let root = Pattern::escape(&self.folder.to_string_lossy());
        let members = self.list("members").filter_map(|member| glob::glob(&format!("{root}/{member}")).ok());
        let members = members.flatten().flatten();
        let members =
            members.filter(|dir| self.path_to(dir).is_some_and(|path| self.place(&path) != MemberListing::Excluded));
        let mut manifests = iter::once(self.folder.clone()).chain(members).map(|dir| dir.join("Cargo.toml"));
        manifests.find(|manifest| package(manifest).is_some_and(|other| file(&other) == file(name)))
    }
}

/// Reads a manifest, if it exists.
fn read(manifest: &Path) -> Result<Option<DocumentMut>> {
    let wrong = |why: String| {
        Failure::new(Exit::Usage, format!("{} lies above and cannot be read: {why}", manifest.display()))
            .help("repair it, or say --alone for a project that has nothing to do with it")
    };
    match fs::read_to_string(manifest) {
        Ok(text) => text.parse().map(Some).map_err(|error: toml_edit::TomlError| wrong(error.to_string())),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(wrong(error.to_string())),
    }
}

/// Returns the name of a manifest's package, if it has one.
fn package(manifest: &Path) -> Option<String> {
    // Cargo itself reports a broken manifest.
    let document = read(manifest).ok()??;
    Some(document.get("package")?.get("name")?.as_str()?.to_owned())
}

/// Normalizes a manifest's path: `./plugins/*/` is `plugins/*`.
fn plain(path: &str) -> String {
    let names: Vec<&str> = path.split('/').filter(|name| *name != "." && !name.is_empty()).collect();
    names.join("/")
}

/// The relative path from a member to its root.
fn up(path: &str) -> String {
    vec![".."; path.split('/').count()].join("/")
}

/// Returns the path of a directory, which need not exist, without symbolic links, as cargo sees it when it runs in there.
fn real(dir: &Path) -> io::Result<PathBuf> {
    let full = std::path::absolute(dir)?;
    if cfg!(windows) {
        // A canonical path of Windows cannot be part of a glob.
        return Ok(full);
    }
    let there = full.ancestors().find_map(|above| Some((above, fs::canonicalize(above).ok()?)));
    let Some((above, mut real)) = there else { return Ok(full) };
    for part in full.strip_prefix(above).unwrap_or(&full).components() {
        if part == Component::ParentDir {
            real.pop();
        } else {
            real.push(part);
        }
    }
    Ok(real)
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use tempfile::TempDir;

    use super::{Member, MemberListing, Root, WorkspaceRole, real, standing};

    /// A root with this manifest.
    fn root(text: &str) -> Root {
        Root { folder: "/w".into(), document: text.parse().expect("TOML") }
    }

    fn place(lists: &str, path: &str) -> MemberListing {
        root(&format!("[workspace]\n{lists}")).place(path)
    }

    #[test]
    fn members_and_exclude_are_read_as_cargo_reads_them() {
        let globs = "members = [\"./plugins/*/\", \"apps/a\"]\nexclude = [\"plugins/old\", \"sdk/\"]";
        assert_eq!(place(globs, "plugins/new"), MemberListing::Listed);
        assert_eq!(place(globs, "plugins/deep/er"), MemberListing::Unnamed);
        assert_eq!(place(globs, "plugins"), MemberListing::Unnamed);
        assert_eq!(place(globs, "apps/a"), MemberListing::Listed);
        assert_eq!(place(globs, "apps/ab"), MemberListing::Unnamed);
        assert_eq!(place(globs, "plugins/old"), MemberListing::Excluded);
        assert_eq!(place(globs, "plugins/old/er"), MemberListing::Excluded);
        assert_eq!(place(globs, "sdk/x"), MemberListing::Excluded);
        assert_eq!(place(globs, "sdks"), MemberListing::Unnamed);
        assert_eq!(place("members = [\"**\"]", "a/b/c"), MemberListing::Listed);
        assert_eq!(place("members = [\"a/b\"]\nexclude = [\"a\"]", "a/b"), MemberListing::Listed);
        assert_eq!(place("", "a"), MemberListing::Unnamed);
        assert_eq!(place("members = 1\nexclude = \"a\"", "a"), MemberListing::Unnamed);
    }

    #[test]
    fn the_sdk_is_that_of_the_root() {
        let sdk = |text: &str| root(&format!("[workspace]\n{text}")).sdk("../..");
        let path = |path: &str| Some(format!("{{ path = \"{path}\" }}"));
        assert_eq!(sdk("[dependencies]\nsqlservice-sdk = { path = \"./sdk/rust\" }"), path("../../sdk/rust"));
        assert_eq!(sdk("[dependencies.sqlservice-sdk]\npath = \"sdk\" # ours\n"), path("../../sdk"));
        assert_eq!(sdk("[dependencies]\nsqlservice-sdk.path = \"../sdk\""), path("../../../sdk"));
        let features = sdk("[dependencies]\nsqlservice-sdk = { features = [ \"uuid\" ], path = \"sdk\" } # ours");
        assert_eq!(features.as_deref(), Some("{ path = \"../../sdk\", features = [ \"uuid\" ] }"));
        let shared =
            sdk("dependencies.sqlservice-sdk = { path = \"sdk\" }\n[dependencies]\nsqlservice-sdk.workspace = true");
        assert_eq!(shared.as_deref(), Some("{ workspace = true }"));
        for none in ["", "[dependencies]\nsqlservice-sdk = \"1\"", "[dependencies]\nserde = { path = \"sdk\" }"] {
            assert_eq!(sdk(none), None, "{none}");
        }
        #[cfg(unix)]
        assert_eq!(sdk("[dependencies]\nsqlservice-sdk = { path = \"/sdk\" }"), path("/sdk"));
    }

    /// A directory with these files in it.
    fn tree(files: &[(&str, &str)]) -> TempDir {
        let dir = TempDir::new().expect("a directory");
        for (path, text) in files {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a directory");
            fs::write(path, text).expect("a file");
        }
        dir
    }

    const ROOT: &str = r#"
        workspace.members = ["a/*"]
        dependencies.sqlservice-sdk.path = "sdk"
        package.name = "first"
    "#;

    fn found(dir: &TempDir, name: &str, path: &str) -> Result<WorkspaceRole, String> {
        standing(name, &dir.path().join(path)).map_err(|failure| failure.to_string())
    }

    #[test]
    fn the_nearest_workspace_above_is_found_at_any_depth() {
        let dir = tree(&[("w/Cargo.toml", ROOT), ("w/a/in/Cargo.toml", "[package]\nname = \"in\"\n")]);
        let member = |path: &str, sdk: &str, listed| {
            let root = real(&dir.path().join("w")).expect("a path");
            let sdk = format!("{{ path = \"{sdk}\" }}");
            Ok(WorkspaceRole::Member(Member { root, path: path.to_owned(), sdk, listed }))
        };
        assert_eq!(found(&dir, "b", "w/b"), member("b", "../sdk", false));
        assert_eq!(found(&dir, "b", "w/a/b"), member("a/b", "../../sdk", true));
        // Between them are a member, and directories that do not exist yet.
        assert_eq!(found(&dir, "b", "w/a/in/x/../y/b"), member("a/in/y/b", "../../../../sdk", false));
        assert_eq!(found(&dir, "b", "beside"), Ok(WorkspaceRole::Alone(None)));
        assert_eq!(found(&dir, "b", "w/../beside"), Ok(WorkspaceRole::Alone(None)));
    }

    #[test]
    fn what_cannot_be_joined_is_told() {
        let dir = tree(&[
            ("bare/Cargo.toml", "[workspace]\nmembers = [\"in/*\"]\nexclude = [\"out\"]\n"),
            ("broken/Cargo.toml", "[workspace\n"),
            ("package/Cargo.toml", "[package]\nname = \"x\"\n"),
        ]);
        let says = |path: &str, words: &str| match found(&dir, "b", path) {
            Ok(WorkspaceRole::Alone(Some(why))) | Err(why) => assert!(why.contains(words), "{why}"),
            other => panic!("{path}: {other:?}"),
        };
        says("bare/b", "bare/Cargo.toml has no sqlservice-sdk to share");
        says("bare/in/b", "its `exclude` needs \"in/b\"");
        says("bare/out/b", "bare/Cargo.toml excludes it");
        says("broken/b", "line 1");
        assert_eq!(found(&dir, "b", "package/b"), Ok(WorkspaceRole::Alone(None)));
    }

    #[test]
    fn two_packages_of_one_name_are_refused() {
        let package = |name: &str| format!("[package]\nname = \"{name}\"\n");
        let dir =
            tree(&[("Cargo.toml", ROOT), ("a/x/Cargo.toml", &package("my-notes")), ("b/Cargo.toml", &package("c"))]);
        for (name, at) in [("first", "Cargo.toml"), ("my-notes", "a/x/Cargo.toml"), ("my_notes", "a/x/Cargo.toml")] {
            let refused = found(&dir, name, "new").expect_err("it is taken");
            assert!(refused.ends_with(&Path::new(at).display().to_string()), "{refused}");
        }
        // Packages that are no members do not matter.
        assert!(matches!(found(&dir, "c", "new"), Ok(WorkspaceRole::Member(_))));
    }
}
