//! Handles values of unique keys that one row of a flush frees and another one takes.
//!
//! A database checks unique keys row by row, so a row is written before the row that takes its value: it is deleted, or updated,
//! earlier than it would be. Rows without such an order, as they swap their values or form a long chain, are parked: an
//! additional update sets a column of the key to null, or to a value that no other row has, until their own update. Rows whose
//! values no other row of the flush takes are not affected.
//!
//! Values that differ in letter case or trailing blanks may count as equal here, as the database's collations are unknown: that
//! costs a statement and changes nothing else. A key that the flush generates is new to all rows.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::{
    ChangeKind, PlannedChange,
    key_columns::{KeyColumns, key_of, text},
    spare_value,
};
use crate::{
    Value,
    schema::{Action, Column, ForeignKey, Table},
};

/// A row: the positions of its change and of the row in it.
pub(super) type Row = (usize, u32);

/// Up to this number, rounds of updates are no worse than parking rows.
const ROUNDS: usize = 2;

/// A temporary value of a row.
pub(super) struct ParkedValue {
    pub(super) row: Row,
    pub(super) column: String,
    pub(super) value: Value,
}

/// The writes before the inserts of a table.
#[derive(Default)]
pub(super) struct UniqueKeyPlan {
    /// Rows to delete.
    pub(super) deletes: BTreeSet<Row>,
    /// Rows to park.
    pub(super) parks: Vec<ParkedValue>,
    /// Rows to update, round by round.
    pub(super) rounds: Vec<Vec<Row>>,
}

/// The changes of one table, with their context.
pub(super) struct TableChanges<'a> {
    pub(super) items: &'a [PlannedChange],
    pub(super) table: &'a Table,
    /// The changes of the table.
    pub(super) changes: &'a [usize],
    /// All tables of the catalog.
    pub(super) tables: &'a dyn Fn() -> Vec<&'a Table>,
    /// Whether the flush changes rows that may refer to those that it deletes.
    pub(super) is_referred: &'a dyn Fn() -> bool,
    /// Whether a foreign key of the table may refer to a row that is inserted after an early update.
    pub(super) needs_inserts: &'a dyn Fn(&ForeignKey) -> bool,
}

/// The rows that free values, with the positions of the unique keys whose values others take, and the rows that each row takes values from.
#[derive(Default)]
struct Conflicts {
    frees: BTreeMap<Row, BTreeSet<usize>>,
    takes: HashMap<Row, Vec<Row>>,
}

impl<'a> TableChanges<'a> {
    /// Plans the writes before the table's inserts and updates.
    pub(super) fn freed(&self) -> UniqueKeyPlan {
        let keys = self.keys();
        let conflicts = self.conflicts(&keys);
        let mut freed = UniqueKeyPlan::default();
        if conflicts.frees.is_empty() {
            return freed;
        }
        let referring = self.referring();
        let mut spares = SpareValues { around: self, referring: &referring, used: HashMap::new() };
        let is_referred = (self.is_referred)();
        let mut updates = Vec::new();
        for (row, of) in &conflicts.frees {
            let columns: Option<Vec<&Column>> = of
                .iter()
                .map(|at| self.parking(keys.get(*at).map_or(&[][..], Vec::as_slice), row.0, &referring))
                .collect();
            if self.kind_of(row.0) == Some(ChangeKind::Delete) {
                match columns.filter(|_| is_referred) {
                    Some(columns) => spares.park(*row, &columns, &mut freed.parks),
                    None => drop(freed.deletes.insert(*row)),
                }
            } else {
                updates.push((*row, columns));
            }
        }
        let rounds = self.rounds(&updates, &conflicts);
        for (row, columns) in updates {
            match (rounds.get(&row), columns) {
                (Some(round), None) => put(&mut freed.rounds, *round, row),
                (Some(round), Some(_)) if *round < ROUNDS => put(&mut freed.rounds, *round, row),
                (_, Some(columns)) => spares.park(row, &columns, &mut freed.parks),
                // No order of statements satisfies the database.
                (None, None) => {}
            }
        }
        freed
    }

    /// Returns the foreign keys that refer to the table.
    fn referring(&self) -> Vec<&'a ForeignKey> {
        let keys = (self.tables)().into_iter().flat_map(|table| &table.foreign_keys);
        keys.filter(|key| key.table == self.table.name && key.schema == self.table.schema).collect()
    }

    fn kind_of(&self, change: usize) -> Option<ChangeKind> {
        self.items.get(change).map(|item| item.kind)
    }

    /// Returns the unique keys in which the changes may conflict.
    fn keys(&self) -> Vec<Vec<&str>> {
        let table = self.table;
        let uniques = table.uniques.iter().chain(table.indexes.iter().filter(|index| index.unique));
        let mut keys: Vec<Vec<&str>> = Vec::new();
        for columns in std::iter::once(&table.primary_key).chain(uniques.map(|unique| &unique.columns)) {
            let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
            if !columns.is_empty() && !keys.contains(&columns) {
                keys.push(columns);
            }
        }
        keys
    }

    fn conflicts(&self, keys: &[Vec<&str>]) -> Conflicts {
        let mut conflicts = Conflicts::default();
        for (at, key) in keys.iter().enumerate() {
            let mut freed: HashMap<String, Row> = HashMap::new();
            let changes = self.changes.iter().filter_map(|change| Some((*change, self.items.get(*change)?)));
            let changes: Vec<(usize, &PlannedChange, KeyColumns<'_>)> = changes
                .filter_map(|(change, item)| Some((change, item, KeyColumns::new(item, self.table, key)?)))
                .collect();
            let frees = || changes.iter().filter(|(_, item, _)| item.kind != ChangeKind::Insert);
            let takes = || changes.iter().filter(|(_, item, _)| item.kind != ChangeKind::Delete);
            if takes().next().is_none() {
                continue;
            }
            for &(change, item, ref places) in frees() {
                for row in 0..item.rows() {
                    if let Some(old) = places.old(item, row).filter(|_| places.differs(item, row)) {
                        freed.insert(old, (change, row));
                    }
                }
            }
            if freed.is_empty() {
                continue;
            }
            for &(change, item, ref places) in takes() {
                for row in 0..item.rows() {
                    let freer = places.taken(item, row).and_then(|new| freed.get(&new)).copied();
                    if let Some(freer) = freer.filter(|freer| *freer != (change, row)) {
                        conflicts.frees.entry(freer).or_default().insert(at);
                        conflicts.takes.entry((change, row)).or_default().push(freer);
                    }
                }
            }
        }
        conflicts
    }

    /// Returns the rounds in which rows can be updated before the others: each after those that it takes values from. Rows in a
    /// cycle have no round, and neither have those that need inserted rows.
    fn rounds(&self, updates: &[(Row, Option<Vec<&Column>>)], conflicts: &Conflicts) -> HashMap<Row, usize> {
        let mut waits: BTreeMap<Row, usize> = BTreeMap::new();
        let mut rounds: HashMap<Row, usize> = HashMap::new();
        let mut taken_by: HashMap<Row, Vec<Row>> = HashMap::new();
        let may_wait: BTreeSet<Row> =
            updates.iter().map(|(row, _)| *row).filter(|row| self.may_be_early(*row)).collect();
        for row in &may_wait {
            // Rows that are parked or deleted free their values before.
            let from = conflicts.takes.get(row).into_iter().flatten().filter(|from| may_wait.contains(from));
            let from: Vec<Row> = from.copied().collect();
            waits.insert(*row, from.len());
            for freer in from {
                taken_by.entry(freer).or_default().push(*row);
            }
        }
        let mut ready: Vec<Row> = waits.iter().filter(|(_, waits)| **waits == 0).map(|(row, _)| *row).collect();
        rounds.extend(ready.iter().map(|row| (*row, 0)));
        while let Some(row) = ready.pop() {
            let next = rounds.get(&row).map_or(0, |round| round + 1);
            for taker in taken_by.get(&row).into_iter().flatten() {
                let round = rounds.entry(*taker).or_default();
                *round = next.max(*round);
                if let Some(waits) = waits.get_mut(taker) {
                    *waits = waits.saturating_sub(1);
                    if *waits == 0 {
                        ready.push(*taker);
                    }
                }
            }
        }
        rounds.retain(|row, _| waits.get(row) == Some(&0));
        rounds
    }

    /// Whether a row can be updated before the table's inserts.
    fn may_be_early(&self, (change, row): Row) -> bool {
        let Some(item) = self.items.get(change) else { return false };
        let is_written = |key: &&ForeignKey| key.columns.iter().any(|column| item.written(column).is_some());
        !item.has_links(row) && !self.table.foreign_keys.iter().filter(is_written).any(self.needs_inserts)
    }

    /// Returns the column of a key that can hold a temporary value, for a row of a change.
    fn parking(&self, key: &[&str], change: usize, referring: &[&ForeignKey]) -> Option<&'a Column> {
        let item = self.items.get(change)?;
        let columns = key.iter().filter_map(|name| self.table.columns.iter().find(|column| column.name == *name));
        let is_deleted = item.kind == ChangeKind::Delete;
        let is_referred = |column: &Column| referring.iter().any(|key| key.referred.contains(&column.name));
        let follows = |column: &Column| {
            let mut keys = referring.iter().filter(|key| key.referred.contains(&column.name));
            keys.all(|key| matches!(key.on_update, Action::Cascade | Action::NoAction | Action::Restrict))
        };
        let refers = |column: &Column| self.table.foreign_keys.iter().any(|key| key.columns.contains(&column.name));
        let is_key = |column: &Column| self.table.primary_key.contains(&column.name);
        let can_be = |column: &&Column| {
            column.computed.is_none()
                && follows(column)
                && !(is_deleted && (is_key(column) || is_referred(column)))
                // The row's own update has to set the parked column.
                && (is_deleted || item.written(&column.name).is_some())
        };
        let can_be_null = |column: &Column| column.nullable && !is_key(column) && !is_referred(column);
        let rank = |column: &Column| match (can_be_null(column), refers(column)) {
            (true, false) => Some(0),
            (true, true) => Some(1),
            (false, false) => spare_value::value(column, 0).map(|_| 2),
            (false, true) => None,
        };
        columns
            .filter(can_be)
            .filter_map(|column| Some((rank(column)?, column)))
            .min_by_key(|(rank, _)| *rank)
            .map(|(_, at)| at)
    }
}

fn put(rounds: &mut Vec<Vec<Row>>, round: usize, row: Row) {
    if rounds.len() <= round {
        rounds.resize_with(round + 1, Vec::new);
    }
    if let Some(rows) = rounds.get_mut(round) {
        rows.push(row);
    }
}

/// Makes temporary values for rows to park.
struct SpareValues<'s, 'a> {
    around: &'s TableChanges<'a>,
    referring: &'s [&'a ForeignKey],
    /// The old and new values of the flush's rows, by column.
    used: HashMap<String, HashSet<String>>,
}

impl SpareValues<'_, '_> {
    fn park(&mut self, row: Row, columns: &[&Column], parks: &mut Vec<ParkedValue>) {
        let mut seen = BTreeSet::new();
        for column in columns.iter().filter(|column| seen.insert(column.name.as_str())) {
            let is_key = self.around.table.primary_key.contains(&column.name);
            let is_referred = self.referring.iter().any(|key| key.referred.contains(&column.name));
            let value =
                if column.nullable && !is_key && !is_referred { Some(Value::NULL) } else { self.spare(row, column) };
            if let Some(value) = value {
                parks.push(ParkedValue { row, column: column.name.clone(), value });
            }
        }
    }

    /// Returns a value that no row of the flush has or gets.
    fn spare(&mut self, (change, row): Row, column: &Column) -> Option<Value> {
        let around = self.around;
        let used = self.used.entry(column.name.clone()).or_insert_with(|| around.values(&column.name));
        let key = around.items.get(change).and_then(|item| key_of(item, around.table, row));
        let mut number = key.map_or(0, |text| digest(&text));
        for _ in 0..=used.len() {
            let value = spare_value::value(column, number)?;
            if let Some(text) = text([value.clone()].into_iter())
                && used.insert(text)
            {
                return Some(value);
            }
            number = spare_value::mixed(number);
        }
        None
    }
}

impl TableChanges<'_> {
    /// Returns all values of a column that the rows have or get.
    fn values(&self, column: &str) -> HashSet<String> {
        let mut values = HashSet::new();
        for item in self.changes.iter().filter_map(|change| self.items.get(*change)) {
            let Some(places) = KeyColumns::new(item, self.table, &[column]) else { continue };
            for row in 0..item.rows() {
                values.extend(places.old(item, row));
                values.extend(places.taken(item, row));
            }
        }
        values
    }
}

/// Hashes a text with FNV-1a.
fn digest(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
