//! The way of a statement's rows from the link that runs it to the call or cursor that asked for them.

use sqlservice_sql::{Batch, schema::ColumnType};

/// A column of a result.
#[derive(Clone, Debug, PartialEq)]
pub struct ResultColumn {
    /// Its name.
    pub name: String,
    /// Its type, as far as the host knows it.
    pub ty: ColumnType,
    /// Whether it can be null, where the host knows.
    pub nullable: Option<bool>,
}

/// How large the next batch may be. Both numbers are guest-controlled and already cut to the host's limits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Demand {
    /// Rows at most; at least 1.
    pub rows: usize,
    /// Bytes, about; a batch holds at least one row whatever its size.
    pub bytes: usize,
}

/// Whether the reader wants more.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Next {
    /// Fill another batch of this size.
    More(Demand),
    /// The reader went away: stop the statement, leave the link usable.
    Stop,
}

/// Where a link puts rows. One a statement.
pub(crate) struct Feed {
    demand: Demand,
}

impl Feed {
    /// The size of the first batch.
    pub(crate) fn demand(&self) -> Demand {
        self.demand
    }

    /// Says what the columns are; once, before any batch, and only for a statement that returns rows.
    pub(crate) fn columns(&mut self, _columns: Vec<ResultColumn>) {
        todo!("H2")
    }

    /// Hands over a full batch while more rows may follow, and waits until the reader wants the next one or goes away.
    pub(crate) async fn deliver(&mut self, _batch: Batch) -> Next {
        todo!("H2")
    }

    /// Hands over the last batch, which may be empty.
    pub(crate) fn finish(&mut self, _batch: Batch) {
        todo!("H2")
    }
}
