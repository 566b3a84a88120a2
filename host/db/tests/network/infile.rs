//! T-54: a server that answers a statement with a request for a file of its client, as for `LOAD DATA LOCAL INFILE`.

use std::{
    net::SocketAddr,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use futures::future::join_all;
use sqlservice_db::{Database, Error, RunOptions};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::server::{self, Kind, Server, run_with};

/// The content of the requested file.
const SECRET: &str = "a word that no server is told";

/// The client capability flag for sending local files: it must not be set.
const LOCAL_FILES: u32 = 0x80;

/// How long the host may keep a connection that makes no progress.
const GIVEN_UP: Duration = Duration::from_secs(45);

/// A proxy to MariaDB that answers one command with a file request, and then sends nothing more.
struct Thief {
    address: SocketAddr,
    heard: Arc<Heard>,
}

/// The messages that clients sent to it.
#[derive(Default)]
struct Heard {
    /// The number of commands, over all connections.
    commands: AtomicUsize,
    /// The capability flags that clients sent.
    abilities: Mutex<Vec<u32>>,
    /// All bytes that arrived after a file request.
    after: Mutex<Vec<u8>>,
    /// The number of file requests, and of clients that disconnected after one.
    asked: AtomicUsize,
    left: AtomicUsize,
}

impl Thief {
    async fn of(server: &Server, command: usize, file: &Path) -> Self {
        let direct = url::Url::parse(&server.url_with(|_| {})).expect("a url");
        let (host, port) = (direct.host_str().expect("a host").to_owned(), direct.port().expect("a port of its own"));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let heard = Arc::new(Heard::default());
        let (all, request) = (Arc::clone(&heard), request(file));
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let far = TcpStream::connect((host.as_str(), port)).await.expect("the server");
                tokio::spawn(play(near, far, command, request.clone(), Arc::clone(&all)));
            }
        });
        Self { address, heard }
    }

    fn url(&self, server: &Server) -> String {
        server.url_with(|url| {
            url.set_host(Some("127.0.0.1")).expect("a host");
            url.set_port(Some(self.address.port())).expect("a port");
        })
    }

    /// Waits until the client that received the request has disconnected.
    async fn is_left(&self) -> bool {
        let since = Instant::now();
        while since.elapsed() < GIVEN_UP {
            if self.heard.left.load(Ordering::SeqCst) > 0 {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        false
    }
}

/// A response packet that requests a file.
fn request(file: &Path) -> Vec<u8> {
    let name = file.to_str().expect("UTF-8").as_bytes();
    let [low, middle, high, _] = u32::try_from(name.len() + 1).expect("a short name").to_le_bytes();
    [&[low, middle, high, 1, 0xfb], name].concat()
}

/// Forwards both directions until the command with this number.
async fn play(mut near: TcpStream, mut far: TcpStream, command: usize, request: Vec<u8>, heard: Arc<Heard>) {
    let (mut ask, mut answer) = (vec![0; 65_536], vec![0; 65_536]);
    loop {
        tokio::select! {
            biased;
            read = near.read(&mut ask) => {
                let Ok(read @ 1..) = read else { return };
                let said = &ask[..read];
                // A client's packet: three bytes of length, its sequence number, then its payload.
                match said {
                    [_, _, _, 1, a, b, c, d, ..] => {
                        heard.abilities.lock().expect("no panic").push(u32::from_le_bytes([*a, *b, *c, *d]));
                    }
                    [_, _, _, 0, ..] if heard.commands.fetch_add(1, Ordering::SeqCst) == command => {
                        return steal(near, &request, &heard).await;
                    }
                    _ => {}
                }
                if far.write_all(said).await.is_err() {
                    return;
                }
            }
            read = far.read(&mut answer) => {
                let Ok(read @ 1..) = read else { return };
                if near.write_all(&answer[..read]).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// Requests the file and records all bytes that arrive, until the client disconnects.
async fn steal(mut near: TcpStream, request: &[u8], heard: &Heard) {
    let mut bytes = vec![0; 65_536];
    heard.asked.fetch_add(1, Ordering::SeqCst);
    let sent = near.write_all(request).await;
    while let (true, Ok(read @ 1..)) = (sent.is_ok(), near.read(&mut bytes).await) {
        heard.after.lock().expect("no panic").extend_from_slice(&bytes[..read]);
    }
    heard.left.fetch_add(1, Ordering::SeqCst);
}

/// Runs two statements, as for a guest.
async fn ask(database: &Database) -> Result<(), Error> {
    let session = database.session();
    let soon = RunOptions::default().timeout(Duration::from_secs(1));
    run_with(&session, "select 1", vec![], soon).await?;
    run_with(&session, "select 2 as two", vec![], soon).await?;
    session.rollback().await
}

/// Checks that a server that requests the file at this command does not receive it, and that the caller gets an error.
async fn asks_at(server: &Server, command: usize, file: &Path) {
    let thief = Thief::of(server, command, file).await;
    let settings = server.settings().pool_size(1).max_overflow(0);
    let database = Database::new(&thief.url(server), settings).expect("a database");
    let began = Instant::now();
    let ended = tokio::time::timeout(GIVEN_UP, ask(&database)).await;
    assert!(thief.heard.asked.load(Ordering::SeqCst) > 0, "command {command} never came");
    assert!(matches!(ended, Ok(Err(_))), "command {command}: {ended:?} after {:?}", began.elapsed());
    assert!(thief.is_left().await, "command {command}: the connection is kept");
    let after = thief.heard.after.lock().expect("no panic").clone();
    let holds = after.windows(SECRET.len()).any(|part| part == SECRET.as_bytes());
    assert!(!holds, "command {command}: the file was sent");
    let abilities = thief.heard.abilities.lock().expect("no panic").clone();
    assert!(!abilities.is_empty() && abilities.iter().all(|flags| flags & LOCAL_FILES == 0), "{abilities:x?}");
    // The pool still works: the thief requests the file only once.
    ask(&database).await.unwrap_or_else(|error| panic!("after command {command}: {error}"));
    database.close().await;
    assert_eq!(database.status().in_use, 0, "command {command}");
}

/// Whichever command is answered with the request, from the first one of a new connection to a session's statement: the file is not sent,
/// the caller gets an error in time, the connection is closed, and the next one works.
#[tokio::test(flavor = "multi_thread")]
async fn t54_a_server_that_asks_for_a_file_gets_none() {
    let server = server::one(Kind::Mariadb).await;
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("secret.txt");
    std::fs::write(&file, SECRET).expect("a file");
    // The commands that open a connection, and those that prepare and run the first statement. Run concurrently, as they mostly wait.
    join_all((0..5).map(|command| asks_at(&server, command, &file))).await;
}
