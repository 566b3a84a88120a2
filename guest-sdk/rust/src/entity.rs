//! Objects of sessions: [`Entity`] is a shared handle of a row.

mod deferred;
mod free;
mod instance;
mod loading;
mod mapper;
mod version;

use std::{
    cell::OnceCell,
    fmt,
    ops::{Deref, DerefMut},
    rc::Rc,
};

use self::version::Version;
pub(crate) use self::{
    instance::Instance,
    loading::{get_or_insert, load_without},
    mapper::{load, mapper},
};
pub use crate::{
    instance::{AnyEntity, Status},
    model::Record,
};
use crate::{
    instance::{AnyInstance, HandlesToDrop},
    value::Shown,
};

/// A handle of an object, which is a row of a model's table or is to become one. It reads like the model: `user.name`. Clones refer
/// to the same object, and each sees the changes of the others.
///
/// [`edit`](Self::edit) changes it. In a [session](crate::Session) the change is written by the next flush; only what differs
/// from the row is.
///
/// A reference into it (`&user.name`) keeps its value when other handles change the object, and never causes an error. Dropping a
/// handle loses no changes: a session keeps the objects that it has to write.
pub struct Entity<M> {
    pub(crate) instance: Rc<Instance<M>>,
    /// The newest version when this handle was first read; later versions follow it.
    seen: OnceCell<Rc<Version<M>>>,
}

impl<M: Record> Entity<M> {
    /// Creates an object that is in no session yet. [`Session::add`](crate::Session::add) adds it and its related objects to one.
    pub fn new(model: M) -> Self {
        let mut model = model;
        for column in M::COLUMNS {
            model.fire_set(column);
        }
        Self::of(Instance::new(mapper::<M>(), model))
    }

    pub(crate) const fn of(instance: Rc<Instance<M>>) -> Self {
        Self { instance, seen: OnceCell::new() }
    }

    /// Moves the object and the version that this handle holds to the handles to drop.
    pub(crate) fn take_apart(self, dropped: &mut HandlesToDrop) {
        let Self { instance, seen } = self;
        dropped.push(instance);
        if let Some(version) = seen.into_inner() {
            dropped.push(version);
        }
    }

    /// Changes it: `user.edit().name = "jo".into()`. Other handles see the change when the guard is dropped.
    ///
    /// If several guards of one object overlap, each applies only the fields that it changed.
    pub fn edit(&mut self) -> Edit<'_, M> {
        self.seen = OnceCell::new();
        Edit { value: None, base: self.instance.newest(), entity: self }
    }

    /// Whether it is in a session and has a row.
    pub fn status(&self) -> Status {
        self.instance.state.status()
    }

    /// Returns a detached copy of the model.
    pub fn to_model(&self) -> M {
        M::clone(self)
    }

    /// Returns a handle of the same object without its model's type.
    pub fn erase(&self) -> AnyEntity {
        AnyEntity(self.instance.clone())
    }

    /// Its address, which identifies the object.
    pub(crate) fn address(&self) -> usize {
        Rc::as_ptr(&self.instance).cast::<()>() as usize
    }

    pub(crate) fn has_row(&self) -> bool {
        self.instance.has_row()
    }

    /// Called when the object is put into a relationship. A new object gets its turn in the insert order, and cascades of a session
    /// that expunged it reach it again.
    pub(crate) fn come_back(&self) {
        self.instance.state.turn();
        if self.instance.state.expunged_from.get() != 0 {
            self.erase().come_back();
        }
    }

    /// Whether both are handles of one object.
    pub fn is(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.instance, &other.instance)
    }
}

impl<M: Record> Deref for Entity<M> {
    type Target = M;

    fn deref(&self) -> &M {
        self.seen.get_or_init(|| self.instance.newest()).newest()
    }
}

impl<M> Clone for Entity<M> {
    fn clone(&self) -> Self {
        Self { instance: Rc::clone(&self.instance), seen: OnceCell::new() }
    }
}

impl<M: Record> From<Entity<M>> for AnyEntity {
    fn from(entity: Entity<M>) -> Self {
        Self(entity.instance)
    }
}

impl AnyEntity {
    /// Returns the object as a handle of this model, if it is of this model.
    pub fn downcast<M: Record>(&self) -> Option<Entity<M>> {
        Rc::clone(&self.0).as_any().downcast::<Instance<M>>().ok().map(Entity::of)
    }
}

/// Handles are equal if they refer to the same object.
impl<M> PartialEq for Entity<M> {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.instance, &other.instance)
    }
}

impl<M> Eq for Entity<M> {}

impl<M: Record> From<M> for Entity<M> {
    fn from(model: M) -> Self {
        Self::new(model)
    }
}

/// Another handle of the same object.
impl<M: Record> From<&Self> for Entity<M> {
    fn from(entity: &Self) -> Self {
        entity.clone()
    }
}

/// Shows the model's table and columns, without its relationships, which may be circular.
impl<M: Record> fmt::Debug for Entity<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct(M::TABLE);
        for (position, column) in M::COLUMNS.iter().enumerate() {
            shown.field(column, &Shown(&self.column_value(position)));
        }
        shown.finish()
    }
}

/// A guard that changes an object, from [`Entity::edit`] until it is dropped. It reads and writes like the model.
pub struct Edit<'a, M: Record> {
    entity: &'a mut Entity<M>,
    base: Rc<Version<M>>,
    value: Option<M>,
}

impl<M: Record> Deref for Edit<'_, M> {
    type Target = M;

    fn deref(&self) -> &M {
        self.value.as_ref().unwrap_or(&self.base.value)
    }
}

impl<M: Record> DerefMut for Edit<'_, M> {
    fn deref_mut(&mut self) -> &mut M {
        self.value.get_or_insert_with(|| self.base.value.clone())
    }
}

impl<M: Record> Drop for Edit<'_, M> {
    fn drop(&mut self) {
        if let Some(value) = self.value.take() {
            self.entity.instance.edited(&self.base, value);
        }
    }
}
