//! Adds the contract to a linker.

use wasmtime::component::Linker;

use crate::{
    SqlError,
    bindings::sqlservice::database::{databases, errors, raw_sql, rows, schema, sessions, statements, values},
    conv,
    ctx::{HasSql, SqlCtxView, SqlView},
};

/// Adds all interfaces but raw SQL: databases, sessions, statements as data.
///
/// # Errors
/// When the linker has one of the interfaces already.
pub fn add_to_linker<T: SqlView + 'static>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    add_to_linker_with(linker, T::sql)
}

/// Like [`add_to_linker`], for store data of any type, also of another crate: `view` borrows from it what [`SqlView`] would.
///
/// # Errors
/// When the linker has one of the interfaces already.
pub fn add_to_linker_with<T: Send + 'static>(linker: &mut Linker<T>, view: View<T>) -> wasmtime::Result<()> {
    errors::add_to_linker::<_, HasSql>(linker, view)?;
    values::add_to_linker::<_, HasSql>(linker, view)?;
    rows::add_to_linker::<_, HasSql>(linker, view)?;
    schema::add_to_linker::<_, HasSql>(linker, view)?;
    statements::add_to_linker::<_, HasSql>(linker, view)?;
    sessions::add_to_linker::<_, HasSql>(linker, view)?;
    databases::add_to_linker::<_, HasSql>(linker, view)
}

/// Adds the interface for SQL text. Without it, a guest that imports the interface is refused. Each database also needs its own grant
/// ([`crate::Grant::raw_sql`]).
///
/// # Errors
/// When the linker has the interface already.
pub fn add_raw_sql_to_linker<T: SqlView + 'static>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    add_raw_sql_to_linker_with(linker, T::sql)
}

/// Like [`add_raw_sql_to_linker`], for store data of any type; see [`add_to_linker_with`].
///
/// # Errors
/// When the linker has the interface already.
pub fn add_raw_sql_to_linker_with<T: Send + 'static>(linker: &mut Linker<T>, view: View<T>) -> wasmtime::Result<()> {
    raw_sql::add_to_linker::<_, HasSql>(linker, view)
}

/// A function that borrows a guest's state from its store's data.
type View<T> = fn(&mut T) -> SqlCtxView<'_>;

impl errors::Host for SqlCtxView<'_> {
    fn convert_failure(&mut self, error: SqlError) -> wasmtime::Result<errors::Failure> {
        let instruments = &self.ctx.instruments;
        let failure = match error {
            SqlError::Guest(failure) => *failure,
            SqlError::Database(error) => conv::to_guest(*error, instruments),
            SqlError::Flush(error) => conv::of_change(conv::to_guest(error.error, instruments), error.change),
            SqlError::Trap(error) => return Err(error),
        };
        self.ctx.tell_refusal(&failure);
        Ok(failure)
    }
}

impl values::Host for SqlCtxView<'_> {}
impl rows::Host for SqlCtxView<'_> {}
impl schema::Host for SqlCtxView<'_> {}
impl statements::Host for SqlCtxView<'_> {}
impl sessions::Host for SqlCtxView<'_> {}
impl databases::Host for SqlCtxView<'_> {}
