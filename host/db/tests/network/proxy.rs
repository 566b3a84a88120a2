//! A proxy between the host and a server that counts round trips, and can drop a connection at a commit.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use sqlservice_db::{Database, Settings};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::server::Server;

/// The point at which a connection is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// The commit never arrives.
    Before,
    /// The commit arrives, and its answer does not.
    After,
}

/// The state that all connections share.
#[derive(Default)]
struct Shared {
    /// The number of round trips: a trip begins when the host sends its first message after an answer.
    trips: AtomicU64,
    /// Where the next connection that commits is dropped.
    cut: Mutex<Option<Cut>>,
}

/// Forwards both directions of its connections.
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Proxy {
    /// Starts a proxy in front of a server.
    pub async fn of(server: &Server) -> Self {
        let direct = url::Url::parse(&server.url_with(|_| {})).expect("a url");
        let (host, port) = (direct.host_str().expect("a host").to_owned(), direct.port().expect("a port of its own"));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let shared = Arc::new(Shared::default());
        let all = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let far = TcpStream::connect((host.as_str(), port)).await.expect("the server");
                for end in [&near, &far] {
                    end.set_nodelay(true).expect("a socket");
                }
                tokio::spawn(pass(near, far, Arc::clone(&all)));
            }
        });
        Self { address, shared }
    }

    /// A database handle that connects through the proxy.
    pub fn database(&self, server: &Server, settings: Settings) -> Database {
        let url = server.url_with(|url| {
            url.set_host(Some("127.0.0.1")).expect("a host");
            url.set_port(Some(self.address.port())).expect("a port");
        });
        Database::new(&url, settings).expect("a database")
    }

    /// The number of round trips so far.
    pub fn trips(&self) -> u64 {
        self.shared.trips.load(Ordering::SeqCst)
    }

    /// Drops the next connection that commits.
    pub fn cut(&self, cut: Cut) {
        *self.shared.cut.lock().expect("no panic") = Some(cut);
    }

    /// Whether the connection was dropped.
    pub fn has_cut(&self) -> bool {
        self.shared.cut.lock().expect("no panic").is_none()
    }
}

async fn pass(mut near: TcpStream, mut far: TcpStream, shared: Arc<Shared>) {
    let (mut ask, mut answer) = ([0; 65_536], [0; 65_536]);
    let mut asked = false;
    loop {
        tokio::select! {
            biased;
            read = near.read(&mut ask) => {
                let Ok(read @ 1..) = read else { return };
                let said = &ask[..read];
                if !std::mem::replace(&mut asked, true) {
                    shared.trips.fetch_add(1, Ordering::SeqCst);
                }
                let commits = said.windows(6).any(|word| word == b"COMMIT");
                let cut = if commits { shared.cut.lock().expect("no panic").take() } else { None };
                if cut == Some(Cut::Before) || far.write_all(said).await.is_err() {
                    return;
                }
                if cut == Some(Cut::After) {
                    drop(far.read(&mut answer).await);
                    return;
                }
            }
            read = far.read(&mut answer) => {
                let Ok(read @ 1..) = read else { return };
                asked = false;
                if near.write_all(&answer[..read]).await.is_err() {
                    return;
                }
            }
        }
    }
}
