//! Splits joined rows into the plan's own rows and those of each load.

use std::ops::Range;

use super::{keys, planned_load::PlannedLoad};
use crate::{Batch, ColumnData};

/// The layout of joined rows.
pub(super) struct JoinedLayout {
    /// The number of columns of the plan's own rows; they come first.
    pub(super) width: usize,
    /// The positions of their primary key.
    pub(super) key: Vec<usize>,
    /// The joined loads.
    pub(super) parts: Vec<JoinedLoad>,
}

/// A load in joined rows.
pub(super) struct JoinedLoad {
    pub(super) load: usize,
    /// Its columns.
    pub(super) columns: Range<usize>,
}

impl JoinedLayout {
    /// Returns the plan's own rows, each once, in the order of their first appearance.
    pub(super) fn root(&self, rows: &Batch) -> Batch {
        let key = columns(rows, self.key.iter().copied());
        Batch::pick(rows.columns.iter().take(self.width), &keys::distinct(&key, rows.rows))
    }
}

impl JoinedLoad {
    /// Returns the rows of the load, each once, in the order of their first appearance.
    pub(super) fn rows(&self, item: &PlannedLoad, rows: &Batch) -> Batch {
        let at = |position: &usize| self.columns.start.saturating_add(*position);
        let picked = if item.is_unique() {
            keys::distinct(&columns(rows, item.identified_by().iter().map(at)), rows.rows)
        } else {
            // Each of them appears once; a joined row without one has a null.
            let needed = columns(rows, item.identified_by().iter().map(at));
            (0..rows.rows).filter(|row| needed.iter().all(|column| !column.is_null(*row as usize))).collect()
        };
        Batch::pick(columns(rows, self.columns.clone()), &picked)
    }
}

fn columns(rows: &Batch, positions: impl Iterator<Item = usize>) -> Vec<&ColumnData> {
    positions.filter_map(|at| rows.columns.get(at)).collect()
}
