//! The plan of a flush: which rows it inserts, updates and deletes, and which columns get keys of rows that it inserts.

mod update;

use std::{
    cell::{Cell, OnceCell},
    rc::Rc,
};

use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    UnitOfWork, delete_order,
    history::{RelationshipChange, RelationshipHistory},
    holders::Holders,
    update_cascade::Followers,
    value_source::{ValueSource, ValueSources},
};
use crate::{
    Error, Result,
    instance::{AnyEntity, Mode, Status},
    mapping::{Direction, RelationshipMapping},
    value::{Scalar, Value},
};

/// A row of a secondary table (many-to-many).
pub(super) struct Pair {
    pub(super) table: String,
    /// Its columns, each with the object and the object's column that hold the value.
    pub(super) cells: Vec<(String, AnyEntity, usize)>,
    /// Its columns that follow a changed key.
    pub(super) follows: Vec<String>,
    pub(super) primary_key: Vec<String>,
}

/// The writes of a flush: planned from the unit of work, sent as [`Changes`](super::changes::Changes).
#[derive(Default)]
pub(super) struct FlushPlan {
    pub(super) inserts: Vec<AnyEntity>,
    pub(super) updates: Vec<AnyEntity>,
    pub(super) deletes: Vec<AnyEntity>,
    /// The deleted objects whose rows new objects take, by the new object's address.
    pub(super) row_switches: FxHashMap<usize, AnyEntity>,
    /// Columns that get their values from other rows of the flush.
    pub(super) sources: ValueSources,
    /// The owners to whose one-to-many relationships objects were added.
    pub(super) holders: Holders,
    /// Columns of objects that a relationship sets. Few plans look them up, so the sets are built on first use.
    assigned: Vec<(usize, usize)>,
    all_assigned: OnceCell<FxHashSet<(usize, usize)>>,
    list_assigned: OnceCell<FxHashSet<(usize, usize)>>,
    /// Columns that are written by an update after the inserts, since rows need each other's keys.
    pub(super) post_updates: Vec<(AnyEntity, Vec<usize>)>,
    pub(super) new_pairs: Vec<Pair>,
    pub(super) old_pairs: Vec<Pair>,
    /// Owners with changed relationships, and the positions of these.
    pub(super) claims: Vec<(AnyEntity, usize)>,
    /// Foreign keys that follow changed keys.
    pub(super) followers: Followers,
    /// All objects of the flush: new, changed, deleted, and those that change because of them.
    pub(super) involved: Vec<AnyEntity>,
    /// The changed columns of persistent objects, by their places in the flush.
    changed: Vec<Vec<usize>>,
    /// The flush's number, which is the mark of the objects that it involves.
    pub(super) serial: u64,
}

impl FlushPlan {
    /// Plans the writes of a session.
    pub(super) fn new(unit: &Rc<UnitOfWork>) -> Result<Self> {
        let (inserts, deletes, serial) = (unit.pending(), unit.deleted(), serial());
        let mut plan =
            Self { serial, sources: ValueSources::new(serial), holders: Holders::new(serial), ..Self::default() };
        for object in inserts.iter().chain(&*unit.changed.borrow()).chain(&deletes) {
            unit.snapshot(object);
            plan.involve(object);
        }
        (plan.inserts, plan.deletes) = (inserts, deletes);
        let changes = plan.relationship_changes();
        for change in changes.iter().filter(|change| change.is(Direction::OneToMany)) {
            plan.link_one_to_many(unit, change)?;
        }
        for change in &changes {
            match change.relation.direction {
                Direction::OneToMany => {}
                Direction::ManyToOne => plan.link_many_to_one(unit, change)?,
                Direction::ManyToMany => plan.link_many_to_many(unit, change),
            }
        }
        // Last, as it depends on which objects got another owner.
        for change in changes.iter().filter(|change| change.is(Direction::OneToMany)) {
            plan.unlink_one_to_many(unit, change)?;
        }
        let claims = changes.into_iter().filter(|change| !change.is(Direction::ManyToOne) && !change.history.is_same);
        plan.claims = claims.map(|change| (change.object, change.at)).collect();
        plan.settle_sources(unit)?;
        plan.first_versions(unit)?;
        // New objects have no keys that others follow, and no rows to update.
        let has_others = plan.involved.len() > plan.inserts.len();
        if has_others {
            let is_assigned = |object: &AnyEntity, column| plan.is_assigned(object, column);
            plan.followers = unit.follow_keys(&plan.involved, &is_assigned)?;
            for object in plan.followers.by_flush.clone() {
                plan.involve(&object);
            }
        }
        plan.switch_rows();
        plan.post_updates.extend(delete_order::post_updates_before_delete(&plan.deletes));
        if has_others {
            plan.choose_updates();
        }
        plan.check_versions()?;
        Ok(plan)
    }

    fn involve(&mut self, object: &AnyEntity) {
        if object.0.state().put(self.serial, self.involved.len()) {
            self.involved.push(object.clone());
        }
    }

    /// Whether a relationship sets a column.
    pub(super) fn is_assigned(&self, object: &AnyEntity, column: usize) -> bool {
        self.sources.get(object, column).is_some() || self.all_assigned().contains(&(object.address(), column))
    }

    fn all_assigned(&self) -> &FxHashSet<(usize, usize)> {
        self.all_assigned.get_or_init(|| self.assigned.iter().copied().collect())
    }

    fn is_deleted(&self, object: &AnyEntity) -> bool {
        object.0.state().last_status() == Status::Deleted
    }

    /// Returns the changed relationships of all objects, and all relationships of deleted ones.
    fn relationship_changes(&self) -> Vec<RelationshipChange> {
        let mut changes = Vec::new();
        for object in &self.involved {
            for (at, relation) in object.0.mapper().relations.iter().enumerate() {
                let history = RelationshipHistory::of(object, at);
                if !history.is_same && !history.is_silent() || self.is_deleted(object) {
                    changes.push(RelationshipChange { object: object.clone(), relation, at, history });
                }
            }
        }
        changes
    }

    /// Sets the foreign keys of children that were removed from an owner to null, unless the children are deleted, too.
    fn unlink_one_to_many(&mut self, unit: &Rc<UnitOfWork>, change: &RelationshipChange) -> Result<()> {
        let RelationshipChange { object: owner, relation, history, .. } = change;
        let is_deleted = self.is_deleted(owner);
        let lost: Vec<AnyEntity> = if is_deleted {
            history.now.iter().chain(&history.before).cloned().collect()
        } else {
            history.removed().cloned().collect()
        };
        for child in lost {
            if self.is_deleted(&child) || child.status() != Status::Persistent {
                continue;
            }
            if relation.remote.iter().any(|&remote| self.all_assigned().contains(&(child.address(), remote))) {
                continue;
            }
            // The child's foreign key may refer to another owner by now.
            let points = |(&remote, &local): (&usize, &usize)| child.0.value(remote) == owner.0.stored_value(local);
            if relation.remote.iter().zip(&relation.local).all(points) {
                self.touch(unit, &child);
                self.set_null(unit, &child, &relation.remote, relation)?;
            }
        }
        Ok(())
    }

    /// Sets the foreign keys of children that were added to an owner to its key.
    fn link_one_to_many(&mut self, unit: &Rc<UnitOfWork>, change: &RelationshipChange) -> Result<()> {
        let RelationshipChange { object: owner, relation, history, .. } = change;
        if self.is_deleted(owner) {
            return Ok(());
        }
        for child in history.added() {
            if self.is_deleted(child) || unit.is_without(child) {
                continue;
            }
            self.touch(unit, child);
            self.set_from(unit, child, &relation.remote, owner, &relation.local)?;
            self.holders.put(child, owner, relation);
            if relation.post_update && is_closed_later(child, &relation.remote, owner) {
                self.post_updates.push((child.clone(), relation.remote.clone()));
            }
        }
        Ok(())
    }

    /// Sets an object's own foreign key to the key of the object that it refers to.
    fn link_many_to_one(&mut self, unit: &Rc<UnitOfWork>, change: &RelationshipChange) -> Result<()> {
        let RelationshipChange { object, relation, history, .. } = change;
        if self.is_deleted(object) {
            let is_null = relation.local.iter().any(|&column| is_null(&object.0.stored_value(column)));
            // The rows of a circle are deleted one after the other, so the foreign key between them is cleared first.
            if relation.post_update && !is_null && object.0.mapper().can_wait(&relation.local) {
                self.post_updates.push((object.clone(), relation.local.clone()));
            }
            return Ok(());
        }
        if history.is_same || matches!(history.mode, Mode::Unset | Mode::Unloaded) {
            return Ok(());
        }
        match history.now.first().filter(|target| !self.is_deleted(target)) {
            // Another owner's collection got the object. Clearing the reference to its old owner does not undo that.
            None if relation.local.iter().all(|&column| self.is_in_a_list(object, column)) => Ok(()),
            None => {
                self.set_null(unit, object, &relation.local, relation)?;
                self.assigned.extend(relation.local.iter().map(|&column| (object.address(), column)));
                Ok(())
            }
            Some(target) => {
                self.set_from(unit, object, &relation.local, target, &relation.remote)?;
                if relation.post_update && is_closed_later(object, &relation.local, target) {
                    self.post_updates.push((object.clone(), relation.local.clone()));
                }
                Ok(())
            }
        }
    }

    /// Whether a one-to-many relationship of an owner sets a column. Called while many-to-one relationships are linked.
    fn is_in_a_list(&self, object: &AnyEntity, column: usize) -> bool {
        let said = self.list_assigned.get_or_init(|| self.assigned.iter().copied().collect());
        said.contains(&(object.address(), column))
    }

    /// Inserts and deletes rows of the secondary table.
    fn link_many_to_many(&mut self, unit: &Rc<UnitOfWork>, change: &RelationshipChange) {
        let RelationshipChange { object: owner, relation, history, .. } = change;
        let Some(secondary) = &relation.secondary else { return };
        let pair = |item: &AnyEntity| {
            let local =
                secondary.local.iter().zip(&relation.local).map(|(name, &at)| (name.clone(), owner.clone(), at));
            let remote =
                secondary.remote.iter().zip(&relation.remote).map(|(name, &at)| (name.clone(), item.clone(), at));
            let mut cells: Vec<_> = local.chain(remote).collect();
            cells.sort_by(|(one, ..), (other, ..)| one.cmp(other));
            let (table, primary_key) = (secondary.table.clone(), secondary.primary_key.clone());
            Pair { table, cells, follows: secondary.follows.clone(), primary_key }
        };
        let mut old: Vec<AnyEntity> = history.removed().cloned().collect();
        if self.is_deleted(owner) {
            let now: FxHashSet<usize> = history.now.iter().map(AnyEntity::address).collect();
            old.extend(history.before.iter().filter(|item| now.contains(&item.address())).cloned());
        } else {
            let is_there = |item: &&AnyEntity| !self.is_deleted(item) && !unit.is_without(item);
            let new: Vec<Pair> = history.added().filter(is_there).map(pair).collect();
            self.new_pairs.extend(new);
        }
        let has_row = |item: &&AnyEntity| owner.0.has_row() && item.0.has_row();
        self.old_pairs.extend(old.iter().filter(has_row).map(pair));
    }

    /// Adds an object to the flush, as another object changes it.
    fn touch(&mut self, unit: &Rc<UnitOfWork>, object: &AnyEntity) {
        unit.snapshot(object);
        self.involve(object);
    }

    fn set_null(
        &mut self,
        unit: &UnitOfWork,
        object: &AnyEntity,
        columns: &[usize],
        relation: &RelationshipMapping,
    ) -> Result<()> {
        self.holders.forget(object);
        for &column in columns {
            self.sources.forget(object, column);
            unit.assign(object, column, Value::Scalar(Scalar::Null)).map_err(|_| {
                let mapper = object.0.mapper();
                Error::invalid(format!(
                    "without {:?} a row of {:?} has no {:?}: make the column an Option, or let it follow with the cascade \
                     \"all, delete-orphan\"",
                    relation.name,
                    mapper.table,
                    mapper.columns.get(column).copied().unwrap_or_default()
                ))
            })?;
        }
        Ok(())
    }

    fn set_from(
        &mut self,
        unit: &UnitOfWork,
        object: &AnyEntity,
        columns: &[usize],
        of: &AnyEntity,
        from: &[usize],
    ) -> Result<()> {
        self.holders.forget(object);
        for (&column, &from) in columns.iter().zip(from) {
            self.sources.forget(object, column);
            self.assigned.push((object.address(), column));
            if of.0.has_row() {
                unit.assign(object, column, of.0.value(from))?;
                continue;
            }
            if of.status() != Status::Pending {
                return Err(Error::invalid(format!(
                    "a row of {:?} is related to an object that has no row",
                    object.table()
                )));
            }
            let is_made = of.0.wants_key() && of.0.mapper().generated == Some(from);
            if !is_made && self.sources.get(of, from).is_none() {
                unit.assign(object, column, of.0.value(from))?;
            }
            self.sources.put(object, column, ValueSource { object: of.clone(), column: from });
        }
        Ok(())
    }

    /// Assigns columns whose values do not depend on an insert.
    fn settle_sources(&mut self, unit: &UnitOfWork) -> Result<()> {
        for (place, column, value) in self.sources.known() {
            let Some(object) = self.involved.get(place).cloned() else { continue };
            self.sources.forget(&object, column);
            unit.assign(&object, column, value)?;
        }
        Ok(())
    }
}

/// Whether a new row gets its foreign key only after both rows are inserted (`post_update`).
fn is_closed_later(object: &AnyEntity, columns: &[usize], target: &AnyEntity) -> bool {
    !object.0.has_row() && target.status() == Status::Pending && object.0.mapper().can_wait(columns)
}

/// Returns a number that is unique in the thread and higher than any list index.
pub(super) fn serial() -> u64 {
    thread_local! {
        static SERIAL: Cell<u64> = const { Cell::new(1 << 32) };
    }
    SERIAL.replace(SERIAL.get() + 1)
}

pub(super) fn is_null(value: &Value) -> bool {
    matches!(value, Value::Scalar(Scalar::Null))
}
