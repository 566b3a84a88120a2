//! Back references: after a flush, both sides of a relationship hold the same objects, as far as they are loaded.

use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    UnitOfWork,
    flush_plan::{FlushPlan, Pair},
    owner_lookup::{OwnerLookup, key},
};
use crate::{
    instance::{AnyEntity, Mode, Status},
    mapping::{Direction, Key, Mapper, ModelId, RelationshipMapping, mappers},
    value::Value,
};

/// The changes of a flush to foreign keys and to rows of secondary tables, which the other sides of relationships follow.
#[derive(Default)]
pub(super) struct BackPopulates {
    /// Rows that existed before the flush. New rows had no owners.
    rows: Vec<KeyMove>,
    /// Rows of secondary tables, once for each side, and whether each is new.
    pairs: Vec<(Side, bool)>,
    /// Owners whose relationships changed, with the positions of these.
    claims: Vec<(AnyEntity, usize)>,
}

struct KeyMove {
    child: AnyEntity,
    /// The owner's model and its relationship, and the key of the owner before the flush.
    owner: &'static Mapper,
    position: usize,
    before: Option<Key>,
}

/// The relationships that lead to each model: the owner's mapper and the position there.
#[derive(Default)]
struct Leading(Vec<(ModelId, Vec<(&'static Mapper, usize)>)>);

impl Leading {
    fn to(&mut self, mapper: &Mapper) -> &[(&'static Mapper, usize)] {
        let at = self.0.iter().position(|(of, _)| *of == mapper.of).unwrap_or_else(|| {
            self.0.push((mapper.of, leading_to(mapper)));
            self.0.len() - 1
        });
        self.0.get(at).map_or(&[], |(_, leading)| leading)
    }
}

/// The owner of a many-to-many relationship, the relationship's position, and an object in it.
struct Side {
    owner: AnyEntity,
    position: usize,
    item: AnyEntity,
}

/// Returns those sides of a row in a secondary table that have a relationship through it.
fn sides(pair: &Pair) -> Vec<Side> {
    let whose = |columns: &[String]| {
        let cell = pair.cells.iter().find(|(name, ..)| columns.first() == Some(name));
        cell.map(|(_, object, _)| object)
    };
    let mut ends: Vec<&AnyEntity> = Vec::new();
    for (_, object, _) in &pair.cells {
        if !ends.contains(&object) {
            ends.push(object);
        }
    }
    let mut sides = Vec::new();
    for owner in ends {
        for (position, relation) in owner.0.mapper().relations.iter().enumerate() {
            let Some(secondary) = relation.secondary.as_ref().filter(|secondary| secondary.table == pair.table) else {
                continue;
            };
            if let (Some(local), Some(item)) = (whose(&secondary.local), whose(&secondary.remote))
                && local == owner
            {
                sides.push(Side { owner: owner.clone(), position, item: item.clone() });
            }
        }
    }
    sides
}

/// Returns the relationships of all models that lead to a model by its own foreign keys.
fn leading_to(mapper: &Mapper) -> Vec<(&'static Mapper, usize)> {
    let mut found = Vec::new();
    for owner in mappers() {
        let leads = |relation: &RelationshipMapping| {
            relation.direction == Direction::OneToMany && (relation.target)().of == mapper.of
        };
        let positions: Vec<usize> =
            owner.relations.iter().enumerate().filter(|(_, relation)| leads(relation)).map(|(at, _)| at).collect();
        found.extend(positions.into_iter().map(|at| (owner, at)));
    }
    found
}

impl BackPopulates {
    /// Records the state before a flush is written.
    pub(super) fn new(plan: &FlushPlan) -> Self {
        let mut rows = Vec::new();
        let mut leading = Leading::default();
        // A child of a switched row has nothing to write, but gets another owner.
        let taken = !plan.row_switches.is_empty();
        let updated: FxHashSet<usize> = plan.updates.iter().filter(|_| taken).map(AnyEntity::address).collect();
        let kept = plan
            .involved
            .iter()
            .filter(|object| taken && object.status() == Status::Persistent && !updated.contains(&object.address()));
        for child in plan.updates.iter().chain(&plan.deletes).chain(kept) {
            for (owner, position) in leading.to(child.0.mapper()) {
                let Ok(relation) = owner.relation(*position) else { continue };
                let before =
                    if child.0.has_row() { key(&relation.remote, |column| child.0.stored_value(column)) } else { None };
                rows.push(KeyMove { child: child.clone(), owner, position: *position, before });
            }
        }
        let seen = |pairs: &[Pair], is_new| pairs.iter().flat_map(sides).map(|side| (side, is_new)).collect::<Vec<_>>();
        let mut pairs = seen(&plan.old_pairs, false);
        pairs.extend(seen(&plan.new_pairs, true));
        Self { rows, pairs, claims: claims(plan) }
    }

    /// Makes both sides of relationships hold what was written.
    pub(super) fn apply(self, unit: &Rc<UnitOfWork>, plan: &FlushPlan) {
        let mut changes = RelationshipChanges::default();
        let owners = OwnerLookup::new(unit);
        let mut leading = Leading::default();
        for child in &plan.inserts {
            for &(owner, position) in leading.to(child.0.mapper()) {
                let Ok(relation) = owner.relation(position) else { continue };
                match plan.holders.by(child.0.state(), relation) {
                    // The owner's collection already contains it.
                    Some(holder) => set_many_to_one(unit, child, owner, relation, Some(holder), false),
                    None => move_child(unit, (child, owner, position), None, &owners, &mut changes),
                }
            }
        }
        for KeyMove { child, owner, position, before } in &self.rows {
            move_child(unit, (child, owner, *position), before.as_ref(), &owners, &mut changes);
        }
        for (Side { owner, position, item }, is_new) in self.pairs {
            if owner.status() == Status::Persistent {
                changes.put(unit, &owner, position, &item, is_new);
            }
        }
        for (owner, position) in &self.claims {
            changes.remove_foreign(unit, owner, *position);
        }
        changes.all.iter().for_each(|change| change.apply(unit));
    }
}

/// Moves a child from its former owner to the one that its foreign key refers to now.
fn move_child(
    unit: &Rc<UnitOfWork>,
    (child, owner, position): (&AnyEntity, &'static Mapper, usize),
    before: Option<&Key>,
    owners: &OwnerLookup<'_>,
    changes: &mut RelationshipChanges,
) {
    let Ok(relation) = owner.relation(position) else { return };
    let is_gone = child.status() == Status::Deleted;
    let after = if is_gone { None } else { key(&relation.remote, |column| child.0.value(column)) };
    let find = |key: &Key| owners.find(owner, &relation.local, key);
    let (lost, got) = (before.and_then(find), after.as_ref().and_then(find));
    if let Some(lost) = lost.filter(|_| before != after.as_ref()) {
        changes.put(unit, &lost, position, child, false);
    }
    if let Some(got) = &got {
        changes.put(unit, got, position, child, true);
    }
    if child.status() == Status::Persistent {
        set_many_to_one(unit, child, owner, relation, got.as_ref(), after.is_none());
    }
}

/// Returns the changed relationships that lost objects, or some of whose objects got another owner in the same flush.
fn claims(plan: &FlushPlan) -> Vec<(AnyEntity, usize)> {
    let is_elsewhere = |(owner, at): &&(AnyEntity, usize)| {
        let Ok(relation) = owner.0.mapper().relation(*at) else { return false };
        let mut is_elsewhere = false;
        owner.0.with_relation(*at, &mut |now, _| {
            is_elsewhere = now.has_lost();
            now.visit(&mut |item| {
                let holder = plan.holders.by(item.state(), relation);
                is_elsewhere |= holder.is_none_or(|holder| holder != owner);
            });
        });
        is_elsewhere
    };
    plan.claims.iter().filter(is_elsewhere).cloned().collect()
}

/// Objects that are to be removed from an owner's relationship and added to it.
struct Change {
    owner: AnyEntity,
    position: usize,
    lost: Vec<AnyEntity>,
    got: Vec<AnyEntity>,
}

/// The changes of all relationships, one for each: an owner of thousands of objects is changed once.
#[derive(Default)]
struct RelationshipChanges {
    all: Vec<Change>,
    known: FxHashMap<(usize, usize), usize>,
}

impl RelationshipChanges {
    /// Removes the objects from an owner's relationship whose foreign keys now refer to another owner.
    fn remove_foreign(&mut self, unit: &UnitOfWork, owner: &AnyEntity, position: usize) {
        let mapper = owner.0.mapper();
        let Ok(relation) = mapper.relation(position) else { return };
        let mut items = owner.0.items(position);
        if relation.direction == Direction::ManyToMany {
            // The secondary table has no row for an expunged object.
            items
                .retain(|item| item.0.state().expunged_from.get() != 0 && !matches!(item.status(), Status::Persistent));
            items.iter().for_each(|item| self.put(unit, owner, position, item, false));
            return;
        }
        let keys: Vec<Value> = relation.local.iter().map(|&column| owner.0.value(column)).collect();
        for item in items {
            let has = |(&column, key): (&usize, &Value)| item.0.value(column) == *key;
            if item.status() == Status::Deleted || !relation.remote.iter().zip(&keys).all(has) {
                self.put(unit, owner, position, &item, false);
            }
        }
    }

    /// Adds an object to a loaded relationship or removes it, unless that is so already.
    fn put(&mut self, unit: &UnitOfWork, owner: &AnyEntity, position: usize, item: &AnyEntity, is_new: bool) {
        let (mut is_news, mut is_shown) = (false, false);
        owner.0.with_relation(position, &mut |relation, _| {
            is_news = relation.mode() == Mode::Loaded && relation.holds(item) != is_new;
            is_shown = !is_new && relation.shown().is_some_and(|shown| shown.contains(item));
        });
        if is_shown && owner.0.state().tracker().is_some() {
            // A filtered load showed it. Only the database can decide whether a new object passes the filter.
            unit.snapshot(owner);
            owner.0.set_committed_relation(position, &mut |relation| relation.hide(item));
        }
        if !is_news {
            return;
        }
        let at = *self.known.entry((owner.address(), position)).or_insert(self.all.len());
        if at == self.all.len() {
            self.all.push(Change { owner: owner.clone(), position, lost: Vec::new(), got: Vec::new() });
        }
        if let Some(change) = self.all.get_mut(at) {
            if is_new { change.got.push(item.clone()) } else { change.lost.push(item.clone()) }
        }
    }
}

impl Change {
    /// Applies the change to the relationship.
    fn apply(&self, unit: &Rc<UnitOfWork>) {
        let lost: FxHashSet<usize> = self.lost.iter().map(AnyEntity::address).collect();
        let mut seen = FxHashSet::default();
        let got: Vec<&AnyEntity> = self.got.iter().filter(|item| seen.insert(item.address())).collect();
        unit.snapshot(&self.owner);
        self.owner.0.set_committed_relation(self.position, &mut |relation| {
            let mut items = relation.items();
            items.retain(|item| !lost.contains(&item.address()));
            items.extend(got.iter().copied().cloned());
            relation.set(Mode::Loaded, &items, &[]);
        });
    }
}

/// Sets the child's own many-to-one relationship to its owner, where it has one.
fn set_many_to_one(
    unit: &Rc<UnitOfWork>,
    child: &AnyEntity,
    owner: &'static Mapper,
    of_owner: &RelationshipMapping,
    got: Option<&AnyEntity>,
    is_null: bool,
) {
    let mapper = child.0.mapper();
    for (at, relation) in mapper.relations.iter().enumerate() {
        let is_inverse = relation.direction == Direction::ManyToOne
            && relation.local == of_owner.remote
            && (relation.target)().of == owner.of;
        if !is_inverse {
            continue;
        }
        let (mut mode, mut now, mut is_it) = (Mode::Unset, None, false);
        child.0.with_relation(at, &mut |relation, _| {
            mode = relation.mode();
            is_it = mode == Mode::Loaded && relation.address(0).is_some();
            is_it = is_it && relation.address(0) == got.map(AnyEntity::address);
            if !is_it {
                now = relation.items().into_iter().next();
            }
        });
        if is_it {
            continue;
        }
        let (wanted, items) = match (got, is_null) {
            (Some(owner), _) => (Mode::Loaded, std::slice::from_ref(owner)),
            (None, true) => (Mode::Loaded, &[][..]),
            (None, false) => (Mode::Unloaded, &[][..]),
        };
        // The relationship may join on other columns than the primary key.
        let fits = |owner: &AnyEntity| {
            let pairs = relation.local.iter().zip(&relation.remote);
            pairs.into_iter().all(|(&local, &remote)| child.0.value(local) == owner.0.stored_value(remote))
        };
        if wanted == Mode::Unloaded && now.as_ref().is_some_and(fits) {
            continue;
        }
        if (mode, now.as_ref()) != (wanted, items.first()) {
            unit.snapshot(child);
            child.0.set_committed_relation(at, &mut |relation| relation.set(wanted, items, &[]));
        }
    }
}
