//! The other sides of relationships: after a flush, both sides say the same, as far as they are loaded.

use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    UnitOfWork,
    flush_plan::{FlushPlan, Pair},
    owners::{Owners, key},
};
use crate::{
    instance::{AnyEntity, Mode, Status},
    mapping::{Direction, Key, Mapped, Mapper, ModelId, mappers},
    value::Value,
};

/// Rows whose foreign keys a flush sets, with what they were, and rows of tables between two others.
#[derive(Default)]
pub(super) struct Moves {
    /// Those that are there already. New ones had no owners.
    rows: Vec<Move>,
    /// What is between two objects, as each of them sees it, and whether it is new.
    pairs: Vec<(Side, bool)>,
    /// Owners that said whom they have, and the positions of the relationships.
    claims: Vec<(AnyEntity, usize)>,
}

struct Move {
    child: AnyEntity,
    /// The relationship of the other side, and who had the child.
    owner: &'static Mapper,
    position: usize,
    before: Option<Key>,
}

/// Relationships, by their owners' models and their positions there, that lead to each model.
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

/// Somebody who has an object through a table between them, by the relationship's position.
struct Side {
    owner: AnyEntity,
    position: usize,
    item: AnyEntity,
}

/// What a pair is to the objects on both of its sides: each may know of it by a relationship.
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
            let Some(through) = relation.through.as_ref().filter(|through| through.table == pair.table) else {
                continue;
            };
            if let (Some(near), Some(item)) = (whose(&through.near), whose(&through.far))
                && near == owner
            {
                sides.push(Side { owner: owner.clone(), position, item: item.clone() });
            }
        }
    }
    sides
}

/// The relationships of all models that lead to a model by its own foreign keys.
fn leading_to(mapper: &Mapper) -> Vec<(&'static Mapper, usize)> {
    let mut found = Vec::new();
    for owner in mappers() {
        let leads = |relation: &Mapped| relation.direction == Direction::ToMany && (relation.target)().of == mapper.of;
        let positions: Vec<usize> =
            owner.relations.iter().enumerate().filter(|(_, relation)| leads(relation)).map(|(at, _)| at).collect();
        found.extend(positions.into_iter().map(|at| (owner, at)));
    }
    found
}

impl Moves {
    /// What was there before a flush is written.
    pub(super) fn new(plan: &FlushPlan) -> Self {
        let mut rows = Vec::new();
        let mut leading = Leading::default();
        // A child of a row that another object took has nothing to write, and another owner.
        let taken = !plan.switched.is_empty();
        let updated: FxHashSet<usize> = plan.updates.iter().filter(|_| taken).map(AnyEntity::address).collect();
        let kept = plan
            .involved
            .iter()
            .filter(|object| taken && object.status() == Status::Persistent && !updated.contains(&object.address()));
        for child in plan.updates.iter().chain(&plan.deletes).chain(kept) {
            for (owner, position) in leading.to(child.0.mapper()) {
                let Ok(relation) = owner.relation(*position) else { continue };
                let before =
                    if child.0.has_row() { key(&relation.far, |column| child.0.stored_value(column)) } else { None };
                rows.push(Move { child: child.clone(), owner, position: *position, before });
            }
        }
        let seen = |pairs: &[Pair], is_new| pairs.iter().flat_map(sides).map(|side| (side, is_new)).collect::<Vec<_>>();
        let mut pairs = seen(&plan.old_pairs, false);
        pairs.extend(seen(&plan.new_pairs, true));
        Self { rows, pairs, claims: claims(plan) }
    }

    /// Makes both sides say what was written.
    pub(super) fn apply(self, unit: &Rc<UnitOfWork>, plan: &FlushPlan) {
        let mut news = News::default();
        let owners = Owners::new(unit);
        let mut leading = Leading::default();
        for child in &plan.inserts {
            for &(owner, position) in leading.to(child.0.mapper()) {
                let Ok(relation) = owner.relation(position) else { continue };
                match plan.holders.by(child.0.life(), relation) {
                    // The owner's list has it already.
                    Some(holder) => point(unit, child, owner, relation, Some(holder), false),
                    None => arrive(unit, (child, owner, position), None, &owners, &mut news),
                }
            }
        }
        for Move { child, owner, position, before } in &self.rows {
            arrive(unit, (child, owner, *position), before.as_ref(), &owners, &mut news);
        }
        for (Side { owner, position, item }, is_new) in self.pairs {
            if owner.status() == Status::Persistent {
                news.put(unit, &owner, position, &item, is_new);
            }
        }
        for (owner, position) in &self.claims {
            news.disclaim(unit, owner, *position);
        }
        news.all.iter().for_each(|change| change.tell(unit));
    }
}

/// A row left the owner that it had before for the one that its foreign key names now.
fn arrive(
    unit: &Rc<UnitOfWork>,
    (child, owner, position): (&AnyEntity, &'static Mapper, usize),
    before: Option<&Key>,
    owners: &Owners<'_>,
    news: &mut News,
) {
    let Ok(relation) = owner.relation(position) else { return };
    let is_gone = child.status() == Status::Deleted;
    let after = if is_gone { None } else { key(&relation.far, |column| child.0.value(column)) };
    let find = |key: &Key| owners.find(owner, &relation.near, key);
    let (lost, got) = (before.and_then(find), after.as_ref().and_then(find));
    if let Some(lost) = lost.filter(|_| before != after.as_ref()) {
        news.put(unit, &lost, position, child, false);
    }
    if let Some(got) = &got {
        news.put(unit, got, position, child, true);
    }
    if child.status() == Status::Persistent {
        point(unit, child, owner, relation, got.as_ref(), after.is_none());
    }
}

/// Relationships to others that differ from what is stored, unless all of these were taken in by them.
fn claims(plan: &FlushPlan) -> Vec<(AnyEntity, usize)> {
    let is_elsewhere = |(owner, at): &&(AnyEntity, usize)| {
        let Ok(relation) = owner.0.mapper().relation(*at) else { return false };
        let mut is_elsewhere = false;
        owner.0.look(*at, &mut |now, _| {
            is_elsewhere = now.has_lost();
            now.visit(&mut |item| {
                let holder = plan.holders.by(item.life(), relation);
                is_elsewhere |= holder.is_none_or(|holder| holder != owner);
            });
        });
        is_elsewhere
    };
    plan.claims.iter().filter(is_elsewhere).cloned().collect()
}

/// What a relationship of an object lost and got, which it does not say yet.
struct Change {
    owner: AnyEntity,
    position: usize,
    lost: Vec<AnyEntity>,
    got: Vec<AnyEntity>,
}

/// All of these, each once: an owner of thousands is told once.
#[derive(Default)]
struct News {
    all: Vec<Change>,
    known: FxHashMap<(usize, usize), usize>,
}

impl News {
    /// An owner said that it has objects, and somebody else had the last word of some: they themselves, or another owner.
    fn disclaim(&mut self, unit: &UnitOfWork, owner: &AnyEntity, position: usize) {
        let mapper = owner.0.mapper();
        let Ok(relation) = mapper.relation(position) else { return };
        let mut items = Vec::new();
        owner.0.look(position, &mut |now, _| items = now.items());
        if relation.direction == Direction::Through {
            // The table between both has no row of what is in no session.
            items.retain(|item| item.0.life().taken_out_of.get() != 0 && !matches!(item.status(), Status::Persistent));
            items.iter().for_each(|item| self.put(unit, owner, position, item, false));
            return;
        }
        let keys: Vec<Value> = relation.near.iter().map(|&column| owner.0.value(column)).collect();
        for item in items {
            let has = |(&column, key): (&usize, &Value)| item.0.value(column) == *key;
            if item.status() == Status::Deleted || !relation.far.iter().zip(&keys).all(has) {
                self.put(unit, owner, position, &item, false);
            }
        }
    }

    /// A relationship got an object, or lost it; where it is known and does not say so yet.
    fn put(&mut self, unit: &UnitOfWork, owner: &AnyEntity, position: usize, item: &AnyEntity, is_new: bool) {
        let (mut is_news, mut is_shown) = (false, false);
        owner.0.look(position, &mut |relation, _| {
            is_news = relation.mode() == Mode::Loaded && relation.holds(item) != is_new;
            is_shown = !is_new && relation.shown().is_some_and(|shown| shown.contains(item));
        });
        if is_shown && owner.0.life().tracker().is_some() {
            // A load with a filter showed it. Whether one that is new would be shown, only the database can tell.
            unit.remember(owner);
            owner.0.learn_relation(position, &mut |relation| relation.hide(item));
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
    /// Makes the relationship say so.
    fn tell(&self, unit: &Rc<UnitOfWork>) {
        let lost: FxHashSet<usize> = self.lost.iter().map(AnyEntity::address).collect();
        let mut seen = FxHashSet::default();
        let got: Vec<&AnyEntity> = self.got.iter().filter(|item| seen.insert(item.address())).collect();
        unit.remember(&self.owner);
        self.owner.0.learn_relation(self.position, &mut |relation| {
            let mut items = relation.items();
            items.retain(|item| !lost.contains(&item.address()));
            items.extend(got.iter().copied().cloned());
            relation.set(Mode::Loaded, &items, &[]);
        });
    }
}

/// Makes the child's own relationship to its owner, where it has one, say who that is.
fn point(
    unit: &Rc<UnitOfWork>,
    child: &AnyEntity,
    owner: &'static Mapper,
    of_owner: &Mapped,
    got: Option<&AnyEntity>,
    is_null: bool,
) {
    let mapper = child.0.mapper();
    for (at, relation) in mapper.relations.iter().enumerate() {
        let is_inverse = relation.direction == Direction::ToOne
            && relation.near == of_owner.far
            && (relation.target)().of == owner.of;
        if !is_inverse {
            continue;
        }
        let (mut mode, mut now, mut is_it) = (Mode::Unset, None, false);
        child.0.look(at, &mut |relation, _| {
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
        // It may be known by other columns than the key.
        let fits = |owner: &AnyEntity| {
            let pairs = relation.near.iter().zip(&relation.far);
            pairs.into_iter().all(|(&near, &far)| child.0.value(near) == owner.0.stored_value(far))
        };
        if wanted == Mode::Unloaded && now.as_ref().is_some_and(fits) {
            continue;
        }
        if (mode, now.as_ref()) != (wanted, items.first()) {
            unit.remember(child);
            child.0.learn_relation(at, &mut |relation| relation.set(wanted, items, &[]));
        }
    }
}
