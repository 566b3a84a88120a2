//! An arena that can be extended.

use crate::statement::{
    Binary, BinaryOp, ColumnName, Join, JoinKind, ListOp, Listed, Node, NodeId, SourceTable, Statement,
};

/// A column by its table and its name.
type QualifiedColumn<'a> = (&'a str, &'a str);

/// The nodes of a statement and added ones. Methods return `None` if the positions are used up.
pub(super) struct ArenaBuilder {
    pub(super) nodes: Vec<Node>,
}

impl ArenaBuilder {
    pub(super) fn new(statement: &Statement) -> Self {
        Self { nodes: statement.nodes.clone() }
    }

    pub(super) fn add(&mut self, node: Node) -> Option<NodeId> {
        self.nodes.push(node);
        NodeId::try_from(self.nodes.len().saturating_sub(1)).ok()
    }

    pub(super) fn column(&mut self, table: &str, name: &str) -> Option<NodeId> {
        self.add(Node::Column(ColumnName { table: Some(table.to_owned()), name: name.to_owned() }))
    }

    pub(super) fn table(&mut self, (schema, name): &(Option<String>, String), alias: &str) -> Option<NodeId> {
        let alias = Some(alias.to_owned());
        self.add(Node::Table(SourceTable { table: name.clone(), schema: schema.clone(), alias }))
    }

    /// Adds the condition that each pair of columns is equal.
    pub(super) fn equal(&mut self, pairs: &[(QualifiedColumn<'_>, QualifiedColumn<'_>)]) -> Option<NodeId> {
        let mut items = Vec::with_capacity(pairs.len());
        for ((left_table, left), (right_table, right)) in pairs {
            let (left, right) = (self.column(left_table, left)?, self.column(right_table, right)?);
            items.push(self.add(Node::Binary(Binary { op: BinaryOp::Equal, left, right }))?);
        }
        match items.as_slice() {
            [only] => Some(*only),
            _ => self.add(Node::Listed(Listed { op: ListOp::And, items })),
        }
    }

    pub(super) fn left_join(&mut self, left: NodeId, right: NodeId, on: NodeId) -> Option<NodeId> {
        self.add(Node::Join(Join { kind: JoinKind::Left, left, right, on: Some(on) }))
    }
}
