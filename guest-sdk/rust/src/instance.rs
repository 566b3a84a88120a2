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

/// What keeps track of objects and of their changes: the unit of work that they are in.
pub(crate) trait ChangeTracker {
    /// An object was edited.
    fn edited(&self, object: Rc<dyn AnyInstance>);
    /// An owner that is in no session lost an object of this one.
    fn lost_by_detached(&self, owner: AnyEntity, item: AnyEntity);
    /// An object was freed that had this identity key.
    fn forget(&self, of: ModelId, key: Key);
    /// The object of an identity key.
    fn find(&self, of: ModelId, key: &Key) -> Option<AnyEntity>;
    /// Room for so many more objects.
    fn reserve(&self, objects: usize);
    /// Puts an object into the identity map whose row was read.
    fn insert_read(self: Rc<Self>, object: AnyEntity, key: Key);
    /// The row of an object that is known was read again, and takes the object's place.
    fn snapshot_read(&self, object: &AnyEntity);
}

/// Handles that are to be dropped, whatever their models are.
pub(crate) type HandlesToDrop = Vec<Rc<dyn Any>>;

/// A snapshot of an object's row, for a rollback.
pub(crate) struct Snapshot {
    /// What its row was, or what it was itself where it had none.
    pub(crate) version: Rc<dyn Any>,
    pub(crate) has_row: bool,
}

/// A handle of an object, whatever its model is.
#[derive(Clone)]
pub struct AnyEntity(pub(crate) Rc<dyn AnyInstance>);

impl AnyEntity {
    /// The name of its table.
    pub fn table(&self) -> &'static str {
        self.0.mapper().table
    }

    /// What is known of its row.
    pub fn status(&self) -> Status {
        self.0.state().status()
    }

    /// Its address, which identifies the object.
    pub(crate) fn address(&self) -> usize {
        Rc::as_ptr(&self.0).cast::<()>() as usize
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
            shown.field(column, &value::Shown(&self.0.value(position)));
        }
        shown.finish()
    }
}

/// The object that the foreign key of a relationship refers to.
pub(crate) enum ForeignKeyTarget {
    /// None: it is null, or not the object's own.
    Nothing,
    /// This object.
    Object(AnyEntity),
    /// One that is not in the identity map.
    Unknown,
}

/// Finds the object that the relationship at a position refers to, from the values of the owner's columns.
pub(crate) type ForeignKeyResolver<'a> = dyn Fn(usize, &dyn Fn(usize) -> Value) -> ForeignKeyTarget + 'a;

/// Gets a relationship as it is and as it is stored.
pub(crate) type RelationVisitor<'a> = dyn FnMut(&dyn AnyRelation, Option<&dyn AnyRelation>) + 'a;

impl dyn AnyInstance {
    /// What a relationship holds.
    pub(crate) fn items(&self, at: usize) -> Vec<AnyEntity> {
        let mut items = Vec::new();
        self.with_relation(at, &mut |now, _| now.list(&mut items));
        items
    }

    /// The mapper of its model.
    pub(crate) fn mapper(&self) -> &'static Mapper {
        self.state().mapper
    }
}

/// An object, whatever its model is.
pub(crate) trait AnyInstance {
    fn state(&self) -> &InstanceState;
    fn as_any(self: Rc<Self>) -> Rc<dyn Any>;
    /// The columns that differ from the row; none where there is no row.
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
    /// Calls with a relationship as it is and as it is stored.
    fn with_relation(&self, at: usize, visit: &mut RelationVisitor<'_>);
    /// Sets a relationship as it was loaded.
    fn load(&self, at: usize, items: Vec<AnyEntity>);
    /// Changes a relationship as it is stored and as it is.
    fn set_committed_relation(&self, at: usize, change: &mut dyn FnMut(&mut dyn AnyRelation));
    /// Sets a column on behalf of the session; its row does not have the value yet.
    fn assign(&self, column: usize, value: Value) -> Result<()>;
    /// Sets columns that the row has now.
    fn set_committed_values(&self, values: &[(usize, Value)]) -> Result<()>;
    /// A flush writes the object as it is now.
    fn send(&self);
    /// The flush ended. Where it wrote the row, that is what was sent.
    fn end_send(&self, is_written: bool);
    /// What relationships are, once the row was written. Those that have nothing are empty, or what their foreign keys `lead` to.
    fn settle_relations(&self, lead: &ForeignKeyResolver<'_>);
    /// There is no row any more: the object is a new one.
    fn forget_row(&self);
    /// The object as its row is.
    fn revert(&self);
    /// A snapshot of its row, for a rollback.
    fn snapshot(&self) -> Snapshot;
    fn restore(&self, snapshot: &Snapshot);
    /// Forgets what it is related to, so that circles of objects are freed.
    fn unlink(&self);
    /// Calls with every object that one of its versions holds.
    fn links(&self, visit: &mut dyn FnMut(&dyn AnyInstance));
    /// The columns of objects of its model, for a batch.
    fn encode(&self, objects: &[AnyEntity], columns: &[usize]) -> Result<Vec<ColumnData>>;
    /// Puts what it says onto another object of its model: columns that are given, and relationships that are copied, to `whom`
    /// their objects stand for.
    fn copy_onto(
        &self,
        other: &AnyEntity,
        is_given: &dyn Fn(usize) -> bool,
        is_copied: &dyn Fn(usize) -> bool,
        whom: &dyn Fn(&AnyEntity) -> AnyEntity,
    );
    /// Puts others in the places of objects that it is related to.
    fn exchange(&self, whom: &dyn Fn(&AnyEntity) -> AnyEntity);
}
