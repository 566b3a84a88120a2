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

/// Objects with a relationship that has to be known, by its model and position.
type Wanted = FxHashMap<(ModelId, usize), Vec<AnyEntity>>;

/// A walk from objects that are deleted to what is deleted with them.
#[derive(Default)]
pub(crate) struct DeleteCascade {
    has_owners: bool,
    /// Objects that are deleted, in the order in which that was found.
    going: Vec<AnyEntity>,
    known: FxHashSet<usize>,
    /// How many of them were walked from.
    walked: usize,
    /// Those of them that cannot be walked from yet: what they are related to is not known.
    waiting: Vec<AnyEntity>,
    candidates: Vec<OrphanCandidate>,
}

impl DeleteCascade {
    pub(crate) fn new() -> Self {
        let owns = |mapper: &&Mapper| mapper.relations.iter().any(|relation| relation.delete_orphan);
        Self { has_owners: mappers().iter().any(owns), ..Self::default() }
    }

    /// Deletes what follows deleted objects and what lost its owner, unless another owner has it that stays. What has to be known for
    /// that and is not: relationships of a model by their positions, and their objects. Once it is loaded, the walk goes on.
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
    /// Walks as far as is known. An object that was kept by one that goes itself is asked about again.
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

    /// Deletes an object with another one: it, or the one that the session has for its row.
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
            // Its row goes, whether or not the session has it.
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

    /// Orphans: objects that were removed from an owner whose relationship says `delete-orphan`, or that left it themselves.
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

/// What an owner lost by a relationship, since its row was written.
pub(super) fn lost_by(owner: &AnyEntity, at: usize, lost: &mut Vec<OrphanCandidate>) {
    let mapper = owner.0.mapper();
    let Some(relation) = mapper.relations.get(at) else { return };
    owner.0.with_relation(at, &mut |now, stored| {
        if !now.has_lost() && stored.is_none_or(|stored| stored.is_bare() || now.is_same(stored)) {
            return;
        }
        let items: FxHashSet<usize> = now.items().iter().map(AnyEntity::address).collect();
        let before = stored.map(|stored| stored.items()).unwrap_or_default().into_iter().map(|item| (item, true));
        // What has a row and was put there and taken away again is what it was.
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

/// An object that gave up its owner by its own relationship, where the owner's would have made it an orphan.
fn left_by_itself(item: &AnyEntity, edge: Edge, mapper: &'static Mapper) -> Option<OrphanCandidate> {
    let relation =
        mapper.relations.iter().find(|relation| relation.delete_orphan && Edge::of(mapper, relation) == edge)?;
    let is_cleared =
        relation.direction == Direction::OneToMany && matches!(own_reference(item, edge), OwnReference::Cleared);
    is_cleared.then(|| OrphanCandidate { item: item.clone(), owner: None, mapper, relation, is_stored: false })
}

/// Finds what may be deleted with an object, or waits until that is loaded.
fn walk_from(object: AnyEntity, claims: &Ownership<'_>, walk: &mut DeleteCascade, wanted: &mut Wanted) {
    if !want(&object, true, wanted) {
        walk.waiting.push(object);
        return;
    }
    let mapper = object.0.mapper();
    let is_new = !object.0.has_row();
    for (at, relation) in mapper.relations.iter().enumerate() {
        // What was never written leaves its session with all that would have been taken out of it.
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

/// Whether everything is known that has to be, to delete an object or to write what it is related to; what is not is wanted.
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
