//! Queries whose rows become objects.

mod page;
mod stream;

pub use self::{
    page::{Page, PageKey},
    stream::EntityRows,
};
use super::{Executor, Rows, RunOptions, Session};
use crate::{
    Error, Result,
    bindings::sqlservice::database::sessions::{LoadRoot, RootQuery},
    entity::{AnyEntity, Entity, Record, load_without, mapper},
    expression::{Operand, OrderBy},
    mapping::Key,
    model::IntoKey,
    relation::{LoadNode, Loads, Related},
    statement::{ColumnList, Lock, Query, Select},
    unit_of_work::LoadFrom,
    value::{Value, column},
};

/// A query of a session whose rows become objects: see [`Session::query`]. An object in the identity map keeps its state and edits,
/// unless [`populate_existing`](Self::populate_existing) is set.
#[must_use = "a query does nothing before `all`, `first`, `get`, or another method that runs it"]
pub struct EntityQuery<'s, M> {
    session: &'s Session,
    select: Select<M>,
    loads: Vec<LoadNode>,
    populate_existing: bool,
    options: RunOptions,
    /// Whether it may select anything but all rows of the model's table.
    is_narrowed: bool,
    /// The deferred columns that it does not read.
    omitted: Vec<usize>,
}

impl<'s, M: Record> EntityQuery<'s, M> {
    pub(super) fn new(session: &'s Session, select: Select<M>, is_narrowed: bool) -> Self {
        Self {
            session,
            select,
            loads: Vec::new(),
            populate_existing: false,
            options: RunOptions::default(),
            is_narrowed,
            omitted: M::DEFERRED.to_vec(),
        }
    }

    /// Keeps only objects for which the condition is true.
    pub fn filter(self, condition: impl Operand<bool>) -> Self {
        self.select(|select| select.filter(condition))
    }

    /// Joins the other side of a relationship, for conditions and orders: see [`Select::join_related`]. An object with several
    /// related rows is then returned once for each; [`any`](crate::Relation::any) finds it once.
    pub fn join_related<O: Record, R: Record>(self, relation: impl Into<Related<O, R>>) -> Self {
        self.select(|select| select.join_related(relation))
    }

    /// Like `join_related`, but keeps objects without a related row.
    pub fn left_join_related<O: Record, R: Record>(self, relation: impl Into<Related<O, R>>) -> Self {
        self.select(|select| select.left_join_related(relation))
    }

    /// Orders the objects.
    pub fn order_by(self, keys: impl OrderBy) -> Self {
        self.select(|select| select.order_by(keys))
    }

    /// Returns at most this many rows.
    pub fn limit(self, rows: u64) -> Self {
        self.select(|select| select.limit(rows))
    }

    /// Skips this many rows first.
    pub fn offset(self, rows: u64) -> Self {
        self.select(|select| select.offset(rows))
    }

    /// Locks the rows until the transaction ends, where the database can (`row-locking`), and reads their current values.
    pub fn lock(mut self, lock: Lock) -> Self {
        self.populate_existing = true;
        self.select(|select| select.lock(lock))
    }

    /// Locks the rows for changes.
    pub fn for_update(self) -> Self {
        self.lock(Lock::default())
    }

    /// Applies any other method of a select: `.select(|select| select.join::<Device>(…))`.
    pub fn select(mut self, change: impl FnOnce(Select<M>) -> Select<M>) -> Self {
        self.select = change(self.select);
        self.is_narrowed = true;
        self
    }

    /// Loads a relationship of the objects, in the same crossing: `.with(User::DEVICES.with(Device::KEYS))`. With a filter or an
    /// order of its own, `.with(User::DEVICES.filter(Device::ACTIVE.eq(true)))`, a load is a separate statement and crossing.
    pub fn with(mut self, load: impl Loads<M>) -> Self {
        self.loads.push(load.load().node);
        self
    }

    /// Reads columns that the model [defers](crate::value::Deferred): `.undefer(Note::BODY)`, or a tuple of columns. Objects in the
    /// identity map get them, too.
    pub fn undefer(mut self, columns: impl ColumnList<M>) -> Self {
        let names = columns.names();
        self.omitted.retain(|&at| M::COLUMNS.get(at).is_none_or(|name| !names.contains(name)));
        self
    }

    /// Reads these columns and no others of those that the model [defers](crate::value::Deferred). A column with a plain field is
    /// always read, as the field cannot represent an unloaded column.
    pub fn load_only(mut self, columns: impl ColumnList<M>) -> Self {
        self.omitted = M::DEFERRED.to_vec();
        self.undefer(columns)
    }

    /// Replaces the state of objects in the identity map by their rows; edits that were not flushed are lost.
    pub const fn populate_existing(mut self) -> Self {
        self.populate_existing = true;
        self
    }

    /// Sets a timeout or limits.
    pub const fn options(mut self, options: RunOptions) -> Self {
        self.options = options;
        self
    }

    /// Returns the object of a primary key, as this query reads it. If the query has no loads and no clauses, an object in the
    /// identity map is not read again, unless it lacks requested columns. A lock or `populate_existing` reads the row in any case.
    /// A filter, a join or a limit applies to it as to all rows (SQLAlchemy refuses these): `None` if the row is not in the query's
    /// result.
    pub async fn get(self, key: impl IntoKey) -> Result<Option<Entity<M>>> {
        self.find(key.into_key()).await
    }

    pub(super) async fn find(self, key: Vec<Value>) -> Result<Option<Entity<M>>> {
        if !self.is_narrowed && !M::DEFERRED.is_empty() && self.loads.is_empty() && !self.populate_existing {
            let is_missing = |known: &Entity<M>, at: &usize| !self.omitted.contains(at) && !known.has_column(*at);
            match self.session.known::<M>(&key) {
                // The object lacks some of the requested columns.
                Some(Ok(Some(known))) if M::DEFERRED.iter().any(|at| is_missing(&known, at)) => {}
                Some(known) => return known,
                None => {}
            }
        }
        if !self.is_narrowed && M::DEFERRED.is_empty() {
            return self.session.get_with(key, &self.loads, self.populate_existing, self.options).await;
        }
        if key.len() != M::KEY.len() {
            let (wanted, got) = (M::KEY.len(), key.len());
            return Err(Error::invalid(format!("a key of {:?} has {wanted} columns, not {got}", M::TABLE)));
        }
        let (session, is_narrowed) = (self.session, self.is_narrowed);
        let found = Self { select: self.select.with_key(&key), ..self }.all().await?;
        if found.is_empty() && !is_narrowed {
            session.unit().mark_expired_deleted(mapper::<M>().of, &Key::of(&key));
        }
        Ok(found.into_iter().next())
    }

    /// Like `get`, for an object that must exist.
    ///
    /// # Errors
    /// [`Error::NoResult`] where there is none.
    pub async fn get_one(self, key: impl IntoKey) -> Result<Entity<M>> {
        self.get(key).await?.ok_or(Error::NoResult)
    }

    /// Returns all objects.
    pub async fn all(self) -> Result<Vec<Entity<M>>> {
        self.at_most(None).await
    }

    /// Returns the first object, or `None`.
    pub async fn first(self) -> Result<Option<Entity<M>>> {
        Ok(self.at_most(Some(1)).await?.into_iter().next())
    }

    /// Returns the only object.
    ///
    /// # Errors
    /// [`Error::NoResult`] where there is none, [`Error::MultipleResults`] where there are more.
    pub async fn one(self) -> Result<Entity<M>> {
        self.one_or_none().await?.ok_or(Error::NoResult)
    }

    /// Returns the only object, or `None`.
    ///
    /// # Errors
    /// [`Error::MultipleResults`] where there are more.
    pub async fn one_or_none(self) -> Result<Option<Entity<M>>> {
        let mut found = self.at_most(Some(2)).await?.into_iter();
        let first = found.next();
        if found.next().is_some() { Err(Error::MultipleResults) } else { Ok(first) }
    }

    /// Counts its rows in the database; nothing is loaded.
    pub async fn count(self) -> Result<u64> {
        let count = self.session.with(self.options).one(&self.select.counted()).await?;
        Ok(u64::try_from(count).unwrap_or_default())
    }

    /// Whether it has any row; nothing is loaded.
    pub async fn exists(self) -> Result<bool> {
        Ok(self.session.with(self.options).first(&self.select.any_row()).await?.is_some())
    }

    async fn at_most(self, most: Option<u64>) -> Result<Vec<Entity<M>>> {
        if self.loads.is_empty() {
            return Ok(self.read(most, &[]).await?.0);
        }
        if !self.omitted.is_empty() {
            // Host plans read whole rows.
            let found = self.read(most, &[]).await?.0;
            self.load_with(&found).await?;
            return Ok(found);
        }
        self.session.ready().await?;
        let lowered = self.select.lower(most)?.statement()?;
        if lowered.open > 0 {
            return Err(Error::invalid("the query has parameters: only prepared statements get values for them"));
        }
        let root = RootQuery { statement: lowered.statement, parameters: lowered.parameters };
        let start = LoadFrom::Rows(LoadRoot::Query(root));
        let found =
            self.session.load_plan(mapper::<M>(), start, &self.loads, self.populate_existing, self.options).await?;
        Ok(found.iter().filter_map(AnyEntity::downcast).collect())
    }

    /// Runs the query's loads for the objects that it found.
    async fn load_with(&self, found: &[Entity<M>]) -> Result<()> {
        if self.loads.is_empty() || found.is_empty() {
            return Ok(());
        }
        let objects: Vec<AnyEntity> = found.iter().map(Entity::erase).collect();
        self.session
            .load_plan(mapper::<M>(), LoadFrom::Objects(objects), &self.loads, self.populate_existing, self.options)
            .await?;
        Ok(())
    }

    /// Returns the objects of its rows without its loads, and the values of these result columns in each row.
    async fn read(&self, most: Option<u64>, columns: &[usize]) -> Result<(Vec<Entity<M>>, Vec<Vec<Value>>)> {
        let omitted: Vec<usize> = self.omitted.iter().copied().filter(|at| !columns.contains(at)).collect();
        let lowered = if omitted.is_empty() {
            self.select.lower(most)?
        } else {
            self.select.clone().without(&omitted).lower(most)?
        };
        let place = |at: &usize| at - omitted.iter().filter(|omitted| *omitted < at).count();
        let columns: Vec<usize> = columns.iter().map(place).collect();
        let sent = self.session.with(self.options).send(lowered, 0).await?;
        let mut rows: Rows<M> = Rows::new(sent, 0);
        let (mut found, mut values) = (Vec::new(), Vec::new());
        while let Some(batch) = rows.next_raw().await? {
            let before = values.len();
            values.resize_with(before + if columns.is_empty() { 0 } else { batch.rows as usize }, Vec::new);
            for data in columns.iter().filter_map(|&at| batch.columns.get(at)) {
                let cells = column::cells(data.clone())?;
                values.iter_mut().skip(before).zip(cells).for_each(|(row, cell): (&mut Vec<Value>, _)| row.push(cell));
            }
            found.extend(load_without(
                mapper::<M>(),
                &self.session.unit().tracker(),
                rows.about(),
                batch,
                self.populate_existing,
                &omitted,
            )?);
        }
        Ok((found, values))
    }
}
