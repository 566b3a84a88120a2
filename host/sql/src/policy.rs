//! Policies: the operations that a guest may perform on rows and columns of tables that several tenants share.
//!
//! A host's operator writes a [`Policy`] as SQL expressions, which are parsed once. Bound to a tenant's claims, it is passed to
//! [`Catalog::under`](crate::Catalog::under). From then on the checker rewrites each reference to a table with rules, in the
//! statement's nodes and never in its text. For the guest, tables that the policy does not name do not exist.
//!
//! The module `expression` parses a rule's expression; `rules` binds rules to claims.

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

/// A tenant's claims by name, to which an expression refers as `:name`. They become bind values, never SQL text.
pub type Claims = BTreeMap<String, Value>;

/// Permissions for a table besides its four operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Allow {
    /// Aggregates: `count`, `sum` and so on, in statements that read the table.
    Aggregate,
    /// Returning columns of the rows that a change wrote, as a unit of work does with keys that the database generates.
    Returning,
    /// Locking rows, which makes other transactions wait for them.
    Lock,
    /// Inserts that update or keep the existing row on a conflict. Columns that the host fills and `read.where` names extend the key.
    Upsert,
}

/// The columns and rows that may be read.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Read {
    /// The columns.
    pub columns: Vec<String>,
    /// The condition that selects the rows; without one, all rows.
    #[serde(rename = "where")]
    pub filter: Option<String>,
}

/// The columns that an insert fills: with values of the guest or of the host.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InsertPolicy {
    /// The columns that the guest fills.
    pub columns: Vec<String>,
    /// The columns that the host fills, each with a claim or a constant. The guest may neither fill nor change them.
    #[serde(default)]
    pub set: BTreeMap<String, String>,
    /// The condition that the new row's values must fulfil. The host evaluates it before it sends the statement.
    pub check: Option<String>,
}

/// The columns that an update may set, and the rows that it may update. These rows have to be readable, too.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpdatePolicy {
    /// The columns. None may decide who owns a row: none that a condition of rows or of a mask names, and none that the host fills.
    pub columns: Vec<String>,
    /// The condition that selects the rows; without one, all rows.
    #[serde(rename = "where")]
    pub filter: Option<String>,
    /// The condition that the new values must fulfil. The host evaluates it before it sends the statement.
    pub check: Option<String>,
}

/// The rows that may be deleted. These rows have to be readable, too.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeletePolicy {
    /// The condition that selects the rows; without one, all rows.
    #[serde(rename = "where")]
    pub filter: Option<String>,
}

/// The permissions for one table. Operations without a permission are denied.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TablePolicy {
    /// Permission to read.
    pub read: Option<Read>,
    /// Permission to insert.
    pub insert: Option<InsertPolicy>,
    /// Permission to update.
    pub update: Option<UpdatePolicy>,
    /// Permission to delete.
    pub delete: Option<DeletePolicy>,
    /// Columns that read as null in rows for which the expression is not true.
    #[serde(default)]
    pub mask: BTreeMap<String, String>,
    /// Further permissions.
    #[serde(default)]
    pub allow: BTreeSet<Allow>,
    /// The condition of [`TablePolicy::check`], for inserts and updates that are permitted after it.
    #[serde(skip)]
    check: Option<String>,
}

/// Returns the text, or `None` for a blank one.
fn text(text: &str) -> Option<String> {
    (!text.trim().is_empty()).then(|| text.to_owned())
}

fn names(names: impl IntoIterator<Item = impl Into<String>>) -> Vec<String> {
    names.into_iter().map(Into::into).collect()
}

impl TablePolicy {
    /// Returns a policy that permits nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Permits reading these columns of rows for which the expression is true; of all rows where it is empty.
    #[must_use]
    pub fn read(mut self, columns: impl IntoIterator<Item = impl Into<String>>, filter: &str) -> Self {
        self.read = Some(Read { columns: names(columns), filter: text(filter) });
        self
    }

    /// Returns the policy of inserts, made with the check if there is none.
    fn insert_policy(&mut self) -> &mut InsertPolicy {
        let check = &self.check;
        self.insert.get_or_insert_with(|| InsertPolicy { check: check.clone(), ..InsertPolicy::default() })
    }

    /// Permits inserting rows with these columns.
    #[must_use]
    pub fn insert(mut self, columns: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.insert_policy().columns = names(columns);
        self
    }

    /// Makes the host fill a column of each inserted row with a claim or a constant.
    #[must_use]
    pub fn set(mut self, column: impl Into<String>, value: &str) -> Self {
        self.insert_policy().set.insert(column.into(), value.to_owned());
        self
    }

    /// Sets the condition for values of inserted rows, and of updates that set any of its columns, whether these are permitted before or
    /// after it.
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

    /// Permits updating these columns of rows for which the expression is true; of all rows where it is empty.
    #[must_use]
    pub fn update(mut self, columns: impl IntoIterator<Item = impl Into<String>>, filter: &str) -> Self {
        self.update = Some(UpdatePolicy { columns: names(columns), filter: text(filter), check: self.check.clone() });
        self
    }

    /// Permits deleting rows for which the expression is true; all rows where it is empty.
    #[must_use]
    pub fn delete(mut self, filter: &str) -> Self {
        self.delete = Some(DeletePolicy { filter: text(filter) });
        self
    }

    /// Makes a column read as null in rows for which the expression is not true.
    #[must_use]
    pub fn mask(mut self, column: impl Into<String>, unless: &str) -> Self {
        self.mask.insert(column.into(), unless.to_owned());
        self
    }

    /// Adds a further permission.
    #[must_use]
    pub fn allow(mut self, what: Allow) -> Self {
        self.allow.insert(what);
        self
    }
}

/// An error in a policy, and its location.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", self.place())]
pub struct PolicyError {
    /// The table.
    pub table: String,
    /// The rule: `read.where`, `insert.set.tenant_id`, …
    pub rule: String,
    /// The byte offset in the rule's text; 0 where it is unknown.
    pub offset: usize,
    /// The problem and its remedy.
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
    /// Parses the policies of tables. A table's name is case-sensitive, and has the form `schema.name` outside of the default schema.
    ///
    /// # Errors
    /// The first error: an expression that does not parse or uses unsupported SQL, a column through which an update could move a row
    /// from one owner to another, or a rule for a column that no rule grants.
    pub fn new(tables: impl IntoIterator<Item = (String, TablePolicy)>) -> Result<Self, PolicyError> {
        let parse =
            |(name, table): (String, TablePolicy)| Ok((name.clone(), parsed::ParsedPolicy::new(&name, &table)?));
        Ok(Self { tables: tables.into_iter().map(parse).collect::<Result<_, _>>()? })
    }

    /// The tables that have rules.
    pub fn tables(&self) -> impl Iterator<Item = &str> {
        self.tables.keys().map(String::as_str)
    }

    /// The claims that the policy's expressions name.
    #[must_use]
    pub fn claims(&self) -> BTreeSet<&str> {
        self.tables.values().flat_map(parsed::ParsedPolicy::claims).collect()
    }

    /// Binds the policy to a tenant's claims.
    ///
    /// # Errors
    /// A claim that an expression names is missing, null, an array, or of a type of the database's own.
    pub fn bind(&self, claims: &Claims) -> Result<Rules, PolicyError> {
        Rules::new(&self.tables, claims)
    }
}
