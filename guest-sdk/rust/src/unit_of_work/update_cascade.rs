//! Changed keys, and the foreign keys of other rows that follow them: the database (`on update cascade`) or the flush
//! (`passive_updates = false`) updates the rows, this module updates their objects.

use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    UnitOfWork,
    flush_rollback::{FlushStep, set_stored},
};
use crate::{
    Result,
    instance::{AnyEntity, Status},
    mapping::{Direction, Key, Mapper, ModelId, RelationshipMapping, mappers, names_row},
    schema::Action,
    value::{Value, column::null},
};

/// A foreign key whose rows follow the key that they refer to.
struct Reference {
    child: &'static Mapper,
    local: Vec<usize>,
    remote: Vec<usize>,
    how: FollowAction,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum FollowAction {
    /// The database writes the new key.
    Cascade,
    /// The database writes nulls.
    SetNull,
    /// The database writes the default.
    SetDefault,
    /// The flush writes the new key.
    Update,
}

/// An object whose key differs from the one that its row has, or had.
struct ChangedKey {
    object: AnyEntity,
    /// The former values of the changed columns.
    before: Vec<(usize, Value)>,
    /// Whether its row has the new values already.
    is_stored: bool,
}

impl ChangedKey {
    fn earlier(&self, column: usize) -> Value {
        let known = self.before.iter().find(|(at, _)| *at == column).map(|(_, value)| value.clone());
        known.unwrap_or_else(|| self.object.0.stored_value(column))
    }

    fn after(&self, column: usize) -> Value {
        if self.is_stored { self.object.0.stored_value(column) } else { self.object.0.value(column) }
    }
}

/// A foreign key whose rows follow: the new values, by the old ones.
struct KeyUpdate {
    local: Vec<usize>,
    how: FollowAction,
    keys: FxHashMap<Key, Vec<Value>>,
}

/// Whether a relationship sets a column of an object.
type IsAssigned<'a> = dyn Fn(&AnyEntity, usize) -> bool + 'a;

/// The objects and foreign keys that followed changed keys.
#[derive(Default)]
pub(super) struct Followers {
    /// Objects whose rows the database changes.
    pub(super) by_database: Vec<AnyEntity>,
    /// Objects that the flush updates.
    pub(super) by_flush: Vec<AnyEntity>,
    /// Foreign keys that the flush updates, so that they hold their old values until it does.
    pub(super) held: Vec<(ModelId, Vec<usize>)>,
}

impl RelationshipMapping {
    /// Whether it joins the other model on this foreign key.
    fn is_on(&self, direction: Direction, child_columns: &[usize], other: &Mapper) -> bool {
        let columns = if direction == Direction::ManyToOne { &self.local } else { &self.remote };
        self.direction == direction && columns == child_columns && (self.target)().of == other.of
    }
}

/// Returns the foreign keys to a model whose rows follow its keys.
fn references(owner: &'static Mapper) -> Vec<Reference> {
    let mut found = Vec::new();
    for child in mappers() {
        let to_owner = |table: &str, schema: Option<&str>| table == owner.table && schema == owner.schema;
        for key in child.foreign_keys.iter().filter(|key| to_owner(&key.table, key.schema.as_deref())) {
            let (local, remote) = (child.positions(&key.columns), owner.positions(&key.referred));
            if local.len() != remote.len() {
                continue;
            }
            let is_active = |relation: &&RelationshipMapping| !relation.passive_updates;
            let from_child = |relation: &RelationshipMapping| relation.is_on(Direction::ManyToOne, &local, owner);
            let from_owner = |relation: &RelationshipMapping| relation.is_on(Direction::OneToMany, &local, child);
            let is_active = child.relations.iter().filter(is_active).any(from_child)
                || owner.relations.iter().filter(is_active).any(from_owner);
            let is_key = local.iter().any(|column| child.key.contains(column));
            let how = match key.on_update {
                // If the foreign key is part of the row's primary key, the database updates it, and the row is found by the new
                // key.
                Action::Cascade if is_active && !is_key => FollowAction::Update,
                Action::Cascade => FollowAction::Cascade,
                Action::SetNull => FollowAction::SetNull,
                Action::SetDefault => FollowAction::SetDefault,
                Action::NoAction | Action::Restrict if is_active => FollowAction::Update,
                Action::NoAction | Action::Restrict => continue,
            };
            found.push(Reference { child, local, remote, how });
        }
    }
    found
}

/// Whether the relationship has to be loaded, as the key that its rows refer to changes and the flush updates them.
pub(super) fn is_renamed(object: &AnyEntity, relation: &RelationshipMapping) -> bool {
    !relation.passive_updates
        && relation.direction == Direction::OneToMany
        && object.0.has_row()
        && relation.local.iter().any(|&column| object.0.differs(column))
}

/// Returns the foreign keys that follow, by the models of their rows.
fn followed(renamed: &[ChangedKey], held: &mut Vec<(ModelId, Vec<usize>)>) -> FxHashMap<ModelId, Vec<KeyUpdate>> {
    let mut all: FxHashMap<ModelId, Vec<KeyUpdate>> = FxHashMap::default();
    let mut known: FxHashMap<ModelId, Vec<Reference>> = FxHashMap::default();
    for one in renamed {
        let mapper = one.object.0.mapper();
        for Reference { child, local, remote, how } in
            known.entry(mapper.of).or_insert_with(|| references(mapper)).iter()
        {
            let old: Vec<Value> = remote.iter().map(|&column| one.earlier(column)).collect();
            let new: Vec<Value> = match how {
                FollowAction::SetNull => remote.iter().map(|_| null()).collect(),
                _ => remote.iter().map(|&column| one.after(column)).collect(),
            };
            if old == new || !names_row(&old) {
                continue;
            }
            let of = all.entry(child.of).or_default();
            let at = of.iter().position(|followed| followed.local == *local).unwrap_or_else(|| {
                of.push(KeyUpdate { local: local.clone(), how: *how, keys: FxHashMap::default() });
                of.len() - 1
            });
            if let Some(followed) = of.get_mut(at) {
                followed.keys.insert(Key::of(&old), new);
            }
            if *how == FollowAction::Update && !held.contains(&(child.of, local.clone())) {
                held.push((child.of, local.clone()));
            }
        }
    }
    all
}

impl UnitOfWork {
    /// Sets the new values of changed keys in the objects that refer to them. If the flush fails, the former values are restored. A
    /// column that a relationship sets (`is_assigned`) keeps its value, even if that is the old key: another row may have taken it.
    pub(super) fn follow_keys(
        self: &Rc<Self>,
        involved: &[AnyEntity],
        is_assigned: &IsAssigned<'_>,
    ) -> Result<Followers> {
        let mut followers = Followers::default();
        let mut renamed: Vec<ChangedKey> = Vec::new();
        let mut known: FxHashMap<ModelId, Vec<usize>> = FxHashMap::default();
        for object in involved.iter().filter(|object| object.status() == Status::Persistent) {
            let mapper = object.0.mapper();
            let referred = known
                .entry(mapper.of)
                .or_insert_with(|| references(mapper).into_iter().flat_map(|reference| reference.remote).collect());
            if referred.iter().any(|&column| object.0.differs(column)) {
                renamed.push(ChangedKey { object: object.clone(), before: Vec::new(), is_stored: false });
            }
        }
        let mut seen: FxHashSet<(usize, Vec<usize>)> = FxHashSet::default();
        while !renamed.is_empty() {
            let followed = followed(&renamed, &mut followers.held);
            if followed.is_empty() {
                break;
            }
            // Finds all before changing any, as keys may be swapped.
            let mut found: Vec<(AnyEntity, &KeyUpdate, &Vec<Value>)> = Vec::new();
            for object in self.all().into_iter().filter(|object| object.0.has_row() && !object.0.state().is_gone.get())
            {
                for followed in followed.get(&object.0.mapper().of).into_iter().flatten() {
                    let key: Vec<Value> = followed.local.iter().map(|&column| object.0.stored_value(column)).collect();
                    let new = if names_row(&key) { followed.keys.get(&Key::of(&key)) } else { None };
                    if let Some(new) = new
                        && seen.insert((object.address(), followed.local.clone()))
                    {
                        found.push((object.clone(), followed, new));
                    }
                }
            }
            renamed = Vec::new();
            for (object, followed, new) in found {
                renamed.extend(self.follow(&object, followed, new, (&mut followers, is_assigned))?);
            }
        }
        Ok(followers)
    }

    /// Makes an object follow a changed key. Returns its own former values, as other rows may refer to these.
    fn follow(
        self: &Rc<Self>,
        object: &AnyEntity,
        followed: &KeyUpdate,
        new: &[Value],
        (followers, is_assigned): (&mut Followers, &IsAssigned<'_>),
    ) -> Result<Option<ChangedKey>> {
        let before: Vec<(usize, Value)> =
            followed.local.iter().map(|&column| (column, object.0.stored_value(column))).collect();
        self.snapshot(object);
        match followed.how {
            FollowAction::SetDefault => {
                object.0.state().is_expired.set(true);
                return Ok(None);
            }
            FollowAction::Update if object.status() != Status::Persistent => return Ok(None),
            FollowAction::Update => {
                for ((column, stored), new) in before.iter().zip(new) {
                    // A column that was edited or assigned otherwise keeps its value.
                    if object.0.value(*column) == *stored && !is_assigned(object, *column) {
                        self.assign(object, *column, new.clone())?;
                    }
                }
                followers.by_flush.push(object.clone());
            }
            FollowAction::Cascade | FollowAction::SetNull => {
                let newest: Vec<(usize, Value)> =
                    followed.local.iter().map(|&column| (column, object.0.value(column))).collect();
                let values: Vec<(usize, Value)> = followed.local.iter().copied().zip(new.iter().cloned()).collect();
                set_stored(object, &values)?;
                for (column, value) in newest.iter().filter(|(column, _)| is_assigned(object, *column)) {
                    object.0.assign(*column, value.clone())?;
                }
                self.record(FlushStep::Followed { object: object.clone(), stored: before.clone(), newest });
                followers.by_database.push(object.clone());
            }
        }
        let is_stored = followed.how != FollowAction::Update;
        Ok(Some(ChangedKey { object: object.clone(), before, is_stored }))
    }
}
