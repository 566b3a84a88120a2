//! A flush from its beginning to its end: what follows, what is sent, what came back.

use std::rc::Rc;

use super::{
    Direction, Unit,
    attempt::Attempt,
    changes::{About, Changes},
    draft::{Draft, is_null},
    inverse::Moves,
};
use crate::{
    Error, Result, Session, Value,
    bindings::sqlservice::database::rows::Batch,
    entity::{AnyEntity, Lead, Status},
    event::Event,
    value::{Scalar, column},
};

/// How often a commit flushes at most, as its handlers of events go on to change something.
const FLUSHES: usize = 100;

impl Unit {
    /// Whether the next statement has something to flush before it.
    pub(crate) fn wants_flush(&self) -> bool {
        self.quiet.get() == 0 && self.options.autoflush && !self.is_telling.get() && !self.is_clean()
    }

    /// Writes everything that is to be written, and what handlers of events leave to be written, until they leave nothing.
    ///
    /// # Errors
    /// [`Error::EndlessFlush`] where they still do after [`FLUSHES`].
    pub(crate) async fn flush_all(self: &Rc<Self>, session: &Session) -> Result<()> {
        for _ in 0..FLUSHES {
            if !self.flush(session).await? || self.is_clean() {
                return Ok(());
            }
        }
        let left = [self.pending(), self.dirty(), self.deleted()].concat();
        let mut tables: Vec<String> = left.iter().map(|object| object.table().to_owned()).collect();
        tables.sort_unstable();
        tables.dedup();
        Err(Error::EndlessFlush(tables))
    }

    /// Writes everything that is to be written, in one crossing. Whether handlers were told afterwards, who may have changed
    /// something.
    pub(crate) async fn flush(self: &Rc<Self>, session: &Session) -> Result<bool> {
        self.check()?;
        // A handler of an event has no flush of its own: it is in one.
        if self.is_clean() || self.is_telling.get() {
            return Ok(false);
        }
        let _turn = self.flushing.lock().await;
        let flushed = self.flush_alone(session).await;
        if flushed.is_err() && !self.options.flush_savepoints {
            self.failed.set(true);
        }
        flushed
    }

    async fn flush_alone(self: &Rc<Self>, session: &Session) -> Result<bool> {
        let attempt = Attempt::begin(self);
        self.gather(session).await?;
        let draft = Draft::new(self)?;
        let changes = Changes::new(&draft)?;
        let moves = Moves::new(&draft);
        let sent = Sent::begin(&draft.involved);
        let Changes { contract, about, .. } = changes;
        let returned = if contract.is_empty() {
            Vec::new()
        } else {
            self.has_written.set(true);
            self.contract.flush(contract).await?
        };
        attempt.keep();
        let is_written =
            |object: &AnyEntity| !self.is_deleted(object) || draft.switched.contains_key(&object.address());
        sent.arrive(&is_written);
        self.learn(&draft, &about, returned)?;
        let after = self.settle(&draft);
        moves.apply(self, &draft);
        let is_told = !after.is_empty();
        for (object, event) in after {
            self.tell(object, event, session).await?;
        }
        Ok(is_told)
    }

    fn is_deleted(&self, object: &AnyEntity) -> bool {
        object.0.life().status() == Status::Deleted
    }

    /// Gives objects what the database made.
    fn learn(&self, draft: &Draft, about: &[About], returned: Vec<Batch>) -> Result<()> {
        for (about, batch) in about.iter().zip(returned) {
            let (objects, columns, is_update) = match about {
                About::Inserts(objects, columns) => (objects, columns, false),
                About::Updates(objects, columns) => (objects, columns, true),
                About::Rest => continue,
            };
            let malformed = |_| Error::other("the host sent a malformed batch");
            let mut cells = (batch.columns.into_iter())
                .map(|data| {
                    Ok(column::scalars(data.values, data.validity.as_deref()).map_err(malformed)?.collect::<Vec<_>>())
                })
                .map(|cells: Result<Vec<Value>>| cells.map(Vec::into_iter))
                .collect::<Result<Vec<_>>>()?;
            let mut values: Vec<(usize, Value)> = Vec::new();
            for object in objects {
                let made = columns.iter().zip(&mut cells).filter_map(|(&column, cells)| Some((column, cells.next()?)));
                values.clear();
                values.extend(made);
                if let Some(version) = object.0.mapper().version.filter(|_| is_update) {
                    let row = draft.switched.get(&object.address()).unwrap_or(object);
                    values.extend(counted_up(row.0.stored_value(version)).map(|value| (version, value)));
                }
                object.0.learn_values(&values)?;
            }
        }
        self.learn_sources(draft)
    }

    /// Gives objects the keys of other rows that the flush made.
    fn learn_sources(&self, draft: &Draft) -> Result<()> {
        let mut values = Vec::new();
        for (place, sources) in draft.sources.all() {
            let Some(object) = draft.involved.get(place) else { continue };
            values.clear();
            for (column, source) in sources {
                let (mut source, mut steps) = (source, draft.involved.len());
                while let Some(next) = draft.sources.get(&source.object, source.column).filter(|_| steps > 0) {
                    source = next;
                    steps -= 1;
                }
                values.push((*column, source.object.0.value(source.column)));
            }
            object.0.learn_values(&values)?;
        }
        Ok(())
    }

    /// Everything was written: what is in the session and how. The events of it.
    fn settle(self: &Rc<Self>, draft: &Draft) -> Vec<(AnyEntity, Event)> {
        let mut after = Vec::new();
        let hears = |object: &&AnyEntity| object.0.mapper().hears;
        for (event, objects) in [(Event::AfterInsert, &draft.inserts), (Event::AfterUpdate, &draft.updates)] {
            after.extend(objects.iter().filter(hears).map(|object| (object.clone(), event)));
        }
        let gone = draft.deletes.iter().chain(draft.switched.values());
        for object in gone {
            self.unregister(object);
            object.0.life().is_gone.set(true);
        }
        after.extend(draft.deletes.iter().filter(hears).map(|object| (object.clone(), Event::AfterDelete)));
        for list in [&self.pending, &self.changed, &self.deleted] {
            list.borrow_mut().retain(|object| object.0.life().mark.get() != draft.serial);
        }
        self.outside.take();
        if self.deleted.borrow().is_empty() {
            self.forget_listed();
        }
        self.known.borrow_mut().reserve(draft.inserts.len());
        for object in &draft.involved {
            let life = object.0.life();
            life.is_queued.set(false);
            life.has_joined.set(false);
            if life.status() == Status::Deleted {
                continue;
            }
            object.0.settle_relations(&|at, value| draft.lead(object, at, value));
            self.register_again(object);
            // Somebody edited it while it was written.
            if object.0.is_changed() {
                self.changed(Rc::clone(&object.0));
            }
        }
        // What the database made of an update that came later is read by the next `get` or query.
        let touched = draft
            .late
            .iter()
            .map(|(object, _)| object)
            .filter(|object| object.status() == Status::Persistent && !object.0.mapper().touched.is_empty());
        touched.for_each(|object| object.0.life().is_expired.set(true));
        for object in draft.followers.by_database.iter().filter(|object| object.status() == Status::Persistent) {
            self.register_again(object);
        }
        after
    }

    /// Puts an object into the map by the key that its row has now.
    fn register_again(self: &Rc<Self>, object: &AnyEntity) {
        let key = object.0.stored_key();
        if object.0.life().key.borrow().as_ref() != Some(&key) {
            self.unregister(object);
            self.register(object, key);
        }
    }
}

/// The next version.
fn counted_up(version: Value) -> Option<Value> {
    match version {
        Value::Scalar(Scalar::Integer(version)) => Some(Value::Scalar(Scalar::Integer(version.wrapping_add(1)))),
        Value::Scalar(Scalar::Unsigned(version)) => Some(Value::Scalar(Scalar::Unsigned(version.wrapping_add(1)))),
        _ => None,
    }
}

impl Draft {
    /// Where an object's own foreign key leads, as its row says: an owner that took it in is known.
    fn lead(&self, object: &AnyEntity, at: usize, value: &dyn Fn(usize) -> Value) -> Lead {
        let is_null = |&column: &usize| is_null(&value(column));
        match object.0.mapper().relations.get(at) {
            Some(relation) if relation.direction == Direction::ToOne && !relation.near.iter().any(is_null) => {
                let owner = self.holders.along(object.0.life(), relation);
                owner.map_or(Lead::Unknown, |owner| Lead::To(owner.clone()))
            }
            _ => Lead::Nowhere,
        }
    }
}

/// What a flush sends, until the answer is there. Where it goes without one, nothing was written.
struct Sent<'a>(&'a [AnyEntity]);

impl<'a> Sent<'a> {
    fn begin(objects: &'a [AnyEntity]) -> Self {
        objects.iter().for_each(|object| object.0.send());
        Self(objects)
    }

    /// It is written: the rows of those that are chosen are what was sent.
    fn arrive(mut self, is_written: &dyn Fn(&AnyEntity) -> bool) {
        let objects = std::mem::take(&mut self.0);
        objects.iter().for_each(|object| object.0.end_send(is_written(object)));
    }
}

impl Drop for Sent<'_> {
    fn drop(&mut self) {
        self.0.iter().for_each(|object| object.0.end_send(false));
    }
}
