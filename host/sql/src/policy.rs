//! What a guest may do to the rows and columns of tables that it shares with others.
//!
//! A [`Policy`] is written by who operates the host, as expressions in SQL, and parsed once. Bound to a tenant's claims it is what
//! [`Catalog::under`](crate::Catalog::under) takes: from then on the checker rewrites each statement at each place of a table with rules,
//! in the statement's data and never in its text. Tables that it does not name do not exist.
//!
//! What a rule's expression may say, and how a guest's statement is rewritten by it: `expression` and `rules`.

mod evaluate;
mod expression;
mod parsed;
mod rules;
mod visible;

use std::collections::{BTreeMap, BTreeSet};

pub use expression::Expression;
pub(crate) use expression::Predicate;
pub use rules::Rules;
pub(crate) use rules::{Preset, TableRules, WriteKind};

use crate::Value;

/// What is known of who asks, by name; an expression writes `:name` for it. It is bound, and never part of a text.
pub type Claims = BTreeMap<String, Value>;

/// What may be done with a table besides its four operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Allow {
    /// Aggregates: `count`, `sum` and so on, in statements that read the table.
    Aggregate,
    /// To return columns of the rows that a change wrote, as a unit of work does with keys that the database makes.
    Returning,
    /// To lock rows. Others wait for them.
    Lock,
    /// Inserts that update or leave alone the row that is there already, with the columns that the host sets among those of the key.
    Upsert,
}

/// Which columns are read, of which rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Read {
    /// The columns.
    pub columns: Vec<String>,
    /// The rows: those for which this is true; all where there is none.
    #[serde(rename = "where")]
    pub filter: Option<String>,
}

/// Which columns an insert may fill, and with what.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InsertPolicy {
    /// The columns that the guest fills.
    pub columns: Vec<String>,
    /// The columns that the host fills, each with a claim or a constant. The guest may neither fill nor change them.
    #[serde(default)]
    pub set: BTreeMap<String, String>,
    /// What has to be true of the new row's values. The host evaluates it before anything is sent.
    pub check: Option<String>,
}

/// Which columns an update may set, of which rows. These rows have to be readable, too.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpdatePolicy {
    /// The columns; none that says which rows are whose.
    pub columns: Vec<String>,
    /// The rows: those for which this is true; all where there is none.
    #[serde(rename = "where")]
    pub filter: Option<String>,
    /// What has to be true of the new values. The host evaluates it before anything is sent.
    pub check: Option<String>,
}

/// Which rows may be deleted. These rows have to be readable, too.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeletePolicy {
    /// The rows: those for which this is true; all where there is none.
    #[serde(rename = "where")]
    pub filter: Option<String>,
}

/// What may be done with one table. What is not said is denied.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TablePolicy {
    /// What is read.
    pub read: Option<Read>,
    /// What is inserted.
    pub insert: Option<InsertPolicy>,
    /// What is updated.
    pub update: Option<UpdatePolicy>,
    /// What is deleted.
    pub delete: Option<DeletePolicy>,
    /// Columns that read as null in rows for which the expression is not true.
    #[serde(default)]
    pub mask: BTreeMap<String, String>,
    /// What else may be done.
    #[serde(default)]
    pub allow: BTreeSet<Allow>,
    /// What [`TablePolicy::check`] asks of inserts and updates that are allowed after it.
    #[serde(skip)]
    check: Option<String>,
}

/// A text, where one is given that is not empty.
fn text(text: &str) -> Option<String> {
    (!text.trim().is_empty()).then(|| text.to_owned())
}

fn names(names: impl IntoIterator<Item = impl Into<String>>) -> Vec<String> {
    names.into_iter().map(Into::into).collect()
}

impl TablePolicy {
    /// Nothing may be done.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// These columns are read, of rows for which the expression is true; of all rows where it is empty.
    #[must_use]
    pub fn read(mut self, columns: impl IntoIterator<Item = impl Into<String>>, filter: &str) -> Self {
        self.read = Some(Read { columns: names(columns), filter: text(filter) });
        self
    }

    /// Rows are inserted with these columns.
    #[must_use]
    pub fn insert(mut self, columns: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let check = self.check.clone();
        let insert = self.insert.get_or_insert_with(|| InsertPolicy { check, ..InsertPolicy::default() });
        insert.columns = names(columns);
        self
    }

    /// The host fills a column of each row that is inserted, with a claim or a constant.
    #[must_use]
    pub fn set(mut self, column: impl Into<String>, value: &str) -> Self {
        let check = self.check.clone();
        let insert = self.insert.get_or_insert_with(|| InsertPolicy { check, ..InsertPolicy::default() });
        insert.set.insert(column.into(), value.to_owned());
        self
    }

    /// A condition that has to be true of the values of inserted rows and, as far as it names columns that are set, of updated ones,
    /// whether these are allowed before or after it.
    #[must_use]
    pub fn check(mut self, expression: &str) -> Self {
        self.check = text(expression);
        if let Some(insert) = &mut self.insert {
            insert.check.clone_from(&self.check);
        }
        if let Some(update) = &mut self.update {
            update.check.clone_from(&self.check);
        }
        self
    }

    /// These columns are updated, of rows for which the expression is true.
    #[must_use]
    pub fn update(mut self, columns: impl IntoIterator<Item = impl Into<String>>, filter: &str) -> Self {
        self.update = Some(UpdatePolicy { columns: names(columns), filter: text(filter), check: self.check.clone() });
        self
    }

    /// Rows for which the expression is true are deleted.
    #[must_use]
    pub fn delete(mut self, filter: &str) -> Self {
        self.delete = Some(DeletePolicy { filter: text(filter) });
        self
    }

    /// A column reads as null in rows for which the expression is not true.
    #[must_use]
    pub fn mask(mut self, column: impl Into<String>, unless: &str) -> Self {
        self.mask.insert(column.into(), unless.to_owned());
        self
    }

    /// Something else may be done.
    #[must_use]
    pub fn allow(mut self, what: Allow) -> Self {
        self.allow.insert(what);
        self
    }
}

/// What is wrong with a policy, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", self.place())]
pub struct PolicyError {
    /// The table.
    pub table: String,
    /// The rule: `read.where`, `insert.set.tenant_id`, …
    pub rule: String,
    /// Where in the rule's text, in bytes; its beginning where that is not known.
    pub offset: usize,
    /// What is wrong and what to do.
    pub message: String,
}

impl PolicyError {
    fn place(&self) -> String {
        match (self.table.as_str(), self.rule.as_str()) {
            ("", _) => String::new(),
            (table, "") => format!("table {table:?}: "),
            (table, rule) => format!("table {table:?}, {rule}: "),
        }
    }
}

/// The rules of some tables, parsed.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    tables: BTreeMap<String, parsed::ParsedPolicy>,
}

impl Policy {
    /// Parses what is said of tables, by their names to the letter, `schema.name` where the schema is not the default one.
    ///
    /// # Errors
    /// The first thing that is wrong: an expression that cannot be read or says more than rules can, a column that an update could use
    /// to move a row from one owner to another, a rule for a column that no rule grants.
    pub fn new(tables: impl IntoIterator<Item = (String, TablePolicy)>) -> Result<Self, PolicyError> {
        let parse =
            |(name, table): (String, TablePolicy)| Ok((name.clone(), parsed::ParsedPolicy::new(&name, &table)?));
        Ok(Self { tables: tables.into_iter().map(parse).collect::<Result<_, _>>()? })
    }

    /// The tables that have rules.
    pub fn tables(&self) -> impl Iterator<Item = &str> {
        self.tables.keys().map(String::as_str)
    }

    /// The claims that its expressions name.
    #[must_use]
    pub fn claims(&self) -> BTreeSet<&str> {
        self.tables.values().flat_map(parsed::ParsedPolicy::claims).collect()
    }

    /// The rules for who has these claims.
    ///
    /// # Errors
    /// A claim that an expression names and that is not among them, or that is null or an array.
    pub fn bind(&self, claims: &Claims) -> Result<Rules, PolicyError> {
        Rules::new(&self.tables, claims)
    }
}
