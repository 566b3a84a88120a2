//! Members and items of JSON documents.

use super::{Expr, Expression, Node, operand::node};
use crate::{
    bindings::sqlservice::database::statements::{Binary, BinaryOp, Node as Form},
    value::{Field, IntoValue, Json, SqlType},
};

/// A Rust type whose columns are JSON documents.
#[diagnostic::on_unimplemented(message = "`{Self}` is no JSON document")]
pub trait JsonDocument: SqlType {}

impl JsonDocument for Json {}

/// What names a part of a document: a member's name, or an item's position from 0.
pub trait Key: IntoValue {}

impl Key for &str {}
impl Key for i64 {}

/// The member or item of a document, as JSON; null where there is none.
pub fn json_get<E: Expression>(document: E, key: impl Key) -> Expr<Option<<E::Type as Field>::Base>>
where
    <E::Type as Field>::Base: JsonDocument,
{
    Expr::new(part(BinaryOp::JsonGet, document, key))
}

/// The member or item of a document, as text: a JSON text without its quotes.
pub fn json_text<E: Expression>(document: E, key: impl Key) -> Expr<Option<String>>
where
    <E::Type as Field>::Base: JsonDocument,
{
    Expr::new(part(BinaryOp::JsonGetText, document, key))
}

fn part(op: BinaryOp, document: impl Expression, key: impl Key) -> Node {
    let sides = [node(document.expr()), Node::value(key.into_value())];
    Node::with(sides, |[left, right]| Form::Binary(Binary { op, left, right }))
}
