//! The cascade of deletes: objects that are deleted with others, and orphans.

use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    UnitOfWork,
    flush_rollback::FlushStep,
    ownership::{Edge, OrphanCandidate, OwnReference, Ownership, own_reference},
    update_cascade::is_renamed,
};
use crate::{
    Result,
    instance::{AnyEntity, Mode, Status},
    mapping::{Direction, Mapper, ModelId, mappers},
};

/// Objects with a relationship that has to be loaded, by its model and position.
type Wanted = FxHashMap<(ModelId, usize), Vec<AnyEntity>>;

/// A traversal from deleted objects to the objects that are deleted with them.
#[derive(Default)]
pub(crate) struct DeleteCascade {
    has_owners: bool,
    /// Deleted objects, in the order of discovery.
    going: Vec<AnyEntity>,
    known: FxHashSet<usize>,
    /// The number of deleted objects that were traversed.
    walked: usize,
    /// Deleted objects that cannot be traversed yet, as their relationships are not loaded.
    waiting: Vec<AnyEntity>,
    candidates: Vec<OrphanCandidate>,
}

impl DeleteCascade {
    pub(crate) fn new() -> Self {
        let owns = |mapper: &&Mapper| mapper.relations.iter().any(|relation| relation.delete_orphan);
        Self { has_owners: mappers().iter().any(owns), ..Self::default() }
    }

    /// Deletes the dependents of deleted objects and the orphans, unless another owner that stays holds them. Returns the
    /// relationships that must be loaded first: mapper, position and objects. The caller loads them and continues the walk.
    pub(crate) fn walk(&mut self, unit: &Rc<UnitOfWork>) -> Result<Vec<(&'static Mapper, usize, Vec<AnyEntity>)>> {
        let mut wanted = Wanted::default();
        for object in &*unit.changed.borrow() {
            if object.status() == Status::Persistent {
                want(object, false, &mut wanted);
            }
        }
        unit.deleted.borrow().iter().for_each(|object| self.goes(object.clone()));
        if self.has_owners {
            self.candidates.extend(unit.orphans());
        }
        if !self.going.is_empty() || !self.candidates.is_empty() {
            unit.walk(self, &mut wanted)?;
            unit.sweep();
        }
        let of_model = |((_, position), objects): ((ModelId, usize), Vec<AnyEntity>)| {
            Some((objects.first()?.0.mapper(), position, objects))
        };
        Ok(wanted.into_iter().filter_map(of_model).collect())
    }

    fn goes(&mut self, object: AnyEntity) {
        if self.known.insert(object.address()) {
            self.going.push(object);
        }
    }

    fn next(&mut self) -> Option<AnyEntity> {
        let next = self.going.get(self.walked).cloned();
        self.walked += usize::from(next.is_some());
        next
    }
}

impl UnitOfWork {
    /// Traverses as far as relationships are loaded. Kept candidates are checked again, as their other owner may be deleted, too.
    fn walk(self: &Rc<Self>, walk: &mut DeleteCascade, wanted: &mut Wanted) -> Result<()> {
        let claims = Ownership::new(self);
        let waiting = std::mem::take(&mut walk.waiting);
        waiting.into_iter().for_each(|object| walk_from(object, &claims, walk, wanted));
        let mut kept: Vec<OrphanCandidate> = Vec::new();
        loop {
            while let Some(object) = walk.next() {
                walk_from(object, &claims, walk, wanted);
            }
            let mut any = false;
            for candidate in std::mem::take(&mut walk.candidates) {
                if claims.is_kept(&candidate) {
                    kept.push(candidate);
                } else if let Some(gone) = self.take_along(&candidate.item)? {
                    walk.goes(gone);
                    any = true;
                }
            }
            if !any {
                walk.candidates = kept;
                return Ok(());
            }
            walk.candidates.append(&mut kept);
        }
    }

    /// Deletes a dependent object, or the object that the session has for its row.
    fn take_along(self: &Rc<Self>, item: &AnyEntity) -> Result<Option<AnyEntity>> {
        let state = item.0.state();
        if self.rescued.borrow().contains(&item.address()) {
            return Ok(None);
        }
        match item.status() {
            Status::Pending => {
                state.leave(Status::Transient);
                self.mark_expunged(item);
                self.record(FlushStep::Left(item.clone()));
                Ok(Some(item.clone()))
            }
            Status::Persistent => self.delete_along(item),
            // Its row is deleted, whether or not the session has the object.
            Status::Detached if item.0.has_row() && !state.is_gone.get() => {
                match self.find(item.0.mapper().of, &item.0.stored_key()) {
                    Some(known) if known.status() != Status::Persistent => Ok(None),
                    Some(known) => self.delete_along(&known),
                    None => {
                        self.attach(item)?;
                        self.delete_along(item)
                    }
                }
            }
            Status::Transient | Status::Deleted | Status::Detached => Ok(None),
        }
    }

    fn delete_along(self: &Rc<Self>, item: &AnyEntity) -> Result<Option<AnyEntity>> {
        self.delete(item)?;
        item.0.state().is_cascaded.set(true);
        self.record(FlushStep::Deleted(item.clone()));
        Ok(Some(item.clone()))
    }

    /// Returns the orphans: objects that were removed from an owner with `delete-orphan`, or that cleared their own reference to
    /// it.
    fn orphans(self: &Rc<Self>) -> Vec<OrphanCandidate> {
        let mut lost = Vec::new();
        let objects: Vec<AnyEntity> = self.changed.borrow().iter().chain(&*self.pending.borrow()).cloned().collect();
        for object in objects {
            let mapper = object.0.mapper();
            for (at, relation) in mapper.relations.iter().enumerate() {
                if relation.delete_orphan {
                    lost_by(&object, at, &mut lost);
                }
                if relation.direction == Direction::ManyToOne {
                    lost.extend(left_by_itself(&object, Edge::of(mapper, relation), (relation.target)()));
                }
            }
        }
        lost.extend(self.orphans_of_detached_owners());
        lost
    }
}

/// Collects the objects that were removed from an owner's relationship since its row was written.
pub(super) fn lost_by(owner: &AnyEntity, at: usize, lost: &mut Vec<OrphanCandidate>) {
    let mapper = owner.0.mapper();
    let Some(relation) = mapper.relations.get(at) else { return };
    owner.0.with_relation(at, &mut |now, stored| {
        if !now.has_lost() && stored.is_none_or(|stored| stored.is_bare() || now.is_same(stored)) {
            return;
        }
        let items: FxHashSet<usize> = now.items().iter().map(AnyEntity::address).collect();
        let before = stored.map(|stored| stored.items()).unwrap_or_default().into_iter().map(|item| (item, true));
        // An object with a row that was added and removed again is unchanged.
        let is_lost = |item: &AnyEntity| now.mode() == Mode::Unloaded || !item.0.has_row();
        let gone = now.gone().into_iter().filter(is_lost).map(|item| (item, false));
        let all = before.chain(gone).filter(|(item, _)| !items.contains(&item.address()));
        lost.extend(all.map(|(item, is_stored)| OrphanCandidate {
            item,
            owner: Some(owner.clone()),
            mapper,
            relation,
            is_stored,
        }));
    });
}

/// Returns an object as a candidate if it cleared its own reference to an owner with `delete-orphan`.
fn left_by_itself(item: &AnyEntity, edge: Edge, mapper: &'static Mapper) -> Option<OrphanCandidate> {
    let relation =
        mapper.relations.iter().find(|relation| relation.delete_orphan && Edge::of(mapper, relation) == edge)?;
    let is_cleared =
        relation.direction == Direction::OneToMany && matches!(own_reference(item, edge), OwnReference::Cleared);
    is_cleared.then(|| OrphanCandidate { item: item.clone(), owner: None, mapper, relation, is_stored: false })
}

/// Collects the objects that may be deleted with an object, or queues it until its relationships are loaded.
fn walk_from(object: AnyEntity, claims: &Ownership<'_>, walk: &mut DeleteCascade, wanted: &mut Wanted) {
    if !want(&object, true, wanted) {
        walk.waiting.push(object);
        return;
    }
    let mapper = object.0.mapper();
    let is_new = !object.0.has_row();
    for (at, relation) in mapper.relations.iter().enumerate() {
        // An object that was never written is expunged, together with its `expunge` cascade.
        let follows = relation.delete || is_new && relation.cascades.expunge;
        if !follows {
            continue;
        }
        let (mut items, mut before) = (Vec::new(), Vec::new());
        object.0.with_relation(at, &mut |now, stored| {
            items = now.items();
            before = stored.map(|stored| stored.items()).unwrap_or_default();
        });
        let stored: FxHashSet<usize> = before.iter().map(AnyEntity::address).collect();
        items.retain(|item| !stored.contains(&item.address()) && claims.follows(&object, relation, item));
        let pointing = claims.pointing(&object, Edge::of(mapper, relation));
        items.extend(pointing.filter(|item| claims.follows(&object, relation, item)).cloned());
        let all = before.into_iter().map(|item| (item, true)).chain(items.into_iter().map(|item| (item, false)));
        walk.candidates.extend(all.map(|(item, is_stored)| OrphanCandidate {
            item,
            owner: Some(object.clone()),
            mapper,
            relation,
            is_stored,
        }));
    }
}

/// Whether all relationships are loaded that are needed to delete an object or to write its relationships. Adds the others to
/// `wanted`.
fn want(object: &AnyEntity, is_deleted: bool, wanted: &mut Wanted) -> bool {
    let mapper = object.0.mapper();
    let mut is_known = true;
    for (at, relation) in mapper.relations.iter().enumerate() {
        let mut mode = Mode::Loaded;
        object.0.with_relation(at, &mut |relation, _| mode = relation.mode());
        let needs = is_renamed(object, relation)
            || match relation.direction {
                Direction::ManyToOne => {
                    (is_deleted && relation.delete) || (mode == Mode::Replaced && relation.delete_orphan)
                }
                Direction::OneToMany | Direction::ManyToMany => {
                    is_deleted && !relation.passive_deletes || mode == Mode::Replaced
                }
            };
        if needs && matches!(mode, Mode::Unloaded | Mode::Replaced | Mode::Unset) && object.0.has_row() {
            is_known = false;
            wanted.entry((mapper.of, at)).or_default().push(object.clone());
        }
    }
    is_known
}
