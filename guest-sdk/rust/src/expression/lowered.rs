//! A statement as it is sent, and its fingerprint, by which the statement cache finds it again.

use std::{
    hash::{Hash, Hasher},
    mem::discriminant,
};

use rustc_hash::FxHasher;

use super::ids::{each_id, each_root_id};
use crate::bindings::sqlservice::database::{
    statements::{self, Root, Statement},
    values::{Scalar, Value},
};

/// A statement ready to send.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Lowered {
    pub statement: Statement,
    /// The number of parameters that the caller binds when the prepared statement runs. They precede the others.
    pub open: u32,
    /// The values of the other parameters.
    pub parameters: Vec<Value>,
}

impl Lowered {
    /// Returns a number that is the same for the same statement, and seldom for another one. Returns nothing for a statement
    /// that is not cached: a large one, and one with literals that can be equal and not the same, like 0.0 and -0.0.
    pub(crate) fn fingerprint(&mut self) -> Option<u64> {
        const LARGEST: usize = 256;
        let Statement { nodes, root } = &mut self.statement;
        if nodes.len() > LARGEST {
            return None;
        }
        let mut hasher = FxHasher::default();
        for node in nodes {
            discriminant(node).hash(&mut hasher);
            if !hash_own(node, &mut hasher) {
                return None;
            }
            each_id(node, &mut |id| id.hash(&mut hasher));
        }
        discriminant(root).hash(&mut hasher);
        match root {
            Root::Select(_) => {}
            Root::Insert(it) => it.table.hash(&mut hasher),
            Root::Update(it) => it.table.hash(&mut hasher),
            Root::Delete(it) => it.table.hash(&mut hasher),
        }
        each_root_id(root, &mut |id| id.hash(&mut hasher));
        Some(hasher.finish())
    }
}

/// Hashes the fields, beside the ids, in which nodes of one kind mostly differ. Returns whether the node can be hashed.
fn hash_own(node: &statements::Node, hasher: &mut FxHasher) -> bool {
    use statements::Node as N;
    match node {
        // A position in a JSON document; all other values are sent as parameters.
        N::Literal(Value::Scalar(Scalar::Integer(value))) => value.hash(hasher),
        N::Literal(_) => return false,
        N::Column(it) => (&it.table, &it.name).hash(hasher),
        N::Table(it) => (&it.table, &it.alias).hash(hasher),
        N::Parameter(position) => position.hash(hasher),
        N::Unary((op, _)) => discriminant(op).hash(hasher),
        N::Binary(it) => discriminant(&it.op).hash(hasher),
        N::Listed(it) => discriminant(&it.op).hash(hasher),
        N::Call(it) => it.function.hash(hasher),
        // Other nodes differ in their ids, or in the cache's comparison of both statements.
        _ => {}
    }
    true
}
