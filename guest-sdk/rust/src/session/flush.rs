//! A flush from its beginning to its end: hooks run and the required relationships are loaded, then the unit of work's changes are
//! sent in one crossing.

use std::pin::Pin;

use super::{RunOptions, Session};
use crate::{
    Error, Result,
    instance::AnyEntity,
    relation::LoadNode,
    unit_of_work::{DeleteCascade, Event, Fired, Flush, FlushRollback, LoadFrom, UnitOfWork},
};

/// The greatest number of flushes of a commit, as its hooks may change objects again and again.
const FLUSHES: usize = 100;

/// The future of a running hook.
#[doc(hidden)]
pub type HookFuture<'a> = Pin<Box<dyn Future<Output = Result<()>> + 'a>>;

/// The function that runs the hooks of a model: [`Model::HOOKS`](crate::Model::HOOKS) points to it.
#[doc(hidden)]
pub type Dispatch = for<'a> fn(AnyEntity, Event, &'a Session) -> HookFuture<'a>;

impl Session {
    /// Whether the next statement has to flush first.
    fn wants_flush(&self) -> bool {
        let unit = self.unit();
        self.shared.no_autoflush.get() == 0 && self.options().autoflush && !unit.is_firing() && !unit.is_clean()
    }

    /// Prepares for a statement: fails if a rollback is pending, and flushes unwritten changes.
    pub(crate) async fn ready(&self) -> Result<()> {
        self.unit().check()?;
        // Boxed, as every statement calls this and few have changes to write.
        if self.wants_flush() { Box::pin(self.flush_once()).await.map(drop) } else { Ok(()) }
    }

    /// Flushes all changes, and those that hooks make, until hooks make no more.
    ///
    /// # Errors
    /// [`Error::EndlessFlush`] if they still do after [`FLUSHES`].
    pub(super) async fn flush_all(&self) -> Result<()> {
        let unit = self.unit();
        for _ in 0..FLUSHES {
            if !self.flush_once().await? || unit.is_clean() {
                return Ok(());
            }
        }
        let left = [unit.pending(), unit.dirty(), unit.deleted()].concat();
        let mut tables: Vec<String> = left.iter().map(|object| object.table().to_owned()).collect();
        tables.sort_unstable();
        tables.dedup();
        Err(Error::EndlessFlush(tables))
    }

    /// Flushes all changes, in one crossing. Returns whether hooks ran afterwards, which may have changed objects.
    pub(super) async fn flush_once(&self) -> Result<bool> {
        self.unit().check()?;
        // A hook runs inside of a flush, so it starts none.
        if self.unit().is_clean() || self.unit().is_firing() {
            return Ok(false);
        }
        let _turn = self.shared.flushing.lock().await;
        let flushed = self.flush_alone().await;
        if flushed.is_err() && !self.options().flush_savepoints {
            self.unit().fail();
        }
        flushed
    }

    async fn flush_alone(&self) -> Result<bool> {
        let unit = self.unit();
        let rollback = FlushRollback::begin(unit);
        self.gather().await?;
        let (flush, changes) = Flush::plan(unit)?;
        let returned = if changes.is_empty() {
            Vec::new()
        } else {
            unit.has_written.set(true);
            self.contract().flush(changes).await?
        };
        rollback.keep();
        let after = flush.written(unit, returned)?;
        let has_fired = !after.is_empty();
        for (object, event) in after {
            self.fire(object, event).await?;
        }
        Ok(has_fired)
    }

    /// Collects the objects of the next flush: repeats cascades and hooks until no further hook runs.
    async fn gather(&self) -> Result<()> {
        let mut fired = Fired::default();
        self.unit().begin_flush();
        loop {
            self.unit().reach()?;
            self.cascade_deletes().await?;
            let mut any = false;
            for (object, event) in self.unit().before_events(&mut fired) {
                any |= self.fire(object, event).await?;
            }
            if !any {
                return Ok(());
            }
            // A hook may have given another owner to an object that a cascade deletes.
            self.unit().take_back_followers();
        }
    }

    /// Cascades deletes to the dependents of deleted objects. Relationships that have to be loaded for that are read with one query
    /// each.
    async fn cascade_deletes(&self) -> Result<()> {
        let mut cascade = DeleteCascade::new();
        loop {
            let wanted = cascade.walk(self.unit())?;
            if wanted.is_empty() {
                return Ok(());
            }
            for (mapper, position, objects) in wanted {
                let nodes = [LoadNode::of(position)];
                self.load_plan(mapper, LoadFrom::Objects(objects), &nodes, false, RunOptions::default()).await?;
            }
        }
    }

    /// Runs an object's hooks for an event. Returns whether it has any.
    async fn fire(&self, object: AnyEntity, event: Event) -> Result<bool> {
        let Some(dispatch) = object.0.mapper().hooks.and_then(|hooks| hooks.downcast_ref::<Dispatch>()) else {
            return Ok(false);
        };
        let _firing = Firing::begin(self.unit());
        dispatch(object, event, self).await.map(|()| true)
    }
}

/// A guard during which a hook runs.
struct Firing<'a>(&'a UnitOfWork);

impl<'a> Firing<'a> {
    fn begin(unit: &'a UnitOfWork) -> Self {
        unit.set_firing(true);
        Self(unit)
    }
}

impl Drop for Firing<'_> {
    fn drop(&mut self) {
        self.0.set_firing(false);
    }
}
