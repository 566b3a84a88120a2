//! JSON documents, and what is in them. A path of several steps is one after the other:
//! `json_text(json_item(json_member(User::DOC, "tags"), 0), "name")`.

use super::{
    Expr, Expression, Node,
    function::call,
    operand::{Operand, node},
};
use crate::{
    bindings::sqlservice::database::statements::{Binary, BinaryOp, Node as Form},
    value::{Field, Json, Scalar, Value},
};

/// A member of an object, as JSON; null where there is none.
pub fn json_member<E>(document: E, key: impl Operand<String>) -> Expr<Option<Json>>
where
    E: Expression<Type: Field<Base = Json>>,
{
    get(BinaryOp::JsonGet, document.expr().node, node(key))
}

/// An item of an array, from 0, as JSON; null where there is none.
pub fn json_item<E: Expression<Type: Field<Base = Json>>>(document: E, position: u32) -> Expr<Option<Json>> {
    get(BinaryOp::JsonGet, document.expr().node, place(position))
}

/// A member of an object as text; null where there is none, and where it is JSON's null.
pub fn json_text<E>(document: E, key: impl Operand<String>) -> Expr<Option<String>>
where
    E: Expression<Type: Field<Base = Json>>,
{
    get(BinaryOp::JsonGetText, document.expr().node, node(key))
}

/// An item of an array, from 0, as text; null where there is none, and where it is JSON's null.
pub fn json_item_text<E: Expression<Type: Field<Base = Json>>>(document: E, position: u32) -> Expr<Option<String>> {
    get(BinaryOp::JsonGetText, document.expr().node, place(position))
}

/// How many items an array has; null of anything else.
pub fn json_length<E: Expression<Type: Field<Base = Json>>>(document: E) -> Expr<Option<i64>> {
    call("json_length", [document.expr().node])
}

/// What a document is: `object`, `array`, `string`, `number`, `boolean`, or `null` where it is JSON's null.
pub fn json_type<E: Expression<Type: Field<Base = Json>>>(document: E) -> Expr<Option<String>> {
    call("json_type", [document.expr().node])
}

fn get<T>(op: BinaryOp, document: Node, key: Node) -> Expr<T> {
    Expr::new(Node::with([document, key], |[left, right]| Form::Binary(Binary { op, left, right })))
}

/// A position is a constant of the statement: that it is a number says what it means.
fn place(position: u32) -> Node {
    Node::leaf(Form::Literal(Value::Scalar(Scalar::Integer(position.into()))))
}
