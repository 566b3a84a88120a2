//! A statement as it is sent, and how one that comes again is known.

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
    /// How many parameters come first that only a run of the prepared statement has.
    pub open: u32,
    /// The values of the others.
    pub parameters: Vec<Value>,
}

impl Lowered {
    /// A number that is the same for the same statement, and seldom for another one. Nothing for a statement that is not worth
    /// to be looked for: a large one, and one with constants that can be equal and not the same, like 0.0 and -0.0.
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

/// Puts what most nodes of one kind differ by into a hash, beside what they name. Whether it can be told.
fn hash_own(node: &statements::Node, hasher: &mut FxHasher) -> bool {
    use statements::Node as N;
    match node {
        // A position in a document; all other values are parameters.
        N::Literal(Value::Scalar(Scalar::Integer(value))) => value.hash(hasher),
        N::Literal(_) => return false,
        N::Column(it) => (&it.table, &it.name).hash(hasher),
        N::Table(it) => (&it.table, &it.alias).hash(hasher),
        N::Parameter(position) => position.hash(hasher),
        N::Unary((op, _)) => discriminant(op).hash(hasher),
        N::Binary(it) => discriminant(&it.op).hash(hasher),
        N::Listed(it) => discriminant(&it.op).hash(hasher),
        N::Call(it) => it.function.hash(hasher),
        // The rest differs by what it names, or is told apart when both are compared.
        _ => {}
    }
    true
}
