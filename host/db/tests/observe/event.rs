//! The events that an observer receives, their order and their numbers.

use std::time::Duration;

use sqlservice_db::{Database, Isolation, ReflectOptions, Root, RunOptions, Settings, TransactionOptions};
use sqlservice_sql::Dialect;

use crate::{
    model::Model,
    place::{Place, on_all, run},
    seen::Seen,
};

/// Creates the model's tables, and an observer that has received no event yet.
async fn start(place: &Place) -> (Seen, Database, Model) {
    let model = Model::new(&place.database);
    place.database.create_all(model.tables(), false).await.expect("created");
    let seen = Seen::default();
    let database = seen.on(&place.database, "acme");
    (seen, database, model)
}

fn options() -> RunOptions {
    RunOptions::default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_is_told_from_its_connection_to_its_commit() {
    on_all("events", async |place| {
        let (seen, database, model) = start(place).await;
        let session = database.session();
        session.begin(TransactionOptions::default()).await.expect("begun");
        session.insert_many(model.new_users(&["ed", "jo", "al"]), options()).await.expect("inserted");
        let answer = session.execute(model.users(), Vec::new(), options()).await.expect("read");
        let bytes = u64::try_from(answer.first_batch.bytes()).expect("few");
        session.commit().await.expect("committed");
        assert_eq!(
            seen.lines(),
            [
                "idle connection",
                "start INSERT users Compiled",
                "end INSERT users: 0 rows, 3 affected, ok",
                "start SELECT users Compiled",
                "end SELECT users: 3 rows, 0 affected, ok",
                "transaction Committed",
            ]
        );
        let last = seen.last();
        assert_eq!(last.bytes, bytes);
        assert!(last.waited.is_zero() && last.first_batch.is_some_and(|first| first <= last.duration), "{last:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn flushes_and_loads_tell_each_of_their_statements() {
    on_all("flush", async |place| {
        let (seen, database, model) = start(place).await;
        let session = database.session();
        session.flush(model.new_owner("ed", "phone"), options()).await.expect("flushed");
        session.load(Root::Query(model.users(), Vec::new()), model.owners(), options()).await.expect("loaded");
        session.rollback().await.expect("rolled back");
        let lines = seen.lines();
        // Databases differ in how they return a generated key.
        let ends = |start: &str| lines.iter().filter(|line| line.starts_with(start)).count();
        assert_eq!(lines.first().map(String::as_str), Some("idle connection"));
        assert_eq!(lines.last().map(String::as_str), Some("transaction RolledBack"));
        for (statement, count) in
            [("INSERT users", 1), ("INSERT devices", 1), ("SELECT users", 1), ("SELECT devices", 1)]
        {
            assert_eq!(
                (ends(&format!("start {statement} ")), ends(&format!("end {statement}:"))),
                (count, count),
                "{lines:?}"
            );
        }
        assert!(lines.contains(&"end SELECT users: 1 rows, 0 affected, ok".to_owned()), "{lines:?}");
        assert!(lines.contains(&"end SELECT devices: 1 rows, 0 affected, ok".to_owned()), "{lines:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_s_statement_ends_with_its_last_row_or_its_reader() {
    on_all("cursor", async |place| {
        let (seen, database, model) = start(place).await;
        let session = database.session();
        let names: Vec<String> = (0..50).map(|number| format!("user {number}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        session.insert_many(model.new_users(&names), options()).await.expect("inserted");
        seen.lines();
        for (takes_all, end) in [(true, "end SELECT users: 50 rows, 0 affected, ok"), (false, "end SELECT users: ")] {
            let few = options().batch_rows(4);
            let answer = session.execute(model.users(), Vec::new(), few).await.expect("read");
            let cursor = answer.cursor.expect("more rows");
            assert_eq!(seen.lines(), ["start SELECT users Compiled"]);
            while takes_all && cursor.next_batch(4, 1 << 20).await.expect("a batch").is_some() {}
            drop(cursor);
            let lines = seen.wait(end).await;
            assert_eq!(lines.len(), 1, "{lines:?}");
            assert!(takes_all || lines[0].ends_with("cancelled"), "{lines:?}");
        }
        session.rollback().await.expect("rolled back");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_are_told_as_they_come_and_go() {
    on_all("tables", async |place| {
        let seen = Seen::default();
        let (database, model) = (seen.on(&place.database, "acme"), Model::new(&place.database));
        database.create_all(model.tables(), false).await.expect("created");
        assert_eq!(seen.lines().last().map(String::as_str), Some("Created users devices: ok"));
        database.create_all(model.tables(), false).await.expect_err("they are there");
        let lines = seen.lines();
        assert!(lines[1].starts_with("Created : failed: "), "{lines:?}");
        database.reflect(ReflectOptions::default()).await.expect("reflected");
        assert_eq!(seen.lines(), ["idle connection", "reflected 2: ok"]);
        let session = database.session();
        session.reflect(ReflectOptions::default(), None).await.expect("reflected");
        session.rollback().await.expect("rolled back");
        assert_eq!(seen.lines(), ["idle connection", "reflected 2: ok", "transaction RolledBack"]);
        database.drop_all(model.tables(), true).await.expect("dropped");
        assert_eq!(seen.lines(), ["idle connection", "Dropped devices users: ok"]);
        let (_, whole) = seen.all();
        assert!(whole.contains("CREATE TABLE") && whole.contains("Host"), "the host's own statements are told");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_closed_instead_of_given_back_is_told() {
    on_all("discarded", async |place| {
        let (seen, database, _) = start(place).await;
        let session = database.session();
        run(&session, "SELECT 1").await.expect("read");
        session.rollback().await.expect("rolled back");
        drop(session);
        database.ping().await.expect("it answers");
        let (scopes, whole) = seen.all();
        // MariaDB's connections are closed after they ran text.
        let is_told = whole.contains("ConnectionDiscarded");
        assert_eq!(is_told, database.dialect() == Dialect::Mariadb, "{whole}");
        assert!(scopes.iter().all(|scope| scope.tenant.as_deref() == Some("acme")));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_autocommit_a_statement_is_its_own_transaction() {
    on_all("autocommit", async |place| {
        let (seen, database, model) = start(place).await;
        let session = database.connect().await.expect("a connection");
        session.set_isolation(Isolation::Autocommit).await.expect("no transaction is open");
        run(&session, "INSERT INTO users (name) VALUES ('ed')").await.expect("inserted");
        session.insert_many(model.new_users(&["jo", "al"]), options()).await.expect("inserted");
        session.close().await.expect("closed");
        assert_eq!(
            seen.lines(),
            [
                "idle connection",
                "start INSERT Raw",
                "end INSERT: 0 rows, 1 affected, ok",
                "start INSERT users Compiled",
                "end INSERT users: 0 rows, 2 affected, ok",
                "transaction Committed",
            ]
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn t77_tenants_of_one_pool_are_told_apart() {
    on_all("tenants", async |place| {
        let (seen, one, model) = start(place).await;
        let two = seen.on(&one, "umbrella");
        // A new scope keeps the observer.
        let three = two.with_scope(sqlservice_db::Scope { tenant: Some("initech".into()), ..Default::default() }, None);
        for (database, tenant) in [(&one, "acme"), (&two, "umbrella"), (&three, "initech")] {
            let before = seen.all().0.len();
            let session = database.session();
            session.execute(model.users(), Vec::new(), options()).await.expect("read");
            session.close().await.expect("closed");
            let scopes = seen.all().0.split_off(before);
            assert!(scopes.len() >= 4, "{scopes:?}");
            assert!(scopes.iter().all(|scope| scope.tenant.as_deref() == Some(tenant)), "{scopes:?}");
            assert!(scopes.iter().all(|scope| scope.plugin.is_some() == (tenant != "initech")), "{scopes:?}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_for_a_connection_is_told() {
    on_all("waiting", async |place| {
        let model = Model::new(&place.database);
        place.database.create_all(model.tables(), false).await.expect("created");
        let patience = Duration::from_millis(400);
        let pool = place.another(Settings::default().pool_size(1).max_overflow(0).pool_timeout(patience));
        let seen = Seen::default();
        let database = seen.on(&pool, "acme");
        let first = database.connect().await.expect("a connection");
        seen.lines();
        let session = database.session();
        let (read, ()) = tokio::join!(session.execute(model.users(), Vec::new(), options()), async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            first.close().await.expect("closed");
        });
        read.expect("read");
        assert!(seen.last().waited >= Duration::from_millis(80), "{:?}", seen.last());
        assert_eq!(seen.lines()[..2], ["idle connection", "start SELECT users Compiled"]);
        if place.another_file().await.is_some() {
            let error = database.session().execute(model.users(), Vec::new(), options()).await.err();
            assert!(matches!(error, Some(sqlservice_db::Error::PoolTimeout { .. })), "{error:?}");
            let lines = seen.lines();
            assert!(lines.len() == 1 && lines[0].starts_with("no connection: PoolTimeout"), "{lines:?}");
        }
        session.close().await.expect("closed");
        place.release(pool).await;
    })
    .await;
}
