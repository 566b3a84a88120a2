//! Columns that get their values from rows which the same flush inserts.

use crate::{instance::AnyEntity, value::Value};

/// The column of another row that a column's value comes from.
#[derive(Clone)]
pub(super) struct ValueSource {
    pub(super) object: AnyEntity,
    pub(super) column: usize,
}

impl ValueSource {
    /// Whether the database generates the value.
    fn is_made(&self) -> bool {
        self.object.0.wants_key() && self.object.0.mapper().generated == Some(self.column)
    }
}

/// The sources of columns of a flush's objects, indexed by each object's place there.
#[derive(Default)]
pub(super) struct ValueSources {
    flush: u64,
    of: Vec<ObjectSources>,
}

/// The columns of one object that have a source. Most objects have one.
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

    /// Returns the sources of an object, with its columns.
    pub(super) fn of(&self, object: &AnyEntity) -> &[(usize, ValueSource)] {
        let place = object.0.state().place(self.flush);
        place.and_then(|place| self.of.get(place)).map_or(&[], ObjectSources::all)
    }

    /// Returns the source of a column.
    pub(super) fn get(&self, object: &AnyEntity, column: usize) -> Option<&ValueSource> {
        self.of(object).iter().find(|(at, _)| *at == column).map(|(_, source)| source)
    }

    /// Sets the source of a column of an object of the flush.
    pub(super) fn put(&mut self, object: &AnyEntity, column: usize, source: ValueSource) {
        let Some(place) = object.0.state().place(self.flush) else { return };
        if self.of.len() <= place {
            self.of.resize_with(place + 1, ObjectSources::default);
        }
        if let Some(of) = self.of.get_mut(place) {
            of.push((column, source));
        }
    }

    /// Removes the source of a column, which has a value of its own.
    pub(super) fn forget(&mut self, object: &AnyEntity, column: usize) {
        let place = object.0.state().place(self.flush);
        if let Some(of) = place.and_then(|place| self.of.get_mut(place)) {
            of.remove(column);
        }
    }

    /// Returns the columns of all objects that have sources, with the objects' places in the flush.
    pub(super) fn all(&self) -> impl Iterator<Item = (usize, &[(usize, ValueSource)])> {
        self.of.iter().map(ObjectSources::all).enumerate().filter(|(_, sources)| !sources.is_empty())
    }

    /// Returns columns with sources whose values are known before any insert, with the places of their objects.
    pub(super) fn known(&self) -> Vec<(usize, usize, Value)> {
        let of_object = |(place, sources): (usize, &[(usize, ValueSource)])| {
            let known = |(column, source): &(usize, ValueSource)| Some((place, *column, self.value(source)?));
            sources.iter().filter_map(known).collect::<Vec<_>>()
        };
        self.all().flat_map(of_object).collect()
    }

    /// Returns the value of a source, unless the database generates it.
    fn value(&self, source: &ValueSource) -> Option<Value> {
        let mut source = source;
        // More steps than sources mean a circle.
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
