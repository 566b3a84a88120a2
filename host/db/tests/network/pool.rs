//! Lost connections, and connections beyond the pool's size.

use std::time::{Duration, Instant};

use sqlservice_db::{Database, Error, Settings};

use crate::{
    ask, ask_id, integer,
    server::{each, run},
};

#[tokio::test(flavor = "multi_thread")]
async fn a01_lost_connections_are_replaced_and_dead_servers_are_said_to_be() {
    for server in each().await {
        let small = server.again(server.settings().pool_size(1).max_overflow(0));
        let session = small.session();
        let id = ask_id(&session, &server).await;
        session.close().await.expect("close");
        assert_eq!(small.status().idle, 1);
        server.kill(&id).await;
        small.ping().await.expect("a new connection");
        assert_ne!(ask_id(&small.session(), &server).await, id);
        // A connection that is lost in the middle of a transaction is an error, and the next transaction works.
        let session = small.session();
        let id = ask_id(&session, &server).await;
        server.kill(&id).await;
        let error = run(&session, "select 1").await.err();
        assert!(matches!(error, Some(Error::Disconnected(_))), "{error:?}");
        session.rollback().await.expect("rollback");
        assert_eq!(ask(&session, "select 1", vec![]).await, integer(1));
        session.close().await.expect("close");
        small.close().await;

        let dead = server.url_with(|url| url.set_port(Some(1)).expect("a port"));
        let since = Instant::now();
        let error = Database::new(&dead, Settings::default()).expect("a database").ping().await.err();
        assert!(matches!(error, Some(Error::Disconnected(_))), "{error:?}");
        assert!(since.elapsed() < Duration::from_secs(2), "{:?}", since.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn g11_a_pool_keeps_its_size_and_closes_what_overflows() {
    for server in each().await {
        let db = server.again(server.settings().pool_size(1).max_overflow(1).pool_timeout(Duration::from_millis(100)));
        let (one, two) = (db.connect().await.expect("connect"), db.connect().await.expect("connect"));
        let error = db.connect().await.err();
        assert!(matches!(error, Some(Error::PoolTimeout { size: 2, .. })), "{error:?}");
        one.close().await.expect("close");
        two.close().await.expect("close");
        assert_eq!((db.status().idle, db.status().in_use), (1, 0));
        db.close().await;
        assert!(matches!(db.ping().await, Err(Error::Closed)));
    }
}
