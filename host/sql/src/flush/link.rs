//! Keys that one row makes and another needs.

use std::collections::HashSet;

use super::{Does, Item, Step};
use crate::{Catalog, Error, Result, Value, catalog::Entry};

/// Checks the links of all changes, finds which column each needs, and makes the changes that have it return it.
pub(super) fn resolve(items: &mut [Item], catalog: &Catalog) -> Result<()> {
    let mut wanted = Vec::new();
    for (change, item) in items.iter().enumerate() {
        for link in &item.links {
            let column = item.linked_column(link.column).filter(|_| link.row < item.rows());
            let of = usize::try_from(link.of_change).ok().and_then(|of| items.get(of));
            let of = of.filter(|of| of.does == Does::Insert && link.of_row < of.rows());
            let (Some(column), Some(of)) = (column, of) else {
                let message = format!("a link of change {change} names a row or column that is not there: {link:?}");
                return Err(Error::invalid(message));
            };
            let entry = |item: &Item| {
                catalog.entry(item.schema.as_deref(), &item.table).ok_or_else(|| Error::NoSuchTable(item.table.clone()))
            };
            let needed = referred(entry(item)?, column, entry(of)?)?;
            wanted.push((change, link.of_change as usize, link.of_row, needed));
        }
    }
    let linked: HashSet<(usize, u32, u16)> = (items.iter().enumerate())
        .flat_map(|(change, item)| item.links.iter().map(move |link| (change, link.row, link.column)))
        .collect();
    for (change, of, row, column) in wanted {
        if let Some(item) = items.get_mut(of)
            && !is_given(item, row, &column, |position| linked.contains(&(of, row, position)))
            && !item.returning.contains(&column)
        {
            item.returning.push(column.clone());
        }
        if let Some(item) = items.get_mut(change) {
            item.needed.push(column);
        }
    }
    Ok(())
}

/// Whether a row brings its value of a column along, or gets it from a row before it.
fn is_given(item: &Item, row: u32, column: &str, is_linked: impl Fn(u16) -> bool) -> bool {
    let Some(position) = item.columns.iter().position(|name| name == column) else { return false };
    !item.batch.value(row as usize, position).is_null() || u16::try_from(position).is_ok_and(is_linked)
}

/// The column of the far table that a column takes its value from.
fn referred(near: &Entry, column: &str, far: &Entry) -> Result<String> {
    let to_far =
        near.table.foreign_keys.iter().filter(|key| key.table == far.table.name && key.schema == far.table.schema);
    let mut pairs = to_far.flat_map(|key| key.columns.iter().zip(&key.referred));
    if let Some((_, referred)) = pairs.find(|(own, _)| *own == column) {
        return Ok(referred.clone());
    }
    let is_same = near.table.name == far.table.name && near.table.schema == far.table.schema;
    match far.table.primary_key.as_slice() {
        _ if is_same && far.table.primary_key.iter().any(|key| key == column) => Ok(column.to_owned()),
        [only] => Ok(only.clone()),
        _ => Err(Error::invalid(format!(
            "{column:?} of {:?} is no foreign key to {:?}, whose key has several columns",
            near.table.name, far.table.name
        ))),
    }
}

/// The values that links bring to the rows of a step: position among them, column, value; by position.
pub(super) fn fill(items: &[Item], step: &Step) -> Result<Vec<(usize, u16, Value)>> {
    let Some(item) = items.get(step.change).filter(|item| !item.links.is_empty() && !step.reads) else {
        return Ok(Vec::new());
    };
    let mut positions = vec![None; item.rows() as usize];
    for (position, row) in step.rows.iter().enumerate() {
        if let Some(place) = positions.get_mut(*row as usize) {
            *place = Some(position);
        }
    }
    let mut filled = Vec::new();
    for (link, column) in item.links.iter().zip(&item.needed) {
        let Some(position) = positions.get(link.row as usize).copied().flatten() else { continue };
        let value = items.get(link.of_change as usize).and_then(|of| of.known(link.of_row, column));
        let value = value.ok_or_else(|| {
            let table = items.get(link.of_change as usize).map_or("", |of| of.table.as_str());
            Error::invalid(format!("a row of {:?} needs {column:?} of a row of {table:?} that has none", item.table))
        })?;
        filled.push((position, link.column, value));
    }
    filled.sort_by_key(|(position, ..)| *position);
    Ok(filled)
}
