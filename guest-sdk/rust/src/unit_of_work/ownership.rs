//! Finds the owners that hold an object by now: a child that another parent gets in the flush that deletes its old one is no
//! orphan, and not deleted with it.

use rustc_hash::FxHashMap;

use super::{
    UnitOfWork,
    history::RelationshipHistory,
    owner_lookup::{OwnerLookup, key},
};
use crate::{
    instance::{AnyEntity, Mode, Status},
    mapping::{Direction, Key, Mapper, ModelId, RelationshipMapping, names_row},
    value::{Scalar, Value},
};

/// The foreign key or secondary table of a relationship. Both of its sides have the same one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Edge {
    /// A foreign key: the model and the columns that have it, and the model that it refers to.
    ForeignKey(ModelId, &'static [usize], ModelId),
    /// A secondary table.
    Table(&'static str),
}

impl Edge {
    pub(super) fn of(mapper: &Mapper, relation: &'static RelationshipMapping) -> Self {
        let target = (relation.target)().of;
        match (relation.direction, &relation.secondary) {
            (_, Some(secondary)) => Self::Table(&secondary.table),
            (Direction::ManyToOne, None) => Self::ForeignKey(mapper.of, &relation.local, target),
            (Direction::OneToMany | Direction::ManyToMany, None) => {
                Self::ForeignKey(target, &relation.remote, mapper.of)
            }
        }
    }
}

/// An object that may be deleted: its owner is deleted, or the object was removed from it.
pub(super) struct OrphanCandidate {
    pub(super) item: AnyEntity,
    /// `None` if the object itself cleared its reference to an owner that is not known.
    pub(super) owner: Option<AnyEntity>,
    /// The owner's model, and its relationship.
    pub(super) mapper: &'static Mapper,
    pub(super) relation: &'static RelationshipMapping,
    /// Whether the owner's stored relationship contains it.
    pub(super) is_stored: bool,
}

/// The state of an object's own many-to-one relationship to an owner.
pub(super) enum OwnReference {
    Unchanged,
    /// It was cleared.
    Cleared,
    Set(AnyEntity),
}

/// An owner that holds an object, the edge, and the side of the edge.
type OwnerClaim = (AnyEntity, Edge, Direction);

/// The objects that added and edited owners hold.
pub(super) struct Ownership<'a> {
    unit: &'a UnitOfWork,
    owners: OwnerLookup<'a>,
    /// The claims, by the address of the held object.
    of: FxHashMap<usize, Vec<OwnerClaim>>,
    /// The objects whose own many-to-one relationship was set to an owner, by the owner's address.
    pointing: FxHashMap<usize, Vec<OwnerClaim>>,
}

/// Whether an object keeps the objects that it owns from being orphans.
pub(super) fn keeps_children(object: &AnyEntity) -> bool {
    match object.status() {
        Status::Pending | Status::Persistent => true,
        Status::Detached => object.0.has_row() && !object.0.state().is_gone.get(),
        Status::Transient | Status::Deleted => false,
    }
}

/// Returns the state of an object's own many-to-one relationship along an edge.
pub(super) fn own_reference(object: &AnyEntity, edge: Edge) -> OwnReference {
    let mapper = object.0.mapper();
    let mut said = OwnReference::Unchanged;
    for (at, relation) in mapper.relations.iter().enumerate() {
        if relation.direction != Direction::ManyToOne || Edge::of(mapper, relation) != edge {
            continue;
        }
        let stored_key: Vec<Value> = relation.local.iter().map(|&column| object.0.stored_value(column)).collect();
        let had_owner = object.0.has_row() && names_row(&stored_key);
        object.0.with_relation(at, &mut |now, stored| {
            if stored.is_some_and(|stored| now.is_same(stored)) {
                return;
            }
            match now.items().into_iter().next() {
                Some(owner) => said = OwnReference::Set(owner),
                // An object that never had an owner clears no reference.
                None if matches!(now.mode(), Mode::Loaded | Mode::Replaced)
                    && (had_owner || stored.is_none() && now.has_lost()) =>
                {
                    said = OwnReference::Cleared;
                }
                None => {}
            }
        });
    }
    said
}

impl<'a> Ownership<'a> {
    pub(super) fn new(unit: &'a UnitOfWork) -> Self {
        let mut claims =
            Self { unit, owners: OwnerLookup::new(unit), of: FxHashMap::default(), pointing: FxHashMap::default() };
        let objects: Vec<AnyEntity> = unit.changed.borrow().iter().chain(&*unit.pending.borrow()).cloned().collect();
        for object in objects.iter().filter(|object| keeps_children(object)) {
            let mapper = object.0.mapper();
            for (at, relation) in mapper.relations.iter().enumerate() {
                claims.read(object, mapper, at, relation);
            }
        }
        claims
    }

    fn read(&mut self, object: &AnyEntity, mapper: &Mapper, at: usize, relation: &'static RelationshipMapping) {
        let edge = Edge::of(mapper, relation);
        let history = RelationshipHistory::of_changed(object, at);
        let mut added: Vec<AnyEntity> = history.iter().flat_map(RelationshipHistory::added).cloned().collect();
        if relation.direction == Direction::ManyToOne {
            added.iter().for_each(|owner| {
                self.pointing.entry(owner.address()).or_default().push((object.clone(), edge, Direction::ManyToOne));
            });
            if added.is_empty() {
                added.extend(self.by_foreign_key(object, relation));
            }
        }
        for item in added {
            self.of.entry(item.address()).or_default().push((object.clone(), edge, relation.direction));
        }
    }

    /// Returns the object that an edited foreign key refers to, if the session has it.
    fn by_foreign_key(&self, object: &AnyEntity, relation: &RelationshipMapping) -> Option<AnyEntity> {
        let is_edited = |&column: &usize| !object.0.has_row() || object.0.differs(column);
        let target = (relation.target)();
        if !relation.local.iter().any(is_edited) {
            return None;
        }
        let named = key(&relation.local, |column| object.0.value(column))?;
        self.owners.find(target, &relation.remote, &named)
    }

    /// Returns the objects whose own many-to-one relationship was set to this owner.
    pub(super) fn pointing(&self, owner: &AnyEntity, edge: Edge) -> impl Iterator<Item = &AnyEntity> {
        let all = self.pointing.get(&owner.address()).map_or(&[][..], Vec::as_slice);
        all.iter().filter(move |(_, by, _)| *by == edge).map(|(object, ..)| object)
    }

    /// Whether an object that was added to a deleted owner is deleted with it. An object that was added after the delete stays.
    pub(super) fn follows(&self, owner: &AnyEntity, relation: &RelationshipMapping, item: &AnyEntity) -> bool {
        relation.direction == Direction::ManyToOne
            || owner.status() != Status::Deleted
            || self.unit.was_in_collection(owner, item)
    }

    /// Whether an object is kept, since another owner holds it that is not deleted.
    pub(super) fn is_kept(&self, candidate: &OrphanCandidate) -> bool {
        let OrphanCandidate { item, owner, mapper, relation, .. } = candidate;
        let edge = Edge::of(mapper, relation);
        let is_other = |by: &AnyEntity| owner.as_ref() != Some(by) && keeps_children(by);
        let claims = self.of.get(&item.address()).map_or(&[][..], Vec::as_slice);
        let is_claim = |(by, of, side): &OwnerClaim| *of == edge && *side == relation.direction && is_other(by);
        let is_claimed = claims.iter().any(is_claim);
        if is_claimed || relation.direction != Direction::OneToMany {
            return is_claimed || added_along(item, edge).iter().any(is_other);
        }
        // The object's own reference takes precedence.
        match own_reference(item, edge) {
            OwnReference::Set(owner) => keeps_children(&owner),
            OwnReference::Cleared => false,
            OwnReference::Unchanged => self.has_foreign_key(candidate),
        }
    }

    /// Whether an object's foreign key, edited or stored, refers to another owner.
    fn has_foreign_key(&self, candidate: &OrphanCandidate) -> bool {
        let OrphanCandidate { item, owner, mapper, relation, is_stored } = candidate;
        let values: Vec<Value> = relation.remote.iter().map(|&column| item.0.value(column)).collect();
        let is_the_owners = owner.as_ref().is_none_or(|owner| {
            relation.local.iter().zip(&values).all(|(&column, value)| owner.0.stored_value(column) == *value)
        });
        if is_the_owners || !names_row(&values) {
            return false;
        }
        let is_edited = !item.0.has_row() || relation.remote.iter().any(|&column| item.0.differs(column));
        if !is_edited {
            // The owner's collection is stale: the row has another owner by now.
            return *is_stored;
        }
        match self.owners.find(mapper, &relation.local, &Key::of(&values)) {
            Some(known) => keeps_children(&known),
            None => item.0.has_row() || !values.iter().any(is_unset),
        }
    }
}

/// Returns the objects that were added to an object's own collections along an edge.
fn added_along(object: &AnyEntity, edge: Edge) -> Vec<AnyEntity> {
    let mapper = object.0.mapper();
    let mut all = Vec::new();
    for (at, relation) in mapper.relations.iter().enumerate() {
        if relation.direction == Direction::ManyToOne || Edge::of(mapper, relation) != edge {
            continue;
        }
        all.extend(RelationshipHistory::of(object, at).added().cloned());
    }
    all
}

/// Whether a value is the default of a field that was not set.
fn is_unset(value: &Value) -> bool {
    match value {
        Value::Scalar(Scalar::Integer(0) | Scalar::Unsigned(0) | Scalar::Uuid((0, 0))) => true,
        Value::Scalar(Scalar::Text(text)) => text.is_empty(),
        Value::Scalar(Scalar::Bytes(bytes)) => bytes.is_empty(),
        _ => false,
    }
}
