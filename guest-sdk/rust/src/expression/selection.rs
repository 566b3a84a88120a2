//! What a query returns: columns, expressions, whole models, and tuples of these.

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

/// What `select_columns` and `returning` take, and the row type that comes of it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be selected",
    note = "select columns (`User::NAME`), expressions (`count(User::ID)`), models (`entity::<User>()`), tuples of up to twelve of these, or a Vec of them"
)]
pub trait Selection {
    /// What its rows are read as.
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

/// All columns of a model, as one part of a result's row.
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

    /// The same, read as an `Option`: for the side of an outer join that may have no row.
    pub const fn optional(self) -> Optional<M> {
        Optional(self.alias, PhantomData)
    }
}

impl<M: Model> Alias<M> {
    /// All columns of the alias, as one model of a result's row.
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

/// All columns of a model that may be missing.
pub struct Optional<M>(Option<&'static str>, PhantomData<fn() -> M>);

impl<M: Model> Selection for Optional<M> {
    type Row = Option<M>;

    fn nodes(self, nodes: &mut Vec<OperandNode>) {
        AllColumns::<M>::new(self.0).nodes(nodes);
    }
}

/// As many columns as the plugin finds out when it runs. Rows are read as the contract's values: all that come, so a list stands
/// alone, or last in a tuple. [`type_coerce`](super::Expression::type_coerce) makes columns of several types one list.
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
