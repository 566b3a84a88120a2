//! Synchronizes a session's objects with rows that statements change.

use rustc_hash::{FxHashMap, FxHashSet};

use super::{ResultSet, RunOptions, Session};
use crate::{
    Error, Result,
    bindings::sqlservice::database::{
        rows::Batch,
        sessions::{KnownRows, LoadRoot, Plan},
    },
    instance::AnyEntity,
    mapping::{Key, Mapper, batch_of_keys},
    statement::ChangedTable,
    unit_of_work::{Following, LoadFrom, by_key, by_model, rows_of, stored},
    value::{
        Value,
        column::{null, typed},
    },
};

/// The greatest number of rows that are read again at once.
const ROWS: usize = 5_000;

/// Returns a load root of the rows of objects, by their keys.
fn root_of(objects: &[AnyEntity], mapper: &Mapper) -> Result<LoadRoot> {
    let rows = u32::try_from(objects.len()).map_err(|_| Error::invalid("more than 2^32 objects"))?;
    Ok(LoadRoot::Keys(Batch { rows, columns: stored(objects, &mapper.key)? }))
}

impl Session {
    /// Expires and returns the objects whose rows are about to change. If the caller drops the future before they are synchronized,
    /// they stay expired.
    pub(super) fn expire_changed(&self, changed: Option<&ChangedTable>) -> Following {
        self.unit().expire_changed(changed.filter(|_| self.options().synchronize))
    }

    /// Reads the rows of objects again that a statement changed. They stay expired if it still returns rows, which occupies the
    /// session.
    pub(super) async fn follow(&self, following: Following, answer: &ResultSet) -> Result<()> {
        if following.is_empty() || answer.cursor.is_some() {
            return Ok(());
        }
        // Boxed, as every statement calls this and few have rows to read.
        Box::pin(self.synchronize(following)).await
    }

    /// Reads the rows of objects again: edits that were not flushed stay, objects whose rows are gone are deleted, and those that
    /// were expired before the statement still are.
    pub(super) async fn synchronize(&self, following: Following) -> Result<()> {
        for (mapper, objects) in by_model(following.iter().map(|(object, _)| object.clone())) {
            for some in objects.chunks(ROWS) {
                let mut rows = self.rows_of(mapper, root_of(some, mapper)?).await?;
                for object in some {
                    match rows.remove(&object.0.stored_key()) {
                        Some(values) => self.unit().synchronize(mapper, object, values)?,
                        None => self.unit().mark_deleted(object),
                    }
                }
            }
        }
        for (object, was_expired) in following {
            object.0.state().is_expired.set(was_expired);
        }
        Ok(())
    }

    /// Replaces the state of objects by their rows, edits included, and unloads their relationships. Returns the objects whose rows
    /// are gone.
    pub(super) async fn refresh_all(&self, objects: Vec<AnyEntity>) -> Result<Vec<AnyEntity>> {
        let mut gone = Vec::new();
        for (mapper, objects) in by_model(objects) {
            for some in objects.chunks(ROWS) {
                let from = LoadFrom::Rows(root_of(some, mapper)?);
                let found = self.load_plan(mapper, from, &[], true, RunOptions::default()).await?;
                let found: FxHashSet<usize> = found.iter().map(AnyEntity::address).collect();
                gone.extend(some.iter().filter(|object| !found.contains(&object.address())).cloned());
            }
        }
        Ok(gone)
    }

    /// Reads the stored values of the unique keys' columns that are about to change; `None` if no row can take a value of another.
    pub(super) async fn read_uniques(
        &self,
        mapper: &Mapper,
        keys: &Batch,
        set: &[String],
    ) -> Result<Option<KnownRows>> {
        let uniques = mapper.unique_with(&mapper.positions(set));
        if uniques.is_empty() || keys.rows < 2 {
            return Ok(None);
        }
        let keys = rows_of(keys)?;
        let mut found = FxHashMap::default();
        for some in keys.chunks(ROWS) {
            found.extend(self.rows_of(mapper, LoadRoot::Keys(batch_of_keys(some)?)).await?);
        }
        let value = |key: &Vec<Value>, column: usize| {
            let cell = found.get(&Key::of(key)).and_then(|row| row.iter().find(|(at, _)| *at == column));
            cell.map_or_else(null, |(_, value)| value.clone())
        };
        let cells = |&column: &usize| typed(keys.iter().map(|key| value(key, column)).collect());
        let count = u32::try_from(keys.len()).map_err(|_| Error::invalid("more than 2^32 keys"))?;
        let rows = Batch { rows: count, columns: uniques.iter().map(cells).collect() };
        Ok(Some(KnownRows { columns: mapper.names(&uniques), rows }))
    }

    /// Reads the rows of these keys, by their keys.
    async fn rows_of(&self, mapper: &Mapper, root: LoadRoot) -> Result<FxHashMap<Key, Vec<(usize, Value)>>> {
        let plan = Plan { table: mapper.table.to_owned(), root, loads: Vec::new(), first_loads: Vec::new() };
        let (answer, _) = self.contract().load(plan, RunOptions::default()).await?;
        let names: Vec<String> = answer.columns.into_iter().map(|column| column.name).collect();
        by_key(mapper, &mapper.positions(&names), &answer.first_batch)
    }
}
