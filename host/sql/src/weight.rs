//! The memory that a guest's data takes while the host keeps it, for the guest's budget: never less than the texts and bytes
//! of its values.

use std::{
    fmt::{self, Write as _},
    mem::size_of,
};

use crate::{
    Batch, Compiled, Value,
    compiled::{Condition, ValueSource},
    flush::{Change, KeyReference, KnownRows},
    schema::Table,
    statement::{Node, Statement},
};

/// Data that takes memory because of a guest.
pub trait Weight {
    /// Returns the approximate number of bytes.
    fn weight(&self) -> usize;
}

impl Weight for Value {
    fn weight(&self) -> usize {
        size_of::<Self>().saturating_add(self.bytes())
    }
}

impl Weight for Batch {
    fn weight(&self) -> usize {
        self.bytes()
    }
}

impl<T: Weight> Weight for Option<T> {
    fn weight(&self) -> usize {
        self.as_ref().map_or(0, Weight::weight)
    }
}

impl<T: Weight> Weight for [T] {
    fn weight(&self) -> usize {
        self.iter().map(Weight::weight).fold(0, usize::saturating_add)
    }
}

impl Weight for String {
    fn weight(&self) -> usize {
        size_of::<Self>().saturating_add(self.len())
    }
}

impl Weight for Statement {
    /// Counts a name in a node as 64 bytes.
    fn weight(&self) -> usize {
        let constants = self.nodes.iter().map(|node| match node {
            Node::Literal(value) => value.bytes(),
            _ => 64,
        });
        constants.fold(self.nodes.len().saturating_mul(size_of::<Node>()), usize::saturating_add)
    }
}

impl Weight for Compiled {
    fn weight(&self) -> usize {
        let constants = self.placeholders.iter().map(|placeholder| match &placeholder.source {
            ValueSource::Literal(value) => value.weight(),
            ValueSource::Parameter(_) => size_of::<ValueSource>(),
        });
        let outputs = self.outputs.iter().map(|output| size_of_val(output).saturating_add(output.name.len()));
        let conditions = self.conditions.iter().map(Weight::weight);
        constants.chain(outputs).chain(conditions).fold(self.sql.as_str().len(), usize::saturating_add)
    }
}

impl Weight for Condition {
    /// Does not count the predicate, which belongs to the policy and is shared.
    fn weight(&self) -> usize {
        let value = |source: &ValueSource| match source {
            ValueSource::Literal(value) => value.weight(),
            ValueSource::Parameter(_) => 0,
        };
        let values =
            self.values.iter().map(|(name, source)| size_of::<(String, ValueSource)>() + name.len() + value(source));
        values.fold(size_of::<Self>() + self.table.len(), usize::saturating_add)
    }
}

impl Weight for Change {
    fn weight(&self) -> usize {
        let stored = |stored: &Option<KnownRows>| stored.as_ref().map_or(0, |stored| stored.rows.weight());
        let links = |links: &[KeyReference]| size_of_val(links);
        let parts = match self {
            Self::Inserts(of) => [of.rows.weight(), links(&of.links), 0, 0, 0],
            Self::Updates(of) => {
                [of.keys.weight(), of.versions.weight(), of.rows.weight(), links(&of.links), stored(&of.stored)]
            }
            Self::Deletes(of) => [of.keys.weight(), of.versions.weight(), stored(&of.stored), 0, 0],
        };
        parts.into_iter().fold(size_of::<Self>(), usize::saturating_add)
    }
}

impl Weight for Table {
    /// Counts the debug output, which contains every part: models are weighed only once.
    fn weight(&self) -> usize {
        let mut counter = ByteCounter(0);
        // Counting never fails.
        let _ = write!(counter, "{self:?}");
        counter.0
    }
}

/// Counts the bytes that are written to it.
struct ByteCounter(usize);

impl fmt::Write for ByteCounter {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 = self.0.saturating_add(text.len());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scalar;

    #[test]
    fn nothing_weighs_less_than_its_texts() {
        let text = "x".repeat(10_000);
        let value = Value::Scalar(Scalar::Text(text.clone()));
        assert!(value.weight() >= 10_000);
        assert!([value.clone(), value.clone()].weight() >= 20_000);
        let statement = Statement { nodes: vec![Node::Literal(value)], root: crate::statement::Root::Select(0) };
        assert!(statement.weight() >= 10_000);
        assert!(text.weight() >= 10_000 && None::<Value>.weight() == 0);
    }
}
