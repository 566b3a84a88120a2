//! Rows with what they are related to: which loads a plan of the host's has, and what becomes of the rows that they read.

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
    /// The load that its owners come from; none where they are the plan's own rows.
    after: Option<usize>,
    contract: contract::Load,
}

/// Where a plan starts.
pub(crate) enum LoadFrom {
    /// A query, or keys.
    Rows(LoadRoot),
    /// Objects that are there.
    Objects(Vec<AnyEntity>),
}

/// A load with a filter or an order of its own: a statement, as the host's plans know neither.
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
    /// Each before those that start from it.
    steps: Vec<LoadStep>,
    /// Those that start from the plan's own rows.
    roots: Vec<u32>,
    /// Loads of their own, with the loads that they start from.
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

    /// As the contract has it, and the objects that it starts from where these are there already.
    pub(crate) fn contract(&self, from: LoadFrom) -> Result<(Plan, Option<Vec<AnyEntity>>)> {
        let (root, objects) = match from {
            LoadFrom::Rows(root) => (root, None),
            LoadFrom::Objects(objects) => (known(self.mapper, &objects, self.nodes)?, Some(objects)),
        };
        let loads = self.steps.iter().map(|step| step.contract.clone()).collect();
        let plan = Plan { table: self.mapper.table.to_owned(), root, loads, first_loads: self.roots.clone() };
        Ok((plan, objects))
    }

    /// The loads of their own, which start from the plan's own objects or from what its loads found; the last one first.
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
    /// The objects of a batch's rows, in their order.
    pub(crate) fn objects(
        self: &Rc<Self>,
        mapper: &'static Mapper,
        columns: &[ResultColumn],
        rows: Batch,
        populate_existing: bool,
    ) -> Result<Vec<AnyEntity>> {
        entity::load(mapper, &self.tracker(), columns, rows, populate_existing)
    }

    /// Gives the objects of a plan what its loads found; all that each load found.
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

    /// Gives owners what was loaded for them. All that was.
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
                // The row that was read says otherwise: what the edited key leads to was not asked for.
                continue;
            }
            // A parent may be of many; children are of one.
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

    /// Gives an owner what was read for it. What it says otherwise and was not written stays.
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

/// The key by which rows are an owner's; nothing where a part of it is null.
pub(crate) fn key_of(relation: &RelationshipMapping, owner: &AnyEntity) -> Option<(Key, Vec<Value>)> {
    let values: Vec<Value> = relation.local.iter().map(|&column| finder(relation, owner, column)).collect();
    names_row(&values).then(|| (Key::of(&values), values))
}

/// The keys of owners, each once.
pub(crate) fn keys_of_owners(relation: &RelationshipMapping, owners: &[AnyEntity]) -> Vec<Vec<Value>> {
    let mut seen = FxHashSet::default();
    let keys = owners.iter().filter_map(|owner| key_of(relation, owner));
    keys.filter(|(key, _)| seen.insert(key.clone())).map(|(_, values)| values).collect()
}

/// Objects that are there, with the columns that the loads start from.
fn known(mapper: &'static Mapper, objects: &[AnyEntity], nodes: &[LoadNode]) -> Result<LoadRoot> {
    let mut relations: Vec<&RelationshipMapping> = Vec::new();
    for node in nodes {
        // One of the host's or not: those that start from it need its columns, too.
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

/// A column by which rows are found that an owner is related to: of the owner's foreign key, what it says by now, written or not;
/// of what others refer to, what its row has.
fn finder(relation: &RelationshipMapping, owner: &AnyEntity, column: usize) -> Value {
    match relation.direction {
        Direction::ManyToOne => owner.0.value(column),
        Direction::OneToMany | Direction::ManyToMany => owner.0.stored_value(column),
    }
}

/// Columns of rows as they are stored.
pub(crate) fn stored(objects: &[AnyEntity], columns: &[usize]) -> Result<Vec<ColumnData>> {
    let is_as_stored = |object: &AnyEntity| !columns.iter().any(|&column| object.0.differs(column));
    if objects.iter().all(is_as_stored) {
        return encode(objects, columns);
    }
    let values = |column: usize| objects.iter().map(|object| object.0.stored_value(column)).collect();
    Ok(columns.iter().map(|&column| typed(values(column))).collect())
}

/// The columns of objects of one model, for a batch.
pub(super) fn encode(objects: &[AnyEntity], columns: &[usize]) -> Result<Vec<ColumnData>> {
    objects.first().map_or_else(|| Ok(Vec::new()), |first| first.0.encode(objects, columns))
}
