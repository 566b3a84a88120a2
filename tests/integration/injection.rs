//! T-25 to T-27: SQL in names, in texts of models and in names of functions.

mod forged;

use sqlservice_host::{Grant, Val};
use sqlservice_tests::{Backend, Fixture, component::GUEST_HOSTILE, for_each_database, guest};

use crate::scene::{Scene, lines};

/// T-25: a name is used unchanged in every place, or is refused before anything is created.
#[test]
fn t25_hostile_names_are_kept_or_refused() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.setup(3).await;
        let saw = scene.hostile("hostile-names", &[]).await;
        let kept = |name: &str| saw.iter().find(|line| line.split(": ").next() == Some(name)).expect("the case");
        let everywhere = [
            "quotes",
            "backticks",
            "a statement",
            "a statement in ticks",
            "brackets and dots",
            "a backslash",
            "a placeholder",
            "a comment",
            "a reserved word",
            "a function",
            "a look-alike",
            "a wide quote",
            "from right to left",
            "63 bytes",
        ];
        let nowhere =
            ["NUL", "a line", "nothing", "256 bytes", "10 kB", "sqlite's", "SQLite's in capitals", "PostgreSQL's"];
        let backend = fixture.backend();
        for name in everywhere {
            assert_eq!(kept(name), &format!("{name}: kept true"), "on {backend}");
        }
        for name in nowhere {
            assert_eq!(kept(name), &format!("{name}: refused"), "on {backend}");
        }
        // A name that is too long for a database, or has characters that it lacks, is refused and not changed.
        let told = |name: &str, can: bool| format!("{name}: {}", if can { "kept true" } else { "refused" });
        let most = fixture.capabilities().max_identifier;
        let maria = backend == Backend::MariaDb;
        assert_eq!(kept("64 bytes"), &told("64 bytes", most >= 64));
        assert_eq!(kept("a blank at the end"), &told("a blank at the end", !maria));
        assert_eq!(kept("a character past U+FFFF"), &told("a character past U+FFFF", !maria));
        assert_eq!(saw.len(), everywhere.len() + nowhere.len() + 3);
        assert_eq!(scene.ids().await, [1, 2, 3]);
        assert_eq!(fixture.outside().await.tables().await, ["devices", "users"]);
    });
}

#[test]
fn t25_names_that_would_be_cut_do_not_meet() {
    for_each_database(async |fixture: &Fixture| {
        let saw = Scene::new(fixture).hostile("cut-names", &[]).await;
        let most = fixture.capabilities().max_identifier;
        let expected = [62, 63, 64, 255].map(|length| {
            let told = if length <= most { "2 made, (1, 2), 2 dropped" } else { "refused" };
            format!("{length}: {told}")
        });
        assert_eq!(saw[..4], expected);
        // The host's names for the indexes of long names end with a hash.
        assert_eq!(saw[4], "derived: 2 made, (1, 2), 2 dropped");
    });
}

/// T-26: without the grant of raw SQL, no text of a model becomes SQL.
#[test]
fn t26_texts_of_models_are_no_sql() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.setup(3).await;
        let grant = Grant::new(scene.database.clone()).schema_changes(true);
        let tenant = guest::tenant().database(guest::DATABASE, grant).build().expect("a tenant");
        let plugin = guest::compiled(GUEST_HOSTILE);
        let mut guest = plugin.instantiate(&tenant).await.expect("an instance");
        let saw = lines(guest.call("smuggled-text", &[]).await.expect("no trap")).expect("no error of the guest's");
        let (refused, text) = saw.split_at(8);
        for line in &refused[..6] {
            assert!(line.ends_with(": denied"), "{line} on {}", fixture.backend());
        }
        // Indexes and keys consist of column names; any other text is refused.
        for line in &refused[6..] {
            assert!(line.contains(": invalid: ") || line.contains(": no-such-column"), "{line}");
        }
        assert_eq!(text, ["'); DROP TABLE users; -- \\"]);
        assert_eq!(scene.ids().await, [1, 2, 3]);
        assert_eq!(fixture.outside().await.tables().await, ["devices", "users"]);
    });
}

/// T-27: a function that is not on the list of allowed functions never reaches the database.
#[test]
fn t27_functions_outside_the_list_are_denied_everywhere() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.setup(2).await;
        let names = [
            "set_config",
            "pg_sleep",
            "pg_terminate_backend",
            "pg_cancel_backend",
            "pg_read_file",
            "pg_advisory_lock",
            "lo_import",
            "lo_export",
            "lo_unlink",
            "dblink",
            "dblink_exec",
            "query_to_xml",
            "load_extension",
            "readfile",
            "writefile",
            "edit",
            "fts3_tokenizer",
            "sleep",
            "benchmark",
            "load_file",
            "get_lock",
            "release_lock",
            "sys_exec",
            "SLEEP",
            "pg_catalog.pg_sleep",
            "sleep(9) --",
            "lower ",
        ];
        let list = names.iter().map(|name| Val::String((*name).to_owned())).collect();
        let saw = scene.hostile("forged-functions", &[Val::List(list)]).await;
        for (line, name) in saw.iter().zip(names) {
            assert_eq!(line, &format!("{name}: 6 of 6 denied"), "on {}", fixture.backend());
        }
        assert_eq!(saw[names.len()..], [r#"[("u1", None), ("u2", None)]"#]);
    });
}
