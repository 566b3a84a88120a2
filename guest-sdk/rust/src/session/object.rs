//! What a session does with objects.

use std::{cell::Cell, rc::Rc};

use futures::lock::Mutex;

use super::{EntityQuery, RunOptions, Session, SessionOptions, Shared};
use crate::{
    Error, Result,
    bindings::sqlservice::database::{sessions as contract, sessions::LoadRoot},
    entity::{AnyEntity, Entity, Record, Status, get_or_insert, mapper},
    mapping::{Key, batch_of_keys},
    model::IntoKey,
    relation::{LoadNode, Loads},
    statement::{Select, StatementCache, select},
    unit_of_work::{LoadFrom, UnitOfWork},
    value::Value,
};

impl Session {
    pub(crate) fn new(contract: contract::Session, options: SessionOptions, statements: Rc<StatementCache>) -> Self {
        Self {
            shared: Rc::new(Shared {
                unit: UnitOfWork::new(),
                contract,
                options,
                statements,
                flushing: Mutex::new(()),
                no_autoflush: Cell::new(0),
                has_ended: Cell::new(false),
            }),
        }
    }

    /// The same session, for what belongs to it.
    pub(super) fn share(&self) -> Self {
        Self { shared: Rc::clone(&self.shared) }
    }

    pub(crate) fn contract(&self) -> &contract::Session {
        &self.shared.contract
    }

    pub(super) fn unit(&self) -> &Rc<UnitOfWork> {
        &self.shared.unit
    }

    pub(super) fn options(&self) -> &SessionOptions {
        &self.shared.options
    }

    /// Whether a call of this session's ended its last transaction, which a limit of time may do as well.
    pub(crate) fn has_ended(&self) -> bool {
        self.shared.has_ended.get()
    }

    /// Puts a new object into the session: the next flush inserts its row, and those of the objects that it is related to.
    /// An object of a session that ended comes into this one with its row, and so do those of that session that it leads to.
    ///
    /// # Errors
    /// [`Error::AlreadyAttached`] where it is in another session.
    pub fn add<M: Record>(&self, object: impl Into<Entity<M>>) -> Result<Entity<M>> {
        let object = object.into();
        self.unit().add(&object.erase())?;
        Ok(object)
    }

    /// Puts several objects into the session.
    pub fn add_all<M: Record, I: Into<Entity<M>>>(
        &self,
        objects: impl IntoIterator<Item = I>,
    ) -> Result<Vec<Entity<M>>> {
        objects.into_iter().map(|object| self.add(object)).collect()
    }

    /// The next flush deletes the object's row. What it is related to follows where the relationship says so
    /// (`cascade = "all"`); foreign keys to it become null otherwise. What is put into its lists after this call stays.
    ///
    /// # Errors
    /// [`Error::NotPersisted`] where it has no row, [`Error::AlreadyAttached`] where it is in another session.
    pub fn delete<M: Record>(&self, object: &Entity<M>) -> Result<()> {
        self.unit().delete(&object.erase())
    }

    /// The object of a primary key: `session.get::<User>(7)`, of several columns as a tuple. One that the session knows is
    /// not asked for again.
    pub async fn get<M: Record>(&self, key: impl IntoKey) -> Result<Option<Entity<M>>> {
        let key = key.into_key();
        if M::DEFERRED.is_empty() {
            return self.get_with(key, &[], false, RunOptions::default()).await;
        }
        EntityQuery::new(self, select::<M>(), false).find(key).await
    }

    /// The object of a primary key.
    ///
    /// # Errors
    /// [`Error::NoResult`] where there is none.
    pub async fn get_one<M: Record>(&self, key: impl IntoKey) -> Result<Entity<M>> {
        self.get(key).await?.ok_or(Error::NoResult)
    }

    /// The object of a primary key, where it is known and need not be read again: nothing where its row is gone.
    pub(super) fn known<M: Record>(&self, key: &[Value]) -> Option<Result<Option<Entity<M>>>> {
        if let Err(failed) = self.unit().check() {
            return Some(Err(failed));
        }
        let known = self.unit().find(mapper::<M>().of, &Key::of(key)).and_then(|known| known.downcast::<M>())?;
        let state = &known.instance.state;
        if state.is_expired.get() {
            return None;
        }
        let is_gone = state.is_gone.get();
        Some(Ok((!is_gone).then_some(known)))
    }

    /// The object of a primary key with what is to be loaded; its row is read again where that is asked for.
    pub(crate) async fn get_with<M: Record>(
        &self,
        values: Vec<Value>,
        nodes: &[LoadNode],
        populate_existing: bool,
        options: RunOptions,
    ) -> Result<Option<Entity<M>>> {
        self.unit().check()?;
        if nodes.is_empty()
            && !populate_existing
            && let Some(known) = self.known(&values)
        {
            return known;
        }
        self.ready().await?;
        let start = LoadRoot::Keys(batch_of_keys(std::slice::from_ref(&values))?);
        let key = Key::of(&values);
        let found = self.load_plan(mapper::<M>(), LoadFrom::Rows(start), nodes, populate_existing, options).await?;
        if found.is_empty() {
            self.unit().mark_expired_deleted(mapper::<M>().of, &key);
        }
        Ok(found.first().and_then(AnyEntity::downcast))
    }

    /// Objects of a model: `session.query::<User>().filter(User::NAME.eq("ed")).with(User::DEVICES).all().await?`.
    pub fn query<M: Record>(&self) -> EntityQuery<'_, M> {
        EntityQuery::new(self, select::<M>(), false)
    }

    /// Objects of a query's rows.
    pub fn query_of<M: Record>(&self, select: Select<M>) -> EntityQuery<'_, M> {
        EntityQuery::new(self, select, true)
    }

    /// The object of a row that was read as a plain one, say beside other columns: the one that the session knows, or a new one.
    pub fn attach<M: Record>(&self, row: M) -> Entity<M> {
        Entity::of(get_or_insert(mapper::<M>(), &self.unit().tracker(), row, false))
    }

    /// Loads what objects are related to, where it is not loaded yet: one crossing for all of them.
    pub async fn load<M: Record>(&self, objects: &[Entity<M>], load: impl Loads<M>) -> Result<()> {
        if objects.is_empty() {
            return Ok(());
        }
        self.ready().await?;
        let objects: Vec<AnyEntity> = objects.iter().map(Entity::erase).collect();
        if let Some(lost) = objects.iter().find(|object| object.status() != Status::Persistent) {
            return Err(if lost.0.has_row() { Error::Detached } else { Error::NotPersisted });
        }
        let nodes = [load.load().node];
        self.load_plan(mapper::<M>(), LoadFrom::Objects(objects), &nodes, false, RunOptions::default()).await?;
        Ok(())
    }

    /// Loads the columns that their model [defers](crate::value::Deferred) of objects, where they are not loaded yet: one crossing for all
    /// of them, which reads their rows by their keys.
    ///
    /// # Errors
    /// [`Error::Detached`] or [`Error::NotPersisted`] where one of them has no row in this session.
    pub async fn load_deferred<M: Record>(&self, objects: &[Entity<M>]) -> Result<()> {
        self.ready().await?;
        let is_missing = |object: &&Entity<M>| M::DEFERRED.iter().any(|&at| !object.has_column(at));
        let missing: Vec<&Entity<M>> = objects.iter().filter(is_missing).collect();
        if let Some(lost) = missing.iter().find(|object| object.status() != Status::Persistent) {
            return Err(if lost.erase().0.has_row() { Error::Detached } else { Error::NotPersisted });
        }
        if missing.is_empty() {
            return Ok(());
        }
        let mapper = mapper::<M>();
        let key = |object: &&Entity<M>| mapper.key.iter().map(|&at| object.erase().0.stored_value(at)).collect();
        let start = LoadRoot::Keys(batch_of_keys(&missing.iter().map(key).collect::<Vec<_>>())?);
        self.load_plan(mapper, LoadFrom::Rows(start), &[], false, RunOptions::default()).await?;
        Ok(())
    }

    /// Reads an object's row again; its edits that were not flushed are lost, relationships are unloaded. Edits of others are flushed
    /// first. What it is related to is read again as well where the relationship says `refresh-expire` (`cascade = "all"`), as far as it is loaded: one query a model.
    ///
    /// # Errors
    /// [`Error::NoResult`] where the row is gone; [`Error::Detached`] where it is not in this session.
    pub async fn refresh<M: Record>(&self, object: &Entity<M>) -> Result<()> {
        let any = object.erase();
        if object.status() != Status::Persistent || !object.instance.state.is_of(self.unit()) {
            return Err(if any.0.has_row() { Error::Detached } else { Error::NotPersisted });
        }
        self.unit().check()?;
        let mut all = self.unit().refreshed_along(&any);
        all.insert(0, any.clone());
        self.unit().expire(&all);
        self.ready().await?;
        let gone = self.refresh_all(all).await?;
        gone.iter().filter(|object| **object != any).for_each(|object| self.unit().mark_deleted(object));
        if gone.contains(&any) { Err(Error::NoResult) } else { Ok(()) }
    }

    /// The next row that is read of an object takes its place, also by [`get`](Self::get); the same for what it is related to, where
    /// the relationship says `refresh-expire`. Edits that were not flushed are lost; what is edited after it is kept.
    ///
    /// An object that has no row in this session stays what it is.
    pub fn expire<M: Record>(&self, object: &Entity<M>) {
        let object = object.erase();
        let mut all = self.unit().refreshed_along(&object);
        all.push(object);
        self.unit().expire(&all);
    }

    /// The same for all objects of the session that have a row.
    pub fn expire_all(&self) {
        self.unit().expire(&self.unit().all());
    }

    /// Takes an object out of the session, and what it is related to where the relationship says `expunge` (`cascade = "all"`); what
    /// was not written of it is not. It stays out, whatever leads to it, until it is added again or put into a relationship populate_existing.
    pub fn expunge<M: Record>(&self, object: &Entity<M>) {
        if object.instance.state.is_of(self.unit()) {
            self.unit().expunge(&object.erase());
        }
    }

    /// Takes all objects out of the session.
    pub fn expunge_all(&self) {
        self.unit().expunge_all();
    }

    /// Writes what was added, edited and deleted, all or none, in one crossing. Nothing happens where nothing differs.
    ///
    /// # Errors
    /// [`Error::Integrity`] and others; the flush is undone and everything is still there to be written, once it is mended.
    /// [`Error::StaleData`] where another session changed or deleted a row.
    pub async fn flush(&self) -> Result<()> {
        self.flush_once().await.map(drop)
    }

    /// Whether an object differs from its row.
    pub fn is_modified<M: Record>(&self, object: &Entity<M>) -> bool {
        object.erase().0.is_changed()
    }

    /// Whether an object is in this session.
    pub fn contains<M: Record>(&self, object: &Entity<M>) -> bool {
        object.instance.state.is_of(self.unit()) && matches!(object.status(), Status::Pending | Status::Persistent)
    }

    /// Objects whose rows the next flush inserts; those that follow others are found by it.
    pub fn new_objects(&self) -> Vec<AnyEntity> {
        self.unit().pending()
    }

    /// Objects that differ from their rows.
    pub fn dirty(&self) -> Vec<AnyEntity> {
        self.unit().dirty()
    }

    /// Objects whose rows the next flush deletes.
    pub fn deleted(&self) -> Vec<AnyEntity> {
        self.unit().deleted()
    }

    /// Runs work whose statements do not flush first.
    pub async fn no_autoflush<T>(&self, work: impl AsyncFnOnce(&Self) -> T) -> T {
        let _guard = AutoflushGuard::begin(&self.shared.no_autoflush);
        work(self).await
    }

    /// Rolls back what is open and gives the connection back; returns when that is done. Objects stay what they are, in no
    /// session.
    pub async fn close(self) -> Result<()> {
        // Not before the database is: where this future is dropped, it is closed, too.
        self.unit().expunge_all();
        match self.contract().rollback().await.map_err(Error::from) {
            Err(Error::TransactionClosed) => Ok(()),
            outcome => outcome,
        }
    }
}

/// While statements do not flush.
struct AutoflushGuard<'a>(&'a Cell<u32>);

impl<'a> AutoflushGuard<'a> {
    fn begin(no_autoflush: &'a Cell<u32>) -> Self {
        no_autoflush.set(no_autoflush.get() + 1);
        Self(no_autoflush)
    }
}

impl Drop for AutoflushGuard<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}
