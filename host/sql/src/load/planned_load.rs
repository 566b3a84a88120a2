//! One load of a plan: the rows to read, and the owner's keys to read them by.

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

/// The state of a load.
pub(super) struct PlannedLoad {
    pub(super) read: ReadMany,
    /// The load that reads its owners; `None` for the plan's own rows.
    pub(super) owner: Option<usize>,
    /// The owner's columns that the relationship joins on.
    pub(super) local: Vec<String>,
    pub(super) columns: Arc<[Output]>,
    /// The number of columns of a secondary table, which come first.
    pub(super) before: usize,
    /// Whether an owner has at most one row.
    pub(super) is_one: bool,
    /// Whether it may join the query that it starts from.
    pub(super) wants_join: bool,
    /// The primary key.
    pub(super) key: Vec<String>,
    /// The columns that identify a row, by position: those of the secondary table and the primary key. Empty where the table has no
    /// primary key, or one that can be null.
    identity: Vec<usize>,
    /// The columns that are not null in a row that was found, by position.
    found: Vec<usize>,
    pub(super) rows: Batch,
    /// Whether its rows came with those of the query.
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

    /// Whether its rows have an identity.
    pub(super) fn has_key(&self) -> bool {
        !self.identity.is_empty()
    }

    /// Whether joined rows are made distinct by [`PlannedLoad::identified_by`]. Pairs of a secondary table are not: each comes once, and
    /// equal pairs can exist.
    pub(super) fn is_unique(&self) -> bool {
        self.is_one || (self.read.secondary.is_none() && self.has_key())
    }

    /// Returns the columns, by position, that show whether a joined row has a row of this load, and which one. The row of a to-one load
    /// is identified by the columns that its owner refers to.
    pub(super) fn identified_by(&self) -> &[usize] {
        if self.is_unique() && !self.is_one { &self.identity } else { &self.found }
    }

    /// Makes the rows of several statements distinct; `None` if they are already. A collation can consider two keys equal that the host
    /// does not, so both find the same row.
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
