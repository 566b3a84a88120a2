//! T-32: endless result sets, and values that are too large.

use sqlservice_host::{Settings, TenantLimits, Val};
use sqlservice_tests::{Fixture, component::GUEST_HOSTILE, for_each_database};

use crate::{
    alone::resident,
    scene::{Scene, lines},
    unit_of_work::saw,
};

/// T-32: an endless result set ends at the limit of rows, and the host never holds more than one batch of it.
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
        // A row has three numbers of eight bytes.
        assert!(largest <= 2_100, "{saw:?}");
        assert_eq!(saw[2..], ["pending-rollback", "limit LimitKind::Rows 20000", "300"]);
        // 27 million rows would be more than a gigabyte, every time. Other tests of this process may allocate as much now and then.
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

/// T-32: a value that exceeds the guest's memory ends only the guest, or is null where the database cannot create it. The host
/// and the connection stay usable.
#[test]
fn t32_a_value_that_is_too_large_ends_only_its_reader() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.setup(1).await;
        let read = "read-a-large-value";
        assert_eq!(scene.hostile(read, &[Val::U32(2)]).await, ["Some(4194304)", "1"]);
        let mut guest = scene.instance(GUEST_HOSTILE).await;
        // 256 MiB, in a guest whose whole memory is limited to as much.
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

/// The bytes of memory that a result set may take if it ends at its limit.
const ROOM: u64 = 256 << 20;

#[test]
fn t32_the_limit_of_a_results_bytes_is_told() {
    for_each_database(async |fixture: &Fixture| {
        let (saw, _) = saw(fixture, "unset-limits", &[]).await;
        assert_eq!(saw, [(64_u64 << 20).to_string()], "on {}", fixture.backend());
    });
}
