//! T-66: a network that falls silent without closing the connection.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use futures::future::join_all;
use sqlservice_db::{Database, Error, ReflectOptions, RunOptions};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};

use crate::{
    ask, integer,
    server::{Server, each, run_with},
};

/// Forwards both directions until it is told to be silent; then it keeps the connections open and forwards nothing.
struct Proxy {
    address: SocketAddr,
    silent: watch::Sender<bool>,
}

impl Proxy {
    async fn to(host: String, port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let (silent, told) = watch::channel(false);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let far = TcpStream::connect((host.as_str(), port)).await.expect("the server");
                let (near, far) = (near.into_split(), far.into_split());
                tokio::spawn(pass(near.0, far.1, told.clone()));
                tokio::spawn(pass(far.0, near.1, told.clone()));
            }
        });
        Self { address, silent }
    }
}

async fn pass(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    mut silent: watch::Receiver<bool>,
) {
    let mut buffer = [0; 8192];
    loop {
        let read = tokio::select! {
            biased;
            () = hushed(&mut silent) => return std::future::pending().await,
            read = from.read(&mut buffer) => read,
        };
        match read {
            Ok(read @ 1..) if to.write_all(&buffer[..read]).await.is_ok() => {}
            _ => return,
        }
    }
}

/// Waits until the proxy is told to be silent.
async fn hushed(silent: &mut watch::Receiver<bool>) {
    drop(silent.wait_for(|silent| *silent).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn t66_a_silent_network_is_a_timeout_and_its_connection_is_given_up() {
    // Run concurrently, as the cases mostly wait.
    let statements = each().await.into_iter().map(|server| falls_silent(server, false));
    let reflections = each().await.into_iter().map(|server| falls_silent(server, true));
    join_all(statements.chain(reflections)).await;
}

async fn falls_silent(server: Server, reflects: bool) {
    let direct = url::Url::parse(&server.url_with(|_| {})).expect("a url");
    let port = direct.port().expect("the tests' servers have ports of their own");
    let proxy = Proxy::to(direct.host_str().expect("a host").to_owned(), port).await;
    let url = server.url_with(|url| {
        url.set_host(Some("127.0.0.1")).expect("a host");
        url.set_port(Some(proxy.address.port())).expect("a port");
    });
    let one = server.settings().pool_size(1).max_overflow(0).pool_timeout(Duration::from_secs(2));
    let db = Database::new(&url, one).expect("a database");
    let session = db.session();
    assert_eq!(ask(&session, "select 1", vec![]).await, integer(1));

    proxy.silent.send_replace(true);
    let since = Instant::now();
    let soon = RunOptions::default().timeout(Duration::from_millis(300));
    let ended = if reflects {
        session.reflect(ReflectOptions::default(), soon.timeout).await.map(drop)
    } else {
        run_with(&session, "select 2", vec![], soon).await.map(drop)
    };
    let error = ended.err();
    assert!(matches!(error, Some(Error::Timeout | Error::Disconnected(_))), "{error:?}");
    let error = run_with(&session, "select 3", vec![], soon).await.err();
    assert!(matches!(error, Some(Error::PendingRollback)), "{error:?}");
    session.rollback().await.expect("a rollback of a connection that is given up");
    assert!(since.elapsed() < Duration::from_secs(12), "it hung for {:?}", since.elapsed());
    assert_eq!(db.status().in_use, 0, "its place is free");

    // A new connection gets no answer either, and the caller gets an error in time.
    let error = run_with(&session, "select 4", vec![], soon).await.err();
    assert!(matches!(error, Some(Error::Disconnected(_) | Error::PoolTimeout { .. } | Error::Timeout)), "{error:?}");
    session.rollback().await.expect("rollback");

    proxy.silent.send_replace(false);
    assert_eq!(ask(&session, "select 5", vec![]).await, integer(5), "the network is back, and so is the pool");
    session.close().await.expect("close");
    db.close().await;
}
