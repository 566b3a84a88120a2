//! `CASE` expressions.

use std::marker::PhantomData;

use super::{
    Children, Expr, Node,
    operand::{Operand, all_alike, node},
};
use crate::{
    bindings::sqlservice::database::statements::{self, Node as Form},
    value::SqlType,
};

/// Begins a `CASE`, the value of the first branch whose condition is true: `when(..).when(..).otherwise(..)`.
pub fn when<B: SqlType>(condition: impl Operand<bool>, then: impl Operand<B>) -> Case<B> {
    Case { whens: vec![(node(condition), node(then))], of: PhantomData }
}

/// A `CASE` expression under construction; see [`when`].
pub struct Case<B> {
    whens: Vec<(Node, Node)>,
    of: PhantomData<fn() -> B>,
}

impl<B: SqlType> Case<B> {
    /// Adds a branch.
    pub fn when(mut self, condition: impl Operand<bool>, then: impl Operand<B>) -> Self {
        self.whens.push((node(condition), node(then)));
        self
    }

    /// Sets the value when no condition is true (`ELSE`).
    pub fn otherwise(self, value: impl Operand<B>) -> Expr<B> {
        Expr::new(self.form(Some(node(value))))
    }

    /// Leaves the value null when no condition is true.
    pub fn or_null(self) -> Expr<Option<B>> {
        Expr::new(self.form(None))
    }

    fn form(self, otherwise: Option<Node>) -> Node {
        let (conditions, values): (Vec<_>, Vec<_>) = self.whens.into_iter().unzip();
        let branches = values.len();
        let mut values = all_alike::<B>(values.into_iter().chain(otherwise).collect());
        let otherwise = values.split_off(branches).pop();
        let mut children = Children::default();
        let branch =
            |(condition, then)| statements::When { condition: children.add(condition), then: children.add(then) };
        let whens = conditions.into_iter().zip(values).map(branch).collect();
        let otherwise = children.maybe(otherwise);
        children.node(Form::Case(statements::Case { whens, otherwise }))
    }
}
