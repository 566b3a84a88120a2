//! The number of round trips: one for each statement, one for a commit, and on PostgreSQL one before the first change.

use std::sync::Arc;

use sqlservice_db::{Isolation, RunOptions, Session, TransactionOptions};
use sqlservice_sql::{Compiled, Value, schema::TypeKind};

use crate::{
    integer,
    proxy::Proxy,
    server::{Kind, Server, compiled, each},
};

/// A table of one row behind a proxy that counts round trips.
struct Way {
    server: Server,
    proxy: Proxy,
    db: sqlservice_db::Database,
    table: String,
}

impl Way {
    async fn each() -> Vec<Self> {
        let mut ways = Vec::new();
        for server in each().await {
            let table = server.table("t");
            server.run(&format!("create table {table} (id bigint primary key, n bigint)")).await;
            server.run(&format!("insert into {table} values (1, 0)")).await;
            let proxy = Proxy::of(&server).await;
            let one = server.settings().pool_size(1).max_overflow(0);
            let db = proxy.database(&server, one);
            ways.push(Self { server, proxy, db, table });
        }
        ways
    }

    fn place(&self, at: usize) -> String {
        crate::place(&self.server, at)
    }

    fn read(&self) -> Arc<Compiled> {
        let sql = format!("select n from {} where id = {}", self.table, self.place(1));
        let mut read = compiled(&sql, &[TypeKind::Int64], &[("n", TypeKind::Int64)]);
        Arc::get_mut(&mut read).expect("the only one").writes = false;
        read
    }

    fn update(&self) -> Arc<Compiled> {
        let sql = format!("update {} set n = n + 1 where id = {}", self.table, self.place(1));
        compiled(&sql, &[TypeKind::Int64], &[])
    }

    /// Counts the round trips of some work on an open connection that has prepared its statements.
    async fn cost(&self, work: impl AsyncFn(&Self)) -> u64 {
        for _ in 0..2 {
            work(self).await;
            self.settled().await;
        }
        let before = self.proxy.trips();
        work(self).await;
        self.settled().await;
        self.proxy.trips() - before
    }

    async fn settled(&self) {
        while self.db.status().in_use > 0 {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    }

    /// The expected number of round trips, with PostgreSQL's separate `BEGIN`.
    fn begun(&self, trips: u64) -> u64 {
        trips + u64::from(self.server.kind == Kind::Postgres)
    }

    async fn end(self) {
        self.db.close().await;
        self.server.run(&format!("drop table {}", self.table)).await;
    }
}

async fn run(session: &Session, statement: Arc<Compiled>) -> Value {
    let answer = session.execute(statement, vec![integer(1)], RunOptions::default()).await.expect("it runs");
    if answer.first_batch.rows > 0 { answer.first_batch.value(0, 0) } else { integer(-1) }
}

#[tokio::test(flavor = "multi_thread")]
async fn round_trips_of_reads() {
    for way in Way::each().await {
        let postgres = way.server.kind == Kind::Postgres;
        let name = way.server.kind.name();
        let reads = async |way: &Way, count: usize| {
            let session = way.db.session();
            for _ in 0..count {
                run(&session, way.read()).await;
            }
        };
        // MariaDB's first read takes the snapshot for possible later reads, so the transaction has to be ended with a message.
        let end = u64::from(!postgres);
        for count in [1, 2, 5] {
            let trips = way.cost(async |way| reads(way, count).await).await;
            assert_eq!(trips, count as u64 + end, "{name}: {count} reads");
        }
        let committed = way.cost(async |way| {
            let session = way.db.session();
            run(&session, way.read()).await;
            session.commit().await.expect("commit");
        });
        assert_eq!(committed.await, 1 + end, "{name}: a read and a commit");
        let nothing = way.cost(async |way| {
            let session = way.db.begin(TransactionOptions::default()).await.expect("begin");
            session.commit().await.expect("commit");
        });
        assert_eq!(nothing.await, 0, "{name}: a transaction of nothing");
        way.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn round_trips_in_autocommit() {
    for way in Way::each().await {
        let name = way.server.kind.name();
        let session = way.db.connect().await.expect("connect");
        session.set_isolation(Isolation::Autocommit).await.expect("autocommit");
        run(&session, way.read()).await;
        run(&session, way.update()).await;
        let before = way.proxy.trips();
        for _ in 0..3 {
            run(&session, way.read()).await;
        }
        assert_eq!(way.proxy.trips() - before, 3, "{name}: reads");
        let before = way.proxy.trips();
        run(&session, way.update()).await;
        assert_eq!(way.proxy.trips() - before, 3, "{name}: begin, statement, commit");
        session.close().await.expect("close");
        way.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn round_trips_of_changes() {
    for way in Way::each().await {
        let name = way.server.kind.name();
        let changes = async |way: &Way, begun: bool, reads: usize, updates: usize, keeps: bool| {
            let session = way.db.session();
            if begun {
                session.begin(TransactionOptions::default()).await.expect("begin");
            }
            for _ in 0..reads {
                run(&session, way.read()).await;
            }
            for _ in 0..updates {
                run(&session, way.update()).await;
            }
            if keeps {
                session.commit().await.expect("commit");
            }
        };
        for (begun, reads, updates, keeps) in
            [(false, 0, 1, true), (true, 0, 1, true), (true, 0, 1, false), (false, 2, 3, true)]
        {
            let trips = way.cost(async |way| changes(way, begun, reads, updates, keeps).await).await;
            let statements = (reads + updates) as u64;
            assert_eq!(trips, way.begun(statements + 1), "{name}: {reads} reads, {updates} updates, {keeps}");
        }
        let nested = way.cost(async |way| {
            let session = way.db.session();
            for _ in 0..2 {
                let savepoint = session.begin_nested().await.expect("savepoint");
                run(&session, way.update()).await;
                savepoint.release().await.expect("release");
            }
            session.commit().await.expect("commit");
        });
        // The first savepoint needs no message besides the transaction's begin, and the release of the second needs none.
        assert_eq!(nested.await, way.begun(2 + 1 + 1), "{name}: savepoints");
        way.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_lone_read_must_not_do_is_done_in_a_transaction() {
    for way in Way::each().await {
        if way.server.kind != Kind::Postgres {
            way.end().await;
            continue;
        }
        // The view looks like a table, but reading it writes.
        let (table, view) = (way.table.clone(), way.server.table("v"));
        let function = way.server.table("f");
        way.server
            .run(&format!(
                "create function {function}() returns bigint language sql volatile as \
                 'update {table} set n = n + 100 where id = 1 returning n'"
            ))
            .await;
        way.server.run(&format!("create view {view} as select {function}() as n")).await;
        let mut read = compiled(&format!("select n from {view}"), &[], &[("n", TypeKind::Int64)]);
        Arc::get_mut(&mut read).expect("the only one").writes = false;
        let ask = async |session: &Session| {
            session.execute(read.clone(), vec![], RunOptions::default()).await.expect("it runs").first_batch.value(0, 0)
        };
        let session = way.db.session();
        assert_eq!(ask(&session).await, integer(100));
        session.rollback().await.expect("rollback");
        assert_eq!(run(&session, way.read()).await, integer(0), "what it did is undone");
        assert_eq!(ask(&session).await, integer(100));
        session.commit().await.expect("commit");
        assert_eq!(run(&session, way.read()).await, integer(100));
        drop(session);
        way.server.run(&format!("drop view {view}")).await;
        way.server.run(&format!("drop function {function}()")).await;
        way.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn savepoints_that_no_server_heard_of_undo_and_mend() {
    for way in Way::each().await {
        let name = way.server.kind.name();
        let session = way.db.session();
        let outer = session.begin_nested().await.expect("savepoint");
        let inner = session.begin_nested().await.expect("savepoint");
        run(&session, way.update()).await;
        let wrong = compiled(&format!("select nosuch from {}", way.table), &[], &[("n", TypeKind::Int64)]);
        assert!(session.execute(wrong, vec![], RunOptions::default()).await.is_err());
        inner.rollback().await.expect("rollback to");
        assert_eq!(run(&session, way.read()).await, integer(0), "{name}");
        run(&session, way.update()).await;
        let third = session.begin_nested().await.expect("savepoint");
        run(&session, way.update()).await;
        third.rollback().await.expect("rollback to");
        assert_eq!(run(&session, way.read()).await, integer(1), "{name}");
        outer.release().await.expect("release");
        session.commit().await.expect("commit");
        assert_eq!(run(&session, way.read()).await, integer(1), "{name}");
        drop(session);
        way.end().await;
    }
}
