//! The order in which the changes of a flush are written.
//!
//! The host determines it: tables by their foreign keys, inserted rows by the keys that they refer to, then updates, then deletes in
//! the opposite order of tables. A guest may send changes in any order. One order is the guest's: the host has the primary key of a row
//! to delete but not its foreign keys, so deletes from one table, and those from tables in a cycle, keep the given order.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::{ChangeKind, PlannedChange, RowGroup, changes_by_table::ChangesByTable, early_steps::EarlySteps};
use crate::{Catalog, Error, Result, Scalar, Value, decimal::shortest, schema::ForeignKey};

/// Returns the steps of all changes, in order, and adds the changes that only park values.
pub(super) fn steps(items: &mut Vec<PlannedChange>, catalog: &Catalog) -> Result<Vec<RowGroup>> {
    let (mut steps, parked) = {
        let (plan, is_circular) = ChangesByTable::new(items, catalog)?;
        // Tables in a cycle have no order, but their rows may have one.
        let by_rows = is_circular || plan.needs_a_later_table();
        let mut freeing = EarlySteps::new(&plan, catalog, by_rows, is_circular);
        let steps = plan.steps(&mut freeing, by_rows, is_circular)?;
        (steps, freeing.parked)
    };
    steps.retain(|step| !step.rows.is_empty());
    for parked in parked {
        parked.put(items, catalog)?;
    }
    Ok(steps)
}

/// A row to insert: the positions of its change and of the row in it.
type Node = (usize, u32);

/// A dependency of one row on another: the needed row, the row that needs it, and whether the database generates the needed key.
type Edge = (usize, usize, bool);

impl ChangesByTable<'_> {
    fn steps(&self, freeing: &mut EarlySteps, by_rows: bool, is_circular: bool) -> Result<Vec<RowGroup>> {
        let mut steps = Vec::new();
        if by_rows {
            steps.extend(self.ranks().flat_map(|rank| freeing.before(rank)));
            let inserts: Vec<usize> = self.ranks().flat_map(|rank| self.of_kind(rank, ChangeKind::Insert)).collect();
            steps.extend(self.rows(&inserts)?);
            let updates = self.ranks().flat_map(|rank| self.of_kind(rank, ChangeKind::Update));
            steps.extend(updates.map(|at| freeing.rest(self.whole(at))));
        } else {
            for rank in self.ranks() {
                steps.extend(freeing.before(rank));
                let inserts: Vec<usize> = self.of_kind(rank, ChangeKind::Insert).collect();
                if self.refers_to_itself(rank, &inserts) {
                    steps.extend(self.rows(&inserts)?);
                } else {
                    steps.extend(inserts.into_iter().map(|at| self.whole(at)));
                }
                steps.extend(self.of_kind(rank, ChangeKind::Update).map(|at| freeing.rest(self.whole(at))));
            }
        }
        steps.extend(self.deletes(is_circular).into_iter().map(|at| freeing.rest(self.whole(at))));
        Ok(steps)
    }

    /// Returns a whole change as one step.
    fn whole(&self, change: usize) -> RowGroup {
        let rows = self.items.get(change).map_or(0, PlannedChange::rows);
        RowGroup { change, rows: (0..rows).collect(), reads: false }
    }

    /// Returns the ranks of the tables that a change's key references lead to.
    fn linked(&self, change: usize) -> impl Iterator<Item = usize> {
        let links = self.items.get(change).into_iter().flat_map(|item| item.links.iter());
        links.filter_map(|link| self.rank.get(link.of_change as usize).copied())
    }

    /// Whether a key reference leads to a table of a later rank.
    fn needs_a_later_table(&self) -> bool {
        self.rank.iter().enumerate().any(|(change, own)| self.linked(change).any(|rank| rank > *own))
    }

    fn refers_to_itself(&self, rank: usize, inserts: &[usize]) -> bool {
        let key_to_itself = self.tables.get(rank).is_some_and(|table| {
            table.foreign_keys.iter().any(|key| key.table == table.name && key.schema == table.schema)
        });
        key_to_itself || inserts.iter().any(|change| self.linked(*change).any(|of| of == rank))
    }

    /// Orders rows to insert, each after those that it needs. A row whose key the database generates is in an earlier step than those
    /// that need the key; a row with a given key only has to precede them.
    fn rows(&self, changes: &[usize]) -> Result<Vec<RowGroup>> {
        let count = |change: usize| self.items.get(change).map_or(0, PlannedChange::rows);
        let nodes: Vec<Node> = changes.iter().flat_map(|at| (0..count(*at)).map(move |row| (*at, row))).collect();
        let numbers: HashMap<Node, usize> = nodes.iter().enumerate().map(|(at, node)| (*node, at)).collect();
        let edges = self.edges(&nodes, &numbers);
        let mut waits = vec![0_usize; nodes.len()];
        let mut needed_by: Vec<Vec<(usize, usize)>> = vec![Vec::new(); nodes.len()];
        for (from, to, made) in edges {
            if let (Some(waits), Some(needed)) = (waits.get_mut(to), needed_by.get_mut(from)) {
                *waits += 1;
                needed.push((to, usize::from(made)));
            }
        }
        let mut levels = vec![0_usize; nodes.len()];
        let mut ready: BTreeSet<usize> = (0..nodes.len()).filter(|at| waits.get(*at) == Some(&0)).collect();
        let mut sorted = Vec::with_capacity(nodes.len());
        while let Some(at) = ready.pop_first() {
            sorted.push(at);
            let level = levels.get(at).copied().unwrap_or_default();
            for (to, made) in needed_by.get(at).into_iter().flatten() {
                if let (Some(waits), Some(deeper)) = (waits.get_mut(*to), levels.get_mut(*to)) {
                    *deeper = (*deeper).max(level + made);
                    *waits -= 1;
                    if *waits == 0 {
                        ready.insert(*to);
                    }
                }
            }
        }
        if sorted.len() < nodes.len() {
            return Err(self.circle(&nodes, &waits));
        }
        sorted.sort_by_key(|at| levels.get(*at).copied());
        let mut steps: Vec<(usize, RowGroup)> = Vec::new();
        for at in sorted {
            let (Some((change, row)), Some(level)) = (nodes.get(at).copied(), levels.get(at).copied()) else {
                continue;
            };
            match steps.last_mut() {
                Some((of, step)) if *of == level && step.change == change => step.rows.push(row),
                _ => steps.push((level, RowGroup { change, rows: vec![row], reads: false })),
            }
        }
        Ok(steps.into_iter().map(|(_, step)| step).collect())
    }

    /// Returns the dependencies between rows.
    fn edges(&self, nodes: &[Node], numbers: &HashMap<Node, usize>) -> Vec<Edge> {
        let mut edges = Vec::new();
        let changes: BTreeSet<usize> = nodes.iter().map(|(change, _)| *change).collect();
        for change in &changes {
            for link in self.items.get(*change).iter().flat_map(|item| item.links.iter()) {
                let from = numbers.get(&(link.of_change as usize, link.of_row));
                if let (Some(from), Some(to)) = (from, numbers.get(&(*change, link.row))) {
                    edges.push((*from, *to, true));
                }
            }
        }
        let ranks: BTreeSet<usize> = changes.iter().filter_map(|change| self.rank.get(*change).copied()).collect();
        for rank in ranks {
            let keys = self.tables.get(rank).map_or(&[][..], |table| table.foreign_keys.as_slice());
            // Many foreign keys refer to the same few columns, whose rows are indexed once.
            let mut referred: HashMap<(usize, &[String]), HashMap<String, usize>> = HashMap::new();
            // A table may declare the same foreign key under several names.
            let mut seen = HashSet::new();
            for key in keys.iter().filter(|key| seen.insert((&key.schema, &key.table, &key.columns, &key.referred))) {
                let Some(far) = self.far(key) else { continue };
                let rows =
                    referred.entry((far, &key.referred)).or_insert_with(|| self.having(far, &key.referred, numbers));
                self.given(rank, key, rows, numbers, &mut edges);
            }
        }
        edges
    }

    /// Returns the rank of the table that a foreign key refers to, if the flush changes rows of it.
    fn far(&self, key: &ForeignKey) -> Option<usize> {
        self.tables.iter().position(|table| table.name == key.table && table.schema == key.schema)
    }

    /// Indexes the rows to insert into a table by their values in these columns.
    fn having(&self, rank: usize, columns: &[String], numbers: &HashMap<Node, usize>) -> HashMap<String, usize> {
        let mut rows = HashMap::new();
        self.each(rank, columns, numbers, |text, node| {
            rows.insert(text, node);
        });
        rows
    }

    /// Adds the dependencies of a table's rows by a foreign key whose values both sides have.
    fn given(
        &self,
        rank: usize,
        key: &ForeignKey,
        referred: &HashMap<String, usize>,
        numbers: &HashMap<Node, usize>,
        edges: &mut Vec<Edge>,
    ) {
        if referred.is_empty() {
            return;
        }
        self.each(rank, &key.columns, numbers, |text, to| {
            if let Some(from) = referred.get(&text).filter(|from| **from != to) {
                edges.push((*from, to, false));
            }
        });
    }

    /// Calls `see` with each row to insert into a table that has these columns, and with a text that only equal values have.
    fn each(
        &self,
        rank: usize,
        columns: &[String],
        numbers: &HashMap<Node, usize>,
        mut see: impl FnMut(String, usize),
    ) {
        for change in self.of_kind(rank, ChangeKind::Insert) {
            let Some(item) = self.items.get(change) else { continue };
            let Some(columns) = positions(item, columns) else { continue };
            for row in 0..item.rows() {
                if let (Some(text), Some(node)) = (text(item, row, &columns), numbers.get(&(change, row))) {
                    see(text, *node);
                }
            }
        }
    }

    fn circle(&self, nodes: &[Node], waits: &[usize]) -> Error {
        let stuck = nodes.iter().zip(waits).filter(|(_, waits)| **waits > 0);
        let tables: BTreeSet<String> =
            stuck.filter_map(|((change, _), _)| Some(self.items.get(*change)?.table.clone())).collect();
        Error::CircularDependency(tables.into_iter().collect())
    }
}

/// Returns the positions of these columns among those that a change writes.
fn positions(item: &PlannedChange, columns: &[String]) -> Option<Vec<usize>> {
    columns.iter().map(|column| item.columns.iter().position(|name| name == column)).collect()
}

/// Returns a text of a row's values that only equal values have; `None` if one is null.
fn text(item: &PlannedChange, row: u32, columns: &[usize]) -> Option<String> {
    let mut text = String::new();
    for column in columns {
        let value = item.batch.value(row as usize, *column);
        if value.is_null() {
            return None;
        }
        match value {
            Value::Scalar(Scalar::Decimal(digits)) => text.push_str(&format!("{:?};", shortest(&digits))),
            value => text.push_str(&format!("{value:?};")),
        }
    }
    Some(text)
}
