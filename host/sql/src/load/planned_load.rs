//! One load of a plan: what it reads, and by which keys of whom.

use std::sync::Arc;

use super::{Load, keys};
use crate::{
    Batch, Catalog, ColumnData, Error, Result,
    bulk::{ReadMany, SecondaryTable, TableName},
    catalog::{Direction, Related},
    check::{column, outputs_of},
    compiled::Output,
    schema::Table,
};

/// A load on its way.
pub(super) struct PlannedLoad {
    pub(super) read: ReadMany,
    /// Where its owners are: a load, or the plan's own rows.
    pub(super) owner: Option<usize>,
    /// The owner's columns that the rows belong to by.
    pub(super) local: Vec<String>,
    pub(super) columns: Arc<[Output]>,
    /// How many columns of a table between come first.
    pub(super) before: usize,
    /// Whether an owner has one at most.
    pub(super) is_one: bool,
    /// Whether it may join the query that it starts from.
    pub(super) wants_join: bool,
    /// The primary key.
    pub(super) key: Vec<String>,
    /// What tells two rows apart, by positions: the columns of the table between and the primary key. Empty where the
    /// table has none, or one that can be null.
    identity: Vec<usize>,
    /// The columns that a row which was found has values in, by positions.
    found: Vec<usize>,
    pub(super) rows: Batch,
    /// Whether its rows have come with those of the query.
    pub(super) is_done: bool,
}

impl PlannedLoad {
    pub(super) fn new(load: &Load, owner: Option<usize>, local: &TableName, catalog: &Catalog) -> Result<Self> {
        let related = catalog.related(local.0.as_deref(), &local.1, &load.relationship)?;
        let Related { direction, target, local, remote, order_by } = related;
        let table = (target.schema.clone(), target.name.clone());
        let own = outputs_of(&target.columns.iter().collect::<Vec<_>>());
        let is_one = matches!(direction, Direction::ToOne);
        let own_found = positions(target, &remote);
        let (by, secondary, before) = match direction {
            Direction::ToOne | Direction::ToMany => (remote, None, Vec::new()),
            Direction::Secondary { table: secondary, local: first, remote: second } => {
                let on = second.into_iter().zip(remote).collect();
                let entry = catalog.entry(secondary.schema.as_deref(), &secondary.name);
                let entry = entry.ok_or_else(|| Error::NoSuchTable(secondary.name.clone()))?;
                let columns = first.iter().map(|name| column(entry, name)).collect::<Result<Vec<_>>>()?;
                let before = outputs_of(&columns);
                (first, Some(SecondaryTable { table: (secondary.schema.clone(), secondary.name.clone()), on }), before)
            }
        };
        let skipped = before.len();
        let after = |positions: Vec<usize>| positions.into_iter().map(move |at| at.saturating_add(skipped));
        let key = target.primary_key.clone();
        let is_whole = !key.is_empty() && key.iter().all(|name| has_always(target, name));
        let identity = if is_whole { (0..skipped).chain(after(positions(target, &key))).collect() } else { Vec::new() };
        let found = (0..skipped).chain(after(own_found)).collect();
        let columns = before.into_iter().chain(own).collect();
        let (rows, wants_join) = (Batch::default(), load.joined);
        let read = ReadMany { table, by, secondary, order_by };
        let before = skipped;
        let is_done = false;
        Ok(Self { read, owner, local, columns, before, is_one, wants_join, key, identity, found, rows, is_done })
    }

    /// Whether something tells its rows apart.
    pub(super) fn has_key(&self) -> bool {
        !self.identity.is_empty()
    }

    /// Whether rows that were joined are taken once by [`PlannedLoad::identified_by`]; pairs are not, as each comes once and may be there
    /// twice.
    pub(super) fn is_unique(&self) -> bool {
        self.is_one || (self.read.secondary.is_none() && self.has_key())
    }

    /// The columns, by positions, that tell whether a joined row has one of this load, and which. A row that another one refers to
    /// is told by what is referred to.
    pub(super) fn identified_by(&self) -> &[usize] {
        if self.is_unique() && !self.is_one { &self.identity } else { &self.found }
    }

    /// Rows of several statements, each row once. A collation can find two keys equal that the host does not, and so one row
    /// by both of them. Nothing where each is there once already.
    pub(super) fn once(&self, rows: &Batch) -> Option<Batch> {
        let identity: Option<Vec<&ColumnData>> = self.identity.iter().map(|at| rows.columns.get(*at)).collect();
        let identity = identity.filter(|identity| !identity.is_empty())?;
        let distinct = keys::distinct(&identity, rows.rows);
        (distinct.len() < rows.rows as usize).then(|| Batch::pick(&rows.columns, &distinct))
    }
}

fn positions(table: &Table, names: &[String]) -> Vec<usize> {
    names.iter().filter_map(|name| table.columns.iter().position(|column| column.name == *name)).collect()
}

fn has_always(table: &Table, name: &str) -> bool {
    table.columns.iter().any(|column| column.name == name && !column.nullable)
}
