//! Joins loads to a plan's query, as one statement.
//!
//! The query's arena is extended by joins and columns and then checked and compiled like any statement of a guest. Joins never
//! multiply rows: to-one loads join, and collections only one after the other along one path. So there are never more joined
//! rows than rows in the whole result, and the limit of these also holds for the joined rows. A load that cannot be joined gets
//! a statement of its own.

mod arena;
mod root;

use super::{
    planned_load::PlannedLoad,
    split_joined::{JoinedLayout, JoinedLoad},
};
use crate::{
    catalog::Entry,
    statement::{Node, NodeId, Order, Root as StatementRoot, Select, Statement},
};
use arena::ArenaBuilder;
use root::Root;

/// The most tables of one statement; databases stop at 61.
const TABLES: usize = 24;
/// The most columns that loads add to a statement; databases stop at 1,664.
const COLUMNS: usize = 1_000;

/// Returns the query with its loads, and the layout of its rows; `None` if no load joins it.
pub(super) fn join(statement: &Statement, entry: &Entry, items: &[PlannedLoad]) -> Option<(Statement, JoinedLayout)> {
    let chosen = chosen(items);
    if chosen.is_empty() {
        return None;
    }
    let mut arena = ArenaBuilder::new(statement);
    let root = Root::new(statement, entry, &mut arena)?;
    let Root { select, alias, width, key } = root;
    let mut joining = JoinBuilder { arena, select, alias, parts: Vec::new() };
    let mut order = Vec::new();
    for load in chosen {
        let item = items.get(load)?;
        joining.add(load, item)?;
        if !item.is_one {
            let alias = alias_of(load);
            for key in &item.read.order_by {
                let expression = joining.arena.column(&alias, &key.column)?;
                order.push(Order { descending: key.descending, ..ascending(expression) });
            }
            for name in &item.key {
                order.push(ascending(joining.arena.column(&alias, name)?));
            }
        }
    }
    if !order.is_empty() {
        // The owners keep their order, and the rows of each owner have theirs.
        for name in &entry.table.primary_key {
            let expression = joining.arena.column(&joining.alias, name)?;
            joining.select.order_by.push(ascending(expression));
        }
        joining.select.order_by.extend(order);
    }
    let JoinBuilder { mut arena, select, parts, .. } = joining;
    let root = StatementRoot::Select(arena.add(Node::Select(select))?);
    Some((Statement { nodes: arena.nodes, root }, JoinedLayout { width, key, parts }))
}

/// Returns the loads to join, each after its owner.
fn chosen(items: &[PlannedLoad]) -> Vec<usize> {
    let (mut tables, mut columns) = (1_usize, 0_usize);
    let mut chosen = Vec::new();
    // The owner whose collection may join: first the plan's own rows, then the collection that joined last.
    let mut collects = Some(None);
    for (load, item) in items.iter().enumerate() {
        if !item.wants_join || item.owner.is_some_and(|owner| !chosen.contains(&owner)) {
            continue;
        }
        let more = if item.read.secondary.is_some() { 2 } else { 1 };
        let fits = tables.saturating_add(more) <= TABLES && columns.saturating_add(item.columns.len()) <= COLUMNS;
        if !fits || !(item.is_one || collects == Some(item.owner)) {
            continue;
        }
        if !item.is_one {
            // Pairs of a secondary table and rows without an identity must not be repeated for another collection.
            collects = (item.read.secondary.is_none() && item.has_key()).then_some(Some(load));
        }
        tables = tables.saturating_add(more);
        columns = columns.saturating_add(item.columns.len());
        chosen.push(load);
    }
    chosen
}

/// Returns the alias of a load's table. A guest's names do not have this prefix where they could conflict.
fn alias_of(load: usize) -> String {
    format!("{}{load}", root::PREFIX)
}

fn ascending(expression: NodeId) -> Order {
    Order { expression, descending: false, nulls_first: None }
}

/// A statement that is extended by one load after the other.
struct JoinBuilder {
    arena: ArenaBuilder,
    select: Select,
    alias: String,
    parts: Vec<JoinedLoad>,
}

impl JoinBuilder {
    fn add(&mut self, load: usize, item: &PlannedLoad) -> Option<()> {
        let owner = item.owner.map_or_else(|| self.alias.clone(), alias_of);
        let alias = alias_of(load);
        let local: Vec<&str> = item.local.iter().map(String::as_str).collect();
        let by: Vec<&str> = item.read.by.iter().map(String::as_str).collect();
        let start = self.select.columns.len();
        let own = item.columns.iter().skip(item.before);
        match &item.read.secondary {
            None => self.left(&item.read.table, &alias, &by, (&owner, &local))?,
            Some(secondary) => {
                let pair = format!("{alias}_pair");
                let (near_far, remote): (Vec<&str>, Vec<&str>) =
                    secondary.on.iter().map(|(local, remote)| (local.as_str(), remote.as_str())).unzip();
                self.left(&secondary.table, &pair, &by, (&owner, &local))?;
                self.left(&item.read.table, &alias, &remote, (&pair, &near_far))?;
                for name in by {
                    self.select.columns.push(self.arena.column(&pair, name)?);
                }
            }
        }
        for output in own {
            self.select.columns.push(self.arena.column(&alias, &output.name)?);
        }
        self.parts.push(JoinedLoad { load, columns: start..self.select.columns.len() });
        Some(())
    }

    /// Left-joins a table on the equality of its columns with others.
    fn left(
        &mut self,
        table: &(Option<String>, String),
        alias: &str,
        columns: &[&str],
        to: (&str, &[&str]),
    ) -> Option<()> {
        let right = self.arena.table(table, alias)?;
        let pairs: Vec<_> = columns.iter().zip(to.1).map(|(own, other)| ((alias, *own), (to.0, *other))).collect();
        let on = self.arena.equal(&pairs)?;
        self.select.source = Some(self.arena.left_join(self.select.source?, right, on)?);
        Some(())
    }
}
