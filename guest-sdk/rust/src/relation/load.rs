//! Loads of relationships as they nest.

use crate::{
    Error, Result,
    expression::{Node, Order},
};

/// A load, whatever it starts from.
#[derive(Clone, Default)]
pub(crate) struct LoadNode {
    pub(crate) position: usize,
    pub(crate) joined: bool,
    pub(crate) nested: Nested,
    /// Which of the related rows.
    pub(crate) filter: Option<Node>,
    /// Their order, where it is another one than the relationship's.
    pub(crate) order: Vec<Order>,
    /// Whether a side has another name, which means nothing to a load.
    pub(crate) is_named: bool,
}

/// Loads that start from the other side of a load.
#[derive(Clone, Default)]
pub(crate) struct Nested {
    pub(crate) nodes: Vec<LoadNode>,
    /// How many levels they have.
    depth: usize,
    /// Whether levels were left out: there were more than [`LOAD_DEPTH`].
    is_too_deep: bool,
}

/// How deep loads nest at most. They are copied and dropped level by level, on a stack that is not endless.
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
    /// All of a relationship, as the host loads it.
    pub(crate) fn of(position: usize) -> Self {
        Self { position, ..Self::default() }
    }

    /// Whether it is a statement of its own: plans of the host's read all of a relationship in its declared order.
    ///
    /// # Errors
    /// Where a side has another name: a load has no statement around it that could know the name. Where loads nest too deep.
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
