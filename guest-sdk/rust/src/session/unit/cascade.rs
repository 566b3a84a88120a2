//! What follows an object into the session and out of the database.

use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    Direction, Mapped, Mapper, ModelId, Unit,
    attempt::Attempted,
    draft::{is_null, serial},
    load::From,
};
use crate::{
    Error, Result, Session,
    entity::{AnyEntity, Status},
    event::Event,
    relation::{LoadNode, Mode},
    session::RunOptions,
};

/// Objects with a relationship that has to be known, by its model and position.
type Wanted = FxHashMap<(ModelId, usize), Vec<AnyEntity>>;

impl Unit {
    /// Everything that the next flush is about: until nothing follows and nobody who is told changes anything.
    pub(super) async fn gather(self: &Rc<Self>, session: &Session) -> Result<()> {
        let mut told = FxHashSet::default();
        let mut walked = FxHashSet::default();
        loop {
            self.reach()?;
            self.follow_deletes(&mut walked).await?;
            if !self.tell_before(session, &mut told).await? {
                return Ok(());
            }
        }
    }

    /// Adds what is related to objects of the session.
    fn reach(self: &Rc<Self>) -> Result<()> {
        let mut left: Vec<AnyEntity> = self.changed.borrow().iter().rev().cloned().collect();
        left.extend(self.pending.borrow().iter().rev().cloned());
        let serial = serial();
        left.iter().for_each(|object| object.0.life().mark.set(serial));
        while let Some(object) = left.pop() {
            let mapper = object.0.mapper();
            for (at, relation) in mapper.relations.iter().enumerate() {
                let mut items = Vec::new();
                object.0.look(at, &mut |relation, _| items = relation.items());
                for item in items {
                    match item.status() {
                        Status::Transient if relation.save_update => {
                            self.attach(&item)?;
                            self.attempt(Attempted::Joined(item.clone()));
                        }
                        Status::Detached if relation.save_update => self.attach(&item)?,
                        Status::Transient => {
                            let (name, table) = (&relation.name, mapper.table);
                            return Err(Error::invalid(format!(
                                "{name:?} of a row of {table:?} has an object that is in no session, and does not cascade: add it"
                            )));
                        }
                        Status::Pending | Status::Persistent | Status::Deleted if !item.0.life().is_of(self) => {
                            return Err(Error::AlreadyAttached);
                        }
                        _ => {}
                    }
                    if item.status() == Status::Pending && item.0.life().mark.replace(serial) != serial {
                        left.push(item);
                    }
                }
            }
        }
        Ok(())
    }

    /// Deletes what follows deleted objects and what lost its owner. What has to be known for that and is not is read with
    /// one query a relationship.
    async fn follow_deletes(self: &Rc<Self>, walked: &mut FxHashSet<usize>) -> Result<()> {
        loop {
            let mut wanted = Wanted::default();
            let mut new = Vec::new();
            for object in self.deleted() {
                if walked.contains(&object.address()) {
                    continue;
                }
                if want(&object, true, &mut wanted) {
                    new.push(object);
                }
            }
            for object in &*self.changed.borrow() {
                if object.status() == Status::Persistent {
                    want(object, false, &mut wanted);
                }
            }
            for object in &new {
                walked.insert(object.address());
                self.delete_related(object)?;
            }
            self.delete_orphans()?;
            if wanted.is_empty() && self.deleted.borrow().iter().all(|object| walked.contains(&object.address())) {
                return Ok(());
            }
            for ((_, position), objects) in wanted {
                let Some(mapper) = objects.first().map(|object| object.0.mapper()) else { continue };
                let nodes = [LoadNode::of(position)];
                self.load(mapper, From::Objects(objects), &nodes, false, RunOptions::default()).await?;
            }
        }
    }

    /// Deletes what a deleted object takes along.
    fn delete_related(self: &Rc<Self>, object: &AnyEntity) -> Result<()> {
        let mapper = object.0.mapper();
        for (at, relation) in mapper.relations.iter().enumerate() {
            if !relation.delete {
                continue;
            }
            let mut items = Vec::new();
            object.0.look(at, &mut |now, stored| {
                items = now.items();
                items.extend(stored.map(|stored| stored.items()).unwrap_or_default());
            });
            items.iter().try_for_each(|item| self.take_along(item))?;
        }
        Ok(())
    }

    /// Takes an object along that goes with another one.
    fn take_along(self: &Rc<Self>, item: &AnyEntity) -> Result<()> {
        match item.status() {
            Status::Pending => {
                self.expunge(item);
                self.attempt(Attempted::Left(item.clone()));
            }
            Status::Persistent => {
                self.delete(item)?;
                self.attempt(Attempted::Deleted(item.clone()));
            }
            Status::Transient | Status::Deleted | Status::Detached => {}
        }
        Ok(())
    }

    /// Deletes objects that were taken away from an owner without whom they are nothing, and that nobody else took.
    fn delete_orphans(self: &Rc<Self>) -> Result<()> {
        let owns = |mapper: &&Mapper| mapper.relations.iter().any(|relation| relation.delete_orphan);
        if !super::mapper::mappers().iter().any(owns) {
            return Ok(());
        }
        let mut taken = FxHashSet::default();
        let mut lost: Vec<AnyEntity> = Vec::new();
        let owners = self.changed.borrow().iter().chain(&*self.pending.borrow()).cloned().collect::<Vec<_>>();
        for owner in owners {
            for (at, relation) in owner.0.mapper().relations.iter().enumerate() {
                if !relation.delete_orphan {
                    continue;
                }
                owner.0.look(at, &mut |now, stored| {
                    let before = stored.map(|stored| stored.items()).unwrap_or_default();
                    let items = now.items();
                    taken.extend(items.iter().filter(|item| !before.contains(item)).map(AnyEntity::address));
                    let gone = before.into_iter().filter(|item| !items.contains(item)).chain(now.gone());
                    lost.extend(gone.filter(|item| !has_another(item, &owner, relation)));
                });
            }
        }
        let orphans = lost.iter().filter(|item| !taken.contains(&item.address()));
        orphans.into_iter().try_for_each(|item| self.take_along(item))
    }

    /// Tells objects of what is going to happen to them, those that were not told. Whether there were any.
    async fn tell_before(&self, session: &Session, told: &mut FxHashSet<(usize, bool)>) -> Result<bool> {
        if !super::mapper::mappers().iter().any(|mapper| mapper.hears) {
            return Ok(false);
        }
        let deleted = self.deleted().into_iter().map(|object| (object, Event::BeforeDelete));
        let dirty = self.dirty().into_iter().filter(|object| !object.0.changed().is_empty());
        let dirty = dirty.map(|object| (object, Event::BeforeUpdate));
        let pending = self.pending().into_iter().map(|object| (object, Event::BeforeInsert));
        let events: Vec<(AnyEntity, Event)> = pending
            .chain(dirty)
            .chain(deleted)
            .filter(|(object, _)| object.0.mapper().hears)
            .filter(|(object, event)| !told.contains(&(object.address(), *event == Event::BeforeDelete)))
            .collect();
        let mut any = false;
        for (object, event) in events {
            told.insert((object.address(), event == Event::BeforeDelete));
            any |= self.tell(object, event, session).await?;
        }
        Ok(any)
    }

    /// Tells an object of an event. Whether it listens.
    pub(super) async fn tell(&self, object: AnyEntity, event: Event, session: &Session) -> Result<bool> {
        let Some(happening) = object.0.happen(event, session) else { return Ok(false) };
        let _telling = Telling::begin(self);
        happening.await.map(|()| true)
    }
}

/// While a handler of events runs.
struct Telling<'a>(&'a Unit);

impl<'a> Telling<'a> {
    fn begin(unit: &'a Unit) -> Self {
        unit.is_telling.set(true);
        Self(unit)
    }
}

impl Drop for Telling<'_> {
    fn drop(&mut self) {
        self.0.is_telling.set(false);
    }
}

/// Whether an object that was taken away from its owner says itself that it has another one, by its own relationship or by its
/// foreign key.
fn has_another(item: &AnyEntity, owner: &AnyEntity, relation: &Mapped) -> bool {
    if relation.direction != Direction::ToMany {
        return false;
    }
    let of = owner.0.mapper().of;
    let mut points = false;
    for (at, back) in item.0.mapper().relations.iter().enumerate() {
        if back.direction == Direction::ToOne && back.near == relation.far && (back.target)().of == of {
            item.0.look(at, &mut |now, stored| {
                let is_said = stored.is_some_and(|stored| !now.is_same(stored));
                points |= is_said && now.items().first().is_some_and(|to| to != owner);
            });
        }
    }
    let differs = |(&far, &near): (&usize, &usize)| {
        let value = item.0.value(far);
        !is_null(&value) && value != owner.0.stored_value(near)
    };
    points || relation.far.iter().zip(&relation.near).any(differs)
}

/// Whether everything is known that has to be, to delete an object or to write what it is related to; what is not is wanted.
fn want(object: &AnyEntity, is_deleted: bool, wanted: &mut Wanted) -> bool {
    let mapper = object.0.mapper();
    let mut is_known = true;
    for (at, relation) in mapper.relations.iter().enumerate() {
        let mut mode = Mode::Loaded;
        object.0.look(at, &mut |relation, _| mode = relation.mode());
        let needs = match relation.direction {
            Direction::ToOne => (is_deleted && relation.delete) || (mode == Mode::Replaced && relation.delete_orphan),
            Direction::ToMany | Direction::Through => is_deleted && !relation.passive_deletes || mode == Mode::Replaced,
        };
        if needs && matches!(mode, Mode::Unloaded | Mode::Replaced | Mode::Unset) && object.0.has_row() {
            is_known = false;
            wanted.entry((mapper.of, at)).or_default().push(object.clone());
        }
    }
    is_known
}
