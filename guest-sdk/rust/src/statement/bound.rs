//! Limits and offsets of queries.

use crate::{
    expression::{Expr, Node},
    value::{Scalar, Value},
};

/// A limit or an offset: a number, or a parameter that is bound when the prepared statement runs.
#[derive(Clone)]
pub(super) enum Count {
    Known(u64),
    Open(Node),
}

impl Count {
    pub(super) fn open(parameter: Expr<i64>) -> Self {
        Self::Open(parameter.node)
    }

    pub(super) fn node(&self) -> Node {
        match self {
            Self::Known(count) => rows(*count),
            Self::Open(node) => node.clone(),
        }
    }

    /// The lesser of the query's limit and `at_most`, the rows that the caller reads. A limit that is a parameter stays.
    pub(super) fn limit(said: Option<&Self>, at_most: Option<u64>) -> Option<Node> {
        match (said, at_most) {
            (Some(Self::Known(said)), Some(most)) => Some(rows(most.min(*said))),
            (Some(said), _) => Some(said.node()),
            (None, most) => most.map(rows),
        }
    }
}

/// A count of rows as a node. No table has 2^63 rows.
fn rows(count: u64) -> Node {
    Node::value(Value::Scalar(Scalar::Integer(i64::try_from(count).unwrap_or(i64::MAX))))
}
