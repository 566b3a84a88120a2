//! What a session has to know of a model: where its keys are, and what its relationships stand on.

use std::{
    any::TypeId,
    cell::{Cell, RefCell},
    rc::Rc,
};

use rustc_hash::FxHashMap;

use super::Unit;
use crate::{
    Error, Result,
    bindings::sqlservice::database::{
        rows::{Batch, ColumnData},
        sessions::ResultColumn,
    },
    entity::{AnyEntity, Record, encode_rows},
    model::unset::{Unset, unset},
    relation::{Cascades, Declared},
    schema::{Action, CascadeKind, DefaultValue, ForeignKey, Table},
};

/// Makes objects of a batch's rows.
type Absorb = fn(&Rc<Unit>, &[ResultColumn], Batch, bool) -> Result<Vec<AnyEntity>>;

/// Which model: a small number, as maps are asked by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ModelId(u32);

/// A model.
pub(crate) struct Mapper {
    pub(crate) of: ModelId,
    model: TypeId,
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
    /// Columns that a row may have no value in.
    nullable: Vec<usize>,
    /// Columns that the database changes with every update.
    pub(crate) touched: Vec<usize>,
    pub(crate) schema: Option<&'static str>,
    /// The columns of unique constraints and indexes.
    pub(crate) uniques: Vec<Vec<usize>>,
    /// The table's foreign keys.
    pub(crate) foreign_keys: Vec<ForeignKey>,
    pub(crate) relations: Vec<Mapped>,
    /// What rows need not say.
    pub(crate) unset: &'static Unset,
    /// Whether it wants to know of events.
    pub(crate) hears: bool,
    pub(crate) encode: fn(&[AnyEntity], &[usize]) -> Result<Vec<ColumnData>>,
    pub(crate) absorb: Absorb,
}

/// Which side has the foreign key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// The owner: many-to-one.
    ToOne,
    /// The other side: one-to-many, one-to-one.
    ToMany,
    /// A table between them.
    Through,
}

/// A relationship.
pub(crate) struct Mapped {
    pub(crate) name: String,
    /// The name of the struct's field.
    pub(crate) field: &'static str,
    pub(crate) collection: bool,
    pub(crate) target: fn() -> &'static Mapper,
    pub(crate) direction: Direction,
    /// The owner's columns: those of its foreign key, or those that are referred to.
    pub(crate) near: Vec<usize>,
    /// The other side's columns, as many.
    pub(crate) far: Vec<usize>,
    pub(crate) through: Option<Through>,
    pub(crate) save_update: bool,
    pub(crate) delete: bool,
    pub(crate) delete_orphan: bool,
    pub(crate) passive_deletes: bool,
    /// Whether the database makes foreign keys follow that refer to a key which changes.
    pub(crate) passive_updates: bool,
    pub(crate) post_update: bool,
    pub(crate) cascades: Cascades,
    /// The order in which it is loaded.
    pub(crate) order_by: Vec<String>,
}

/// The table between both sides.
pub(crate) struct Through {
    pub(crate) table: String,
    pub(crate) schema: Option<String>,
    /// Its columns that refer to the owner.
    pub(crate) near: Vec<String>,
    /// Its columns that refer to the other side.
    pub(crate) far: Vec<String>,
    pub(crate) primary_key: Vec<String>,
    /// Those of its columns that follow a key which changes.
    pub(crate) follows: Vec<String>,
}

thread_local! {
    /// As many as there are models, kept as long as the guest is.
    static MAPPERS: RefCell<FxHashMap<TypeId, &'static Mapper>> = RefCell::default();
    static NEXT: Cell<u32> = const { Cell::new(0) };
    /// The one that was asked for last: many objects of one model come one after the other.
    static LAST: Cell<Option<&'static Mapper>> = const { Cell::new(None) };
}

/// All models that were met so far.
pub(crate) fn mappers() -> Vec<&'static Mapper> {
    MAPPERS.with_borrow(|mappers| mappers.values().copied().collect())
}

/// What is known of a model.
pub(crate) fn mapper<M: Record>() -> &'static Mapper {
    let model = TypeId::of::<M>();
    if let Some(last) = LAST.get().filter(|last| last.model == model) {
        return last;
    }
    let known = MAPPERS.with_borrow(|mappers| mappers.get(&model).copied());
    let mapper = known.unwrap_or_else(|| {
        let of = ModelId(NEXT.replace(NEXT.get() + 1));
        let mapper = &*Box::leak(Box::new(Mapper::new::<M>(of)));
        MAPPERS.with_borrow_mut(|mappers| mappers.insert(model, mapper));
        mapper
    });
    LAST.set(Some(mapper));
    mapper
}

fn position(columns: &[String], name: &str) -> Option<usize> {
    columns.iter().position(|column| column == name)
}

fn names(table: &Table) -> Vec<String> {
    table.columns.iter().map(|column| column.name.clone()).collect()
}

fn positions(table: &Table, of: &[String]) -> Vec<usize> {
    let columns = names(table);
    of.iter().filter_map(|name| position(&columns, name)).collect()
}

/// The columns of the unique constraints and indexes of a table.
fn uniques(table: &Table) -> Vec<Vec<usize>> {
    let indexes = table.indexes.iter().filter(|index| index.unique);
    let mut uniques: Vec<_> = (table.uniques.iter().chain(indexes)).map(|key| positions(table, &key.columns)).collect();
    uniques.sort_unstable();
    uniques.dedup();
    uniques
}

impl Mapper {
    fn new<M: Record>(of: ModelId) -> Self {
        let table = M::table();
        let at = |wanted: &dyn Fn(&crate::schema::Column) -> bool| -> Vec<usize> {
            table.columns.iter().enumerate().filter(|(_, column)| wanted(column)).map(|(at, _)| at).collect()
        };
        let plain = |default: &DefaultValue| !matches!(default, DefaultValue::None | DefaultValue::GeneratedKey);
        Self {
            of,
            model: TypeId::of::<M>(),
            table: M::TABLE,
            columns: M::COLUMNS,
            fields: M::FIELDS,
            key: positions(&table, &table.primary_key),
            generated: M::GENERATED,
            version: M::VERSION,
            defaulted: at(&|column| plain(&column.default)),
            nullable: at(&|column| column.nullable),
            touched: at(&|column| plain(&column.on_update)),
            schema: M::SCHEMA,
            uniques: uniques(&table),
            foreign_keys: table.foreign_keys.clone(),
            relations: M::relations().into_iter().map(|declared| Mapped::new(&table, declared)).collect(),
            unset: unset::<M>(),
            hears: M::HEARS,
            encode: encode_rows::<M>,
            absorb: super::absorb::rows::<M>,
        }
    }

    /// A relationship by its position.
    pub(crate) fn relation(&self, at: usize) -> Result<&Mapped> {
        let missing = || Error::other(format!("{:?} has no relationship {at}", self.table));
        self.relations.get(at).ok_or_else(missing)
    }

    /// Whether these columns may be null, so that an update can set them later, or clear them first (`post_update`).
    pub(crate) fn can_wait(&self, columns: &[usize]) -> bool {
        columns.iter().all(|column| self.nullable.contains(column))
    }

    /// The positions of some columns.
    pub(crate) fn positions(&self, names: &[String]) -> Vec<usize> {
        names.iter().filter_map(|name| self.columns.iter().position(|column| column == name)).collect()
    }

    /// The columns of the unique keys that have one of these, in order.
    pub(crate) fn unique_with(&self, columns: &[usize]) -> Vec<usize> {
        let has = |key: &&Vec<usize>| key.iter().any(|column| columns.contains(column));
        let mut with: Vec<usize> = self.uniques.iter().filter(has).flatten().copied().collect();
        with.sort_unstable();
        with.dedup();
        with
    }

    /// The names of some columns.
    pub(crate) fn names(&self, columns: &[usize]) -> Vec<String> {
        columns.iter().filter_map(|&at| self.columns.get(at)).map(|&name| name.to_owned()).collect()
    }
}

impl Mapped {
    /// Where several foreign keys would do, or none, the host refused the models when the database was opened.
    fn new(owner: &Table, declared: Declared) -> Self {
        let Declared { relationship, target, target_table, through, field, cascades, passive_updates } = declared;
        let far_table = target_table();
        let wanted = relationship.foreign_key.as_deref();
        let (direction, near, far, through) = match through.map(|through| through()) {
            Some(between) => {
                let (near, far, through) = Through::new(owner, &far_table, &between, wanted);
                (Direction::Through, near, far, Some(through))
            }
            None => {
                let is_self = owner.name == far_table.name && owner.schema == far_table.schema;
                let forward = key(owner, &far_table, wanted).filter(|_| !(is_self && relationship.collection));
                match forward {
                    Some(key) => {
                        let near = positions(owner, &key.columns);
                        (Direction::ToOne, near, positions(&far_table, &key.referred), None)
                    }
                    None => {
                        let key = key(&far_table, owner, wanted);
                        let near = key.map(|key| positions(owner, &key.referred)).unwrap_or_default();
                        let far = key.map(|key| positions(&far_table, &key.columns)).unwrap_or_default();
                        (Direction::ToMany, near, far, None)
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
            near,
            far,
            through,
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

impl Through {
    /// The owner's columns, the other side's, and the table between.
    fn new(
        owner: &Table,
        target: &Table,
        between: &Table,
        wanted: Option<&[String]>,
    ) -> (Vec<usize>, Vec<usize>, Self) {
        let near = key(between, owner, wanted);
        let is_other = |key: &&ForeignKey| near.is_none_or(|near| near.columns != key.columns);
        let refers = |key: &&ForeignKey| key.table == target.name && key.schema == target.schema;
        let far = between.foreign_keys.iter().filter(refers).find(is_other);
        let cascades = |key: &&&ForeignKey| key.on_update == Action::Cascade;
        let follows = near.iter().chain(&far).filter(cascades).flat_map(|key| key.columns.clone()).collect();
        let through = Self {
            follows,
            table: between.name.clone(),
            schema: between.schema.clone(),
            near: near.map(|key| key.columns.clone()).unwrap_or_default(),
            far: far.map(|key| key.columns.clone()).unwrap_or_default(),
            primary_key: between.primary_key.clone(),
        };
        let near = near.map(|key| positions(owner, &key.referred)).unwrap_or_default();
        (near, far.map(|key| positions(target, &key.referred)).unwrap_or_default(), through)
    }
}

/// The foreign key from one table to another.
fn key<'a>(from: &'a Table, to: &Table, wanted: Option<&[String]>) -> Option<&'a ForeignKey> {
    let refers = |key: &&ForeignKey| key.table == to.name && key.schema == to.schema;
    let fits = |key: &&ForeignKey| wanted.is_none_or(|wanted| wanted == key.columns);
    from.foreign_keys.iter().filter(refers).find(fits)
}
