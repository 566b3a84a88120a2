//! Synchronizing objects with rows that a statement changed.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::UnitOfWork;
use crate::{
    Result,
    bindings::sqlservice::database::rows::Batch,
    instance::{AnyEntity, Mode, Status},
    mapping::{Direction, Key, Mapper, ModelId},
    statement::ChangedTable,
    value::{Value, column},
};

/// Groups objects by their models.
pub(crate) fn by_model(objects: impl IntoIterator<Item = AnyEntity>) -> Vec<(&'static Mapper, Vec<AnyEntity>)> {
    let mut of_model: FxHashMap<ModelId, (&'static Mapper, Vec<AnyEntity>)> = FxHashMap::default();
    for object in objects {
        let mapper = object.0.mapper();
        of_model.entry(mapper.of).or_insert_with(|| (mapper, Vec::new())).1.push(object);
    }
    of_model.into_values().collect()
}

/// Objects whose rows a statement changes, and whether each was expired before it.
pub(crate) type Following = Vec<(AnyEntity, bool)>;

impl UnitOfWork {
    /// Expires the objects whose rows are about to change. If the caller's future is dropped before they are synchronized, they
    /// stay expired.
    pub(crate) fn expire_changed(&self, changed: Option<&ChangedTable>) -> Following {
        let Some(changed) = changed else { return Vec::new() };
        let mut objects = self.all();
        objects.retain(|object| {
            let mapper = object.0.mapper();
            changed.is(mapper) && object.status() == Status::Persistent
        });
        let expire = |object: AnyEntity| {
            let was_expired = object.0.state().is_expired.replace(true);
            (object, was_expired)
        };
        objects.into_iter().map(expire).collect()
    }

    /// Sets the values that an object's row has by now; edits stay.
    pub(crate) fn synchronize(&self, mapper: &Mapper, object: &AnyEntity, values: Vec<(usize, Value)>) -> Result<()> {
        let is_other = |(column, value): &(usize, Value)| object.0.stored_value(*column) != *value;
        let others: Vec<(usize, Value)> = values.into_iter().filter(is_other).collect();
        object.0.state().is_expired.set(false);
        if others.is_empty() {
            return Ok(());
        }
        self.snapshot(object);
        let edits: Vec<(usize, Value)> =
            object.0.changed().into_iter().map(|column| (column, object.0.value(column))).collect();
        let of_foreign_key = |local: &[usize]| others.iter().any(|(column, _)| local.contains(column));
        for (at, relation) in mapper.relations.iter().enumerate() {
            if relation.direction == Direction::ManyToOne && of_foreign_key(&relation.local) {
                object.0.set_committed_relation(at, &mut |relation| relation.set(Mode::Unloaded, &[], &[]));
            }
        }
        object.0.set_committed_values(&others)?;
        edits.into_iter().try_for_each(|(column, value)| object.0.assign(column, value))
    }

    /// Marks an expired object as deleted, as a second read did not find its row, unless the object was edited meanwhile.
    pub(crate) fn mark_expired_deleted(self: &Rc<Self>, of: ModelId, key: &Key) {
        let known = self.find(of, key).filter(|known| known.status() == Status::Persistent);
        if let Some(known) = known.filter(|known| known.0.state().is_expired.get() && !known.0.state().is_queued.get())
        {
            self.mark_deleted(&known);
        }
    }

    /// Marks an object as deleted: its row is gone.
    pub(crate) fn mark_deleted(self: &Rc<Self>, object: &AnyEntity) {
        self.snapshot(object);
        self.unregister(object);
        let state = object.0.state();
        state.is_queued.set(false);
        state.set(Status::Deleted, self);
        state.is_gone.set(true);
        self.changed.borrow_mut().retain(|changed| changed != object);
    }
}

/// Returns the rows of a batch.
pub(crate) fn rows_of(batch: &Batch) -> Result<Vec<Vec<Value>>> {
    let mut rows: Vec<Vec<Value>> = vec![Vec::with_capacity(batch.columns.len()); batch.rows as usize];
    for data in &batch.columns {
        let cells = column::cells(data.clone())?;
        rows.iter_mut().zip(cells).for_each(|(row, cell)| row.push(cell));
    }
    Ok(rows)
}

/// Returns the values of rows by their primary keys.
pub(crate) fn by_key(mapper: &Mapper, columns: &[usize], batch: &Batch) -> Result<FxHashMap<Key, Vec<(usize, Value)>>> {
    let rows = rows_of(batch)?.into_iter().map(|row| columns.iter().copied().zip(row).collect::<Vec<_>>());
    let key = |row: &[(usize, Value)]| {
        let value = |at: &usize| row.iter().find(|(column, _)| column == at).map(|(_, value)| value.clone());
        Key::of(&mapper.key.iter().filter_map(value).collect::<Vec<_>>())
    };
    Ok(rows.map(|row| (key(&row), row)).collect())
}
