//! A stand-in for a MySQL server: a proxy before MariaDB.
//!
//! It reports the version of a MySQL server, returns no rows of inserts and deletes, and translates MySQL's names for
//! features that both have. Features of MySQL alone (its JSON type, its lateral joins) are missing.

use std::sync::Arc;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::Mutex,
};

/// The version that it reports.
const VERSION: &str = "8.0.36";
/// MySQL's terms and MariaDB's replacements.
const WORDS: [(&str, &str); 3] = [
    ("utf8mb4_0900_bin", "utf8mb4_nopad_bin"),
    ("VERSION()", "CONVERT('8.0.36' USING utf8mb4)"),
    ("@@transaction_isolation", "@@tx_isolation"),
];
/// The commands whose text is SQL.
const QUERY: u8 = 0x03;
const PREPARE: u8 = 0x16;

/// Starts a stand-in before the server of a URL. Returns its own URL, with the scheme of MySQL; it ends with the runtime.
pub async fn mysql(url: &str) -> String {
    let (before, place) = url.rsplit_once('@').expect("a URL with a password");
    let (server, database) = place.split_once('/').expect("a URL with a database");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let (server, user) = (server.to_owned(), before.split_once("://").expect("a scheme").1.to_owned());
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = server.clone();
            // A connection lost on one side is closed on the other.
            tokio::spawn(async move { play(client, &server).await.ok() });
        }
    });
    format!("mysql://{user}@127.0.0.1:{port}/{database}")
}

async fn play(client: TcpStream, server: &str) -> std::io::Result<()> {
    let (mut from_server, to_server) = TcpStream::connect(server).await?.into_split();
    let (from_client, to_client) = client.into_split();
    let to_client = Arc::new(Mutex::new(to_client));
    greet(&mut from_server, &to_client).await?;
    let asked = ask(from_client, to_server, Arc::clone(&to_client));
    let answered = async {
        let mut bytes = vec![0; 64 << 10];
        loop {
            let count = from_server.read(&mut bytes).await?;
            if count == 0 {
                return Ok(());
            }
            to_client.lock().await.write_all(&bytes[..count]).await?;
        }
    };
    tokio::select! {
        end = asked => end,
        end = answered => end,
    }
}

/// Forwards the server's first packet with another version.
async fn greet(server: &mut OwnedReadHalf, client: &Mutex<OwnedWriteHalf>) -> std::io::Result<()> {
    let (number, packet) = read(server).await?;
    let end = packet.iter().position(|byte| *byte == 0).expect("a version ends with a NUL");
    let greeting = [&packet[..1], VERSION.as_bytes(), &packet[end..]].concat();
    client.lock().await.write_all(&framed(number, &greeting)).await
}

/// Forwards the client's packets, with terms replaced in their SQL. SQL that MySQL does not understand gets MySQL's error.
async fn ask(
    mut client: OwnedReadHalf,
    mut server: OwnedWriteHalf,
    answers: Arc<Mutex<OwnedWriteHalf>>,
) -> std::io::Result<()> {
    loop {
        let (number, packet) = read(&mut client).await?;
        let is_sql = number == 0 && matches!(packet.first(), Some(&QUERY | &PREPARE));
        let Some(sql) = std::str::from_utf8(packet.get(1..).unwrap_or_default()).ok().filter(|_| is_sql) else {
            server.write_all(&framed(number, &packet)).await?;
            continue;
        };
        if sql.contains(" RETURNING ") {
            let refusal =
                [&b"\xff\x28\x04#42000"[..], b"You have an error in your SQL syntax near 'RETURNING'"].concat();
            answers.lock().await.write_all(&framed(1, &refusal)).await?;
            continue;
        }
        let sql = WORDS.iter().fold(sql.to_owned(), |sql, (theirs, ours)| sql.replace(theirs, ours));
        let packet = [&packet[..1], sql.as_bytes()].concat();
        server.write_all(&framed(number, &packet)).await?;
    }
}

/// A packet's number and content.
async fn read(from: &mut OwnedReadHalf) -> std::io::Result<(u8, Vec<u8>)> {
    let mut head = [0; 4];
    from.read_exact(&mut head).await?;
    let [low, middle, high, number] = head;
    let mut packet = vec![0; u32::from_le_bytes([low, middle, high, 0]) as usize];
    from.read_exact(&mut packet).await?;
    Ok((number, packet))
}

fn framed(number: u8, packet: &[u8]) -> Vec<u8> {
    let [low, middle, high, _] = u32::try_from(packet.len()).expect("a short packet").to_le_bytes();
    [&[low, middle, high, number], packet].concat()
}
