//! A cache of compiled statements, so that a repeated one costs no check and no rendering.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::Arc,
};

use crate::{
    Compiled, Scalar, Value,
    statement::{Node, Statement},
};

/// The most statements in the cache.
const STATEMENTS: usize = 256;
/// The most nodes of all cached statements together.
const NODES: usize = 32_768;
/// The most bytes of their texts and constants: a text can be long where nodes are shared.
const BYTES: usize = 2 << 20;
/// The most nodes of one statement, and bytes of one constant: larger statements are generated and seldom recur.
const LARGEST: usize = 1_024;

/// The compiled statements of one catalog. The least recently used is evicted first.
///
/// The key is the whole statement, its constants included; parameters are not part of it. Everything in it is guest-controlled,
/// so its size is bounded and its hashes are keyed at random. Only the instances of one plugin may share it: the statements of
/// one evict those of another.
#[derive(Debug, Default)]
pub struct Cache {
    entries: HashMap<u64, Entry>,
    keys: RandomState,
    nodes: usize,
    bytes: usize,
    clock: u64,
}

#[derive(Debug)]
struct Entry {
    statement: Statement,
    compiled: Arc<Compiled>,
    bytes: usize,
    used: u64,
}

impl Cache {
    /// Returns the compiled form of this statement, if it is cached.
    pub fn get(&mut self, statement: &Statement) -> Option<Arc<Compiled>> {
        if !is_kept(statement) {
            return None;
        }
        self.clock = self.clock.saturating_add(1);
        let entry = self.entries.get_mut(&self.keys.hash_one(statement))?;
        // Two statements can have the same hash.
        (entry.statement == *statement).then(|| {
            entry.used = self.clock;
            Arc::clone(&entry.compiled)
        })
    }

    /// Caches the compiled form of a statement.
    pub fn put(&mut self, statement: Statement, compiled: Arc<Compiled>) {
        if !is_kept(&statement) {
            return;
        }
        let bytes = bytes(&statement).saturating_add(compiled.sql.len());
        if bytes > BYTES / 8 {
            return;
        }
        let key = self.keys.hash_one(&statement);
        self.remove(key);
        let is_full = |cache: &Self| {
            cache.entries.len() >= STATEMENTS
                || cache.nodes.saturating_add(statement.nodes.len()) > NODES
                || cache.bytes.saturating_add(bytes) > BYTES
        };
        while is_full(self) {
            let Some(oldest) = self.entries.iter().min_by_key(|(_, entry)| entry.used).map(|(key, _)| *key) else {
                return;
            };
            self.remove(oldest);
        }
        self.nodes = self.nodes.saturating_add(statement.nodes.len());
        self.bytes = self.bytes.saturating_add(bytes);
        self.entries.insert(key, Entry { statement, compiled, bytes, used: self.clock });
    }

    /// Returns the number of cached statements.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether the cache is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn remove(&mut self, key: u64) {
        if let Some(entry) = self.entries.remove(&key) {
            self.nodes = self.nodes.saturating_sub(entry.statement.nodes.len());
            self.bytes = self.bytes.saturating_sub(entry.bytes);
        }
    }
}

/// Whether a statement is cached: it is small, and has no large constants, no arrays and no floats (0.0 and -0.0 are equal but
/// not the same).
fn is_kept(statement: &Statement) -> bool {
    statement.nodes.len() <= LARGEST && !statement.nodes.iter().any(is_hindrance)
}

/// Returns the bytes of a statement's constants.
fn bytes(statement: &Statement) -> usize {
    let constant = |node: &Node| match node {
        Node::Literal(Value::Scalar(Scalar::Text(text) | Scalar::Json(text))) => text.len(),
        Node::Literal(Value::Scalar(Scalar::Bytes(bytes))) => bytes.len(),
        _ => 0,
    };
    statement.nodes.iter().map(constant).fold(0, usize::saturating_add)
}

fn is_hindrance(node: &Node) -> bool {
    match node {
        Node::Literal(Value::Array(_) | Value::Scalar(Scalar::Float(_))) => true,
        Node::Literal(Value::Scalar(Scalar::Text(text) | Scalar::Json(text))) => text.len() > LARGEST,
        Node::Literal(Value::Scalar(Scalar::Bytes(bytes))) => bytes.len() > LARGEST,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statement::{Delete, Root};
    use crate::{Dialect, Operation, SqlWriter, Summary};

    /// Makes a statement with a constant and this number of parameters.
    fn statement(constant: Value, parameters: u32) -> Statement {
        let mut nodes = vec![Node::Literal(constant)];
        nodes.extend((0..parameters).map(Node::Parameter));
        let delete = Delete { table: "t".into(), schema: None, source: None, filter: Some(0), returning: Vec::new() };
        Statement { nodes, root: Root::Delete(delete) }
    }

    fn compiled(sql: &str) -> Arc<Compiled> {
        let outputs = Arc::from(Vec::new());
        let mut writer = SqlWriter::new(Dialect::Sqlite);
        writer.name(sql);
        let (sql, placeholders, parameters) = (writer.finish(), Vec::new(), 0);
        let summary = Summary { operation: Operation::Delete, tables: Arc::default() };
        let conditions = Vec::new();
        Arc::new(Compiled {
            sql,
            placeholders,
            outputs,
            parameters,
            writes: true,
            locks: false,
            clock: false,
            summary,
            conditions,
        })
    }

    fn integer(value: i64) -> Value {
        Scalar::Integer(value).into()
    }

    #[test]
    fn the_same_statement_is_found_and_no_other() {
        let mut cache = Cache::default();
        cache.put(statement(integer(1), 2), compiled("one"));
        assert_eq!(cache.get(&statement(integer(1), 2)).expect("kept").sql.as_str(), "\"one\"");
        assert!(cache.get(&statement(integer(2), 2)).is_none());
        assert!(cache.get(&statement(integer(1), 3)).is_none());
        cache.put(statement(integer(1), 2), compiled("other"));
        assert_eq!((cache.len(), cache.get(&statement(integer(1), 2)).expect("kept").sql.as_str()), (1, "\"other\""));
    }

    #[test]
    fn constants_that_are_equal_and_not_the_same_are_not_kept() {
        let mut cache = Cache::default();
        cache.put(statement(Scalar::Float(0.0).into(), 0), compiled("zero"));
        assert!(cache.is_empty() && cache.get(&statement(Scalar::Float(-0.0).into(), 0)).is_none());
        cache.put(statement(Scalar::Text("x".repeat(2_000)).into(), 0), compiled("long"));
        cache.put(statement(integer(1), 2_000), compiled("large"));
        assert!(cache.is_empty());
    }

    #[test]
    fn d16_what_is_kept_is_bounded_and_what_is_used_stays() {
        let mut cache = Cache::default();
        let often = statement(integer(-1), 0);
        cache.put(often.clone(), compiled("often"));
        for number in 0..1_000 {
            cache.put(statement(integer(number), 0), compiled("once"));
            assert!(cache.get(&often).is_some(), "{number}");
            assert!(cache.len() <= STATEMENTS);
        }
        for number in 0..100 {
            cache.put(statement(integer(number), 1_000), compiled("large"));
            assert!(cache.nodes <= NODES, "{}", cache.nodes);
        }
        assert!(cache.nodes > NODES / 2);
    }

    #[test]
    fn the_bytes_of_what_is_kept_are_bounded() {
        let mut cache = Cache::default();
        let long = "x".repeat(100_000);
        for number in 0..100 {
            cache.put(statement(integer(number), 0), compiled(&long));
            assert!(cache.bytes <= BYTES, "{}", cache.bytes);
            assert!(cache.get(&statement(integer(number), 0)).is_some());
        }
        assert!(cache.bytes > BYTES / 2);
        for number in 0..100 {
            let constant = "y".repeat(1_000) + &number.to_string();
            cache.put(statement(Scalar::Text(constant).into(), 0), compiled("short"));
            assert!(cache.bytes <= BYTES, "{}", cache.bytes);
        }
        cache.put(statement(integer(-1), 0), compiled(&"z".repeat(BYTES / 4)));
        assert!(cache.get(&statement(integer(-1), 0)).is_none(), "one alone must not push out all others");
        // A removed statement is no longer counted.
        let keys: Vec<u64> = cache.entries.keys().copied().collect();
        keys.into_iter().for_each(|key| cache.remove(key));
        assert_eq!((cache.bytes, cache.nodes), (0, 0));
    }
}
