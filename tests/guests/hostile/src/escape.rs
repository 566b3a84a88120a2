//! Attempts to leave the directories that the host granted: `/inside` and `/beside` to write, `/fixed` to read.

use std::{
    env,
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs as _, UdpSocket},
    time::{Duration, SystemTime},
};

/// An attempt and its result.
type Way = (&'static str, io::Result<()>);

fn told(ways: Vec<Way>) -> Vec<String> {
    let line = |(way, end): Way| format!("{way}: {}", end.map_or("refused", |()| "done"));
    ways.into_iter().map(line).collect()
}

fn read(path: &str) -> io::Result<()> {
    fs::read(path).map(drop)
}

/// Creates a link and reads its target.
fn through(made: io::Result<()>, link: &str) -> io::Result<()> {
    made.and_then(|()| read(link))
}

#[allow(deprecated, reason = "the only stable way to make a link here")]
fn link(to: &str, at: &str) -> io::Result<()> {
    fs::soft_link(to, at)
}

/// Attempts through names that lead out, and through links that the host or the guest created.
pub fn outside() -> Vec<String> {
    let deep = format!("/inside/{}etc/passwd", "../".repeat(40));
    told(vec![
        ("read by dots", read("/inside/../outside/secret.txt")),
        ("read by dots through a directory", read("/inside/sub/../../outside/secret.txt")),
        ("read by many dots", read(&deep)),
        ("read past the directories", read("/etc/passwd")),
        ("read of the process", read("/proc/self/environ")),
        ("read through a link", read("/inside/out/secret.txt")),
        ("read a link", read("/inside/secret")),
        ("read an absolute link", read("/inside/absolute")),
        ("read a link to the process", read("/inside/process/environ")),
        ("read a link to everything", read("/inside/everything/etc/passwd")),
        ("list through a link", fs::read_dir("/inside/out").map(drop)),
        ("overwrite a link", File::create("/inside/secret").map(drop)),
        (
            "append to a link",
            OpenOptions::new().append(true).open("/inside/secret").and_then(|mut it| it.write_all(b"x")),
        ),
        ("make a file through a link", fs::write("/inside/out/new.txt", "x")),
        ("make a directory through a link", fs::create_dir("/inside/out/new")),
        ("remove through a link", fs::remove_file("/inside/out/secret.txt")),
        ("rename through a link", fs::rename("/inside/note.txt", "/inside/out/note.txt")),
        ("rename by dots", fs::rename("/inside/note.txt", "/inside/../outside/note.txt")),
        ("take by a rename", fs::rename("/inside/out/secret.txt", "/inside/taken.txt")),
        ("link hard through a link", fs::hard_link("/inside/out/secret.txt", "/inside/hard.txt")),
        ("link hard by dots", fs::hard_link("/inside/../outside/secret.txt", "/inside/harder.txt")),
        ("link a link hard", through(fs::hard_link("/inside/secret", "/inside/hardest.txt"), "/inside/hardest.txt")),
        ("link by dots", through(link("../outside/secret.txt", "/inside/mine"), "/inside/mine")),
        ("link to a path", through(link("/etc/passwd", "/inside/path"), "/inside/path")),
        ("link to the parent", through(link("..", "/inside/up"), "/inside/up/outside/secret.txt")),
        ("link to a link", through(link("secret", "/inside/again"), "/inside/again")),
        ("link to itself", through(link("loop", "/inside/loop"), "/inside/loop")),
    ])
}

/// Attempts to change a read-only file.
pub fn fixed() -> Vec<String> {
    const KEPT: &str = "/fixed/kept.txt";
    let open = |options: &mut OpenOptions| options.open(KEPT);
    told(vec![
        ("truncate", File::create(KEPT).map(drop)),
        ("truncate what is there", open(OpenOptions::new().write(true).truncate(true)).map(drop)),
        ("shorten", File::open(KEPT).and_then(|file| file.set_len(0))),
        ("shorten what is open to write", open(OpenOptions::new().write(true)).and_then(|file| file.set_len(0))),
        ("write", File::open(KEPT).and_then(|mut file| file.write_all(b"x"))),
        ("append", open(OpenOptions::new().append(true)).and_then(|mut file| file.write_all(b"x"))),
        ("set its time", File::open(KEPT).and_then(|file| file.set_modified(SystemTime::UNIX_EPOCH))),
        ("remove", fs::remove_file(KEPT)),
        ("rename", fs::rename(KEPT, "/fixed/other.txt")),
        ("rename to where one may write", fs::rename(KEPT, "/inside/kept.txt")),
        ("replace", fs::rename("/inside/note.txt", KEPT)),
        ("link hard to where one may write", fs::hard_link(KEPT, "/inside/kept-hard.txt")),
        ("link hard from there", fs::hard_link("/inside/note.txt", "/fixed/note.txt")),
        ("link", link("kept.txt", "/fixed/link")),
        ("make a directory", fs::create_dir("/fixed/new")),
        ("make a file", fs::write("/fixed/new.txt", "x")),
    ])
}

/// Allowed operations, to show that the refused ones were refused for what they attempt.
pub fn inside() -> Vec<String> {
    told(vec![
        ("read what is fixed", read("/fixed/kept.txt")),
        ("read", read("/inside/note.txt")),
        ("write", fs::write("/inside/new.txt", "x")),
        ("rename", fs::rename("/inside/new.txt", "/inside/newer.txt")),
        ("dots inside", read("/inside/sub/../note.txt")),
        ("rename to another directory", fs::rename("/inside/newer.txt", "/beside/newer.txt")),
    ])
}

/// The environment of the host process that is visible to the guest.
pub fn surroundings() -> Vec<String> {
    let mut input = Vec::new();
    let read = io::stdin().read_to_end(&mut input).map_err(|error| error.kind());
    let mut seen = vec![
        format!("arguments {:?}", env::args_os().collect::<Vec<_>>()),
        format!("directory {:?}", env::current_dir().map_err(|error| error.kind())),
        format!("input {read:?}"),
    ];
    seen.extend(env::vars_os().map(|(name, value)| format!("variable {name:?} {value:?}")));
    seen
}

/// Attempts to reach a port of this machine.
pub fn network(port: u16) -> Vec<String> {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let soon = Duration::from_secs(1);
    told(vec![
        ("connect", TcpStream::connect(address).map(drop)),
        ("connect in time", TcpStream::connect_timeout(&address, soon).map(drop)),
        ("connect by a name", TcpStream::connect(("localhost", port)).map(drop)),
        ("look up a name", ("localhost", port).to_socket_addrs().map(drop)),
        ("send", UdpSocket::bind(("0.0.0.0", 0)).and_then(|socket| socket.send_to(b"x", address)).map(drop)),
        ("listen", TcpListener::bind(("127.0.0.1", 0)).map(drop)),
    ])
}
