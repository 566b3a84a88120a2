//! Cases: an operation, the fault and the message at which it is injected, when the call is cancelled, and how the caller ends the session.

use std::fmt;

use sqlservice_db::Error;

use crate::operation::{Kind, Operation};

/// The fault that is injected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// No fault.
    None,
    /// The server ends the connection.
    Kill,
    /// The connection is closed, and both ends see it.
    Cut,
    /// No byte of this connection arrives at either end; other connections work.
    Mute,
    /// No byte of any connection arrives, until the network is healed.
    Silence,
    /// The server is killed and started again.
    Restart,
    /// The disk has no room for what the call writes.
    Full,
    /// Another process holds the file's write lock, for longer or shorter than the lock timeout.
    Locked,
}

impl Fault {
    /// Whether only the host's own timeouts can detect that the connection is unusable.
    pub fn is_silent(self) -> bool {
        matches!(self, Self::Mute | Self::Silence)
    }
}

/// When the caller cancels the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaving {
    Never,
    /// While the message is in transit, just before the fault.
    AtMessage,
    /// After its future was polled this many times.
    AtPoll(usize),
}

/// How the caller ends the session after the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// Commits, and rolls back where the commit fails.
    Commits,
    /// Drops its session.
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

/// The durable effects that the caller was told of; `None` where the outcome is unknown or the call was cancelled before it had one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// Whether the first row that its transaction inserted is committed.
    pub mark: Option<bool>,
    /// Whether the changes of the call are committed.
    pub own: Option<bool>,
}

impl Told {
    const NOTHING_LASTS: Self = Self { mark: Some(false), own: Some(false) };

    /// The effects that follow from the call's result alone; `None` where the following commit decides.
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

    /// The effects of a session that was dropped with its transaction open.
    pub fn by_drop() -> Self {
        Self::NOTHING_LASTS
    }

    /// The effects that follow from the result of the commit after the call.
    pub fn by_commit(operation: Operation, outcome: Option<&Result<(), Error>>, commit: &Result<(), Error>) -> Self {
        let own = match (operation, outcome) {
            (Operation::RollbackTo, _) => Some(false),
            (_, Some(Ok(()))) => Some(true),
            // The savepoint is rolled back unless the host received the answer to its release.
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
