//! T: what hostile guests try with names, texts, functions and results.

mod bare;
mod budget;
mod compile;
mod differential;
mod exit;
pub(crate) mod file;
mod flood;
mod guess;
mod handle;
mod import;
mod leftover;
mod output;
mod owner;
mod policy;
mod secret;
mod soak;
mod tables;
mod text;
mod turns;

use std::time::Duration;

use sqlservice_host::{Engine, Grant, Plugin, Result, Settings, TenantLimits, Val};
use sqlservice_tests::{Backend, Fixture, component::GUEST_HOSTILE, for_each_database, guest};

use crate::scene::{Scene, lines};

/// A component of this text.
fn component(engine: &Engine, text: &str) -> Result<Plugin> {
    engine.load(&wat::parse_str(text).expect("a component"))
}

/// T-22: a reader that asks for nothing gets little, and one that gives up loses what it asked for.
#[test]
fn t22_readers_that_give_up_lose_no_more_than_they_asked_for() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.setup(60).await;
        let saw = scene.hostile("read-badly", &[]).await;
        assert_eq!(saw[..3], ["[1, 1, 1]", "5 slowly", "then Some(1)"], "on {}", fixture.backend());
        // A query that is cancelled takes its transaction with it there.
        let cancelled = fixture.backend() == Backend::Postgres && saw[3] == "pending-rollback";
        assert!(cancelled || saw[3] == "60", "{saw:?} on {}", fixture.backend());
        assert_eq!(saw[4..], ["60"]);
        scene.assert_clean(900, "a reader that gave up").await;
    });
}

/// T-22: one that does not read keeps its connection no longer than a transaction may take, also where none was asked for.
#[test]
fn t22_a_reader_that_does_not_read_loses_its_connection() {
    for_each_database(async |fixture: &Fixture| {
        let mut limits = TenantLimits::default();
        limits.sql.transaction_time = Some(Duration::from_millis(1_000));
        let scene = Scene::with(fixture, Settings::default(), limits);
        scene.setup(60).await;
        let mut guest = scene.instance(GUEST_HOSTILE).await;
        let reading = guest.call("read-later", &[Val::U32(3_000)]);
        let watching = async {
            tokio::time::sleep(Duration::from_millis(2_500)).await;
            scene.database.status().in_use
        };
        let (said, held) = tokio::join!(reading, watching);
        let saw = lines(said.expect("no trap")).expect("no error of the guest's");
        let closed = "transaction-closed";
        assert_eq!(saw, ["Some(100)", closed, closed, "60"], "on {}", fixture.backend());
        assert_eq!(held, 0, "on {}", fixture.backend());
    });
}

/// T-25: each name is one thing everywhere, to the letter, or is refused before anything is made.
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
        // Where names are shorter or know fewer characters, they are refused and not changed.
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
        // The names that the host makes for their indexes end with a hash.
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
        // An index and a key are of columns; what is no column's name is none.
        for line in &refused[6..] {
            assert!(line.contains(": invalid: ") || line.contains(": no-such-column"), "{line}");
        }
        assert_eq!(text, ["'); DROP TABLE users; -- \\"]);
        assert_eq!(scene.ids().await, [1, 2, 3]);
        assert_eq!(fixture.outside().await.tables().await, ["devices", "users"]);
    });
}

/// T-27: the database hears of no function that is not on the list.
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

/// T-32: a result without an end ends at the limit, and only a batch of it was ever in the host.
#[test]
fn t32_a_result_ends_at_its_limit() {
    for_each_database(async |fixture: &Fixture| {
        let mut limits = TenantLimits::default();
        limits.sql.rows = Some(20_000);
        limits.sql.batch_rows = 4_000;
        limits.sql.batch_bytes = 48_000;
        let scene = Scene::with(fixture, Settings::default(), limits);
        scene.setup(300).await;
        let before = resident();
        let saw = scene.hostile("read-everything", &[]).await;
        let mut grown = resident().saturating_sub(before);
        assert!(saw[0].ends_with(" rows, limit LimitKind::Rows 20000"), "{saw:?}");
        let largest: usize = saw[1].split(' ').next().and_then(|rows| rows.parse().ok()).expect("a number");
        // Three numbers of eight bytes a row.
        assert!(largest <= 2_100, "{saw:?}");
        assert_eq!(saw[2..], ["pending-rollback", "limit LimitKind::Rows 20000", "300"]);
        // 27 million rows would be more than a gigabyte, every time. Other tests of this process take as much now and then.
        for _ in 0..5 {
            if grown < ROOM {
                break;
            }
            let before = resident();
            scene.hostile("read-everything", &[]).await;
            grown = resident().saturating_sub(before);
        }
        assert!(grown < ROOM, "{grown} bytes more after it on {}", fixture.backend());
    });
}

/// T-32: a value that has no room in the guest is the guest's own end, or null where the database makes none so large. The
/// host and the connection go on.
#[test]
fn t32_a_value_that_is_too_large_ends_only_its_reader() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.setup(1).await;
        let read = "read-a-large-value";
        assert_eq!(scene.hostile(read, &[Val::U32(2)]).await, ["Some(4194304)", "1"]);
        let mut guest = scene.instance(GUEST_HOSTILE).await;
        // 256 MiB, in a guest that has as much for everything.
        let said = guest.call(read, &[Val::U32(8)]).await;
        drop(guest);
        if let Ok(said) = said {
            let saw = lines(said).expect("no error of the guest's");
            assert!(!saw[0].starts_with("Some"), "{saw:?} on {}", fixture.backend());
            assert_eq!(saw[1], "1");
        }
        scene.assert_clean(50, "a value that is too large").await;
    });
}

/// What a result that ends at its limit may take of memory, in bytes.
const ROOM: u64 = 256 << 20;

/// How many bytes of memory this process has.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()).and_then(|text| text.parse::<u64>().ok());
    kilobytes.unwrap_or_default() * 1_024
}
