//! The unit of work: tracks the objects of a session and their changes, plans what a flush writes, and restores state at a
//! rollback. It does no I/O: the session sends the changes that it plans, and hands back the results.

mod add;
mod back_populates;
mod cascade;
mod changes;
mod collect;
mod collections_at_delete;
mod delete_cascade;
mod delete_order;
mod detached_owners;
mod event;
mod expunge;
mod flush;
mod flush_plan;
mod flush_rollback;
mod history;
mod holders;
mod load;
mod owner_lookup;
mod ownership;
mod synchronize;
mod transaction;
mod update_cascade;
mod value_source;

use std::{
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
};

use rustc_hash::{FxHashMap, FxHashSet};

pub use self::event::Event;
pub(crate) use self::{
    cascade::Fired,
    delete_cascade::DeleteCascade,
    flush::Flush,
    flush_rollback::FlushRollback,
    load::{LoadFrom, LoadPlan, SeparateLoad, key_of, keys_of_owners, stored},
    synchronize::{Following, by_key, by_model, rows_of},
};
use self::{
    collections_at_delete::{CollectionsAtDelete, ManyToOneTargets},
    flush_rollback::FlushStep,
    transaction::SessionTransaction,
};
use crate::{
    Error, Result,
    instance::{AnyEntity, AnyInstance, ChangeTracker, Status},
    mapping::{Key, ModelId},
};

/// The objects of a session.
pub(crate) struct UnitOfWork {
    /// Its number, unique among units of work.
    id: u64,
    identity_map: RefCell<FxHashMap<(ModelId, Key), Weak<dyn AnyInstance>>>,
    /// New objects, in the order in which they were added.
    pending: RefCell<Vec<AnyEntity>>,
    /// Objects that were edited since the last flush.
    changed: RefCell<Vec<AnyEntity>>,
    /// Objects that the next flush deletes.
    deleted: RefCell<Vec<AnyEntity>>,
    /// The objects in their collections when they were marked deleted.
    listed: RefCell<CollectionsAtDelete>,
    pointing: RefCell<ManyToOneTargets>,
    /// The number of edits and additions of objects.
    edits: Cell<u64>,
    /// Owners in no session, and the objects of this session that were removed from them since the last flush.
    detached_owners: RefCell<Vec<(AnyEntity, Vec<AnyEntity>)>>,
    /// The transaction, and its savepoints.
    transactions: RefCell<Vec<SessionTransaction>>,
    /// The number of savepoints begun so far.
    savepoints: Cell<u64>,
    /// Whether anything but queries was sent since the transaction began.
    pub(crate) has_written: Cell<bool>,
    /// The steps that the running flush took on objects and has not written yet.
    flush_steps: RefCell<Vec<FlushStep>>,
    /// Addresses of objects that a hook of the running flush added again after a delete cascade had reached them.
    rescued: RefCell<FxHashSet<usize>>,
    /// Whether an object was ever taken out of the session.
    has_expunged: Cell<bool>,
    /// Whether a hook runs.
    is_firing: Cell<bool>,
    /// Whether a flush failed, so that the session needs a rollback.
    failed: Cell<bool>,
}

impl UnitOfWork {
    pub(crate) fn new() -> Rc<Self> {
        Rc::new(Self {
            id: flush_plan::serial(),
            identity_map: RefCell::default(),
            pending: RefCell::default(),
            changed: RefCell::default(),
            deleted: RefCell::default(),
            listed: RefCell::default(),
            pointing: RefCell::default(),
            edits: Cell::new(1),
            detached_owners: RefCell::default(),
            transactions: RefCell::new(vec![SessionTransaction::new(0)]),
            savepoints: Cell::new(0),
            has_written: Cell::new(false),
            flush_steps: RefCell::default(),
            rescued: RefCell::default(),
            has_expunged: Cell::new(false),
            is_firing: Cell::new(false),
            failed: Cell::new(false),
        })
    }

    /// Whether there is nothing to flush.
    pub(crate) fn is_clean(&self) -> bool {
        let lists = [&self.pending, &self.changed, &self.deleted];
        lists.into_iter().all(|list| list.borrow().is_empty()) && self.detached_owners.borrow().is_empty()
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

    /// Returns the live objects of the identity map.
    pub(crate) fn all(&self) -> Vec<AnyEntity> {
        self.identity_map.borrow().values().filter_map(Weak::upgrade).map(AnyEntity).collect()
    }

    /// Expires all objects: the next row that is read for each replaces its state.
    pub(crate) fn expire_all(&self) {
        for object in self.all() {
            object.0.state().is_expired.set(true);
        }
    }

    /// Expires these objects, as far as they have rows in this session: the next row that is read for each replaces its state.
    /// Edits that were not flushed are lost.
    pub(crate) fn expire(self: &Rc<Self>, objects: &[AnyEntity]) {
        for object in objects.iter().filter(|object| object.0.state().is_of(self) && object.0.has_row()) {
            let state = object.0.state();
            state.is_expired.set(true);
            if state.is_queued.replace(false) {
                object.0.revert();
            }
        }
        self.changed.borrow_mut().retain(|object| object.0.state().is_queued.get());
    }

    /// Returns the object of an identity key.
    pub(crate) fn find(&self, of: ModelId, key: &Key) -> Option<AnyEntity> {
        // Cloning the key is cheap, as it usually is an integer.
        self.identity_map.borrow().get(&(of, key.clone())).and_then(Weak::upgrade).map(AnyEntity)
    }

    /// Records that an object differs from its row.
    fn mark_changed(&self, object: AnyEntity) {
        self.edits.set(self.edits.get() + 1);
        let state = object.0.state();
        // An object marked deleted may be added again, so its edits count.
        let is_there = match state.status() {
            Status::Persistent => true,
            Status::Deleted => !state.is_gone.get(),
            Status::Transient | Status::Pending | Status::Detached => false,
        };
        if is_there && !state.is_queued.replace(true) {
            self.changed.borrow_mut().push(object);
        }
    }

    /// Puts an object that has a row into the map.
    fn register(self: &Rc<Self>, object: &AnyEntity, key: Key) {
        let state = object.0.state();
        state.set(Status::Persistent, self);
        state.key.replace(Some(key.clone()));
        let of = object.0.mapper().of;
        self.identity_map.borrow_mut().insert((of, key), Rc::downgrade(&object.0));
    }

    /// Removes an object from the map, unless another object has its key there.
    fn unregister(&self, object: &AnyEntity) {
        let Some(key) = object.0.state().key.borrow().clone() else { return };
        let entry = (object.0.mapper().of, key);
        let mut known = self.identity_map.borrow_mut();
        if known.get(&entry).is_some_and(|instance| std::ptr::addr_eq(instance.as_ptr(), Rc::as_ptr(&object.0))) {
            known.remove(&entry);
        }
    }

    /// Attaches an object to the session: a new one, or a detached one of another session.
    pub(crate) fn attach(self: &Rc<Self>, object: &AnyEntity) -> Result<()> {
        let state = object.0.state();
        match state.status() {
            _ if state.is_of(self) && state.status() != Status::Transient => match state.status() {
                Status::Deleted if !state.is_gone.get() => {
                    if state.is_cascaded.replace(false) {
                        self.rescued.borrow_mut().insert(object.address());
                    }
                    state.set(Status::Persistent, self);
                    self.deleted.borrow_mut().retain(|deleted| deleted != object);
                    Ok(())
                }
                Status::Deleted => Err(Error::Detached),
                _ => Ok(()),
            },
            Status::Transient => {
                self.edits.set(self.edits.get() + 1);
                state.expunged_from.set(0);
                state.has_joined.set(false);
                state.set(Status::Pending, self);
                self.pending.borrow_mut().push(object.clone());
                Ok(())
            }
            Status::Detached if state.is_gone.get() => Err(Error::invalid(format!(
                "the row of this object of {:?} was deleted: save it, and it is inserted again",
                object.table()
            ))),
            Status::Detached => {
                // Its former session may have been dropped without resetting these.
                state.is_queued.set(false);
                state.expunged_from.set(0);
                self.check_only(object)?;
                self.register(object, object.0.stored_key());
                self.mark_changed(object.clone());
                Ok(())
            }
            Status::Pending | Status::Persistent | Status::Deleted => Err(Error::AlreadyAttached),
        }
    }

    /// Marks an object deleted: the next flush deletes its row.
    pub(crate) fn delete(self: &Rc<Self>, object: &AnyEntity) -> Result<()> {
        let state = object.0.state();
        match state.status() {
            Status::Transient | Status::Pending => Err(Error::NotPersisted),
            Status::Detached if state.is_gone.get() => Err(Error::NotPersisted),
            Status::Detached => {
                self.attach(object)?;
                self.delete(object)
            }
            _ if !state.is_of(self) => Err(Error::AlreadyAttached),
            Status::Deleted => {
                // The caller requests the delete explicitly, so it is no cascade any more.
                state.is_cascaded.set(false);
                Ok(())
            }
            Status::Persistent => {
                self.note_collections(object);
                state.set(Status::Deleted, self);
                self.deleted.borrow_mut().push(object.clone());
                Ok(())
            }
        }
    }

    /// Fails if the session needs a rollback.
    pub(crate) fn check(&self) -> Result<()> {
        if self.failed.get() { Err(Error::PendingRollback) } else { Ok(()) }
    }

    /// Returns it as the tracker of its objects.
    pub(crate) fn tracker(self: &Rc<Self>) -> Rc<dyn ChangeTracker> {
        Rc::<Self>::clone(self)
    }

    /// Records that the session needs a rollback.
    pub(crate) fn fail(&self) {
        self.failed.set(true);
    }

    /// Whether a hook runs.
    pub(crate) fn is_firing(&self) -> bool {
        self.is_firing.get()
    }

    /// Sets whether a hook runs.
    pub(crate) fn set_firing(&self, is_firing: bool) {
        self.is_firing.set(is_firing);
    }

    /// Fails if the transaction cannot end: a flush that runs hooks would continue in another transaction.
    pub(crate) fn check_end(&self) -> Result<()> {
        if self.is_firing.get() {
            return Err(Error::invalid(
                "a handler of an event is inside of a flush, and a transaction cannot end there: return an error to undo it",
            ));
        }
        Ok(())
    }
}

impl ChangeTracker for UnitOfWork {
    fn edited(&self, object: Rc<dyn AnyInstance>) {
        self.mark_changed(AnyEntity(object));
    }

    fn lost_by_detached(&self, owner: AnyEntity, item: AnyEntity) {
        let mut outside = self.detached_owners.borrow_mut();
        match outside.iter_mut().find(|(known, _)| *known == owner) {
            Some((_, lost)) => lost.push(item),
            None => outside.push((owner, vec![item])),
        }
    }

    fn forget(&self, of: ModelId, key: Key) {
        // If a loop iterates over the map, the dead reference stays there: lookups fail to upgrade it.
        if let Ok(mut known) = self.identity_map.try_borrow_mut() {
            let entry = (of, key);
            if known.get(&entry).is_some_and(|instance| instance.strong_count() == 0) {
                known.remove(&entry);
            }
        }
    }

    fn find(&self, of: ModelId, key: &Key) -> Option<AnyEntity> {
        Self::find(self, of, key)
    }

    fn reserve(&self, objects: usize) {
        self.identity_map.borrow_mut().reserve(objects);
    }

    fn insert_read(self: Rc<Self>, object: AnyEntity, key: Key) {
        self.register(&object, key);
    }

    fn snapshot_read(&self, object: &AnyEntity) {
        self.snapshot_read(object);
    }
}

/// Frees objects that are only reachable from each other, along with the session.
impl Drop for UnitOfWork {
    fn drop(&mut self) {
        self.keep_rows();
        let listed = [&self.pending, &self.changed, &self.deleted].into_iter().flat_map(RefCell::take);
        // Drops the map first: its weak references keep the memory of each object, and would release it in hash order.
        let known = self.identity_map.take().into_values().filter_map(|instance| instance.upgrade()).map(AnyEntity);
        let objects = listed.chain(known).collect();
        collect::free(objects);
    }
}
