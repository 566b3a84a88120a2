//! Checks the arena in one pass: positions, kinds of nodes, numbers of operands, depth, and expanded size.
//!
//! Later passes may follow positions safely: a node's operands precede it, so there are no cycles; depth is limited, and so
//! is the expanded number of nodes, which counts shared nodes as often as they are used.

use crate::{
    Dialect, Error, Limits, Result,
    error::Limited,
    statement::{
        Call, ConflictAction, FrameBound, InsertSource, JoinKind, ListOp, Node, NodeId, Order, Root, Statement,
    },
};

/// The position in which a node is used, which determines the kinds of node allowed there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// An expression without a label.
    Value,
    /// An expression that may have a label.
    Column,
    /// A call.
    Call,
    /// A literal or a parameter.
    Bound,
    /// A source.
    Source,
    /// A source other than a join.
    Right,
    /// A query.
    Query,
}

impl Role {
    fn takes(self, node: &Node) -> bool {
        let source = matches!(node, Node::Table(_) | Node::Subquery(_) | Node::Join(_));
        let query = matches!(node, Node::Select(_) | Node::Compound(_));
        match self {
            Self::Value => !source && !query && !matches!(node, Node::Label(_)),
            Self::Column => !source && !query,
            Self::Call => matches!(node, Node::Call(_)),
            Self::Bound => matches!(node, Node::Literal(_) | Node::Parameter(_)),
            Self::Source => source,
            Self::Right => matches!(node, Node::Table(_) | Node::Subquery(_)),
            Self::Query => query,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Value => "an expression",
            Self::Column => "a result column",
            Self::Call => "a call",
            Self::Bound => "a literal or a parameter",
            Self::Source => "a source",
            Self::Right => "a table or a subquery",
            Self::Query => "a select or a compound",
        }
    }
}

/// The expanded size of a node with everything below it.
#[derive(Clone, Copy, Default)]
struct Size {
    depth: usize,
    nodes: usize,
    /// Bytes of literals, which are copied as often as they are used.
    bytes: usize,
}

/// Checks a statement's form. Returns its number of parameters.
pub(super) fn check(statement: &Statement, dialect: Dialect, limits: &Limits) -> Result<u32> {
    let nodes = &statement.nodes;
    if nodes.len() > limits.nodes {
        return Err(Error::Limit { what: Limited::StatementSize, allowed: limits.nodes as u64 });
    }
    let most = limits.parameters.min(dialect.capabilities().max_parameters as usize);
    let mut sizes: Vec<Size> = Vec::with_capacity(nodes.len());
    let mut parameters = 0;
    let mut bytes = 0_usize;
    for (position, node) in nodes.iter().enumerate() {
        let place = u32::try_from(position).ok();
        if let Some(message) = malformed(node) {
            return Err(Error::Invalid { message: message.into(), node: place });
        }
        if let Node::Parameter(number) = node {
            if *number as usize >= most {
                return Err(Error::Limit { what: Limited::Parameters, allowed: most as u64 });
            }
            parameters = parameters.max(number + 1);
        }
        let mut sum = Sum { nodes, sizes: &sizes, size: Size::default(), problem: None };
        children(node, &mut |child, role| sum.add(child, role));
        let Sum { mut size, problem, .. } = sum;
        if let Some(message) = problem {
            return Err(Error::Invalid { message, node: place });
        }
        let own = own_bytes(node);
        bytes = bytes.saturating_add(own);
        size.bytes = size.bytes.saturating_add(own);
        size.depth += 1;
        size.nodes = size.nodes.saturating_add(1);
        within(size, bytes, limits)?;
        sizes.push(size);
    }
    let mut sum = Sum { nodes, sizes: &sizes, size: Size::default(), problem: None };
    roots(&statement.root, &mut |child, role| sum.add(child, role));
    if let Some(message) = sum.problem {
        return Err(Error::invalid(message));
    }
    within(sum.size, bytes, limits)?;
    Ok(parameters)
}

fn within(size: Size, bytes: usize, limits: &Limits) -> Result<()> {
    let limit = |what, allowed: usize| Err(Error::Limit { what, allowed: allowed as u64 });
    if size.depth > limits.depth {
        return limit(Limited::Depth, limits.depth);
    }
    if size.nodes > limits.expanded_nodes {
        return limit(Limited::StatementSize, limits.expanded_nodes);
    }
    // Each literal may be copied once; copies that sharing adds are limited like statement text.
    if size.bytes > bytes.saturating_add(limits.statement_bytes) {
        return limit(Limited::StatementSize, limits.statement_bytes);
    }
    Ok(())
}

struct Sum<'s> {
    nodes: &'s [Node],
    sizes: &'s [Size],
    size: Size,
    problem: Option<String>,
}

impl Sum<'_> {
    fn add(&mut self, child: NodeId, role: Role) {
        // `sizes` ends before the current node, so it has no entry for forward and self references.
        let found = self.sizes.get(child as usize).zip(self.nodes.get(child as usize));
        match found {
            None => self.problem = Some(format!("it names the node {child}, which is not before it")),
            Some((_, node)) if !role.takes(node) => {
                self.problem = Some(format!("the node {child} is not {}", role.name()));
            }
            Some((size, _)) => {
                self.size.depth = self.size.depth.max(size.depth);
                self.size.nodes = self.size.nodes.saturating_add(size.nodes);
                self.size.bytes = self.size.bytes.saturating_add(size.bytes);
            }
        }
    }
}

fn own_bytes(node: &Node) -> usize {
    match node {
        Node::Literal(value) => value.bytes(),
        _ => 0,
    }
}

/// Returns the problem of a node by itself, regardless of other nodes.
fn malformed(node: &Node) -> Option<&'static str> {
    match node {
        Node::Listed(listed) => match (listed.op, listed.items.len()) {
            (ListOp::InList | ListOp::NotInList, 0) => Some("a list operator lacks the value that is looked for"),
            (ListOp::Between, count) if count != 3 => Some("between has three operands"),
            (ListOp::Coalesce, 0) => Some("coalesce of nothing"),
            (ListOp::RowValues, 0 | 1) => Some("a row has at least two values"),
            _ => None,
        },
        Node::Case(case) if case.whens.is_empty() => Some("a case has at least one branch"),
        Node::Compound(compound) if compound.parts.len() < 2 => Some("a compound has at least two parts"),
        Node::Select(select) if select.columns.is_empty() => Some("a select has at least one column"),
        Node::Join(join) if (join.kind == JoinKind::Cross) == join.on.is_some() => {
            Some("every join but a cross join has a condition")
        }
        Node::Matching(matching) => match matching.escape {
            Some(c) if c == '%' || c == '_' || c.is_alphanumeric() || c.is_control() => {
                Some("the escape of a pattern is a mark other than % and _")
            }
            _ => None,
        },
        Node::Window(window) => window.frame.as_ref().and_then(|frame| {
            let rank = |bound: &FrameBound, start: bool| match bound {
                FrameBound::Unbounded if start => (0, 0),
                FrameBound::Preceding(count) => (1, -i128::from(*count)),
                FrameBound::Current => (2, 0),
                FrameBound::Following(count) => (3, i128::from(*count)),
                FrameBound::Unbounded => (4, 0),
            };
            let large = |bound: &FrameBound| {
                matches!(bound, FrameBound::Preceding(n) | FrameBound::Following(n) if i64::try_from(*n).is_err())
            };
            if large(&frame.start) || large(&frame.end) {
                return Some("a frame counts at most 2^63-1");
            }
            (rank(&frame.start, true) > rank(&frame.end, false)).then_some("a frame starts after it ends")
        }),
        _ => None,
    }
}

/// Calls `visit` with each operand of a node.
pub(super) fn children(node: &Node, visit: &mut impl FnMut(NodeId, Role)) {
    match node {
        Node::Literal(_) | Node::Parameter(_) | Node::Column(_) | Node::Excluded(_) | Node::Table(_) => {}
        Node::Unary((_, operand)) => visit(*operand, Role::Value),
        Node::Binary(binary) => {
            visit(binary.left, Role::Value);
            visit(binary.right, Role::Value);
        }
        Node::Listed(listed) => listed.items.iter().for_each(|item| visit(*item, Role::Value)),
        Node::Matching(matching) => {
            visit(matching.value, Role::Value);
            visit(matching.pattern, Role::Value);
        }
        Node::Membership(membership) => {
            visit(membership.value, Role::Value);
            visit(membership.query, Role::Query);
        }
        Node::Call(Call { arguments, filter, .. }) => {
            arguments.iter().chain(filter).for_each(|argument| visit(*argument, Role::Value));
        }
        Node::Cast(cast) => visit(cast.value, Role::Value),
        Node::Case(case) => {
            for when in &case.whens {
                visit(when.condition, Role::Value);
                visit(when.then, Role::Value);
            }
            case.otherwise.iter().for_each(|otherwise| visit(*otherwise, Role::Value));
        }
        Node::Window(window) => {
            visit(window.call, Role::Call);
            window.partition_by.iter().for_each(|key| visit(*key, Role::Value));
            orders(&window.order_by, visit);
        }
        Node::Label(label) => visit(label.value, Role::Value),
        Node::Subquery(subquery) => visit(subquery.query, Role::Query),
        Node::Join(join) => {
            visit(join.left, Role::Source);
            visit(join.right, Role::Right);
            join.on.iter().for_each(|on| visit(*on, Role::Value));
        }
        Node::Select(select) => {
            select.ctes.iter().for_each(|cte| visit(cte.query, Role::Query));
            select.columns.iter().for_each(|column| visit(*column, Role::Column));
            select.source.iter().for_each(|source| visit(*source, Role::Source));
            let values = select.filter.iter().chain(&select.group_by).chain(&select.having);
            values.for_each(|value| visit(*value, Role::Value));
            orders(&select.order_by, visit);
            select.limit.iter().chain(&select.offset).for_each(|bound| visit(*bound, Role::Bound));
        }
        Node::Compound(compound) => {
            compound.ctes.iter().for_each(|cte| visit(cte.query, Role::Query));
            compound.parts.iter().for_each(|part| visit(*part, Role::Query));
            orders(&compound.order_by, visit);
            compound.limit.iter().chain(&compound.offset).for_each(|bound| visit(*bound, Role::Bound));
        }
        Node::Exists(query) | Node::ScalarQuery(query) => visit(*query, Role::Query),
    }
}

fn orders(orders: &[Order], visit: &mut impl FnMut(NodeId, Role)) {
    orders.iter().for_each(|order| visit(order.expression, Role::Value));
}

/// Calls `visit` with each node that the root names.
pub(super) fn roots(root: &Root, visit: &mut impl FnMut(NodeId, Role)) {
    let value = |node: &NodeId, visit: &mut dyn FnMut(NodeId, Role)| visit(*node, Role::Value);
    match root {
        Root::Select(query) => visit(*query, Role::Query),
        Root::Insert(insert) => {
            match &insert.source {
                InsertSource::Values(rows) => rows.iter().flatten().for_each(|node| value(node, visit)),
                InsertSource::Query(query) => visit(*query, Role::Query),
                InsertSource::Defaults => {}
            }
            if let Some(conflict) = &insert.conflict {
                if let ConflictAction::Update(assignments) = &conflict.action {
                    assignments.iter().for_each(|assignment| value(&assignment.value, visit));
                }
                conflict.filter.iter().for_each(|node| value(node, visit));
            }
            insert.returning.iter().for_each(|node| visit(*node, Role::Column));
        }
        Root::Update(update) => {
            update.assignments.iter().for_each(|assignment| value(&assignment.value, visit));
            update.source.iter().for_each(|source| visit(*source, Role::Source));
            update.filter.iter().for_each(|node| value(node, visit));
            update.returning.iter().for_each(|node| visit(*node, Role::Column));
        }
        Root::Delete(delete) => {
            delete.source.iter().for_each(|source| visit(*source, Role::Source));
            delete.filter.iter().for_each(|node| value(node, visit));
            delete.returning.iter().for_each(|node| visit(*node, Role::Column));
        }
    }
}
