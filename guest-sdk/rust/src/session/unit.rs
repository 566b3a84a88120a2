//! What a session knows of its objects: which there are, which changed, and what they go back to.

mod absorb;
mod apply;
mod attempt;
mod cascade;
mod changes;
mod claim;
mod collect;
mod criteria;
mod draft;
mod follow;
mod follow_keys;
mod holders;
mod inverse;
mod key;
mod leave;
mod listed;
mod load;
mod mapper;
mod outside;
mod owners;
mod rejoin;
mod says;
mod source;
mod step;
mod take_out;
mod undo;

use std::{
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
};

use rustc_hash::{FxHashMap, FxHashSet};

use futures::lock::Mutex;

pub(crate) use self::{
    absorb::entities_without,
    key::{Key, of_columns as keys_of},
    load::{From, typed},
    mapper::{Direction, Mapped, Mapper, ModelId, mapper},
    step::{Changed, Following},
};
use self::{
    attempt::Attempted,
    listed::{Listed, Pointing},
    undo::Level,
};
use super::{SessionOptions, repeated::Repeated};
use crate::{
    Error, Result, Session,
    bindings::sqlservice::database::sessions as contract,
    entity::{AnyEntity, AnySlot, Record, Slot, Status},
};

/// The objects of a session. Nothing of it stays borrowed while something is awaited.
pub(crate) struct Unit {
    /// Its number, which no other session has.
    id: u64,
    pub(crate) contract: contract::Session,
    pub(crate) options: SessionOptions,
    pub(crate) repeated: Rc<Repeated>,
    known: RefCell<FxHashMap<(ModelId, Key), Weak<dyn AnySlot>>>,
    /// New objects, in the order in which they were added.
    pending: RefCell<Vec<AnyEntity>>,
    /// Objects that were edited since the last flush.
    changed: RefCell<Vec<AnyEntity>>,
    /// Objects that the next flush deletes.
    deleted: RefCell<Vec<AnyEntity>>,
    /// What their lists had got by the time they were deleted.
    listed: RefCell<Listed>,
    pointing: RefCell<Pointing>,
    /// How often an object was edited or added.
    edits: Cell<u64>,
    /// Owners in no session, and the objects of this one that they lost since the last flush.
    outside: RefCell<Vec<(AnyEntity, Vec<AnyEntity>)>>,
    levels: RefCell<Vec<Level>>,
    /// How many savepoints there were.
    savepoints: Cell<u64>,
    /// Whether anything but queries was sent since the transaction began.
    pub(crate) has_written: Cell<bool>,
    /// Whether the last transaction was committed or rolled back by a call of the session's.
    pub(crate) has_ended: Cell<bool>,
    /// What the flush that runs did to objects, and has not written yet.
    attempted: RefCell<Vec<Attempted>>,
    /// Objects, by their addresses, that a handler of the flush that runs added again after they were to follow a deleted one.
    rescued: RefCell<FxHashSet<usize>>,
    /// Whether an object was ever taken out of the session.
    has_taken_out: Cell<bool>,
    /// One flush at a time.
    flushing: Mutex<()>,
    /// Whether handlers of events run, or somebody asked for no flushes: how often.
    pub(crate) quiet: Cell<u32>,
    /// Whether handlers of events run.
    is_telling: Cell<bool>,
    /// Whether a flush failed that asks for a rollback.
    failed: Cell<bool>,
}

impl Unit {
    pub(crate) fn new(contract: contract::Session, options: SessionOptions, repeated: Rc<Repeated>) -> Rc<Self> {
        Rc::new(Self {
            id: draft::serial(),
            contract,
            options,
            repeated,
            known: RefCell::default(),
            pending: RefCell::default(),
            changed: RefCell::default(),
            deleted: RefCell::default(),
            listed: RefCell::default(),
            pointing: RefCell::default(),
            edits: Cell::new(1),
            outside: RefCell::default(),
            levels: RefCell::new(vec![Level::new(0)]),
            savepoints: Cell::new(0),
            has_written: Cell::new(false),
            has_ended: Cell::new(false),
            attempted: RefCell::default(),
            rescued: RefCell::default(),
            has_taken_out: Cell::new(false),
            flushing: Mutex::new(()),
            quiet: Cell::new(0),
            is_telling: Cell::new(false),
            failed: Cell::new(false),
        })
    }

    /// The session of it, for those who have to tell somebody of one.
    pub(crate) fn session(self: &Rc<Self>) -> Session {
        Session::of(Rc::clone(self))
    }

    /// Whether there is nothing to flush.
    pub(crate) fn is_clean(&self) -> bool {
        let lists = [&self.pending, &self.changed, &self.deleted];
        lists.into_iter().all(|list| list.borrow().is_empty()) && self.outside.borrow().is_empty()
    }

    pub(crate) fn pending(&self) -> Vec<AnyEntity> {
        self.pending.borrow().clone()
    }

    pub(crate) fn dirty(&self) -> Vec<AnyEntity> {
        let persistent = |object: &&AnyEntity| object.status() == Status::Persistent && object.0.is_changed();
        self.changed.borrow().iter().filter(persistent).cloned().collect()
    }

    pub(crate) fn deleted(&self) -> Vec<AnyEntity> {
        self.deleted.borrow().clone()
    }

    /// Every object that has a row, and is known.
    pub(crate) fn all(&self) -> Vec<AnyEntity> {
        self.known.borrow().values().filter_map(Weak::upgrade).map(AnyEntity).collect()
    }

    /// The next rows that are read take the places of all objects.
    pub(crate) fn expire_all(&self) {
        for object in self.all() {
            object.0.life().is_expired.set(true);
        }
    }

    /// The next rows that are read take the places of these objects, as far as they have rows here. What was edited and not flushed
    /// is lost.
    pub(crate) fn expire(self: &Rc<Self>, objects: &[AnyEntity]) {
        for object in objects.iter().filter(|object| object.0.life().is_of(self) && object.0.has_row()) {
            let life = object.0.life();
            life.is_expired.set(true);
            if life.is_queued.replace(false) {
                object.0.revert();
            }
        }
        self.changed.borrow_mut().retain(|object| object.0.life().is_queued.get());
    }

    /// The object of a row, where it is known.
    pub(crate) fn find(&self, of: ModelId, key: &Key) -> Option<AnyEntity> {
        // A clone of the key is cheap for the usual one, an integer.
        self.known.borrow().get(&(of, key.clone())).and_then(Weak::upgrade).map(AnyEntity)
    }

    /// An object was edited.
    pub(crate) fn changed(&self, slot: Rc<dyn AnySlot>) {
        self.edits.set(self.edits.get() + 1);
        let life = slot.life();
        // One that is deleted may be kept after all.
        let is_there = match life.status() {
            Status::Persistent => true,
            Status::Deleted => !life.is_gone.get(),
            Status::Transient | Status::Pending | Status::Detached => false,
        };
        if is_there && !life.is_queued.replace(true) {
            self.changed.borrow_mut().push(AnyEntity(slot));
        }
    }

    /// An object went away that nobody has any more.
    pub(crate) fn forget(&self, of: ModelId, key: Key) {
        // Somebody walks through the map: what is left there is nothing, and found to be nothing.
        if let Ok(mut known) = self.known.try_borrow_mut() {
            let entry = (of, key);
            if known.get(&entry).is_some_and(|slot| slot.strong_count() == 0) {
                known.remove(&entry);
            }
        }
    }

    /// Puts an object that has a row into the map.
    fn register(self: &Rc<Self>, object: &AnyEntity, key: Key) {
        let life = object.0.life();
        life.set(Status::Persistent, self);
        life.key.replace(Some(key.clone()));
        let of = object.0.mapper().of;
        self.known.borrow_mut().insert((of, key), Rc::downgrade(&object.0));
    }

    /// Takes an object out of the map, where it is the one that is there.
    fn unregister(&self, object: &AnyEntity) {
        let Some(key) = object.0.life().key.borrow().clone() else { return };
        let entry = (object.0.mapper().of, key);
        let mut known = self.known.borrow_mut();
        if known.get(&entry).is_some_and(|slot| std::ptr::addr_eq(slot.as_ptr(), Rc::as_ptr(&object.0))) {
            known.remove(&entry);
        }
    }

    /// Puts an object into the session: a new one, or one that another session had.
    pub(crate) fn attach(self: &Rc<Self>, object: &AnyEntity) -> Result<()> {
        let life = object.0.life();
        match life.status() {
            _ if life.is_of(self) && life.status() != Status::Transient => match life.status() {
                Status::Deleted if !life.is_gone.get() => {
                    if life.is_following.replace(false) {
                        self.rescued.borrow_mut().insert(object.address());
                    }
                    life.set(Status::Persistent, self);
                    self.deleted.borrow_mut().retain(|deleted| deleted != object);
                    Ok(())
                }
                Status::Deleted => Err(Error::Detached),
                _ => Ok(()),
            },
            Status::Transient => {
                self.edits.set(self.edits.get() + 1);
                life.taken_out_of.set(0);
                life.has_joined.set(false);
                life.set(Status::Pending, self);
                self.pending.borrow_mut().push(object.clone());
                Ok(())
            }
            Status::Detached if life.is_gone.get() => Err(Error::invalid(format!(
                "the row of this object of {:?} was deleted: save it, and it is inserted again",
                object.table()
            ))),
            Status::Detached => {
                // Its session may have gone without a word.
                life.is_queued.set(false);
                life.taken_out_of.set(0);
                self.check_only(object)?;
                self.register(object, object.0.stored_key());
                self.changed(Rc::clone(&object.0));
                Ok(())
            }
            Status::Pending | Status::Persistent | Status::Deleted => Err(Error::AlreadyAttached),
        }
    }

    /// The next flush deletes the object's row.
    pub(crate) fn delete(self: &Rc<Self>, object: &AnyEntity) -> Result<()> {
        let life = object.0.life();
        match life.status() {
            Status::Transient | Status::Pending => Err(Error::NotPersisted),
            Status::Detached if life.is_gone.get() => Err(Error::NotPersisted),
            Status::Detached => {
                self.attach(object)?;
                self.delete(object)
            }
            _ if !life.is_of(self) => Err(Error::AlreadyAttached),
            Status::Deleted => {
                // Now it is asked for.
                life.is_following.set(false);
                Ok(())
            }
            Status::Persistent => {
                self.note_listed(object);
                life.set(Status::Deleted, self);
                self.deleted.borrow_mut().push(object.clone());
                Ok(())
            }
        }
    }

    /// An object of the row of this model, as it was just read: the one that is known, or a new one.
    pub(crate) fn meet<M: Record>(self: &Rc<Self>, row: M, anew: bool) -> Rc<Slot<M>> {
        let key = Key::of_model(&row);
        let of = mapper::<M>().of;
        let known = self.known.borrow().get(&(of, key.clone())).and_then(Weak::upgrade);
        if let Some(slot) = known.and_then(|slot| slot.as_any().downcast::<Slot<M>>().ok()) {
            let is_dirty = slot.life.is_queued.get();
            if slot.life.status() == Status::Persistent && (anew || (slot.life.is_expired.get() && !is_dirty)) {
                self.remember_read(&AnyEntity(slot.clone()));
                slot.reread(row);
            } else if !M::DEFERRED.is_empty() && slot.has_row() {
                slot.fill(&row);
            }
            return slot;
        }
        let mut row = row;
        row.hear_load();
        let slot = Slot::read(row);
        slot.life.set(Status::Persistent, self);
        slot.life.key.replace(Some(key.clone()));
        let object: Rc<dyn AnySlot> = slot.clone();
        self.known.borrow_mut().insert((of, key), Rc::downgrade(&object));
        slot
    }

    /// Whether the session waits for a rollback.
    pub(crate) fn check(&self) -> Result<()> {
        if self.failed.get() { Err(Error::PendingRollback) } else { Ok(()) }
    }

    /// Whether the transaction may end: not while a flush tells objects of events, which would go on in another one.
    pub(crate) fn check_end(&self) -> Result<()> {
        if self.is_telling.get() {
            return Err(Error::invalid(
                "a handler of an event is inside of a flush, and a transaction cannot end there: return an error to undo it",
            ));
        }
        Ok(())
    }
}

/// Objects that nobody has any more, but that have each other, are freed with the session.
impl Drop for Unit {
    fn drop(&mut self) {
        self.keep_rows();
        let listed = [&self.pending, &self.changed, &self.deleted].into_iter().flat_map(RefCell::take);
        // The map goes first, as it keeps the memory of each, in an order of its own.
        let known = self.known.take().into_values().filter_map(|slot| slot.upgrade()).map(AnyEntity);
        let objects = listed.chain(known).collect();
        collect::free(objects);
    }
}
