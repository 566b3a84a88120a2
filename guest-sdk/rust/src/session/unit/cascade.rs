//! What follows an object into the session, and whom a flush tells of what it is going to do.

use std::rc::Rc;

use rustc_hash::FxHashSet;

use super::{Direction, Mapped, Mapper, Unit, draft::serial};
use crate::{
    Error, Result, Session,
    entity::{AnyEntity, Status},
    event::Event,
};

impl Unit {
    /// Everything that the next flush is about: until nothing follows and nobody who is told changes anything.
    pub(super) async fn gather(self: &Rc<Self>, session: &Session) -> Result<()> {
        let mut told = FxHashSet::default();
        self.rescued.borrow_mut().clear();
        loop {
            self.reach()?;
            self.follow_deletes().await?;
            if !self.tell_before(session, &mut told).await? {
                return Ok(());
            }
            // A handler may have given another owner to what was to follow.
            self.take_back_followers();
        }
    }

    /// Gives an object that is added by name, and everything new that it leads to, their turns, each once. It has its turn after all
    /// that are there, and then what it leads to, each with its own before the next: the keys that the database makes follow that
    /// order.
    pub(super) fn take_turns(&self, object: &AnyEntity) {
        let mut left = vec![object.clone()];
        while let Some(object) = left.pop() {
            if object.status() != Status::Transient || !object.0.life().take_turn(self.id) {
                continue;
            }
            let first = left.len();
            let relations = object.0.mapper().relations.iter().enumerate();
            for (at, _) in relations.filter(|(_, relation)| relation.save_update) {
                object.0.look(at, &mut |now, _| left.extend(now.items()));
            }
            // The last one is taken first.
            left[first..].reverse();
        }
    }

    /// Adds what is related to objects of the session.
    fn reach(self: &Rc<Self>) -> Result<()> {
        self.reach_all()?;
        let turn = |object: &AnyEntity| object.0.life().turn();
        let mut pending = self.pending.borrow_mut();
        if !pending.is_sorted_by_key(turn) {
            pending.sort_by_cached_key(turn);
        }
        Ok(())
    }

    fn reach_all(self: &Rc<Self>) -> Result<()> {
        let mut left: Vec<AnyEntity> = self.changed.borrow().iter().rev().cloned().collect();
        left.extend(self.pending.borrow().iter().rev().cloned());
        let serial = serial();
        left.iter().for_each(|object| object.0.life().mark.set(serial));
        let mut items = Vec::new();
        while let Some(object) = left.pop() {
            let mapper = object.0.mapper();
            for (at, relation) in mapper.relations.iter().enumerate() {
                let mut is_said = true;
                object.0.look(at, &mut |relation, stored| {
                    relation.list(&mut items);
                    is_said = items.is_empty() || !stored.is_some_and(|stored| relation.is_same(stored));
                });
                for item in items.drain(..) {
                    let before = item.status();
                    self.join(&item, mapper, relation, is_said)?;
                    let is_joined = item.status() == Status::Pending || item.status() != before;
                    if is_joined && item.0.life().mark.replace(serial) != serial {
                        left.push(item);
                    }
                }
            }
        }
        Ok(())
    }

    /// Puts an object into the session that another one of the session is related to.
    fn join(self: &Rc<Self>, item: &AnyEntity, mapper: &Mapper, relation: &Mapped, is_said: bool) -> Result<()> {
        let life = item.0.life();
        let is_taken_out = life.taken_out_of.get() == self.id;
        match item.status() {
            // A list goes on without it; a foreign key to it that is to be written has no value.
            Status::Detached if is_taken_out => Ok(()),
            Status::Transient if is_taken_out && !(is_said && relation.direction == Direction::ToOne) => Ok(()),
            Status::Transient if relation.save_update && !is_taken_out => {
                self.attach(item)?;
                life.has_joined.set(true);
                Ok(())
            }
            Status::Detached if relation.save_update => self.attach(item),
            Status::Transient => {
                let (name, table) = (&relation.name, mapper.table);
                let why = if is_taken_out { "was taken out of it" } else { "does not cascade" };
                Err(Error::invalid(format!(
                    "{name:?} of a row of {table:?} has an object that is in no session, and {why}: add it"
                )))
            }
            Status::Pending | Status::Persistent | Status::Deleted if !life.is_of(self) => Err(Error::AlreadyAttached),
            _ => Ok(()),
        }
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
