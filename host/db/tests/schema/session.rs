//! Reflecting schemas through a session: on its connection, in its transaction, by the rules of its statements.

use std::time::{Duration, Instant};

use sqlservice_db::{Database, Error, Isolation, ReflectOptions, RunOptions, Session, Settings, TransactionOptions};
use sqlservice_sql::{Dialect, Scalar, Value, schema::Table};

use crate::{
    model::*,
    only,
    place::{Place, on_all, run},
    reflect,
};

async fn tables(session: &Session, options: ReflectOptions) -> Result<Vec<Table>, Error> {
    session.reflect(options, None).await
}

async fn names(session: &Session) -> Vec<String> {
    let tables = tables(session, ReflectOptions::default()).await.expect("reflected");
    tables.into_iter().map(|table| table.name).collect()
}

/// Another pool of one connection; the same pool where the database is one connection.
fn of_one(place: &Place) -> Database {
    let short = Duration::from_millis(300);
    place.another(Settings::default().pool_size(1).max_overflow(0).pool_timeout(short))
}

async fn count(session: &Session) -> Value {
    run(session, "SELECT COUNT(*) FROM a").await.expect("counted").first_batch.value(0, 0)
}

fn integer(number: i64) -> Value {
    Scalar::Integer(number).into()
}

/// Creates enough tables that reflecting them takes a while.
async fn many(place: &Place) -> Database {
    let (count, width) = if place.database.dialect() == Dialect::Sqlite { (150, 20) } else { (20, 40) };
    let wide = |at: usize| {
        let columns = (0..width).map(|at| col(&format!("column_{at}"), varchar(30)).null());
        table(&format!("wide_{at}"), std::iter::once(key("id")).chain(columns).collect())
    };
    let wide = (0..count).map(wide).chain([table("a", vec![key("id")])]).collect();
    place.database.create_all(place.declare(wide), true).await.expect("created");
    of_one(place)
}

#[tokio::test(flavor = "multi_thread")]
async fn a03_a_session_sees_the_tables_of_its_transaction() {
    on_all("inside", async |place| {
        let commits_itself = matches!(place.database.dialect(), Dialect::Mysql | Dialect::Mariadb);
        place.sql(&["CREATE TABLE a (id INTEGER NOT NULL PRIMARY KEY)"]).await;
        let other = place.another_file().await;
        if let Some(other) = &other {
            // The first connection to a file waits for writers, so it is opened before them.
            other.ping().await.expect("there");
        }
        let session = place.database.session();
        run(&session, "CREATE TABLE b (id INTEGER NOT NULL PRIMARY KEY, a_id INTEGER REFERENCES a (id))")
            .await
            .expect("created");
        run(&session, "CREATE UNIQUE INDEX b_a ON b (a_id)").await.expect("created");
        run(&session, "INSERT INTO a VALUES (1)").await.expect("inserted");
        assert_eq!(names(&session).await, ["a", "b"]);
        let found = tables(&session, only(&["b"])).await.expect("reflected");
        assert_eq!((found.len(), found[0].columns.len()), (1, 2));
        assert_eq!(found[0].primary_key, ["id"]);
        assert!(found[0].indexes.iter().chain(&found[0].uniques).any(|index| index.columns == ["a_id"]));
        if let Some(other) = other {
            let seen: Vec<_> = reflect(&other).await.into_iter().map(|table| table.name).collect();
            assert_eq!(seen, if commits_itself { vec!["a", "b"] } else { vec!["a"] }, "{other:?}");
            other.close().await;
        }
        // The transaction continues, and its rollback undoes the reflected tables too.
        assert_eq!(count(&session).await, integer(1));
        session.rollback().await.expect("rolled back");
        assert_eq!(names(&session).await, if commits_itself { vec!["a", "b"] } else { vec!["a"] });
        assert_eq!(count(&session).await, integer(0));
        session.close().await.expect("closed");
        assert_eq!(place.database.status().in_use, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_reads_what_the_database_reads() {
    on_all("same", async |place| {
        place.database.create_all(place.declare(component_tables()), true).await.expect("created");
        place.sql(&["CREATE VIEW users_v AS SELECT * FROM users"]).await;
        let database = of_one(place);
        for views in [false, true] {
            let options = ReflectOptions::default().views(views);
            let expected = database.reflect(options.clone()).await.expect("reflected");
            let session = database.session();
            assert_eq!(tables(&session, options.clone()).await.expect("reflected"), expected);
            assert!(session.in_transaction(), "it began as a statement does");
            session.commit().await.expect("committed");
            assert_eq!(database.status().in_use, 0);
            // Reflection works at every isolation level and in read-only transactions.
            let mut levels = vec![Isolation::Default, Isolation::Serializable];
            if database.dialect().capabilities().isolation_levels {
                levels.extend([Isolation::ReadUncommitted, Isolation::ReadCommitted, Isolation::RepeatableRead]);
            }
            for isolation in levels {
                let begin = TransactionOptions::default().isolation(isolation).read_only(true);
                let session = database.begin(begin).await.expect("begun");
                assert_eq!(tables(&session, options.clone()).await.expect("reflected"), expected, "{isolation}");
                session.rollback().await.expect("rolled back");
            }
        }
        place.release(database).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a03_a_session_reflects_where_it_has_the_only_connection() {
    on_all("only", async |place| {
        place.sql(&["CREATE TABLE a (id INTEGER NOT NULL PRIMARY KEY)"]).await;
        let database = of_one(place);
        let session = database.connect().await.expect("connected");
        assert_eq!(names(&session).await, ["a"]);
        run(&session, "INSERT INTO a VALUES (1)").await.expect("inserted");
        assert_eq!(names(&session).await, ["a"]);
        session.rollback().await.expect("rolled back");
        assert_eq!((database.status().size, database.status().in_use), (1, 1));

        // In autocommit no transaction is begun, and a failure leaves none open.
        session.set_isolation(Isolation::Autocommit).await.expect("autocommit");
        run(&session, "INSERT INTO a VALUES (2)").await.expect("inserted");
        for _ in 0..2 {
            assert_eq!(names(&session).await, ["a"]);
            assert!(!session.in_transaction());
            let missing = tables(&session, only(&["nosuch"])).await;
            assert!(matches!(missing, Err(Error::NoSuchTable(_))), "{missing:?}");
            assert_eq!(count(&session).await, integer(1));
        }
        // The same holds in a transaction that `begin` started in autocommit.
        session.begin(TransactionOptions::default()).await.expect("begun");
        assert_eq!(names(&session).await, ["a"]);
        assert!(session.in_transaction());
        session.commit().await.expect("committed");
        session.close().await.expect("closed");

        let lazy = database.session();
        lazy.set_isolation(Isolation::Autocommit).await.expect("autocommit");
        assert_eq!(names(&lazy).await, ["a"]);
        assert_eq!(database.status().in_use, 0, "it gives its connection back");
        lazy.close().await.expect("closed");
        place.release(database).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reflecting_keeps_to_the_state_of_its_session() {
    on_all("state", async |place| {
        place.sql(&["CREATE TABLE a (id INTEGER NOT NULL PRIMARY KEY)"]).await;
        let session = place.database.session();
        run(&session, "INSERT INTO a VALUES (1)").await.expect("inserted");
        // A failed reflection has the effect of a failed statement.
        let missing = tables(&session, only(&["nosuch", "a"])).await;
        assert!(matches!(&missing, Err(Error::NoSuchTable(names)) if names == "nosuch"), "{missing:?}");
        for _ in 0..2 {
            assert!(matches!(tables(&session, only(&["a"])).await, Err(Error::PendingRollback)));
        }
        assert!(matches!(session.commit().await, Err(Error::PendingRollback)));
        session.rollback().await.expect("rolled back");
        assert_eq!(count(&session).await, integer(0));
        // Rolling back to a savepoint clears the failure.
        run(&session, "INSERT INTO a VALUES (1)").await.expect("inserted");
        let savepoint = session.begin_nested().await.expect("savepoint");
        tables(&session, only(&["nosuch"])).await.expect_err("it is missing");
        savepoint.rollback().await.expect("rolled back");
        assert_eq!(names(&session).await, ["a"]);
        assert_eq!(count(&session).await, integer(1));
        // A call that is refused before it queries the database leaves the transaction unchanged.
        let refused = tables(&session, only(&vec!["n"; 10_001])).await;
        assert!(matches!(refused, Err(Error::Limit { .. })), "{refused:?}");
        if !place.database.dialect().capabilities().schemas {
            let other = ReflectOptions::default().schema("other".to_owned());
            let refused = tables(&session, other).await;
            assert!(matches!(refused, Err(Error::Statement(_))), "{refused:?}");
        }
        assert_eq!(count(&session).await, integer(1));
        session.rollback().await.expect("rolled back");

        // An unread cursor occupies the connection.
        let values: Vec<_> = (0..100).map(|at| format!("({at})")).collect();
        run(&session, &format!("INSERT INTO a VALUES {}", values.join(", "))).await.expect("inserted");
        let few = RunOptions::default().batch_rows(4);
        let answer = session.execute_text("SELECT id FROM a".into(), Vec::new(), few).await.expect("selected");
        assert!(matches!(tables(&session, only(&["a"])).await, Err(Error::Busy)));
        drop(answer);
        session.rollback().await.expect("rolled back");
        assert_eq!(names(&session).await, ["a"]);
        session.close().await.expect("closed");
        assert!(matches!(tables(&session, only(&["a"])).await, Err(Error::Closed)));

        let once = place.database.begin(TransactionOptions::default()).await.expect("begun");
        assert_eq!(names(&once).await, ["a"]);
        once.commit().await.expect("committed");
        assert!(matches!(tables(&once, only(&["a"])).await, Err(Error::TransactionClosed)));
        assert_eq!(place.database.status().in_use, 0);
    })
    .await;
}

/// A view that cannot be read is skipped, and its failure does not fail the transaction.
#[tokio::test(flavor = "multi_thread")]
async fn a_broken_view_leaves_the_transaction_as_it_was() {
    on_all("view", async |place| {
        if place.database.dialect() != Dialect::Sqlite {
            return;
        }
        place.sql(&["CREATE TABLE a (id INTEGER PRIMARY KEY)", "CREATE VIEW v AS SELECT * FROM nosuch"]).await;
        let session = place.database.session();
        run(&session, "INSERT INTO a VALUES (1)").await.expect("inserted");
        let views = ReflectOptions::default().views(true);
        assert_eq!(tables(&session, views.clone()).await.expect("reflected").len(), 1);
        assert_eq!(count(&session).await, integer(1));
        tables(&session, only(&["v"]).views(true)).await.expect_err("by its name");
        assert!(matches!(session.commit().await, Err(Error::PendingRollback)));
        session.rollback().await.expect("rolled back");
        session.close().await.expect("closed");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn t31_reflecting_ends_in_time() {
    on_all("t31r", async |place| {
        let database = many(place).await;
        let session = database.connect().await.expect("connected");
        let mut stopped = 0;
        for micros in [0, 50, 200, 1_000, 3_000, 8_000, 20_000] {
            run(&session, "INSERT INTO a VALUES (1)").await.expect("inserted");
            let limit = Some(Duration::from_micros(micros));
            match session.reflect(ReflectOptions::default(), limit).await {
                Ok(tables) => assert!(tables.len() > 20),
                Err(Error::Timeout) => {
                    stopped += usize::from(micros > 0);
                    assert!(matches!(session.commit().await, Err(Error::PendingRollback)), "{micros}");
                }
                Err(error) => panic!("{micros}: {error:?}"),
            }
            session.rollback().await.expect("rolled back");
            // A cancellation that arrives just after the reflection's end stops no other statement.
            assert_eq!(count(&session).await, integer(0), "{micros}");
            session.rollback().await.expect("rolled back");
        }
        assert!(stopped > 0, "{database:?}: none was stopped on its way");
        assert_eq!(database.status().size, 1);
        session.close().await.expect("closed");
        place.release(database).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn g02_reflecting() {
    on_all("g02r", async |place| {
        let database = many(place).await;
        for autocommit in [false, true] {
            let (mut gone, mut heard) = (0, 0);
            for cut in (0..6).map(Cut::Polls).chain((0..8).map(|at| Cut::Micros(at * at * 300))) {
                let session = database.session();
                if autocommit {
                    session.set_isolation(Isolation::Autocommit).await.expect("autocommit");
                } else {
                    run(&session, "INSERT INTO a VALUES (1)").await.expect("inserted");
                }
                let done = cut.apply(session.reflect(ReflectOptions::default(), None)).await;
                let next = session.reflect(only(&["a"]), None).await;
                match (done, next) {
                    (Some(done), Ok(_)) => {
                        heard += 1;
                        assert!(done.expect("reflected").len() > 20);
                    }
                    (None, Ok(_)) if autocommit || matches!(cut, Cut::Polls(0) | Cut::Micros(0)) => {}
                    (None, Err(Error::PendingRollback)) if !autocommit => {
                        gone += 1;
                        assert!(matches!(session.commit().await, Err(Error::PendingRollback)));
                    }
                    (done, next) => panic!("{cut:?}: {done:?}, then {next:?}"),
                }
                session.rollback().await.expect("rolled back");
                assert_eq!(count(&session).await, integer(0), "{cut:?}");
                drop(session);
            }
            assert!(autocommit || gone > 0, "none was dropped on its way, {heard} were heard");
        }
        // A reflection that is dropped with its session leaves nothing either.
        for micros in [0, 300, 3_000] {
            let session = database.begin(TransactionOptions::default()).await.expect("begun");
            run(&session, "INSERT INTO a VALUES (1)").await.expect("inserted");
            drop(Cut::Micros(micros).apply(session.reflect(ReflectOptions::default(), None)).await);
            drop(session);
        }
        let session = database.connect().await.expect("the place is free");
        assert_eq!(count(&session).await, integer(0));
        assert!(!names(&session).await.is_empty());
        session.close().await.expect("closed");
        assert_eq!(database.status().in_use, 0);
        place.release(database).await;
    })
    .await;
}

/// Ways to drop a future.
#[derive(Clone, Copy, Debug)]
enum Cut {
    Polls(usize),
    Micros(u64),
}

impl Cut {
    async fn apply<F: Future>(self, future: F) -> Option<F::Output> {
        match self {
            Self::Micros(micros) => tokio::time::timeout(Duration::from_micros(micros), future).await.ok(),
            Self::Polls(polls) => {
                let mut future = Box::pin(future);
                for _ in 0..polls {
                    if let std::task::Poll::Ready(output) = futures::poll!(future.as_mut()) {
                        return Some(output);
                    }
                    tokio::task::yield_now().await;
                }
                None
            }
        }
    }
}

/// Another connection holds a lock that one of the reflection's queries waits for.
#[tokio::test(flavor = "multi_thread")]
async fn t31_reflecting_is_stopped_while_it_waits() {
    on_all("g05r", async |place| {
        if place.database.dialect() != Dialect::Postgres {
            return;
        }
        place.sql(&["CREATE TABLE a (id INTEGER NOT NULL PRIMARY KEY)"]).await;
        let database = of_one(place);
        let session = database.connect().await.expect("connected");
        let other = place.database.session();
        let lock = "DO $$ BEGIN LOCK TABLE pg_catalog.pg_enum IN ACCESS EXCLUSIVE MODE; END $$";
        run(&other, lock).await.expect("locked");
        let options = ReflectOptions::default;
        let since = Instant::now();
        run(&session, "INSERT INTO a VALUES (1)").await.expect("inserted");
        let late = session.reflect(options(), Some(Duration::from_millis(100))).await;
        assert!(matches!(late, Err(Error::Timeout)), "{late:?}");
        assert!(matches!(session.commit().await, Err(Error::PendingRollback)));
        session.rollback().await.expect("rolled back");
        run(&session, "INSERT INTO a VALUES (1)").await.expect("inserted");
        let gone = Cut::Micros(100_000).apply(session.reflect(options(), None)).await;
        assert!(gone.is_none());
        assert!(matches!(session.reflect(options(), None).await, Err(Error::PendingRollback)));
        session.rollback().await.expect("rolled back");
        assert!(since.elapsed() < Duration::from_secs(4), "{:?}", since.elapsed());
        assert_eq!(count(&session).await, integer(0));
        session.rollback().await.expect("rolled back");

        // In autocommit a stopped reflection leaves no transaction.
        session.set_isolation(Isolation::Autocommit).await.expect("autocommit");
        let late = session.reflect(options(), Some(Duration::from_millis(100))).await;
        assert!(matches!(late, Err(Error::Timeout)), "{late:?}");
        assert!(Cut::Micros(100_000).apply(session.reflect(options(), None)).await.is_none());
        assert_eq!(count(&session).await, integer(0));
        assert!(!session.in_transaction());
        session.set_isolation(Isolation::Default).await.expect("set");

        // A transaction that times out, and a session that is closed, end a waiting reflection.
        let limit = TransactionOptions::default().timeout(Duration::from_millis(100));
        session.begin(limit).await.expect("begun");
        let over = session.reflect(options(), None).await;
        assert!(matches!(over, Err(Error::TransactionClosed)), "{over:?}");
        session.rollback().await.expect("rolled back");
        let session = std::sync::Arc::new(session);
        let same = std::sync::Arc::clone(&session);
        let waiting = tokio::spawn(async move { same.reflect(ReflectOptions::default(), None).await });
        tokio::time::sleep(Duration::from_millis(100)).await;
        session.close().await.expect("closed");
        let closed = waiting.await.expect("no panic");
        assert!(matches!(closed, Err(Error::Closed)), "{closed:?}");
        assert_eq!(database.status().in_use, 0);
        // The database's own statement timeout holds as well.
        let hasty = Settings::default().statement_timeout(Duration::from_millis(100));
        let hasty = place.another(hasty);
        let late = hasty.session().reflect(options(), Some(Duration::from_secs(60))).await;
        assert!(matches!(late, Err(Error::Timeout)), "{late:?}");
        let late = hasty.reflect(options()).await;
        assert!(matches!(late, Err(Error::Timeout)), "{late:?}");
        assert!(since.elapsed() < Duration::from_secs(8), "{:?}", since.elapsed());
        other.rollback().await.expect("rolled back");
        assert_eq!(hasty.reflect(options()).await.expect("reflected").len(), 1);
        hasty.close().await;
        assert_eq!(names(&database.session()).await, ["a"]);
        database.close().await;
    })
    .await;
}
