//! Loads: plans that the host runs in one crossing, and statements for loads with a filter or an order of their own.

mod statement;

use rustc_hash::FxHashMap;

use super::{Executor, Rows, RunOptions, Session};
use crate::{
    Result,
    bindings::sqlservice::database::rows::ColumnData,
    expression::Arena,
    instance::AnyEntity,
    mapping::{Key, Mapper, keys_of},
    relation::LoadNode,
    statement::Sendable,
    unit_of_work::{LoadFrom, LoadPlan, SeparateLoad, key_of, keys_of_owners},
};

/// The greatest number of key values in a statement.
const VALUES: usize = 512;

impl Session {
    /// Runs a plan. Returns the objects of its own rows, in row order; those of its loads are reachable from them.
    pub(crate) async fn load_plan(
        &self,
        mapper: &'static Mapper,
        from: LoadFrom,
        nodes: &[LoadNode],
        populate_existing: bool,
        options: RunOptions,
    ) -> Result<Vec<AnyEntity>> {
        let mut separate = Vec::new();
        let objects = self.run_plan(mapper, from, nodes, (populate_existing, options), &mut separate).await?;
        // In a loop, however deeply they nest.
        while let Some(next) = separate.pop() {
            let items = self.load_separately(&next, populate_existing, options).await?;
            let nested = &next.node.nested.nodes;
            if !items.is_empty() && !nested.is_empty() {
                let target = (next.owner.relation(next.node.position)?.target)();
                let from = LoadFrom::Objects(items);
                self.run_plan(target, from, nested, (populate_existing, options), &mut separate).await?;
            }
        }
        Ok(objects)
    }

    /// Runs the loads that host plans support, and adds the others to `left`.
    async fn run_plan(
        &self,
        mapper: &'static Mapper,
        from: LoadFrom,
        nodes: &[LoadNode],
        (populate_existing, options): (bool, RunOptions),
        left: &mut Vec<SeparateLoad>,
    ) -> Result<Vec<AnyEntity>> {
        let plan = LoadPlan::new(mapper, nodes)?;
        if let LoadFrom::Objects(objects) = &from
            && plan.is_empty()
        {
            left.extend(plan.separate(objects, &[]));
            return Ok(objects.clone());
        }
        let (contract, objects) = plan.contract(from)?;
        let (answer, loaded) = self.contract().load(contract, options).await?;
        let objects = match objects {
            Some(objects) => objects,
            None => self.unit().objects(mapper, &answer.columns, answer.first_batch, populate_existing)?,
        };
        let found = self.unit().relate_all(&plan, &objects, loaded, populate_existing)?;
        left.extend(plan.separate(&objects, &found));
        Ok(objects)
    }

    /// Reads related rows by statements and sets them at their owners. Returns all objects that were read.
    async fn load_separately(
        &self,
        separate: &SeparateLoad,
        populate_existing: bool,
        options: RunOptions,
    ) -> Result<Vec<AnyEntity>> {
        let SeparateLoad { owner, owners, node } = separate;
        let relation = owner.relation(node.position)?;
        let target = (relation.target)();
        let mut of_owner: FxHashMap<Key, Vec<AnyEntity>> = FxHashMap::default();
        let mut all = Vec::new();
        let width = relation.local.len().max(1);
        for keys in keys_of_owners(relation, owners).chunks((VALUES / width).max(1)) {
            let select = statement::select(separate, relation, target, keys)?;
            let sent = self.with(options).send(Sendable::Statement(Arena::query(&select)), 0).await?;
            let mut rows: Rows<()> = Rows::new(sent, 0);
            while let Some(mut batch) = rows.next_raw().await? {
                if batch.rows == 0 {
                    continue;
                }
                let own = target.columns.len().min(batch.columns.len());
                let finders = batch.columns.split_off(own);
                let finders: Vec<&ColumnData> = finders.iter().collect();
                let keys = keys_of(&finders, batch.rows as usize)?;
                let columns = rows.about().get(..own).unwrap_or_default();
                let items = self.unit().objects(target, columns, batch, populate_existing)?;
                for (key, item) in keys.into_iter().zip(&items) {
                    if let Some(key) = key {
                        of_owner.entry(key).or_default().push(item.clone());
                    }
                }
                all.extend(items);
            }
        }
        for owner in owners {
            let items = key_of(relation, owner).and_then(|(key, _)| of_owner.get(&key).cloned());
            self.unit().set_loaded_separately(owner, node, items.unwrap_or_default());
        }
        Ok(all)
    }
}
