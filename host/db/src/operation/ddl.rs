//! Creates and drops tables: all or none where the database has transactional DDL, and one call at a time.
//!
//! The work runs in a host task. A caller that is dropped does not stop it halfway: it commits or rolls back by itself.

mod ownership;
pub(crate) mod record;
pub(crate) mod table_action;
pub(crate) mod tables;

use std::sync::Arc;

use sqlservice_sql::{
    Dialect, Sql,
    ddl::{self, Definition},
    schema::Table,
};
use tracing::Level;

use self::{
    ownership::TableOwnership,
    table_action::{TableAction, label},
    tables::TableChanger,
};
use crate::{
    backend::{mysql::tables::MysqlTables, postgres::tables::PostgresTables, sqlite::tables::SqliteTables},
    error::{DatabaseError, Error, Result},
    operation::admin::AdminConnection,
};

/// The byte limit of statements that are sent together.
const MESSAGE: usize = 256 << 10;

/// The error text of a change whose connection was lost where each statement commits itself.
const PART: &str = "the connection was lost while tables were created or dropped";

/// A change that a caller requested.
pub(crate) struct TableChange {
    pub(crate) action: TableAction,
    pub(crate) tables: Vec<Table>,
    pub(crate) check_first: bool,
    /// The owner of created tables. It may drop no others.
    pub(crate) owner: Option<Arc<str>>,
}

/// Applies the change.
pub(crate) async fn change(admin: &mut AdminConnection<'_>, change: TableChange) -> Result<Vec<String>> {
    match admin.dialect {
        Dialect::Sqlite => apply::<SqliteTables>(admin, change).await,
        Dialect::Postgres => apply::<PostgresTables>(admin, change).await,
        Dialect::Mysql | Dialect::Mariadb => apply::<MysqlTables>(admin, change).await,
    }
}

/// Applies the change, in a transaction as far as the database has one for it.
async fn apply<T: TableChanger>(admin: &mut AdminConnection<'_>, change: TableChange) -> Result<Vec<String>> {
    let room = T::enter(admin, change.action).await?;
    let mut has_begun = false;
    let result = alter(&room, admin, change, &mut has_begun).await;
    let left = room.leave(admin, result.is_ok()).await;
    match ended(admin, result, left) {
        // Statements that were sent before are not undone by that, and may have been all of them.
        Err(Error::Disconnected(_)) if has_begun && !admin.dialect.capabilities().transactional_ddl => {
            Err(Error::OutcomeUnknown(PART))
        }
        result => result,
    }
}

/// Combines the results of a change and of its end.
fn ended(admin: &AdminConnection<'_>, result: Result<Vec<String>>, left: Result<()>) -> Result<Vec<String>> {
    match (result, left) {
        (Ok(names), Ok(())) => Ok(names),
        // A commit can fail and leave a usable connection; its error is the one that the caller needs.
        (Ok(_), Err(error)) => Err(error),
        (Err(error), Ok(())) => Err(error),
        (Err(error), Err(second)) => {
            admin.log(Level::DEBUG, "tables could not be changed, nor the connection be cleaned up", &error);
            Err(Error::Disconnected(Some(Box::new(second))))
        }
    }
}

/// Runs the statements for the tables that need them, and keeps the ownership records correct. Sets `has_begun` before the first
/// statement.
async fn alter<T: TableChanger>(
    room: &T,
    admin: &mut AdminConnection<'_>,
    change: TableChange,
    has_begun: &mut bool,
) -> Result<Vec<String>> {
    let TableChange { action, mut tables, check_first, owner } = change;
    let (mut ownership, exist) = TableOwnership::find(room, admin, &mut tables, owner).await?;
    let mut wanted = select::<T>(action, tables, exist, check_first)?;
    if action == TableAction::Drop {
        ownership.check(room, admin, &wanted).await?;
    }
    room.foresee(admin, action, &wanted).await?;
    if action == TableAction::Create {
        room.adapt(admin, &mut wanted).await?;
    }
    let wanted: Vec<&Table> = wanted.iter().collect();
    let statements = match action {
        TableAction::Create => ddl::create(&wanted, admin.dialect)?,
        TableAction::Drop => ddl::drop(&wanted, admin.dialect)?,
    };
    ownership.before(room, admin, action, &wanted).await?;
    let mut changed = Vec::new();
    *has_begun = !statements.is_empty();
    if let Err(error) = run_all::<T>(admin, &statements, &mut changed).await {
        if action == TableAction::Create {
            room.undo(admin, &changed).await;
        }
        ownership.amend(room, admin, action, &wanted, &changed).await;
        return Err(error);
    }
    ownership.after(room, admin, action, &changed).await?;
    room.settle(admin, action, &changed).await?;
    Ok(changed.into_iter().map(label).collect())
}

/// Selects the tables to change: those to create that do not exist, or those to drop that do. Without `check_first`, others are an error.
fn select<T: TableChanger>(
    action: TableAction,
    tables: Vec<Table>,
    exist: Vec<bool>,
    check_first: bool,
) -> Result<Vec<Table>> {
    let (wanted, other): (Vec<_>, Vec<_>) =
        tables.into_iter().zip(exist).partition(|(_, is)| *is == (action == TableAction::Drop));
    if !check_first && !other.is_empty() {
        let names: Vec<_> = other.iter().map(|(table, _)| label(table)).collect();
        return Err(refusal::<T>(action, &names.join(", ")));
    }
    Ok(wanted.into_iter().map(|(table, _)| table).collect())
}

/// Runs statements, and adds the tables that they created or dropped to `changed`, also where a later one fails.
async fn run_all<'t, T: TableChanger>(
    admin: &mut AdminConnection<'_>,
    statements: &[Definition<'t>],
    changed: &mut Vec<&'t Table>,
) -> Result<()> {
    for some in together::<T>(statements) {
        let texts: Vec<Sql> = some.iter().map(|statement| statement.sql.clone()).collect();
        match texts.as_slice() {
            [only] => admin.run(only.clone()).await?,
            several => admin.script(several).await?,
        }
        changed.extend(some.iter().flat_map(|statement| statement.tables.iter().copied()));
    }
    Ok(())
}

/// Splits the statements into groups that are sent together. A guest's comments and labels can make them arbitrarily long.
fn together<'s, 't, T: TableChanger>(
    statements: &'s [Definition<'t>],
) -> impl Iterator<Item = &'s [Definition<'t>]> + Send {
    let (mut count, mut bytes) = (1, 0);
    statements.chunk_by(move |one, next| {
        bytes += one.sql.len();
        let fits = count < T::TOGETHER && bytes + next.sql.len() <= MESSAGE;
        let go_together = fits && one.is_plain && next.is_plain;
        (count, bytes) = if go_together { (count + 1, bytes) } else { (1, 0) };
        go_together
    })
}

/// Returns the error for tables that exist already, or do not exist, without `check_first`.
fn refusal<T: TableChanger>(action: TableAction, names: &str) -> Error {
    match action {
        TableAction::Drop => Error::NoSuchTable(names.to_owned()),
        TableAction::Create => Error::Operational(DatabaseError {
            sqlstate: T::EXISTS.map(str::to_owned),
            message: format!("the database has these tables already: {names}"),
            source: None,
        }),
    }
}

#[cfg(test)]
mod tests {
    use sqlservice_sql::SqlWriter;

    use super::*;

    /// Returns how many statements are sent together.
    fn parts<T: TableChanger>(statements: &[(usize, bool)]) -> Vec<usize> {
        let define = |&(bytes, is_plain): &(usize, bool)| {
            let mut sql = SqlWriter::new(Dialect::Postgres);
            sql.list(0..bytes, "", |sql, _| {
                sql.push("x");
            });
            Definition { sql: sql.finish(), tables: vec![], is_plain }
        };
        let statements: Vec<_> = statements.iter().map(define).collect();
        together::<T>(&statements).map(<[_]>::len).collect()
    }

    #[test]
    fn t25_statements_go_together_by_number_by_bytes_and_where_they_are_ours() {
        assert_eq!(parts::<PostgresTables>(&[(9, true); 130]), [64, 64, 2]);
        assert_eq!(parts::<MysqlTables>(&[(9, true); 3]), [1, 1, 1]);
        let half = (MESSAGE / 2, true);
        assert_eq!(parts::<PostgresTables>(&[half, half, (1, true), (2 * MESSAGE, true), half]), [2, 1, 1, 1]);
        let (ours, theirs) = ((9, true), (9, false));
        assert_eq!(parts::<PostgresTables>(&[ours, ours, theirs, theirs, ours, ours]), [2, 1, 1, 2]);
        assert_eq!(parts::<PostgresTables>(&[]), [0; 0]);
    }
}
