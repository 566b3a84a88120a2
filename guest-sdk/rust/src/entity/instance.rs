//! The state that all handles of an object share: its versions, and its row as its session knows it. The file is long as it implements the
//! many methods by which a unit of work handles objects of any model.

use std::{any::Any, cell::RefCell, rc::Rc};

use super::version::Version;
use crate::{
    Result,
    bindings::sqlservice::database::rows::ColumnData,
    instance::{
        AnyEntity, AnyInstance, AnyRelation, ForeignKeyResolver, ForeignKeyTarget, InstanceState, Mode,
        RelationVisitor, Snapshot, Status,
    },
    mapping::{Key, Mapper},
    model::{Model, Record},
    value::Value,
};

/// An object.
pub(crate) struct Instance<M> {
    pub(crate) state: InstanceState,
    newest: RefCell<Rc<Version<M>>>,
    /// The version that its row has; `None` without a row.
    stored: RefCell<Option<Rc<Version<M>>>>,
    /// The version that a flush writes, while it waits for the result.
    sent: RefCell<Option<Rc<Version<M>>>>,
}

impl<M: Record> Instance<M> {
    pub(crate) fn new(mapper: &'static Mapper, value: M) -> Rc<Self> {
        Self::of(mapper, Version::new(value), None)
    }

    /// Creates an object from a row that was read.
    pub(super) fn read(mapper: &'static Mapper, value: M) -> Rc<Self> {
        let newest = Version::new(value);
        let stored = Some(Rc::clone(&newest));
        Self::of(mapper, newest, stored)
    }

    fn of(mapper: &'static Mapper, newest: Rc<Version<M>>, stored: Option<Rc<Version<M>>>) -> Rc<Self> {
        let (newest, stored, sent) = (RefCell::new(newest), RefCell::new(stored), RefCell::new(None));
        Rc::new(Self { state: InstanceState::new(mapper), newest, stored, sent })
    }

    pub(crate) fn newest(&self) -> Rc<Version<M>> {
        Rc::clone(&self.newest.borrow())
    }

    fn stored(&self) -> Option<Rc<Version<M>>> {
        self.stored.borrow().clone()
    }

    fn publish(&self, version: Rc<Version<M>>) {
        let before = self.newest.replace(Rc::clone(&version));
        before.follow(version);
    }

    /// Publishes the changes of a guard to the version that it began with.
    pub(crate) fn edited(self: &Rc<Self>, base: &Rc<Version<M>>, mut value: M) {
        for (position, column) in M::COLUMNS.iter().enumerate() {
            if !value.same_column(&base.value, position) {
                value.fire_set(column);
            }
        }
        let newest = self.newest();
        if !Rc::ptr_eq(&newest, base) {
            value = merged(newest.value.clone(), &base.value, &value);
        }
        self.publish(Version::new(value));
        match self.state.tracker() {
            Some(tracker) => tracker.edited(self.clone()),
            None => self.tell_lost(&base.value),
        }
    }

    /// Notifies sessions of their objects that an edit removed from this object, which is in no session, if that makes them orphans.
    fn tell_lost(self: &Rc<Self>, before: &M) {
        let newest = self.newest();
        for (at, relation) in self.state.mapper.relations.iter().enumerate() {
            let (Some(before), Some(now)) = (before.relation(at), newest.value.relation(at)) else { continue };
            if !relation.delete_orphan || now.is_same(before) {
                continue;
            }
            for item in before.items().into_iter().chain(now.gone()).filter(|item| !now.holds(item)) {
                if let Some(tracker) = item.0.state().tracker() {
                    tracker.lost_by_detached(AnyEntity(self.clone()), item);
                }
            }
        }
    }

    /// Changes it on behalf of its session.
    pub(crate) fn change(&self, mut change: impl FnMut(&mut M)) {
        let mut value = self.newest().value.clone();
        change(&mut value);
        self.publish(Version::new(value));
    }

    /// Changes the stored version, and the current one with it.
    pub(crate) fn set_committed(&self, mut change: impl FnMut(&mut M)) {
        let mut newest = self.newest.borrow_mut();
        let mut stored = self.stored.borrow_mut();
        if stored.as_ref().is_some_and(|stored| Rc::ptr_eq(stored, &newest)) {
            *stored = None;
            match Rc::get_mut(&mut newest) {
                // No handle holds this version.
                Some(version) => change(&mut version.value),
                None => {
                    let mut value = newest.value.clone();
                    change(&mut value);
                    let next = Version::new(value);
                    std::mem::replace(&mut *newest, Rc::clone(&next)).follow(next);
                }
            }
            *stored = Some(Rc::clone(&newest));
            return;
        }
        if let Some(version) = stored.as_mut() {
            let mut value = version.value.clone();
            change(&mut value);
            *version = Version::new(value);
        }
        drop((newest, stored));
        self.change(change);
    }

    /// Replaces the object's state by its row, which was read again.
    pub(crate) fn reread(&self, mut value: M) {
        value.fire_load();
        let version = Version::new(value);
        *self.stored.borrow_mut() = Some(Rc::clone(&version));
        self.publish(version);
        self.state.is_expired.set(false);
    }
}

/// Applies the changes of one guard on top of those that others made since it began.
fn merged<M: Model>(mut onto: M, base: &M, value: &M) -> M {
    for position in 0..M::COLUMNS.len() {
        if !value.same_column(base, position) {
            onto.copy_column(value, position);
        }
    }
    let mut at = 0;
    while let (Some(before), Some(after)) = (base.relation(at), value.relation(at)) {
        if !after.is_same(before)
            && let Some(place) = onto.relation_mut(at)
        {
            place.set(after.mode(), &after.items(), &after.gone());
        }
        at += 1;
    }
    onto
}

/// Returns the identity key of a row.
pub(super) fn key_of<M: Model>(row: &M) -> Key {
    match M::KEY_AT {
        [only] => Key::of(&[row.column_value(*only)]),
        several => Key::of(&several.iter().map(|at| row.column_value(*at)).collect::<Vec<_>>()),
    }
}

/// Returns the relationships of a model.
fn relations<M: Model>(value: &M) -> impl Iterator<Item = &dyn AnyRelation> {
    (0..).map_while(|at| value.relation(at))
}

impl<M: Record> AnyInstance for Instance<M> {
    fn state(&self) -> &InstanceState {
        &self.state
    }

    fn as_any(self: Rc<Self>) -> Rc<dyn Any> {
        self
    }

    fn changed(&self) -> Vec<usize> {
        let (newest, Some(stored)) = (self.newest(), self.stored()) else { return Vec::new() };
        if Rc::ptr_eq(&newest, &stored) {
            return Vec::new();
        }
        (0..M::COLUMNS.len()).filter(|&column| !newest.value.same_column(&stored.value, column)).collect()
    }

    fn differs(&self, column: usize) -> bool {
        let (newest, stored) = (self.newest.borrow(), self.stored.borrow());
        let stored = stored.as_ref().filter(|stored| !Rc::ptr_eq(&newest, stored));
        stored.is_some_and(|stored| !newest.value.same_column(&stored.value, column))
    }

    fn is_changed(&self) -> bool {
        let (newest, Some(stored)) = (self.newest(), self.stored()) else { return true };
        if Rc::ptr_eq(&newest, &stored) {
            return false;
        }
        let mut at = 0;
        while let (Some(now), Some(before)) = (newest.value.relation(at), stored.value.relation(at)) {
            if !now.is_same(before) {
                return true;
            }
            at += 1;
        }
        (0..M::COLUMNS.len()).any(|column| !newest.value.same_column(&stored.value, column))
    }

    fn value(&self, column: usize) -> Value {
        self.newest.borrow().value.column_value(column)
    }

    fn stored_value(&self, column: usize) -> Value {
        match &*self.stored.borrow() {
            Some(stored) => stored.value.column_value(column),
            None => self.value(column),
        }
    }

    fn wants_key(&self) -> bool {
        self.newest.borrow().value.wants_key()
    }

    fn key(&self) -> Key {
        key_of(&self.newest.borrow().value)
    }

    fn stored_key(&self) -> Key {
        match &*self.stored.borrow() {
            Some(stored) => key_of(&stored.value),
            None => self.key(),
        }
    }

    fn has_row(&self) -> bool {
        self.stored.borrow().is_some()
    }

    fn with_relation(&self, at: usize, visit: &mut RelationVisitor<'_>) {
        let (newest, stored) = (self.newest.borrow(), self.stored.borrow());
        if let Some(relation) = newest.value.relation(at) {
            visit(relation, stored.as_ref().and_then(|stored| stored.value.relation(at)));
        }
    }

    fn load(&self, at: usize, items: Vec<AnyEntity>) {
        self.set_committed_relation(at, &mut |relation| relation.load(items.clone()));
    }

    fn set_committed_relation(&self, at: usize, change: &mut dyn FnMut(&mut dyn AnyRelation)) {
        let name = self.state.mapper.relations.get(at).map_or("", |relation| relation.field);
        self.set_committed(|value| {
            if let Some(relation) = value.relation_mut(at) {
                change(relation);
                relation.set_name(name);
            }
        });
    }

    fn assign(&self, column: usize, value: Value) -> Result<()> {
        if self.value(column) == value {
            return Ok(());
        }
        let mut result = Ok(());
        self.change(|model| result = model.set_column(column, value.clone()));
        result
    }

    fn set_committed_values(&self, values: &[(usize, Value)]) -> Result<()> {
        if values.is_empty() {
            return Ok(());
        }
        let mut result = Ok(());
        self.set_committed(|model| {
            for (column, value) in values {
                if let Err(error) = model.set_column(*column, value.clone()) {
                    result = Err(error);
                }
            }
        });
        result
    }

    fn send(&self) {
        *self.sent.borrow_mut() = Some(self.newest());
    }

    fn end_send(&self, is_written: bool) {
        let sent = self.sent.take();
        if is_written {
            *self.stored.borrow_mut() = sent;
        }
    }

    fn settle_relations(&self, lead: &ForeignKeyResolver<'_>) {
        if !relations(&self.newest.borrow().value).any(|relation| relation.needs_settling()) {
            return;
        }
        self.set_committed(|value| {
            for (at, mapped) in self.state.mapper.relations.iter().enumerate() {
                let lead = lead(at, &|column| value.column_value(column));
                let Some(relation) = value.relation_mut(at) else { return };
                relation.settle();
                if relation.mode() != Mode::Loaded || !relation.is_bare() {
                    continue;
                }
                match lead {
                    ForeignKeyTarget::Nothing => continue,
                    ForeignKeyTarget::Object(target) => relation.set(Mode::Loaded, &[target], &[]),
                    ForeignKeyTarget::Unknown => relation.set(Mode::Unloaded, &[], &[]),
                }
                relation.set_name(mapped.field);
            }
        });
    }

    fn forget_row(&self) {
        self.stored.replace(None);
        self.state.leave(Status::Transient);
    }

    fn revert(&self) {
        if let Some(stored) = self.stored()
            && !Rc::ptr_eq(&stored, &self.newest())
        {
            let version = Version::new(stored.value.clone());
            *self.stored.borrow_mut() = Some(Rc::clone(&version));
            self.publish(version);
        }
    }

    fn snapshot(&self) -> Snapshot {
        let stored = self.stored();
        Snapshot {
            has_row: stored.is_some(),
            // A copy of a new object: its row's values are set in place, and a version that is held here would be copied each time.
            version: stored.unwrap_or_else(|| Version::new(self.newest.borrow().value.clone())),
        }
    }

    fn restore(&self, snapshot: &Snapshot) {
        if let Some(version) = snapshot.version.downcast_ref::<Version<M>>() {
            // A copy, as later versions follow the version itself.
            let version = Version::new(version.value.clone());
            *self.stored.borrow_mut() = snapshot.has_row.then(|| Rc::clone(&version));
            self.publish(version);
        }
    }

    fn unlink(&self) {
        let mut newest = self.newest.borrow_mut();
        let mut stored = self.stored.borrow_mut();
        *stored = None;
        if Rc::get_mut(&mut newest).is_none() {
            // Handles that still hold the version keep its relationships.
            *newest = Version::new(newest.value.clone());
        }
        if let Some(version) = Rc::get_mut(&mut newest) {
            let mut at = 0;
            while let Some(relation) = version.value.relation_mut(at) {
                relation.set(Mode::Unloaded, &[], &[]);
                relation.set_name(self.state.mapper.relations.get(at).map_or("", |relation| relation.field));
                at += 1;
            }
        }
        *stored = Some(Rc::clone(&newest));
    }

    fn links(&self, visit: &mut dyn FnMut(&dyn AnyInstance)) {
        let (newest, stored) = (self.newest.borrow(), self.stored.borrow());
        let before = stored.as_ref().filter(|stored| !Rc::ptr_eq(stored, &newest));
        let mut at = 0;
        while let Some(relation) = newest.value.relation(at) {
            let stored = before.and_then(|stored| stored.value.relation(at));
            // Handles that both versions share count once. Counting too few is safe, as an object with an uncounted handle is kept.
            for relation in stored.filter(|stored| !relation.is_same(*stored)).into_iter().chain([relation]) {
                relation.visit(visit);
            }
            at += 1;
        }
    }

    fn encode(&self, objects: &[AnyEntity], columns: &[usize]) -> Result<Vec<ColumnData>> {
        let slots = objects.iter().filter_map(|object| Rc::clone(&object.0).as_any().downcast::<Self>().ok());
        let versions: Vec<Rc<Version<M>>> = slots.map(|instance| instance.newest()).collect();
        let rows: Vec<&M> = versions.iter().map(|version| &version.value).collect();
        columns.iter().map(|&column| M::encode_column(&rows, column)).collect()
    }

    fn copy_onto(
        &self,
        other: &AnyEntity,
        is_given: &dyn Fn(usize) -> bool,
        is_copied: &dyn Fn(usize) -> bool,
        whom: &dyn Fn(&AnyEntity) -> AnyEntity,
    ) {
        let Some(onto) = other.downcast::<M>() else { return };
        let (value, base) = (self.newest(), onto.instance.newest());
        let mut merged = base.value.clone();
        for column in (0..M::COLUMNS.len()).filter(|&column| is_given(column) && M::VERSION != Some(column)) {
            merged.copy_column(&value.value, column);
        }
        let mut at = 0;
        while let (Some(relation), Some(place)) = (value.value.relation(at), merged.relation_mut(at)) {
            if is_copied(at) {
                place.take_over(relation, whom);
            }
            at += 1;
        }
        onto.instance.edited(&base, merged);
    }

    fn exchange(&self, whom: &dyn Fn(&AnyEntity) -> AnyEntity) {
        let newest = self.newest();
        let mut at = 0;
        while let Some(relation) = newest.value.relation(at) {
            let items: Vec<AnyEntity> = relation.items().iter().map(whom).collect();
            if items != relation.items() {
                self.change(|model| {
                    if let Some(place) = model.relation_mut(at) {
                        place.set(place.mode(), &items, &place.gone());
                    }
                });
            }
            at += 1;
        }
    }
}

/// Removes itself from its session's identity map.
impl<M> Drop for Instance<M> {
    fn drop(&mut self) {
        if let (Some(tracker), Some(key)) = (self.state.tracker(), self.state.key.borrow_mut().take()) {
            tracker.forget(self.state.mapper.of, key);
        }
    }
}
