//! Writes the changes of a unit of work: checks all of them before anything is sent, puts them in an order that foreign keys allow,
//! and batches them into as few statements as are worthwhile.
//!
//! Rows are written table by table, referred tables first: inserts, then updates. Rows are deleted afterwards, in the opposite order
//! of tables. Rows whose keys the database generates come before those that need the keys, also within one table; a cycle of rows is
//! refused, unless an update closes it after the inserts. A value of a unique key that one row frees and another takes is freed
//! before anything of the table is written (`unique`).
//!
//! [`Flush`] does no I/O: its runner requests the next [`FlushStep`], runs its statements and passes their results back.

mod changes_by_table;
mod early_steps;
mod fill_rows;
mod key_columns;
mod key_reference;
mod order;
mod planned_change;
mod spare_value;
mod unique;

use std::{collections::VecDeque, ops::Range, sync::Arc};

use crate::{
    Batch, BulkStatements, Catalog, Dialect, Error, InsertMany, Limits, Result,
    bulk::{Bulk, ChangeMany, Layout, Verb},
    error::Limited,
};
use planned_change::{ChangeKind, PlannedChange};

/// A reference to the key of a row that the flush inserts: the host fills in the key once the database has generated it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyReference {
    /// The row that needs the key, in its own change.
    pub row: u32,
    /// The position of the column that needs it: among the written columns, or after these among the key columns of an update.
    pub column: u16,
    /// The change that inserts the row with the key.
    pub of_change: u32,
    /// The row with the key, in that change.
    pub of_row: u32,
}

/// Some columns of rows as they are stored before the flush.
#[derive(Clone, Debug)]
pub struct KnownRows {
    /// The columns.
    pub columns: Vec<String>,
    /// Their values; a row for each row of the change.
    pub rows: Batch,
}

/// Rows to insert.
#[derive(Clone, Debug)]
pub struct Inserts {
    /// The table.
    pub table: String,
    /// The columns that have values.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Batch,
    /// Values that are keys of other rows.
    pub links: Vec<KeyReference>,
    /// The columns to return.
    pub returning: Vec<String>,
}

/// Rows to update by primary key.
#[derive(Clone, Debug)]
pub struct Updates {
    /// The table.
    pub table: String,
    /// The primary keys.
    pub keys: Batch,
    /// The versions that the rows must have; the update increments them.
    pub versions: Option<Batch>,
    /// The columns that change.
    pub columns: Vec<String>,
    /// Their new values.
    pub rows: Batch,
    /// Values that are keys of other rows.
    pub links: Vec<KeyReference>,
    /// The columns to return.
    pub returning: Vec<String>,
    /// The stored values of unique key columns that change.
    pub stored: Option<KnownRows>,
}

/// Rows to delete by primary key.
#[derive(Clone, Debug)]
pub struct Deletes {
    /// The table.
    pub table: String,
    /// The primary keys.
    pub keys: Batch,
    /// The versions that the rows must have.
    pub versions: Option<Batch>,
    /// The stored values of unique key columns.
    pub stored: Option<KnownRows>,
    /// Whether a missing row is an error.
    pub strict: bool,
}

/// Changes of one shape to one table. Everything in them is guest-controlled.
#[derive(Clone, Debug)]
pub enum Change {
    /// Rows to insert.
    Inserts(Inserts),
    /// Rows to update.
    Updates(Updates),
    /// Rows to delete.
    Deletes(Deletes),
}

/// Rows of one change that a step writes or reads back.
#[derive(Clone, Debug, PartialEq, Eq)]
struct RowGroup {
    change: usize,
    rows: Vec<u32>,
    /// Whether changed rows are read back, where the database does not return them.
    reads: bool,
}

/// A unit of work that is being written.
pub struct Flush {
    /// The given changes, followed by those that only park values.
    items: Vec<PlannedChange>,
    given: usize,
    steps: VecDeque<RowGroup>,
    catalog: Arc<Catalog>,
    dialect: Dialect,
    limits: Limits,
}

/// Statements that the runner sends before it requests the next step.
pub struct FlushStep {
    /// The position of the change.
    pub change: usize,
    /// Its statements.
    pub statements: BulkStatements,
    /// Whether it only parks values that other rows take: a later step writes the rows.
    pub prepares: bool,
    group: RowGroup,
    is_numbered: bool,
    matched: u64,
}

impl Flush {
    /// Checks the changes and orders them. If one of them is wrong, nothing is sent.
    ///
    /// # Errors
    ///
    /// Those of statements; batches whose numbers of rows or columns do not fit; references to rows or columns that do not exist;
    /// [`Error::CircularDependency`] where rows need each other's keys; [`Error::Limit`] for more rows than a unit of work may have.
    pub fn new(changes: Vec<Change>, catalog: Arc<Catalog>, dialect: Dialect, limits: Limits) -> Result<Self> {
        check_limits(&changes, &limits)?;
        let mut items =
            changes.into_iter().map(|change| PlannedChange::new(change, &catalog)).collect::<Result<Vec<_>>>()?;
        key_reference::resolve(&mut items, &catalog)?;
        let can = dialect.capabilities();
        if !can.insert_returning {
            items.iter_mut().try_for_each(|item| item.read_back(&catalog))?;
        }
        let layout = |item: &PlannedChange| bulk(item, false).check(&item.batch, &catalog, dialect);
        let layouts = items.iter().map(layout).collect::<Result<Vec<_>>>()?;
        items.iter().try_for_each(|item| enforce_check(item, &catalog, dialect))?;
        // An update that lists its keys returns rows in any order and without their positions.
        let returns = |layout: Option<&Layout>| can.update_returning && layout != Some(&Layout::Placeholders);
        let reads_back = |item: &PlannedChange, layout| match item.kind {
            ChangeKind::Insert => item.read_back.as_ref().is_some_and(|read_back| read_back.reads),
            ChangeKind::Update => !item.returning.is_empty() && !returns(layout),
            ChangeKind::Delete => false,
        };
        let given = items.len();
        let mut steps = VecDeque::new();
        for step in order::steps(&mut items, &catalog)? {
            let again = items.get(step.change).is_some_and(|item| reads_back(item, layouts.get(step.change)));
            let read = again.then(|| RowGroup { reads: true, ..step.clone() });
            steps.push_back(step);
            steps.extend(read);
        }
        Ok(Self { items, given, steps, catalog, dialect, limits })
    }

    /// Returns the number of steps that are left.
    #[must_use]
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether no step is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Returns the next step, with the keys that were generated so far filled in; `None` at the end.
    ///
    /// # Errors
    ///
    /// A value, or a generated key, that exceeds the bounds of its column.
    pub fn next_step(&mut self) -> Result<Option<FlushStep>> {
        let Some(group) = self.steps.pop_front() else { return Ok(None) };
        let filled = key_reference::fill(&self.items, &group)?;
        let Some(item) = self.items.get_mut(group.change) else { return Ok(None) };
        let batch = item.rows_of(&group, &filled)?;
        if item.is_source {
            item.keep(&group, filled);
        }
        let bulk = bulk(item, group.reads);
        let statements = BulkStatements::of(bulk, batch, Arc::clone(&self.catalog), self.dialect, self.limits)?;
        let is_numbered = statements.is_numbered();
        let (change, prepares) = (item.prepares.unwrap_or(group.change), item.prepares.is_some());
        Ok(Some(FlushStep { change, statements, prepares, group, is_numbered, matched: 0 }))
    }

    /// Takes the rows that a statement of the step returned, and the number of rows that it matched.
    pub fn take(&mut self, step: &mut FlushStep, rows: &Range<usize>, returned: Batch, matched: u64) {
        step.matched = step.matched.saturating_add(matched);
        if let (Some(item), Some(rows)) = (self.items.get_mut(step.group.change), step.group.rows.get(rows.clone())) {
            let returned = if step.group.reads { returned } else { item.widened(returned) };
            item.place(rows, returned, step.is_numbered);
        }
    }

    /// Ends a step once the results of all of its statements are taken.
    ///
    /// # Errors
    ///
    /// [`Error::Stale`] where the number of matched rows is not that of the step. Rows that are deleted without a version may be
    /// missing, unless the change is strict.
    pub fn end(&mut self, step: &FlushStep) -> Result<()> {
        let Some(item) = self.items.get_mut(step.group.change) else { return Ok(()) };
        if step.group.reads {
            return Ok(());
        }
        item.matched = item.matched.saturating_add(step.matched);
        let expected = step.group.rows.len() as u64;
        if step.matched == expected || (item.may_be_gone && step.matched < expected) {
            return Ok(());
        }
        Err(Error::Stale { table: item.table.clone(), expected, matched: step.matched })
    }

    /// Identifies a row that a change could not write, where the database does not report it: its table, and the columns of the
    /// constraint of this name. `None` for deletes, which violate the constraints of other tables.
    #[must_use]
    pub fn constraint(&self, change: usize, name: Option<&str>) -> Option<(&str, &[String])> {
        let item = self.items.get(change).filter(|item| item.kind != ChangeKind::Delete)?;
        let table = self.catalog.table(item.schema.as_deref(), &item.table)?;
        let uniques = table.uniques.iter().chain(&table.indexes).map(|key| (&key.name, &key.columns));
        let keys = table.foreign_keys.iter().map(|key| (&key.name, &key.columns));
        let all = uniques.chain(keys).chain([(&table.primary_key_name, &table.primary_key)]);
        let named = all.filter(|(of, _)| of.is_some() && of.as_deref() == name).map(|(_, columns)| columns.as_slice());
        Some((&item.table, named.into_iter().next().unwrap_or_default()))
    }

    /// Returns the rows of each change, in the order in which they were given: the `returning` columns; for deletes no column, and
    /// as many rows as matched.
    ///
    /// # Errors
    ///
    /// A column of more than 4 GiB.
    pub fn finish(self) -> Result<Vec<Batch>> {
        self.items.into_iter().take(self.given).map(PlannedChange::finish).collect()
    }
}

/// Refuses changes beyond the limits. Planning takes memory for each row and key reference.
fn check_limits(changes: &[Change], limits: &Limits) -> Result<()> {
    let (mut rows, mut links) = (changes.len() as u64, 0_u64);
    for change in changes {
        let (count, with) = match change {
            Change::Inserts(inserts) => (inserts.rows.rows, inserts.links.len()),
            Change::Updates(updates) => (updates.rows.rows, updates.links.len()),
            Change::Deletes(deletes) => (deletes.keys.rows, 0),
        };
        rows = rows.saturating_add(count.into());
        links = links.saturating_add(with as u64);
    }
    let allowed = limits.changed_rows as u64;
    if rows > allowed || links > allowed.saturating_mul(4) {
        return Err(Error::Limit { what: Limited::Rows, allowed });
    }
    Ok(())
}

/// Refuses rows that do not satisfy a policy's check. A row that needs a generated key is checked once the key is filled in.
fn enforce_check(item: &PlannedChange, catalog: &Catalog, dialect: Dialect) -> Result<()> {
    if catalog.rules().is_none() {
        return Ok(());
    }
    let bulk = bulk(item, false);
    let batch = bulk.filled(Arc::clone(&item.batch), catalog)?;
    let is_open = |row: u32, column: usize| u16::try_from(column).is_ok_and(|column| item.links.has(row, column));
    bulk.enforce_check(&batch, catalog, dialect, &is_open)
}

/// Returns the bulk operation for the rows of a change.
fn bulk(item: &PlannedChange, reads: bool) -> Bulk {
    let verb = match (item.kind, reads) {
        (ChangeKind::Insert, false) => {
            return Bulk::Insert(InsertMany {
                schema: item.schema.clone(),
                table: item.table.clone(),
                columns: item.columns.clone(),
                returning: item.returned_by_insert(),
            });
        }
        (_, true) => Verb::Read,
        (ChangeKind::Update, false) => Verb::Update,
        (ChangeKind::Delete, false) => Verb::Delete,
    };
    Bulk::Change(ChangeMany {
        verb,
        schema: item.schema.clone(),
        table: item.table.clone(),
        columns: if reads { Vec::new() } else { item.columns.clone() },
        is_versioned: item.is_versioned && !reads,
        returning: item.returning.clone(),
    })
}
