//! The tables of a database that a grant covers, and the operations on their rows. For a guest no other tables exist.

use std::{collections::BTreeMap, ops::BitOr, sync::Arc};

use sqlservice_db::{self as db, ReflectOptions};
use sqlservice_sql::{
    self as sql,
    flush::Change,
    schema::{Models, Table},
    statement::{ConflictAction, Node, Root, Statement},
};

/// The operations that a guest may apply to the rows of a table. Reading is always one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operations(u8);

impl Operations {
    /// Reading rows.
    pub const READ: Self = Self(0);
    /// Reading rows, and inserting new ones.
    pub const INSERT: Self = Self(1);
    /// Reading, updating and locking rows.
    pub const UPDATE: Self = Self(2);
    /// Reading and deleting rows. Rows that a foreign key's action deletes or changes with them are not checked.
    pub const DELETE: Self = Self(4);
    /// All operations.
    pub const ALL: Self = Self(7);

    fn contain(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The operation's name in the text of a refusal.
    fn verb(self) -> &'static str {
        match self {
            Self::INSERT => "inserting into",
            Self::UPDATE => "updating or locking rows of",
            Self::DELETE => "deleting from",
            _ => "changing",
        }
    }
}

impl BitOr for Operations {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// The tables that a guest may create and drop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Definitions {
    /// None.
    #[default]
    None,
    /// Creates any table that does not exist, and drops only those that it created.
    Own,
    /// All tables that it may declare.
    All,
}

/// Tables by their names, `schema.name` in a schema that is not the default one. `None` grants all tables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct GrantedTables(Option<Arc<BTreeMap<String, u8>>>);

impl GrantedTables {
    /// Adds a table, or replaces the operations of one.
    pub(crate) fn with(mut self, name: String, operations: Operations) -> Self {
        Arc::make_mut(self.0.get_or_insert_default()).insert(name, operations.0);
        self
    }

    /// No table.
    pub(crate) fn none() -> Self {
        Self(Some(Arc::default()))
    }

    /// Whether some tables are hidden, or some operations are not granted.
    pub(crate) fn is_some_only(&self) -> bool {
        self.0.is_some()
    }

    /// Returns the operations on a table, by its exact name; `None` where it is not granted.
    fn of(&self, schema: Option<&str>, name: &str) -> Option<Operations> {
        let Some(tables) = &self.0 else { return Some(Operations::ALL) };
        match schema {
            Some(schema) => tables.get(&format!("{schema}.{name}")),
            // A dot in a table's name must not make it the name of another schema's table.
            None => tables.get(name).filter(|_| !name.contains('.')),
        }
        .map(|operations| Operations(*operations))
    }

    fn has(&self, schema: Option<&str>, name: &str) -> bool {
        self.of(schema, name).is_some()
    }

    fn check_operation(&self, schema: Option<&str>, name: &str, operation: Operations) -> sql::Result<()> {
        match self.of(schema, name) {
            None => Err(sql::Error::NoSuchTable(name.to_owned())),
            Some(granted) if granted.contain(operation) => Ok(()),
            Some(_) => Err(sql::Error::Denied(format!("{} {name}", operation.verb()))),
        }
    }

    /// Refuses a statement whose operation on its table was not granted. The tables that it reads are checked by the catalog, which has
    /// only those of the models.
    pub(crate) fn check_statement(&self, statement: &Statement) -> sql::Result<()> {
        if !self.is_some_only() {
            return Ok(());
        }
        match &statement.root {
            Root::Select(_) => {}
            Root::Insert(insert) => {
                let conflict = insert.conflict.as_ref().map(|conflict| &conflict.action);
                let updates = matches!(conflict, Some(ConflictAction::Update(_)));
                let operation = if updates { Operations::INSERT | Operations::UPDATE } else { Operations::INSERT };
                self.check_operation(insert.schema.as_deref(), &insert.table, operation)?;
            }
            Root::Update(update) => {
                self.check_operation(update.schema.as_deref(), &update.table, Operations::UPDATE)?;
            }
            Root::Delete(delete) => {
                self.check_operation(delete.schema.as_deref(), &delete.table, Operations::DELETE)?;
            }
        }
        self.check_locks(statement)
    }

    /// Refuses locks in a statement that reads a table without the right to update it: the locks would block those who have it.
    fn check_locks(&self, statement: &Statement) -> sql::Result<()> {
        let locks = |node: &Node| matches!(node, Node::Select(select) if select.lock.is_some());
        if !statement.nodes.iter().any(locks) {
            return Ok(());
        }
        statement.nodes.iter().try_for_each(|node| match node {
            Node::Table(table) if self.has(table.schema.as_deref(), &table.table) => {
                self.check_operation(table.schema.as_deref(), &table.table, Operations::UPDATE)
            }
            // A common table expression, or a table that does not exist.
            _ => Ok(()),
        })
    }

    /// Refuses a flush with an operation that was not granted on its table.
    pub(crate) fn check_changes(&self, changes: &[Change]) -> sql::Result<()> {
        if !self.is_some_only() {
            return Ok(());
        }
        changes.iter().try_for_each(|change| {
            let (table, operation) = match change {
                Change::Inserts(inserts) => (&inserts.table, Operations::INSERT),
                Change::Updates(updates) => (&updates.table, Operations::UPDATE),
                Change::Deletes(deletes) => (&deletes.table, Operations::DELETE),
            };
            self.check_operation(None, table, operation)
        })
    }

    /// Refuses a bulk insert into a table where inserting was not granted.
    pub(crate) fn check_insert(&self, table: &str) -> sql::Result<()> {
        self.check_operation(None, table, Operations::INSERT)
    }

    /// Refuses to create or drop tables that are not granted with all operations.
    pub(crate) fn check_definitions(&self, tables: &[Table]) -> sql::Result<()> {
        tables.iter().try_for_each(|table| {
            let name = &table.name;
            match self.of(table.schema.as_deref(), name) {
                Some(Operations::ALL) => Ok(()),
                Some(_) => Err(sql::Error::Denied(format!("creating and dropping {name}"))),
                None => Err(sql::Error::NoSuchTable(name.clone())),
            }
        })
    }

    /// Refuses models with a table that is not granted, or that refer to one, as if it did not exist.
    pub(crate) fn check(&self, models: &Models) -> sql::Result<()> {
        for table in &models.tables {
            let own = (table.schema.as_deref(), &table.name);
            let referred = table.foreign_keys.iter().map(|key| (key.schema.as_deref(), &key.table));
            if let Some((_, name)) =
                std::iter::once(own).chain(referred).find(|(schema, name)| !self.has(*schema, name))
            {
                return Err(sql::Error::NoSuchTable(name.clone()));
            }
        }
        Ok(())
    }

    /// Refuses to reflect tables that are not granted, as if they did not exist.
    pub(crate) fn check_reflection(&self, options: &ReflectOptions) -> db::Result<()> {
        let schema = options.schema.as_deref();
        let hidden: Vec<_> = options.only.iter().filter(|name| !self.has(schema, name)).cloned().collect();
        if hidden.is_empty() { Ok(()) } else { Err(db::Error::NoSuchTable(hidden.join(", "))) }
    }

    /// Removes the tables that are not granted, and the foreign keys that refer to them.
    pub(crate) fn visible(&self, mut tables: Vec<Table>) -> Vec<Table> {
        if self.is_some_only() {
            tables.retain(|table| self.has(table.schema.as_deref(), &table.name));
            for table in &mut tables {
                table.foreign_keys.retain(|key| self.has(key.schema.as_deref(), &key.table));
            }
        }
        tables
    }
}

#[cfg(test)]
mod tests {
    use sqlservice_sql::schema::{Action, ForeignKey};

    use super::*;

    fn table(name: &str, schema: Option<&str>, refers_to: &[&str]) -> Table {
        let key = |table: &&str| ForeignKey {
            name: None,
            columns: vec!["id".to_owned()],
            table: (*table).to_owned(),
            schema: None,
            referred: vec!["id".to_owned()],
            on_delete: Action::NoAction,
            on_update: Action::NoAction,
        };
        let foreign_keys = refers_to.iter().map(key).collect();
        Table {
            name: name.to_owned(),
            schema: schema.map(str::to_owned),
            columns: Vec::new(),
            primary_key_name: None,
            primary_key: Vec::new(),
            foreign_keys,
            uniques: Vec::new(),
            indexes: Vec::new(),
            checks: Vec::new(),
            version_column: None,
            comment: None,
            is_view: false,
        }
    }

    fn only(names: &[&str]) -> GrantedTables {
        names.iter().fold(GrantedTables::none(), |tables, name| tables.with((*name).to_owned(), Operations::ALL))
    }

    #[test]
    fn operations_are_those_that_were_granted() {
        let some = Operations::INSERT | Operations::DELETE;
        assert!(
            some.contain(Operations::READ) && some.contain(Operations::DELETE) && !some.contain(Operations::UPDATE)
        );
        assert!(Operations::ALL.contain(some) && !some.contain(Operations::ALL));
        let tables = GrantedTables::none().with("log".to_owned(), Operations::INSERT);
        assert_eq!(tables.check_insert("log"), Ok(()));
        assert!(matches!(tables.check_insert("logs"), Err(sql::Error::NoSuchTable(_))));
        assert!(matches!(tables.check_operation(None, "log", Operations::DELETE), Err(sql::Error::Denied(_))));
        assert!(tables.check_definitions(&[table("log", None, &[])]).is_err());
        assert_eq!(only(&["log"]).check_definitions(&[table("log", None, &[])]), Ok(()));
    }

    fn names(tables: &[Table]) -> Vec<String> {
        let keys = |table: &Table| table.foreign_keys.iter().map(|key| format!(">{}", key.table)).collect::<String>();
        tables.iter().map(|table| format!("{}{}", table.name, keys(table))).collect()
    }

    #[test]
    fn t30_what_is_reflected_has_granted_tables_and_keys_only() {
        let all = || vec![table("a", None, &["b", "c"]), table("b", None, &[]), table("a", Some("s"), &[])];
        assert_eq!(names(&GrantedTables::default().visible(all())), ["a>b>c", "b", "a"]);
        assert_eq!(names(&only(&["a", "c"]).visible(all())), ["a>c"]);
        let other = only(&["s.a"]);
        let seen = other.visible([all(), vec![table("s.a", None, &[])]].concat());
        assert_eq!(seen.iter().map(|table| table.schema.as_deref()).collect::<Vec<_>>(), [Some("s")]);
        assert!(only(&["A"]).visible(all()).is_empty());
        assert!(only(&[]).visible(all()).is_empty());
    }

    #[test]
    fn t30_models_with_other_tables_are_refused() {
        let models = |tables: Vec<Table>| Models { tables, relationships: Vec::new() };
        let granted = only(&["a", "b"]);
        assert_eq!(granted.check(&models(vec![table("a", None, &["b"])])), Ok(()));
        for refused in [table("c", None, &[]), table("a", None, &["c"]), table("a", Some("s"), &[])] {
            let said = granted.check(&models(vec![table("b", None, &[]), refused]));
            assert!(matches!(said, Err(sql::Error::NoSuchTable(_))), "{said:?}");
        }
        assert_eq!(GrantedTables::default().check(&models(vec![table("c", None, &["d"])])), Ok(()));
    }
}
