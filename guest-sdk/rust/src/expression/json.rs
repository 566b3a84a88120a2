//! JSON documents and access to their parts. A path of several steps is written as nested calls:
//! `json_text(json_get(json_get(User::DOC, "tags"), 0), "name")`.

use super::{Expr, Expression, Node, function::call, operand::node};
use crate::{
    bindings::sqlservice::database::statements::{Binary, BinaryOp, Node as Form},
    value::{Field, Json, Scalar, SqlType, Value},
};

/// A Rust type whose columns are JSON documents.
#[diagnostic::on_unimplemented(message = "`{Self}` is no JSON document")]
pub trait JsonDocument: SqlType {}

impl JsonDocument for Json {}

#[cfg(feature = "serde_json")]
impl JsonDocument for ::serde_json::Value {}

#[cfg(feature = "serde_json")]
impl<T> JsonDocument for crate::value::Document<T> where Self: SqlType {}

/// The key of a part of a document: a member's name (a text or a text expression), or an item's position from 0.
#[diagnostic::on_unimplemented(
    message = "`{Self}` names no part of a JSON document",
    label = "neither the name of a member nor the position of an item"
)]
pub trait Key {
    /// The node.
    #[doc(hidden)]
    fn into_key(self) -> KeyNode;
}

/// A node, opaque to callers.
#[doc(hidden)]
pub struct KeyNode(Node);

impl Key for &str {
    fn into_key(self) -> KeyNode {
        KeyNode(node(self))
    }
}

impl Key for String {
    fn into_key(self) -> KeyNode {
        KeyNode(node(self))
    }
}

impl<T: Field<Base = String>> Key for Expr<T> {
    fn into_key(self) -> KeyNode {
        KeyNode(node::<String>(self))
    }
}

impl Key for u32 {
    /// A position is sent as a literal, not as a bind value: its integer type marks the key as a position.
    fn into_key(self) -> KeyNode {
        KeyNode(Node::leaf(Form::Literal(Value::Scalar(Scalar::Integer(self.into())))))
    }
}

/// The member or item of a document, as JSON; null where there is none.
pub fn json_get<E: Expression>(document: E, key: impl Key) -> Expr<Option<<E::Type as Field>::Base>>
where
    <E::Type as Field>::Base: JsonDocument,
{
    get(BinaryOp::JsonGet, document, key)
}

/// The member or item of a document, as text: a JSON text without its quotes; null where there is none, and where it is
/// JSON's null.
pub fn json_text<E: Expression>(document: E, key: impl Key) -> Expr<Option<String>>
where
    <E::Type as Field>::Base: JsonDocument,
{
    get(BinaryOp::JsonGetText, document, key)
}

/// The number of items of an array; null for any other document.
pub fn json_length<E: Expression>(document: E) -> Expr<Option<i64>>
where
    <E::Type as Field>::Base: JsonDocument,
{
    call("json_length", [document.expr().node])
}

/// The kind of a document: `object`, `array`, `string`, `number`, `boolean`, or `null` for JSON's null.
pub fn json_type<E: Expression>(document: E) -> Expr<Option<String>>
where
    <E::Type as Field>::Base: JsonDocument,
{
    call("json_type", [document.expr().node])
}

fn get<T>(op: BinaryOp, document: impl Expression, key: impl Key) -> Expr<T> {
    let sides = [document.expr().node, key.into_key().0];
    Expr::new(Node::with(sides, |[left, right]| Form::Binary(Binary { op, left, right })))
}
