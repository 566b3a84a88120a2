//! Outcomes of statements that fail, time out or are cancelled, and secrets that no event contains.

use std::{sync::Arc, time::Duration};

use sqlservice_db::{Error, Event, Observer, RunOptions, Scope};
use sqlservice_sql::Dialect;

use crate::{
    model::Model,
    place::{Place, on_all, run},
    seen::Seen,
};

/// A query that takes longer than any test.
fn endless(place: &Place) -> &'static str {
    match place.database.dialect() {
        Dialect::Sqlite => {
            "with recursive c(n) as (select 1 union all select n + 1 from c) select count(*) from c where n < 0"
        }
        Dialect::Postgres => "select pg_sleep(60)",
        _ => "select count(*) from (select sleep(30) as s from seq_1_to_2) as t where s = 2",
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn t74_a_failure_is_told_with_its_error_and_without_values() {
    on_all("failure", async |place| {
        let model = Model::new(&place.database);
        place.database.create_all(model.tables(), false).await.expect("created");
        let seen = Seen::default();
        let database = seen.on(&place.database, "acme");
        let session = database.session();
        session.insert_many(model.new_users(&["geheim-4711"]), RunOptions::default()).await.expect("inserted");
        seen.lines();
        let error = session.insert_many(model.new_users(&["geheim-4711"]), RunOptions::default()).await.err();
        assert!(matches!(error, Some(Error::Integrity(_))), "{error:?}");
        session.rollback().await.expect("rolled back");
        assert_eq!(
            seen.lines(),
            [
                "start INSERT users Compiled",
                "end INSERT users: 0 rows, 0 affected, failed: Unique constraint violated",
                "transaction RolledBack",
            ]
        );
        let (_, whole) = seen.all();
        assert!(!whole.contains("geheim-4711"), "{whole}");
        for variable in ["SQLSERVICE_TEST_POSTGRES", "SQLSERVICE_TEST_MARIADB"] {
            let url = url::Url::parse(&std::env::var(variable).expect("a server")).expect("a URL");
            let password = url.password().filter(|password| password.len() > 4).unwrap_or("no password");
            assert!(!whole.contains(password) && !whole.contains(url.as_str()), "a secret is told");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_takes_too_long_is_told_as_that() {
    on_all("timeout", async |place| {
        let seen = Seen::default();
        let session = seen.on(&place.database, "acme").session();
        let options = RunOptions::default().timeout(Duration::from_millis(100));
        let error = session.execute_text(endless(place).to_owned(), Vec::new(), options).await.err();
        assert!(matches!(error, Some(Error::Timeout)), "{error:?}");
        let lines = seen.lines();
        assert_eq!(lines[1..], ["start SELECT Raw", "end SELECT: 0 rows, 0 affected, timeout"], "{lines:?}");
        assert!(seen.last().duration >= Duration::from_millis(80) && seen.last().first_batch.is_none());
        session.close().await.expect("closed");
        assert_eq!(seen.lines(), ["transaction RolledBack"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_goes_away_is_told() {
    on_all("cancelled", async |place| {
        // Connects first, because connecting may take longer than the timeout below.
        place.database.ping().await.expect("it answers");
        let seen = Seen::default();
        let session = seen.on(&place.database, "acme").session();
        let gone = tokio::time::timeout(Duration::from_millis(300), run(&session, endless(place))).await;
        assert!(gone.is_err());
        let lines = seen.wait("end SELECT").await;
        assert_eq!(lines[1..], ["start SELECT Raw", "end SELECT: 0 rows, 0 affected, cancelled"], "{lines:?}");
        session.rollback().await.expect("rolled back");
        assert_eq!(seen.lines(), ["transaction RolledBack"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_session_tells_the_end_of_its_transaction() {
    on_all("dropped", async |place| {
        let seen = Seen::default();
        let session = seen.on(&place.database, "acme").session();
        run(&session, "select 1").await.expect("read");
        drop(session);
        let lines = seen.wait("transaction").await;
        assert_eq!(lines.last().map(String::as_str), Some("transaction RolledBack"));
        place.idle().await;
    })
    .await;
}

struct Panics;

impl Observer for Panics {
    fn event(&self, _: &Event<'_>) {
        panic!("as this observer always does");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn t80_an_observer_that_panics_takes_nothing_along() {
    on_all("panics", async |place| {
        let database = place.database.with_scope(Scope::default(), Some(Arc::new(Panics)));
        let session = database.session();
        for _ in 0..2 {
            run(&session, "select 1").await.expect("read");
        }
        session.commit().await.expect("committed");
        place.idle().await;
    })
    .await;
}
