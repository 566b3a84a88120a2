//! Orderings.

use super::{Children, Expr, Node};
use crate::{Model, bindings::sqlservice::database::statements::Order as Key, model::Column, value::Field};

/// One key of an ordering.
#[derive(Clone)]
pub struct Order {
    pub(crate) node: Node,
    pub(crate) descending: bool,
    pub(crate) nulls_first: Option<bool>,
    /// Whether the key can be null at all.
    pub(crate) nullable: bool,
}

impl Order {
    pub(crate) const fn new(node: Node, descending: bool, nullable: bool) -> Self {
        Self { node, descending, nulls_first: None, nullable }
    }

    /// Nulls come first.
    pub fn nulls_first(self) -> Self {
        Self { nulls_first: Some(true), ..self }
    }

    /// Nulls come last.
    pub fn nulls_last(self) -> Self {
        Self { nulls_first: Some(false), ..self }
    }

    pub(crate) fn unqualified(&self) -> Self {
        Self { node: self.node.unqualified(), ..self.clone() }
    }

    pub(crate) fn key(&self, children: &mut Children) -> Key {
        Key { expression: children.add(self.node.clone()), descending: self.descending, nulls_first: self.nulls_first }
    }
}

/// The keys of an ordering: an [`Order`], an expression (lesser values first), or a tuple or list of these.
#[diagnostic::on_unimplemented(
    message = "rows are not ordered by `{Self}`",
    label = "neither a column nor an expression",
    note = "name a column by its constant: `.order_by(Note::ID)`, `.order_by(Note::ID.desc())`, several as a tuple `(Note::DONE, Note::ID)`",
    note = "a label of the query itself is `output::<T>(\"label\")`"
)]
pub trait OrderBy {
    /// Adds its keys.
    #[doc(hidden)]
    fn keys(self, keys: &mut Vec<Order>);
}

impl OrderBy for Order {
    fn keys(self, keys: &mut Vec<Order>) {
        keys.push(self);
    }
}

impl<T: Field> OrderBy for Expr<T> {
    fn keys(self, keys: &mut Vec<Order>) {
        keys.push(Order::new(self.node.unlabelled(), false, T::NULLABLE));
    }
}

impl<M: Model, T: Field> OrderBy for Column<M, T> {
    fn keys(self, keys: &mut Vec<Order>) {
        keys.push(Order::new(Node::column(Some(self.source()), self.name()), false, T::NULLABLE));
    }
}

impl<K: OrderBy> OrderBy for Vec<K> {
    fn keys(self, keys: &mut Vec<Order>) {
        self.into_iter().for_each(|key| key.keys(keys));
    }
}

macro_rules! orderings {
    ($($($name:ident)*;)*) => {$(
        impl<$($name: OrderBy),*> OrderBy for ($($name,)*) {
            #[allow(non_snake_case)]
            fn keys(self, keys: &mut Vec<Order>) {
                let ($($name,)*) = self;
                $($name.keys(keys);)*
            }
        }
    )*};
}

orderings! { A; A B; A B C; A B C D; A B C D E; A B C D E F; }
