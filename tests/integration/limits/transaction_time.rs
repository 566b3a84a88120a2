//! T-59: transactions that never end.

use std::time::{Duration, Instant};

use sqlservice_host::{Settings, SqlLimits, TenantLimits, Val};
use sqlservice_tests::{Fixture, component::GUEST_CONFORMANCE, for_each_database};

use crate::scene::Scene;

const SHORT: Duration = Duration::from_millis(300);

/// T-59: a transaction that a guest leaves idle is rolled back, so that its locks do not block others for long.
#[test]
fn t59_an_idle_transaction_is_rolled_back() {
    for_each_database(async |fixture: &Fixture| {
        let sql = SqlLimits::default().idle_transaction_time(SHORT);
        let scene = Scene::with(fixture, Settings::default(), TenantLimits::default().sql(sql));
        scene.setup(3).await;
        let mut guest = scene.instance(GUEST_CONFORMANCE).await;
        let wait = [Val::String("wait".to_owned())];
        let idle = guest.call("a04-begin-and", &wait);
        let freed = async {
            while scene.database.status().in_use == 0 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            let since = Instant::now();
            while scene.database.status().in_use > 0 && since.elapsed() < Duration::from_secs(20) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            since.elapsed()
        };
        let freed = tokio::select! {
            ended = idle => panic!("it ended first: {ended:?}"),
            freed = freed => freed,
        };
        assert!(freed < Duration::from_secs(10), "on {}: {freed:?}", fixture.backend());
        drop(guest);
        scene.assert_clean(500, "an idle transaction").await;
        assert_eq!(scene.ids().await, [1, 2, 3, 500], "on {}", fixture.backend());
    });
}

/// T-59: a transaction whose statements follow each other is not idle, however long it takes.
#[test]
fn t59_a_busy_transaction_is_not_idle() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        let limits = sqlservice_db::TransactionOptions::default().idle_timeout(Duration::from_millis(400));
        let session = scene.database.begin(limits).await.expect("a transaction");
        let text = || session.execute_text("SELECT 1".to_owned(), Vec::new(), Default::default());
        for _ in 0..20 {
            tokio::time::sleep(Duration::from_millis(100)).await;
            text().await.unwrap_or_else(|error| panic!("on {}: {error}", fixture.backend()));
        }
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        let closed = text().await.err();
        assert!(matches!(closed, Some(sqlservice_db::Error::TransactionClosed)), "{closed:?} on {}", fixture.backend());
    });
}
