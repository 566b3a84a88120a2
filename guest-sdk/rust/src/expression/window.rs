//! Functions over windows of rows.

use super::{Base, Children, Expr, Expression, Node, Order, OrderBy, Selection, nodes};
use crate::{
    bindings::sqlservice::database::statements::{self, Frame, Node as Form},
    value::Field,
};

pub use crate::bindings::sqlservice::database::statements::{FrameBound, FrameUnit};

/// The window of rows of a function: `row_number().over(window().partition_by(User::GROUP).order_by(User::AGE))`.
#[derive(Clone, Default)]
pub struct Window {
    partition: Vec<Node>,
    order: Vec<Order>,
    frame: Option<Frame>,
}

/// All rows of the query, in no order.
pub fn window() -> Window {
    Window::default()
}

impl Window {
    /// Partitions the rows by the values of these expressions.
    pub fn partition_by(mut self, selection: impl Selection) -> Self {
        self.partition.extend(nodes(selection));
        self
    }

    /// Orders the rows of the window.
    pub fn order_by(mut self, keys: impl OrderBy) -> Self {
        keys.keys(&mut self.order);
        self
    }

    /// Limits the window to the rows from one bound to another.
    pub fn frame(mut self, unit: FrameUnit, start: FrameBound, end: FrameBound) -> Self {
        self.frame = Some(Frame { unit, start, end });
        self
    }
}

impl<T: Field> Expr<T> {
    /// Evaluates a function or an aggregate over a window of rows instead of a group.
    pub fn over(self, window: Window) -> Self {
        let mut children = Children::default();
        let form = statements::Window {
            call: children.add(self.node),
            partition_by: children.all(window.partition),
            order_by: window.order.iter().map(|order| order.key(&mut children)).collect(),
            frame: window.frame,
        };
        Self::new(children.node(Form::Window(form)))
    }
}

fn call<T>(name: &str, arguments: impl IntoIterator<Item = Node>) -> Expr<T> {
    super::function::call(name, arguments)
}

/// The position of the row in its window, from 1. Like all functions here, it needs [`over`](Expr::over).
pub fn row_number() -> Expr<i64> {
    call("row_number", [])
}

/// The rank of the row, from 1: equal rows share a rank, and a gap follows them.
pub fn rank() -> Expr<i64> {
    call("rank", [])
}

/// The rank of the row, from 1: equal rows share a rank, and no gap follows them.
pub fn dense_rank() -> Expr<i64> {
    call("dense_rank", [])
}

/// The value of the window's first row.
pub fn first_value<E: Expression>(expression: E) -> Expr<Option<Base<E>>> {
    call("first_value", [expression.expr().node])
}

/// The value of the window's last row.
pub fn last_value<E: Expression>(expression: E) -> Expr<Option<Base<E>>> {
    call("last_value", [expression.expr().node])
}

/// The value of the previous row; null for the first.
pub fn lag<E: Expression>(expression: E) -> Expr<Option<Base<E>>> {
    call("lag", [expression.expr().node])
}

/// The value of the next row; null for the last.
pub fn lead<E: Expression>(expression: E) -> Expr<Option<Base<E>>> {
    call("lead", [expression.expr().node])
}
