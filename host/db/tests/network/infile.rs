//! T-54: a server that answers a statement by asking for a file of its client's, as `LOAD DATA LOCAL INFILE` makes it.

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

/// What the file holds that the server asks for.
const SECRET: &str = "a word that no server is told";

/// The client's promise to send files: it must not be made.
const LOCAL_FILES: u32 = 0x80;

/// How long the host may keep a connection that never goes on.
const GIVEN_UP: Duration = Duration::from_secs(45);

/// MariaDB, as far as this command of a client's: that one is answered with the request for a file, and by nothing more.
struct Thief {
    address: SocketAddr,
    heard: Arc<Heard>,
}

/// What clients said to it.
#[derive(Default)]
struct Heard {
    /// Commands so far, of all connections together.
    commands: AtomicUsize,
    /// What clients said that they can.
    abilities: Mutex<Vec<u32>>,
    /// All that came after it asked.
    after: Mutex<Vec<u8>>,
    /// Times that it asked, and times that the client went away then.
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

    /// Waits until the client that was asked has gone away.
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

/// The first answer to a command: a request for a file.
fn request(file: &Path) -> Vec<u8> {
    let name = file.to_str().expect("UTF-8").as_bytes();
    let [low, middle, high, _] = u32::try_from(name.len() + 1).expect("a short name").to_le_bytes();
    [&[low, middle, high, 1, 0xfb], name].concat()
}

/// Passes on what both ends say until that command.
async fn play(mut near: TcpStream, mut far: TcpStream, command: usize, request: Vec<u8>, heard: Arc<Heard>) {
    let (mut ask, mut answer) = (vec![0; 65_536], vec![0; 65_536]);
    loop {
        tokio::select! {
            biased;
            read = near.read(&mut ask) => {
                let Ok(read @ 1..) = read else { return };
                let said = &ask[..read];
                // A client's packet: three bytes of length, its number in the exchange, then what it is.
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

/// Asks for the file and writes down all that comes, until the client goes away.
async fn steal(mut near: TcpStream, request: &[u8], heard: &Heard) {
    let mut bytes = vec![0; 65_536];
    heard.asked.fetch_add(1, Ordering::SeqCst);
    let sent = near.write_all(request).await;
    while let (true, Ok(read @ 1..)) = (sent.is_ok(), near.read(&mut bytes).await) {
        heard.after.lock().expect("no panic").extend_from_slice(&bytes[..read]);
    }
    heard.left.fetch_add(1, Ordering::SeqCst);
}

/// What a guest's statement would make the host do.
async fn ask(database: &Database) -> Result<(), Error> {
    let session = database.session();
    let soon = RunOptions::default().timeout(Duration::from_secs(1));
    run_with(&session, "select 1", vec![], soon).await?;
    run_with(&session, "select 2 as two", vec![], soon).await?;
    session.rollback().await
}

/// One that asks at this command gets an error's worth of nothing.
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
    // The pool is as good as before: the thief asks once only.
    ask(&database).await.unwrap_or_else(|error| panic!("after command {command}: {error}"));
    database.close().await;
    assert_eq!(database.status().in_use, 0, "command {command}");
}

/// Whatever it is that is answered so, from the first command of a new connection to a statement of a session: the file stays where it
/// is, the caller has an error in time, the connection is closed, and the next one works.
#[tokio::test(flavor = "multi_thread")]
async fn t54_a_server_that_asks_for_a_file_gets_none() {
    let server = server::one(Kind::Mariadb).await;
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("secret.txt");
    std::fs::write(&file, SECRET).expect("a file");
    // What a connection begins with, and what prepares and runs the first statement. Beside each other: it is all waiting.
    join_all((0..5).map(|command| asks_at(&server, command, &file))).await;
}
