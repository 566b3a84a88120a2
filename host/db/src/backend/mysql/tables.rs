//! Creates and drops tables in MySQL and MariaDB. Every statement commits, and a named lock excludes other hosts.
//!
//! By default a statement waits for a day for a table that a transaction uses, so that wait is limited here.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use sqlservice_sql::{
    Dialect, Scalar, Sql, SqlWriter, Value,
    ddl::Definition,
    schema::{Table, TypeKind},
    types,
};
use tracing::Level;

use crate::{
    Error, Result,
    error::{ConstraintKind, DatabaseError, Violation},
    operation::{
        admin::AdminConnection,
        ddl::{table_action::TableAction, tables::TableChanger},
    },
};

/// The lock's name: one namespace serves all databases of a server, and a name has 64 characters at most.
const NAME: &str = "CONCAT('sqlservice tables ', MD5(COALESCE(DATABASE(), '')))";

/// The lock wait timeout to restore afterwards, and how the server compares names of tables.
const BEFORE: &str = "SELECT CAST(@@SESSION.lock_wait_timeout AS CHAR), CAST(@@lower_case_table_names AS CHAR)";

/// A session that holds the lock for changing tables.
pub(crate) struct MysqlTables {
    /// The `lock_wait_timeout` to restore.
    wait: Value,
    /// Whether names of tables are compared without case.
    ignores_case: bool,
}

impl TableChanger for MysqlTables {
    const EXISTS: Option<&'static str> = Some("42S01");

    async fn enter(admin: &mut AdminConnection<'_>, _change: TableAction) -> Result<Self> {
        let before = admin.one(BEFORE, &[], 2).await?;
        let [Some(wait), Some(cases)] = before.as_slice() else { return Err(Error::Disconnected(None)) };
        if wait.parse::<f64>().is_err() {
            return Err(Error::Disconnected(None));
        }
        let (wait, ignores_case) = (Scalar::Decimal(wait.clone()).into(), cases != "0");
        let seconds = seconds(admin.lock_timeout);
        admin.run(lock_wait_timeout(&Scalar::Unsigned(seconds).into())).await?;
        let room = Self { wait, ignores_case };
        match lock(admin, seconds).await {
            Ok(()) => Ok(room),
            Err(error) => {
                room.restore(admin).await?;
                Err(error)
            }
        }
    }

    async fn existing(&self, admin: &mut AdminConnection<'_>, tables: &[Table]) -> Result<Vec<bool>> {
        let names: Vec<&str> = tables.iter().map(|table| table.name.as_str()).collect();
        let mut sql = SqlWriter::new(admin.dialect);
        sql.push(
            "SELECT CONVERT(table_name USING utf8mb4) \
             FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name IN (",
        );
        sql.placeholders(names.len()).push(")");
        let mut exist = vec![false; tables.len()];
        admin
            .rows(sql.finish(), &names, 1, |cells| {
                // The catalog compares names without case, even where the server distinguishes names by it.
                let name = self.folded(&cells.text());
                for (table, exists) in tables.iter().zip(&mut exist) {
                    *exists |= self.folded(&table.name) == name;
                }
                Ok(())
            })
            .await?;
        Ok(exist)
    }

    /// Refuses a drop that a foreign key of a remaining table would stop halfway.
    async fn foresee(&self, admin: &mut AdminConnection<'_>, change: TableAction, wanted: &[Table]) -> Result<()> {
        if change == TableAction::Create || wanted.is_empty() {
            return Ok(());
        }
        let names: Vec<&str> = wanted.iter().map(|table| table.name.as_str()).collect();
        let dropped: HashSet<String> = names.iter().map(|name| name.to_lowercase()).collect();
        let mut sql = SqlWriter::new(admin.dialect);
        sql.push(
            "SELECT CONVERT(table_name USING utf8mb4), CASE WHEN table_schema = DATABASE() THEN '1' ELSE '0' END, \
             CONVERT(constraint_name USING utf8mb4) FROM information_schema.key_column_usage \
             WHERE referenced_table_schema = DATABASE() AND referenced_table_name IN (",
        );
        sql.placeholders(names.len()).push(")");
        let mut keeping = None;
        admin
            .rows(sql.finish(), &names, 3, |cells| {
                let (table, is_here, constraint) = (cells.text(), cells.flag(), cells.text());
                if !is_here || !dropped.contains(&table.to_lowercase()) {
                    // A table of another database always counts as remaining, and the error does not name it.
                    keeping = Some(is_here.then_some((table, constraint)));
                }
                Ok(())
            })
            .await?;
        let Some(keeping) = keeping else { return Ok(()) };
        let (table, constraint) = keeping.unzip();
        Err(Error::Integrity(Violation { kind: ConstraintKind::ForeignKey, constraint, table, columns: Vec::new() }))
    }

    /// Gives a text column that refers to an existing table the collation of the referred column. With another collation the server
    /// refuses the foreign key, and the two columns could not be compared.
    async fn adapt(&self, admin: &mut AdminConnection<'_>, wanted: &mut [Table]) -> Result<()> {
        let new: HashSet<String> = wanted.iter().map(|table| table.name.to_lowercase()).collect();
        let old = |name: &str| !new.contains(&name.to_lowercase());
        let mut referred: Vec<String> =
            wanted.iter().flat_map(texts_that_refer).map(|(_, table, _)| table).filter(|table| old(table)).collect();
        referred.sort_unstable();
        referred.dedup();
        if referred.is_empty() {
            return Ok(());
        }
        let names: Vec<&str> = referred.iter().map(String::as_str).collect();
        let mut sql = SqlWriter::new(admin.dialect);
        sql.push(
            "SELECT CONVERT(table_name USING utf8mb4), CONVERT(column_name USING utf8mb4), \
             CONVERT(character_set_name USING utf8mb4), CONVERT(collation_name USING utf8mb4) \
             FROM information_schema.columns \
             WHERE table_schema = DATABASE() AND collation_name IS NOT NULL AND table_name IN (",
        );
        sql.placeholders(names.len()).push(")");
        let mut collations = HashMap::new();
        admin
            .rows(sql.finish(), &names, 4, |cells| {
                let (table, column) = (cells.text().to_lowercase(), cells.text().to_lowercase());
                collations.insert((table, column), (cells.text(), cells.text()));
                Ok(())
            })
            .await?;
        let (dialect, usual) = (admin.dialect, admin.dialect.collation());
        for table in wanted {
            for (at, far, far_column) in texts_that_refer(table) {
                let collation = collations.get(&(far.to_lowercase(), far_column.to_lowercase()));
                let (Some((characters, collation)), Some(column)) = (collation, table.columns.get_mut(at)) else {
                    continue;
                };
                if collation != usual
                    && let Some(collated) = types::collated(&column.ty, characters, collation, dialect)
                {
                    column.ty = collated;
                }
            }
        }
        Ok(())
    }

    async fn undo(&self, admin: &mut AdminConnection<'_>, created: &[&Table]) {
        if created.is_empty() {
            return;
        }
        let dialect = admin.dialect;
        // Without foreign key checks, because only these tables refer to each other. Each has a statement of its own, so that one
        // that cannot be dropped does not keep the others.
        let statements = created.iter().rev().map(|table| Definition::drop(vec![table], dialect).sql);
        let off = Sql::fixed("SET SESSION foreign_key_checks = 0");
        let on = Sql::fixed("SET SESSION foreign_key_checks = 1");
        for statement in [off].into_iter().chain(statements).chain([on]) {
            if let Err(error) = admin.run(statement).await {
                admin.log(Level::WARN, "a table that was created before an error could not be dropped again", &error);
            }
        }
    }

    async fn leave(self, admin: &mut AdminConnection<'_>, _keep: bool) -> Result<()> {
        let mut sql = SqlWriter::new(admin.dialect);
        sql.push("SELECT CAST(RELEASE_LOCK(").push(NAME).push(") AS CHAR)");
        let released = admin.rows(sql.finish(), &[], 1, |_| Ok(())).await;
        self.restore(admin).await?;
        released.map_err(lost)
    }
}

/// Returns the text columns of foreign keys: the column's position, the referred table and the referred column.
fn texts_that_refer(table: &Table) -> Vec<(usize, String, String)> {
    let pairs = table.foreign_keys.iter().flat_map(|key| {
        let pairs = key.columns.iter().zip(&key.referred);
        pairs.map(|(column, referred)| (column, key.table.clone(), referred.clone()))
    });
    let place = |name: &String| table.columns.iter().position(|column| column.name == *name && is_text(column.ty.kind));
    pairs.filter_map(|(column, table, referred)| Some((place(column)?, table, referred))).collect()
}

fn is_text(kind: TypeKind) -> bool {
    matches!(kind, TypeKind::Text | TypeKind::Varchar)
}

impl MysqlTables {
    /// Returns the name in the form in which the server compares it.
    pub(super) fn folded(&self, name: &str) -> String {
        if self.ignores_case { name.to_lowercase() } else { name.to_owned() }
    }

    async fn restore(&self, admin: &mut AdminConnection<'_>) -> Result<()> {
        admin.run(lock_wait_timeout(&self.wait)).await.map_err(lost)
    }
}

fn lock_wait_timeout(seconds: &Value) -> Sql {
    let mut sql = SqlWriter::new(Dialect::Mysql);
    sql.push("SET SESSION lock_wait_timeout = ").literal(seconds, TypeKind::Decimal);
    sql.finish()
}

/// Acquires the lock, or fails where another host holds it.
async fn lock(admin: &mut AdminConnection<'_>, seconds: u64) -> Result<()> {
    let mut taken = None;
    let mut sql = SqlWriter::new(admin.dialect);
    sql.push("SELECT CAST(GET_LOCK(").push(NAME).push(", ").number(seconds).push(") AS CHAR)");
    admin
        .rows(sql.finish(), &[], 1, |cells| {
            taken = cells.next();
            Ok(())
        })
        .await?;
    if taken.as_deref() == Some("1") {
        return Ok(());
    }
    let message = "another host creates or drops tables of this database".to_owned();
    Err(Error::LockNotAvailable(DatabaseError { sqlstate: None, message, source: None }))
}

/// Rounds up to whole seconds, at least one: the shortest timeout of both locks.
fn seconds(time: Duration) -> u64 {
    (time.as_secs() + u64::from(time.subsec_nanos() > 0)).clamp(1, 31_536_000)
}

/// Makes an error one that discards the connection: if it kept the lock, all other hosts would be excluded.
fn lost(error: Error) -> Error {
    Error::Disconnected(Some(Box::new(error)))
}
