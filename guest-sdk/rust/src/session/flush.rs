//! A flush from its beginning to its end: hooks run and what has to be known is loaded, then the unit of work's changes are sent in
//! one crossing.

use std::pin::Pin;

use super::{RunOptions, Session};
use crate::{
    Error, Result,
    instance::AnyEntity,
    relation::LoadNode,
    unit_of_work::{DeleteCascade, Event, Fired, Flush, FlushRollback, LoadFrom, UnitOfWork},
};

/// How often a commit flushes at most, as its hooks go on to change something.
const FLUSHES: usize = 100;

/// A hook that runs.
#[doc(hidden)]
pub type HookFuture<'a> = Pin<Box<dyn Future<Output = Result<()>> + 'a>>;

/// What runs the hooks of a model: what [`Model::HOOKS`](crate::Model::HOOKS) points to.
#[doc(hidden)]
pub type Dispatch = for<'a> fn(AnyEntity, Event, &'a Session) -> HookFuture<'a>;

impl Session {
    /// Whether the next statement has something to flush before it.
    fn wants_flush(&self) -> bool {
        let unit = self.unit();
        self.shared.no_autoflush.get() == 0 && self.options().autoflush && !unit.is_firing() && !unit.is_clean()
    }

    /// Before a statement: nothing waits for a rollback, and what was not written is.
    pub(crate) async fn ready(&self) -> Result<()> {
        self.unit().check()?;
        // Boxed: every statement asks, few have something to write.
        if self.wants_flush() { Box::pin(self.flush_once()).await.map(drop) } else { Ok(()) }
    }

    /// Writes everything that is to be written, and what hooks leave to be written, until they leave nothing.
    ///
    /// # Errors
    /// [`Error::EndlessFlush`] where they still do after [`FLUSHES`].
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

    /// Writes everything that is to be written, in one crossing. Whether hooks ran afterwards, which may have changed something.
    pub(super) async fn flush_once(&self) -> Result<bool> {
        self.unit().check()?;
        // A hook has no flush of its own: it is in one.
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

    /// Everything that the next flush is about: until nothing follows and no hook changes anything.
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
            // A hook may have given another owner to what was to follow.
            self.unit().take_back_followers();
        }
    }

    /// Deletes what follows deleted objects. What has to be known for that and is not is read with one query a relationship.
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

    /// Runs an object's hooks for an event. Whether it has any.
    async fn fire(&self, object: AnyEntity, event: Event) -> Result<bool> {
        let Some(dispatch) = object.0.mapper().hooks.and_then(|hooks| hooks.downcast_ref::<Dispatch>()) else {
            return Ok(false);
        };
        let _firing = Firing::begin(self.unit());
        dispatch(object, event, self).await.map(|()| true)
    }
}

/// While a hook runs.
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
