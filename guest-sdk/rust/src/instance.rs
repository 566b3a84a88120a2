//! Objects and relationships without their models' types. A unit of work handles objects by these traits, and an object calls its unit
//! of work by the trait [`ChangeTracker`].

mod cascade;
mod relation;
mod state;

use std::{any::Any, fmt, rc::Rc};

pub(crate) use self::{
    cascade::cascade,
    state::{InstanceState, StateSnapshot},
};
pub use self::{
    relation::{AnyRelation, Mode},
    state::Status,
};
use crate::{
    Result,
    bindings::sqlservice::database::rows::ColumnData,
    mapping::{Key, Mapper, ModelId},
    value::{self, Value},
};

/// The tracker of objects and of their changes: the unit of work that they belong to.
pub(crate) trait ChangeTracker {
    /// Records that an object was edited.
    fn edited(&self, object: Rc<dyn AnyInstance>);
    /// Records that an owner in no session lost an object of this session.
    fn lost_by_detached(&self, owner: AnyEntity, item: AnyEntity);
    /// Removes the identity key of an object that was freed.
    fn forget(&self, of: ModelId, key: Key);
    /// Returns the object of an identity key.
    fn find(&self, of: ModelId, key: &Key) -> Option<AnyEntity>;
    /// Reserves capacity for this many more objects.
    fn reserve(&self, objects: usize);
    /// Puts an object whose row was read into the identity map.
    fn insert_read(self: Rc<Self>, object: AnyEntity, key: Key);
    /// Takes a snapshot of a known object before its row, which was read again, replaces its state.
    fn snapshot_read(&self, object: &AnyEntity);
}

/// Handles to drop, of any model.
pub(crate) type HandlesToDrop = Vec<Rc<dyn Any>>;

/// A snapshot of an object's row, for a rollback.
pub(crate) struct Snapshot {
    /// The version of its row, or its own version if it had no row.
    pub(crate) version: Rc<dyn Any>,
    pub(crate) has_row: bool,
}

/// A handle of an object of any model.
#[derive(Clone)]
pub struct AnyEntity(pub(crate) Rc<dyn AnyInstance>);

impl AnyEntity {
    /// Returns the name of its table.
    pub fn table(&self) -> &'static str {
        self.0.mapper().table
    }

    /// Whether it is in a session and has a row.
    pub fn status(&self) -> Status {
        self.0.state().status()
    }

    /// Its address, which identifies the object.
    pub(crate) fn address(&self) -> usize {
        Rc::as_ptr(&self.0).cast::<()>() as usize
    }
}

/// Handles are equal if they refer to the same object.
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
            shown.field(column, &value::Shown(&self.0.value(position)));
        }
        shown.finish()
    }
}

/// The object that the foreign key of a relationship refers to.
pub(crate) enum ForeignKeyTarget {
    /// No object: the foreign key is null, or belongs to the other side.
    Nothing,
    /// This object.
    Object(AnyEntity),
    /// An object that the resolver does not know.
    Unknown,
}

/// Finds the object that the relationship at a position refers to, from the values of the owner's columns.
pub(crate) type ForeignKeyResolver<'a> = dyn Fn(usize, &dyn Fn(usize) -> Value) -> ForeignKeyTarget + 'a;

/// Receives a relationship in its current and its stored version.
pub(crate) type RelationVisitor<'a> = dyn FnMut(&dyn AnyRelation, Option<&dyn AnyRelation>) + 'a;

impl dyn AnyInstance {
    /// Returns the objects of a relationship.
    pub(crate) fn items(&self, at: usize) -> Vec<AnyEntity> {
        let mut items = Vec::new();
        self.with_relation(at, &mut |now, _| now.list(&mut items));
        items
    }

    /// Returns the mapper of its model.
    pub(crate) fn mapper(&self) -> &'static Mapper {
        self.state().mapper
    }
}

/// An object of any model.
pub(crate) trait AnyInstance {
    fn state(&self) -> &InstanceState;
    fn as_any(self: Rc<Self>) -> Rc<dyn Any>;
    /// Returns the columns that differ from the row; none without a row.
    fn changed(&self) -> Vec<usize>;
    /// Whether a column differs from the row.
    fn differs(&self, column: usize) -> bool;
    /// Whether anything differs from the row, relationships too.
    fn is_changed(&self) -> bool;
    fn value(&self, column: usize) -> Value;
    fn stored_value(&self, column: usize) -> Value;
    fn wants_key(&self) -> bool;
    fn key(&self) -> Key;
    fn stored_key(&self) -> Key;
    fn has_row(&self) -> bool;
    /// Calls `visit` with a relationship's current and stored version.
    fn with_relation(&self, at: usize, visit: &mut RelationVisitor<'_>);
    /// Sets a relationship to the objects that were loaded.
    fn load(&self, at: usize, items: Vec<AnyEntity>);
    /// Changes a relationship's stored and current version.
    fn set_committed_relation(&self, at: usize, change: &mut dyn FnMut(&mut dyn AnyRelation));
    /// Sets a column on behalf of the session; its row does not have the value yet.
    fn assign(&self, column: usize, value: Value) -> Result<()>;
    /// Sets columns to the values that the row has now.
    fn set_committed_values(&self, values: &[(usize, Value)]) -> Result<()>;
    /// Begins a flush, which writes the object's current version.
    fn send(&self);
    /// Ends the flush. If it wrote the row, the sent version becomes the stored one.
    fn end_send(&self, is_written: bool);
    /// Settles relationships once the row is written. Those without objects are empty, or get the object to which their foreign
    /// keys `lead`.
    fn settle_relations(&self, lead: &ForeignKeyResolver<'_>);
    /// Makes the object a new one, as its row no longer exists.
    fn forget_row(&self);
    /// Reverts the object to its row.
    fn revert(&self);
    /// Takes a snapshot of its row, for a rollback.
    fn snapshot(&self) -> Snapshot;
    fn restore(&self, snapshot: &Snapshot);
    /// Clears its relationships, so that circles of objects are freed.
    fn unlink(&self);
    /// Calls `visit` with every object that one of its versions holds.
    fn links(&self, visit: &mut dyn FnMut(&dyn AnyInstance));
    /// Encodes columns of objects of its model for a batch.
    fn encode(&self, objects: &[AnyEntity], columns: &[usize]) -> Result<Vec<ColumnData>>;
    /// Copies onto another object of its model: the columns that `is_given` and the relationships that `is_copied` accept. `whom`
    /// maps the related objects.
    fn copy_onto(
        &self,
        other: &AnyEntity,
        is_given: &dyn Fn(usize) -> bool,
        is_copied: &dyn Fn(usize) -> bool,
        whom: &dyn Fn(&AnyEntity) -> AnyEntity,
    );
    /// Replaces its related objects by those that `whom` returns.
    fn exchange(&self, whom: &dyn Fn(&AnyEntity) -> AnyEntity);
}
