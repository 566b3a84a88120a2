//! Updates after the inserts and before the deletes, for rows that refer to each other (`post_update`).

use rustc_hash::FxHashMap;

use super::{super::flush_plan::FlushPlan, ChangeSubject, Changes, Group, count, groups};
use crate::{
    Result,
    bindings::sqlservice::database::{
        rows::Batch,
        sessions::{Change, KeyReference, Updates},
    },
    instance::AnyEntity,
    mapping::Mapper,
    value::column::{null, typed},
};

impl Changes {
    /// Adds the updates that close a circle of new rows, or break one of deleted rows.
    pub(super) fn post_updates(&mut self, plan: &FlushPlan) -> Result<()> {
        let mut columns_of: FxHashMap<usize, Vec<usize>> = FxHashMap::default();
        let mut objects: Vec<AnyEntity> = Vec::new();
        for (object, columns) in &plan.post_updates {
            let all = columns_of.entry(object.address()).or_insert_with(|| {
                objects.push(object.clone());
                Vec::new()
            });
            // Both sides of a relationship may have added it.
            for &column in columns {
                if !all.contains(&column) {
                    all.push(column);
                }
            }
        }
        let columns = |object: &AnyEntity, _: &Mapper| columns_of.get(&object.address()).cloned().unwrap_or_default();
        for Group { mapper, columns, objects } in groups(&objects, |_, _| None, columns) {
            let rows = count(objects.len())?;
            let value = |object: &AnyEntity, column: usize| {
                let place = plan.sources.get(object, column);
                // A row that exists is about to be deleted, so its reference is cleared. A new row refers to a known key, or gets a
                // key reference.
                if object.0.has_row() || place.is_some_and(|source| self.place(&source.object).is_some()) {
                    return null();
                }
                object.0.value(column)
            };
            let cells =
                columns.iter().map(|&column| typed(objects.iter().map(|object| value(object, column)).collect()));
            let cells = cells.collect();
            let key = |object: &AnyEntity, column: usize| match object.0.wants_key() && mapper.generated == Some(column)
            {
                true => null(),
                false => object.0.stored_value(column),
            };
            let keys =
                mapper.key.iter().map(|&column| typed(objects.iter().map(|object| key(object, column)).collect()));
            let keys = keys.collect();
            let mut links = self.links(plan, &objects, &columns, None);
            for (row, object) in (0..).zip(&objects) {
                let Some((of_change, of_row)) = self.place(object) else { continue };
                for at in 0..mapper.key.len() {
                    let column = u16::try_from(columns.len() + at).unwrap_or(u16::MAX);
                    links.push(KeyReference { row, column, of_change, of_row });
                }
            }
            let updates = Updates {
                table: mapper.table.to_owned(),
                keys: Batch { rows, columns: keys },
                versions: None,
                columns: mapper.names(&columns),
                rows: Batch { rows, columns: cells },
                links,
                // Rows that are found by a key reference return nothing.
                returning: Vec::new(),
                stored: None,
            };
            self.push(Change::Updates(updates), ChangeSubject::Rest);
        }
        Ok(())
    }
}
