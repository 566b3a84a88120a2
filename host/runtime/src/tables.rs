//! The tables of a database that a grant is for: to a guest there are no others.

use std::{collections::BTreeSet, sync::Arc};

use sqlservice_db::{self as db, ReflectOptions};
use sqlservice_sql::{
    self as sql,
    schema::{Models, Table},
};

/// Names of tables, `schema.name` in a schema that is not the default one; all tables where none were named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tables(Option<Arc<BTreeSet<String>>>);

impl Tables {
    pub(crate) fn only(names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self(Some(Arc::new(names.into_iter().map(Into::into).collect())))
    }

    /// Whether some tables are hidden.
    pub(crate) fn is_some_only(&self) -> bool {
        self.0.is_some()
    }

    /// Whether a table is granted, by its name to the letter.
    fn has(&self, schema: Option<&str>, name: &str) -> bool {
        self.0.as_ref().is_none_or(|names| match schema {
            Some(schema) => names.contains(&format!("{schema}.{name}")),
            // A point in a name must not make it the name of another schema's table.
            None => !name.contains('.') && names.contains(name),
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

    /// Refuses to read tables that are not granted, as if they did not exist.
    pub(crate) fn check_reflection(&self, options: &ReflectOptions) -> db::Result<()> {
        let schema = options.schema.as_deref();
        let hidden: Vec<_> = options.only.iter().filter(|name| !self.has(schema, name)).cloned().collect();
        if hidden.is_empty() { Ok(()) } else { Err(db::Error::NoSuchTable(hidden.join(", "))) }
    }

    /// What is left of reflected tables where the others did not exist.
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

    fn names(tables: &[Table]) -> Vec<String> {
        let keys = |table: &Table| table.foreign_keys.iter().map(|key| format!(">{}", key.table)).collect::<String>();
        tables.iter().map(|table| format!("{}{}", table.name, keys(table))).collect()
    }

    #[test]
    fn t30_what_is_reflected_has_granted_tables_and_keys_only() {
        let all = || vec![table("a", None, &["b", "c"]), table("b", None, &[]), table("a", Some("s"), &[])];
        assert_eq!(names(&Tables::default().visible(all())), ["a>b>c", "b", "a"]);
        assert_eq!(names(&Tables::only(["a", "c"]).visible(all())), ["a>c"]);
        let other = Tables::only(["s.a"]);
        let seen = other.visible([all(), vec![table("s.a", None, &[])]].concat());
        assert_eq!(seen.iter().map(|table| table.schema.as_deref()).collect::<Vec<_>>(), [Some("s")]);
        assert!(Tables::only(["A"]).visible(all()).is_empty());
        assert!(Tables::only([""; 0]).visible(all()).is_empty());
    }

    #[test]
    fn t30_models_with_other_tables_are_refused() {
        let models = |tables: Vec<Table>| Models { tables, relationships: Vec::new() };
        let granted = Tables::only(["a", "b"]);
        assert_eq!(granted.check(&models(vec![table("a", None, &["b"])])), Ok(()));
        for refused in [table("c", None, &[]), table("a", None, &["c"]), table("a", Some("s"), &[])] {
            let said = granted.check(&models(vec![table("b", None, &[]), refused]));
            assert!(matches!(said, Err(sql::Error::NoSuchTable(_))), "{said:?}");
        }
        assert_eq!(Tables::default().check(&models(vec![table("c", None, &["d"])])), Ok(()));
    }
}
