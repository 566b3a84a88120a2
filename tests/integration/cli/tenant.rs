//! Tenants with their own logins, databases and files: the command creates and checks them, and refuses a dangerous login.

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value as Json, json};
use sqlservice_tests::servers;

use super::{Place, Ran, TALKER};

/// A name that no other test uses. Logins and databases of this name disappear with the test servers.
fn unique(name: &str) -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    format!("{name}-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed))
}

/// A configuration with both servers and a directory of SQLite files.
fn place() -> Place {
    let place = Place::new();
    let file = "[databases.pg]\nurl = 'env:PG_URL'\n[databases.my]\nurl = 'env:MY_URL'\n[databases.lite]\nurl = 'sqlite:tenants/{tenant}.db'\n";
    place.file("sqlservice.toml", format!("{file}[plugins.talker]\ncomponent = '{TALKER}'\n"));
    std::fs::create_dir(place.path().join("tenants")).expect("a directory");
    place
}

fn sqlservice(place: &Place, arguments: &[&str]) -> Ran {
    let mut command = place.command(arguments);
    Ran::of(command.env("PG_URL", servers::postgres()).env("MY_URL", servers::mariadb()))
}

fn add(place: &Place, tenant: &str, more: &[&str]) -> Ran {
    sqlservice(place, &[&["tenant", "add", tenant, "--database"], more].concat())
}

/// Adds lines to the file, and grants the tenant SQL text and the plugin.
fn deploy(place: &Place, tenant: &str, lines: &str) {
    let before = std::fs::read_to_string(place.path().join("sqlservice.toml")).expect("a file");
    place.file("sqlservice.toml", format!("{before}{lines}raw-sql = true\n[tenants.{tenant}]\nplugins = ['talker']\n"));
}

/// The names of findings.
fn names(findings: &Json) -> Vec<&str> {
    let findings = findings.as_array().expect("a list").iter();
    findings.map(|finding| finding["name"].as_str().or(finding["kind"].as_str()).expect("a name")).collect()
}

#[test]
fn a_tenant_gets_a_login_of_its_own_and_runs_with_it() {
    for database in ["pg", "my"] {
        let (place, tenant) = (place(), unique("acme"));
        let told = add(&place, &tenant, &[database, "--secret-file", "url", "--json"]).json();
        assert_eq!((&told["state"], &told["url"]), (&json!("made"), &Json::Null));
        let found = &told["login"]["findings"];
        assert!(found.as_array().expect("a list").iter().all(|one| one["severity"] != "dangerous"), "{found}");
        let url = std::fs::read_to_string(place.path().join("url")).expect("a URL");
        let password = url.trim().split(':').nth(2).and_then(|rest| rest.split('@').next()).expect("a password");
        assert_eq!(password.len(), 43);
        assert!(!told.to_string().contains(password), "the secret is in the file alone");
        deploy(&place, &tenant, told["toml"].as_str().expect("lines"));
        let run = |call: &[&str]| {
            sqlservice(
                &place,
                &[&["run", "talker"], call, &["--config", "sqlservice.toml", "--tenant", &tenant, "-q"]].concat(),
            )
        };
        assert_eq!(run(&["ask", "CREATE TABLE t (a int)"]).code, 0);
        let ran = run(&["ask", "INSERT INTO t VALUES (1)"]);
        assert_eq!((ran.code, ran.out.trim_end()), (0, "1"), "{}", ran.err);
        assert!(!ran.err.contains(password), "{}", ran.err);
        let checked = sqlservice(&place, &["tenant", "check", &tenant, "--json"]);
        assert_eq!(checked.code, 0, "{}", checked.err);
        assert_eq!(names(&checked.json()["databases"]["default"]["findings"]), names(found));
        let connected = sqlservice(&place, &["check", "--connect", "--json"]).json();
        assert!(names(&connected["notes"]).contains(&"own-password"), "{connected}");
    }
}

#[test]
fn what_is_there_is_told_and_left() {
    for database in ["pg", "my"] {
        let (place, tenant) = (place(), unique("acme"));
        let planned = add(&place, &tenant, &[database, "--dry-run"]);
        assert!(planned.out.contains("Would be made") && planned.out.contains("'***'"), "{}", planned.out);
        assert_eq!(add(&place, &tenant, &[database, "--secret-file", "url"]).code, 0);
        let before = std::fs::read_to_string(place.path().join("url")).expect("a URL");
        let again = add(&place, &tenant, &[database, "--secret-file", "url", "--json"]).json();
        assert_eq!((&again["state"], &again["url"]), (&json!("exists"), &Json::Null));
        assert!(names(&again["login"]["findings"]).contains(&"own-password"));
        assert_eq!(std::fs::read_to_string(place.path().join("url")).expect("a URL"), before);
        // An existing secret file is not overwritten for another login, and that login is not created.
        let other = unique("globex");
        add(&place, &other, &[database, "--secret-file", "url"]).fails(2, &["never overwritten"]);
        assert_eq!(add(&place, &other, &[database, "--dry-run", "--json"]).json()["state"], "planned");
    }
}

#[test]
fn t74_a_password_without_a_file_is_printed_once() {
    let (place, tenant) = (place(), unique("acme"));
    let ran = add(&place, &tenant, &["pg", "-vvv"]);
    let url = ran.out.lines().find_map(|line| line.strip_prefix("export ")).expect("a line for shells");
    let password = url.split(':').nth(2).and_then(|rest| rest.split('@').next()).expect("a password");
    assert_eq!(ran.out.matches(password).count(), 1);
    assert!(!ran.err.contains(password), "{}", ran.err);
    let again = add(&place, &tenant, &["pg"]);
    assert!(again.code == 0 && !again.out.contains("export") && again.out.contains("not asked"), "{}", again.out);
}

#[test]
fn t44_t55_a_dangerous_login_runs_no_text() {
    for (database, name) in [("pg", "superuser"), ("my", "super")] {
        let place = place();
        deploy(&place, "acme", &format!("[tenants.acme.databases.default]\ndatabase = '{database}'\n"));
        let run = ["run", "talker", "ask", "SELECT 1", "--config", "sqlservice.toml", "--tenant", "acme"];
        sqlservice(&place, &run).fails(4, &["dangerous for SQL text", name, "tenant add"]);
        let checked = sqlservice(&place, &["check", "--connect", "--json"]).json();
        assert!(names(&checked["warnings"]).contains(&name), "{checked}");
        // Without `--connect` no server is queried.
        assert!(!names(&sqlservice(&place, &["check", "--json"]).json()["warnings"]).contains(&name));
        assert_eq!(sqlservice(&place, &["tenant", "check", "acme"]).code, 4);
        let listed = sqlservice(&place, &["run", "talker", "--config", "sqlservice.toml", "--tenant", "acme"]);
        assert_eq!(listed.code, 0, "what can be called is listed without a database");
    }
}

#[test]
fn a_tenant_gets_a_file_of_its_own() {
    let place = place();
    let made = add(&place, "acme", &["lite"]);
    assert_eq!((made.code, made.err.as_str()), (0, ""), "{}", made.out);
    assert!(place.path().join("tenants/acme.db").is_file());
    assert_eq!(add(&place, "acme", &["lite", "--json"]).json()["state"], "exists");
    for bad in ["../acme", "Acme", "a.b", "pg_x", "public"] {
        add(&place, bad, &["lite"]).fails(2, &["name"]);
    }
    add(&place, "acme", &["lite", "--kind", "role"]).fails(2, &["file is for SQLite"]);
    add(&place, "acme", &["lite", "--secret-file", "x"]).fails(2, &["for servers"]);
    add(&place, "acme", &["lit"]).fails(2, &["did you mean \"lite\"?"]);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("acme.db", place.path().join("tenants/globex.db")).expect("a link");
        add(&place, "globex", &["lite"]).fails(2, &["is a link"]);
    }
}

#[test]
fn t74_an_administrator_that_does_not_answer_is_told_without_its_password() {
    let place = place();
    for more in [&[][..], &["--json"], &["-vvv"]] {
        let arguments = [&["tenant", "add", "acme", "--database", "pg"], more].concat();
        let ran = Ran::of(place.command(&arguments).env("PG_URL", "postgres://boss:hunter2-Geheim@127.0.0.1:1/app"));
        assert_eq!(ran.code, 4, "{}", ran.err);
        assert!(!format!("{}{}", ran.out, ran.err).contains("Geheim"), "{}{}", ran.out, ran.err);
    }
}
