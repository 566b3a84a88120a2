//! The mappers of all models that were used so far. Each model has one, which is kept as long as the guest runs.

use std::{
    any::TypeId,
    cell::{Cell, RefCell},
};

use rustc_hash::FxHashMap;

use super::{Mapper, ModelId};

thread_local! {
    static MAPPERS: RefCell<FxHashMap<TypeId, &'static Mapper>> = RefCell::default();
    /// The mapper of the last lookup, as many objects of one model follow each other.
    static LAST: Cell<Option<&'static Mapper>> = const { Cell::new(None) };
}

/// Returns all mappers that were registered so far.
pub(crate) fn mappers() -> Vec<&'static Mapper> {
    MAPPERS.with_borrow(|mappers| mappers.values().copied().collect())
}

/// Returns the mapper of a model's type, if it was registered.
pub(crate) fn find(model: TypeId) -> Option<&'static Mapper> {
    let last = LAST.get().filter(|last| last.model == model);
    last.or_else(|| {
        let found = MAPPERS.with_borrow(|mappers| mappers.get(&model).copied());
        found.inspect(|found| LAST.set(Some(found)))
    })
}

/// Registers a mapper under the next number.
pub(crate) fn register(build: impl FnOnce(ModelId) -> Mapper) -> &'static Mapper {
    thread_local! {
        static NEXT: Cell<u32> = const { Cell::new(0) };
    }
    let mapper = &*Box::leak(Box::new(build(ModelId(NEXT.replace(NEXT.get() + 1)))));
    MAPPERS.with_borrow_mut(|mappers| mappers.insert(mapper.model, mapper));
    mapper
}
