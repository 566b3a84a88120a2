//! Checks a statement's arena: resolves names, infers types, and refuses invalid statements and those that the database does not support.
//!
//! `validate` limits depth and expanded size before any function here follows a position, so these functions may recurse.

mod bulk;
mod change;
mod decimal;
mod expression;
mod fallible;
mod function;
mod operator;
mod policy;
mod query;
mod scope;
mod validate;

pub(crate) use bulk::{column, outputs_of, select};
pub(crate) use change::{with_presets, writable};
pub(crate) use function::is_row_function;
pub(crate) use query::outputs;
pub(crate) use query::shape;

use std::{cell::Cell, collections::HashSet, rc::Rc};

use self::{fallible::Fallible, scope::Scope};
use crate::{
    Capabilities, Catalog, Dialect, Error, Limits, Result,
    catalog::check_name,
    compiled::Condition,
    policy::{Predicate, TableRules},
    resolved::{ResolvedStatement, Typed},
    schema::TypeKind,
    statement::{Node, NodeId, Statement},
    summary::TableSet,
};

/// A checked statement.
pub(crate) struct Checked<'a> {
    pub(crate) statement: ResolvedStatement<'a>,
    /// The tables that it reads or changes.
    pub(crate) tables: TableSet<'a>,
    pub(crate) parameters: u32,
    pub(crate) locks: bool,
    pub(crate) clock: bool,
    /// The checks of values that the host evaluates before it sends the statement.
    pub(crate) conditions: Vec<Condition>,
}

/// Checks a statement. Everything in it is guest-controlled.
pub(crate) fn check<'a>(
    statement: &'a Statement,
    catalog: &'a Catalog,
    dialect: Dialect,
    limits: &Limits,
) -> Result<Checked<'a>> {
    let parameters = validate::check(statement, dialect, limits)?;
    let Some(_) = catalog.rules() else {
        let mut checker = Checker::new(&statement.nodes, catalog, dialect);
        let resolved = checker.root(&statement.root)?;
        return Ok(checker.checked(resolved, parameters));
    };
    let fallible = Rc::new(Fallible::new(&statement.nodes));
    let ruled = |is_fenced: bool| {
        let fallible = Some(Rc::clone(&fallible));
        let most_added = limits.expanded_nodes;
        Checker { fallible, is_fenced, most_added, ..Checker::new(&statement.nodes, catalog, dialect) }
    };
    let mut checker = ruled(fallible.is_exposed(statement));
    checker.is_fenced |= checker.is_strict_about(statement);
    let mut resolved = checker.root(&statement.root)?;
    if checker.mixes_unfenced(&statement.root) {
        checker = ruled(true);
        resolved = checker.root(&statement.root)?;
    }
    checker.check_allowed()?;
    Ok(checker.checked(resolved, parameters))
}

/// The state of resolving one statement.
pub(crate) struct Checker<'a> {
    nodes: &'a [Node],
    pub(crate) catalog: &'a Catalog,
    pub(crate) dialect: Dialect,
    pub(crate) can: Capabilities,
    scope: Scope<'a>,
    /// The table whose new row `excluded` nodes refer to, inside of an upsert.
    excluded: Option<&'a crate::catalog::Entry>,
    /// The columns of the changed table that the current value reads; collected only for the values of assignments.
    reads: Option<HashSet<&'a str>>,
    tables: TableSet<'a>,
    locks: bool,
    clock: bool,
    /// The tables with rules that are read, and whether the guest's statement calls an aggregate.
    ruled: Vec<(&'a str, &'a TableRules)>,
    aggregates: bool,
    /// While a rule's expression is resolved, the virtual position of its first node.
    rule: Option<NodeId>,
    /// The rules' expressions resolved so far, by the virtual positions of their first nodes. No node of the statement has such a position.
    places: Vec<(NodeId, &'a Predicate)>,
    /// Whether hidden rows are fenced off from the guest's conditions, because an error that a value causes could reveal them.
    is_fenced: bool,
    /// The nodes that can fail; present only where the catalog has rules.
    fallible: Option<Rc<Fallible<'a>>>,
    /// The size that rules add to the statement: columns of subqueries and nodes of expressions, each counted as often as it is written.
    added: usize,
    most_added: usize,
    /// Whether values of different sorts are compared, such as a text with a number.
    mixes: Cell<bool>,
    /// The rules' conditions for locked rows, which are added to the query's own condition; `None` where the query locks no rows.
    beside: Option<Vec<Typed<'a>>>,
    conditions: Vec<Condition>,
}

impl<'a> Checker<'a> {
    /// Creates a checker for a statement of these nodes. A statement for many rows has none.
    pub(crate) fn new(nodes: &'a [Node], catalog: &'a Catalog, dialect: Dialect) -> Self {
        Self {
            nodes,
            catalog,
            dialect,
            can: dialect.capabilities(),
            scope: Scope::default(),
            excluded: None,
            reads: None,
            tables: TableSet::default(),
            locks: false,
            clock: false,
            ruled: Vec::new(),
            aggregates: false,
            rule: None,
            places: Vec::new(),
            is_fenced: false,
            fallible: None,
            added: 0,
            most_added: usize::MAX,
            mixes: Cell::new(false),
            beside: None,
            conditions: Vec::new(),
        }
    }

    /// Returns the checked statement with the facts collected about it.
    pub(crate) fn checked(self, statement: ResolvedStatement<'a>, parameters: u32) -> Checked<'a> {
        let Self { tables, locks, clock, conditions, .. } = self;
        Checked { statement, tables, parameters, locks, clock, conditions }
    }

    /// The node at a position that `validate` has checked.
    fn node(&self, id: NodeId) -> Result<&'a Node> {
        self.nodes.get(id as usize).ok_or_else(|| at(id, "there is no such node"))
    }

    /// Checks an alias, label or name of a common table expression.
    fn name(&self, what: &str, name: &str) -> Result<()> {
        check_name(what, name, self.dialect)
    }

    /// Refuses a statement that needs a capability which the database lacks.
    pub(crate) fn require(&self, has: bool, capability: &'static str, message: &str) -> Result<()> {
        if has { Ok(()) } else { Err(unsupported(capability, message)) }
    }
}

/// An error at a node.
fn at(node: NodeId, message: impl Into<String>) -> Error {
    Error::Invalid { message: message.into(), node: Some(node) }
}

fn unsupported(capability: &'static str, message: &str) -> Error {
    Error::Unsupported { capability, message: message.to_owned() }
}

/// The kind to bind a value as that is compared with or added to one of this kind. It is wider for small integers, so that a value
/// outside of the column's range can still be compared.
fn comparable(kind: Option<TypeKind>) -> Option<TypeKind> {
    match kind {
        Some(TypeKind::Int16 | TypeKind::Int32) => Some(TypeKind::Int64),
        other => other,
    }
}

/// Whether a kind is numeric, so that arithmetic accepts it.
fn is_number(kind: TypeKind) -> bool {
    matches!(
        kind,
        TypeKind::Int16
            | TypeKind::Int32
            | TypeKind::Int64
            | TypeKind::Uint64
            | TypeKind::Float32
            | TypeKind::Float64
            | TypeKind::Decimal
    )
}
