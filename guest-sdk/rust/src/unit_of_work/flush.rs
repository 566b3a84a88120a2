//! A flush: the changes to send, and the state of objects once these are written.

use std::rc::Rc;

use super::{
    Event, UnitOfWork,
    back_populates::BackPopulates,
    changes::{ChangeSubject, Changes},
    flush_plan::{FlushPlan, is_null},
};
use crate::{
    Result,
    bindings::sqlservice::database::{rows::Batch, sessions::Change},
    instance::{AnyEntity, ForeignKeyTarget, Status},
    mapping::Direction,
    value::{Scalar, Value, column},
};

/// A planned flush that is not written yet. If it is dropped, nothing was written.
pub(crate) struct Flush {
    plan: FlushPlan,
    about: Vec<ChangeSubject>,
    moves: BackPopulates,
    is_sent: bool,
}

/// The written objects, with their events for hooks.
type Written = Vec<(AnyEntity, Event)>;

impl Flush {
    /// Plans a flush. Returns it with the changes to send.
    pub(crate) fn plan(unit: &Rc<UnitOfWork>) -> Result<(Self, Vec<Change>)> {
        let plan = FlushPlan::new(unit)?;
        let Changes { contract, about, .. } = Changes::new(&plan)?;
        let moves = BackPopulates::new(&plan);
        plan.involved.iter().for_each(|object| object.0.send());
        Ok((Self { plan, about, moves, is_sent: true }, contract))
    }

    /// Completes a written flush: objects take the sent values and those that the database returned.
    pub(crate) fn written(mut self, unit: &Rc<UnitOfWork>, returned: Vec<Batch>) -> Result<Written> {
        self.is_sent = false;
        let plan = &self.plan;
        for object in &plan.involved {
            let is_deleted = object.0.state().status() == Status::Deleted;
            object.0.end_send(!is_deleted || plan.row_switches.contains_key(&object.address()));
        }
        unit.set_returned(plan, &self.about, returned)?;
        let after = unit.settle(plan);
        std::mem::take(&mut self.moves).apply(unit, &self.plan);
        Ok(after)
    }
}

impl Drop for Flush {
    fn drop(&mut self) {
        if self.is_sent {
            self.plan.involved.iter().for_each(|object| object.0.end_send(false));
        }
    }
}

impl UnitOfWork {
    /// Sets the values that the database returned.
    fn set_returned(&self, plan: &FlushPlan, about: &[ChangeSubject], returned: Vec<Batch>) -> Result<()> {
        for (about, batch) in about.iter().zip(returned) {
            let (objects, columns, is_update) = match about {
                ChangeSubject::Inserts(objects, columns) => (objects, columns, false),
                ChangeSubject::Updates(objects, columns) => (objects, columns, true),
                ChangeSubject::Rest => continue,
            };
            let mut cells = batch.columns.into_iter().map(column::cells).collect::<Result<Vec<_>>>()?;
            let mut values: Vec<(usize, Value)> = Vec::new();
            for object in objects {
                let made = columns.iter().zip(&mut cells).filter_map(|(&column, cells)| Some((column, cells.next()?)));
                values.clear();
                values.extend(made);
                if let Some(version) = object.0.mapper().version.filter(|_| is_update) {
                    let row = plan.row_switches.get(&object.address()).unwrap_or(object);
                    values.extend(counted_up(row.0.stored_value(version)).map(|value| (version, value)));
                }
                object.0.set_committed_values(&values)?;
            }
        }
        self.set_referenced(plan)
    }

    /// Sets foreign keys to the keys of other rows that the flush inserted.
    fn set_referenced(&self, plan: &FlushPlan) -> Result<()> {
        let mut values = Vec::new();
        for (place, sources) in plan.sources.all() {
            let Some(object) = plan.involved.get(place) else { continue };
            values.clear();
            for (column, source) in sources {
                let (mut source, mut steps) = (source, plan.involved.len());
                while let Some(next) = plan.sources.get(&source.object, source.column).filter(|_| steps > 0) {
                    source = next;
                    steps -= 1;
                }
                values.push((*column, source.object.0.value(source.column)));
            }
            object.0.set_committed_values(&values)?;
        }
        Ok(())
    }

    /// Makes inserted and updated objects persistent and removes deleted ones from the identity map. Returns the events for hooks.
    fn settle(self: &Rc<Self>, plan: &FlushPlan) -> Vec<(AnyEntity, Event)> {
        let mut after = Vec::new();
        let has_hooks = |object: &&AnyEntity| object.0.mapper().hooks.is_some();
        for (event, objects) in [(Event::AfterInsert, &plan.inserts), (Event::AfterUpdate, &plan.updates)] {
            after.extend(objects.iter().filter(has_hooks).map(|object| (object.clone(), event)));
        }
        let gone = plan.deletes.iter().chain(plan.row_switches.values());
        for object in gone {
            self.unregister(object);
            object.0.state().is_gone.set(true);
        }
        after.extend(plan.deletes.iter().filter(has_hooks).map(|object| (object.clone(), Event::AfterDelete)));
        for list in [&self.pending, &self.changed, &self.deleted] {
            list.borrow_mut().retain(|object| object.0.state().mark.get() != plan.serial);
        }
        self.detached_owners.take();
        if self.deleted.borrow().is_empty() {
            self.forget_collections();
        }
        self.identity_map.borrow_mut().reserve(plan.inserts.len());
        for object in &plan.involved {
            let state = object.0.state();
            state.is_queued.set(false);
            state.has_joined.set(false);
            if state.status() == Status::Deleted {
                continue;
            }
            object.0.settle_relations(&|at, value| plan.lead(object, at, value));
            self.register_again(object);
            // It was edited while the flush was written, by a hook.
            if object.0.is_changed() {
                self.mark_changed(object.clone());
            }
        }
        // A post-update returns no values: the next `get` or query reads those that the database computed.
        let touched = plan
            .post_updates
            .iter()
            .map(|(object, _)| object)
            .filter(|object| object.status() == Status::Persistent && !object.0.mapper().touched.is_empty());
        touched.for_each(|object| object.0.state().is_expired.set(true));
        for object in plan.followers.by_database.iter().filter(|object| object.status() == Status::Persistent) {
            self.register_again(object);
        }
        after
    }

    /// Registers an object by the key that its row has now.
    fn register_again(self: &Rc<Self>, object: &AnyEntity) {
        let key = object.0.stored_key();
        if object.0.state().key.borrow().as_ref() != Some(&key) {
            self.unregister(object);
            self.register(object, key);
        }
    }
}

/// Returns the next version.
fn counted_up(version: Value) -> Option<Value> {
    match version {
        Value::Scalar(Scalar::Integer(version)) => Some(Value::Scalar(Scalar::Integer(version.wrapping_add(1)))),
        Value::Scalar(Scalar::Unsigned(version)) => Some(Value::Scalar(Scalar::Unsigned(version.wrapping_add(1)))),
        _ => None,
    }
}

impl FlushPlan {
    /// Returns the target of an object's own foreign key. Only an owner of the same flush is known.
    fn lead(&self, object: &AnyEntity, at: usize, value: &dyn Fn(usize) -> Value) -> ForeignKeyTarget {
        let is_null = |&column: &usize| is_null(&value(column));
        match object.0.mapper().relations.get(at) {
            Some(relation) if relation.direction == Direction::ManyToOne && !relation.local.iter().any(is_null) => {
                let owner = self.holders.by_inverse(object.0.state(), relation);
                owner.map_or(ForeignKeyTarget::Unknown, |owner| ForeignKeyTarget::Object(owner.clone()))
            }
            _ => ForeignKeyTarget::Nothing,
        }
    }
}
