//! The grants of a plugin: databases, directories, variables, and nothing else.

use sqlservice_tests::for_each_database;

use super::{Place, Ran};

#[test]
fn without_a_database_it_is_a_file_here() {
    let place = Place::new();
    place.talk(&["add", "1", "1"]).prints("2");
    assert!(!place.path().join("sqlservice.db").exists(), "made only where it is used");
    place.talk(&["remember", "one"]).prints("1");
    place.talk(&["remember", "two"]).prints("2");
    assert!(place.path().join("sqlservice.db").exists());
}

#[test]
fn t24_databases_have_names() {
    let place = Place::new();
    let databases = ["--database", "sqlite:a.db", "-d", "other=sqlite:b.db"];
    place.talk(&[&["remember", "one"], &databases[..]].concat()).prints("1");
    place.talk(&[&["memories", "default"], &databases[..]].concat()).prints(r#"["one"]"#);
    place.talk(&[&["memories", "other"], &databases[..]].concat()).fails(1, &["memories"]);
    // The error for a name that was not granted reveals no granted name.
    let unknown = place.talk(&["memories", "third", "-d", "other=sqlite:b.db"]);
    assert_eq!(unknown.code, 1);
    assert!(!unknown.err.contains("b.db") && !unknown.err.contains("other"), "{}", unknown.err);
}

#[test]
fn a_url_may_be_in_a_variable() {
    let place = Place::new();
    let mut command = place.command(&["run", super::TALKER, "remember", "one", "-d", "env:NOTES_URL"]);
    Ran::of(command.env("NOTES_URL", "sqlite:c.db")).prints("1");
    assert!(place.path().join("c.db").exists());
    place.talk(&["remember", "one", "-d", "env:NO_SUCH_VARIABLE"]).fails(2, &["\"NO_SUCH_VARIABLE\"", "not set"]);
}

#[test]
fn every_database_is_used_by_its_url() {
    for_each_database(async |fixture| {
        let place = Place::new();
        let pool = ["--pool-size", "2", "--pre-ping", "--pool-timeout", "5s", "--isolation", "serializable"];
        let pool = [&["--durability", "normal"], &pool[..]].concat();
        let ran = place.talk(&[&["remember", "one", "--database", fixture.url()], &pool[..]].concat());
        assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, "1\n", ""));
        let rows = fixture.outside().await.rows("SELECT text FROM memories").await;
        assert_eq!(rows, [[Some("one".to_owned())]]);
    });
}

#[test]
fn t73_statements_are_echoed_without_their_values() {
    let place = Place::new();
    let ran = place.talk(&["remember", "Wahrheit", "--echo"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "1\n"));
    for word in ["CREATE TABLE", "INSERT INTO", "SELECT"] {
        assert!(ran.err.contains(word), "{word:?} is not in:\n{}", ran.err);
    }
    assert!(!ran.err.contains("Wahrheit"), "{}", ran.err);
}

#[test]
fn t28_sql_text_is_a_grant_of_its_own() {
    let place = Place::new();
    place.talk(&["remember", "one"]).prints("1");
    let ask = ["ask", "DELETE FROM memories"];
    place.talk(&ask).fails(1, &["raw"]);
    place
        .talk(&[&ask[..], &["-d", "other=sqlite:b.db", "-d", "sqlite:sqlservice.db", "--raw-sql=other"]].concat())
        .fails(1, &["raw"]);
    place.talk(&[&ask[..], &["--raw-sql"]].concat()).prints("1");
    place.talk(&[&ask[..], &["--raw-sql=default"]].concat()).prints("0");
    place.talk(&[&ask[..], &["--raw-sql=nobody"]].concat()).fails(2, &["\"nobody\"", "there are: default"]);
}

#[test]
fn tables_may_be_kept_from_change() {
    let place = Place::new();
    let refused = place.talk(&["remember", "one", "--no-schema-changes"]);
    assert_eq!(refused.code, 1, "{}", refused.err);
}

#[test]
fn t78_a_directory_is_read_and_no_more() {
    let place = Place::new();
    let input = place.path().join("input");
    std::fs::create_dir(&input).expect("a directory");
    place.file("input/a.txt", "hello");
    place.file("secret.txt", "secret");
    let dir = ["--dir", "input::/data"];
    place.talk(&[&["read", "/data/a.txt"], &dir[..]].concat()).prints("hello");
    place.talk(&[&["write", "/data/b.txt", "x"], &dir[..]].concat()).fails(1, &[]);
    for outside in ["/data/../secret.txt", "/secret.txt", "secret.txt"] {
        place.talk(&[&["read", outside], &dir[..]].concat()).fails(1, &[]);
    }
    place.talk(&["read", "/data/a.txt"]).fails(1, &[]);
    // Without a guest path, a directory has its host path in the guest.
    place.talk(&["read", "input/a.txt", "--dir", "input"]).prints("hello");
    place.talk(&["write", "/data/b.txt", "x", "--dir-rw", "input::/data"]).prints("");
    assert_eq!(std::fs::read_to_string(input.join("b.txt")).expect("the file"), "x");
}

#[test]
fn t09_variables_are_those_that_were_given() {
    let place = Place::new();
    place.talk(&["variable", "PATH"]).prints("none");
    place.talk(&["variable", "GREETING", "--env", "GREETING=a=b"]).prints(r#"some("a=b")"#);
    place.talk(&["variable", "GREETING", "--env", "GREETING"]).fails(2, &["NAME=VALUE"]);
}
