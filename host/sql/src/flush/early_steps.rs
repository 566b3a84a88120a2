//! Steps before a table's inserts, which free the values of unique keys that the inserts take, and before its updates, which
//! detach rows from a key that an update changes.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::{
    Change, ChangeKind, PlannedChange, RowGroup, Updates,
    changes_by_table::ChangesByTable,
    key_columns::{KeyColumns, key_of},
    unique::{ParkedValue, Row, TableChanges, UniqueKeyPlan},
};
use crate::{
    Batch, Catalog, Result, Value,
    batch::{ColumnBuilder, VectorKind},
    schema::{Action, ForeignKey, Table},
};

/// Rows of one change, and the temporary values of one of their columns.
pub(super) struct ParkedRows {
    change: usize,
    column: String,
    rows: Vec<u32>,
    values: Vec<Value>,
}

/// The early steps, by the rank of the table that they precede.
#[derive(Default)]
pub(super) struct EarlySteps {
    before: BTreeMap<usize, Vec<RowGroup>>,
    /// The rows that the early steps write.
    early: HashSet<Row>,
    /// Changes to add, in the order of their steps.
    pub(super) parked: Vec<ParkedRows>,
}

impl EarlySteps {
    pub(super) fn new(plan: &ChangesByTable<'_>, catalog: &Catalog, by_rows: bool, is_circular: bool) -> Self {
        let mut freeing = Self::default();
        for (rank, table) in plan.ranks().zip(&plan.tables) {
            let Some(changes) = plan.changes.get(rank) else { continue };
            let inserts = |key: &ForeignKey| {
                let is_far = |of: &usize| {
                    let far = plan.tables.get(*of);
                    far.is_some_and(|far| far.name == key.table && far.schema == key.schema)
                };
                let mut far = plan.ranks().filter(|of| by_rows || *of == rank).filter(is_far);
                far.any(|of| plan.of_kind(of, ChangeKind::Insert).next().is_some())
            };
            let around = TableChanges {
                items: plan.items,
                table,
                changes,
                tables: &|| catalog.tables(),
                is_referred: &|| !referring(plan, rank).is_empty(),
                needs_inserts: &inserts,
            };
            let UniqueKeyPlan { deletes, parks, rounds } = around.freed();
            let mut steps = freeing.deletes(plan, rank, &deletes, is_circular);
            steps.extend(freeing.park(plan.items, &table.primary_key, parks));
            for round in rounds {
                freeing.early.extend(&round);
                steps.extend(by_change(round));
            }
            if !steps.is_empty() {
                freeing.before.insert(rank, steps);
            }
        }
        freeing.release(plan);
        freeing
    }

    /// Parks foreign keys that the flush moves from a changing key to its new value, where the database does not cascade.
    /// They are null until their own update, if they are nullable.
    fn release(&mut self, plan: &ChangesByTable<'_>) {
        for (rank, table) in plan.ranks().zip(&plan.tables) {
            let tells = |change: &usize| plan.items.get(*change).is_some_and(|item| item.stored.is_some());
            if !plan.of_kind(rank, ChangeKind::Update).any(|change| tells(&change)) {
                continue;
            }
            for key in
                table.foreign_keys.iter().filter(|key| matches!(key.on_update, Action::NoAction | Action::Restrict))
            {
                let is_far = |far: &&Table| far.name == key.table && far.schema == key.schema;
                let Some(far) = plan.tables.iter().position(is_far) else { continue };
                let parks = released(plan, rank, far, key);
                let mut steps = self.park(plan.items, &table.primary_key, parks);
                if !steps.is_empty() {
                    let before = self.before.entry(far).or_default();
                    steps.append(before);
                    *before = steps;
                }
            }
        }
    }

    /// Returns the steps before the inserts of a table.
    pub(super) fn before(&mut self, rank: usize) -> Vec<RowGroup> {
        self.before.remove(&rank).unwrap_or_default()
    }

    /// Removes the rows of a step that an early step writes.
    pub(super) fn rest(&self, mut step: RowGroup) -> RowGroup {
        if !self.early.is_empty() {
            step.rows.retain(|row| !self.early.contains(&(step.change, *row)));
        }
        step
    }

    fn park(&mut self, items: &[PlannedChange], primary_key: &[String], parks: Vec<ParkedValue>) -> Vec<RowGroup> {
        let mut of: BTreeMap<(bool, usize, String), ParkedRows> = BTreeMap::new();
        for ParkedValue { row: (change, row), column, value } in parks {
            // Rows are found by their keys, so the columns of these are parked last.
            let place = (primary_key.contains(&column), change, column.clone());
            let parked = of.entry(place).or_insert(ParkedRows { change, column, rows: Vec::new(), values: Vec::new() });
            parked.rows.push(row);
            parked.values.push(value);
        }
        let mut steps = Vec::new();
        for parked in of.into_values() {
            let all = (0..).take(parked.rows.len()).collect();
            steps.push(RowGroup { change: items.len() + self.parked.len(), rows: all, reads: false });
            self.parked.push(parked);
        }
        steps
    }

    /// Returns the steps that delete rows early, after the deletes of rows that may refer to them.
    fn deletes(
        &mut self,
        plan: &ChangesByTable<'_>,
        rank: usize,
        rows: &BTreeSet<Row>,
        is_circular: bool,
    ) -> Vec<RowGroup> {
        if rows.is_empty() {
            return Vec::new();
        }
        let order = plan.deletes(is_circular);
        let referring = referring(plan, rank);
        let last = order.iter().rposition(|change| rows.iter().any(|(of, _)| of == change)).unwrap_or_default();
        let mut steps = Vec::new();
        for change in order.into_iter().take(last + 1) {
            let Some(of) = plan.rank.get(change) else { continue };
            let all = plan.items.get(change).map_or(0, PlannedChange::rows);
            let mine = || rows.iter().filter(|(of, _)| *of == change).map(|(_, row)| *row);
            let early: Vec<u32> = match (*of == rank, referring.contains(of)) {
                // Rows before these in the same table may refer to them.
                (true, true) => (0..mine().max().map_or(0, |row| row + 1)).collect(),
                (true, false) => mine().collect(),
                (false, true) => (0..all).collect(),
                (false, false) => continue,
            };
            let early: Vec<u32> = early.into_iter().filter(|row| !self.early.contains(&(change, *row))).collect();
            if is_updated(plan, *of, change, &early) {
                return Vec::new();
            }
            steps.push(RowGroup { change, rows: early, reads: false });
        }
        for step in &steps {
            self.early.extend(step.rows.iter().map(|row| (step.change, *row)));
        }
        steps
    }
}

fn names(names: &[String]) -> Vec<&str> {
    names.iter().map(String::as_str).collect()
}

/// Returns the rows of a table whose foreign key refers to a key that changes, with null for one of its columns.
fn released(plan: &ChangesByTable<'_>, rank: usize, far: usize, key: &ForeignKey) -> Vec<ParkedValue> {
    let (Some(table), Some(far_table)) = (plan.tables.get(rank), plan.tables.get(far)) else { return Vec::new() };
    let can_be_null = |name: &&String| {
        let column = table.columns.iter().find(|column| column.name == **name);
        column.is_some_and(|column| column.nullable) && !table.primary_key.contains(name)
    };
    let Some(column) = key.columns.iter().find(can_be_null) else { return Vec::new() };
    let mut changing = HashSet::new();
    for item in plan.of_kind(far, ChangeKind::Update).filter_map(|change| plan.items.get(change)) {
        let Some(places) = KeyColumns::new(item, far_table, &names(&key.referred)) else { continue };
        let differs = (0..item.rows()).filter(|row| places.differs(item, *row));
        changing.extend(differs.filter_map(|row| places.old(item, row)));
    }
    let mut parks = Vec::new();
    if changing.is_empty() {
        return parks;
    }
    for change in plan.of_kind(rank, ChangeKind::Update) {
        let Some(item) = plan.items.get(change) else { continue };
        let Some(places) = KeyColumns::new(item, table, &names(&key.columns)) else { continue };
        let held = (0..item.rows()).filter(|row| places.old(item, *row).is_some_and(|old| changing.contains(&old)));
        parks.extend(held.map(|row| ParkedValue { row: (change, row), column: column.clone(), value: Value::NULL }));
    }
    parks
}

/// Returns the ranks of the tables with changes that refer to a table, directly or through others.
fn referring(plan: &ChangesByTable<'_>, rank: usize) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut left = vec![rank];
    while let Some(far) = left.pop().and_then(|rank| plan.tables.get(rank)) {
        for (of, table) in plan.tables.iter().enumerate() {
            let refers = |key: &ForeignKey| key.table == far.name && key.schema == far.schema;
            if !found.contains(&of) && table.foreign_keys.iter().any(refers) {
                found.insert(of);
                left.push(of);
            }
        }
    }
    found
}

/// Whether one of the rows is updated before it is deleted.
fn is_updated(plan: &ChangesByTable<'_>, rank: usize, change: usize, rows: &[u32]) -> bool {
    let (Some(table), Some(item)) = (plan.tables.get(rank), plan.items.get(change)) else { return false };
    let updates = plan.of_kind(rank, ChangeKind::Update).filter_map(|change| plan.items.get(change));
    let updated: HashSet<String> =
        updates.flat_map(|item| (0..item.rows()).filter_map(|row| key_of(item, table, row))).collect();
    !updated.is_empty() && rows.iter().filter_map(|row| key_of(item, table, *row)).any(|key| updated.contains(&key))
}

fn by_change(rows: Vec<Row>) -> Vec<RowGroup> {
    let mut of: BTreeMap<usize, Vec<u32>> = BTreeMap::new();
    for (change, row) in rows {
        of.entry(change).or_default().push(row);
    }
    of.into_iter().map(|(change, rows)| RowGroup { change, rows, reads: false }).collect()
}

impl ParkedRows {
    /// Adds the parked values to the changes, as an update. Later statements find the rows by the keys that they have then.
    pub(super) fn put(self, items: &mut Vec<PlannedChange>, catalog: &Catalog) -> Result<()> {
        let Self { change, column, rows, values } = self;
        let Some(item) = items.get_mut(change) else { return Ok(()) };
        let primary_key = catalog.entry(item.schema.as_deref(), &item.table).map(|entry| &entry.table.primary_key);
        let primary_key = primary_key.map_or(&[][..], Vec::as_slice);
        let at = |name: &String| item.key_at(name, primary_key).and_then(|at| item.batch.columns.get(at));
        let keys = Batch::pick(primary_key.iter().filter_map(at), &rows);
        let mut cells = ColumnBuilder::new(VectorKind::Dynamic, values.len());
        for value in &values {
            if value.is_null() { cells.push_null() } else { cells.push_value(value.clone())? }
        }
        let updates = Updates {
            table: item.table.clone(),
            rows: Batch { rows: keys.rows, columns: vec![cells.finish()] },
            keys,
            versions: None,
            columns: vec![column.clone()],
            links: Vec::new(),
            returning: Vec::new(),
            stored: None,
        };
        let may_be_gone = item.may_be_gone;
        if let Some(at) = item.key_at(&column, primary_key).and_then(|at| u16::try_from(at).ok()) {
            item.moved.extend(rows.into_iter().zip(values).map(|(row, value)| ((row, at), value)));
        }
        let mut parked = PlannedChange::new(Change::Updates(updates), catalog)?;
        (parked.prepares, parked.may_be_gone) = (Some(change), may_be_gone);
        items.push(parked);
        Ok(())
    }
}
