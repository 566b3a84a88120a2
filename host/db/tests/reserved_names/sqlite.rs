//! SQLite's own modules, pragmas, functions and tables.

use sqlservice_db::{Database, Error, ReflectOptions, Settings};
use sqlservice_sql::Dialect;
use sqlx::{Connection, Row, sqlite::SqliteConnectOptions};

use crate::{declare, execute, forced, named, raw, run, statements};

/// A file with a table, and a database handle for it.
struct File {
    database: Database,
    directory: tempfile::TempDir,
}

impl File {
    async fn new() -> Self {
        let directory = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite://{}/secret-place.db", directory.path().display());
        let database = Database::new(&url, Settings::default()).expect("a database");
        let file = Self { database, directory };
        file.all(&[
            "create table t (id integer primary key autoincrement, v text unique)",
            "insert into t (v) values ('a')",
            "analyze",
        ])
        .await;
        file
    }

    /// Runs texts as a guest, and commits each.
    async fn all(&self, texts: &[&str]) {
        let session = self.database.session();
        for text in texts {
            run(&session, text).await.unwrap_or_else(|error| panic!("{text}: {error:?}"));
            session.commit().await.expect("committed");
        }
    }

    /// Returns the first column of a virtual table of the library.
    async fn first_column(&self, table: &str) -> String {
        let mut session = self.stranger().await;
        let asked = sqlx::query("select name from pragma_table_xinfo(?)").bind(table);
        let row = asked.fetch_optional(&mut session).await.ok().flatten();
        session.close().await.expect("closed");
        row.map_or_else(|| "a".to_owned(), |row| row.get(0))
    }

    async fn stranger(&self) -> sqlx::SqliteConnection {
        let options = SqliteConnectOptions::new().filename(self.directory.path().join("secret-place.db"));
        sqlx::SqliteConnection::connect_with(&options).await.expect("open")
    }

    /// Returns the first column of a query over a connection that our code does not own.
    async fn library(&self, query: &'static str) -> Vec<String> {
        let mut connection = self.stranger().await;
        let rows = sqlx::query(query).fetch_all(&mut connection).await.expect(query);
        connection.close().await.expect("closed");
        let all: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        assert!(!all.is_empty(), "{query}");
        all
    }
}

fn is_refused<T>(result: &Result<T, Error>) -> bool {
    matches!(result, Err(Error::Denied(_) | Error::NoSuchTable(_)))
}

/// The names of the library's virtual table modules, which a statement might use as tables.
async fn made_up(file: &File) -> Vec<String> {
    let mut names = file.library("select name from pragma_module_list").await;
    let pragmas = file.library("select name from pragma_pragma_list").await;
    assert!(names.len() > 5 && pragmas.len() > 50);
    names.extend(pragmas.iter().map(|name| format!("pragma_{name}")));
    names.extend(["json_each", "json_tree", "jsonb_each", "jsonb_tree"].map(str::to_owned));
    names.extend(names.clone().iter().map(|name| name.to_uppercase()));
    names
}

#[tokio::test]
async fn t36_no_model_reaches_a_table_that_the_library_makes_up() {
    // Index modules: they have no table until one is created.
    const FREE: [&str; 5] = ["fts3", "fts4", "fts5", "rtree", "rtree_i32"];
    // These tables read only their arguments, which a compiled statement does not pass.
    const ALLOWED: [&str; 4] = ["json_each", "json_tree", "jsonb_each", "jsonb_tree"];
    let file = File::new().await;
    for name in made_up(&file).await {
        let lower = name.to_lowercase();
        let table = named(None, &name, &[&file.first_column(&lower).await]);
        let is_free = declare(vec![table.clone()], Dialect::Sqlite).is_ok();
        assert_eq!(is_free, FREE.contains(&lower.as_str()), "a model of {name}");
        if ALLOWED.contains(&lower.as_str()) {
            continue;
        }
        // Even if such a model existed, the connection would refuse its statements.
        for statement in statements(&table, &forced(&table), Dialect::Sqlite) {
            let answer = execute(&file.database, &statement).await;
            // A change is refused first because the table is virtual.
            let is_good = if statement.writes { answer.is_err() } else { is_refused(&answer) };
            assert!(is_good, "{}: {answer:?}", statement.sql);
        }
    }
}

#[tokio::test]
async fn t36_no_text_reaches_a_table_that_the_library_makes_up() {
    const ALLOWED: [&str; 4] = ["json_each", "json_tree", "jsonb_each", "jsonb_tree"];
    let file = File::new().await;
    for name in made_up(&file).await {
        let is_allowed = ALLOWED.contains(&name.to_lowercase().as_str());
        let texts = [
            format!("select * from {name}"),
            format!("select count(*) from main.\"{name}\""),
            format!("select 1 from {name}('main')"),
            format!("with a as (select * from {name}) select count(*) from a"),
            format!("select (select 1 from {name}) from t"),
            format!("delete from t where exists (select 1 from {name})"),
            format!("select 1 from t join {name} as x on 1"),
        ];
        for text in texts {
            let answer = raw(&file.database, &text).await;
            // A call may fail for too many arguments before it is denied.
            let is_error = is_refused(&answer) || (!is_allowed && text.contains("('main')") && answer.is_err());
            assert_ne!(is_allowed, is_error, "{text}: {answer:?}");
        }
        if is_allowed {
            continue;
        }
        // SQLite creates a view and a trigger without checking the names in their text.
        let session = file.database.session();
        run(&session, &format!("create view seen as select * from {name}")).await.expect("a view");
        let answer = run(&session, "select * from seen").await;
        // Some tables are not allowed in a view.
        assert!(answer.is_err(), "{name} by a view: {answer:?}");
        session.rollback().await.expect("rolled back");
        let trigger = format!("create trigger f after insert on t begin select count(*) from {name}; end");
        run(&session, &trigger).await.expect("a trigger");
        let answer = run(&session, "insert into t (v) values ('x')").await;
        assert!(answer.is_err(), "{name} by a trigger: {answer:?}");
        session.rollback().await.expect("rolled back");
        // A full-text index that reads the rows of another table.
        for module in ["fts4", "fts5"] {
            let index = format!("create virtual table i using {module}(file, content='{name}')");
            if run(&session, &index).await.is_ok() {
                let answer = run(&session, "select * from i").await;
                assert!(answer.is_err(), "{name} by {module}: {answer:?}");
                let answer = run(&session, "insert into i (i) values ('rebuild')").await;
                assert!(answer.is_err(), "{name} by {module}: {answer:?}");
            }
            session.rollback().await.expect("rolled back");
        }
    }
}

#[tokio::test]
async fn t36_no_text_makes_a_table_of_a_module_that_is_no_index() {
    const ALLOWED: [&str; 5] = ["fts3", "fts4", "fts5", "rtree", "rtree_i32"];
    let file = File::new().await;
    let modules = file.library("select name from pragma_module_list").await;
    for module in modules.iter().map(String::as_str).chain(["csv", "zipfile", "sqlite_dbpage", "sqlite_dbdata"]) {
        let answer = raw(&file.database, &format!("create virtual table i using {module}(a, b, c)")).await;
        assert_eq!(answer.is_ok(), ALLOWED.contains(&module), "{module}: {answer:?}");
    }
}

#[tokio::test]
async fn t35_no_text_attaches_or_writes_another_file() {
    let file = File::new().await;
    let files = || std::fs::read_dir(file.directory.path()).expect("its directory").count();
    let before = files();
    for text in [
        "attach 'other.db' as other",
        "attach database ':memory:' as other",
        "ATTACH 'file:other.db?vfs=unix' AS other",
        "attach (select 'other' || '.db') as other",
        "attach (select v from t) as other",
        "explain attach 'other.db' as other",
        "/* */ attach 'other.db' as other",
        "detach main",
        "vacuum",
        "vacuum main into 'other.db'",
        "vacuum into (select 'other.db')",
    ] {
        let answer = raw(&file.database, text).await;
        assert!(answer.is_err(), "{text}: {answer:?}");
    }
    assert_eq!(files(), before);
    assert!(!std::path::Path::new("other.db").exists());
}

#[tokio::test]
async fn t37_of_all_pragmas_one_only_reads_a_counter() {
    let file = File::new().await;
    let pragmas = file.library("select name from pragma_pragma_list").await;
    let others = ["data_store_directory", "activate_extensions", "key", "lock_proxy_file", "vdbe_trace", "filename"];
    for pragma in pragmas.iter().map(String::as_str).chain(others) {
        for form in ["", "()", " = 1", "(1)", " = 'x'", "('main')", " = off"] {
            for text in [format!("pragma {pragma}{form}"), format!("PRAGMA main.{}{form}", pragma.to_uppercase())] {
                for text in [text.clone(), format!("explain {text}")] {
                    let answer = raw(&file.database, &text).await;
                    let is_allowed = pragma == "data_version" && form.is_empty();
                    assert!(is_allowed || answer.is_err(), "{text}: {answer:?}");
                    assert!(!is_allowed || answer.is_ok(), "{text}: {answer:?}");
                }
            }
        }
    }
    // The host's own pragmas still work on the same connections.
    let tables = file.database.reflect(ReflectOptions::default()).await.expect("reflected");
    assert_eq!(tables.len(), 1);
}

/// Functions that guests' text may call, besides those that only compute with their arguments.
const OF_INDEXES: [&str; 8] =
    ["bm25", "fts5_get_locale", "fts5_insttoken", "fts5_locale", "highlight", "matchinfo", "offsets", "optimize"];

/// Functions that guests' text may not call.
const REFUSED: [&str; 12] = [
    "fts3_tokenizer",
    "fts5",
    "fts5_source_id",
    "load_extension",
    "rtreecheck",
    "rtreedepth",
    "rtreenode",
    "snippet",
    "sqlite_compileoption_get",
    "sqlite_compileoption_used",
    "sqlite_log",
    "sqlite_source_id",
];

#[tokio::test]
async fn t27_functions_are_those_of_the_list() {
    const COMPUTED: &str = "-> ->> abs avg changes char coalesce concat concat_ws count cume_dist current_date \
        current_time current_timestamp date datetime dense_rank first_value format glob group_concat hex if ifnull iif \
        instr json json_array json_array_length json_error_position json_extract json_group_array json_group_object \
        json_insert json_object json_patch json_pretty json_quote json_remove json_replace json_set json_type json_valid \
        jsonb jsonb_array jsonb_extract jsonb_group_array jsonb_group_object jsonb_insert jsonb_object jsonb_patch \
        jsonb_remove jsonb_replace jsonb_set julianday lag last_insert_rowid last_value lead length like likelihood likely \
        lower ltrim match max min nth_value ntile nullif octet_length percent_rank printf quote random randomblob rank \
        replace round row_number rtrim sign soundex sqlite_version strftime string_agg substr substring subtype sum time timediff total \
        total_changes trim typeof unhex unicode unistr unistr_quote unixepoch unlikely upper zeroblob";
    let allowed: Vec<&str> = COMPUTED.split_whitespace().chain(OF_INDEXES).collect();
    let file = File::new().await;
    let list = "select distinct name || ' ' || narg from pragma_function_list order by 1";
    for function in file.library(list).await {
        let (name, arguments) = function.split_once(' ').expect("two words");
        let least = arguments.parse::<i64>().expect("a number");
        let is_allowed = allowed.contains(&name);
        assert_ne!(is_allowed, REFUSED.contains(&name), "{name} is in neither list of the test, or in both");
        let mut was_called = false;
        for count in if least < 0 { 0..=3 } else { least..=least } {
            let arguments = vec!["'1'"; usize::try_from(count).expect("few")].join(", ");
            let call = format!("\"{name}\"({arguments})");
            let texts = [
                format!("select {call}"),
                format!("select {call} over () from t"),
                format!("select 1 from t where 1 = {call}"),
                format!("insert into t (v) values ({call})"),
                format!("explain select {call}"),
            ];
            for text in texts {
                let answer = raw(&file.database, &text).await;
                let is_denied = matches!(answer, Err(Error::Denied(_)));
                assert!(!(is_allowed && is_denied), "{text}: {answer:?}");
                assert!(is_allowed || answer.is_err(), "{text}: {answer:?}");
                was_called |= is_allowed || is_denied;
            }
        }
        assert!(was_called, "{name} was not refused by the list, but by something else");
    }
}

#[tokio::test]
async fn t27_t38_no_function_is_called_through_a_view_default_check_or_trigger() {
    let file = File::new().await;
    for function in ["fts3_tokenizer('simple')", "sqlite_source_id()", "load_extension('x')", "rtreenode(2, 'x')"] {
        let session = file.database.session();
        run(&session, &format!("create view seen as select {function} as file")).await.expect("a view");
        session.commit().await.expect("committed");
        let table = named(None, "seen", &["file"]);
        for statement in statements(&table, &forced(&table), Dialect::Sqlite).iter().take(2) {
            let answer = execute(&file.database, statement).await;
            assert!(answer.is_err(), "{}: {answer:?}", statement.sql);
        }
        let trigger = format!("create trigger f after insert on t begin select {function}; end");
        run(&session, &trigger).await.expect("a trigger");
        let answer = run(&session, "insert into t (v) values ('x')").await;
        assert!(answer.is_err(), "{function}: {answer:?}");
        session.rollback().await.expect("rolled back");
        for column in [format!("a default ({function})"), format!("a check ({function} <> 1)")] {
            // SQLite calls no authorizer for functions in a default, but allows only harmless ones there.
            if function == "sqlite_source_id()" && column.starts_with("a default") {
                continue;
            }
            // SQLite decides which of the two statements is refused.
            let made = run(&session, &format!("create table u (b, {column})")).await;
            let used = run(&session, "insert into u (b) values (1)").await;
            assert!(made.is_err() || used.is_err(), "{column}: {used:?}");
            session.rollback().await.expect("rolled back");
        }
        file.all(&["drop view seen"]).await;
    }
}

#[tokio::test]
async fn t30_no_statement_reads_the_schema_table() {
    let file = File::new().await;
    for name in ["sqlite_schema", "sqlite_master", "sqlite_temp_schema", "sqlite_temp_master", "sqlite_sequence"] {
        for name in [name.to_owned(), name.to_uppercase()] {
            let table = named(None, &name, &["name"]);
            assert!(declare(vec![table.clone()], Dialect::Sqlite).is_err(), "a model of {name}");
            for statement in statements(&table, &forced(&table), Dialect::Sqlite) {
                let answer = execute(&file.database, &statement).await;
                assert!(answer.is_err(), "{}: {answer:?}", statement.sql);
            }
            let texts = [
                format!("select name from {name}"),
                format!("select count(*) from {name}"),
                format!("create table u as select name from {name}"),
                format!("create table u as select * from (select name from {name})"),
                format!("select (select name from {name}) from t"),
                format!("update t set v = (select name from {name})"),
                format!("delete from {name}"),
                format!("update {name} set name = 'x'"),
            ];
            for text in texts {
                assert!(raw(&file.database, &text).await.is_err(), "{text}");
            }
        }
    }
}

#[tokio::test]
async fn t30_what_a_guest_may_define_works() {
    let file = File::new().await;
    file.all(&[
        "create table u (id integer primary key autoincrement, a text, t integer references t on delete cascade)",
        "create unique index ux on u (a)",
        "create view w as select u.a, group_concat(t.v) as v from u join t on t.id = u.t group by 1",
        "create trigger r after insert on u begin update t set v = upper(new.a); end",
        "insert into u (a, t) values ('x', 1)",
        "select * from w",
        "create table c as select id, a from u",
        "alter table c rename to d",
        "alter table d rename column a to b",
        "alter table d add column e integer not null default 7 check (e > 0)",
        "alter table d drop column b",
        "create virtual table f5 using fts5(a)",
        "insert into f5 (a) values ('one two')",
        "select highlight(f5, 0, '<', '>'), bm25(f5) from f5 where f5 match 'two'",
        "insert into f5 (f5) values ('optimize')",
        "alter table f5 rename to f6",
        "create virtual table f4 using fts4(a)",
        "insert into f4 (a) values ('one two')",
        "select offsets(f4), hex(matchinfo(f4)) from f4 where f4 match 'two'",
        "create virtual table area using rtree(id, x0, x1)",
        "insert into area values (1, 0, 1)",
        "select id from area where x0 <= 1",
        "select value from json_each('[1, 2]')",
        "analyze",
        "reindex",
        "drop table area",
        "drop table f4",
        "drop table f6",
        "drop trigger r",
        "drop view w",
        "drop index ux",
        "drop table d",
        "drop table u",
    ])
    .await;
}
