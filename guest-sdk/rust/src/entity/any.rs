//! Objects whose models nobody knows any more.

use std::{fmt, rc::Rc};

use super::{
    Entity, Record,
    life::Status,
    slot::{AnySlot, Slot},
};

/// A handle of an object, whatever its model is.
#[derive(Clone)]
pub struct AnyEntity(pub(crate) Rc<dyn AnySlot>);

impl AnyEntity {
    /// The object as one of this model, where it is.
    pub fn downcast<M: Record>(&self) -> Option<Entity<M>> {
        Rc::clone(&self.0).as_any().downcast::<Slot<M>>().ok().map(Entity::of)
    }

    /// The name of its table.
    pub fn table(&self) -> &'static str {
        self.0.mapper().table
    }

    /// What is known of its row.
    pub fn status(&self) -> Status {
        self.0.life().status()
    }

    /// Who it is, among all objects that are.
    pub(crate) fn address(&self) -> usize {
        Rc::as_ptr(&self.0).cast::<()>() as usize
    }
}

impl<M: Record> From<Entity<M>> for AnyEntity {
    fn from(entity: Entity<M>) -> Self {
        Self(entity.slot)
    }
}

/// Objects are equal where they are the same one.
impl PartialEq for AnyEntity {
    fn eq(&self, other: &Self) -> bool {
        self.address() == other.address()
    }
}

impl Eq for AnyEntity {}

impl fmt::Debug for AnyEntity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mapper = self.0.mapper();
        let mut shown = f.debug_struct(mapper.table);
        for (position, column) in mapper.columns.iter().enumerate() {
            shown.field(column, &crate::value::Shown(&self.0.value(position)));
        }
        shown.finish()
    }
}
