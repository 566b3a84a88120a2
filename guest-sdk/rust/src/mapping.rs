//! The metadata of models: columns, keys, and the columns that relationships join on. It handles no objects.

mod key;
mod registry;
mod resolve;
mod unset;

use std::any::{Any, TypeId};

use crate::{
    Error, Result,
    schema::{ForeignKey, Relationship, Table},
};

pub(crate) use self::{
    key::{Key, batch_of_keys, names_row, of_columns as keys_of},
    registry::{find, mappers, register},
    resolve::{positions, uniques},
    unset::{Unset, opened},
};

/// A model's number, small and cheap to hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ModelId(pub(crate) u32);

/// The metadata of a model that a session needs.
pub(crate) struct Mapper {
    pub(crate) of: ModelId,
    pub(crate) model: TypeId,
    pub(crate) table: &'static str,
    pub(crate) columns: &'static [&'static str],
    /// The names of the struct's fields, one a column.
    pub(crate) fields: &'static [&'static str],
    /// The positions of the primary key's columns.
    pub(crate) key: Vec<usize>,
    pub(crate) generated: Option<usize>,
    pub(crate) version: Option<usize>,
    /// Columns that the database fills in where a row has a null for them.
    pub(crate) defaulted: Vec<usize>,
    /// Columns that can be null.
    pub(crate) nullable: Vec<usize>,
    /// Columns that the database changes with every update.
    pub(crate) touched: Vec<usize>,
    pub(crate) schema: Option<&'static str>,
    /// The columns of unique constraints and indexes.
    pub(crate) uniques: Vec<Vec<usize>>,
    /// The table's foreign keys.
    pub(crate) foreign_keys: Vec<ForeignKey>,
    pub(crate) relations: Vec<RelationshipMapping>,
    /// The values that new rows may leave to the database.
    pub(crate) unset: &'static Unset,
    /// The dispatcher of its hooks, whose type only the session knows.
    pub(crate) hooks: Option<&'static dyn Any>,
}

/// The side of a relationship that has the foreign key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// Many-to-one: the owner has the foreign key.
    ManyToOne,
    /// One-to-many or one-to-one: the other side has it.
    OneToMany,
    /// Many-to-many: a secondary table has two.
    ManyToMany,
}

/// A relationship, and the columns that it joins on.
pub(crate) struct RelationshipMapping {
    pub(crate) name: String,
    /// The name of the struct's field.
    pub(crate) field: &'static str,
    pub(crate) collection: bool,
    pub(crate) target: fn() -> &'static Mapper,
    pub(crate) direction: Direction,
    /// The owner's columns: those of its foreign key, or those that are referred to.
    pub(crate) local: Vec<usize>,
    /// The other side's columns, in the same number and order.
    pub(crate) remote: Vec<usize>,
    pub(crate) secondary: Option<Secondary>,
    pub(crate) save_update: bool,
    pub(crate) delete: bool,
    pub(crate) delete_orphan: bool,
    pub(crate) passive_deletes: bool,
    /// Whether the database updates the foreign keys that refer to a changed key.
    pub(crate) passive_updates: bool,
    pub(crate) post_update: bool,
    pub(crate) cascades: Cascades,
    /// The order in which it is loaded.
    pub(crate) order_by: Vec<String>,
}

/// The secondary table of a many-to-many relationship.
pub(crate) struct Secondary {
    pub(crate) table: String,
    pub(crate) schema: Option<String>,
    /// Its columns that refer to the owner.
    pub(crate) local: Vec<String>,
    /// Its columns that refer to the other side.
    pub(crate) remote: Vec<String>,
    pub(crate) primary_key: Vec<String>,
    /// Its columns that follow a changed key.
    pub(crate) follows: Vec<String>,
}

/// A relationship as its model declares it.
#[doc(hidden)]
pub struct RelationshipDeclaration {
    pub(crate) relationship: Relationship,
    pub(crate) target: fn() -> &'static Mapper,
    pub(crate) target_table: fn() -> Table,
    pub(crate) secondary: Option<fn() -> Table>,
    pub(crate) field: &'static str,
    pub(crate) cascades: Cascades,
    pub(crate) passive_updates: bool,
}

/// Cascades of a relationship that concern the session alone, not the host.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cascades {
    /// Merging the owner merges the related objects.
    pub merge: bool,
    /// Expunging the owner expunges the related objects.
    pub expunge: bool,
    /// Refreshing the owner refreshes the related objects.
    pub refresh_expire: bool,
}

impl Mapper {
    /// Returns a relationship by its position.
    pub(crate) fn relation(&self, at: usize) -> Result<&RelationshipMapping> {
        let missing = || Error::other(format!("{:?} has no relationship {at}", self.table));
        self.relations.get(at).ok_or_else(missing)
    }

    /// Whether these columns may be null, so that an update can set them later, or clear them first (`post_update`).
    pub(crate) fn can_wait(&self, columns: &[usize]) -> bool {
        columns.iter().all(|column| self.nullable.contains(column))
    }

    /// Returns the positions of some columns.
    pub(crate) fn positions(&self, names: &[String]) -> Vec<usize> {
        names.iter().filter_map(|name| self.columns.iter().position(|column| column == name)).collect()
    }

    /// Returns the columns of the unique keys that contain one of these, in order.
    pub(crate) fn unique_with(&self, columns: &[usize]) -> Vec<usize> {
        let has = |key: &&Vec<usize>| key.iter().any(|column| columns.contains(column));
        let mut with: Vec<usize> = self.uniques.iter().filter(has).flatten().copied().collect();
        with.sort_unstable();
        with.dedup();
        with
    }

    /// Returns the names of some columns.
    pub(crate) fn names(&self, columns: &[usize]) -> Vec<String> {
        columns.iter().filter_map(|&at| self.columns.get(at)).map(|&name| name.to_owned()).collect()
    }
}
