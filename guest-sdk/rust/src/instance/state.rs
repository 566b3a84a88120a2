//! The state of an object in its session: whether it has a row, and its part in a flush.

use std::{
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
};

use super::ChangeTracker;
use crate::mapping::{Key, Mapper};

/// The relation of an object to a session and to its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// In no session; it has a row only if one was inserted by other means.
    Transient,
    /// In a session: the next flush inserts its row.
    Pending,
    /// In a session, and its row exists.
    Persistent,
    /// In a session: the next flush deletes its row, or a flush of the open transaction did.
    Deleted,
    /// Its session ended, it was expunged, or its delete was committed. It had a row before.
    Detached,
}

/// The state of an object of any model in its session.
///
/// The order in memory is fixed: a flush traverses thousands of objects several times, and reads the first fields.
#[repr(C)]
pub(crate) struct InstanceState {
    pub(crate) mapper: &'static Mapper,
    tracker: RefCell<Option<Weak<dyn ChangeTracker>>>,
    status: Cell<Status>,
    /// Whether it is in its session's list of changed objects.
    pub(crate) is_queued: Cell<bool>,
    /// Whether the next row that is read for it replaces its state.
    pub(crate) is_expired: Cell<bool>,
    /// Whether the running flush added it to the session, as an object there is related to it. Without meaning in no session.
    pub(crate) has_joined: Cell<bool>,
    /// Whether its delete was written already.
    pub(crate) is_gone: Cell<bool>,
    /// Whether a flush deletes it by a cascade, without a caller's request.
    pub(crate) is_cascaded: Cell<bool>,
    /// Its place among the objects of the flush that marked it.
    place: Cell<usize>,
    /// The visit mark of the last traversal, such as the flush that it is part of or its place in a list.
    pub(crate) mark: Cell<u64>,
    /// The mark of the innermost transaction or savepoint that has a snapshot of it.
    pub(crate) level: Cell<u64>,
    pub(crate) key: RefCell<Option<Key>>,
    /// The number of the session whose cascades skip it: it was expunged there, or left it as a new object without an owner.
    pub(crate) expunged_from: Cell<u64>,
    /// Its turn in the insert order of new objects, as of when it was added or put into a relationship; 0 if it has none.
    turn: Cell<u64>,
    /// The number of the session whose `add` assigned the turn.
    turn_in: Cell<u64>,
}

/// Returns a turn after all others.
fn next_turn() -> u64 {
    thread_local! {
        static TURN: Cell<u64> = const { Cell::new(0) };
    }
    TURN.set(TURN.get() + 1);
    TURN.get()
}

impl InstanceState {
    pub(crate) const fn new(mapper: &'static Mapper) -> Self {
        Self {
            mapper,
            status: Cell::new(Status::Transient),
            tracker: RefCell::new(None),
            key: RefCell::new(None),
            is_queued: Cell::new(false),
            is_expired: Cell::new(false),
            has_joined: Cell::new(false),
            is_gone: Cell::new(false),
            mark: Cell::new(0),
            place: Cell::new(0),
            level: Cell::new(0),
            expunged_from: Cell::new(0),
            is_cascaded: Cell::new(false),
            turn: Cell::new(0),
            turn_in: Cell::new(0),
        }
    }

    /// Returns its turn, and assigns the next one if it has none.
    pub(crate) fn turn(&self) -> u64 {
        if self.turn.get() == 0 {
            self.turn.set(next_turn());
        }
        self.turn.get()
    }

    /// Moves its turn after all others, once in a session. Returns whether it had none there before.
    pub(crate) fn take_turn(&self, session: u64) -> bool {
        let is_new = self.turn_in.replace(session) != session;
        if is_new {
            self.turn.set(next_turn());
        }
        is_new
    }

    /// Marks it as part of a flush, with its place there. Returns whether it was not part of it before.
    pub(crate) fn put(&self, flush: u64, place: usize) -> bool {
        let is_new = self.mark.replace(flush) != flush;
        if is_new {
            self.place.set(place);
        }
        is_new
    }

    /// Returns its place among the objects of a flush, if it is part of that.
    pub(crate) fn place(&self, flush: u64) -> Option<usize> {
        (self.mark.get() == flush).then(|| self.place.get())
    }

    /// Returns the status, whether or not its session still exists.
    pub(crate) const fn last_status(&self) -> Status {
        self.status.get()
    }

    pub(crate) fn status(&self) -> Status {
        match self.status.get() {
            Status::Pending if !self.has_tracker() => Status::Transient,
            Status::Persistent | Status::Deleted if !self.has_tracker() => Status::Detached,
            status => status,
        }
    }

    fn has_tracker(&self) -> bool {
        self.tracker.borrow().as_ref().is_some_and(|tracker| tracker.strong_count() > 0)
    }

    /// Returns the unit of work that it belongs to, while that exists.
    pub(crate) fn tracker(&self) -> Option<Rc<dyn ChangeTracker>> {
        self.tracker.borrow().as_ref().and_then(Weak::upgrade)
    }

    pub(crate) fn is_of<T: ChangeTracker>(&self, tracker: &Rc<T>) -> bool {
        self.tracker.borrow().as_ref().is_some_and(|own| std::ptr::addr_eq(own.as_ptr(), Rc::as_ptr(tracker)))
    }

    /// Sets the status in a unit of work.
    pub(crate) fn set<T: ChangeTracker + 'static>(&self, status: Status, tracker: &Rc<T>) {
        let tracker = Rc::downgrade(tracker);
        self.status.set(status);
        *self.tracker.borrow_mut() = Some(tracker);
    }

    /// Sets the status in the unit of work that it belongs to.
    pub(crate) fn set_status(&self, status: Status) {
        self.status.set(status);
    }

    pub(crate) fn leave(&self, status: Status) {
        self.status.set(status);
        *self.tracker.borrow_mut() = None;
        self.key.replace(None);
        self.is_queued.set(false);
        self.is_gone.set(false);
        self.is_cascaded.set(false);
        self.turn_in.set(0);
    }

    pub(crate) fn snapshot(&self) -> StateSnapshot {
        StateSnapshot { status: self.status(), key: self.key.borrow().clone(), is_gone: self.is_gone.get() }
    }

    /// Restores a snapshot in this unit of work.
    pub(crate) fn restore<T: ChangeTracker + 'static>(&self, snapshot: StateSnapshot, tracker: &Rc<T>) {
        let StateSnapshot { status, key, is_gone } = snapshot;
        match status {
            Status::Pending | Status::Transient => self.leave(Status::Transient),
            Status::Deleted if !is_gone => self.set(Status::Persistent, tracker),
            status => self.set(status, tracker),
        }
        self.is_gone.set(is_gone);
        *self.key.borrow_mut() = key;
    }
}

/// A snapshot of an object's state, for a rollback.
pub(crate) struct StateSnapshot {
    status: Status,
    key: Option<Key>,
    is_gone: bool,
}
