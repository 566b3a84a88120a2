//! Queries whose rows become objects.

use std::rc::Rc;

use super::{
    Executor, Rows, RunOptions, Session,
    unit::{From, entities, mapper},
};
use crate::{
    Entity, Error, Result,
    bindings::sqlservice::database::sessions::{RootQuery, Start},
    entity::{AnyEntity, Record},
    expression::{Operand, OrderBy},
    model::IntoKey,
    relation::{Load, LoadNode},
    statement::{Lock, Query, Select},
};

/// A query of a session whose rows become objects: see [`Session::query`]. One that the session knows already stays what it is,
/// with its edits; [`populate_existing`](Self::populate_existing) says otherwise.
pub struct EntityQuery<'s, M> {
    session: &'s Session,
    select: Select<M>,
    loads: Vec<LoadNode>,
    anew: bool,
    options: RunOptions,
}

impl<'s, M: Record> EntityQuery<'s, M> {
    pub(super) fn new(session: &'s Session, select: Select<M>) -> Self {
        Self { session, select, loads: Vec::new(), anew: false, options: RunOptions::default() }
    }

    /// Only objects for which this is true.
    pub fn filter(self, condition: impl Operand<bool>) -> Self {
        self.select(|select| select.filter(condition))
    }

    /// The order of the objects.
    pub fn order_by(self, keys: impl OrderBy) -> Self {
        self.select(|select| select.order_by(keys))
    }

    /// At most so many.
    pub fn limit(self, rows: u64) -> Self {
        self.select(|select| select.limit(rows))
    }

    /// So many are passed over first.
    pub fn offset(self, rows: u64) -> Self {
        self.select(|select| select.offset(rows))
    }

    /// Locks the rows until the transaction ends, where the database can (`row-locking`), and reads what they are now.
    pub fn lock(mut self, lock: Lock) -> Self {
        self.anew = true;
        self.select(|select| select.lock(lock))
    }

    /// Locks the rows for changes.
    pub fn for_update(self) -> Self {
        self.lock(Lock::default())
    }

    /// Anything else that a select can: `.select(|select| select.join::<Device>(…))`.
    pub fn select(mut self, change: impl FnOnce(Select<M>) -> Select<M>) -> Self {
        self.select = change(self.select);
        self
    }

    /// Loads what the objects are related to, in the same crossing: `.with(User::DEVICES.with(Device::KEYS))`.
    pub fn with(mut self, load: impl Into<Load<M>>) -> Self {
        self.loads.push(load.into().node);
        self
    }

    /// Objects that the session knows already become what their rows are; edits that were not flushed are lost.
    pub const fn populate_existing(mut self) -> Self {
        self.anew = true;
        self
    }

    /// A timeout or limits.
    pub const fn options(mut self, options: RunOptions) -> Self {
        self.options = options;
        self
    }

    /// The object of a primary key, with what the query loads.
    pub async fn get(self, key: impl IntoKey) -> Result<Option<Entity<M>>> {
        self.session.get_with(key, self.loads).await
    }

    /// All objects.
    pub async fn all(self) -> Result<Vec<Entity<M>>> {
        self.at_most(None).await
    }

    /// The first object, or nothing.
    pub async fn first(self) -> Result<Option<Entity<M>>> {
        Ok(self.at_most(Some(1)).await?.into_iter().next())
    }

    /// The only object.
    ///
    /// # Errors
    /// [`Error::NoResult`] where there is none, [`Error::MultipleResults`] where there are more.
    pub async fn one(self) -> Result<Entity<M>> {
        self.one_or_none().await?.ok_or(Error::NoResult)
    }

    /// The only object, or nothing.
    ///
    /// # Errors
    /// [`Error::MultipleResults`] where there are more.
    pub async fn one_or_none(self) -> Result<Option<Entity<M>>> {
        let mut found = self.at_most(Some(2)).await?.into_iter();
        let first = found.next();
        if found.next().is_some() { Err(Error::MultipleResults) } else { Ok(first) }
    }

    /// Objects batch by batch, each of at most so many (0 leaves it to the host). The session is occupied until the last batch
    /// was read or this is dropped.
    ///
    /// # Errors
    /// [`Error::Invalid`] where the query loads relationships: load those of a batch when all were read, or
    /// read pages with a limit.
    pub async fn stream(self, batch_rows: u32) -> Result<EntityRows<M>> {
        if !self.loads.is_empty() {
            return Err(Error::invalid(
                "rows that are still to come occupy the session, so nothing can be loaded with them",
            ));
        }
        let rows = self.session.with(self.options).stream(&self.select, batch_rows).await?;
        Ok(EntityRows { rows, unit: Rc::clone(self.session.unit()), anew: self.anew })
    }

    async fn at_most(self, most: Option<u64>) -> Result<Vec<Entity<M>>> {
        let unit = self.session.unit();
        if !self.loads.is_empty() {
            self.session.ready().await?;
            let lowered = self.select.lower(most)?.statement()?;
            if lowered.open > 0 {
                return Err(Error::invalid("the query has parameters: only prepared statements get values for them"));
            }
            let root = RootQuery { statement: lowered.statement, parameters: lowered.parameters };
            let start = From::Rows(Start::Query(root));
            let found = unit.load(mapper::<M>(), start, &self.loads, self.anew, self.options).await?;
            return Ok(found.iter().filter_map(AnyEntity::downcast).collect());
        }
        let sent = self.session.with(self.options).send(self.select.lower(most)?, 0).await?;
        let mut rows: Rows<M> = Rows::new(sent, 0);
        let mut found = Vec::new();
        while let Some(batch) = rows.next_raw().await? {
            found.extend(entities(unit, rows.about(), batch, self.anew)?);
        }
        Ok(found)
    }
}

/// Objects that are still to come, batch by batch.
pub struct EntityRows<M> {
    rows: Rows<M>,
    unit: Rc<super::unit::Unit>,
    anew: bool,
}

impl<M: Record> EntityRows<M> {
    /// The next objects, at least one; nothing at the end.
    pub async fn next_batch(&mut self) -> Result<Option<Vec<Entity<M>>>> {
        while let Some(batch) = self.rows.next_raw().await? {
            if batch.rows > 0 {
                return entities(&self.unit, self.rows.about(), batch, self.anew).map(Some);
            }
        }
        Ok(None)
    }
}
