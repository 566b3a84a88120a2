//! Columns of an object that a later query reads.

use super::Instance;
use crate::model::Record;

impl<M: Record> Instance<M> {
    /// The row was read again with more of its columns: those that were not read before are known now.
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
