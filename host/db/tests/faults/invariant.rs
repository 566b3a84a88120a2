//! The invariants that hold after every case, whatever the fault and its time.

use std::{collections::HashSet, fs, time::Duration};

use sqlservice_db::Error;
use sqlservice_sql::Dialect;
use tokio::time::{Instant, sleep};

use crate::{
    case::{Case, Fault, Leaving, Told},
    operation::Operation,
    world::World,
};

/// How long a lock may remain after the host has abandoned its connection.
const UNLOCKED: Duration = Duration::from_secs(8);
/// How long a socket may be open after its pool was closed.
const CLOSED: Duration = Duration::from_secs(5);
/// The kernel's state code of a listening socket.
const LISTENING: &str = "0A";

/// Checks that the fault can cause this kind of error, and that the error claims no more than the host knows.
pub fn error_fits(case: &Case, what: &str, outcome: Option<&Result<(), Error>>) -> Result<(), String> {
    let Some(Err(error)) = outcome else { return Ok(()) };
    let is_commit = what == "the commit";
    let is_left = case.leaving != Leaving::Never;
    let fits = match error {
        Error::Disconnected(_) => case.fault != Fault::None,
        Error::OutcomeUnknown(_) => case.fault != Fault::None && (is_commit || case.operation.commits()),
        // An earlier call failed or was cancelled. The failure of a closed cursor is reported by the next statement.
        Error::PendingRollback => {
            let is_later = is_commit || case.operation == Operation::CloseCursor;
            is_later && (is_left || case.fault != Fault::None)
        }
        Error::Operational(_) => case.fault == Fault::Full && !is_commit,
        Error::LockNotAvailable(_) => case.fault == Fault::Locked,
        Error::Timeout | Error::PoolTimeout { .. } => case.fault.is_silent(),
        _ => false,
    };
    if fits { Ok(()) } else { Err(format!("{what} failed in a way that does not fit: {error:?}")) }
}

/// Checks that the database holds exactly the changes that the caller was told of, and that no lock remains.
pub async fn told_is_true(world: &World, case: &Case, told: Told) -> Result<(), String> {
    let truth = world.lock_and_look(case.base, UNLOCKED).await?;
    let all = case.operation.changes();
    let (done, undone) = if case.operation == Operation::DropAll { (0, all) } else { (all, 0) };
    // MariaDB commits each DDL statement by itself, and a lost connection keeps the host from undoing the earlier ones.
    let is_loose = case.operation.changes_tables() && world.dialect() == Dialect::Mariadb && case.fault != Fault::None;
    let own = if truth.own == done {
        all == 0 || told.own != Some(false)
    } else {
        (is_loose && told.own.is_none()) || (truth.own == undone && told.own != Some(true))
    };
    let mark = told.mark.is_none_or(|told| told == truth.mark);
    // Changes of one transaction are committed together, except those that a savepoint may have undone.
    let is_nested = matches!(case.operation, Operation::RollbackTo | Operation::Release);
    let is_known = told.mark.is_some() || told.own.is_some();
    let together = is_known || is_nested || all == 0 || truth.mark == (truth.own == all);
    if own && mark && together { Ok(()) } else { Err(format!("it was told {told:?}, and there is {truth:?} of {all}")) }
}

/// Waits until no socket of the host's pools or of the proxies is open, and fails where one remains.
pub async fn nothing_is_open(ports: &HashSet<u16>) {
    let until = Instant::now() + CLOSED;
    loop {
        let open = sockets(ports);
        if open.is_empty() {
            return;
        }
        assert!(Instant::now() < until, "sockets are still open after their pools were closed: {open:?}");
        sleep(Duration::from_millis(50)).await;
    }
}

/// The sockets that are connected to or from one of these ports. A socket with inode 0 belongs to no open file.
fn sockets(ports: &HashSet<u16>) -> Vec<String> {
    let table = fs::read_to_string("/proc/self/net/tcp").expect("the kernel's table of sockets");
    let is_open = |line: &&str| {
        let cells: Vec<&str> = line.split_whitespace().collect();
        let [_, local, remote, state, _, _, _, _, _, inode, ..] = cells[..] else { return false };
        let is_ours = |end: &str| {
            let port = end.rsplit_once(':').and_then(|(_, port)| u16::from_str_radix(port, 16).ok());
            port.is_some_and(|port| ports.contains(&port))
        };
        state != LISTENING && inode != "0" && (is_ours(local) || is_ours(remote))
    };
    table.lines().filter(is_open).map(str::to_owned).collect()
}
