//! Tests of the descriptions and warnings of `check`.

use std::path::Path;

use super::{json, text, warnings};
use crate::config::{self, Config};

fn config(text: &str, dir: &Path) -> Config {
    let read = config::read("f.toml".to_owned(), dir.to_owned(), text.as_bytes());
    read.unwrap_or_else(|failure| panic!("{failure}"))
}

/// Returns the kinds of all warnings, each with its line.
fn warned(text: &str) -> Vec<(&'static str, usize)> {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("p.wasm"), "").expect("a file");
    std::fs::create_dir(dir.path().join("data")).expect("a directory");
    let config = config(text, dir.path());
    let findings = warnings::of(&config);
    let line = |finding: &warnings::Finding| config.source.position(&finding.place).0;
    findings.iter().filter(|finding| finding.warns).map(|finding| (finding.kind, line(finding))).collect()
}

/// Returns a configuration file with two tenants and their grants.
fn two(url: &str, one: &str, other: &str) -> String {
    let tenant = |name: &str, grant: &str| {
        format!("[tenants.{name}]\nplugins = ['p']\n[tenants.{name}.databases.default]\ndatabase = 'd'\n{grant}\n")
    };
    let head = format!("plugins.p.component = 'p.wasm'\n[databases.d]\nurl = '{url}'\n");
    head + &tenant("a", one) + &tenant("b", other)
}

const SERVER: &str = "postgres://u@h/d";
const OWN: &str = "sqlite:{tenant}.db";

#[test]
fn tenants_that_share_rows_are_warned_of() {
    assert_eq!(warned(&two(OWN, "", "")), []);
    assert_eq!(warned(&two(SERVER, "", "")), [("shared-rows", 6), ("shared-rows", 11)]);
    assert_eq!(warned(&two(SERVER, "tables = ['x']", "tables = ['y']")), []);
    assert_eq!(
        warned(&two(SERVER, "tables = ['x']", "tables = ['y', 'x']")),
        [("shared-rows", 6), ("shared-rows", 11)]
    );
    assert_eq!(warned(&two("sqlite:a.db", "tables = ['x']", "tables = ['y']")), [("shared-file", 6)]);
    assert_eq!(warned(&two("sqlite::memory:", "", "")), []);
    let policy = "[policies.p.tables.x]\nread = { columns = ['a', 'b'], where = 'a = :a' }\n";
    let text = two(SERVER, "policy = 'p'", "policy = 'p'") + policy;
    let text = text.replace("plugins = [", "claims = { a = 1 }\nplugins = [");
    assert_eq!(warned(&text), []);
    // A grant without a policy reaches all rows, one with a policy does not.
    assert_eq!(warned(&text.replacen("policy = 'p'", "", 1)), [("shared-rows", 7)]);
    let open = text + "delete = {}\nupdate = { columns = ['b'], where = 'a = :a' }\ninsert = { columns = ['b'] }\n";
    assert_eq!(warned(&open), [("shared-changes", 7), ("shared-changes", 13)]);
}

#[test]
fn two_names_of_one_file_are_one_database() {
    let text =
        two("sqlite:a.db", "", "").replace("[databases.d]", "[databases.e]\nurl = 'sqlite:./a.db'\n[databases.d]");
    let text = text.replacen("database = 'd'", "database = 'e'", 1);
    assert_eq!(warned(&text), [("shared-file", 8), ("shared-rows", 8), ("shared-rows", 13)]);
}

#[test]
fn what_reaches_far_is_warned_of() {
    let both = |grant: &str| warned(&two(SERVER, grant, "tables = []"));
    assert_eq!(both("raw-sql = true"), [("raw-sql", 6)]);
    assert_eq!(both("schema-changes = true"), [("schema-changes", 6)]);
    assert_eq!(both("schema-changes = 'own'"), []);
    assert_eq!(warned(&two(OWN, "schema-changes = true", "")), []);
    let with = |rest: &str| warned(&(two(OWN, "", "") + rest));
    assert_eq!(with("[limits]\nrows = 'none'"), [("no-limit", 4), ("no-limit", 9)]);
    assert_eq!(with("[limits]\nrows = 5"), []);
    assert_eq!(with("[tenants.b.env]\nAPI_KEY = 'x'"), [("environment", 9)]);
    assert_eq!(with("[tenants.b.env]\nTZ = 'UTC'"), []);
    let directory = |host: &str, access: &str| {
        with(&format!("[[tenants.b.directories]]\nhost = '{host}'\nguest = '/x'\naccess = '{access}'"))
    };
    assert_eq!(directory("data", "read"), []);
    assert_eq!(directory("data", "write"), [("writable-directory", 15)]);
    assert_eq!(directory(".", "write"), [("host-files", 15), ("writable-directory", 15)]);
    assert_eq!(directory("none", "read"), [("missing-directory", 15)]);
}

#[test]
fn what_is_not_there_or_not_used_is_warned_of() {
    assert_eq!(warned("[databases.d]\nurl = 'sqlite:a'"), [("unused", 1)]);
    assert_eq!(warned("[plugins.x]\ncomponent = 'x.wasm'"), [("missing-component", 2), ("unused", 2)]);
    assert_eq!(warned("[tenants.a]"), [("no-plugin", 1)]);
    assert_eq!(warned(&two("env:NO_SUCH_VARIABLE_HERE", "tables = ['x']", "tables = ['y']")), [("missing-url", 3)]);
    let below = two("sqlite:none/{tenant}.db", "", "");
    assert_eq!(warned(&below), [("missing-directory", 3)]);
}

#[tokio::test]
async fn logins_for_sql_text_are_asked() {
    let check = async |url: &str| {
        let config = config(&two(url, "raw-sql = true", "tables = []"), Path::new(""));
        let mut findings = Vec::new();
        warnings::of_logins(&config, &mut findings).await;
        let findings = findings.into_iter().map(|finding| (finding.kind, finding.message));
        findings.collect::<Vec<_>>()
    };
    assert_eq!(check("sqlite::memory:").await, []);
    let unchecked = check("postgres://mallory@127.0.0.1:1/d").await;
    let [(kind, message)] = unchecked.as_slice() else { panic!("{unchecked:?}") };
    assert!(*kind == "unchecked-login" && message.contains("of a ") && !message.contains("mallory"), "{message}");
}

#[test]
fn nothing_that_is_said_is_a_secret() {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("url"), "postgres://mallory:Geheim@h/d").expect("a file");
    let text = two("file:url", "", "") + "[tenants.a.env]\nTOKEN = 'Geheim'\n";
    let config = config(&text, dir.path());
    let findings = warnings::of(&config);
    let said = text::to_text(&config, &findings);
    let told = json::to_json(&config, &findings);
    assert!(said.contains("file:url, which is postgres://h/d") && said.contains("TOKEN"), "{said}");
    assert_eq!(told["tenants"]["a"]["databases"]["default"]["location"], "postgres://h/d");
    for text in [said, told.to_string()] {
        assert!(!text.contains("Geheim") && !text.contains("mallory"), "{text}");
    }
}

#[test]
fn rights_are_said_in_words() {
    let dir = tempfile::tempdir().expect("a directory");
    let text = "[databases.own]\nurl = 'sqlite::memory:'\n[plugins.notes]\ncomponent = 'n.wasm'\n[tenants.acme]\nplugins = ['notes']\n\
                limits = { call-time = '5s' }\n[tenants.acme.databases.default]\ndatabase = 'own'\ntables = { log = ['insert'] }\n";
    let config = config(text, dir.path());
    let said = text::to_text(&config, &[]);
    let expected = "\
Tenant acme
  may run notes (n.wasm), which may use:

  database \"default\": own at sqlite::memory:
    table log, all rows and columns: read, insert
    no other table exists
    no SQL text, no creating and dropping of tables

  no directory
  no environment variable
  limits: call-time 5s (default 1m), else the defaults

f.toml can be used: 1 tenant, 0 warnings.";
    assert_eq!(said, expected);
    let own = self::config(&format!("{text}schema-changes = 'own'\n"), dir.path());
    let line = "    no SQL text, creating of tables, and dropping of those that the plugin created";
    assert!(text::to_text(&own, &[]).lines().any(|said| said == line));
    assert_eq!(json::to_json(&own, &[])["tenants"]["acme"]["databases"]["default"]["schema-changes"], "own");
}
