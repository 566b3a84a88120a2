//! Finds objects by the columns that foreign keys refer to: mostly primary keys, sometimes other columns.

use std::cell::RefCell;

use rustc_hash::FxHashMap;

use super::UnitOfWork;
use crate::{
    instance::AnyEntity,
    mapping::{Key, Mapper, ModelId, names_row},
    value::Value,
};

/// Returns the key of some columns, if none of them is null.
pub(super) fn key(columns: &[usize], value: impl Fn(usize) -> Value) -> Option<Key> {
    let of = |values: &[Value]| names_row(values).then(|| Key::of(values));
    match columns {
        [only] => of(&[value(*only)]),
        several => of(&several.iter().map(|&column| value(column)).collect::<Vec<_>>()),
    }
}

/// Objects of one model by some columns of their rows.
type ByColumns = FxHashMap<Key, AnyEntity>;

/// Finds the objects of a session by any columns.
pub(super) struct OwnerLookup<'a> {
    unit: &'a UnitOfWork,
    /// The objects of a model by columns that are not its primary key, indexed at the first lookup.
    of_columns: RefCell<FxHashMap<(ModelId, Vec<usize>), ByColumns>>,
}

impl<'a> OwnerLookup<'a> {
    pub(super) fn new(unit: &'a UnitOfWork) -> Self {
        Self { unit, of_columns: RefCell::default() }
    }

    pub(super) fn find(&self, owner: &Mapper, columns: &[usize], wanted: &Key) -> Option<AnyEntity> {
        if columns == owner.key {
            return self.unit.find(owner.of, wanted);
        }
        let mut of_columns = self.of_columns.borrow_mut();
        let known = of_columns.entry((owner.of, columns.to_vec())).or_insert_with(|| {
            let all = self.unit.all().into_iter().filter(|object| object.0.mapper().of == owner.of);
            all.filter_map(|object| Some((key(columns, |column| object.0.stored_value(column))?, object))).collect()
        });
        known.get(wanted).cloned()
    }
}
