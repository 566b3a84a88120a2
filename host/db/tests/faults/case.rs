//! Cases: an operation, the message at which a fault comes, which one, and when the caller goes away.

use std::fmt;

use sqlservice_db::Error;

use crate::operation::{Kind, Operation};

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// Nothing.
    None,
    /// The server ends the connection.
    Kill,
    /// Both ends see that the connection is closed.
    Cut,
    /// Nothing of this connection arrives any more; others work.
    Mute,
    /// Nothing of any connection arrives any more, until the network is back.
    Silence,
    /// The server is killed and started again.
    Restart,
    /// The disk has no room for what the call writes.
    Full,
    /// Another process writes to the file, for longer or for less long than a lock is waited for.
    Locked,
}

impl Fault {
    /// Whether the host has to find out by its own times that the connection is of no use any more.
    pub fn is_silent(self) -> bool {
        matches!(self, Self::Mute | Self::Silence)
    }
}

/// When the caller goes away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaving {
    Never,
    /// While the message is on its way, just before the fault.
    AtMessage,
    /// When its future was polled so often.
    AtPoll(usize),
}

/// What the caller does after the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// It commits, and rolls back where that fails.
    Commits,
    /// It drops its session.
    Drops,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case {
    pub operation: Operation,
    pub fault: Fault,
    pub message: u64,
    pub leaving: Leaving,
    pub then: Then,
    pub base: i64,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { operation, fault, message, leaving, then, base } = self;
        write!(f, "{operation:?}, {fault:?} at message {message}, left {leaving:?}, then {then:?} (keys from {base})")
    }
}

/// What the caller was told of what lasts. Nothing where it was told that it is unknown, or went away before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// Of the row that its transaction inserted first.
    pub mark: Option<bool>,
    /// Of the changes of the call.
    pub own: Option<bool>,
}

impl Told {
    const NOTHING_LASTS: Self = Self { mark: Some(false), own: Some(false) };

    /// What the call alone says; nothing where the commit after it decides.
    pub fn by_call(operation: Operation, outcome: Option<&Result<(), Error>>) -> Option<Self> {
        let decided = match outcome {
            Some(Ok(())) => Some(true),
            None | Some(Err(Error::OutcomeUnknown(_))) => None,
            Some(Err(_)) => Some(false),
        };
        match operation.kind() {
            Kind::InTransaction => None,
            Kind::Nothing | Kind::Undoes => Some(Self::NOTHING_LASTS),
            Kind::Alone => Some(Self { mark: Some(false), own: decided }),
            Kind::Commit => Some(Self { mark: decided, own: decided }),
        }
    }

    /// What a session says that was dropped with its transaction open.
    pub fn by_drop() -> Self {
        Self::NOTHING_LASTS
    }

    /// What the commit after the call says.
    pub fn by_commit(operation: Operation, outcome: Option<&Result<(), Error>>, commit: &Result<(), Error>) -> Self {
        let own = match (operation, outcome) {
            (Operation::RollbackTo, _) => Some(false),
            (_, Some(Ok(()))) => Some(true),
            // It is undone unless the host heard that it was released.
            (Operation::Release, _) => None,
            _ => Some(false),
        };
        let begins = matches!(operation, Operation::Begin | Operation::FirstInsert);
        match commit {
            Ok(()) => Self { mark: Some(!begins), own },
            Err(Error::OutcomeUnknown(_)) => Self { mark: begins.then_some(false), own: None },
            Err(_) => Self::NOTHING_LASTS,
        }
    }
}
