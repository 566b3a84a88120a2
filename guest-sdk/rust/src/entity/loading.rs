//! Makes objects of rows that were read: one object for each row, by the identity map.

use std::rc::Rc;

use super::{Entity, Instance, instance::key_of};
use crate::{
    Result,
    bindings::sqlservice::database::{rows::Batch, sessions::ResultColumn},
    instance::{AnyEntity, AnyInstance, ChangeTracker, Status},
    mapping::Mapper,
    model::Record,
    row,
};

/// Returns the objects of a batch's rows, in row order. Existing objects keep their state, unless they are expired or
/// `populate_existing` is set.
pub(super) fn load_any<M: Record>(
    mapper: &'static Mapper,
    tracker: &Rc<dyn ChangeTracker>,
    columns: &[ResultColumn],
    batch: Batch,
    populate_existing: bool,
) -> Result<Vec<AnyEntity>> {
    let objects = load_without::<M>(mapper, tracker, columns, batch, populate_existing, &[])?;
    Ok(objects.into_iter().map(AnyEntity::from).collect())
}

/// Returns the objects of a batch's rows with their model's type, where some columns were not read.
pub(crate) fn load_without<M: Record>(
    mapper: &'static Mapper,
    tracker: &Rc<dyn ChangeTracker>,
    columns: &[ResultColumn],
    batch: Batch,
    populate_existing: bool,
    omitted: &[usize],
) -> Result<Vec<Entity<M>>> {
    if batch.rows == 0 {
        // An empty batch may come without its columns.
        return Ok(Vec::new());
    }
    let rows: Vec<M> = row::decode_without(columns, batch, omitted)?;
    tracker.reserve(rows.len());
    Ok(rows.into_iter().map(|row| Entity::of(get_or_insert(mapper, tracker, row, populate_existing))).collect())
}

/// Returns the object of a row that was just read: the one in the identity map, or a new one.
pub(crate) fn get_or_insert<M: Record>(
    mapper: &'static Mapper,
    tracker: &Rc<dyn ChangeTracker>,
    mut row: M,
    populate_existing: bool,
) -> Rc<Instance<M>> {
    let key = key_of(&row);
    let known = tracker.find(mapper.of, &key);
    if let Some(instance) = known.and_then(|known| known.0.as_any().downcast::<Instance<M>>().ok()) {
        let is_expired = instance.state.is_expired.get() && !instance.state.is_queued.get();
        if instance.state.status() == Status::Persistent && (populate_existing || is_expired) {
            tracker.snapshot_read(&AnyEntity(instance.clone()));
            instance.reread(row);
        } else if !M::DEFERRED.is_empty() && instance.has_row() {
            instance.fill(&row);
        }
        return instance;
    }
    row.fire_load();
    let instance = Instance::read(mapper, row);
    Rc::clone(tracker).insert_read(AnyEntity(instance.clone()), key);
    instance
}
