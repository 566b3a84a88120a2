//! Private PostgreSQL and MariaDB servers for tests: own directory, own ports, a role with a password, gone at the end.
//!
//! Their data is worthless, so nothing is synced to disk and they are killed at the end. A watcher kills them, a shell in
//! a process group of its own that reads a pipe until its end. Only this process holds the other end, so the watcher acts
//! when the servers are dropped as well as after a panic, ctrl-c or a kill of the whole test run.

mod mariadb;
mod postgres;

use std::{
    env, fs,
    net::TcpListener,
    os::unix::{
        fs::{PermissionsExt as _, chown},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use crate::progress::run_quietly;

/// The variable with PostgreSQL's URL for the tests.
pub const POSTGRES_VARIABLE: &str = "SQLSERVICE_TEST_POSTGRES";
/// The variable with MariaDB's URL for the tests.
pub const MARIADB_VARIABLE: &str = "SQLSERVICE_TEST_MARIADB";
/// The tests' role. It may create databases and end other users' connections.
pub const USER: &str = "sqlservice";
/// Its password. Tests search for it in everything that a guest or a reader of errors can see.
pub const PASSWORD: &str = "s3cret-never-shown";

/// The time limit for a server's start, long enough for slow disks and busy machines.
const PATIENCE: Duration = Duration::from_secs(90);

/// Two running servers. Dropping this ends them and deletes their data.
#[derive(Debug)]
pub struct Servers {
    postgres: Server,
    mariadb: Server,
}

impl Servers {
    /// Starts both servers in parallel and waits until they accept connections.
    pub fn start() -> Result<Self> {
        let mariadb = thread::spawn(|| Server::start(&mariadb::MariaDb::find()?));
        let postgres = postgres::Postgres::find().and_then(|kind| Server::start(&kind));
        let mariadb = mariadb.join().map_err(|_| anyhow::anyhow!("the thread that starts MariaDB panicked"))?;
        Ok(Self { postgres: postgres?, mariadb: mariadb? })
    }

    /// `postgres://user:password@127.0.0.1:port/database`
    pub fn postgres_url(&self) -> String {
        self.postgres.url("postgres", "postgres")
    }

    /// `mariadb://user:password@127.0.0.1:port/database`
    pub fn mariadb_url(&self) -> String {
        self.mariadb.url("mariadb", "mysql")
    }
}

/// A server for a single test, with settings of its own, which can be killed. Its commits survive a kill. Dropping this
/// ends it and deletes its data.
#[derive(Debug)]
pub struct OwnServer {
    server: Server,
    home: Home,
    kind: Program,
    options: Vec<String>,
}

/// The programs of a server.
#[derive(Debug)]
enum Program {
    Postgres(postgres::Postgres),
    MariaDb(mariadb::MariaDb),
}

impl OwnServer {
    /// Starts PostgreSQL, and waits until it accepts connections. `largest` limits the bytes of each of its files; its
    /// log has files of 16 MiB.
    pub fn postgres(largest: Option<u64>) -> Result<Self> {
        let durable = ["-c", "synchronous_commit=on", "-c", "full_page_writes=on"];
        Self::start(Program::Postgres(postgres::Postgres::find()?), &durable, largest)
    }

    /// Starts MariaDB, and waits until it accepts connections.
    pub fn mariadb() -> Result<Self> {
        let durable = ["--innodb-flush-log-at-trx-commit=2", "--innodb-doublewrite=1"];
        Self::start(Program::MariaDb(mariadb::MariaDb::find()?), &durable, None)
    }

    fn start(kind: Program, options: &[&str], largest: Option<u64>) -> Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let word = format!("own{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let options: Vec<String> = options.iter().map(|&option| option.to_owned()).collect();
        let (server, home) = match &kind {
            Program::Postgres(kind) => Server::start_as(kind, &word, &options, largest),
            Program::MariaDb(kind) => Server::start_as(kind, &word, &options, largest),
        }?;
        Ok(Self { server, home, kind, options })
    }

    /// `postgres://user:password@127.0.0.1:port/database`, or the same for MariaDB.
    pub fn url(&self) -> String {
        match self.kind {
            Program::Postgres(_) => self.server.url("postgres", "postgres"),
            Program::MariaDb(_) => self.server.url("mariadb", "mysql"),
        }
    }

    /// Kills it with all of its processes, without time to clean up, and starts it again on the same port.
    pub fn restart(&mut self) -> Result<()> {
        let port = self.server.port;
        self.server.kill_all()?;
        // A process forked just before the kill may have survived it, and blocks the start until it sees that its parent is gone.
        let mut last = None;
        for _ in 0..20 {
            let served = match &self.kind {
                Program::Postgres(kind) => Server::serve(kind, &self.home, port, &self.options),
                Program::MariaDb(kind) => Server::serve(kind, &self.home, port, &self.options),
            };
            match served {
                Ok(server) => {
                    self.server = server;
                    return Ok(());
                }
                Err(error) => last = Some(error),
            }
            thread::sleep(Duration::from_millis(100));
        }
        Err(last.unwrap_or_else(|| anyhow::anyhow!("no attempt"))).context("the killed server does not start again")
    }
}

/// The Debian packages that are missing on this machine.
pub fn missing_packages() -> Vec<&'static str> {
    let postgres = postgres::Postgres::find().err().map(|_| "postgresql");
    let mariadb = mariadb::MariaDb::find().err().map(|_| "mariadb-server");
    postgres.into_iter().chain(mariadb).collect()
}

/// The differences between PostgreSQL and MariaDB.
trait Kind {
    /// Its name.
    const NAME: &'static str;
    /// The system user that runs it if this process is root, as both refuse to run as root.
    const OWNER: &'static str;
    /// The signal that ends it at once.
    const SIGNAL: &'static str;
    /// The file in its data directory that is deleted once all of its processes have ended; any other name if a kill ends all at once.
    const PID_FILE: &'static str;

    /// Fills the data directory, `data` in the home.
    fn initialise(&self, home: &Home) -> Result<()>;
    /// The command that runs the server in the foreground.
    fn serve(&self, home: &Home, port: u16) -> Command;
    /// Whether it accepts connections.
    fn answers(&self, home: &Home, port: u16) -> bool;
}

#[derive(Debug)]
struct Server {
    port: u16,
    // Held open: the watcher waits for its end.
    pipe: Option<ChildStdin>,
    watcher: Child,
    // Not waited for before the watcher has ended, so that its process id is not reused.
    server: Child,
}

impl Server {
    fn start<K: Kind>(kind: &K) -> Result<Self> {
        Self::start_as(kind, "shared", &[], None).map(|(server, _)| server)
    }

    /// Starts a server in a directory with this word in its name.
    fn start_as<K: Kind>(kind: &K, word: &str, options: &[String], largest: Option<u64>) -> Result<(Self, Home)> {
        let mut home = Home::new(&format!("{}-{word}", K::NAME), K::OWNER)?;
        kind.initialise(&home).with_context(|| format!("{} cannot make its data directory", K::NAME))?;
        home.largest = largest;
        // Another process may take the free port before the server does: retry with another one.
        let mut last = None;
        for _ in 0..3 {
            match Self::serve(kind, &home, free_port()?, options) {
                Ok(server) => return Ok((server, home)),
                Err(error) => last = Some(error),
            }
        }
        let log = fs::read_to_string(home.path.join("log")).unwrap_or_default();
        let tail = log.lines().rev().take(20).collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>().join("\n");
        fs::remove_dir_all(&home.path).ok();
        Err(last.unwrap_or_else(|| anyhow::anyhow!("no attempt")))
            .with_context(|| format!("{}'s log ends:\n{tail}", K::NAME))
    }

    fn serve<K: Kind>(kind: &K, home: &Home, port: u16, options: &[String]) -> Result<Self> {
        let log = fs::OpenOptions::new().append(true).create(true).open(home.path.join("log"))?;
        let mut command = kind.serve(home, port);
        command.args(options).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).process_group(0);
        let mut server = command.spawn().with_context(|| format!("{} cannot be started", K::NAME))?;
        let (watcher, pipe) = watch::<K>(&server, home)?;
        let start = Instant::now();
        while !kind.answers(home, port) {
            let ended = server.try_wait()?;
            if ended.is_some() || start.elapsed() > PATIENCE {
                // The watcher would delete the directory, which the next attempt needs.
                kill(watcher);
                kill(server);
                let why =
                    ended.map_or_else(|| "did not answer in time".to_owned(), |status| format!("ended ({status})"));
                bail!("{} {why}", K::NAME);
            }
            thread::sleep(Duration::from_millis(50));
        }
        Ok(Self { port, pipe: Some(pipe), watcher, server })
    }

    /// Kills its processes and keeps its directory.
    fn kill_all(&mut self) -> Result<()> {
        // The watcher first: it would delete the directory.
        self.watcher.kill()?;
        self.watcher.wait()?;
        let id = self.server.id().to_string();
        let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
        let all = std::iter::once(id.as_str()).chain(children.split_whitespace());
        // Some of them may have exited already.
        Command::new("/bin/kill").args(["-s", "KILL", "--"]).args(all).stderr(Stdio::null()).status()?;
        self.server.wait()?;
        Ok(())
    }

    fn url(&self, scheme: &str, database: &str) -> String {
        format!("{scheme}://{USER}:{PASSWORD}@127.0.0.1:{}/{database}", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.pipe.take());
        self.watcher.wait().ok();
        self.server.wait().ok();
    }
}

fn kill(mut child: Child) {
    child.kill().ok();
    child.wait().ok();
}

/// Starts the shell that ends a server when this process's end of its pipe is closed, for whatever reason.
fn watch<K: Kind>(server: &Child, home: &Home) -> Result<(Child, ChildStdin)> {
    // `read` fails at the pipe's end. The server gets the signal and ends its own children; processes that are left after
    // five seconds are killed with its process group, whose leader the server is.
    const SCRIPT: &str = r#"trap '' INT TERM HUP
        while read -r _; do :; done
        kill -s "$2" "$1"
        i=0; while test -e "$3/data/$4" && test $i -lt 100; do sleep 0.05; i=$((i + 1)); done
        kill -s KILL -- "-$1"
        i=0; until rm -rf -- "$3" || test $i -gt 50; do sleep 0.1; i=$((i + 1)); done"#;
    let mut watcher = Command::new("/bin/sh")
        .args(["-c", SCRIPT, "watcher", &server.id().to_string(), K::SIGNAL])
        .arg(&home.path)
        .arg(K::PID_FILE)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .context("the watcher of the servers cannot be started")?;
    let pipe = watcher.stdin.take().context("the watcher has no pipe")?;
    Ok((watcher, pipe))
}

/// A server's directory: short, as sockets in it have paths of 107 bytes at most, and readable by the server's owner.
#[derive(Debug)]
struct Home {
    path: PathBuf,
    owner: Option<(u32, u32)>,
    /// The maximum size of a file in bytes, if limited.
    largest: Option<u64>,
}

impl Home {
    fn new(name: &str, user: &str) -> Result<Self> {
        let owner = if is_root()? { Some(ids_of(user)?) } else { None };
        let path = env::temp_dir().join(format!("sqlservice-{}-{}", name.to_lowercase(), std::process::id()));
        // A leftover of a killed run with the same process id; no other program creates such names.
        fs::remove_dir_all(&path).ok();
        fs::create_dir(&path).with_context(|| format!("{} cannot be made", path.display()))?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700))?;
        let home = Self { path, owner, largest: None };
        home.give(&home.path)?;
        Ok(home)
    }

    /// Makes the server's user own a path.
    fn give(&self, path: &Path) -> Result<()> {
        match self.owner {
            Some((user, group)) => {
                chown(path, Some(user), Some(group)).context("the server's user cannot be given its files")
            }
            None => Ok(()),
        }
    }

    /// Writes a file that only the server's user reads.
    fn write(&self, name: &str, content: &str) -> Result<PathBuf> {
        let path = self.path.join(name);
        fs::write(&path, content)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
        self.give(&path)?;
        Ok(path)
    }

    /// A command that runs in the directory as the server's user.
    fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = match self.largest {
            None => Command::new(program.as_ref()),
            Some(bytes) => {
                // A write beyond the limit should be an error, not a signal.
                let mut limited = Command::new("/bin/sh");
                limited.args(["-c", r#"trap '' XFSZ; exec prlimit "$@""#, "limited"]);
                limited.arg(format!("--fsize={bytes}:{bytes}")).arg(program.as_ref());
                limited
            }
        };
        command.current_dir(&self.path).env("HOME", &self.path).env("LC_ALL", "C.UTF-8").stdin(Stdio::null());
        if let Some((user, group)) = self.owner {
            command.gid(group).uid(user);
        }
        command
    }
}

fn is_root() -> Result<bool> {
    Ok(run_quietly(Command::new("id").arg("-u"))?.trim() == "0")
}

fn ids_of(user: &str) -> Result<(u32, u32)> {
    let id = |what| -> Result<u32> { Ok(run_quietly(Command::new("id").args([what, user]))?.trim().parse()?) };
    Ok((id("-u")?, id("-g")?))
}

fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("no free port")?;
    Ok(listener.local_addr()?.port())
}

/// The first directory, in the order given, that has all of the programs.
fn find_programs(candidates: impl IntoIterator<Item = PathBuf>, programs: &[&str]) -> Option<PathBuf> {
    candidates.into_iter().find(|dir| programs.iter().all(|program| dir.join(program).is_file()))
}

fn path_directories() -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let system = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/usr/libexec"];
    env::split_paths(&path).chain(system.map(PathBuf::from)).collect()
}
