//! The book: every page is in its table of contents, and the names in the book and in the glossary exist.

use std::{collections::BTreeSet, fs};

use sqlservice_tests::source::{self, Source};

/// The page that maps SQLAlchemy's names to those of the SDKs.
const NAMES: &str = "guest-sdk/guide/sqlalchemy-names.md";

/// The source folders and the file ending of the SDK in each column of that page, from the second column on.
const SDKS: [(&[&str], &str); 3] = [
    (&["guest-sdk/rust"], ".rs"),
    (&["guest-sdk/javascript", "tests/languages/kysely", "plugins/prices"], ".ts"),
    (&["guest-sdk/go"], ".go"),
];

#[test]
fn every_page_is_in_the_table_of_contents() {
    let summary = fs::read_to_string(source::root().join(xtask::book::SUMMARY)).expect("a table of contents");
    let listed: BTreeSet<&str> = xtask::book::pages(&summary).into_iter().collect();
    let guides = source::all().into_iter().filter(is_guide).map(|page| page.path);
    let forgotten: Vec<String> = guides.filter(|path| !listed.contains(path.as_str())).collect();
    assert_eq!(forgotten, [""; 0], "these are in no table of contents");
    let missing: Vec<&&str> = listed.iter().filter(|path| !source::root().join(path).is_file()).collect();
    assert!(missing.is_empty(), "there is no {missing:?}");
}

/// Whether a file is a page in a folder `guide`.
fn is_guide(file: &Source) -> bool {
    file.path.ends_with(".md") && file.path.rsplit('/').nth(1) == Some("guide")
}

#[test]
fn pages_name_only_files_that_exist() {
    let all = source::all();
    let exists = |name: &str| all.iter().any(|file| format!("/{}", file.path).ends_with(&format!("/{name}")));
    let mut named = 0;
    for page in all.iter().filter(|file| is_guide(file)) {
        for name in page.text.split('`').skip(1).step_by(2).filter(|code| code.ends_with(".rs")) {
            named += 1;
            assert!(exists(name), "{} names {name}, which does not exist", page.path);
        }
    }
    assert!(named > 5, "{named}");
}

#[test]
fn names_of_sqlalchemy_lead_to_names_of_the_sdks() {
    let all = source::all();
    let page = all.iter().find(|file| file.path == NAMES).expect("the page of names");
    let known: Vec<BTreeSet<&str>> = SDKS
        .iter()
        .map(|(folders, ending)| {
            let of_sdk =
                |file: &&Source| file.path.ends_with(ending) && folders.iter().any(|folder| file.is_in(folder));
            all.iter().filter(of_sdk).flat_map(|file| words(&file.text)).collect()
        })
        .collect();
    let mut unknown = Vec::new();
    for cells in rows(&page.text) {
        for (cell, known) in cells.iter().skip(1).zip(&known) {
            unknown.extend(names(cell).filter(|name| !known.contains(name)).map(|name| format!("{name} in {cell}")));
        }
    }
    assert_eq!(unknown, [""; 0], "no SDK has these");
}

/// Returns the cells of each row of each table; rows of headings have no names in them.
fn rows(markdown: &str) -> impl Iterator<Item = Vec<&str>> {
    let rows = markdown.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    rows.map(|row| row.split(" | ").collect())
}

/// Returns the identifiers in the code spans of a cell.
fn names(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2).flat_map(words)
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

#[test]
fn words_of_the_glossary_are_names_in_the_code() {
    let architecture = fs::read_to_string(source::root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md");
    let (_, glossary) = architecture.split_once("## Glossary\n").expect("a glossary");
    let rust: Vec<Source> = source::rust().into_iter().filter(|file| !file.is_in("tests")).collect();
    let known: BTreeSet<&str> = rust.iter().flat_map(|file| words(&file.text)).collect();
    let rows: Vec<Vec<&str>> = rows(glossary).collect();
    assert!(rows.len() > 20, "a glossary has words");
    let all = rows.iter().flat_map(|cells| names(cells[0]));
    let unknown: Vec<&str> = all.filter(|name| !known.contains(name)).collect();
    assert_eq!(unknown, [""; 0], "no code has these");
}

#[test]
fn names_are_the_code_of_cells() {
    let table = "text\n| SQLAlchemy | Rust |\n| --- | --- |\n| `str \\| None` | `a::b()`, or - ; `c_d` |\n";
    let cells: Vec<Vec<&str>> = rows(table).map(|cells| names(cells[1]).collect()).collect();
    assert_eq!(cells, [vec![], vec![], vec!["a", "b", "c_d"]]);
}
