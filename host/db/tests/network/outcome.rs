//! C20: connections that are lost during a commit.

use std::sync::{Arc, Mutex};

use sqlservice_db::{
    Error, Event, Isolation, Observer, Scope, Session,
    observe::TransactionOutcome::{self, Committed, RolledBack, Unknown},
};

use crate::{
    ask, integer,
    proxy::{Cut, Proxy},
    server::{Kind, Server, each, run},
};

/// How a change is committed.
#[derive(Clone, Copy, Debug)]
enum Way {
    Commit,
    Autocommit,
}

/// The outcomes of transactions that an observer received.
#[derive(Clone, Default)]
struct Ends(Arc<Mutex<Vec<TransactionOutcome>>>);

impl Observer for Ends {
    fn event(&self, event: &Event<'_>) {
        if let Event::TransactionFinished(ended) = event {
            self.0.lock().expect("no panic").push(ended.outcome);
        }
    }
}

/// Makes a change whose commit is lost.
async fn lose(session: &Session, way: Way, sql: &str) -> Option<Error> {
    match way {
        Way::Commit => {
            run(session, sql).await.expect("the change");
            session.commit().await.err()
        }
        Way::Autocommit => {
            session.set_isolation(Isolation::Autocommit).await.expect("autocommit");
            run(session, sql).await.err()
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn c20_a_connection_that_is_lost_at_a_commit() {
    for server in each().await {
        let table = server.table("t");
        server.run(&format!("create table {table} (id int primary key)")).await;
        let mut id = 0;
        for cut in [Cut::Before, Cut::After] {
            for way in [Way::Commit, Way::Autocommit] {
                id += 1;
                lost_at(&server, &table, id, cut, way).await;
            }
        }
        server.run(&format!("drop table {table}")).await;
    }
}

async fn lost_at(server: &Server, table: &str, id: i64, cut: Cut, way: Way) {
    let what = format!("{} {cut:?} {way:?}", server.kind.name());
    let proxy = Proxy::of(server).await;
    let ends = Ends::default();
    let db = proxy.database(server, server.settings().pool_size(2));
    let db = db.with_scope(Scope::default(), Some(Arc::new(ends.clone())));
    let session = db.session();
    proxy.cut(cut);
    let error = lose(&session, way, &format!("insert into {table} values ({id})")).await;
    assert!(proxy.has_cut(), "{what}");
    let there = ask(&server.db.session(), &format!("select count(*) from {table} where id = {id}"), vec![]).await;
    assert_eq!(there, integer(i64::from(cut == Cut::After)), "{what}");
    match (server.kind, cut) {
        // The host asked PostgreSQL for the transaction's outcome.
        (Kind::Postgres, Cut::After) => assert!(error.is_none(), "{what}: {error:?}"),
        (Kind::Postgres, Cut::Before) => assert!(matches!(error, Some(Error::Disconnected(_))), "{what}: {error:?}"),
        // MariaDB cannot report the outcome of a transaction.
        (Kind::Mariadb, _) => {
            let text = error.as_ref().map(ToString::to_string).unwrap_or_default();
            assert!(matches!(error, Some(Error::OutcomeUnknown(_))), "{what}: {error:?}");
            assert!(text.starts_with("outcome unknown: "), "{text}");
        }
    }
    if error.is_some() && matches!(way, Way::Commit) {
        assert!(matches!(run(&session, "select 1").await, Err(Error::PendingRollback)), "{what}");
    }
    session.rollback().await.expect("rollback");
    let told = match (server.kind, cut) {
        (Kind::Postgres, Cut::After) => Committed,
        (Kind::Postgres, Cut::Before) => RolledBack,
        (Kind::Mariadb, _) => Unknown,
    };
    // In autocommit the commit belongs to its statement and has no event of its own.
    let told = if matches!(way, Way::Commit) { vec![told] } else { Vec::new() };
    assert_eq!(*ends.0.lock().expect("no panic"), told, "{what}");
    assert_eq!(ask(&session, "select 1", vec![]).await, integer(1), "{what}: the session goes on");
    session.close().await.expect("close");
    assert_eq!(db.status().in_use, 0, "{what}");
    db.close().await;
}
