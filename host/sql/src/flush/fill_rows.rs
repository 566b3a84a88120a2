//! Copies selected rows of a batch and replaces some of their values.

use crate::{
    Batch, ColumnData, Result, Value,
    batch::{ColumnBuilder, VectorKind},
};

/// Copies these rows of the columns and replaces the values at some positions among them. `others` is sorted by position.
pub(super) fn pick(columns: &[ColumnData], rows: &[u32], others: &[(usize, u16, Value)]) -> Result<Batch> {
    let mut brought = vec![Vec::new(); columns.len()];
    for (position, column, value) in others {
        if let Some(brought) = brought.get_mut(usize::from(*column)) {
            brought.push((*position, value));
        }
    }
    let picked = columns.iter().zip(brought).map(|(column, brought)| {
        if brought.is_empty() { Ok(column.pick(rows)) } else { replaced(column, rows, brought) }
    });
    let columns = picked.collect::<Result<_>>()?;
    Ok(Batch { rows: u32::try_from(rows.len()).unwrap_or(u32::MAX), columns })
}

fn replaced(column: &ColumnData, rows: &[u32], brought: Vec<(usize, &Value)>) -> Result<ColumnData> {
    // A column whose values are all replaced has no kind of its own.
    let mut builder = ColumnBuilder::new(VectorKind::Dynamic, rows.len());
    let mut brought = brought.into_iter().peekable();
    for (position, row) in rows.iter().enumerate() {
        let value = brought.next_if(|(of, _)| *of == position).map(|(_, value)| value.clone());
        match value.unwrap_or_else(|| column.value(*row as usize)) {
            value if value.is_null() => builder.push_null(),
            value => builder.push_value(value)?,
        }
    }
    Ok(builder.finish())
}
