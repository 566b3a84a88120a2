//! Objects batch by batch, with their loads.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use super::{
    super::{Executor, Rows, RunOptions, Session},
    EntityQuery,
};
use crate::{
    Result,
    bindings::sqlservice::database::{
        rows::{Batch, ColumnData},
        sessions::LoadRoot,
    },
    entity::{AnyEntity, Entity, Record, load_without, mapper},
    mapping::{Key, keys_of},
    relation::LoadNode,
    unit_of_work::LoadFrom,
    value::Value,
};

impl<M: Record> EntityQuery<'_, M> {
    /// Returns objects batch by batch, each of at most `batch_rows` (0: the host decides): SQLAlchemy's `yield_per`.
    ///
    /// Without loads the rows come by a cursor: the session is occupied until the last batch was read or this is dropped. With
    /// loads, the primary keys of all rows are read first, by one statement, and then each batch by its keys with all that the
    /// query loads, in a crossing of its own: the session is free between two batches. A row that is gone by then is left out, and
    /// a changed row has its current values. Rows that are read by their keys have their deferred columns, too.
    pub async fn stream(self, batch_rows: u32) -> Result<EntityRows<M>> {
        let on = self.session.with(self.options);
        if self.loads.is_empty() {
            let rows = on.stream(&self.select.without(&self.omitted), batch_rows).await?;
            let (session, populate_existing, omitted) = (self.session.share(), self.populate_existing, self.omitted);
            return Ok(EntityRows(RowSource::Cursor { rows, session, populate_existing, omitted }));
        }
        let is_plain = self.select.is_plain();
        let mut rows: Rows<Vec<Value>> = on.stream(&self.select.keys(), batch_rows).await?;
        let mut batches = VecDeque::new();
        while let Some(mut batch) = rows.next_raw().await? {
            if !is_plain {
                let mut columns: Vec<Option<ColumnData>> = batch.columns.into_iter().map(Some).collect();
                let key = M::KEY_AT.iter().filter_map(|&at| columns.get_mut(at).and_then(Option::take));
                batch.columns = key.collect();
            }
            if batch.rows > 0 {
                batches.push_back(batch);
            }
        }
        let (session, populate_existing, loads, options) =
            (self.session.share(), self.populate_existing, self.loads, self.options);
        Ok(EntityRows(RowSource::Keys(KeyBatches { batches, session, populate_existing, loads, options })))
    }
}

/// The remaining objects of a query, batch by batch: see [`EntityQuery::stream`].
pub struct EntityRows<M>(RowSource<M>);

enum RowSource<M> {
    Cursor { rows: Rows<M>, session: Session, populate_existing: bool, omitted: Vec<usize> },
    Keys(KeyBatches),
}

/// The primary keys of the rows that are still to be read.
struct KeyBatches {
    batches: VecDeque<Batch>,
    session: Session,
    populate_existing: bool,
    loads: Vec<LoadNode>,
    options: RunOptions,
}

impl<M: Record> EntityRows<M> {
    /// Returns the next objects, at least one; `None` at the end.
    pub async fn next_batch(&mut self) -> Result<Option<Vec<Entity<M>>>> {
        match &mut self.0 {
            RowSource::Cursor { rows, session, populate_existing, omitted } => {
                while let Some(batch) = rows.next_raw().await? {
                    if batch.rows > 0 {
                        return load_without(
                            mapper::<M>(),
                            &session.unit().tracker(),
                            rows.about(),
                            batch,
                            *populate_existing,
                            omitted,
                        )
                        .map(Some);
                    }
                }
                Ok(None)
            }
            RowSource::Keys(keys) => {
                while let Some(batch) = keys.batches.pop_front() {
                    let found = keys.read(batch).await?;
                    if !found.is_empty() {
                        return Ok(Some(found));
                    }
                }
                Ok(None)
            }
        }
    }
}

impl KeyBatches {
    /// Reads the objects of a batch of keys, in the order of the keys.
    async fn read<M: Record>(&self, batch: Batch) -> Result<Vec<Entity<M>>> {
        self.session.ready().await?;
        let columns: Vec<&ColumnData> = batch.columns.iter().collect();
        let keys = keys_of(&columns, batch.rows as usize)?;
        let start = LoadFrom::Rows(LoadRoot::Keys(batch));
        let found =
            self.session.load_plan(mapper::<M>(), start, &self.loads, self.populate_existing, self.options).await?;
        let of_key: FxHashMap<Key, AnyEntity> =
            found.into_iter().map(|object| (object.0.stored_key(), object)).collect();
        Ok(keys.iter().flatten().filter_map(|key| of_key.get(key)?.downcast()).collect())
    }
}
