//! Selections, which a query returns: columns, expressions, whole models, and tuples of these.

use std::marker::PhantomData;

use super::{
    Expr, FromTable, Node,
    operand::{Operand, OperandNode, null_typed},
};
use crate::{
    model::{Alias, Column, Model},
    row::FromRow,
    value::{Field, Value},
};

/// The argument of `select_columns` and `returning`, with the row type that it produces.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be selected",
    note = "select columns (`User::NAME`), expressions (`count(User::ID)`), models (`entity::<User>()`), tuples of up to twelve of these, or a Vec of them"
)]
pub trait Selection {
    /// The Rust type of the rows.
    type Row: FromRow;

    /// Adds its nodes.
    #[doc(hidden)]
    fn nodes(self, nodes: &mut Vec<OperandNode>);
}

impl<M: Model, T: Field + FromRow> Selection for Column<M, T> {
    type Row = T;

    fn nodes(self, nodes: &mut Vec<OperandNode>) {
        nodes.push(self.into_operand());
    }
}

impl<T: Field + FromRow> Selection for Expr<T> {
    type Row = T;

    fn nodes(self, nodes: &mut Vec<OperandNode>) {
        nodes.push(OperandNode(null_typed::<T::Base>(self.node)));
    }
}

impl<T: Field + FromRow> Selection for &Expr<T> {
    type Row = T;

    fn nodes(self, nodes: &mut Vec<OperandNode>) {
        nodes.push(OperandNode(null_typed::<T::Base>(self.node.clone())));
    }
}

/// All columns of a model, as one part of a result set's row.
pub struct AllColumns<M> {
    alias: Option<&'static str>,
    of: PhantomData<fn() -> M>,
}

/// All columns of a model: `select_columns((entity::<User>(), count(Device::ID)))`.
pub const fn entity<M: Model>() -> AllColumns<M> {
    AllColumns::new(None)
}

impl<M: Model> AllColumns<M> {
    pub(crate) const fn new(alias: Option<&'static str>) -> Self {
        Self { alias, of: PhantomData }
    }

    /// The same columns, read as an `Option`: for the side of an outer join that may have no row.
    pub const fn optional(self) -> Optional<M> {
        Optional(self.alias, PhantomData)
    }
}

impl<M: Model> Alias<M> {
    /// All columns of the alias, as one model in a result set's row.
    pub const fn entity(self) -> AllColumns<M> {
        AllColumns::new(Some(self.name))
    }
}

impl<M: Model> Selection for AllColumns<M> {
    type Row = M;

    fn nodes(self, nodes: &mut Vec<OperandNode>) {
        let source = FromTable::of::<M>(self.alias);
        nodes.extend(M::COLUMNS.iter().map(|&name| OperandNode(Node::column(Some(source.clone()), name))));
    }
}

/// All columns of a model, read as an `Option`.
pub struct Optional<M>(Option<&'static str>, PhantomData<fn() -> M>);

impl<M: Model> Selection for Optional<M> {
    type Row = Option<M>;

    fn nodes(self, nodes: &mut Vec<OperandNode>) {
        AllColumns::<M>::new(self.0).nodes(nodes);
    }
}

/// Columns whose number is known only when the plugin runs. Rows are read as the contract's values. They take all remaining
/// columns, so a list is the whole selection, or the last part of a tuple.
/// [`type_coerce`](super::Expression::type_coerce) makes columns of several types one list.
impl<S: Selection> Selection for Vec<S> {
    type Row = Vec<Value>;

    fn nodes(self, nodes: &mut Vec<OperandNode>) {
        self.into_iter().for_each(|part| part.nodes(nodes));
    }
}

macro_rules! tuples {
    ($($($name:ident)*;)*) => {$(
        impl<$($name: Selection),*> Selection for ($($name,)*) {
            type Row = ($($name::Row,)*);

            #[allow(non_snake_case)]
            fn nodes(self, nodes: &mut Vec<OperandNode>) {
                let ($($name,)*) = self;
                $($name.nodes(nodes);)*
            }
        }
    )*};
}

tuples! {
    A; A B; A B C; A B C D; A B C D E; A B C D E F; A B C D E F G; A B C D E F G H; A B C D E F G H I;
    A B C D E F G H I J; A B C D E F G H I J K; A B C D E F G H I J K L;
}

pub(crate) fn nodes(selection: impl Selection) -> Vec<Node> {
    let mut nodes = Vec::new();
    selection.nodes(&mut nodes);
    nodes.into_iter().map(|OperandNode(node)| node).collect()
}
