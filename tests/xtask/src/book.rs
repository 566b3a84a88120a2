//! The book: its pages are next to what they explain; here they are collected, rendered by mdBook, and their links checked.
//!
//! Pages keep their paths below the root, so that a link between two of them is the same in the repository and in the book.

pub mod link;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail};

use crate::{
    progress::{note, run_quietly},
    workspace::{root, shown, target},
};
use link::{Entry, Site};

/// The table of contents. Its paths are relative to the root.
pub const SUMMARY: &str = "tests/xtask/book/SUMMARY.md";
/// mdBook's settings.
const SETTINGS: &str = "tests/xtask/book/book.toml";

/// Builds the book in `target/book`. Fails if a link is broken.
pub fn build(mdbook: &Path) -> Result<()> {
    let (source, output) = (target().join("book-source"), target().join("book"));
    let summary = read(&root().join(SUMMARY))?;
    let pages = pages(&summary);
    assemble(&summary, &pages, &source)?;
    run_quietly(Command::new(mdbook).arg("build").arg(&source).arg("--dest-dir").arg(&output))?;
    finish(&output)?;
    note(&format!("{} pages: {}", pages.len(), shown(&output.join("index.html"))));
    Ok(())
}

/// The pages of a table of contents, in their order.
pub fn pages(summary: &str) -> Vec<&str> {
    let links = summary.lines().filter_map(|line| Some(line.split_once("](")?.1.split_once(')')?.0));
    links.filter(|path| !path.is_empty()).collect()
}

/// Copies mdBook's input into a directory of its own: mdBook copies all other files of its source directory into the book.
fn assemble(summary: &str, pages: &[&str], source: &Path) -> Result<()> {
    if source.exists() {
        fs::remove_dir_all(source)?;
    }
    let into = source.join("src");
    fs::create_dir_all(&into)?;
    fs::write(into.join("SUMMARY.md"), summary)?;
    fs::copy(root().join(SETTINGS), source.join("book.toml"))?;
    pages.iter().try_for_each(|page| copy(page, &into))
}

/// Copies a file of the project to the same place below another directory.
fn copy(path: &str, into: &Path) -> Result<()> {
    let to = into.join(path);
    fs::create_dir_all(to.parent().unwrap_or(into))?;
    fs::copy(root().join(path), &to).with_context(|| format!("{path} cannot be copied"))?;
    Ok(())
}

/// Checks the links of the rendered book, and writes the finished pages and images.
fn finish(output: &Path) -> Result<()> {
    let mut site = Site::default();
    collect(output, output, &mut site)?;
    let finished = link::finish(&site, env!("CARGO_PKG_REPOSITORY"), |path| entry(&root().join(path)));
    if !finished.broken.is_empty() {
        bail!("links that lead nowhere:\n{}", finished.broken.join("\n"));
    }
    write(output, &finished.pages, &finished.images)
}

fn write(output: &Path, pages: &BTreeMap<String, String>, images: &BTreeSet<String>) -> Result<()> {
    for (path, html) in pages {
        fs::write(output.join(path), html)?;
    }
    images.iter().try_for_each(|image| copy(image, output))
}

/// Whether a path of the repository is a file or a folder.
fn entry(path: &Path) -> Option<Entry> {
    let found = fs::metadata(path).ok()?;
    Some(if found.is_dir() { Entry::Folder } else { Entry::File })
}

/// Reads a rendered book: the HTML of its pages, the names of its other files.
fn collect(directory: &Path, output: &Path, site: &mut Site) -> Result<()> {
    for found in fs::read_dir(directory)? {
        let path: PathBuf = found?.path();
        if path.is_dir() {
            collect(&path, output, site)?;
            continue;
        }
        let name = path.strip_prefix(output)?.to_string_lossy().replace('\\', "/");
        if name.ends_with(".html") {
            site.pages.insert(name, read(&path)?);
        } else {
            site.files.insert(name);
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))
}

#[cfg(test)]
mod tests {
    use super::pages;

    #[test]
    fn a_table_of_contents_has_pages_and_titles() {
        let summary =
            "# Contents\n\n[First](README.md)\n\n# Part\n\n- [Two](a/two.md)\n  - [Three](a/b.md)\n- [Later]()\n";
        assert_eq!(pages(summary), ["README.md", "a/two.md", "a/b.md"]);
    }
}
