//! Columns that get their values from rows which the same flush inserts.

use crate::{instance::AnyEntity, value::Value};

/// A column's value comes from a column of another row.
#[derive(Clone)]
pub(super) struct ValueSource {
    pub(super) object: AnyEntity,
    pub(super) column: usize,
}

impl ValueSource {
    /// Whether the database makes the value.
    fn is_made(&self) -> bool {
        self.object.0.wants_key() && self.object.0.mapper().generated == Some(self.column)
    }
}

/// Where columns of the objects of a flush come from, by the place that each object has there.
#[derive(Default)]
pub(super) struct ValueSources {
    flush: u64,
    of: Vec<ObjectSources>,
}

/// The columns of one object that come from somewhere. Most have one.
#[derive(Default)]
enum ObjectSources {
    #[default]
    Nothing,
    One((usize, ValueSource)),
    Several(Vec<(usize, ValueSource)>),
}

impl ObjectSources {
    fn all(&self) -> &[(usize, ValueSource)] {
        match self {
            Self::Nothing => &[],
            Self::One(one) => std::slice::from_ref(one),
            Self::Several(several) => several,
        }
    }

    fn push(&mut self, source: (usize, ValueSource)) {
        *self = match std::mem::take(self) {
            Self::Nothing => Self::One(source),
            Self::One(one) => Self::Several(vec![one, source]),
            Self::Several(mut several) => {
                several.push(source);
                Self::Several(several)
            }
        };
    }

    fn remove(&mut self, column: usize) {
        match self {
            Self::One((at, _)) if *at == column => *self = Self::Nothing,
            Self::Several(several) => several.retain(|(at, _)| *at != column),
            Self::Nothing | Self::One(_) => {}
        }
    }
}

impl ValueSources {
    pub(super) fn new(flush: u64) -> Self {
        Self { flush, of: Vec::new() }
    }

    /// Those of an object, with its columns.
    pub(super) fn of(&self, object: &AnyEntity) -> &[(usize, ValueSource)] {
        let place = object.0.state().place(self.flush);
        place.and_then(|place| self.of.get(place)).map_or(&[], ObjectSources::all)
    }

    /// Where a column comes from.
    pub(super) fn get(&self, object: &AnyEntity, column: usize) -> Option<&ValueSource> {
        self.of(object).iter().find(|(at, _)| *at == column).map(|(_, source)| source)
    }

    /// A column of an object of the flush comes from there.
    pub(super) fn put(&mut self, object: &AnyEntity, column: usize, source: ValueSource) {
        let Some(place) = object.0.state().place(self.flush) else { return };
        if self.of.len() <= place {
            self.of.resize_with(place + 1, ObjectSources::default);
        }
        if let Some(of) = self.of.get_mut(place) {
            of.push((column, source));
        }
    }

    /// A column has a value of its own.
    pub(super) fn forget(&mut self, object: &AnyEntity, column: usize) {
        let place = object.0.state().place(self.flush);
        if let Some(of) = place.and_then(|place| self.of.get_mut(place)) {
            of.remove(column);
        }
    }

    /// The columns of all objects that come from somewhere, with the places of the objects in the flush.
    pub(super) fn all(&self) -> impl Iterator<Item = (usize, &[(usize, ValueSource)])> {
        self.of.iter().map(ObjectSources::all).enumerate().filter(|(_, sources)| !sources.is_empty())
    }

    /// Columns whose values are there, though they come from rows that are not: no row has to be made first. With the places of
    /// their objects.
    pub(super) fn known(&self) -> Vec<(usize, usize, Value)> {
        let of_object = |(place, sources): (usize, &[(usize, ValueSource)])| {
            let known = |(column, source): &(usize, ValueSource)| Some((place, *column, self.value(source)?));
            sources.iter().filter_map(known).collect::<Vec<_>>()
        };
        self.all().flat_map(of_object).collect()
    }

    /// The value that comes from a source, unless the database makes it.
    fn value(&self, source: &ValueSource) -> Option<Value> {
        let mut source = source;
        // More steps than there are sources are a circle.
        for _ in 0..=self.of.len() {
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
