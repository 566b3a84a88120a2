//! Columns of an object that a later query reads.

use super::Instance;
use crate::model::Record;

impl<M: Record> Instance<M> {
    /// Fills in columns that were not read before, from a second read of the row with more columns.
    pub(crate) fn fill(&self, row: &M) {
        let newest = self.newest();
        let is_new = |column: &&usize| !newest.value.has_column(**column) && row.has_column(**column);
        let new: Vec<usize> = M::DEFERRED.iter().filter(is_new).copied().collect();
        drop(newest);
        if !new.is_empty() {
            self.set_committed(|value| new.iter().for_each(|&column| value.copy_column(row, column)));
        }
    }
}
