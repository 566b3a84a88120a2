//! Statements that change rows behind the backs of their objects: these are kept in step.

use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    super::object::keys as batch_of,
    Direction, Key, Mapper, ModelId, Unit,
    load::{From, null, stored, typed},
};
use crate::{
    Error, Result, Value,
    bindings::sqlservice::database::{
        rows::Batch,
        sessions::{KnownRows, LoadRoot, Plan},
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

/// Objects whose rows a statement changes, and whether each was expired before it.
pub(crate) type Following = Vec<(AnyEntity, bool)>;

impl Unit {
    /// The objects whose rows are about to change. Whoever goes away before they are in step again leaves them expired.
    pub(crate) fn expire_changed(&self, changed: Option<&Changed>) -> Following {
        let Some(changed) = changed.filter(|_| self.options.synchronize) else { return Vec::new() };
        let mut objects = self.all();
        objects.retain(|object| {
            let mapper = object.0.mapper();
            mapper.table == changed.table
                && mapper.schema == changed.schema.as_deref()
                && object.status() == Status::Persistent
        });
        let expire = |object: AnyEntity| {
            let was_expired = object.0.life().is_expired.replace(true);
            (object, was_expired)
        };
        objects.into_iter().map(expire).collect()
    }

    /// Reads the rows of objects again: edits that were not flushed stay, objects whose rows are gone are deleted, and those that
    /// were expired before the statement still are.
    pub(crate) async fn keep_in_step(self: &Rc<Self>, following: Following) -> Result<()> {
        let mut of_model: FxHashMap<_, (&'static Mapper, Vec<AnyEntity>)> = FxHashMap::default();
        for (object, _) in &following {
            let mapper = object.0.mapper();
            of_model.entry(mapper.of).or_insert_with(|| (mapper, Vec::new())).1.push(object.clone());
        }
        for (mapper, objects) in of_model.into_values() {
            for some in objects.chunks(ROWS) {
                self.read_again(mapper, some).await?;
            }
        }
        for (object, was_expired) in following {
            object.0.life().is_expired.set(was_expired);
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
                let start = LoadRoot::Keys(Batch { rows, columns: stored(mapper, some, &mapper.key)? });
                let found = self.load(mapper, From::Rows(start), &[], true, RunOptions::default()).await?;
                let found: FxHashSet<usize> = found.iter().map(AnyEntity::address).collect();
                gone.extend(some.iter().filter(|object| !found.contains(&object.address())).cloned());
            }
        }
        Ok(gone)
    }

    async fn read_again(self: &Rc<Self>, mapper: &Mapper, objects: &[AnyEntity]) -> Result<()> {
        let rows = u32::try_from(objects.len()).map_err(|_| Error::invalid("more than 2^32 objects"))?;
        let start = LoadRoot::Keys(Batch { rows, columns: stored(mapper, objects, &mapper.key)? });
        let mut rows = self.rows_of(mapper, start).await?;
        for object in objects {
            match rows.remove(&object.0.stored_key()) {
                Some(values) => self.step(mapper, object, values)?,
                None => self.lose(object),
            }
        }
        Ok(())
    }

    /// What rows have in the columns of unique keys that are about to change; nothing where no row can take a value of another.
    pub(crate) async fn read_uniques(
        &self,
        mapper: &Mapper,
        keys: &Batch,
        set: &[String],
    ) -> Result<Option<KnownRows>> {
        let uniques = mapper.unique_with(&mapper.positions(set));
        if uniques.is_empty() || keys.rows < 2 {
            return Ok(None);
        }
        let keys = rows(keys)?;
        let mut found = FxHashMap::default();
        for some in keys.chunks(ROWS) {
            found.extend(self.rows_of(mapper, LoadRoot::Keys(batch_of(some)?)).await?);
        }
        let value = |key: &Vec<Value>, column: usize| {
            let cell = found.get(&Key::of(key)).and_then(|row| row.iter().find(|(at, _)| *at == column));
            cell.map_or_else(null, |(_, value)| value.clone())
        };
        let cells = |&column: &usize| typed(keys.iter().map(|key| value(key, column)).collect());
        let count = u32::try_from(keys.len()).map_err(|_| Error::invalid("more than 2^32 keys"))?;
        let rows = Batch { rows: count, columns: uniques.iter().map(cells).collect() };
        Ok(Some(KnownRows { columns: mapper.names(&uniques), rows }))
    }

    /// The rows of these keys, by their keys.
    async fn rows_of(&self, mapper: &Mapper, root: LoadRoot) -> Result<FxHashMap<Key, Vec<(usize, Value)>>> {
        let plan = Plan { table: mapper.table.to_owned(), root, loads: Vec::new(), first_loads: Vec::new() };
        let (answer, _) = self.contract.load(plan, RunOptions::default()).await?;
        let names: Vec<String> = answer.columns.into_iter().map(|column| column.name).collect();
        by_key(mapper, &mapper.positions(&names), &answer.first_batch)
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

/// The rows of a batch.
fn rows(batch: &Batch) -> Result<Vec<Vec<Value>>> {
    let malformed = |_| Error::other("the host sent a malformed batch");
    let mut rows: Vec<Vec<Value>> = vec![Vec::with_capacity(batch.columns.len()); batch.rows as usize];
    for data in &batch.columns {
        let cells = column::scalars(data.values.clone(), data.validity.as_deref()).map_err(malformed)?;
        rows.iter_mut().zip(cells).for_each(|(row, cell)| row.push(cell));
    }
    Ok(rows)
}

/// The values of rows by their keys.
fn by_key(mapper: &Mapper, columns: &[usize], batch: &Batch) -> Result<FxHashMap<Key, Vec<(usize, Value)>>> {
    let rows = rows(batch)?.into_iter().map(|row| columns.iter().copied().zip(row).collect::<Vec<_>>());
    let key = |row: &[(usize, Value)]| {
        let value = |at: &usize| row.iter().find(|(column, _)| column == at).map(|(_, value)| value.clone());
        Key::of(&mapper.key.iter().filter_map(value).collect::<Vec<_>>())
    };
    Ok(rows.map(|row| (key(&row), row)).collect())
}
