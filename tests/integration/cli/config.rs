//! The configuration file: the rights of its tenants, the report of `check`, and messages for mistakes.

use serde_json::json;

use super::{Place, Ran, TALKER};

/// A password that must never appear in any output.
const SECRET: &str = "hunter2-Geheim";

/// A configuration with the plugin `talker` and two tenants, each with its own database.
fn file(rest: &str) -> String {
    let tenant = |name: &str| {
        format!(
            "[tenants.{name}]\nplugins = ['talker']\n[tenants.{name}.databases.default]\ndatabase = 'own'\nschema-changes = true\n"
        )
    };
    format!(
        "[databases.own]\nurl = 'sqlite:{{tenant}}.db'\n[plugins.talker]\ncomponent = '{TALKER}'\n[plugins.other]\ncomponent = 'other.wasm'\n{}{}{rest}",
        tenant("acme"),
        tenant("globex"),
    )
}

/// Calls a function for a tenant of `deploy/sqlservice.toml`.
fn run(place: &Place, tenant: &str, call: &[&str]) -> Ran {
    let configured = ["--config", "deploy/sqlservice.toml", "--tenant", tenant];
    place.sqlservice(&[&["run", "talker"], call, &configured].concat())
}

/// A directory with this configuration in `deploy`.
fn deployed(rest: &str) -> Place {
    let place = Place::new();
    std::fs::create_dir(place.path().join("deploy")).expect("a directory");
    place.file("deploy/sqlservice.toml", file(rest));
    place
}

#[test]
fn a_plugin_runs_for_a_tenant() {
    let place = deployed("");
    run(&place, "acme", &["add", "1", "2"]).prints("3");
    run(&place, "acme", &["remember", "one"]).prints("1");
    run(&place, "acme", &["memories", "default"]).prints(r#"["one"]"#);
    // Paths are relative to the configuration's directory, and each tenant has its own database file.
    assert!(place.path().join("deploy/acme.db").exists());
    run(&place, "globex", &["remember", "two"]).prints("1");
    run(&place, "globex", &["memories", "default"]).prints(r#"["two"]"#);
    run(&place, "acme", &["ask", "DELETE FROM memories"]).fails(1, &["raw"]);
    assert!(!place.path().join("sqlservice.db").exists());
}

#[test]
fn a_plugin_is_one_that_the_tenant_may_run() {
    let place = deployed("");
    let configured = ["add", "1", "1", "--config", "deploy/sqlservice.toml", "--tenant", "acme"];
    place.sqlservice(&[&["run", TALKER], &configured[..]].concat()).prints("2");
    for other in ["other", "deploy/other.wasm", "talkr", "/dev/null"] {
        let ran = place.sqlservice(&[&["run", other], &configured[..]].concat());
        ran.fails(2, &["tenant \"acme\" may not run", "it may run: talker"]);
    }
    run(&place, "acne", &["add", "1", "1"]).fails(2, &["\"acne\" is no tenant", "did you mean \"acme\"?"]);
}

#[test]
fn what_the_file_grants_is_all_that_there_is() {
    let rest = "[[tenants.acme.directories]]\nhost = 'data'\nguest = '/data'\n[tenants.acme.env]\nGREETING = 'hello'\n";
    let place = deployed(rest);
    run(&place, "acme", &["add", "1", "1"]).fails(2, &["no such directory", "sqlservice.toml:18:8", "host = 'data'"]);
    std::fs::create_dir(place.path().join("deploy/data")).expect("a directory");
    place.file("deploy/data/a.txt", "text");
    run(&place, "acme", &["read", "/data/a.txt"]).prints("text");
    run(&place, "acme", &["write", "/data/a.txt", "x"]).fails(1, &[]);
    run(&place, "acme", &["variable", "GREETING"]).prints(r#"some("hello")"#);
    run(&place, "globex", &["variable", "GREETING"]).prints("none");
    run(&place, "globex", &["read", "/data/a.txt"]).fails(1, &[]);
}

#[test]
fn limits_are_those_of_the_tenant() {
    let place = deployed("[limits]\nprocessor-time = '400ms'\n[tenants.acme.limits]\ncall-time = '300ms'\n");
    run(&place, "acme", &["wait", "60000"]).fails(6, &["300ms", "call-time"]);
    run(&place, "globex", &["spin"]).fails(6, &["400ms"]);
}

#[test]
fn grants_come_from_the_file_or_from_options() {
    let place = deployed("");
    for option in ["--raw-sql", "--no-schema-changes", "--timeout=1s", "--memory=1G", "--pool-size=1"] {
        run(&place, "acme", &["add", "1", "1", option]).fails(2, &["--config", "cannot be used with"]);
    }
    run(&place, "acme", &["add", "1", "1", "-d", "sqlite:x.db"]).fails(2, &["--database"]);
    place.sqlservice(&["run", "talker", "--tenant", "acme"]).fails(2, &["--config"]);
    place.sqlservice(&["run", "talker", "--config", "deploy/sqlservice.toml"]).fails(2, &["--tenant"]);
}

#[test]
fn check_says_what_is_allowed() {
    let place = deployed("");
    let check = ["check", "--config", "deploy/sqlservice.toml"];
    let checked = place.sqlservice(&check);
    assert_eq!((checked.code, checked.err.as_str()), (0, ""));
    for line in [
        "Tenant acme",
        "  database \"default\": own at sqlite:acme.db, which is sqlite:deploy/acme.db",
        "    all tables, all rows and columns: read, insert, update, delete",
        "    no SQL text, creating and dropping of tables",
        "  limits: the defaults",
        "Warnings",
        "deploy/sqlservice.toml can be used: 2 tenants, 2 warnings.",
    ] {
        assert!(checked.out.lines().any(|found| found == line), "{line:?} is not in:\n{}", checked.out);
    }
    assert_eq!(place.sqlservice(&[&check[..], &["--strict"]].concat()).code, 2);
    let told = place.sqlservice(&[&check[..], &["--json"]].concat()).json();
    let kinds: Vec<_> = told["warnings"].as_array().expect("a list").iter().map(|warning| &warning["kind"]).collect();
    assert_eq!(kinds, [&json!("missing-component"), &json!("unused")]);
    assert_eq!(told["tenants"]["acme"]["databases"]["default"]["schema-changes"], true);
    let again = place.sqlservice(&[&check[..], &["--json"]].concat());
    assert_eq!(again.json(), told);
    // `check` creates no database. Without `--config` it reads the file in the working directory.
    assert!(!place.path().join("deploy/acme.db").exists());
    place.sqlservice(&["check"]).fails(2, &["sqlservice.toml", "cannot be read"]);
}

#[test]
fn the_schema_is_a_document() {
    let schema = Place::new().sqlservice(&["check", "--schema"]).json();
    assert_eq!(schema["title"], "sqlservice.toml");
}

#[test]
fn a_mistake_is_shown_at_its_line() {
    let place = Place::new();
    place.file("sqlservice.toml", "[limits]\ncall-tiem = '1s'\n");
    let words = ["sqlservice.toml:2:1", "call-tiem = '1s'", "did you mean \"call-time\"?"];
    place.sqlservice(&["check"]).fails(2, &words);
    place.sqlservice(&["run", "x", "--config", "sqlservice.toml", "--tenant", "a"]).fails(2, &words);
    let told = place.sqlservice(&["check", "--json"]).json();
    assert_eq!(told["error"]["place"], json!({ "file": "sqlservice.toml", "line": 2, "column": 1 }));
}

#[test]
fn a_password_is_never_shown() {
    let place = Place::new();
    let url = format!("postgres://mallory:{SECRET}@127.0.0.1:1/app");
    place.file("url", &url);
    let tenant = format!(
        "[plugins.t]\ncomponent = '{TALKER}'\n[tenants.a]\nplugins = ['t']\n[tenants.a.databases.default]\ndatabase = 'm'\n"
    );
    let mut said = Vec::new();
    for written in [url.as_str(), "env:NOTES_URL", "file:url"] {
        place.file("sqlservice.toml", format!("[databases.m]\nurl = '{written}'\n{tenant}"));
        for arguments in [
            &["check"][..],
            &["check", "--json"],
            &["run", "t", "add", "1", "1", "--config", "sqlservice.toml", "--tenant", "a"],
            &["run", "t", "add", "1", "1", "--config", "sqlservice.toml", "--tenant", "a", "--json", "-vv"],
        ] {
            let ran = Ran::of(place.command(arguments).env("NOTES_URL", &url));
            assert!(ran.code != 0 || arguments[0] == "check", "{arguments:?}");
            said.push(format!("{}{}", ran.out, ran.err));
        }
    }
    for said in said {
        assert!(!said.contains(SECRET) && !said.contains("Geheim"), "{said}");
    }
}
