//! The project's own files, for tests of the project's rules.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The workspace's root.
pub fn root() -> &'static Path {
    xtask::workspace::root()
}

/// A file of the project.
#[derive(Debug)]
pub struct Source {
    /// Its path from the root, with `/`.
    pub path: String,
    /// Its content.
    pub text: String,
}

impl Source {
    /// Whether it is in a folder.
    pub fn is_in(&self, folder: &str) -> bool {
        self.path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
    }

    /// Whether it is Rust.
    pub fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// The Rust code, line by line, with comments and the contents of strings blanked.
    pub fn code(&self) -> String {
        code_of(&self.text)
    }
}

/// All text files below the root, except those that a `.gitignore` excludes.
pub fn all() -> Vec<Source> {
    let mut sources: Vec<Source> = walk().filter_map(|path| read(&path)).collect();
    assert!(sources.len() > 50, "the project has more files than {}", sources.len());
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    sources
}

/// All Rust files.
pub fn rust() -> Vec<Source> {
    all().into_iter().filter(Source::is_rust).collect()
}

/// Reads a file, if it is text.
fn read(path: &Path) -> Option<Source> {
    let text = fs::read_to_string(path).ok()?;
    let path = path.strip_prefix(root()).expect("below the root").to_string_lossy().replace('\\', "/");
    Some(Source { path, text })
}

/// The files that git would list, whether the project is in a repository or not.
fn walk() -> impl Iterator<Item = PathBuf> {
    let mut walk = ignore::WalkBuilder::new(root());
    walk.hidden(false).parents(false).ignore(false).git_global(false).git_exclude(false).require_git(false);
    walk.filter_entry(|entry| entry.file_name() != ".git");
    walk.build().map(|entry| entry.expect("a folder of the project").into_path())
}

/// Blanks comments, strings and characters; newlines stay, so that lines keep their numbers.
fn code_of(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let skipped = skipped(rest, code.chars().next_back());
        if skipped == 0 {
            code.push(first);
            rest = &rest[first.len_utf8()..];
        } else {
            code.push(' ');
            code.extend(rest[..skipped].chars().filter(|c| *c == '\n'));
            rest = &rest[skipped..];
        }
    }
    code
}

/// The length in bytes of a comment, string or character that starts here.
fn skipped(rest: &str, before: Option<char>) -> usize {
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return rest.find("*/").map_or(rest.len(), |end| end + 2);
    }
    if rest.starts_with('"') {
        return string(rest);
    }
    let in_word = before.is_some_and(|c| c.is_alphanumeric() || c == '_');
    if rest.starts_with('r') && (!in_word || before == Some('b')) {
        return raw_string(rest);
    }
    if rest.starts_with('\'') { character(rest) } else { 0 }
}

fn string(rest: &str) -> usize {
    let mut escaped = false;
    for (index, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return index + 1,
            _ => {}
        }
    }
    rest.len()
}

fn raw_string(rest: &str) -> usize {
    let hashes = rest[1..].chars().take_while(|c| *c == '#').count();
    if !rest[1 + hashes..].starts_with('"') {
        return 0;
    }
    let end = format!("\"{}", "#".repeat(hashes));
    rest[2 + hashes..].find(&end).map_or(rest.len(), |at| 2 + hashes + at + end.len())
}

/// `'x'` or `'\n'`; a lifetime is neither.
fn character(rest: &str) -> usize {
    let mut chars = rest.char_indices().skip(1);
    match chars.next() {
        Some((_, '\\')) => rest[3..].find('\'').map_or(0, |at| 3 + at + 1),
        Some((_, _)) => match chars.next() {
            Some((index, '\'')) => index + 1,
            _ => 0,
        },
        None => 0,
    }
}
