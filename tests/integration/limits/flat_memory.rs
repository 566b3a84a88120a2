//! Memory that has to stay flat. Each case runs in its own process, because other cases allocate memory too.

use sqlservice_host::{TenantLimits, Val};
use sqlservice_tests::{Backend, Fixture, component::GUEST_READER, for_each_database};

use crate::{
    alone::{alone, status},
    scene::{Scene, only_one},
};

/// The memory in KiB that three thousand sessions, or a million rows, may take.
const ALLOWED: u64 = 16 << 10;

#[test]
#[ignore = "run by g10_memory_stays_flat in a process of its own"]
fn alone_g10_memory() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::with(fixture, only_one(), TenantLimits::default());
        scene.setup(5).await;
        let forget = async || {
            let saw = scene.saw("g10-forget", &[Val::U32(1000)]).await;
            assert_eq!(saw, [(200 * 17).to_string()]);
        };
        forget().await;
        let before = status("VmRSS:");
        for _ in 0..3 {
            forget().await;
        }
        let grown = status("VmRSS:").saturating_sub(before);
        // Leaked connections or stores would take some hundred KiB each, a thousand times.
        assert!(grown < ALLOWED, "3,000 sessions took {grown} KiB on {}", fixture.backend());
    });
}

#[test]
fn g10_memory_stays_flat() {
    alone("limits::flat_memory::alone_g10_memory");
}

#[test]
#[ignore = "run by t32_a_million_rows_take_no_memory in a process of its own"]
fn alone_t32_a_million_rows() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        let mut guest = scene.instance(GUEST_READER).await;
        guest.call("prepare", &[Val::U32(1_000)]).await.expect("no trap");
        read(&mut guest, 1_000).await;
        fill(fixture).await;
        // Resets the peak memory of this process.
        std::fs::write("/proc/self/clear_refs", "5").expect("a system with /proc");
        let before = status("VmHWM:");
        read(&mut guest, 1_000_000).await;
        let grown = status("VmHWM:").saturating_sub(before);
        // Counts host and guest together, because the guest's memory is part of this process.
        assert!(grown < ALLOWED, "a million rows took {grown} KiB on {}", fixture.backend());
    });
}

async fn read(guest: &mut sqlservice_host::Instance, rows: u64) {
    match guest.call("read", &[]).await.expect("no trap") {
        Some(Val::Result(Ok(Some(answer)))) => match *answer {
            Val::Tuple(parts) => assert_eq!(parts.first(), Some(&Val::U64(rows))),
            other => panic!("no tuple: {other:?}"),
        },
        other => panic!("no answer: {other:?}"),
    }
}

/// Inserts rows up to a million, which the database itself generates.
async fn fill(fixture: &Fixture) {
    let (numbers, text) = match fixture.backend() {
        Backend::Postgres => ("generate_series(1001, 1000000) AS t(n)", "n::text"),
        Backend::MariaDb => ("(SELECT seq AS n FROM seq_1001_to_1000000) AS t", "CAST(n AS CHAR)"),
        _ => (
            "(WITH RECURSIVE t(n) AS (SELECT 1001 UNION ALL SELECT n + 1 FROM t WHERE n < 1000000) SELECT n FROM t)",
            "CAST(n AS TEXT)",
        ),
    };
    let active = if fixture.backend() == Backend::Postgres { "true" } else { "1" };
    let sql = format!(
        "INSERT INTO users (id, name, email, score, active, created) \
         SELECT n, {text}, {text}, 0.5, {active}, 1700000000000000 FROM {numbers}"
    );
    let mut outside = fixture.outside().await;
    outside.execute(&sql).await;
    outside.close().await;
}

#[test]
fn t32_a_million_rows_take_no_memory() {
    alone("limits::flat_memory::alone_t32_a_million_rows");
}
