//! The order of deletes: a row that refers to another one is deleted before that.
//!
//! The host orders tables, inserted rows and the steps of a flush (`host/sql`, `flush/order.rs`), as it has the inserted values and
//! the key references. It does not get the foreign keys of rows to delete, so only the guest knows which deleted row refers to
//! which. This module orders rows where the order of tables does not settle it: a model that refers to itself, and models that
//! refer to each other in a circle. All other rows are sorted by key, and the host reorders them.

use std::collections::BTreeSet;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::{
    instance::AnyEntity,
    mapping::{Direction, Key, Mapper, ModelId, RelationshipMapping, names_row},
    value::Value,
};

/// Deleted objects of one model, sorted by key.
struct Group {
    mapper: &'static Mapper,
    objects: Vec<AnyEntity>,
    /// The number of its first object.
    first: usize,
}

/// A foreign key from one group of deleted objects to another.
struct Reference {
    from: usize,
    local: Vec<usize>,
    to: usize,
    remote: Vec<usize>,
}

/// Orders objects to delete, those of one model together as far as their references allow. The host orders tables, but does not
/// know the rows' references. So it keeps this order where tables refer to themselves or to each other in a circle.
///
/// `is_open` returns whether a column is set to null before the deletes.
pub(super) fn order(
    deletes: &[AnyEntity],
    is_open: impl Fn(&AnyEntity, usize) -> bool,
) -> Vec<(&'static Mapper, Vec<AnyEntity>)> {
    let groups = groups(deletes);
    let mut references = references(&groups);
    if !is_circular(groups.len(), &references) {
        references.retain(|reference| reference.from == reference.to);
    }
    if references.is_empty() {
        return groups.into_iter().map(|group| (group.mapper, group.objects)).collect();
    }
    let mut rows = RowGraph::new(&groups);
    for reference in &references {
        rows.read(&groups, reference, &is_open);
    }
    rows.sorted(&groups)
}

/// Returns objects that are deleted with the owner of their `post_update` collection, and their foreign keys to it. These are set
/// to null before either is deleted.
pub(super) fn post_updates_before_delete(deletes: &[AnyEntity]) -> Vec<(AnyEntity, Vec<usize>)> {
    let mut lists: Vec<(&'static RelationshipMapping, FxHashSet<Key>)> = Vec::new();
    for owner in deletes {
        let relations = owner.0.mapper().relations.iter();
        for relation in relations.filter(|relation| relation.post_update && relation.direction == Direction::OneToMany)
        {
            let at = lists.iter().position(|(known, _)| std::ptr::eq(*known, relation)).unwrap_or_else(|| {
                lists.push((relation, FxHashSet::default()));
                lists.len() - 1
            });
            if let (Some(key), Some((_, keys))) = (stored_key(owner, &relation.local), lists.get_mut(at)) {
                keys.insert(key);
            }
        }
    }
    let mut post_updates_before_delete = Vec::new();
    for (relation, keys) in lists {
        let target = (relation.target)();
        if !target.can_wait(&relation.remote) {
            continue;
        }
        let of = target.of;
        let is_listed = |child: &&AnyEntity| {
            child.0.mapper().of == of && stored_key(child, &relation.remote).is_some_and(|key| keys.contains(&key))
        };
        post_updates_before_delete
            .extend(deletes.iter().filter(is_listed).map(|child| (child.clone(), relation.remote.clone())));
    }
    post_updates_before_delete
}

/// Returns the stored values of some columns as a key, if they can refer to a row.
fn stored_key(object: &AnyEntity, columns: &[usize]) -> Option<Key> {
    let values: Vec<Value> = columns.iter().map(|&column| object.0.stored_value(column)).collect();
    names_row(&values).then(|| Key::of(&values))
}

fn groups(deletes: &[AnyEntity]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut known: FxHashMap<ModelId, usize> = FxHashMap::default();
    for object in deletes {
        let mapper = object.0.mapper();
        let at = *known.entry(mapper.of).or_insert(groups.len());
        if at == groups.len() {
            groups.push(Group { mapper, objects: Vec::new(), first: 0 });
        }
        groups.get_mut(at).into_iter().for_each(|group| group.objects.push(object.clone()));
    }
    let mut first = 0;
    for group in &mut groups {
        group.objects.sort_by_cached_key(|object| object.0.stored_key());
        group.first = first;
        first += group.objects.len();
    }
    groups
}

fn references(groups: &[Group]) -> Vec<Reference> {
    let mut references = Vec::new();
    for (from, group) in groups.iter().enumerate() {
        for key in &group.mapper.foreign_keys {
            let refers = |of: &Mapper| of.table == key.table && of.schema == key.schema.as_deref();
            for (to, other) in groups.iter().enumerate().filter(|(_, other)| refers(other.mapper)) {
                let (local, remote) = (group.mapper.positions(&key.columns), other.mapper.positions(&key.referred));
                if local.len() == remote.len() {
                    references.push(Reference { from, local, to, remote });
                }
            }
        }
    }
    references
}

/// Whether models refer to each other in a circle. A model that refers to itself does not count.
fn is_circular(models: usize, references: &[Reference]) -> bool {
    let mut left: BTreeSet<usize> = (0..models).collect();
    loop {
        let is_referred = |model: &usize| {
            let to = references.iter().filter(|reference| reference.to == *model && reference.from != *model);
            to.into_iter().any(|reference| left.contains(&reference.from))
        };
        let Some(free) = left.iter().copied().find(|model| !is_referred(model)) else { return !left.is_empty() };
        left.remove(&free);
    }
}

/// The references between all deleted objects, by their numbers.
struct RowGraph {
    /// The number of objects that refer to each object.
    waits: Vec<usize>,
    refers_to: Vec<Vec<usize>>,
    group_of: Vec<usize>,
}

impl RowGraph {
    fn new(groups: &[Group]) -> Self {
        let group_of: Vec<usize> =
            groups.iter().enumerate().flat_map(|(at, group)| group.objects.iter().map(move |_| at)).collect();
        Self { waits: vec![0; group_of.len()], refers_to: vec![Vec::new(); group_of.len()], group_of }
    }

    /// Adds the references between rows by one foreign key.
    fn read(&mut self, groups: &[Group], reference: &Reference, is_open: impl Fn(&AnyEntity, usize) -> bool) {
        let Reference { from, local, to, remote } = reference;
        let (Some(from), Some(to)) = (groups.get(*from), groups.get(*to)) else { return };
        let numbered = |group: &Group, at: usize| group.first + at;
        let referred: FxHashMap<Key, usize> = (to.objects.iter().enumerate())
            .filter_map(|(at, object)| Some((stored_key(object, remote)?, numbered(to, at))))
            .collect();
        for (at, object) in from.objects.iter().enumerate() {
            if local.iter().any(|&column| is_open(object, column)) {
                continue;
            }
            let (child, parent) = (numbered(from, at), stored_key(object, local).and_then(|key| referred.get(&key)));
            if let Some(&parent) = parent.filter(|parent| **parent != child)
                && let (Some(parents), Some(waits)) = (self.refers_to.get_mut(child), self.waits.get_mut(parent))
            {
                parents.push(parent);
                *waits += 1;
            }
        }
    }

    /// Sorts topologically: repeatedly takes the rows that no remaining row refers to, those of one model as long as there are
    /// some. A circle of rows has no first row: it comes last, and the database accepts or refuses it.
    fn sorted(mut self, groups: &[Group]) -> Vec<(&'static Mapper, Vec<AnyEntity>)> {
        let mut ready: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); groups.len()];
        let mut left: BTreeSet<usize> = (0..self.waits.len()).collect();
        for row in left.iter().filter(|&&row| self.waits.get(row) == Some(&0)) {
            self.group_of.get(*row).and_then(|&group| ready.get_mut(group)).into_iter().for_each(|ready| {
                ready.insert(*row);
            });
        }
        let mut sorted: Vec<(usize, Vec<AnyEntity>)> = Vec::new();
        let mut put = |row: usize, group: usize| {
            let Some(object) = groups.get(group).and_then(|it| it.objects.get(row - it.first)) else { return };
            match sorted.last_mut().filter(|(last, _)| *last == group) {
                Some((_, objects)) => objects.push(object.clone()),
                None => sorted.push((group, vec![object.clone()])),
            }
        };
        let mut current = 0;
        loop {
            let next = ready.get_mut(current).and_then(BTreeSet::pop_first);
            let Some(row) = next else {
                match ready.iter().position(|ready| !ready.is_empty()) {
                    Some(group) => current = group,
                    None => break,
                }
                continue;
            };
            left.remove(&row);
            put(row, current);
            for parent in self.refers_to.get_mut(row).map(std::mem::take).unwrap_or_default() {
                let Some(waits) = self.waits.get_mut(parent) else { continue };
                *waits -= 1;
                if *waits == 0
                    && let Some(ready) = self.group_of.get(parent).and_then(|&group| ready.get_mut(group))
                {
                    ready.insert(parent);
                }
            }
        }
        for row in left {
            put(row, self.group_of.get(row).copied().unwrap_or_default());
        }
        let named = |(group, objects): (usize, Vec<AnyEntity>)| Some((groups.get(group)?.mapper, objects));
        sorted.into_iter().filter_map(named).collect()
    }
}
