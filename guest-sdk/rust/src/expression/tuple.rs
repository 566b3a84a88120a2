//! Row values, which are compared as a whole.

use std::marker::PhantomData;

use super::{
    Base, Expr, Expression, Node,
    operand::{Operand, OperandNode, node},
};
use crate::{
    bindings::sqlservice::database::statements::{Binary, BinaryOp, ListOp, Membership, Node as Form},
    statement::Subquery,
};

/// A row of values: `tuple((User::ID, User::NAME)).in_list([(1, "ed"), (2, "jo")])`. `B` is the tuple of their types.
pub struct Tuple<B> {
    node: Node,
    of: PhantomData<fn() -> B>,
}

/// Several expressions as one row of values.
pub fn tuple<T: TupleOf>(expressions: T) -> Tuple<T::Bases> {
    Tuple { node: row(expressions.nodes()), of: PhantomData }
}

/// The argument of [`tuple()`]: a tuple of two to six expressions.
pub trait TupleOf {
    /// The tuple of their types.
    type Bases;

    /// Their nodes.
    #[doc(hidden)]
    fn nodes(self) -> Vec<OperandNode>;
}

/// The operand that a [`Tuple`] of the types `B` is compared with: a tuple of values, columns or expressions of these types.
pub trait TupleOperand<B> {
    /// Their nodes.
    #[doc(hidden)]
    fn nodes(self) -> Vec<OperandNode>;
}

fn row(nodes: Vec<OperandNode>) -> Node {
    Node::list(ListOp::RowValues, nodes.into_iter().map(|OperandNode(node)| node))
}

impl<B> Tuple<B> {
    /// All values are equal.
    pub fn eq(self, other: impl TupleOperand<B>) -> Expr<bool> {
        self.compared(BinaryOp::Equal, other)
    }

    /// Any value is not equal.
    pub fn ne(self, other: impl TupleOperand<B>) -> Expr<bool> {
        self.compared(BinaryOp::NotEqual, other)
    }

    /// The first value that is not equal is less.
    pub fn lt(self, other: impl TupleOperand<B>) -> Expr<bool> {
        self.compared(BinaryOp::Less, other)
    }

    /// The first value that is not equal is greater: selects the rows after a position in an ordering.
    pub fn gt(self, other: impl TupleOperand<B>) -> Expr<bool> {
        self.compared(BinaryOp::Greater, other)
    }

    /// Is one of the items; false without items.
    pub fn in_list<I: IntoIterator<Item: TupleOperand<B>>>(self, items: I) -> Expr<bool> {
        self.listed(ListOp::InList, items)
    }

    /// Is none of the items; true without items.
    pub fn not_in_list<I: IntoIterator<Item: TupleOperand<B>>>(self, items: I) -> Expr<bool> {
        self.listed(ListOp::NotInList, items)
    }

    /// Is one of the rows of a query that has as many columns.
    pub fn in_query(self, query: &impl Subquery) -> Expr<bool> {
        self.member(query, false)
    }

    /// Is none of the rows of a query.
    pub fn not_in_query(self, query: &impl Subquery) -> Expr<bool> {
        self.member(query, true)
    }

    fn compared(self, op: BinaryOp, other: impl TupleOperand<B>) -> Expr<bool> {
        let sides = [self.node, row(other.nodes())];
        Expr::new(Node::with(sides, |[left, right]| Form::Binary(Binary { op, left, right })))
    }

    fn listed<I: IntoIterator<Item: TupleOperand<B>>>(self, op: ListOp, items: I) -> Expr<bool> {
        let items = items.into_iter().map(|item| row(item.nodes()));
        Expr::new(Node::list(op, std::iter::once(self.node).chain(items)))
    }

    fn member(self, query: &impl Subquery, negated: bool) -> Expr<bool> {
        let sides = [self.node, query.query_node().0];
        let form = |[value, query]: [u32; 2]| Form::Membership(Membership { value, query, negated });
        Expr::new(Node::with(sides, form))
    }
}

macro_rules! tuples {
    ($($($name:ident $base:ident)*;)*) => {$(
        impl<$($name: Expression),*> TupleOf for ($($name,)*) {
            type Bases = ($(Base<$name>,)*);

            #[allow(non_snake_case)]
            fn nodes(self) -> Vec<OperandNode> {
                let ($($name,)*) = self;
                vec![$(OperandNode($name.expr().node)),*]
            }
        }

        impl<$($base, $name: Operand<$base>),*> TupleOperand<($($base,)*)> for ($($name,)*) {
            #[allow(non_snake_case)]
            fn nodes(self) -> Vec<OperandNode> {
                let ($($name,)*) = self;
                vec![$(OperandNode(node::<$base>($name))),*]
            }
        }
    )*};
}

tuples! {
    A B0 C B1; A B0 C B1 D B2; A B0 C B1 D B2 E B3; A B0 C B1 D B2 E B3 F B4; A B0 C B1 D B2 E B3 F B4 G B5;
}
