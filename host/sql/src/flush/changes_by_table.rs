//! The changes of a flush by table, with the tables in the order of their foreign keys.

use std::collections::{BTreeSet, HashMap};

use super::{ChangeKind, PlannedChange};
use crate::{Catalog, Error, Result, order::order, schema::Table};

/// The tables of all changes, in order. The number of changes and tables is guest-controlled, so each name is looked up only once.
pub(super) struct ChangesByTable<'a> {
    pub(super) items: &'a [PlannedChange],
    /// The tables by their rank.
    pub(super) tables: Vec<&'a Table>,
    /// The changes of each table, in the given order.
    pub(super) changes: Vec<Vec<usize>>,
    /// The rank of each change's table.
    pub(super) rank: Vec<usize>,
}

impl<'a> ChangesByTable<'a> {
    /// Groups the changes, and returns whether their tables refer to each other in a cycle.
    pub(super) fn new(items: &'a [PlannedChange], catalog: &'a Catalog) -> Result<(Self, bool)> {
        let mut tables: Vec<&Table> = Vec::new();
        let mut positions: HashMap<(Option<&str>, &str), usize> = HashMap::new();
        let mut position = Vec::with_capacity(items.len());
        for item in items {
            let name = (item.schema.as_deref(), item.table.as_str());
            let at = match positions.get(&name) {
                Some(at) => *at,
                None => {
                    let table = catalog.table(name.0, name.1);
                    tables.push(table.ok_or_else(|| Error::NoSuchTable(item.table.clone()))?);
                    positions.insert(name, tables.len() - 1);
                    tables.len() - 1
                }
            };
            position.push(at);
        }
        let sorted = order(&tables);
        let mut ranks = vec![0; tables.len()];
        for (rank, position) in sorted.tables.iter().enumerate() {
            if let Some(place) = ranks.get_mut(*position) {
                *place = rank;
            }
        }
        let rank: Vec<usize> = position.iter().filter_map(|at| ranks.get(*at).copied()).collect();
        let mut changes = vec![Vec::new(); tables.len()];
        for (change, rank) in rank.iter().enumerate() {
            if let Some(mine) = changes.get_mut(*rank) {
                mine.push(change);
            }
        }
        let tables = sorted.tables.iter().filter_map(|position| tables.get(*position).copied()).collect();
        Ok((Self { items, tables, changes, rank }, !sorted.back.is_empty()))
    }

    pub(super) fn ranks(&self) -> std::ops::Range<usize> {
        0..self.tables.len()
    }

    /// Returns the changes of this kind to a table.
    pub(super) fn of_kind(&self, rank: usize, kind: ChangeKind) -> impl Iterator<Item = usize> {
        let mine = self.changes.get(rank).map_or(&[][..], Vec::as_slice).iter().copied();
        mine.filter(move |at| self.items.get(*at).is_some_and(|item| item.kind == kind))
    }

    /// Returns the deletes, those from referring tables first. Tables in a cycle, and those between two cycles, have no order:
    /// their deletes keep the given order.
    pub(super) fn deletes(&self, is_circular: bool) -> Vec<usize> {
        let of = |rank: usize| self.of_kind(rank, ChangeKind::Delete);
        if !is_circular {
            return self.ranks().rev().flat_map(of).collect();
        }
        let mut left: BTreeSet<usize> = self.ranks().filter(|rank| of(*rank).next().is_some()).collect();
        let names = |table: &'a Table| (table.schema.as_deref(), table.name.as_str());
        let ranks: HashMap<_, usize> =
            self.tables.iter().enumerate().map(|(rank, table)| (names(table), rank)).collect();
        let refers = |rank: usize| {
            let keys = self.tables.get(rank).map_or(&[][..], |table| table.foreign_keys.as_slice());
            let to = keys.iter().filter_map(|key| ranks.get(&(key.schema.as_deref(), key.table.as_str())).copied());
            to.filter(move |to| *to != rank).map(move |to| (rank, to)).collect::<BTreeSet<_>>()
        };
        let edges: Vec<(usize, usize)> = left.iter().flat_map(|rank| refers(*rank)).collect();
        let first = remove_leaves(&mut left, &edges);
        let back: Vec<(usize, usize)> = edges.iter().map(|(from, to)| (*to, *from)).collect();
        let last = remove_leaves(&mut left, &back);
        let circle: BTreeSet<usize> = left.into_iter().flat_map(of).collect();
        let last = last.into_iter().rev().flat_map(of);
        first.into_iter().flat_map(of).chain(circle).chain(last).collect()
    }
}

/// Repeatedly removes the greatest node that no remaining node has an edge to, and returns the nodes in that order.
fn remove_leaves(left: &mut BTreeSet<usize>, edges: &[(usize, usize)]) -> Vec<usize> {
    let mut waits: HashMap<usize, usize> = HashMap::new();
    let mut leads_to: HashMap<usize, Vec<usize>> = HashMap::new();
    for (from, to) in edges.iter().filter(|(from, to)| left.contains(from) && left.contains(to)) {
        *waits.entry(*to).or_default() += 1;
        leads_to.entry(*from).or_default().push(*to);
    }
    let mut ready: BTreeSet<usize> = left.iter().copied().filter(|at| !waits.contains_key(at)).collect();
    let mut taken = Vec::new();
    while let Some(at) = ready.pop_last() {
        left.remove(&at);
        taken.push(at);
        for to in leads_to.get(&at).into_iter().flatten() {
            if let Some(waits) = waits.get_mut(to) {
                *waits = waits.saturating_sub(1);
                if *waits == 0 {
                    ready.insert(*to);
                }
            }
        }
    }
    taken
}
