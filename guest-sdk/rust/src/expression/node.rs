//! Expressions as shared nodes, and the arena that they are written into.
//!
//! A node holds a node of the contract, whose ids are positions in the holder's own list of children. So writing, dropping and
//! searching are loops over children, whatever the kind of a node, and none of them recurses: an expression that a loop made too
//! deep is refused by the host and does not overflow the guest's stack. The file is long because the form of nodes and the code
//! that writes them change together.

mod rename;

use std::{borrow::Cow, rc::Rc};

use rustc_hash::FxHashMap;

use super::{
    ids::{each_id, each_root_id},
    lowered::Lowered,
};
use crate::{
    bindings::sqlservice::database::{
        statements::{self, ColumnName, Root, SourceTable, Statement},
        values::{Scalar, Value},
    },
    model::{Column, Model},
    value::Field,
};

/// A table as a statement names it.
#[derive(Clone, PartialEq)]
pub(crate) struct FromTable {
    pub table: Cow<'static, str>,
    pub schema: Option<Cow<'static, str>>,
    pub alias: Option<Cow<'static, str>>,
}

impl FromTable {
    pub(crate) fn of<M: Model>(alias: Option<&'static str>) -> Self {
        Self { table: M::TABLE.into(), schema: M::SCHEMA.map(Into::into), alias: alias.map(Into::into) }
    }

    /// The name by which columns refer to it.
    pub(crate) fn name(&self) -> &str {
        self.alias.as_deref().unwrap_or(&self.table)
    }

    /// The table as a source of a select.
    pub(crate) fn node(&self) -> Node {
        let owned = |name: &Option<Cow<'static, str>>| name.as_deref().map(str::to_owned);
        let (schema, alias) = (owned(&self.schema), owned(&self.alias));
        Node::leaf(statements::Node::Table(SourceTable { table: self.table.clone().into_owned(), schema, alias }))
    }
}

impl<M: Model, T: Field> Column<M, T> {
    pub(crate) fn source(self) -> FromTable {
        FromTable::of::<M>(self.alias)
    }
}

/// A shared node.
#[derive(Clone)]
pub(crate) struct Node(Rc<Inner>);

struct Inner {
    shape: NodeKind,
    children: Vec<Node>,
    /// Whether the node has no type of its own: it is a bind value, or computed from bind values alone.
    is_bare: bool,
}

/// The kind of a node, with its contents.
#[derive(Clone)]
pub(crate) enum NodeKind {
    /// A node of the contract; its ids are positions in the list of children.
    Form(statements::Node),
    /// A column, with the source that it implies. Columns of a query's outputs have no source.
    Column(Option<FromTable>, Cow<'static, str>),
    /// A bind value. It becomes a parameter, so that statements that differ in values alone are the same statement.
    Value(Value),
    /// A parameter that a prepared statement gets when it runs.
    Parameter(u32),
}

/// The children of a node under construction: `add` returns the id to put into the form.
#[derive(Default)]
pub(crate) struct Children(Vec<Node>);

impl Children {
    pub(crate) fn add(&mut self, node: Node) -> u32 {
        self.0.push(node);
        // A list that a guest has in memory has fewer than 2^32 items.
        u32::try_from(self.0.len() - 1).unwrap_or(u32::MAX)
    }

    pub(crate) fn all(&mut self, nodes: impl IntoIterator<Item = Node>) -> Vec<u32> {
        nodes.into_iter().map(|node| self.add(node)).collect()
    }

    pub(crate) fn maybe(&mut self, node: Option<Node>) -> Option<u32> {
        node.map(|node| self.add(node))
    }

    pub(crate) fn node(self, form: statements::Node) -> Node {
        Node::new(NodeKind::Form(form), self.0)
    }
}

impl Node {
    fn new(shape: NodeKind, children: Vec<Self>) -> Self {
        let is_bare = match &shape {
            NodeKind::Value(_) | NodeKind::Parameter(_) => true,
            NodeKind::Form(
                statements::Node::Unary(_)
                | statements::Node::Binary(_)
                | statements::Node::Listed(_)
                | statements::Node::Call(_)
                | statements::Node::Case(_),
            ) => !children.is_empty() && children.iter().all(Self::is_bare),
            NodeKind::Form(_) | NodeKind::Column(..) => false,
        };
        Self(Rc::new(Inner { shape, children, is_bare }))
    }

    /// Whether it is a bind value, or computed from bind values alone: these are sent without a type.
    pub(super) fn is_bare(&self) -> bool {
        self.0.is_bare
    }

    /// Returns a labelled expression without its label, which counts only in a result set.
    pub(crate) fn unlabelled(self) -> Self {
        match (&self.0.shape, self.0.children.first()) {
            (NodeKind::Form(statements::Node::Label(_)), Some(value)) => value.clone(),
            _ => self,
        }
    }

    /// Whether it is a null.
    pub(super) fn is_null(&self) -> bool {
        matches!(self.0.shape, NodeKind::Value(Value::Scalar(Scalar::Null)))
    }

    /// Whether it is a bind value or a parameter.
    pub(super) fn is_value(&self) -> bool {
        matches!(self.0.shape, NodeKind::Value(_) | NodeKind::Parameter(_))
    }

    pub(crate) fn leaf(form: statements::Node) -> Self {
        Self::new(NodeKind::Form(form), Vec::new())
    }

    pub(crate) fn value(value: Value) -> Self {
        Self::new(NodeKind::Value(value), Vec::new())
    }

    pub(crate) fn parameter(position: u32) -> Self {
        Self::new(NodeKind::Parameter(position), Vec::new())
    }

    pub(crate) fn column(source: Option<FromTable>, name: impl Into<Cow<'static, str>>) -> Self {
        Self::new(NodeKind::Column(source, name.into()), Vec::new())
    }

    /// A node whose operands are all of its children, in order.
    pub(crate) fn with<const N: usize>(nodes: [Self; N], form: impl FnOnce([u32; N]) -> statements::Node) -> Self {
        let mut children = Children::default();
        let ids = nodes.map(|node| children.add(node));
        children.node(form(ids))
    }

    /// Applies a list operator to two operands. The second is appended to the first where that is an unshared list of the same
    /// operator: a loop that adds one condition after the other makes one long list and not a deep tree.
    pub(crate) fn listed(op: statements::ListOp, mut first: Self, second: Self) -> Self {
        if let Some(inner) = Rc::get_mut(&mut first.0)
            && let NodeKind::Form(statements::Node::Listed(list)) = &mut inner.shape
            && list.op == op
        {
            list.items.push(u32::try_from(inner.children.len()).unwrap_or(u32::MAX));
            inner.is_bare &= second.is_bare();
            inner.children.push(second);
            return first;
        }
        Self::with([first, second], |items| statements::Node::Listed(statements::Listed { op, items: items.into() }))
    }

    /// An operator of two operands.
    pub(crate) fn binary(op: statements::BinaryOp, left: Self, right: Self) -> Self {
        Self::with([left, right], |[left, right]| statements::Node::Binary(statements::Binary { op, left, right }))
    }

    /// The conjunction of the conditions; a single condition is returned unchanged.
    pub(crate) fn all(mut conditions: Vec<Self>) -> Self {
        match conditions.pop() {
            Some(only) if conditions.is_empty() => only,
            last => Self::list(statements::ListOp::And, conditions.into_iter().chain(last)),
        }
    }

    /// The conjunction of two conditions, or the second alone where there is no first.
    pub(crate) fn and(first: Option<Self>, second: Self) -> Option<Self> {
        Some(match first {
            Some(first) => Self::listed(statements::ListOp::And, first, second),
            None => second,
        })
    }

    /// A list operator of any number of operands.
    pub(crate) fn list(op: statements::ListOp, items: impl IntoIterator<Item = Self>) -> Self {
        let mut children = Children::default();
        let items = children.all(items);
        children.node(statements::Node::Listed(statements::Listed { op, items }))
    }

    /// Restricts a call to the rows for which a condition is true; any other node is returned unchanged.
    pub(crate) fn with_filter(self, condition: Self) -> Self {
        let NodeKind::Form(statements::Node::Call(call)) = &self.0.shape else { return self };
        let mut children = Children(self.0.children.clone());
        let condition = match call.filter.and_then(|id| self.0.children.get(id as usize)) {
            Some(before) => Self::listed(statements::ListOp::And, before.clone(), condition),
            None => condition,
        };
        let call = statements::Call { filter: Some(children.add(condition)), ..call.clone() };
        children.node(statements::Node::Call(call))
    }

    /// Whether both nodes are the same column of the same source.
    pub(crate) fn is_same_column(&self, other: &Self) -> bool {
        match (&self.0.shape, &other.0.shape) {
            (NodeKind::Column(one, name), NodeKind::Column(other, other_name)) => {
                name == other_name && one.as_ref().map(FromTable::name) == other.as_ref().map(FromTable::name)
            }
            _ => false,
        }
    }

    /// A column without the name of its source, as the order of a compound names it.
    pub(crate) fn unqualified(&self) -> Self {
        match &self.0.shape {
            NodeKind::Column(_, name) => Self::column(None, name.clone()),
            _ => self.clone(),
        }
    }

    /// The source of the first column in the node, subqueries excluded.
    pub(crate) fn first_source(&self) -> Option<FromTable> {
        let mut stack = vec![self];
        let mut seen = std::collections::BTreeSet::new();
        while let Some(node) = stack.pop() {
            match &node.0.shape {
                NodeKind::Column(Some(source), _) => return Some(source.clone()),
                NodeKind::Form(statements::Node::Select(_) | statements::Node::Compound(_)) => {}
                _ if seen.insert(Rc::as_ptr(&node.0)) => stack.extend(node.0.children.iter().rev()),
                _ => {}
            }
        }
        None
    }
}

/// Frees a tree of any depth without recursion.
impl Drop for Inner {
    fn drop(&mut self) {
        let mut stack = std::mem::take(&mut self.children);
        while let Some(Node(node)) = stack.pop() {
            if let Some(mut last) = Rc::into_inner(node) {
                stack.append(&mut last.children);
            }
        }
    }
}

/// The first position of bind values while an arena is written.
const VALUES: u32 = 1 << 31;

/// The contract's list of nodes under construction.
#[derive(Default)]
pub(crate) struct Arena {
    nodes: Vec<statements::Node>,
    parameters: Vec<Value>,
    open: u32,
    seen: FxHashMap<*const Inner, u32>,
}

impl Arena {
    /// Writes a query.
    pub(crate) fn query(node: &Node) -> Lowered {
        let mut arena = Self::default();
        let root = Root::Select(arena.add(node));
        arena.finish(root)
    }

    /// Writes a statement whose ids are positions in the list of children.
    pub(crate) fn statement(root: Root, children: &Children) -> Lowered {
        let mut arena = Self::default();
        let ids: Vec<u32> = children.0.iter().map(|child| arena.add(child)).collect();
        let mut root = root;
        each_root_id(&mut root, &mut |id| *id = ids.get(*id as usize).copied().unwrap_or(u32::MAX));
        arena.finish(root)
    }

    fn finish(self, root: Root) -> Lowered {
        let Self { mut nodes, parameters, open, .. } = self;
        // The caller's parameters come first. Bind values had positions from `VALUES` on until the number of parameters was known.
        for node in &mut nodes {
            if let statements::Node::Parameter(position) = node
                && let Some(value) = position.checked_sub(VALUES)
            {
                *position = open + value;
            }
        }
        Lowered { statement: Statement { nodes, root }, open, parameters }
    }

    /// Writes a node after its children, only once however often it is used, and returns its position.
    fn add(&mut self, root: &Node) -> u32 {
        let mut stack = vec![(root, 0)];
        while let Some((node, next)) = stack.last_mut() {
            let node = *node;
            if let Some(child) = node.0.children.get(*next) {
                *next += 1;
                if !self.seen.contains_key(&Rc::as_ptr(&child.0)) {
                    stack.push((child, 0));
                }
                continue;
            }
            stack.pop();
            self.write(node);
        }
        self.position(root)
    }

    fn position(&self, node: &Node) -> u32 {
        self.seen.get(&Rc::as_ptr(&node.0)).copied().unwrap_or(u32::MAX)
    }

    fn write(&mut self, node: &Node) {
        if self.seen.contains_key(&Rc::as_ptr(&node.0)) {
            return;
        }
        let written = match &node.0.shape {
            NodeKind::Value(value) => {
                self.parameters.push(value.clone());
                statements::Node::Parameter(VALUES + u32::try_from(self.parameters.len() - 1).unwrap_or_default())
            }
            NodeKind::Parameter(position) => {
                // The host refuses a parameter whose position is out of bounds.
                let position = (*position).min(VALUES - 1);
                self.open = self.open.max(position + 1);
                statements::Node::Parameter(position)
            }
            NodeKind::Column(source, name) => statements::Node::Column(ColumnName {
                table: source.as_ref().map(|source| source.name().to_owned()),
                name: name.clone().into_owned(),
            }),
            NodeKind::Form(form) => {
                let mut form = form.clone();
                let child = |id: u32| node.0.children.get(id as usize).map_or(u32::MAX, |child| self.position(child));
                each_id(&mut form, &mut |id| *id = child(*id));
                form
            }
        };
        let position = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        self.nodes.push(written);
        self.seen.insert(Rc::as_ptr(&node.0), position);
    }
}
