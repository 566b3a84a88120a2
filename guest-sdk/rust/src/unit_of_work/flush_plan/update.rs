//! Rows that a flush updates: changed ones, and rows of deleted objects that new objects take over.

use rustc_hash::FxHashMap;

use super::{super::UnitOfWork, FlushPlan};
use crate::{
    Error, Result,
    instance::{AnyEntity, Status},
    mapping::{Key, ModelId},
    value::{Scalar, Value},
};

impl FlushPlan {
    /// Sets the version of new objects to one where it is zero.
    pub(super) fn first_versions(&self, unit: &UnitOfWork) -> Result<()> {
        for object in &self.inserts {
            let Some(version) = object.0.mapper().version else { continue };
            let first = match object.0.value(version) {
                Value::Scalar(Scalar::Integer(0)) => Scalar::Integer(1),
                Value::Scalar(Scalar::Unsigned(0)) => Scalar::Unsigned(1),
                _ => continue,
            };
            unit.assign(object, version, Value::Scalar(first))?;
        }
        Ok(())
    }

    /// Lets a new object with the key of a deleted one take over its row (row switch).
    pub(super) fn switch_rows(&mut self) {
        if self.deletes.is_empty() || self.inserts.is_empty() {
            return;
        }
        let mut rows: FxHashMap<(ModelId, Key), AnyEntity> =
            self.deletes.iter().map(|object| ((object.0.mapper().of, object.0.stored_key()), object.clone())).collect();
        let mut inserts = Vec::with_capacity(self.inserts.len());
        for object in std::mem::take(&mut self.inserts) {
            let row = if object.0.wants_key() { None } else { rows.remove(&(object.0.mapper().of, object.0.key())) };
            match row {
                Some(row) => {
                    self.deletes.retain(|deleted| *deleted != row);
                    // The new object's values supersede the deleted object's post-update.
                    self.post_updates.retain(|(post_updates, _)| *post_updates != row);
                    self.row_switches.insert(object.address(), row);
                    self.updates.push(object);
                }
                None => inserts.push(object),
            }
        }
        self.inserts = inserts;
    }

    /// Selects the persistent objects that have columns to write.
    pub(super) fn choose_updates(&mut self) {
        for (place, object) in self.involved.iter().enumerate() {
            if object.status() != Status::Persistent {
                continue;
            }
            // Compared once, as this costs more than most other steps of a flush.
            let changed = object.0.changed();
            if !changed.is_empty() || !self.sources.of(object).is_empty() {
                self.updates.push(object.clone());
                self.changed.resize_with(place, Vec::new);
                self.changed.push(changed);
            }
        }
    }

    /// Refuses updates that set a version: versions count up by themselves.
    pub(super) fn check_versions(&self) -> Result<()> {
        let is_set = |object: &&AnyEntity| {
            let version = object.0.mapper().version;
            version.is_some_and(|version| {
                !self.row_switches.contains_key(&object.address()) && self.changed(object).contains(&version)
            })
        };
        let Some(set) = self.updates.iter().find(is_set) else { return Ok(()) };
        Err(Error::invalid(format!("the version of a row of {:?} counts up by itself; do not set it", set.table())))
    }

    /// Returns the columns of an object that differ from its row.
    fn changed(&self, object: &AnyEntity) -> &[usize] {
        let place = object.0.state().place(self.serial);
        place.and_then(|place| self.changed.get(place)).map_or(&[], Vec::as_slice)
    }

    /// Returns the columns of an object that an update writes.
    pub(in super::super) fn columns(&self, object: &AnyEntity) -> Vec<usize> {
        let mapper = object.0.mapper();
        let mut columns = match self.row_switches.get(&object.address()) {
            None => self.changed(object).to_vec(),
            Some(row) => {
                let differs = |column: &usize| object.0.value(*column) != row.0.stored_value(*column);
                (0..mapper.columns.len()).filter(differs).collect()
            }
        };
        let linked = self.sources.of(object);
        if !linked.is_empty() {
            columns.extend(linked.iter().map(|(column, _)| *column));
            columns.sort_unstable();
            columns.dedup();
        }
        columns.retain(|column| mapper.version != Some(*column));
        columns
    }
}
