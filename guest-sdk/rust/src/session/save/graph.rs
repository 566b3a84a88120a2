//! The objects that are saved with an object: those reachable from it, and the session's objects for their rows.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::{SaveItem, check_version};
use crate::{
    Error, Result,
    instance::{AnyEntity, Status},
    mapping::{Direction, Key, ModelId, RelationshipMapping},
    unit_of_work::UnitOfWork,
};

/// All objects to save, each once: the given ones, then those reachable from them by relationships that cascade.
pub(super) struct Graph {
    pub(super) items: Vec<SaveItem>,
    given: usize,
    follow: SaveMode,
}

/// The relationships that are followed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum SaveMode {
    /// Those that cascade `save-update`.
    Save,
    /// Those that cascade `merge`. The others are not copied.
    Merge,
}

impl SaveMode {
    /// Whether the objects on the other side are saved, too.
    const fn saves(self, relation: &RelationshipMapping) -> bool {
        match self {
            Self::Save => relation.save_update,
            Self::Merge => relation.cascades.merge,
        }
    }

    /// Whether a relationship is copied onto an existing object.
    const fn copies(self, relation: &RelationshipMapping) -> bool {
        match self {
            Self::Save => true,
            Self::Merge => relation.cascades.merge,
        }
    }
}

/// The objects that replace others, by the others' addresses. An object without an entry is not replaced.
type Replacements = FxHashMap<usize, AnyEntity>;

fn replacement(known: &Replacements, object: &AnyEntity) -> AnyEntity {
    known.get(&object.address()).unwrap_or(object).clone()
}

impl Graph {
    pub(super) fn new(unit: &Rc<UnitOfWork>, given: Vec<SaveItem>, follow: SaveMode) -> Self {
        let mut places: FxHashMap<usize, usize> =
            given.iter().enumerate().map(|(at, item)| (item.object.address(), at)).collect();
        let (mut items, given, mut at) = (given.clone(), given.len(), 0);
        while let Some(SaveItem { object, .. }) = items.get(at).cloned() {
            at += 1;
            // Objects reachable from the session's objects are in the session, or its next flush adds them.
            if object.0.state().is_of(unit) {
                continue;
            }
            let relations = object.0.mapper().relations.iter().enumerate();
            for (position, relation) in relations.filter(|(_, relation)| follow.copies(relation)) {
                let related = object.0.items(position);
                if relation.direction == Direction::ManyToOne && !related.is_empty() {
                    items.get_mut(at - 1).into_iter().for_each(|item| item.said_otherwise.extend(&relation.local));
                }
                for other in related.into_iter().filter(|_| follow.saves(relation)) {
                    let place = *places.entry(other.address()).or_insert(items.len());
                    if place == items.len() {
                        items.push(SaveItem::of(other, None));
                    }
                    if relation.direction == Direction::OneToMany {
                        items.get_mut(place).into_iter().for_each(|item| item.said_otherwise.extend(&relation.remote));
                    }
                }
            }
        }
        Self { items, given, follow }
    }

    /// Copies objects onto the session's objects for their rows, and adds those without one to the session. Returns the objects of
    /// the given ones.
    pub(super) fn merge(self, unit: &Rc<UnitOfWork>) -> Result<Vec<AnyEntity>> {
        let known = self.known(unit);
        for (at, item) in self.items.iter().enumerate() {
            match known.get(&item.object.address()) {
                Some(row) => check_version(item.object.0.mapper(), &item.object, row)?,
                None if at < self.given => check_free(unit, &item.object)?,
                None => {}
            }
        }
        for SaveItem { object, columns, said_otherwise, .. } in &self.items {
            match known.get(&object.address()) {
                Some(row) if row.status() == Status::Persistent => {
                    let is_given = |column: usize| {
                        !said_otherwise.contains(&column)
                            && columns.as_ref().is_none_or(|columns| columns.contains(&column))
                    };
                    let relations = &object.0.mapper().relations;
                    let is_copied = |at: usize| relations.get(at).is_some_and(|relation| self.follow.copies(relation));
                    object.0.copy_onto(row, &is_given, &is_copied, &|other| replacement(&known, other));
                }
                Some(_) => {}
                None if object.0.state().is_of(unit) && object.status() != Status::Deleted => {}
                None => {
                    if object.status() == Status::Detached {
                        // Its row no longer exists, so it becomes a new object.
                        object.0.forget_row();
                    }
                    object.0.exchange(&|other| replacement(&known, other));
                }
            }
        }
        let given = self.items.iter().take(self.given);
        let place = |item: &SaveItem| match known.get(&item.object.address()) {
            Some(row) => Ok(row.clone()),
            None => unit.add(&item.object).map(|()| item.object.clone()),
        };
        given.map(place).collect()
    }

    /// Returns the replacements by key: persistent objects of the session, and the first of several new objects with one key.
    fn known(&self, unit: &Rc<UnitOfWork>) -> Replacements {
        let mut first: FxHashMap<(ModelId, Key), AnyEntity> = FxHashMap::default();
        let mut known = Replacements::default();
        for item in &self.items {
            let Some(key) = &item.key else { continue };
            let (of, key) = (item.object.0.mapper().of, Key::of(key));
            let row = unit.find(of, &key).filter(|row| row.status() == Status::Persistent);
            let row = row.unwrap_or_else(|| first.entry((of, key)).or_insert_with(|| item.object.clone()).clone());
            if row != item.object {
                known.insert(item.object.address(), row);
            }
        }
        known
    }
}

/// Fails if an object that has no row in the session belongs to another session.
fn check_free(unit: &Rc<UnitOfWork>, object: &AnyEntity) -> Result<()> {
    match object.status() {
        Status::Transient | Status::Detached => Ok(()),
        _ if object.0.state().is_of(unit) => Ok(()),
        Status::Pending | Status::Persistent | Status::Deleted => Err(Error::AlreadyAttached),
    }
}
