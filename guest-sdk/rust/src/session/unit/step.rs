//! Statements that change rows behind the backs of their objects: these are kept in step.

use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    Direction, Key, Mapper, ModelId, Unit,
    load::{From, stored},
};
use crate::{
    Error, Result, Value,
    bindings::sqlservice::database::{
        rows::Batch,
        sessions::{Plan, Start},
        statements::{Conflict, ConflictAction, Insert, Root, Statement},
    },
    entity::{AnyEntity, Status},
    relation::Mode,
    session::RunOptions,
    value::column,
};

/// How many rows are read again at once.
const ROWS: usize = 5_000;

/// The table whose rows a statement changes or deletes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Changed {
    schema: Option<String>,
    table: String,
}

impl Changed {
    /// What a statement does to rows that were there before it.
    pub(crate) fn by(statement: &Statement) -> Option<Self> {
        let (schema, table) = match &statement.root {
            Root::Update(update) => (&update.schema, &update.table),
            Root::Delete(delete) => (&delete.schema, &delete.table),
            Root::Insert(Insert {
                schema,
                table,
                conflict: Some(Conflict { action: ConflictAction::Update(_), .. }),
                ..
            }) => (schema, table),
            Root::Insert(_) | Root::Select(_) => return None,
        };
        Some(Self { schema: schema.clone(), table: table.clone() })
    }

    pub(crate) fn of(mapper: &Mapper) -> Self {
        Self { schema: mapper.schema.map(str::to_owned), table: mapper.table.to_owned() }
    }
}

impl Unit {
    /// The objects whose rows are about to change. Whoever goes away before they are in step again leaves them expired.
    pub(crate) fn expire_changed(&self, changed: Option<&Changed>) -> Vec<AnyEntity> {
        let Some(changed) = changed.filter(|_| self.options.synchronize) else { return Vec::new() };
        let mut objects = self.all();
        objects.retain(|object| {
            let mapper = object.0.mapper();
            mapper.table == changed.table
                && mapper.schema == changed.schema.as_deref()
                && object.status() == Status::Persistent
        });
        objects.iter().for_each(|object| object.0.life().is_expired.set(true));
        objects
    }

    /// Reads the rows of objects again: edits that were not flushed stay, objects whose rows are gone are deleted.
    pub(crate) async fn keep_in_step(self: &Rc<Self>, objects: Vec<AnyEntity>) -> Result<()> {
        let mut of_model: FxHashMap<_, (&'static Mapper, Vec<AnyEntity>)> = FxHashMap::default();
        for object in objects {
            let mapper = object.0.mapper();
            of_model.entry(mapper.of).or_insert_with(|| (mapper, Vec::new())).1.push(object);
        }
        for (mapper, objects) in of_model.into_values() {
            for some in objects.chunks(ROWS) {
                self.read_again(mapper, some).await?;
            }
        }
        Ok(())
    }

    /// Makes objects what their rows are, whatever was edited, and unloads what they are related to. Those whose rows are gone.
    pub(crate) async fn refresh(self: &Rc<Self>, objects: Vec<AnyEntity>) -> Result<Vec<AnyEntity>> {
        let mut of_model: FxHashMap<_, (&'static Mapper, Vec<AnyEntity>)> = FxHashMap::default();
        for object in objects {
            let mapper = object.0.mapper();
            of_model.entry(mapper.of).or_insert_with(|| (mapper, Vec::new())).1.push(object);
        }
        let mut gone = Vec::new();
        for (mapper, objects) in of_model.into_values() {
            for some in objects.chunks(ROWS) {
                let rows = u32::try_from(some.len()).map_err(|_| Error::invalid("more than 2^32 objects"))?;
                let start = Start::Keys(Batch { rows, columns: stored(mapper, some, &mapper.key)? });
                let found = self.load(mapper, From::Rows(start), &[], true, RunOptions::default()).await?;
                let found: FxHashSet<usize> = found.iter().map(AnyEntity::address).collect();
                gone.extend(some.iter().filter(|object| !found.contains(&object.address())).cloned());
            }
        }
        Ok(gone)
    }

    async fn read_again(self: &Rc<Self>, mapper: &Mapper, objects: &[AnyEntity]) -> Result<()> {
        let rows = u32::try_from(objects.len()).map_err(|_| Error::invalid("more than 2^32 objects"))?;
        let start = Start::Keys(Batch { rows, columns: stored(mapper, objects, &mapper.key)? });
        let plan = Plan { table: mapper.table.to_owned(), start, loads: Vec::new(), roots: Vec::new() };
        let (answer, _) = self.contract.load(plan, RunOptions::default()).await?;
        let position = |name: &str| mapper.columns.iter().position(|column| *column == name);
        let columns: Vec<usize> = answer.columns.iter().filter_map(|column| position(&column.name)).collect();
        let mut rows = by_key(mapper, &columns, answer.first)?;
        for object in objects {
            match rows.remove(&object.0.stored_key()) {
                Some(values) => self.step(mapper, object, values)?,
                None => self.lose(object),
            }
        }
        Ok(())
    }

    /// An object's row was read again.
    fn step(&self, mapper: &Mapper, object: &AnyEntity, values: Vec<(usize, Value)>) -> Result<()> {
        let is_other = |(column, value): &(usize, Value)| object.0.stored_value(*column) != *value;
        let others: Vec<(usize, Value)> = values.into_iter().filter(is_other).collect();
        object.0.life().is_expired.set(false);
        if others.is_empty() {
            return Ok(());
        }
        self.remember(object);
        let edits: Vec<(usize, Value)> =
            object.0.changed().into_iter().map(|column| (column, object.0.value(column))).collect();
        let of_foreign_key = |near: &[usize]| others.iter().any(|(column, _)| near.contains(column));
        for (at, relation) in mapper.relations.iter().enumerate() {
            if relation.direction == Direction::ToOne && of_foreign_key(&relation.near) {
                object.0.learn_relation(at, &mut |relation| relation.set(Mode::Unloaded, &[], &[]));
            }
        }
        object.0.learn_values(&others)?;
        edits.into_iter().try_for_each(|(column, value)| object.0.assign(column, value))
    }

    /// The row of an object was not there when it was read again: it is gone, unless the object was edited meanwhile.
    pub(crate) fn lose_expired(self: &Rc<Self>, of: ModelId, key: &Key) {
        let known = self.find(of, key).filter(|known| known.status() == Status::Persistent);
        if let Some(known) = known.filter(|known| known.0.life().is_expired.get() && !known.0.life().is_queued.get()) {
            self.lose(&known);
        }
    }

    /// An object's row is gone.
    pub(crate) fn lose(self: &Rc<Self>, object: &AnyEntity) {
        self.remember(object);
        self.unregister(object);
        let life = object.0.life();
        life.is_queued.set(false);
        life.set(Status::Deleted, self);
        life.is_gone.set(true);
        self.changed.borrow_mut().retain(|changed| changed != object);
    }
}

/// The values of rows by their keys.
fn by_key(mapper: &Mapper, columns: &[usize], batch: Batch) -> Result<FxHashMap<Key, Vec<(usize, Value)>>> {
    let malformed = |_| Error::other("the host sent a malformed batch");
    let count = batch.rows as usize;
    let mut rows: Vec<Vec<(usize, Value)>> = vec![Vec::with_capacity(columns.len()); count];
    for (&column, data) in columns.iter().zip(batch.columns) {
        for (row, value) in
            rows.iter_mut().zip(column::scalars(data.values, data.validity.as_deref()).map_err(malformed)?)
        {
            row.push((column, value));
        }
    }
    let key = |row: &[(usize, Value)]| {
        let value = |at: &usize| row.iter().find(|(column, _)| column == at).map(|(_, value)| value.clone());
        Key::of(&mapper.key.iter().filter_map(value).collect::<Vec<_>>())
    };
    Ok(rows.into_iter().map(|row| (key(&row), row)).collect())
}
