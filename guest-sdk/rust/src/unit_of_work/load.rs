//! Loads of related rows: builds the loads of a host plan, and attaches the rows that they read to their owners.

use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::UnitOfWork;
use crate::{
    Error, Result,
    bindings::sqlservice::database::{
        rows::{Batch, ColumnData},
        sessions as contract,
        sessions::{KnownRows, LoadRoot, Loaded, Plan, ResultColumn},
    },
    entity,
    instance::{AnyEntity, Mode},
    mapping::{Direction, Key, Mapper, RelationshipMapping, keys_of, names_row},
    relation::LoadNode,
    value::{
        Value,
        column::{null, typed},
    },
};

/// A load of a plan.
struct LoadStep {
    owner: &'static Mapper,
    position: usize,
    target: &'static Mapper,
    /// The load that reads its owners; `None` if these are the plan's own rows.
    after: Option<usize>,
    contract: contract::Load,
}

/// The root rows of a plan.
pub(crate) enum LoadFrom {
    /// Rows of a query, or rows by keys.
    Rows(LoadRoot),
    /// Objects that are in memory.
    Objects(Vec<AnyEntity>),
}

/// A load with a filter or an order of its own: a separate statement, as the host's plans support neither.
pub(crate) struct SeparateLoad {
    /// The model of the owners.
    pub(crate) owner: &'static Mapper,
    pub(crate) owners: Vec<AnyEntity>,
    pub(crate) node: LoadNode,
}

/// The loads of a plan.
pub(crate) struct LoadPlan<'a> {
    mapper: &'static Mapper,
    nodes: &'a [LoadNode],
    /// Each load comes before those nested in it.
    steps: Vec<LoadStep>,
    /// The loads that start from the plan's own rows.
    roots: Vec<u32>,
    /// Separate loads, each with the load that reads its owners.
    separate: Vec<(Option<usize>, &'static Mapper, &'a LoadNode)>,
}

impl<'a> LoadPlan<'a> {
    pub(crate) fn new(mapper: &'static Mapper, nodes: &'a [LoadNode]) -> Result<Self> {
        let mut plan = Self { mapper, nodes, steps: Vec::new(), roots: Vec::new(), separate: Vec::new() };
        let mut left: Vec<(Option<usize>, &'static Mapper, &LoadNode)> =
            nodes.iter().rev().map(|node| (None, mapper, node)).collect();
        while let Some((after, owner, node)) = left.pop() {
            if node.is_separate()? {
                plan.separate.push((after, owner, node));
                continue;
            }
            let at = u32::try_from(plan.steps.len()).unwrap_or(u32::MAX);
            match after.and_then(|after| plan.steps.get_mut(after)) {
                Some(before) => before.contract.nested.push(at),
                None => plan.roots.push(at),
            }
            let relation = owner.relation(node.position)?;
            let target = (relation.target)();
            let load = contract::Load { relationship: relation.name.clone(), nested: Vec::new(), joined: node.joined };
            left.extend(node.nested.nodes.iter().rev().map(|nested| (Some(plan.steps.len()), target, nested)));
            plan.steps.push(LoadStep { owner, position: node.position, target, after, contract: load });
        }
        Ok(plan)
    }

    /// Whether the host has nothing to load.
    pub(crate) fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Encodes the plan for the contract. Returns the objects that it starts from, too, if these are in memory already.
    pub(crate) fn contract(&self, from: LoadFrom) -> Result<(Plan, Option<Vec<AnyEntity>>)> {
        let (root, objects) = match from {
            LoadFrom::Rows(root) => (root, None),
            LoadFrom::Objects(objects) => (known(self.mapper, &objects, self.nodes)?, Some(objects)),
        };
        let loads = self.steps.iter().map(|step| step.contract.clone()).collect();
        let plan = Plan { table: self.mapper.table.to_owned(), root, loads, first_loads: self.roots.clone() };
        Ok((plan, objects))
    }

    /// Returns the separate loads, which start from the plan's own objects or from those that its loads found; the last one first.
    pub(crate) fn separate(&self, objects: &[AnyEntity], found: &[Vec<AnyEntity>]) -> Vec<SeparateLoad> {
        let of = |after: Option<usize>| after.map_or(objects, |after| found.get(after).map_or(&[][..], Vec::as_slice));
        let load = |&(after, owner, node): &(Option<usize>, _, &LoadNode)| SeparateLoad {
            owner,
            owners: of(after).to_vec(),
            node: node.clone(),
        };
        self.separate.iter().rev().map(load).collect()
    }
}

impl UnitOfWork {
    /// Returns the objects of a batch's rows, in row order.
    pub(crate) fn objects(
        self: &Rc<Self>,
        mapper: &'static Mapper,
        columns: &[ResultColumn],
        rows: Batch,
        populate_existing: bool,
    ) -> Result<Vec<AnyEntity>> {
        entity::load(mapper, &self.tracker(), columns, rows, populate_existing)
    }

    /// Sets the loaded relationships of a plan's objects. Returns all objects that each load found.
    pub(crate) fn relate_all(
        self: &Rc<Self>,
        plan: &LoadPlan<'_>,
        objects: &[AnyEntity],
        mut loaded: Vec<Loaded>,
        populate_existing: bool,
    ) -> Result<Vec<Vec<AnyEntity>>> {
        loaded.sort_by_key(|loaded| loaded.load);
        let mut found: Vec<Vec<AnyEntity>> = Vec::with_capacity(plan.steps.len());
        for (step, loaded) in plan.steps.iter().zip(loaded) {
            let owners = step.after.and_then(|after| found.get(after)).map_or(objects, Vec::as_slice);
            let items = self.relate(step, owners, loaded, populate_existing)?;
            found.push(items);
        }
        Ok(found)
    }

    /// Sets the loaded relationship of owners. Returns all loaded objects.
    fn relate(
        self: &Rc<Self>,
        step: &LoadStep,
        owners: &[AnyEntity],
        loaded: Loaded,
        populate_existing: bool,
    ) -> Result<Vec<AnyEntity>> {
        let Loaded { mut columns, mut rows, .. } = loaded;
        let relation = step.owner.relation(step.position)?;
        let keys = match &relation.secondary {
            Some(secondary) => {
                let between = secondary.local.len().min(rows.columns.len()).min(columns.len());
                let pairs: Vec<ColumnData> = rows.columns.drain(..between).collect();
                columns.drain(..between);
                keys_of(&pairs.iter().collect::<Vec<_>>(), rows.rows as usize)?
            }
            None => {
                let remote: Vec<&ColumnData> = relation.remote.iter().filter_map(|&at| rows.columns.get(at)).collect();
                keys_of(&remote, rows.rows as usize)?
            }
        };
        let items = self.objects(step.target, &columns, rows, populate_existing)?;
        let mut of_owner: FxHashMap<Key, Vec<AnyEntity>> =
            FxHashMap::with_capacity_and_hasher(owners.len(), Default::default());
        for (key, item) in keys.into_iter().zip(&items) {
            if let Some(key) = key {
                of_owner.entry(key).or_default().push(item.clone());
            }
        }
        for owner in owners {
            let mut is_known = false;
            owner.0.with_relation(step.position, &mut |relation, _| is_known = relation.mode() == Mode::Loaded);
            if is_known && !populate_existing {
                continue;
            }
            let key = key_of(relation, owner).map(|(key, _)| key);
            let is_edited = relation.direction == Direction::ManyToOne
                && relation.local.iter().any(|&column| owner.0.differs(column));
            if is_edited && key.as_ref().is_some_and(|key| !of_owner.contains_key(key)) {
                // The load used another foreign key, so the row that the edited one refers to was not read.
                continue;
            }
            // Many owners may share a parent; a child belongs to one owner.
            let items = match (key, relation.direction) {
                (Some(key), Direction::OneToMany) => of_owner.remove(&key),
                (Some(key), _) => of_owner.get(&key).cloned(),
                (None, _) => None,
            };
            self.snapshot_read(owner);
            owner.0.load(step.position, items.unwrap_or_default());
        }
        Ok(items)
    }

    /// Sets the objects that a separate load read for an owner. Changes that were not written stay.
    pub(crate) fn set_loaded_separately(&self, owner: &AnyEntity, node: &LoadNode, items: Vec<AnyEntity>) {
        let (mut is_changed, mut is_unloaded) = (false, false);
        owner.0.with_relation(node.position, &mut |now, stored| {
            is_changed = stored.is_some_and(|stored| !now.is_same(stored));
            is_unloaded = now.mode() == Mode::Unloaded;
        });
        if is_changed && !is_unloaded {
            return;
        }
        self.snapshot_read(owner);
        owner.0.set_committed_relation(node.position, &mut |relation| {
            if node.filter.is_some() {
                relation.show(items.clone());
            } else if is_unloaded {
                relation.load(items.clone());
            } else {
                relation.set(Mode::Loaded, &items, &[]);
            }
        });
    }
}

/// Returns the key by which an owner's related rows are found; `None` if a part of it is null.
pub(crate) fn key_of(relation: &RelationshipMapping, owner: &AnyEntity) -> Option<(Key, Vec<Value>)> {
    let values: Vec<Value> = relation.local.iter().map(|&column| finder(relation, owner, column)).collect();
    names_row(&values).then(|| (Key::of(&values), values))
}

/// Returns the distinct keys of owners.
pub(crate) fn keys_of_owners(relation: &RelationshipMapping, owners: &[AnyEntity]) -> Vec<Vec<Value>> {
    let mut seen = FxHashSet::default();
    let keys = owners.iter().filter_map(|owner| key_of(relation, owner));
    keys.filter(|(key, _)| seen.insert(key.clone())).map(|(_, values)| values).collect()
}

/// Returns objects in memory as a load root, with the columns that the loads start from.
fn known(mapper: &'static Mapper, objects: &[AnyEntity], nodes: &[LoadNode]) -> Result<LoadRoot> {
    let mut relations: Vec<&RelationshipMapping> = Vec::new();
    for node in nodes {
        // Separate loads are included, as they start from these columns, too.
        relations.push(mapper.relation(node.position)?);
    }
    let mut columns: Vec<usize> = relations.iter().flat_map(|relation| &relation.local).copied().collect();
    columns.sort_unstable();
    columns.dedup();
    let rows = u32::try_from(objects.len()).map_err(|_| Error::invalid("more than 2^32 objects"))?;
    let cells = if objects.iter().any(|object| columns.iter().any(|&column| object.0.differs(column))) {
        let by = |column: &usize| relations.iter().find(|relation| relation.local.contains(column));
        let value = |object: &AnyEntity, column: usize| by(&column).map_or_else(null, |by| finder(by, object, column));
        columns.iter().map(|&column| typed(objects.iter().map(|object| value(object, column)).collect())).collect()
    } else {
        encode(objects, &columns)?
    };
    Ok(LoadRoot::Known(KnownRows { columns: mapper.names(&columns), rows: Batch { rows, columns: cells } }))
}

/// Returns the value by which an owner's related rows are found: of its own foreign key the current value, written or not; of a
/// column that others refer to, the stored value.
fn finder(relation: &RelationshipMapping, owner: &AnyEntity, column: usize) -> Value {
    match relation.direction {
        Direction::ManyToOne => owner.0.value(column),
        Direction::OneToMany | Direction::ManyToMany => owner.0.stored_value(column),
    }
}

/// Returns the stored values of columns.
pub(crate) fn stored(objects: &[AnyEntity], columns: &[usize]) -> Result<Vec<ColumnData>> {
    let is_as_stored = |object: &AnyEntity| !columns.iter().any(|&column| object.0.differs(column));
    if objects.iter().all(is_as_stored) {
        return encode(objects, columns);
    }
    let values = |column: usize| objects.iter().map(|object| object.0.stored_value(column)).collect();
    Ok(columns.iter().map(|&column| typed(values(column))).collect())
}

/// Encodes columns of objects of one model for a batch.
pub(super) fn encode(objects: &[AnyEntity], columns: &[usize]) -> Result<Vec<ColumnData>> {
    objects.first().map_or_else(|| Ok(Vec::new()), |first| first.0.encode(objects, columns))
}
