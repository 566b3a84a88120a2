//! A plan's query as the left side of joins: unchanged, or as a subquery if it has a limit, which counts its own rows, or
//! names that joined tables could make ambiguous.

use std::collections::HashSet;

use super::{ArenaBuilder, Node, NodeId, Order, Select, Statement};
use crate::{
    catalog::Entry,
    statement::{Labelled, Root as StatementRoot, SourceQuery, SourceTable},
};

/// The prefix of names that the host adds.
pub(super) const PREFIX: &str = "load_";
/// The query's alias where it becomes a subquery.
const SUBQUERY: &str = "load_root";

/// The left side of the joins.
pub(super) struct Root {
    /// A select of the query's columns, in its order.
    pub(super) select: Select,
    /// The table name or alias that qualifies its columns.
    pub(super) alias: String,
    /// The number of its columns.
    pub(super) width: usize,
    /// The positions of the primary key among them.
    pub(super) key: Vec<usize>,
}

impl Root {
    /// Returns `None` unless the query reads rows of the table alone, each of them once.
    pub(super) fn new(statement: &Statement, entry: &Entry, arena: &mut ArenaBuilder) -> Option<Self> {
        let StatementRoot::Select(id) = statement.root else { return None };
        let Node::Select(select) = statement.nodes.get(id as usize)? else { return None };
        let table = of_one_table(statement, select, entry)?;
        let alias = table.alias.as_ref().unwrap_or(&table.table);
        let names = names(statement, select, entry, alias)?;
        let width = names.len();
        let key = entry.table.primary_key.iter();
        let key = key.map(|name| entry.table.columns.iter().position(|at| at.name == *name && !at.nullable));
        let key = key.collect::<Option<Vec<usize>>>().filter(|key| !key.is_empty() && !entry.table.is_view)?;
        if select.limit.is_none() && select.offset.is_none() && names_are_plain(statement) {
            return Some(Self { select: select.clone(), alias: alias.clone(), width, key });
        }
        let select = subquery(statement, select, &names, (entry, alias), arena)?;
        Some(Self { select, alias: SUBQUERY.to_owned(), width, key })
    }
}

/// Returns the source of a select that reads only this table, and each of its rows once.
fn of_one_table<'a>(statement: &'a Statement, select: &Select, entry: &Entry) -> Option<&'a SourceTable> {
    let is_simple = select.ctes.is_empty()
        && !select.distinct
        && select.group_by.is_empty()
        && select.having.is_none()
        && select.lock.is_none();
    let Node::Table(table) = statement.nodes.get(select.source? as usize)? else { return None };
    (is_simple && table.table == entry.table.name && table.schema == entry.table.schema).then_some(table)
}

/// Returns the names of the query's columns: those of the table, then other columns and labels.
fn names<'a>(statement: &'a Statement, select: &Select, entry: &Entry, alias: &str) -> Option<Vec<&'a str>> {
    let mut names = Vec::with_capacity(select.columns.len());
    for (position, id) in select.columns.iter().enumerate() {
        let declared = entry.table.columns.get(position);
        let name = match statement.nodes.get(*id as usize)? {
            Node::Column(column) => {
                let is_own = column.table.as_deref().is_none_or(|table| table == alias);
                let is_it = declared.is_none_or(|declared| declared.name == column.name);
                (is_own && is_it).then_some(column.name.as_str())?
            }
            Node::Label(label) if declared.is_none() => label.label.as_str(),
            _ => return None,
        };
        names.push(name);
    }
    (names.len() >= entry.table.columns.len()).then_some(names)
}

/// Whether every column is qualified, and no source of the statement has a name with the host's prefix: then additional
/// tables do not change the meaning of a name.
fn names_are_plain(statement: &Statement) -> bool {
    let is_ours = |name: &str| name.starts_with(PREFIX);
    statement.nodes.iter().all(|node| match node {
        Node::Column(column) => column.table.as_deref().is_some_and(|table| !is_ours(table)),
        Node::Table(table) => !is_ours(table.alias.as_ref().unwrap_or(&table.table)),
        Node::Subquery(subquery) => !is_ours(&subquery.alias),
        _ => true,
    })
}

/// Wraps a query as a subquery and selects its columns, in its order.
fn subquery(
    statement: &Statement,
    select: &Select,
    names: &[&str],
    (entry, alias): (&Entry, &str),
    arena: &mut ArenaBuilder,
) -> Option<Select> {
    let mut known: HashSet<&str> = HashSet::with_capacity(names.len());
    if !names.iter().all(|name| known.insert(name)) {
        return None;
    }
    let mut inner = select.clone();
    let mut keys = Vec::with_capacity(select.order_by.len());
    for order in &select.order_by {
        let name = match own_name(statement, order.expression, (entry, alias), &known) {
            Some(name) => name.to_owned(),
            None => {
                let label = format!("{PREFIX}order_{}", keys.len());
                if known.contains(label.as_str()) || entry.column(&label).is_some() {
                    return None;
                }
                let labelled = Labelled { value: order.expression, label: label.clone() };
                inner.columns.push(arena.add(Node::Label(labelled))?);
                label
            }
        };
        keys.push((name, order));
    }
    if select.limit.is_none() && select.offset.is_none() {
        inner.order_by.clear();
    }
    let query = arena.add(Node::Select(inner))?;
    let source = arena.add(Node::Subquery(SourceQuery { query, alias: SUBQUERY.to_owned(), lateral: false }))?;
    let columns = names.iter().map(|name| arena.column(SUBQUERY, name)).collect::<Option<Vec<NodeId>>>()?;
    let mut order_by = Vec::with_capacity(keys.len());
    for (name, order) in keys {
        order_by.push(Order { expression: arena.column(SUBQUERY, &name)?, ..order.clone() });
    }
    Some(Select {
        ctes: Vec::new(),
        columns,
        distinct: false,
        source: Some(source),
        filter: None,
        group_by: Vec::new(),
        having: None,
        order_by,
        limit: None,
        offset: None,
        lock: None,
    })
}

/// Returns the name of the result column that an expression refers to: a column of the table, all of which are selected, or a label.
fn own_name<'a>(
    statement: &'a Statement,
    id: NodeId,
    (entry, alias): (&Entry, &str),
    known: &HashSet<&str>,
) -> Option<&'a str> {
    let Node::Column(column) = statement.nodes.get(id as usize)? else { return None };
    let is_own = column.table.as_deref().is_none_or(|table| table == alias);
    let is_label = column.table.is_none() && known.contains(column.name.as_str());
    (is_own && (entry.column(&column.name).is_some() || is_label)).then_some(column.name.as_str())
}
