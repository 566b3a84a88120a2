//! Creates and drops tables in MySQL and MariaDB: every statement commits, and a named lock keeps others away.
//!
//! A statement waits for a table that a transaction uses for a day by default, so that wait is bounded here.

use std::{collections::HashSet, time::Duration};

use sqlservice_sql::{ddl::Definition, schema::Table};

use crate::{
    Error, Result,
    ask::Asker,
    ddl::{Change, Tables},
    error::{ConstraintKind, DatabaseError, Violation},
};

/// The server has one set of lock names for all its databases; they have 64 characters at most.
const NAME: &str = "CONCAT('sqlservice tables ', MD5(COALESCE(DATABASE(), '')))";

/// The right to change tables.
pub(crate) struct MysqlTables {
    /// The `lock_wait_timeout` of before.
    wait: String,
}

impl Tables for MysqlTables {
    const EXISTS: Option<&'static str> = Some("42S01");

    async fn enter(ask: &mut Asker<'_>, _change: Change) -> Result<Self> {
        let before = ask.one("SELECT CAST(@@SESSION.lock_wait_timeout AS CHAR)", &[], 1).await?;
        // It goes into a statement's text again, so it is a number or nothing.
        let wait = before.into_iter().flatten().next().filter(|text| text.parse::<f64>().is_ok());
        let Some(wait) = wait else { return Err(Error::Disconnected(None)) };
        let seconds = seconds(ask.lock_timeout);
        ask.run(format!("SET SESSION lock_wait_timeout = {seconds}")).await?;
        let room = Self { wait };
        match lock(ask, seconds).await {
            Ok(()) => Ok(room),
            Err(error) => {
                room.restore(ask).await?;
                Err(error)
            }
        }
    }

    async fn existing(&self, ask: &mut Asker<'_>, tables: &[Table]) -> Result<Vec<bool>> {
        let names: Vec<&str> = tables.iter().map(|table| table.name.as_str()).collect();
        let sql = format!(
            "SELECT CONVERT(table_name USING utf8mb4), CAST(@@lower_case_table_names AS CHAR) \
             FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name IN ({})",
            vec!["?"; names.len()].join(", ")
        );
        let mut exist = vec![false; tables.len()];
        ask.rows(sql, &names, 2, |cells| {
            let (name, cases) = (cells.text(), cells.text());
            for (table, exists) in tables.iter().zip(&mut exist) {
                // The catalog compares without case even where the server tells names apart by it.
                *exists |= table.name == name || (cases != "0" && table.name.to_lowercase() == name.to_lowercase());
            }
            Ok(())
        })
        .await?;
        Ok(exist)
    }

    /// Looks for foreign keys that keep a table, as the drop would find them after it dropped others.
    async fn foresee(&self, ask: &mut Asker<'_>, change: Change, wanted: &[Table]) -> Result<()> {
        if change == Change::Create || wanted.is_empty() {
            return Ok(());
        }
        let names: Vec<&str> = wanted.iter().map(|table| table.name.as_str()).collect();
        let dropped: HashSet<String> = names.iter().map(|name| name.to_lowercase()).collect();
        let sql = format!(
            "SELECT CONVERT(table_name USING utf8mb4), CASE WHEN table_schema = DATABASE() THEN '1' ELSE '0' END, \
             CONVERT(constraint_name USING utf8mb4) FROM information_schema.key_column_usage \
             WHERE referenced_table_schema = DATABASE() AND referenced_table_name IN ({})",
            vec!["?"; names.len()].join(", ")
        );
        let mut keeping = None;
        ask.rows(sql, &names, 3, |cells| {
            let (table, is_here, constraint) = (cells.text(), cells.flag(), cells.text());
            if !is_here || !dropped.contains(&table.to_lowercase()) {
                // A table of another database is nobody's business here.
                keeping = Some(is_here.then_some((table, constraint)));
            }
            Ok(())
        })
        .await?;
        let Some(keeping) = keeping else { return Ok(()) };
        let (table, constraint) = keeping.unzip();
        Err(Error::Integrity(Violation { kind: ConstraintKind::ForeignKey, constraint, table, columns: Vec::new() }))
    }

    async fn undo(&self, ask: &mut Asker<'_>, created: &[&Table]) {
        if created.is_empty() {
            return;
        }
        let dialect = ask.dialect;
        // Nobody refers to these tables but they themselves. Each is dropped alone, so that one that cannot be keeps none.
        let statements = created.iter().rev().map(|table| Definition::drop(vec![table], dialect).sql);
        let off = "SET SESSION foreign_key_checks = 0".to_owned();
        let on = "SET SESSION foreign_key_checks = 1".to_owned();
        for statement in [off].into_iter().chain(statements).chain([on]) {
            if let Err(error) = ask.run(statement).await {
                tracing::warn!(%error, "a table that was created before an error could not be dropped again");
            }
        }
    }

    async fn leave(self, ask: &mut Asker<'_>, _keep: bool) -> Result<()> {
        let released = ask.rows(format!("SELECT CAST(RELEASE_LOCK({NAME}) AS CHAR)"), &[], 1, |_| Ok(())).await;
        self.restore(ask).await?;
        released.map_err(lost)
    }
}

impl MysqlTables {
    async fn restore(&self, ask: &mut Asker<'_>) -> Result<()> {
        ask.run(format!("SET SESSION lock_wait_timeout = {}", self.wait)).await.map_err(lost)
    }
}

/// Takes the lock, or says that somebody else has it.
async fn lock(ask: &mut Asker<'_>, seconds: u64) -> Result<()> {
    let mut taken = None;
    ask.rows(format!("SELECT CAST(GET_LOCK({NAME}, {seconds}) AS CHAR)"), &[], 1, |cells| {
        taken = cells.next();
        Ok(())
    })
    .await?;
    if taken.as_deref() == Some("1") {
        return Ok(());
    }
    let message = "somebody else creates or drops tables of this database".to_owned();
    Err(Error::LockNotAvailable(DatabaseError { sqlstate: None, message, source: None }))
}

/// Whole seconds, at least one: the server knows no shorter wait for both locks.
fn seconds(time: Duration) -> u64 {
    (time.as_secs() + u64::from(time.subsec_nanos() > 0)).clamp(1, 31_536_000)
}

/// A connection that keeps the lock would keep all others away.
fn lost(error: Error) -> Error {
    Error::Disconnected(Some(Box::new(error)))
}
