//! Adds a member to a workspace by editing its manifest, which leaves the rest of the manifest unchanged.

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Write as _},
    path::{Path, PathBuf},
};

use toml_edit::{Array, DocumentMut, Item, RawString, TomlError, Value, value};

use crate::{
    exit::Exit,
    failure::{Failure, Result},
};

/// Adds a member to the manifest in this folder. Other programs see the manifest before or after the change, never a part of it.
pub(super) fn add(root: &Path, path: &str) -> Result<()> {
    let manifest = root.join("Cargo.toml");
    let wrong = |why: String| {
        let message = format!("{} cannot be given the member {path}: {why}", manifest.display());
        Failure::new(Exit::Host, message)
            .help("nothing was made; --alone makes a project that the manifest need not name")
    };
    // Where the manifest is a link, its target is written.
    let target = fs::canonicalize(&manifest).map_err(|error| wrong(error.to_string()))?;
    replace(&target, |text| with(text, path)).map_err(wrong)
}

/// Replaces a file by its changed text, which is written to a temporary name first. While a file of that name exists, no other
/// `sqlservice new` changes the file.
fn replace(
    target: &Path,
    change: impl Fn(&str) -> std::result::Result<String, String>,
) -> std::result::Result<(), String> {
    let unfinished = unfinished(target);
    let file = File::create_new(&unfinished).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => {
            let name = unfinished.display();
            format!("{name} is there, which a program writes right now, or was stopped at: remove it then")
        }
        _ => error.to_string(),
    })?;
    let replaced = changed(target, change).and_then(|text| {
        written(file, &text, target).and_then(|()| fs::rename(&unfinished, target)).map_err(|error| error.to_string())
    });
    if replaced.is_err() {
        // The leftovers would only be in the way. An error of removing them is ignored in favour of the first one.
        let _ = fs::remove_file(&unfinished);
    }
    replaced
}

/// Returns the changed text of a file, if the file may be written.
fn changed(
    target: &Path,
    change: impl Fn(&str) -> std::result::Result<String, String>,
) -> std::result::Result<String, String> {
    let text = fs::read_to_string(target).map_err(|error| error.to_string())?;
    let permissions = fs::metadata(target).map_err(|error| error.to_string())?.permissions();
    if permissions.readonly() { Err("it is write-protected".to_owned()) } else { change(&text) }
}

/// Writes the text to the disk, with the rights of the file that it replaces.
fn written(mut file: File, text: &str, target: &Path) -> io::Result<()> {
    file.write_all(text.as_bytes())?;
    file.set_permissions(fs::metadata(target)?.permissions())?;
    file.sync_all()
}

/// Returns the temporary name of a file or directory until it is complete.
pub(super) fn unfinished(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".unfinished");
    PathBuf::from(name)
}

/// Returns the manifest's text with one more member.
fn with(text: &str, path: &str) -> std::result::Result<String, String> {
    let mut document: DocumentMut = text.parse().map_err(|error: TomlError| error.to_string())?;
    let workspace = document.get_mut("workspace").and_then(Item::as_table_like_mut);
    let workspace = workspace.ok_or("it has no table [workspace]")?;
    let members = workspace.entry("members").or_insert_with(|| value(Array::new()));
    append(members.as_array_mut().ok_or("its `members` are no list")?, path);
    let changed = document.to_string();
    // The library writes its own line ends, which have to match those of the file.
    Ok(if text.contains("\r\n") { changed.replace("\r\n", "\n").replace('\n', "\r\n") } else { changed })
}

/// Appends to a list. A list with one entry per line gets one more line, and comments stay beside their entries.
fn append(list: &mut Array, path: &str) {
    let trailing = said(Some(list.trailing()));
    let (before, behind) = match list.iter_mut().last() {
        Some(last) => {
            let around = (said(last.decor().prefix()), said(last.decor().suffix()));
            last.decor_mut().set_suffix("");
            around
        }
        None => Default::default(),
    };
    // The decoration after the last entry: the part before its comma, and the part before the bracket.
    let after = format!("{behind}{trailing}");
    let comments = after.trim_end();
    let place = match before.rsplit_once('\n') {
        Some((_, indent)) => format!("{comments}\n{indent}"),
        None if after.contains('\n') => format!("{comments}\n    "),
        None if list.is_empty() => String::new(),
        None => " ".to_owned(),
    };
    list.push_formatted(Value::from(path).decorated(place, ""));
    list.set_trailing(after.strip_prefix(comments).unwrap_or_default());
}

/// The decoration of a value: blanks, lines and comments.
fn said(around: Option<&RawString>) -> String {
    around.and_then(RawString::as_str).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::{add, with};

    fn edited(before: &str) -> String {
        let after = with(before, "new").expect("a manifest");
        assert!(after.contains("\"new\""), "{after}");
        assert!(after.parse::<toml_edit::DocumentMut>().is_ok(), "{after}");
        after
    }

    #[test]
    fn a_list_is_made_where_there_is_none() {
        let package = "# ours\n[package]\nname = \"a\" # a name\n";
        let before = &format!("{package}\n# alone\n[workspace]\nexclude = [\"sdk\"]\n\n[profile.dev]\ndebug = 1\n");
        let after = before.replace("[\"sdk\"]\n", "[\"sdk\"]\nmembers = [\"new\"]\n");
        assert_eq!(edited(before), after);
        assert_eq!(edited("[workspace]\n"), "[workspace]\nmembers = [\"new\"]\n");
        assert_eq!(edited("[workspace]"), "[workspace]\nmembers = [\"new\"]\n");
        assert_eq!(edited("[workspace]\nmembers = []\n"), "[workspace]\nmembers = [\"new\"]\n");
        assert_eq!(edited("workspace = {}\n"), "workspace = { members = [\"new\"] }\n");
        assert_eq!(
            edited("workspace.exclude = [\"a\"]\n"),
            "workspace.exclude = [\"a\"]\nworkspace.members = [\"new\"]\n"
        );
        let shared = edited("[workspace.dependencies]\na = \"1\"\n");
        assert!(shared.contains("[workspace]\nmembers = [\"new\"]\n"), "{shared}");
    }

    #[test]
    fn a_list_on_one_line_stays_on_it() {
        assert_eq!(
            edited("[workspace]\nmembers = [\"a\"] # ours\n"),
            "[workspace]\nmembers = [\"a\", \"new\"] # ours\n"
        );
        assert_eq!(edited("[workspace]\nmembers = [ \"a\" ]\n"), "[workspace]\nmembers = [ \"a\", \"new\" ]\n");
        assert_eq!(edited("[workspace]\nmembers = [ 'a', ]\n"), "[workspace]\nmembers = [ 'a', \"new\", ]\n");
    }

    #[test]
    fn a_list_of_lines_gets_a_line_and_keeps_its_comments() {
        let list = |lines: &str| format!("[workspace]\nmembers = [\n{lines}]\n");
        for (before, after) in [
            ("    \"a\",\n    \"b\",\n", "    \"a\",\n    \"b\",\n    \"new\",\n"),
            ("  \"a\",\n  \"b\"\n", "  \"a\",\n  \"b\",\n  \"new\"\n"),
            ("\t\"a\", # of a\n\t# below\n", "\t\"a\", # of a\n\t# below\n\t\"new\",\n"),
            ("    \"a\" # of a\n", "    \"a\", # of a\n    \"new\"\n"),
            ("    # of a\n    \"a\",\n\n", "    # of a\n    \"a\",\n    \"new\",\n\n"),
        ] {
            assert_eq!(edited(&list(before)), list(after));
        }
        assert_eq!(
            edited("[workspace]\nmembers = [\"a\", # of a\n]\n"),
            "[workspace]\nmembers = [\"a\", # of a\n    \"new\",\n]\n"
        );
        assert_eq!(edited(&list("    # none\n")), "[workspace]\nmembers = [\n    # none\n    \"new\"\n]\n");
    }

    #[test]
    fn lines_end_as_they_did() {
        let before = "# a\r\n[workspace]\r\nmembers = [\r\n    \"a\",\r\n]\r\nresolver = \"3\"\r\n";
        assert_eq!(edited(before), before.replace("\"a\",\r\n", "\"a\",\r\n    \"new\",\r\n"));
    }

    #[test]
    fn a_manifest_that_cannot_be_edited_is_left() {
        assert_eq!(with("[package]\n", "new").expect_err("no"), "it has no table [workspace]");
        assert_eq!(with("[workspace]\nmembers = \"a\"\n", "new").expect_err("no"), "its `members` are no list");
        assert!(with("[workspace\n", "new").expect_err("no").contains("line 1"));
    }

    #[test]
    fn the_manifest_is_replaced_as_a_whole() {
        let dir = TempDir::new().expect("a directory");
        let manifest = dir.path().join("Cargo.toml");
        let names = || {
            let entries = fs::read_dir(dir.path()).expect("the directory").flatten();
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect::<Vec<_>>()
        };
        fs::write(&manifest, "[workspace]\n").expect("a file");
        add(dir.path(), "new").expect("it is added");
        assert_eq!(fs::read_to_string(&manifest).expect("a file"), "[workspace]\nmembers = [\"new\"]\n");
        assert_eq!(names(), ["Cargo.toml"]);
        // A file that another process writes is not touched.
        fs::write(dir.path().join("Cargo.toml.unfinished"), "").expect("a file");
        assert!(add(dir.path(), "other").expect_err("no").to_string().contains("remove it then"));
        fs::remove_file(dir.path().join("Cargo.toml.unfinished")).expect("it is there");
        fs::write(&manifest, "[package]\n").expect("a file");
        assert!(add(dir.path(), "other").expect_err("no").to_string().contains("no table [workspace]"));
        assert_eq!(names(), ["Cargo.toml"]);
    }
}
