//! Columns whose values come from rows that the same flush makes.

use rustc_hash::FxHashMap;

use crate::{Value, entity::AnyEntity};

/// A column's value comes from a column of another row.
#[derive(Clone)]
pub(super) struct Source {
    pub(super) object: AnyEntity,
    pub(super) column: usize,
}

impl Source {
    /// Whether the database makes the value.
    fn is_made(&self) -> bool {
        self.object.0.wants_key() && self.object.0.mapper().generated == Some(self.column)
    }
}

/// Where columns of objects come from, by the object's address.
#[derive(Default)]
pub(super) struct Sources(FxHashMap<usize, Vec<(usize, Source)>>);

impl Sources {
    /// Those of an object, with its columns.
    pub(super) fn of(&self, object: &AnyEntity) -> &[(usize, Source)] {
        if self.0.is_empty() {
            return &[];
        }
        self.0.get(&object.address()).map_or(&[], Vec::as_slice)
    }

    /// Where a column comes from.
    pub(super) fn get(&self, object: &AnyEntity, column: usize) -> Option<&Source> {
        self.of(object).iter().find(|(at, _)| *at == column).map(|(_, source)| source)
    }

    /// A column comes from there.
    pub(super) fn put(&mut self, object: &AnyEntity, column: usize, source: Source) {
        self.0.entry(object.address()).or_default().push((column, source));
    }

    /// A column has a value of its own.
    pub(super) fn forget(&mut self, object: &AnyEntity, column: usize) {
        if let Some(sources) = self.0.get_mut(&object.address()) {
            sources.retain(|(at, _)| *at != column);
        }
    }

    /// Columns of objects whose values are there, though they come from rows that are not: no row has to be made first.
    pub(super) fn known(&self, objects: &[AnyEntity]) -> Vec<(AnyEntity, usize, Value)> {
        let mut known = Vec::new();
        if self.0.is_empty() {
            return known;
        }
        for object in objects {
            for (column, source) in self.of(object) {
                if let Some(value) = self.value(source) {
                    known.push((object.clone(), *column, value));
                }
            }
        }
        known
    }

    /// The value that comes from a source, unless the database makes it.
    fn value(&self, source: &Source) -> Option<Value> {
        let mut source = source;
        // More steps than there are sources are a circle.
        for _ in 0..=self.0.len() {
            if source.is_made() {
                return None;
            }
            match self.get(&source.object, source.column) {
                Some(next) => source = next,
                None => return Some(source.object.0.value(source.column)),
            }
        }
        None
    }
}
