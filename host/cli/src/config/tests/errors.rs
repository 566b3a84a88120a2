//! Each error names the mistake, its place and a remedy.

use super::{read, told};

/// A password that no error may contain.
const SECRET: &str = "hunter2-Geheim";

/// Asserts that the file is refused at this line and column, and that the error contains these words.
#[track_caller]
fn refused(text: &str, line: usize, column: usize, words: &[&str]) {
    let failure = read(text).expect_err("an error");
    let place = failure.to_json()["error"]["place"].clone();
    let said = told(failure);
    assert_eq!((place["line"].as_u64(), place["column"].as_u64()), (Some(line as u64), Some(column as u64)), "{said}");
    assert!(said.contains(&format!("f.toml:{line}:{column}")), "{said}");
    for word in words {
        assert!(said.contains(word), "{word:?} is not in:\n{said}");
    }
    assert!(!said.contains("unwrap") && !said.contains(SECRET), "{said}");
}

#[test]
fn what_is_no_toml_is_told_where() {
    refused("[limits]\nmemory = \n", 2, 10, &["no TOML"]);
    refused("[limits\n", 1, 8, &["no TOML"]);
    refused("[limits]\nrows = 1\nrows = 2\n", 3, 1, &["duplicate key"]);
    let failure = super::super::read("f.toml".to_owned(), "".into(), b"[limits]\nrows = \xff").expect_err("an error");
    assert!(told(failure).contains("f.toml:2:8"));
}

#[test]
fn unknown_keys_are_guessed() {
    refused("[database.main]\n", 1, 2, &["\"database\" is no key of the file", "did you mean \"databases\"?"]);
    let whole_line = "2 | call_time = '1s'";
    refused("[limits]\ncall_time = '1s'", 2, 1, &["did you mean \"call-time\"?", whole_line]);
    refused("[limits.statement]\ndeth = 1", 2, 1, &["did you mean \"depth\"?"]);
    refused("[databases.main]\nurl = 'sqlite:a'\npool-sise = 1", 3, 1, &["[databases.main]", "\"pool-size\""]);
    refused("[plugins.a]\ncomponents = 'a'", 2, 1, &["\"component\""]);
    refused("[tenants.a]\nplugin = ['x']", 2, 1, &["[tenants.a]", "\"plugins\""]);
    refused("[tenants.a.databases.x]\ndatabase = 'd'\npolcy = 'x'", 3, 1, &["\"policy\""]);
    refused("[[tenants.a.directories]]\nhst = 'x'", 2, 1, &["\"host\""]);
    refused(
        "[policies.p.tables.t]\nread = { colums = ['a'] }",
        2,
        10,
        &["\"colums\" is no key of a rule", "\"columns\""],
    );
    refused("[policies.p.tables.t]\nreads = {}", 2, 1, &["did you mean \"read\"?"]);
    refused("[policies.p.tables.t]\nallow = ['agregate']", 2, 10, &["did you mean \"aggregate\"?"]);
    refused("[policies.p.tables.t]\nread = { where = 'a' }", 2, 8, &["columns"]);
    refused("[policies.p]\ntable = {}", 2, 1, &["\"tables\""]);
}

#[test]
fn values_of_other_types_are_refused() {
    refused("limits = 1", 1, 10, &["limits is an integer here, and has to be a table"]);
    refused("[limits]\nrows = '7'", 2, 8, &["limits.rows is a text here, and has to be an integer", "none"]);
    refused("[limits]\nhandles = 1.5", 2, 11, &["a number with a point"]);
    refused("[limits]\nhandles = 0", 2, 11, &["more than nothing"]);
    refused("[limits]\nhandles = -1", 2, 11, &["negative"]);
    refused("[limits]\nhandles = 99999999999999999999", 2, 11, &["too large"]);
    refused("[limits]\nbatch-bytes = '5G'", 2, 15, &["too large"]);
    refused("[limits]\nmemory = '5 apples'", 2, 10, &["64M"]);
    refused("[limits]\nmemory = 'none'", 2, 10, &["64M"]);
    refused("[limits]\ncall-time = '1d'", 2, 13, &["30s"]);
    refused("[limits]\ncall-time = 1979-05-27", 2, 13, &["a date or time here"]);
    refused("[databases.m]\nurl = 'sqlite:a'\nisolation = 'high'", 3, 13, &["isolation level"]);
    refused("[databases.m]\nurl = 'sqlite:a'\npre-ping = 'yes'", 3, 12, &["true or false"]);
    refused("[tenants.a]\nplugins = 'x'", 2, 11, &["a list"]);
    refused("[tenants.a]\nplugins = [1]", 2, 12, &["a text"]);
    refused("[[tenants.a.directories]]\nhost = 'x'\nguest = '/x'\naccess = 'rw'", 4, 10, &["there are: read, write"]);
}

#[test]
fn what_is_missing_is_named() {
    refused("[databases.main]\npool-size = 1", 1, 12, &["has no url", "sqlite:app.db"]);
    refused("[plugins.a]", 1, 10, &["has no component"]);
    refused("[tenants.a.databases.x]", 1, 22, &["has no database"]);
    refused("[policies.p]", 1, 11, &["has no tables"]);
    refused("[[tenants.a.directories]]\nhost = 'x'", 1, 1, &["has no guest"]);
}

#[test]
fn names_refer_to_what_there_is() {
    let base = "[databases.main]\nurl = 'sqlite:a'\n[plugins.notes]\ncomponent = 'n'\n[policies.notes.tables.t]\n";
    let with = |rest: &str| format!("{base}{rest}");
    refused(&with("[tenants.a]\nplugins = ['note']"), 7, 12, &["\"note\" is no plugin", "did you mean \"notes\"?"]);
    refused(&with("[tenants.a.databases.x]\ndatabase = 'mian'"), 7, 12, &["no database", "did you mean \"main\"?"]);
    let policy = "[tenants.a.databases.x]\ndatabase = 'main'\npolicy = 'zzz'";
    refused(&with(policy), 8, 10, &["\"zzz\" is no policy", "there are: notes"]);
    refused("[tenants.a]\nplugins = ['x']", 2, 12, &["there is none"]);
    refused("[tenants.'a b']", 1, 10, &["a name has"]);
    let failure = read(&with("[tenants.acme]")).expect("a file").tenant("acne").map(|_| ()).expect_err("none");
    assert!(told(failure).contains("did you mean \"acme\"?"));
}

#[test]
fn contradictions_are_refused() {
    let text = |lines: &str| {
        format!(
            "[databases.d]\nurl = 'sqlite:a'\n[policies.p.tables.t]\n[tenants.a.databases.x]\ndatabase = 'd'\n{lines}"
        )
    };
    refused(&text("policy = 'p'\nraw-sql = true"), 7, 1, &["together with a policy"]);
    refused(&text("policy = 'p'\nschema-changes = true"), 7, 1, &["neither created nor dropped"]);
    refused(&text("policy = 'p'\nschema-changes = 'own'"), 7, 1, &["neither created nor dropped"]);
    refused(&text("raw-sql = true\nschema-changes = 'own'"), 6, 1, &["SQL text drops all tables"]);
    refused(&text("schema-changes = 'owned'"), 6, 18, &["true, false or \"own\""]);
    refused(&text("tables = ['t']\npolicy = 'p'"), 6, 1, &["the policy says which tables"]);
    refused(&text("raw-sql = true\ntables = ['t']"), 6, 1, &["some tables only"]);
    assert!(read(&text("raw-sql = true\nschema-changes = true")).is_ok());
    assert!(read(&text("policy = 'p'\nraw-sql = false")).is_ok());
    assert!(read(&text("tables = ['t']\nschema-changes = 'own'")).is_ok());
    refused(&text("tables = { t = ['reed'] }"), 6, 17, &["did you mean \"read\"?"]);
    refused(&text("tables = { t = [] }"), 6, 16, &["no rights"]);
    refused(&text("tables = true"), 6, 10, &["a list of tables"]);
}

#[test]
fn a_tenants_name_in_a_url_is_a_safe_one() {
    let text = |tenant: &str| {
        format!("[databases.d]\nurl = 'sqlite:{{tenant}}.db'\n[tenants.'{tenant}'.databases.x]\ndatabase = 'd'")
    };
    refused(&text("a..b"), 3, 10, &["lower-case"]);
    refused(&text("Acme"), 3, 10, &["lower-case"]);
    assert!(read(&text("acme-1")).is_ok());
}

#[test]
fn claims_are_values_and_have_names() {
    refused("[tenants.a]\nclaims = { x = 1.5 }", 2, 16, &["an integer, a text"]);
    refused("[tenants.a]\nclaims = { x = { uuid = 'no' } }", 2, 25, &["hexadecimal"]);
    refused("[tenants.a]\nclaims = { x = { uid = 'no' } }", 2, 18, &["\"uuid\""]);
    refused("[tenants.a]\nclaims = { a-b = 1 }", 2, 12, &["a claim's name"]);
    refused("[tenants.a]\nclaims = { x = 9223372036854775808 }", 2, 16, &["too large"]);
}

#[test]
fn where_a_url_is_may_be_shown() {
    refused("[databases.m]\nurl = 'env:DB'\npool-size = -1", 3, 13, &["pool-size = -1"]);
    refused("[databases.m]\nurl = 'env:DB'\nserver-connections = 0", 3, 22, &["server-connections = 0", "too few"]);
    let tenant = "[databases.m]\nurl = 'env:DB_{tenant}'\n[tenants.A.databases.x]\ndatabase = 'm'";
    refused(tenant, 3, 10, &["lower-case"]);
}

#[test]
fn no_error_shows_a_secret() {
    for text in [
        "[databases.m]\nurl = 'postgres://u:SECRET@h/d'",
        "[databases.m]\nurl = 'postgres://h/d?password=SECRET'",
        "[databases.m]\nurl = 'SECRET'",
        "[databases.m]\nurl = 'env:postgres://u:SECRET@h/d'",
        "[databases.m]\nulr = 'postgres://u:SECRET@h/d'",
        "[databases.m]\npassword = 'SECRET'",
        "[databases.m]\nurl = 'postgres://u:SECRET@h/d",
        "[databases.m]\nurl = postgres://u:SECRET@h/d",
        "[databases.m]\nurl = ['SECRET']",
        "[databases.m]\nurl = 'sqlite:a'\nisolation = 'postgres://u:SECRET@h/d'",
        "[databases.m]\nurl = 'sqlite:a'\nurl = 'SECRET'",
        "[databases]\nm = 'postgres://u:SECRET@h/d'",
        "databases = 'SECRET'",
        "[tenants.a.env]\nTOKEN = SECRET",
        "[tenants.a.env]\nTOKEN = 'SECRET",
        "[tenants.a.env]\nTOKEN = ['SECRET']",
        "[tenants.a.env]\n'A=' = 'SECRET'",
        "[tenants.a]\nenv = 'SECRET'",
        "[tenants.a]\nenvironment = { TOKEN = 'SECRET' }",
        "[tenants.a]\nplugins = ['postgres://u:SECRET@h/d']",
        "[tenants.a.databases.x]\nurl = 'postgres://u:SECRET@h/d'",
        "[tenants.a.databases.x]\ndatabase = 'postgres://u:SECRET@h/d'",
        "[policies.p.tables.t]\nread = 'postgres://u:SECRET@h/d'",
        "[policies.p.tables.t]\nallow = ['postgres://u:SECRET@h/d']",
        "['postgres://u:SECRET@h/d']\n",
    ] {
        let failure = read(&text.replace("SECRET", SECRET)).expect_err("an error");
        let json = failure.to_json().to_string();
        let said = told(failure);
        for part in [SECRET, "hunter2", "Geheim"] {
            assert!(!said.contains(part) && !json.contains(part), "{text}\n{said}\n{json}");
        }
    }
}
