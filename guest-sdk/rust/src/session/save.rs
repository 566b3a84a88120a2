//! `save`: insert or update by primary key, whichever is right.

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

/// What [`Session::save`] takes: a model, an object, or a [`Partial`] model.
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

/// Some columns of a model, for [`Session::save`]: `partial::<User>().set(User::ID, 1).set(User::NAME, "jo")`. The others of a
/// row that is there stay what they are. Those of a row that is not are the `Default`'s.
pub fn partial<M: Record + Default>() -> Partial<M> {
    Partial { value: M::default(), columns: Vec::new(), wrong: None }
}

impl<M: Record> Partial<M> {
    /// A column's value.
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

/// Something to save, whatever its model is.
#[derive(Clone)]
struct SaveItem {
    object: AnyEntity,
    /// The columns that are given; all of them where there are none.
    columns: Option<Vec<usize>>,
    key: Option<Vec<Value>>,
    /// Foreign keys of which a relationship says what they are.
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
    /// Inserts a row or updates it, whichever its primary key asks for: a row that is there gets the columns that
    /// differ, by the next flush. Returns the object of the row; a new one is the object that was given.
    ///
    /// A generated key that is 0 is a new row. An object whose row was deleted meanwhile is inserted again. What it is
    /// related to is saved with it, where the relationship cascades.
    pub async fn save<M: Record>(&self, what: impl Into<Saving<M>>) -> Result<Entity<M>> {
        self.save_one(what.into(), SaveMode::Save).await
    }

    async fn save_one<M: Record>(&self, what: Saving<M>, follow: SaveMode) -> Result<Entity<M>> {
        let saved = self.save_items(vec![SaveItem::new(what)?], follow).await?;
        saved.first().and_then(AnyEntity::downcast).ok_or_else(|| Error::invalid("nothing was saved"))
    }

    /// The same for many, with one query for those whose primary keys are set, however many there are.
    ///
    /// # Errors
    /// [`Error::Invalid`] for none at all, and for two of one key; nothing was sent then.
    pub async fn save_all<M: Record, I: Into<Saving<M>>>(
        &self,
        all: impl IntoIterator<Item = I>,
    ) -> Result<Vec<Entity<M>>> {
        let items = all.into_iter().map(|what| SaveItem::new(what.into())).collect::<Result<_>>()?;
        let saved = self.save_items(items, SaveMode::Save).await?;
        Ok(saved.iter().filter_map(AnyEntity::downcast).collect())
    }

    /// The same for objects of several models: one query for each.
    pub async fn save_objects(&self, all: Vec<AnyEntity>) -> Result<Vec<AnyEntity>> {
        self.save_items(all.into_iter().map(|object| SaveItem::of(object, None)).collect(), SaveMode::Save).await
    }

    /// Puts what a model says onto the object of its row, as [`save`](Self::save) does. What it is related to is merged with it where
    /// the relationship says `merge`, as it does where nothing else is said; where not, the object keeps what it is related to.
    ///
    /// # Errors
    /// [`Error::StaleData`] where the model has a version and the row another one.
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
        // Held until each was asked for: the session keeps no object alive that has nothing to write.
        let _rows = self.read_rows(&graph.items).await?;
        graph.merge(self.unit())
    }

    /// Reads the rows of all keys that are not known, with one query a model.
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

/// A version that is given is the row's, or another session was faster.
fn check_version(mapper: &Mapper, given: &AnyEntity, known: &AnyEntity) -> Result<()> {
    let Some(version) = mapper.version else { return Ok(()) };
    let (given, stored) = (given.0.value(version), known.0.stored_value(version));
    if given == stored || matches!(given, Value::Scalar(Scalar::Integer(0) | Scalar::Unsigned(0) | Scalar::Null)) {
        return Ok(());
    }
    Err(Error::StaleData(Stale { table: mapper.table.to_owned(), expected: 1, matched: 0, change: None }))
}
