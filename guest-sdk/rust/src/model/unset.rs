//! The columns that new rows of a model leave to the database.

use std::{any::TypeId, cell::RefCell};

use rustc_hash::FxHashMap;

use super::Model;
use crate::{
    Error, Result,
    bindings::sqlservice::database::rows::ColumnData,
    mapping::Unset,
    value::{Scalar, Value},
};

thread_local! {
    static KNOWN: RefCell<FxHashMap<TypeId, &'static Unset>> = RefCell::default();
}

/// The rule of a model for columns that are left to the database.
pub(crate) fn unset<M: Model>() -> &'static Unset {
    let of = TypeId::of::<M>();
    if let Some(known) = KNOWN.with_borrow(|known| known.get(&of).copied()) {
        return known;
    }
    // There is one per model, which lives as long as the guest.
    let new = &*Box::leak(Box::new(Unset::new(M::TABLE, M::COLUMNS, &M::table())));
    KNOWN.with_borrow_mut(|known| known.insert(of, new));
    new
}

/// Columns of rows to insert, and their cells.
pub(crate) struct Cells {
    pub(crate) columns: Vec<usize>,
    pub(crate) data: Vec<ColumnData>,
}

/// The cells of whole rows, without the columns that all of them leave to the database.
///
/// # Errors
/// Some rows leave a column to the database and others do not, and no constant can replace it: a key, the current time.
pub(crate) fn cells<M: Model>(rows: &[M]) -> Result<Cells> {
    let (rule, left_out) = (unset::<M>(), left_out_key(rows)?);
    let mut cells = Cells { columns: Vec::with_capacity(M::COLUMNS.len()), data: Vec::with_capacity(M::COLUMNS.len()) };
    for (column, data) in M::encode(rows)?.into_iter().enumerate() {
        if left_out == Some(column) {
            continue;
        }
        if let Some(data) = rule.filled(column, data, rows.len())? {
            cells.columns.push(column);
            cells.data.push(data);
        }
    }
    rule.check(&cells.columns, &cells.data, rows.len(), |_, _| false)?;
    Ok(cells)
}

/// The same as [`cells`], but row by row: the columns that all rows leave to the database, and the values of all columns.
///
/// # Errors
/// The errors of [`cells`].
pub(crate) fn values<M: Model>(rows: &[M]) -> Result<(Vec<usize>, Vec<Vec<Value>>)> {
    let (rule, mut left_out) = (unset::<M>(), Vec::from_iter(left_out_key(rows)?));
    let mut rows: Vec<Vec<Value>> = rows.iter().map(M::to_values).collect();
    let null = |value: Option<&Value>| matches!(value, Some(Value::Scalar(Scalar::Null)));
    for (column, constant) in &rule.defaulted {
        let nulls = rows.iter().filter(|row| null(row.get(*column))).count();
        match constant {
            _ if nulls == 0 => {}
            _ if nulls == rows.len() => left_out.push(*column),
            Some(constant) => {
                let cells = rows.iter_mut().filter_map(|row| row.get_mut(*column));
                cells.filter(|cell| null(Some(cell))).for_each(|cell| cell.clone_from(constant));
            }
            None => return Err(rule.mixed(*column)),
        }
    }
    for column in (0..rule.columns.len()).filter(|column| !left_out.contains(column)) {
        let is_made = rule.is_made(column);
        let is_forgotten = |value: &Value| match value {
            Value::Scalar(Scalar::Null) => rule.nullable.get(column) == Some(&false),
            Value::Scalar(Scalar::Integer(0) | Scalar::Unsigned(0)) => is_made,
            _ => false,
        };
        if rows.iter().filter_map(|row| row.get(column)).any(is_forgotten) {
            return Err(rule.forgotten(column));
        }
    }
    Ok((left_out, rows))
}

/// The column of the generated key, where all rows leave it to the database. A mix is an error, because rows of one insert have
/// the same columns.
pub(crate) fn left_out_key<M: Model>(rows: &[M]) -> Result<Option<usize>> {
    let Some(key) = M::GENERATED else { return Ok(None) };
    match rows.iter().filter(|row| row.wants_key()).count() {
        0 => Ok(None),
        all if all == rows.len() => Ok(Some(key)),
        _ => Err(Error::invalid(
            "some rows have a generated key and some have 0 for it: insert the ones and the others apart",
        )),
    }
}
