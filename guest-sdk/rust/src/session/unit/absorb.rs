//! Rows that were read, as objects of the session.

use std::rc::Rc;

use super::Unit;
use crate::{
    Entity, Result,
    bindings::sqlservice::database::{rows::Batch, sessions::ResultColumn},
    entity::{AnyEntity, Record},
    row,
};

/// The objects of a batch's rows, in their order. Rows that are known already stay what they are, unless they are read `anew`.
pub(super) fn rows<M: Record>(
    unit: &Rc<Unit>,
    columns: &[ResultColumn],
    batch: Batch,
    anew: bool,
) -> Result<Vec<AnyEntity>> {
    let objects = entities::<M>(unit, columns, batch, anew)?;
    Ok(objects.into_iter().map(AnyEntity::from).collect())
}

/// The same, of one model.
pub(crate) fn entities<M: Record>(
    unit: &Rc<Unit>,
    columns: &[ResultColumn],
    batch: Batch,
    anew: bool,
) -> Result<Vec<Entity<M>>> {
    entities_without(unit, columns, batch, anew, &[])
}

/// The same, where some columns were not read.
pub(crate) fn entities_without<M: Record>(
    unit: &Rc<Unit>,
    columns: &[ResultColumn],
    batch: Batch,
    anew: bool,
    omitted: &[usize],
) -> Result<Vec<Entity<M>>> {
    if batch.rows == 0 {
        // Nothing that was read may come without its columns.
        return Ok(Vec::new());
    }
    let rows: Vec<M> = row::decode_without(columns, batch, omitted)?;
    unit.known.borrow_mut().reserve(rows.len());
    Ok(rows.into_iter().map(|row| Entity::of(unit.meet(row, anew))).collect())
}
