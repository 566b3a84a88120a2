//! Rows with what they are related to, in one crossing, and what becomes of them.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::{
    Direction, Key, Mapped, Mapper, Unit,
    criteria::Apart,
    key::{names_row, of_columns},
};
use crate::{
    Error, Result, Value,
    bindings::sqlservice::database::{
        rows::{Batch, ColumnData, Vector},
        sessions::{self as contract, KnownRows, LoadRoot, Loaded, Plan},
    },
    entity::AnyEntity,
    relation::LoadNode,
    session::RunOptions,
    value::{Scalar, column::Validity},
};

/// A load of a plan.
struct Step {
    owner: &'static Mapper,
    position: usize,
    target: &'static Mapper,
    /// The load that its owners come from; none where they are the plan's own rows.
    after: Option<usize>,
    contract: contract::Load,
}

/// Where a plan starts.
pub(crate) enum From {
    /// A query, or keys.
    Rows(LoadRoot),
    /// Objects that are there.
    Objects(Vec<AnyEntity>),
}

/// The loads of a plan.
#[derive(Default)]
struct Steps<'a> {
    /// Each before those that start from it.
    all: Vec<Step>,
    /// Those that start from the plan's own rows.
    roots: Vec<u32>,
    /// Loads with criteria of their own, which the host's plans do not know, with the loads that they start from.
    apart: Vec<(Option<usize>, &'static Mapper, &'a LoadNode)>,
}

fn steps<'a>(mapper: &'static Mapper, nodes: &'a [LoadNode]) -> Result<Steps<'a>> {
    let Steps { all: mut steps, mut roots, mut apart } = Steps::default();
    let mut left: Vec<(Option<usize>, &'static Mapper, &LoadNode)> =
        nodes.iter().rev().map(|node| (None, mapper, node)).collect();
    while let Some((after, owner, node)) = left.pop() {
        if node.is_apart()? {
            apart.push((after, owner, node));
            continue;
        }
        let at = u32::try_from(steps.len()).unwrap_or(u32::MAX);
        match after.and_then(|after| steps.get_mut(after)) {
            Some(before) => before.contract.nested.push(at),
            None => roots.push(at),
        }
        let relation = owner.relation(node.position)?;
        let target = (relation.target)();
        let load = contract::Load { relationship: relation.name.clone(), nested: Vec::new(), joined: node.joined };
        left.extend(node.nested.nodes.iter().rev().map(|nested| (Some(steps.len()), target, nested)));
        steps.push(Step { owner, position: node.position, target, after, contract: load });
    }
    Ok(Steps { all: steps, roots, apart })
}

impl Unit {
    /// Runs a plan. The objects of its own rows, in their order; those of the loads are found from them.
    pub(crate) async fn load(
        self: &Rc<Self>,
        mapper: &'static Mapper,
        from: From,
        nodes: &[LoadNode],
        anew: bool,
        options: RunOptions,
    ) -> Result<Vec<AnyEntity>> {
        let mut apart = Vec::new();
        let objects = self.load_plan(mapper, from, nodes, (anew, options), &mut apart).await?;
        // One after the other, however they nest.
        while let Some(next) = apart.pop() {
            let items = self.load_apart(&next, anew, options).await?;
            let nested = &next.node.nested.nodes;
            if !items.is_empty() && !nested.is_empty() {
                let target = (next.owner.relation(next.node.position)?.target)();
                self.load_plan(target, From::Objects(items), nested, (anew, options), &mut apart).await?;
            }
        }
        Ok(objects)
    }

    /// Runs what the host has plans for; what it has none for is left.
    async fn load_plan(
        self: &Rc<Self>,
        mapper: &'static Mapper,
        from: From,
        nodes: &[LoadNode],
        (anew, options): (bool, RunOptions),
        left: &mut Vec<Apart>,
    ) -> Result<Vec<AnyEntity>> {
        let Steps { all: steps, roots, apart } = steps(mapper, nodes)?;
        let later = |objects: &[AnyEntity], found: &[Vec<AnyEntity>]| {
            let of =
                |after: Option<usize>| after.map_or(objects, |after| found.get(after).map_or(&[][..], Vec::as_slice));
            let one = |&(after, owner, node): &(Option<usize>, _, &LoadNode)| Apart {
                owner,
                owners: of(after).to_vec(),
                node: node.clone(),
            };
            apart.iter().rev().map(one).collect::<Vec<_>>()
        };
        if let From::Objects(objects) = &from
            && steps.is_empty()
        {
            left.extend(later(objects, &[]));
            return Ok(objects.clone());
        }
        let (root, objects) = match from {
            From::Rows(root) => (root, None),
            From::Objects(objects) => (known(mapper, &objects, nodes)?, Some(objects)),
        };
        let loads = steps.iter().map(|step| step.contract.clone()).collect();
        let plan = Plan { table: mapper.table.to_owned(), root, loads, first_loads: roots };
        let (answer, mut loaded) = self.contract.load(plan, options).await?;
        let objects = match objects {
            Some(objects) => objects,
            None => (mapper.absorb)(self, &answer.columns, answer.first_batch, anew)?,
        };
        loaded.sort_by_key(|loaded| loaded.load);
        let mut found: Vec<Vec<AnyEntity>> = Vec::with_capacity(steps.len());
        for (step, loaded) in steps.iter().zip(loaded) {
            let owners = step.after.and_then(|after| found.get(after)).unwrap_or(&objects);
            let items = self.relate(step, owners, loaded, anew)?;
            found.push(items);
        }
        left.extend(later(&objects, &found));
        Ok(objects)
    }

    /// Gives owners what was loaded for them. All that was.
    fn relate(
        self: &Rc<Self>,
        step: &Step,
        owners: &[AnyEntity],
        loaded: Loaded,
        anew: bool,
    ) -> Result<Vec<AnyEntity>> {
        let Loaded { mut columns, mut rows, .. } = loaded;
        let relation = step.owner.relation(step.position)?;
        let malformed = |_| Error::other("the host sent a malformed batch");
        let keys = match &relation.through {
            Some(through) => {
                let between = through.near.len().min(rows.columns.len()).min(columns.len());
                let pairs: Vec<ColumnData> = rows.columns.drain(..between).collect();
                columns.drain(..between);
                of_columns(&pairs.iter().collect::<Vec<_>>(), rows.rows as usize).map_err(malformed)?
            }
            None => {
                let far: Vec<&ColumnData> = relation.far.iter().filter_map(|&at| rows.columns.get(at)).collect();
                of_columns(&far, rows.rows as usize).map_err(malformed)?
            }
        };
        let items = (step.target.absorb)(self, &columns, rows, anew)?;
        let mut of_owner: FxHashMap<Key, Vec<AnyEntity>> =
            FxHashMap::with_capacity_and_hasher(owners.len(), Default::default());
        for (key, item) in keys.into_iter().zip(&items) {
            if let Some(key) = key {
                of_owner.entry(key).or_default().push(item.clone());
            }
        }
        for owner in owners {
            let mut is_known = false;
            owner.0.look(step.position, &mut |relation, _| is_known = relation.mode() == crate::relation::Mode::Loaded);
            if is_known && !anew {
                continue;
            }
            let key: Vec<_> = relation.near.iter().map(|&column| finder(relation, owner, column)).collect();
            let key = names_row(&key).then(|| Key::of(&key));
            let is_edited =
                relation.direction == Direction::ToOne && relation.near.iter().any(|&column| owner.0.differs(column));
            if is_edited && key.as_ref().is_some_and(|key| !of_owner.contains_key(key)) {
                // The row that was read says otherwise: what the edited key leads to was not asked for.
                continue;
            }
            // A parent may be of many; children are of one.
            let items = match (key, relation.direction) {
                (Some(key), Direction::ToMany) => of_owner.remove(&key),
                (Some(key), _) => of_owner.get(&key).cloned(),
                (None, _) => None,
            };
            self.remember_read(owner);
            owner.0.load(step.position, items.unwrap_or_default());
        }
        Ok(items)
    }
}

/// Objects that are there, with the columns that the loads start from.
fn known(mapper: &'static Mapper, objects: &[AnyEntity], nodes: &[LoadNode]) -> Result<LoadRoot> {
    let mut relations: Vec<&Mapped> = Vec::new();
    for node in nodes {
        // One of the host's or not: those that start from it need its columns, too.
        relations.push(mapper.relation(node.position)?);
    }
    let mut columns: Vec<usize> = relations.iter().flat_map(|relation| &relation.near).copied().collect();
    columns.sort_unstable();
    columns.dedup();
    let rows = u32::try_from(objects.len()).map_err(|_| Error::invalid("more than 2^32 objects"))?;
    let cells = if objects.iter().any(|object| columns.iter().any(|&column| object.0.differs(column))) {
        let by = |column: &usize| relations.iter().find(|relation| relation.near.contains(column));
        let value = |object: &AnyEntity, column: usize| by(&column).map_or_else(null, |by| finder(by, object, column));
        columns.iter().map(|&column| typed(objects.iter().map(|object| value(object, column)).collect())).collect()
    } else {
        (mapper.encode)(objects, &columns)?
    };
    Ok(LoadRoot::Known(KnownRows { columns: mapper.names(&columns), rows: Batch { rows, columns: cells } }))
}

/// A column by which rows are found that an owner is related to: of the owner's foreign key, what it says by now, written or not;
/// of what others refer to, what its row has.
pub(super) fn finder(relation: &Mapped, owner: &AnyEntity, column: usize) -> Value {
    match relation.direction {
        Direction::ToOne => owner.0.value(column),
        Direction::ToMany | Direction::Through => owner.0.stored_value(column),
    }
}

/// Columns of rows as they are stored.
pub(super) fn stored(mapper: &Mapper, objects: &[AnyEntity], columns: &[usize]) -> Result<Vec<ColumnData>> {
    let is_as_stored = |object: &AnyEntity| !columns.iter().any(|&column| object.0.differs(column));
    if objects.iter().all(is_as_stored) {
        return (mapper.encode)(objects, columns);
    }
    let values = |column: usize| objects.iter().map(|object| object.0.stored_value(column)).collect();
    Ok(columns.iter().map(|&column| typed(values(column))).collect())
}

pub(super) const fn null() -> Value {
    Value::Scalar(Scalar::Null)
}

/// A column of any values, as a vector of one type where they have one.
pub(crate) fn typed(values: Vec<Value>) -> ColumnData {
    let mut validity = Validity::default();
    let mut others = 0;
    for value in &values {
        validity.push(!matches!(value, Value::Scalar(Scalar::Null)));
        others += usize::from(!matches!(value, Value::Scalar(Scalar::Null | Scalar::Integer(_))));
    }
    let values = if others == 0 {
        let integer = |value| if let Value::Scalar(Scalar::Integer(value)) = value { value } else { 0 };
        Vector::Integers(values.into_iter().map(integer).collect())
    } else {
        Vector::Mixed(values)
    };
    ColumnData { validity: validity.finish(), values }
}
