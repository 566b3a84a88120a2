//! Typed expressions: columns, values, operators. They are built as shared trees and sent as an arena.

mod arithmetic;
mod case;
mod function;
mod ids;
mod json;
mod lowered;
mod node;
mod operand;
mod operator;
mod order;
mod relationship_ends;
mod scalar;
mod selection;
mod tuple;
mod window;

#[cfg(test)]
pub(crate) use self::ids::ids;
pub use self::{
    arithmetic::Numeric,
    case::{Case, when},
    function::*,
    json::*,
    operand::Operand,
    operator::{Base, Converted, Expression},
    order::{Order, OrderBy},
    scalar::*,
    selection::{AllColumns, Optional, Selection, entity},
    tuple::{Tuple, TupleOf, TupleOperand, tuple},
    window::*,
};
pub(crate) use self::{
    lowered::Lowered,
    node::{Arena, Children, FromTable, Node},
    operand::node as operand_node,
    relationship_ends::RelationshipEnds,
    selection::nodes,
};

use std::marker::PhantomData;

/// An expression whose value has the Rust type `T`.
///
/// Cloning one is cheap, and one that is used in several places of a statement is sent once.
pub struct Expr<T> {
    pub(crate) node: Node,
    of: PhantomData<fn() -> T>,
}

impl<T> Clone for Expr<T> {
    fn clone(&self) -> Self {
        Self::new(self.node.clone())
    }
}

impl<T> Expr<T> {
    pub(crate) const fn new(node: Node) -> Self {
        Self { node, of: PhantomData }
    }
}
