//! Finds the columns that relationships join on, from the foreign keys of their tables.
//!
//! The host finds them as well (`host/sql`, `catalog/relationship.rs`), and only the host refuses a relationship: it checks all
//! models when a database is opened, and loads by the columns that it found. The unit of work needs the positions of the columns in
//! its structs, also of models that it uses before any database is open, and the contract has no call that returns them. So this
//! module validates nothing: for a relationship that the host accepts it finds the same foreign key, and it refuses none.

use super::{Direction, RelationshipDeclaration, RelationshipMapping, Secondary};
use crate::schema::{Action, CascadeKind, ForeignKey, Table};

fn position(columns: &[String], name: &str) -> Option<usize> {
    columns.iter().position(|column| column == name)
}

fn names(table: &Table) -> Vec<String> {
    table.columns.iter().map(|column| column.name.clone()).collect()
}

/// Returns the positions of columns in a table.
pub(crate) fn positions(table: &Table, of: &[String]) -> Vec<usize> {
    let columns = names(table);
    of.iter().filter_map(|name| position(&columns, name)).collect()
}

/// Returns the columns of the unique constraints and indexes of a table.
pub(crate) fn uniques(table: &Table) -> Vec<Vec<usize>> {
    let indexes = table.indexes.iter().filter(|index| index.unique);
    let mut uniques: Vec<_> = (table.uniques.iter().chain(indexes)).map(|key| positions(table, &key.columns)).collect();
    uniques.sort_unstable();
    uniques.dedup();
    uniques
}

impl RelationshipMapping {
    /// Resolves a declared relationship. If several foreign keys match, or none, the host refuses the models when a database is
    /// opened.
    pub(crate) fn new(owner: &Table, declared: RelationshipDeclaration) -> Self {
        let RelationshipDeclaration { relationship, target, target_table, secondary, field, cascades, passive_updates } =
            declared;
        let remote_table = target_table();
        let wanted = relationship.foreign_key.as_deref();
        let (direction, local, remote, secondary) = match secondary.map(|secondary| secondary()) {
            Some(between) => {
                let (local, remote, secondary) = Secondary::new(owner, &remote_table, &between, wanted);
                (Direction::ManyToMany, local, remote, Some(secondary))
            }
            None => {
                let is_self = owner.name == remote_table.name && owner.schema == remote_table.schema;
                let forward = key(owner, &remote_table, wanted).filter(|_| !(is_self && relationship.collection));
                match forward {
                    Some(key) => {
                        let local = positions(owner, &key.columns);
                        (Direction::ManyToOne, local, positions(&remote_table, &key.referred), None)
                    }
                    None => {
                        let key = key(&remote_table, owner, wanted);
                        let local = key.map(|key| positions(owner, &key.referred)).unwrap_or_default();
                        let remote = key.map(|key| positions(&remote_table, &key.columns)).unwrap_or_default();
                        (Direction::OneToMany, local, remote, None)
                    }
                }
            }
        };
        let has = |kind| relationship.cascade.contains(&kind);
        Self {
            field,
            collection: relationship.collection,
            target,
            direction,
            local,
            remote,
            secondary,
            save_update: has(CascadeKind::SaveUpdate),
            delete: has(CascadeKind::Delete),
            delete_orphan: has(CascadeKind::DeleteOrphan),
            passive_deletes: relationship.passive_deletes,
            passive_updates,
            post_update: relationship.post_update,
            cascades,
            order_by: relationship.order_by,
            name: relationship.name,
        }
    }
}

impl Secondary {
    /// Returns the owner's columns, the other side's columns, and the secondary table.
    fn new(
        owner: &Table,
        target: &Table,
        between: &Table,
        wanted: Option<&[String]>,
    ) -> (Vec<usize>, Vec<usize>, Self) {
        let local = key(between, owner, wanted);
        let is_other = |key: &&ForeignKey| local.is_none_or(|local| local.columns != key.columns);
        let refers = |key: &&ForeignKey| key.table == target.name && key.schema == target.schema;
        let remote = between.foreign_keys.iter().filter(refers).find(is_other);
        let cascades = |key: &&&ForeignKey| key.on_update == Action::Cascade;
        let follows = local.iter().chain(&remote).filter(cascades).flat_map(|key| key.columns.clone()).collect();
        let secondary = Self {
            follows,
            table: between.name.clone(),
            schema: between.schema.clone(),
            local: local.map(|key| key.columns.clone()).unwrap_or_default(),
            remote: remote.map(|key| key.columns.clone()).unwrap_or_default(),
            primary_key: between.primary_key.clone(),
        };
        let local = local.map(|key| positions(owner, &key.referred)).unwrap_or_default();
        (local, remote.map(|key| positions(target, &key.referred)).unwrap_or_default(), secondary)
    }
}

/// Returns the foreign key from one table to another.
fn key<'a>(from: &'a Table, to: &Table, wanted: Option<&[String]>) -> Option<&'a ForeignKey> {
    let refers = |key: &&ForeignKey| key.table == to.name && key.schema == to.schema;
    let fits = |key: &&ForeignKey| wanted.is_none_or(|wanted| wanted == key.columns);
    from.foreign_keys.iter().filter(refers).find(fits)
}
