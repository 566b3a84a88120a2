//! The mapper of a model, built from the derive's declarations, and the loader that makes objects of its rows.

use std::{any::TypeId, cell::RefCell, rc::Rc};

use super::loading;
use crate::{
    Error, Result,
    bindings::sqlservice::database::{rows::Batch, sessions::ResultColumn},
    instance::{AnyEntity, ChangeTracker},
    mapping::{self, Mapper, ModelId, RelationshipMapping, positions, uniques},
    model::{Record, unset::unset},
    schema::{Column, DefaultValue},
};

/// Makes objects of a batch's rows.
type Load = fn(&'static Mapper, &Rc<dyn ChangeTracker>, &[ResultColumn], Batch, bool) -> Result<Vec<AnyEntity>>;

thread_local! {
    /// The functions that make objects of rows, by the models' numbers.
    static LOADS: RefCell<Vec<Load>> = const { RefCell::new(Vec::new()) };
}

/// Returns the mapper of a model, which is registered on first use.
pub(crate) fn mapper<M: Record>() -> &'static Mapper {
    mapping::find(TypeId::of::<M>()).unwrap_or_else(|| {
        mapping::register(|of| {
            LOADS.with_borrow_mut(|loads| loads.push(loading::load_any::<M>));
            new::<M>(of)
        })
    })
}

/// Returns the objects of a batch's rows, of any model: see [`loading::load_any`].
pub(crate) fn load(
    mapper: &'static Mapper,
    tracker: &Rc<dyn ChangeTracker>,
    columns: &[ResultColumn],
    batch: Batch,
    populate_existing: bool,
) -> Result<Vec<AnyEntity>> {
    let load = LOADS.with_borrow(|loads| loads.get(mapper.of.0 as usize).copied());
    let load = load.ok_or_else(|| Error::other("a model without a mapper"))?;
    load(mapper, tracker, columns, batch, populate_existing)
}

fn new<M: Record>(of: ModelId) -> Mapper {
    let table = M::table();
    let at = |wanted: &dyn Fn(&Column) -> bool| -> Vec<usize> {
        table.columns.iter().enumerate().filter(|(_, column)| wanted(column)).map(|(at, _)| at).collect()
    };
    let plain = |default: &DefaultValue| !matches!(default, DefaultValue::None | DefaultValue::GeneratedKey);
    Mapper {
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
        relations: M::relations().into_iter().map(|declared| RelationshipMapping::new(&table, declared)).collect(),
        unset: unset::<M>(),
        hooks: M::HOOKS,
    }
}
