//! Which rows a flush writes, and which of their columns come from rows that it makes.

mod update;

use std::{
    cell::{Cell, OnceCell},
    rc::Rc,
};

use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    UnitOfWork, delete_order,
    history::{Says, Seen},
    holders::Holders,
    source::{Source, Sources},
    update_cascade::Followers,
};
use crate::{
    Error, Result,
    instance::{AnyEntity, Mode, Status},
    mapping::{Direction, Mapped},
    value::{Scalar, Value},
};

/// A row of a table between two others.
pub(super) struct Pair {
    pub(super) table: String,
    /// Its columns, and the objects whose columns they are.
    pub(super) cells: Vec<(String, AnyEntity, usize)>,
    /// Those of its columns that follow a key which changes.
    pub(super) follows: Vec<String>,
    pub(super) primary_key: Vec<String>,
}

/// What a flush writes.
#[derive(Default)]
pub(super) struct FlushPlan {
    pub(super) inserts: Vec<AnyEntity>,
    pub(super) updates: Vec<AnyEntity>,
    pub(super) deletes: Vec<AnyEntity>,
    /// New objects that take the row of a deleted one, by their address.
    pub(super) switched: FxHashMap<usize, AnyEntity>,
    /// Where columns of objects come from.
    pub(super) sources: Sources,
    /// Owners that took objects in.
    pub(super) holders: Holders,
    /// Columns of objects that somebody said a value of; looked up by few, once all are there.
    said: Vec<(usize, usize)>,
    all_said: OnceCell<FxHashSet<(usize, usize)>>,
    lists_said: OnceCell<FxHashSet<(usize, usize)>>,
    /// Columns that are written by an update after the inserts, since rows need each other's keys.
    pub(super) late: Vec<(AnyEntity, Vec<usize>)>,
    pub(super) new_pairs: Vec<Pair>,
    pub(super) old_pairs: Vec<Pair>,
    /// Owners that say whom they have, which their rows do not, and the positions of the relationships.
    pub(super) claims: Vec<(AnyEntity, usize)>,
    /// What follows keys that change.
    pub(super) followers: Followers,
    /// Objects that the flush changes or that say something else than their rows.
    pub(super) involved: Vec<AnyEntity>,
    /// Which columns of those that are there differ from their rows, by their places in the flush.
    changed: Vec<Vec<usize>>,
    /// Names the flush: what it involves has this mark.
    pub(super) serial: u64,
}

impl FlushPlan {
    /// What the session has to write.
    pub(super) fn new(unit: &Rc<UnitOfWork>) -> Result<Self> {
        let (inserts, deletes, serial) = (unit.pending(), unit.deleted(), serial());
        let mut plan = Self { serial, sources: Sources::new(serial), holders: Holders::new(serial), ..Self::default() };
        for object in inserts.iter().chain(&*unit.changed.borrow()).chain(&deletes) {
            unit.remember(object);
            plan.involve(object);
        }
        (plan.inserts, plan.deletes) = (inserts, deletes);
        let says = plan.says();
        for Says { object, relation, seen, .. } in says.iter().filter(|says| says.is(Direction::ToMany)) {
            plan.take_in(unit, object, relation, seen)?;
        }
        for Says { object, relation, seen, .. } in &says {
            match relation.direction {
                Direction::ToMany => {}
                Direction::ToOne => plan.point(unit, object, relation, seen)?,
                Direction::Through => plan.pair(unit, object, relation, seen),
            }
        }
        // Last, when it is known who has got somebody else.
        for Says { object, relation, seen, .. } in says.iter().filter(|says| says.is(Direction::ToMany)) {
            plan.give_up(unit, object, relation, seen)?;
        }
        let claims = says.into_iter().filter(|says| !says.is(Direction::ToOne) && !says.seen.is_same);
        plan.claims = claims.map(|says| (says.object, says.at)).collect();
        plan.settle_sources(unit)?;
        plan.first_versions(unit)?;
        // New objects have no keys that others follow, and no rows to update.
        let has_others = plan.involved.len() > plan.inserts.len();
        if has_others {
            let is_said = |object: &AnyEntity, column| plan.is_said(object, column);
            plan.followers = unit.follow_keys(&plan.involved, &is_said)?;
            for object in plan.followers.by_flush.clone() {
                plan.involve(&object);
            }
        }
        plan.switch_rows();
        plan.late.extend(delete_order::opened(&plan.deletes));
        if has_others {
            plan.choose_updates();
        }
        plan.check_versions()?;
        Ok(plan)
    }

    fn involve(&mut self, object: &AnyEntity) {
        if object.0.life().put(self.serial, self.involved.len()) {
            self.involved.push(object.clone());
        }
    }

    /// Whether a relationship says what a column is.
    pub(super) fn is_said(&self, object: &AnyEntity, column: usize) -> bool {
        self.sources.get(object, column).is_some() || self.all_said().contains(&(object.address(), column))
    }

    fn all_said(&self) -> &FxHashSet<(usize, usize)> {
        self.all_said.get_or_init(|| self.said.iter().copied().collect())
    }

    fn is_deleted(&self, object: &AnyEntity) -> bool {
        object.0.life().last_status() == Status::Deleted
    }

    /// What the objects say of their relationships that their rows do not, and all that those say which go.
    fn says(&self) -> Vec<Says> {
        let mut says = Vec::new();
        for object in &self.involved {
            for (at, relation) in object.0.mapper().relations.iter().enumerate() {
                let seen = Seen::of(object, at);
                if !seen.is_same && !seen.is_silent() || self.is_deleted(object) {
                    says.push(Says { object: object.clone(), relation, at, seen });
                }
            }
        }
        says
    }

    /// Children that an owner lost: their foreign keys become null, unless they go, too.
    fn give_up(&mut self, unit: &Rc<UnitOfWork>, owner: &AnyEntity, relation: &Mapped, seen: &Seen) -> Result<()> {
        let is_deleted = self.is_deleted(owner);
        let lost: Vec<AnyEntity> = if is_deleted {
            seen.now.iter().chain(&seen.before).cloned().collect()
        } else {
            seen.removed().cloned().collect()
        };
        for child in lost {
            if self.is_deleted(&child) || child.status() != Status::Persistent {
                continue;
            }
            if relation.far.iter().any(|&far| self.all_said().contains(&(child.address(), far))) {
                continue;
            }
            // Its own foreign key may say otherwise.
            let points = |(&far, &near): (&usize, &usize)| child.0.value(far) == owner.0.stored_value(near);
            if relation.far.iter().zip(&relation.near).all(points) {
                self.touch(unit, &child);
                self.set_null(unit, &child, &relation.far, relation)?;
            }
        }
        Ok(())
    }

    /// Children that an owner got: their foreign keys are its key.
    fn take_in(
        &mut self,
        unit: &Rc<UnitOfWork>,
        owner: &AnyEntity,
        relation: &'static Mapped,
        seen: &Seen,
    ) -> Result<()> {
        if self.is_deleted(owner) {
            return Ok(());
        }
        for child in seen.added() {
            if self.is_deleted(child) || unit.is_without(child) {
                continue;
            }
            self.touch(unit, child);
            self.set_from(unit, child, &relation.far, owner, &relation.near)?;
            self.holders.put(child, owner, relation);
            if relation.post_update && is_closed_later(child, &relation.far, owner) {
                self.late.push((child.clone(), relation.far.clone()));
            }
        }
        Ok(())
    }

    /// An object that points to another one.
    fn point(&mut self, unit: &Rc<UnitOfWork>, object: &AnyEntity, relation: &Mapped, seen: &Seen) -> Result<()> {
        if self.is_deleted(object) {
            let is_null = relation.near.iter().any(|&column| is_null(&object.0.stored_value(column)));
            // The rows of a circle go one after the other, so the pointer between them goes first.
            if relation.post_update && !is_null && object.0.mapper().can_wait(&relation.near) {
                self.late.push((object.clone(), relation.near.clone()));
            }
            return Ok(());
        }
        if seen.is_same || matches!(seen.mode, Mode::Unset | Mode::Unloaded) {
            return Ok(());
        }
        match seen.now.first().filter(|target| !self.is_deleted(target)) {
            // Another object took it, which is not undone by its having left its old one.
            None if relation.near.iter().all(|&column| self.is_in_a_list(object, column)) => Ok(()),
            None => {
                self.set_null(unit, object, &relation.near, relation)?;
                self.said.extend(relation.near.iter().map(|&column| (object.address(), column)));
                Ok(())
            }
            Some(target) => {
                self.set_from(unit, object, &relation.near, target, &relation.far)?;
                if relation.post_update && is_closed_later(object, &relation.near, target) {
                    self.late.push((object.clone(), relation.near.clone()));
                }
                Ok(())
            }
        }
    }

    /// Whether an owner's list says what a column is, by the time that objects speak for themselves.
    fn is_in_a_list(&self, object: &AnyEntity, column: usize) -> bool {
        let said = self.lists_said.get_or_init(|| self.said.iter().copied().collect());
        said.contains(&(object.address(), column))
    }

    /// Rows of a table between two others.
    fn pair(&mut self, unit: &Rc<UnitOfWork>, owner: &AnyEntity, relation: &Mapped, seen: &Seen) {
        let Some(through) = &relation.through else { return };
        let pair = |item: &AnyEntity| {
            let near = through.near.iter().zip(&relation.near).map(|(name, &at)| (name.clone(), owner.clone(), at));
            let far = through.far.iter().zip(&relation.far).map(|(name, &at)| (name.clone(), item.clone(), at));
            let mut cells: Vec<_> = near.chain(far).collect();
            cells.sort_by(|(one, ..), (other, ..)| one.cmp(other));
            let (table, primary_key) = (through.table.clone(), through.primary_key.clone());
            Pair { table, cells, follows: through.follows.clone(), primary_key }
        };
        let mut old: Vec<AnyEntity> = seen.removed().cloned().collect();
        if self.is_deleted(owner) {
            let now: FxHashSet<usize> = seen.now.iter().map(AnyEntity::address).collect();
            old.extend(seen.before.iter().filter(|item| now.contains(&item.address())).cloned());
        } else {
            let is_there = |item: &&AnyEntity| !self.is_deleted(item) && !unit.is_without(item);
            let new: Vec<Pair> = seen.added().filter(is_there).map(pair).collect();
            self.new_pairs.extend(new);
        }
        let has_row = |item: &&AnyEntity| owner.0.has_row() && item.0.has_row();
        self.old_pairs.extend(old.iter().filter(has_row).map(pair));
    }

    /// An object that is changed because of another one.
    fn touch(&mut self, unit: &Rc<UnitOfWork>, object: &AnyEntity) {
        unit.remember(object);
        self.involve(object);
    }

    fn set_null(&mut self, unit: &UnitOfWork, object: &AnyEntity, columns: &[usize], relation: &Mapped) -> Result<()> {
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
            self.said.push((object.address(), column));
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
            self.sources.put(object, column, Source { object: of.clone(), column: from });
        }
        Ok(())
    }

    /// Values that no row has to be made for are there by now.
    fn settle_sources(&mut self, unit: &UnitOfWork) -> Result<()> {
        for (place, column, value) in self.sources.known() {
            let Some(object) = self.involved.get(place).cloned() else { continue };
            self.sources.forget(&object, column);
            unit.assign(&object, column, value)?;
        }
        Ok(())
    }
}

/// Whether a new row refers to another one only once both are there (`post_update`).
fn is_closed_later(object: &AnyEntity, columns: &[usize], target: &AnyEntity) -> bool {
    !object.0.has_row() && target.status() == Status::Pending && object.0.mapper().can_wait(columns)
}

/// A number that no flush had before, and no place in a list.
pub(super) fn serial() -> u64 {
    thread_local! {
        static SERIAL: Cell<u64> = const { Cell::new(1 << 32) };
    }
    SERIAL.replace(SERIAL.get() + 1)
}

pub(super) fn is_null(value: &Value) -> bool {
    matches!(value, Value::Scalar(Scalar::Null))
}
