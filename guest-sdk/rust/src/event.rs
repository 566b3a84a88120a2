//! Hooks of models: [`Events`].

use crate::{
    Result,
    entity::{AnyEntity, Entity, Record},
    session::{HookFuture, Session},
};
pub use crate::{session::Dispatch, unit_of_work::Event};

/// Handlers for the events of a model's objects. Write `#[model(events)]` at the struct and implement the handlers that you need:
///
/// ```no_run
/// # use sqlservice_sdk::prelude::*;
/// #[derive(Model, Clone)]
/// #[model(table = "users", events)]
/// struct User {
///     #[model(primary_key, generated)]
///     id: i64,
///     phone: String,
/// }
///
/// impl Events for User {
///     // Digits only.
///     fn on_set(&mut self, column: &'static str) {
///         if column == User::PHONE.name() {
///             self.phone.retain(|letter| letter.is_ascii_digit());
///         }
///     }
///
///     async fn before_insert(this: &mut Entity<Self>, session: &Session) -> Result<(), Error> {
///         let known = session.count(&select::<User>().filter(User::PHONE.eq(this.phone.clone()))).await?;
///         if known > 0 { Err(Error::other("another user has this number")) } else { Ok(()) }
///     }
/// }
/// ```
///
/// The events of a flush come in the order of its rows: `before_save` and `before_insert` or `before_update`, or `before_delete`,
/// of all of them; then the rows are written; then `after_save` and `after_insert` or `after_update`, or `after_delete`. Models
/// share a handler by calling a common function.
///
/// An error of a handler ends the flush. After an error before the write, all changes stay to be flushed again. After an error
/// after the write, the rows are written, in a transaction that is still open and can be rolled back.
///
/// A handler may change its object and others, and use the session; a flush inside of a flush does nothing, and the transaction
/// cannot end there. Changes of a `before` handler are written by the same flush; a `before_delete` may give another owner to an
/// object that a cascade would delete. Changes of an `after` handler are written by the next flush: a commit, and a savepoint when
/// it begins and when it is released, flush until handlers leave nothing, at most a hundred times
/// ([`Error::EndlessFlush`](crate::Error::EndlessFlush)).
#[allow(
    async_fn_in_trait,
    unused_variables,
    reason = "guests have one thread; the names are for those who implement it"
)]
pub trait Events: Record {
    /// Called after a column was set to another value by a literal of the struct or by an edit, not by the database. It may change
    /// the value again.
    fn on_set(&mut self, column: &'static str) {}

    /// Called after the object was populated from a row, for the first time in its session or again.
    fn on_load(&mut self) {}

    /// Called before its row is inserted or updated.
    async fn before_save(this: &mut Entity<Self>, session: &Session) -> Result<()> {
        Ok(())
    }

    /// Called before its row is inserted.
    async fn before_insert(this: &mut Entity<Self>, session: &Session) -> Result<()> {
        Ok(())
    }

    /// Called before its row is updated.
    async fn before_update(this: &mut Entity<Self>, session: &Session) -> Result<()> {
        Ok(())
    }

    /// Called before its row is deleted.
    async fn before_delete(this: &mut Entity<Self>, session: &Session) -> Result<()> {
        Ok(())
    }

    /// Called after its row was inserted or updated.
    async fn after_save(this: &mut Entity<Self>, session: &Session) -> Result<()> {
        Ok(())
    }

    /// Called after its row was inserted.
    async fn after_insert(this: &mut Entity<Self>, session: &Session) -> Result<()> {
        Ok(())
    }

    /// Called after its row was updated.
    async fn after_update(this: &mut Entity<Self>, session: &Session) -> Result<()> {
        Ok(())
    }

    /// Called after its row was deleted.
    async fn after_delete(this: &mut Entity<Self>, session: &Session) -> Result<()> {
        Ok(())
    }
}

/// Runs the hooks of a model for an event.
#[doc(hidden)]
pub fn dispatch<M: Events>(object: AnyEntity, event: Event, session: &Session) -> HookFuture<'_> {
    Box::pin(async move {
        let Some(mut this) = object.downcast::<M>() else { return Ok(()) };
        match event {
            Event::BeforeInsert => {
                M::before_save(&mut this, session).await?;
                M::before_insert(&mut this, session).await
            }
            Event::BeforeUpdate => {
                M::before_save(&mut this, session).await?;
                M::before_update(&mut this, session).await
            }
            Event::BeforeDelete => M::before_delete(&mut this, session).await,
            Event::AfterInsert => {
                M::after_save(&mut this, session).await?;
                M::after_insert(&mut this, session).await
            }
            Event::AfterUpdate => {
                M::after_save(&mut this, session).await?;
                M::after_update(&mut this, session).await
            }
            Event::AfterDelete => M::after_delete(&mut this, session).await,
        }
    })
}
