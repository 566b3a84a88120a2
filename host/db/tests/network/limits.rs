//! Time limits that expire at any moment: an acknowledged commit is durable.

use std::time::Duration;

use sqlservice_db::{Error, TransactionOptions};

use crate::server::{each, run};

/// An acknowledged commit was made, whenever the limits of its transaction expire.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c20_what_a_commit_acknowledged_is_there_whenever_a_limit_strikes() {
    for server in each().await {
        let table = server.table("limits");
        server.run(&format!("create table {table} (id bigint primary key)")).await;
        let db = server.again(server.settings().pool_size(1));
        let (mut sure, mut closed) = (Vec::new(), 0);
        for id in 0..400_u64 {
            let limit = Duration::from_micros(500 + (id * 7919) % 6_000);
            let options = TransactionOptions::default();
            let options = if id % 2 == 0 { options.timeout(limit) } else { options.idle_timeout(limit / 2) };
            let done = async {
                let session = db.begin(options).await?;
                run(&session, &format!("insert into {table} values ({id})")).await?;
                tokio::time::sleep(Duration::from_micros((id * 104_729) % 5_000)).await;
                session.commit().await
            };
            match done.await {
                Ok(()) => sure.push(id),
                Err(Error::TransactionClosed | Error::Timeout) => closed += 1,
                Err(other) => panic!("{} {id}: {other:?}", server.kind.name()),
            }
        }
        let session = server.db.session();
        let rows = run(&session, &format!("select count(*) from {table} where id in ({})", listed(&sure))).await;
        let there = rows.expect("a count").first_batch.value(0, 0);
        assert_eq!(there, crate::integer(i64::try_from(sure.len()).expect("few")), "{}", server.kind.name());
        // Both outcomes have to occur, or the test has shown nothing.
        assert!(sure.len() > 20 && closed > 20, "{}: {} sure, {closed} closed", server.kind.name(), sure.len());
        session.rollback().await.expect("rollback");
        db.close().await;
        server.run(&format!("drop table {table}")).await;
    }
}

fn listed(ids: &[u64]) -> String {
    ids.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")
}
