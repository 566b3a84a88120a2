//! The operations of a session on objects.

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

    /// Returns another handle of the session, for its savepoints and streams.
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

    /// Whether a call on this session ended its last transaction. A time limit may end it as well, and is not recorded here.
    pub(crate) fn has_ended(&self) -> bool {
        self.shared.has_ended.get()
    }

    /// Adds a new object to the session: the next flush inserts its row, and those of its related objects. A detached object of
    /// another session is attached with its row, and so are the detached objects that are reachable from it.
    ///
    /// # Errors
    /// [`Error::AlreadyAttached`] where it is in another session.
    pub fn add<M: Record>(&self, object: impl Into<Entity<M>>) -> Result<Entity<M>> {
        let object = object.into();
        self.unit().add(&object.erase())?;
        Ok(object)
    }

    /// Adds several objects to the session.
    pub fn add_all<M: Record, I: Into<Entity<M>>>(
        &self,
        objects: impl IntoIterator<Item = I>,
    ) -> Result<Vec<Entity<M>>> {
        objects.into_iter().map(|object| self.add(object)).collect()
    }

    /// Marks the object deleted: the next flush deletes its row. Related objects are deleted with it where the relationship
    /// cascades (`cascade = "all"`); otherwise foreign keys to it become null. Objects that are added to its collections after this
    /// call stay.
    ///
    /// # Errors
    /// [`Error::NotPersisted`] where it has no row, [`Error::AlreadyAttached`] where it is in another session.
    pub fn delete<M: Record>(&self, object: &Entity<M>) -> Result<()> {
        self.unit().delete(&object.erase())
    }

    /// Returns the object of a primary key: `session.get::<User>(7)`, or a tuple for several columns. An object in the identity map
    /// is not read again.
    pub async fn get<M: Record>(&self, key: impl IntoKey) -> Result<Option<Entity<M>>> {
        let key = key.into_key();
        if M::DEFERRED.is_empty() {
            return self.get_with(key, &[], false, RunOptions::default()).await;
        }
        EntityQuery::new(self, select::<M>(), false).find(key).await
    }

    /// Returns the object of a primary key.
    ///
    /// # Errors
    /// [`Error::NoResult`] where there is none.
    pub async fn get_one<M: Record>(&self, key: impl IntoKey) -> Result<Entity<M>> {
        self.get(key).await?.ok_or(Error::NoResult)
    }

    /// Returns the object of a primary key from the identity map, unless it has to be read again. The inner `None` means that its
    /// row is gone.
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

    /// Returns the object of a primary key with the loads of `nodes`. Its row is read again if `populate_existing` is set.
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

    /// Queries objects of a model: `session.query::<User>().filter(User::NAME.eq("ed")).with(User::DEVICES).all().await?`.
    pub fn query<M: Record>(&self) -> EntityQuery<'_, M> {
        EntityQuery::new(self, select::<M>(), false)
    }

    /// Queries objects by a select.
    pub fn query_of<M: Record>(&self, select: Select<M>) -> EntityQuery<'_, M> {
        EntityQuery::new(self, select, true)
    }

    /// Returns the object of a row that was read as a plain model, such as beside other columns: the one in the identity map, or a
    /// new one.
    pub fn attach<M: Record>(&self, row: M) -> Entity<M> {
        Entity::of(get_or_insert(mapper::<M>(), &self.unit().tracker(), row, false))
    }

    /// Loads a relationship of objects where it is not loaded yet, in one crossing for all of them.
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

    /// Loads the columns of objects that their model [defers](crate::value::Deferred), where they are not loaded yet: one crossing
    /// for all objects, which reads their rows by their keys.
    ///
    /// # Errors
    /// [`Error::Detached`] or [`Error::NotPersisted`] where an object has no row in this session.
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

    /// Reads an object's row again; its edits that were not flushed are lost, relationships are unloaded. Edits of other objects
    /// are flushed first. Related objects that are loaded are read again as well where the relationship cascades `refresh-expire`
    /// (`cascade = "all"`): one query a model.
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

    /// Expires an object: the next row that is read for it, also by [`get`](Self::get), replaces its state. Related objects are
    /// expired with it where the relationship cascades `refresh-expire`. Edits that were not flushed are lost; later edits are
    /// kept.
    ///
    /// An object that has no row in this session is unchanged.
    pub fn expire<M: Record>(&self, object: &Entity<M>) {
        let object = object.erase();
        let mut all = self.unit().refreshed_along(&object);
        all.push(object);
        self.unit().expire(&all);
    }

    /// Expires all objects of the session that have a row.
    pub fn expire_all(&self) {
        self.unit().expire(&self.unit().all());
    }

    /// Removes an object from the session, and related objects where the relationship cascades `expunge` (`cascade = "all"`). Their
    /// unwritten changes are not written. Cascades do not add it again until it is added or put into a relationship again.
    pub fn expunge<M: Record>(&self, object: &Entity<M>) {
        if object.instance.state.is_of(self.unit()) {
            self.unit().expunge(&object.erase());
        }
    }

    /// Removes all objects from the session.
    pub fn expunge_all(&self) {
        self.unit().expunge_all();
    }

    /// Writes all added, edited and deleted objects, all or none, in one crossing. Does nothing if nothing differs.
    ///
    /// # Errors
    /// [`Error::Integrity`] and others; the flush is undone, and all changes stay to be written once the cause is fixed.
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

    /// Returns the objects whose rows the next flush inserts, without those that its cascades will add.
    pub fn new_objects(&self) -> Vec<AnyEntity> {
        self.unit().pending()
    }

    /// Returns the objects that differ from their rows.
    pub fn dirty(&self) -> Vec<AnyEntity> {
        self.unit().dirty()
    }

    /// Returns the objects whose rows the next flush deletes.
    pub fn deleted(&self) -> Vec<AnyEntity> {
        self.unit().deleted()
    }

    /// Runs work whose statements do not flush first.
    pub async fn no_autoflush<T>(&self, work: impl AsyncFnOnce(&Self) -> T) -> T {
        let _guard = AutoflushGuard::begin(&self.shared.no_autoflush);
        work(self).await
    }

    /// Rolls back an open transaction and returns the connection; completes when that is done. Objects keep their state, in no
    /// session.
    pub async fn close(self) -> Result<()> {
        // Objects leave first. If this future is dropped while it waits, dropping the session closes it in the database, too.
        self.unit().expunge_all();
        match self.contract().rollback().await.map_err(Error::from) {
            Err(Error::TransactionClosed) => Ok(()),
            outcome => outcome,
        }
    }
}

/// A guard during which statements do not flush.
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
