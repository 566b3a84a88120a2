//! Nested loads of relationships.

use crate::{
    Error, Result,
    expression::{Node, Order},
};

/// A load of a relationship, independent of the model that it starts from.
#[derive(Clone, Default)]
pub(crate) struct LoadNode {
    pub(crate) position: usize,
    pub(crate) joined: bool,
    pub(crate) nested: Nested,
    /// The condition for related rows.
    pub(crate) filter: Option<Node>,
    /// The order of the related rows, where it replaces the relationship's.
    pub(crate) order: Vec<Order>,
    /// Whether a side has an alias, which a load has no use for.
    pub(crate) is_named: bool,
}

/// Loads that start from the other side of a load.
#[derive(Clone, Default)]
pub(crate) struct Nested {
    pub(crate) nodes: Vec<LoadNode>,
    /// The number of levels.
    depth: usize,
    /// Whether levels were left out: there were more than [`LOAD_DEPTH`].
    is_too_deep: bool,
}

/// The greatest depth of nested loads. They are copied and dropped by recursion, on a stack of limited size.
const LOAD_DEPTH: usize = 100;

impl Nested {
    pub(crate) fn push(&mut self, node: LoadNode) {
        self.is_too_deep |= node.nested.is_too_deep || node.nested.depth >= LOAD_DEPTH;
        self.depth = self.depth.max(node.nested.depth + 1);
        if !self.is_too_deep {
            self.nodes.push(node);
        }
    }
}

impl LoadNode {
    /// A load of all related rows, as a load plan of the host runs it.
    pub(crate) fn of(position: usize) -> Self {
        Self { position, ..Self::default() }
    }

    /// Whether the load is a statement of its own: load plans of the host read all related rows in the declared order.
    ///
    /// # Errors
    /// Where a side has an alias: a load has no surrounding statement that defines it. Where loads nest too deep.
    pub(crate) fn is_separate(&self) -> Result<bool> {
        if self.nested.is_too_deep {
            return Err(Error::invalid(format!(
                "loads nest deeper than {LOAD_DEPTH} levels: load the rest with `Session::load`"
            )));
        }
        if self.is_named {
            return Err(Error::invalid(
                "`of` and `to` name the sides of a join; a load has none: name the relationship alone",
            ));
        }
        Ok(self.filter.is_some() || !self.order.is_empty())
    }
}
