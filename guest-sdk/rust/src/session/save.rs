//! `save`: insert or update by primary key.

mod graph;

use rustc_hash::{FxHashMap, FxHashSet};

use self::graph::{Graph, SaveMode};
use super::{RunOptions, Session};
use crate::{
    Error, Result,
    bindings::sqlservice::database::sessions::LoadRoot,
    entity::{AnyEntity, Entity, Instance, Record, mapper},
    error::Stale,
    mapping::{Key, Mapper, ModelId, batch_of_keys},
    model::Column,
    unit_of_work::LoadFrom,
    value::{Field, IntoValue, Scalar, Value},
};

/// The argument of [`Session::save`]: a model, an object, or a [`Partial`] model.
pub struct Saving<M> {
    object: Entity<M>,
    columns: Option<Vec<usize>>,
    wrong: Option<Error>,
}

/// A model of which only some columns are given; see [`partial`].
pub struct Partial<M> {
    value: M,
    columns: Vec<usize>,
    wrong: Option<Error>,
}

/// Creates a model with only some columns given, for [`Session::save`]: `partial::<User>().set(User::ID, 1).set(User::NAME, "jo")`.
/// The other columns of an existing row stay unchanged. Those of a new row are the `Default`'s.
pub fn partial<M: Record + Default>() -> Partial<M> {
    Partial { value: M::default(), columns: Vec::new(), wrong: None }
}

impl<M: Record> Partial<M> {
    /// Sets a column's value.
    pub fn set<T: Field>(mut self, column: Column<M, T>, value: impl IntoValue) -> Self {
        let position = M::COLUMNS.iter().position(|name| *name == column.name());
        match position.map(|position| self.value.set_column(position, value.into_value()).map(|()| position)) {
            Some(Ok(position)) => {
                self.columns.push(position);
                self.value.fire_set(column.name());
            }
            Some(Err(error)) => self.wrong = Some(error),
            None => {}
        }
        self
    }
}

impl<M: Record> From<M> for Saving<M> {
    fn from(model: M) -> Self {
        Self { object: Entity::new(model), columns: None, wrong: None }
    }
}

impl<M: Record> From<Entity<M>> for Saving<M> {
    fn from(object: Entity<M>) -> Self {
        Self { object, columns: None, wrong: None }
    }
}

impl<M: Record> From<&Entity<M>> for Saving<M> {
    fn from(object: &Entity<M>) -> Self {
        Self { object: object.clone(), columns: None, wrong: None }
    }
}

impl<M: Record> From<Partial<M>> for Saving<M> {
    fn from(partial: Partial<M>) -> Self {
        let Partial { value, columns, wrong } = partial;
        Self { object: Entity::of(Instance::new(mapper::<M>(), value)), columns: Some(columns), wrong }
    }
}

/// An object of any model to save.
#[derive(Clone)]
struct SaveItem {
    object: AnyEntity,
    /// The columns that are given; `None` means all.
    columns: Option<Vec<usize>>,
    key: Option<Vec<Value>>,
    /// Foreign key columns that a relationship sets.
    said_otherwise: Vec<usize>,
}

impl SaveItem {
    fn new<M: Record>(what: Saving<M>) -> Result<Self> {
        let Saving { object, columns, wrong } = what;
        wrong.map_or_else(|| Ok(Self::of(object.into(), columns)), Err)
    }

    fn of(object: AnyEntity, columns: Option<Vec<usize>>) -> Self {
        let mapper = object.0.mapper();
        let values: Vec<Value> = mapper.key.iter().map(|&column| object.0.value(column)).collect();
        let is_set = !object.0.wants_key() && !values.iter().any(|value| matches!(value, Value::Scalar(Scalar::Null)));
        Self { object, columns, key: is_set.then_some(values), said_otherwise: Vec::new() }
    }
}

impl Session {
    /// Inserts or updates a row, depending on its primary key: the next flush updates the columns of an existing row that differ.
    /// Returns the object of the row; for a new row, that is the given object.
    ///
    /// A generated key of 0 means a new row. An object whose row was deleted meanwhile is inserted again. Related objects are saved
    /// with it where the relationship cascades.
    pub async fn save<M: Record>(&self, what: impl Into<Saving<M>>) -> Result<Entity<M>> {
        self.save_one(what.into(), SaveMode::Save).await
    }

    async fn save_one<M: Record>(&self, what: Saving<M>, follow: SaveMode) -> Result<Entity<M>> {
        let saved = self.save_items(vec![SaveItem::new(what)?], follow).await?;
        saved.first().and_then(AnyEntity::downcast).ok_or_else(|| Error::invalid("nothing was saved"))
    }

    /// Saves many objects, with one query for all those whose primary keys are set.
    ///
    /// # Errors
    /// [`Error::Invalid`] for no objects at all, and for two objects with the same key; nothing was sent then.
    pub async fn save_all<M: Record, I: Into<Saving<M>>>(
        &self,
        all: impl IntoIterator<Item = I>,
    ) -> Result<Vec<Entity<M>>> {
        let items = all.into_iter().map(|what| SaveItem::new(what.into())).collect::<Result<_>>()?;
        let saved = self.save_items(items, SaveMode::Save).await?;
        Ok(saved.iter().filter_map(AnyEntity::downcast).collect())
    }

    /// Saves objects of several models, with one query for each model.
    pub async fn save_objects(&self, all: Vec<AnyEntity>) -> Result<Vec<AnyEntity>> {
        self.save_items(all.into_iter().map(|object| SaveItem::of(object, None)).collect(), SaveMode::Save).await
    }

    /// Copies a model's values onto the object of its row, as [`save`](Self::save) does. Related objects are merged with it where
    /// the relationship cascades `merge`, which is the default; otherwise the object keeps its relationship.
    ///
    /// # Errors
    /// [`Error::StaleData`] where the model has a version and the row has another one.
    pub async fn merge<M: Record>(&self, what: impl Into<Saving<M>>) -> Result<Entity<M>> {
        self.save_one(what.into(), SaveMode::Merge).await
    }

    async fn save_items(&self, items: Vec<SaveItem>, follow: SaveMode) -> Result<Vec<AnyEntity>> {
        if items.is_empty() {
            return Err(Error::invalid("there is nothing to save: give at least one object"));
        }
        let mut seen = FxHashSet::default();
        for item in &items {
            if let Some(key) = &item.key
                && !seen.insert((item.object.0.mapper().of, Key::of(key)))
            {
                let table = item.object.table();
                return Err(Error::invalid(format!("two objects of {table:?} have the same primary key {key:?}")));
            }
        }
        self.ready().await?;
        let graph = Graph::new(self.unit(), items, follow);
        // Held until the merge: a session does not keep objects alive that have no changes to write.
        let _rows = self.read_rows(&graph.items).await?;
        graph.merge(self.unit())
    }

    /// Reads the rows of all keys whose objects are unknown or expired, with one query a model.
    async fn read_rows(&self, items: &[SaveItem]) -> Result<Vec<AnyEntity>> {
        let mut models: Vec<&'static Mapper> = Vec::new();
        let mut wanted: FxHashMap<ModelId, Vec<Vec<Value>>> = FxHashMap::default();
        for item in items {
            let mapper = item.object.0.mapper();
            let Some(key) = &item.key else { continue };
            let known = self.unit().find(mapper.of, &Key::of(key));
            if known.is_some_and(|known| !known.0.state().is_expired.get()) {
                continue;
            }
            let keys = wanted.entry(mapper.of).or_insert_with(|| {
                models.push(mapper);
                Vec::new()
            });
            keys.push(key.clone());
        }
        let mut read = Vec::new();
        for mapper in models {
            let rows = wanted.remove(&mapper.of).unwrap_or_default();
            let start = LoadFrom::Rows(LoadRoot::Keys(batch_of_keys(&rows)?));
            read.extend(self.load_plan(mapper, start, &[], false, RunOptions::default()).await?);
        }
        Ok(read)
    }
}

/// Refuses a given version that is not the row's, as another session changed the row.
fn check_version(mapper: &Mapper, given: &AnyEntity, known: &AnyEntity) -> Result<()> {
    let Some(version) = mapper.version else { return Ok(()) };
    let (given, stored) = (given.0.value(version), known.0.stored_value(version));
    if given == stored || matches!(given, Value::Scalar(Scalar::Integer(0) | Scalar::Unsigned(0) | Scalar::Null)) {
        return Ok(());
    }
    Err(Error::StaleData(Stale { table: mapper.table.to_owned(), expected: 1, matched: 0, change: None }))
}
