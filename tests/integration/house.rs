//! The project's rules that tests enforce: allowed imports, first lines and lengths of files, and forbidden contents.

mod dependencies;
mod imports;
mod names;
mod scenarios;
pub(crate) mod security;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use sqlservice_tests::source::{self, Source};

/// The wall: the maximum number of lines of a file.
const LINES: usize = 600;
/// From this length on the module doc must give the reason, with the word "long".
const LONG: usize = 400;
/// The only files with `unsafe`: one steps SQLite's own handle, one loads machine code that the host cached, and one is a test's VFS for
/// SQLite, which observes what a power failure leaves.
const UNSAFE: [&str; 3] = [
    "host/db/src/backend/sqlite/handle.rs",
    "host/runtime/src/compile_cache/entry.rs",
    "host/db/tests/power_failure/vfs.rs",
];

/// Panics if there are findings, with one line each.
fn none(rule: &str, findings: &[String]) {
    assert!(findings.is_empty(), "{rule}\n{}", findings.join("\n"));
}

/// The project's Rust files, without the samples in `ui/` whose compile errors are compared.
fn written() -> Vec<Source> {
    source::rust().into_iter().filter(|file| !file.path.contains("/ui/")).collect()
}

/// Source files of the host's crates, whose code a guest can reach.
fn host() -> impl Iterator<Item = Source> {
    written().into_iter().filter(|file| file.is_in("host") && file.path.contains("/src/"))
}

#[test]
fn every_file_begins_with_a_sentence() {
    let findings: Vec<String> = written()
        .iter()
        .filter(|file| {
            let first = file.text.lines().next().unwrap_or_default();
            first.strip_prefix("//! ").is_none_or(|words| words.trim().is_empty())
        })
        .map(|file| file.path.clone())
        .collect();
    none("the first line of these files is no `//!` with a sentence:", &findings);
}

#[test]
fn no_file_is_longer_than_the_wall() {
    let mut findings = Vec::new();
    // Test files are exempt: their length follows the number of cases.
    for file in written().into_iter().filter(|file| !file.path.contains("tests/")) {
        let lines = file.text.lines().count() - lines_of_tests(&file.code());
        let says_why =
            || file.text.lines().take_while(|line| line.starts_with("//!")).any(|line| line.contains("long"));
        if lines > LINES {
            findings.push(format!("{}: {lines} lines without its tests, {LINES} are the wall", file.path));
        } else if lines > LONG && !says_why() {
            findings.push(format!("{}: {lines} lines, and its module doc does not say why it is so long", file.path));
        }
    }
    none("split these by meaning:", &findings);
}

/// Other languages have no module doc for a reason, so that only this file may be long: users include a single header.
const LONG_HEADER: &str = "guest-sdk/c/sqlservice.h";

#[test]
fn no_file_in_another_language_is_long() {
    const ENDINGS: [&str; 9] = [".c", ".cpp", ".go", ".h", ".js", ".mjs", ".py", ".ts", ".zig"];
    // Test files are exempt, as in Rust.
    let is_test = |file: &Source| file.path.contains("tests/");
    let is_code = |file: &Source| ENDINGS.iter().any(|ending| file.path.ends_with(ending));
    let ours = |file: &Source| is_code(file) && !is_test(file) && file.path != LONG_HEADER;
    let found: Vec<Source> = source::all().into_iter().filter(ours).collect();
    assert!(found.len() > 100, "four languages have more files than {}", found.len());
    let long = found.iter().map(|file| (&file.path, file.text.lines().count())).filter(|(_, lines)| *lines > LONG);
    let findings: Vec<String> = long.map(|(path, lines)| format!("{path}: {lines} lines")).collect();
    none("split these by meaning:", &findings);
}

/// Lints against code that panics on purpose.
const PANICS: [&str; 7] =
    ["unwrap_used", "expect_used", "panic", "unreachable", "todo", "unimplemented", "string_slice"];

/// The compiler refuses code that panics on purpose. Where a crate forbids a lint, no item can allow it again.
#[test]
fn nothing_in_the_host_panics_on_purpose() {
    let mut findings = Vec::new();
    for (root, level) in [
        ("host/sql/src/lib.rs", "forbid"),
        ("host/db/src/lib.rs", "forbid"),
        ("host/runtime/src/lib.rs", "forbid"),
        ("host/cli/src/main.rs", "deny"),
    ] {
        let text = fs::read_to_string(source::root().join(root)).expect("a crate's first file");
        let refused = lints(&text, level);
        let missing = PANICS.iter().filter(|lint| !refused.contains(&format!("clippy::{lint}")));
        findings.extend(missing.map(|lint| format!("{root}: clippy::{lint}")));
    }
    for file in host().filter(|file| file.path.starts_with("host/cli/")) {
        let code = file.code();
        let allows =
            |lint: &&&str| ["allow", "expect"].iter().any(|way| code.contains(&format!("{way}(clippy::{lint}")));
        findings.extend(PANICS.iter().filter(allows).map(|lint| format!("{}: allows {lint}", file.path)));
    }
    none("a guest may reach these; refuse them:", &findings);
}

/// The lints that a crate's root sets to a level, always or only outside of its own tests, whose macros allow some of them.
fn lints(text: &str, level: &str) -> Vec<String> {
    let compact: String = text.split_whitespace().collect();
    let lists = compact.split("#![").skip(1).filter_map(|attribute| {
        let list = attribute.strip_prefix("cfg_attr(not(test),").unwrap_or(attribute);
        let (lints, _) = list.strip_prefix(&format!("{level}("))?.split_once(')')?;
        Some(lints.split(',').map(str::to_owned).collect::<Vec<_>>())
    });
    lists.flatten().collect()
}

#[test]
fn lints_of_a_level_are_found() {
    const TEXT: &str =
        "#![forbid(clippy::a)]\n#![cfg_attr(not(test), forbid(clippy::b, clippy::c))]\n#![deny(clippy::d)]";
    assert_eq!(lints(TEXT, "forbid"), ["clippy::a", "clippy::b", "clippy::c"]);
}

/// Only the renderer and lists of reserved names may branch on a database's name.
#[test]
fn checks_ask_for_capabilities_and_never_for_a_name() {
    const CHECKS: [&str; 4] = ["check", "bulk", "catalog/check", "catalog/column"];
    let is_check = |file: &Source| {
        let module = file.path.strip_prefix("host/sql/src/").and_then(|path| path.strip_suffix(".rs"));
        module.is_some_and(|module| {
            CHECKS.iter().any(|check| module == *check || module.starts_with(&format!("{check}/")))
        })
    };
    let checks: Vec<Source> = host().filter(is_check).collect();
    assert!(checks.len() > 15, "{}", checks.len());
    let named = checks.iter().filter(|file| file.code().contains("Dialect::"));
    none("ask for a capability:", &named.map(|file| file.path.clone()).collect::<Vec<_>>());
}

/// Counts the lines that are compiled only for tests.
fn lines_of_tests(code: &str) -> usize {
    let mut lines = code.lines();
    let mut count = 0;
    while let Some(line) = lines.next() {
        if line.trim_start().starts_with("#[cfg(test)]") {
            count += 1 + lines_of_item(&mut lines);
        }
    }
    count
}

/// Skips one item, up to its `;` or its closing brace, and returns its number of lines.
fn lines_of_item<'a>(lines: &mut impl Iterator<Item = &'a str>) -> usize {
    let (mut depth, mut begun, mut count) = (0usize, false, 0);
    for line in lines.by_ref() {
        count += 1;
        begun |= line.contains('{');
        depth = (depth + line.matches('{').count()).saturating_sub(line.matches('}').count());
        if depth == 0 && (begun || line.trim_end().ends_with(';')) {
            break;
        }
    }
    count
}

#[test]
fn tests_are_told_from_what_ships() {
    let code = "a\n#[cfg(test)]\nmod tests {\n  fn b() {\n  }\n}\nc\n#[cfg(test)]\nmod t;\nd\n";
    assert_eq!(lines_of_tests(code), 7);
}

#[test]
fn unsafe_lives_in_few_files() {
    let word = |line: &str| line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == "unsafe");
    let findings: Vec<String> = written()
        .iter()
        .filter(|file| !UNSAFE.contains(&file.path.as_str()))
        .flat_map(|file| {
            let code = file.code();
            let lines = code.lines().enumerate().filter(|(_, line)| word(line));
            lines.map(|(number, _)| format!("{}:{}", file.path, number + 1)).collect::<Vec<_>>()
        })
        .collect();
    none(&format!("unsafe belongs into {}:", UNSAFE.join(" or ")), &findings);
}

#[test]
fn every_unsafe_block_says_why_it_is_sound() {
    let unexplained = |path: &str| -> Vec<String> {
        let text = fs::read_to_string(source::root().join(path)).expect("a file with unsafe");
        let code = Source { path: path.to_owned(), text: text.clone() }.code();
        let lines: Vec<&str> = text.lines().collect();
        code.lines()
            .enumerate()
            .filter(|(_, line)| line.contains("unsafe {") || line.contains("unsafe impl"))
            .filter(|(number, _)| {
                let before = lines[..*number].iter().rev().take(8);
                !before.clone().any(|line| line.contains("SAFETY:")) && !lines[*number].contains("SAFETY:")
            })
            .map(|(number, _)| format!("{path}:{}", number + 1))
            .collect()
    };
    let findings: Vec<String> = UNSAFE.iter().flat_map(|path| unexplained(path)).collect();
    none("no SAFETY comment within the eight lines before:", &findings);
}

/// Files and folders that only one backend has, each with the reason.
const OWN_ROOMS: [(&str, &str, &str); 13] = [
    ("sqlite", "handle.rs", "it is stepped through its own handle; the drivers of the others are fast enough"),
    ("sqlite", "handle", "the statements that it keeps are apart from what is unsafe"),
    ("sqlite", "file.rs", "its URLs name files; those of the others name servers, which are alike"),
    ("sqlite", "hooks.rs", "its progress handler, authorizer and update hook run in this process"),
    ("sqlite", "hooks", "what its authorizer allows is a list, which is apart"),
    ("sqlite", "writers.rs", "a file has one writer at a time, and its lock knows no queue"),
    ("sqlite", "create.rs", "names of constraints are only in the text of CREATE TABLE"),
    ("sqlite", "decimal.rs", "it has no type for decimals, so each connection is taught to compute with them"),
    ("sqlite", "function.rs", "its functions run in this process, and some take long in one step"),
    ("sqlite", "idle_files.rs", "each file has connections of its own, and there may be thousands of files"),
    ("sqlite", "function", "patterns and searches are apart"),
    ("postgres", "bind", "it takes arrays"),
    ("postgres", "numeric.rs", "it sends decimals in a binary form of its own"),
];

#[test]
fn the_three_backends_have_the_same_rooms() {
    let rooms = |backend: &str| -> BTreeSet<String> {
        let folder = source::root().join("host/db/src/backend").join(backend);
        let entries = fs::read_dir(&folder).unwrap_or_else(|_| panic!("there is no {}", folder.display())).flatten();
        let all = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
        all.filter(|name| !OWN_ROOMS.iter().any(|(of, own, _)| of == &backend && own == name)).collect()
    };
    let [sqlite, postgres, mysql] = ["sqlite", "postgres", "mysql"].map(rooms);
    assert_eq!(postgres, mysql, "PostgreSQL's and MySQL's rooms differ");
    assert_eq!(sqlite, mysql, "SQLite's and MySQL's rooms differ");
}

#[test]
fn there_is_one_bindgen() {
    assert_eq!(naming("bindgen!", "host/runtime/src"), ["host/runtime/src/bindings.rs"]);
    assert_eq!(naming("wit_bindgen::generate!", "guest-sdk/rust/src"), ["guest-sdk/rust/src/bindings.rs"]);
}

/// Only `conv` converts between the contract's types and the host's. Each of the host's crates has one error enum `Error`; `host/sql` also
/// has `DecimalError`.
#[test]
fn one_module_converts_and_each_crate_has_one_error() {
    // Errors on their way to a guest may be converted in this file.
    const WAY_OUT: &str = "host/runtime/src/error.rs";
    let converts = ["impl From<", "impl TryFrom<"].into_iter().flat_map(|words| naming(words, "host/runtime/src"));
    let elsewhere: Vec<String> =
        converts.filter(|path| path != WAY_OUT && !path.starts_with("host/runtime/src/conv")).collect();
    none("these convert outside of `conv`:", &elsewhere);
    for (package, small) in [("host/sql", vec!["DecimalError"]), ("host/db", vec![]), ("host/runtime", vec![])] {
        let derives = |file: &Source| errors_of(&syn::parse_file(&file.text).expect("Rust").items);
        let files = written().into_iter().filter(|file| file.is_in(&format!("{package}/src")));
        let mut found: Vec<String> = files.flat_map(|file| derives(&file)).collect();
        found.sort();
        let expected: Vec<String> = small.into_iter().chain(["Error"]).map(str::to_owned).collect();
        assert_eq!(found, expected, "{package}");
    }
}

/// The enums among these items that derive an error.
fn errors_of(items: &[syn::Item]) -> Vec<String> {
    let is_error = |attribute: &syn::Attribute| {
        attribute.path().is_ident("derive")
            && attribute.meta.require_list().is_ok_and(|list| list.tokens.to_string().contains("Error"))
    };
    let enums = items.iter().filter_map(|item| if let syn::Item::Enum(item) = item { Some(item) } else { None });
    enums.filter(|item| item.attrs.iter().any(is_error)).map(|item| item.ident.to_string()).collect()
}

/// The files of a folder whose code contains this text.
fn naming(words: &str, folder: &str) -> Vec<String> {
    let files = written().into_iter().filter(|file| file.is_in(folder) && file.code().contains(words));
    files.map(|file| file.path).collect()
}

/// The compiler lets no other module create a `Sql`, which `compile_fail` examples in its doc prove, and clippy lets no other file
/// pass text to a driver. This test checks that the examples exist and that no other file lifts clippy's ban.
#[test]
fn one_module_makes_sql_text_and_one_file_sends_it() {
    let all = written();
    let module = all.iter().find(|file| file.path == "host/sql/src/sql.rs").expect("the module of the text type");
    assert!(module.text.matches("```compile_fail").count() >= 5, "the ways in that are shut are not shown any more");
    let clippy = fs::read_to_string(source::root().join("clippy.toml")).expect("clippy.toml");
    assert_eq!(clippy.matches("sqlx::AssertSqlSafe").count(), 2, "clippy.toml bars the driver's way in, twice");
    let lifts: Vec<String> =
        naming("clippy::disallowed", "host").into_iter().filter(|path| !path.contains("/tests/")).collect();
    assert_eq!(lifts, ["host/db/src/backend/driver.rs"]);
    assert_eq!(naming("sqlite3_prepare", "host/db/src"), ["host/db/src/backend/sqlite/handle.rs"]);
}

#[test]
fn no_file_names_a_machine_or_a_secret() {
    // Split in two halves, so that this file does not match itself.
    let patterns = [
        concat!("/ho", "me/"),
        concat!("/ro", "ot/"),
        concat!("/Us", "ers/"),
        concat!("/wo", "rk/"),
        concat!("C:", "\\Users"),
        concat!("BEGIN ", "PRIVATE KEY"),
        concat!("ghp", "_"),
        concat!("cla", "ude"),
        concat!("co", "pilot"),
    ];
    let mut findings = Vec::new();
    for file in source::all().iter().filter(|file| file.path != "Cargo.lock") {
        for (number, line) in file.text.lines().enumerate() {
            // Tool names match in any case, paths only as written, because `/users/` is a folder of the project.
            let lower = line.to_lowercase();
            if let Some(pattern) = patterns.iter().find(|pattern| line.contains(*pattern) || lower.contains(*pattern)) {
                findings.push(format!("{}:{}: {pattern}", file.path, number + 1));
            }
        }
    }
    none("paths and tools of one person's machine:", &findings);
}

#[test]
fn the_root_holds_what_the_floor_plan_says() {
    const FOLDERS: [&str; 7] = [".cargo", ".ci", "guest-sdk", "host", "plugins", "tests", "wit"];
    let found: BTreeSet<String> = fs::read_dir(source::root())
        .expect("the root")
        .flatten()
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name != ".git" && name != "target")
        .collect();
    assert_eq!(found, BTreeSet::from(FOLDERS.map(str::to_owned)));
}

#[test]
fn architecture_fits_its_limit_and_names_only_tests_that_exist() {
    let text = fs::read_to_string(source::root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md");
    assert!(text.lines().count() <= 200, "{} lines, 200 are the limit", text.lines().count());
    let sources: BTreeMap<String, String> = source::rust().into_iter().map(|file| (file.path, file.text)).collect();
    let is_module = |name: &str| sources.contains_key(&format!("tests/integration/{name}.rs"));
    let is_test =
        |name: &str| name.contains(".rs: ") || name.split_once("::").is_some_and(|(first, _)| is_module(first));
    let named: Vec<&str> = text.split('`').skip(1).step_by(2).filter(|name| is_test(name)).collect();
    assert!(named.len() > 10, "{named:?}");
    let missing = named.into_iter().filter(|name| !security::is_there(name, &sources));
    let findings: Vec<String> = missing.map(str::to_owned).collect();
    none("ARCHITECTURE.md names tests that do not exist:", &findings);
}

#[test]
fn architecture_names_only_files_that_exist() {
    let text = fs::read_to_string(source::root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md");
    let rust: Vec<String> = source::rust().into_iter().map(|file| format!("/{}", file.path)).collect();
    let named = text.split('`').skip(1).step_by(2).filter(|words| words.ends_with(".rs") && !words.contains('{'));
    let named: BTreeSet<&str> = named.collect();
    assert!(named.len() > 10, "{named:?}");
    let exists = |name: &str| rust.iter().any(|path| path.ends_with(&format!("/{name}")));
    let findings: Vec<String> = named.into_iter().filter(|name| !exists(name)).map(str::to_owned).collect();
    none("ARCHITECTURE.md names files that do not exist:", &findings);
}
