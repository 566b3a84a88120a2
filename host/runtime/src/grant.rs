//! The grant of a database: the database, and a guest's rights to it.

use std::sync::Arc;

use sqlservice_db::{self as db, observe::Instruments};
use sqlservice_sql::policy::{Claims, Policy, PolicyError, Rules};

use crate::{
    limits::TenantLimits,
    tables::{Definitions, GrantedTables, Operations},
};

/// The grant of a database to a guest: the database to open, and the guest's rights to it.
#[derive(Clone, Debug)]
pub struct Grant {
    pub(crate) database: db::Database,
    pub(crate) raw_sql: bool,
    definitions: Definitions,
    /// The owner of the tables that the guest creates.
    owner: Option<Arc<str>>,
    pub(crate) tables: GrantedTables,
    policy: Option<Arc<Policy>>,
    pub(crate) rules: Option<Arc<Rules>>,
}

impl Grant {
    /// Grants statements as data, and reflection.
    #[must_use]
    pub fn new(database: db::Database) -> Self {
        let (definitions, tables) = (Definitions::default(), GrantedTables::default());
        Self { database, raw_sql: false, definitions, owner: None, tables, policy: None, rules: None }
    }

    /// Grants a database by its URL, which no guest sees. Does not connect yet.
    ///
    /// # Errors
    /// When the URL or a setting is invalid. The error's text holds no password.
    pub fn open(url: &str, settings: db::Settings) -> Result<Self, db::Error> {
        Ok(Self::new(db::Database::new(url, settings)?))
    }

    /// Whether the guest may send SQL text and declare SQL expressions. Off by default: SQL text can do whatever the database login may
    /// do. A tenant with this grant has its own pool of connections, which no other tenant uses.
    ///
    /// The host does not check the login's rights by itself. Code that grants SQL text on a server has to call
    /// [`db::Database::check_login`] first, and to refuse the grant where a finding is [`db::login::Severity::Dangerous`].
    #[must_use]
    pub fn raw_sql(mut self, granted: bool) -> Self {
        self.raw_sql = granted;
        self
    }

    /// Whether the guest may create and drop its declared tables. Off by default, as it could drop tables of other owners;
    /// [`Grant::own_tables`] prevents that. Of these two calls the later one counts.
    #[must_use]
    pub fn schema_changes(mut self, granted: bool) -> Self {
        self.definitions = if granted { Definitions::All } else { Definitions::None };
        self
    }

    /// Lets the guest create its declared tables and drop only those that it created. The host records the owner of each table in the
    /// database ([`db::Database::with_owner`]). The owner's name is made of the names of the tenant and the plugin, so neither may
    /// change, and two plugins of one tenant need different names ([`Plugin::with_name`](crate::Plugin::with_name)); [`Grant::owner`]
    /// sets another owner. Cannot be combined with [`Grant::raw_sql`], which can drop any table, nor with [`Grant::policy`].
    #[must_use]
    pub fn own_tables(mut self) -> Self {
        self.definitions = Definitions::Own;
        self
    }

    /// Sets the guest's owner name for [`Grant::own_tables`], in place of the names of tenant and plugin. An embedder with its own
    /// linker has to set it: without an owner the guest can neither create nor drop tables.
    #[must_use]
    pub fn owner(mut self, name: impl Into<Arc<str>>) -> Self {
        self.owner = Some(name.into());
        self
    }

    /// Grants only these tables and views, by their exact names, `schema.name` outside of the default schema. Other tables do not exist
    /// for the guest: it can neither declare nor refer to them, and reflection leaves them out. All tables are granted where neither
    /// this nor [`Grant::table`] is called. Cannot be combined with [`Grant::raw_sql`], which can read any table.
    #[must_use]
    pub fn tables(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let all = |tables: GrantedTables, name: String| tables.with(name, Operations::ALL);
        self.tables = names.into_iter().map(Into::into).fold(GrantedTables::none(), all);
        self
    }

    /// Grants one more table, as [`Grant::tables`] does, or replaces the operations of a granted one: the guest may apply only these to
    /// its rows. Locking rows and upserts need [`Operations::UPDATE`]; creating and dropping the table needs [`Operations::ALL`].
    #[must_use]
    pub fn table(mut self, name: impl Into<String>, operations: Operations) -> Self {
        self.tables = self.tables.with(name.into(), operations);
        self
    }

    /// Grants only the tables of a policy, with the rows and columns that the policy lets the guest read and write. The claims are the
    /// tenant's ([`TenantBuilder::claim`](crate::TenantBuilder::claim)). Replaces [`Grant::tables`]. Cannot be combined with
    /// [`Grant::raw_sql`], which can read any row, nor with [`Grant::schema_changes`] or [`Grant::own_tables`].
    #[must_use]
    pub fn policy(mut self, policy: Arc<Policy>) -> Self {
        let all = |tables: GrantedTables, name: &str| tables.with(name.to_owned(), Operations::ALL);
        self.tables = policy.tables().fold(GrantedTables::none(), all);
        (self.policy, self.rules) = (Some(policy), None);
        self
    }

    /// Binds the policy, if there is one, to claims. A tenant does so by itself; an embedder with its own linker has to do so before
    /// the database is granted.
    ///
    /// # Errors
    /// When a claim is missing that an expression of the policy names.
    pub fn bind(mut self, claims: &Claims) -> Result<Self, PolicyError> {
        self.rules = self.policy.as_ref().map(|policy| policy.bind(claims)).transpose()?.map(Arc::new);
        Ok(self)
    }

    /// Whether the grant has a policy without claims. Until they are bound, the database cannot be used.
    pub(crate) fn is_unbound(&self) -> bool {
        self.policy.is_some() && self.rules.is_none()
    }

    /// Whether rights contradict each other: SQL text could read and drop tables that are not granted, and schema changes could drop
    /// rows that a policy hides.
    pub(crate) fn contradicts_itself(&self) -> bool {
        let text_reaches_more = self.tables.is_some_only() || self.definitions == Definitions::Own;
        (self.raw_sql && text_reaches_more) || (self.definitions != Definitions::None && self.policy.is_some())
    }

    /// Returns the database with the guest's right to create and drop tables, or `None` where it has none.
    pub(crate) fn for_definitions(&self) -> Option<db::Database> {
        match (self.definitions, &self.owner) {
            _ if self.policy.is_some() => None,
            (Definitions::All, _) => Some(self.database.clone()),
            (Definitions::Own, Some(owner)) => Some(self.database.with_owner(Arc::clone(owner))),
            (Definitions::Own, None) | (Definitions::None, _) => None,
        }
    }

    /// Whether the guest may send SQL text.
    pub(crate) fn allows_text(&self) -> bool {
        self.raw_sql && !self.contradicts_itself()
    }

    /// Limits the connections to those that a tenant may have. A grant of SQL text gets its own pool.
    pub(crate) fn limit_connections(self, limits: &TenantLimits) -> Self {
        let most = limits.connections;
        if self.allows_text() {
            return Self { database: self.database.with_own_pool(most, limits.new_connections), ..self };
        }
        let Some(most) = most else { return self };
        Self { database: self.database.limit_connections(most), ..self }
    }

    /// Returns the grant with the instruments of a tenant's plugin; without an observer in them, the database's own observer is kept.
    pub(crate) fn with_instruments(&self, instruments: Instruments) -> Self {
        Self { database: self.database.with_instruments(instruments), ..self.clone() }
    }

    /// Makes a tenant's plugin the owner of the tables that it creates, unless the grant names an owner.
    pub(crate) fn owned_by(self, tenant: &str, plugin: &str) -> Self {
        let owner = self.owner.clone().unwrap_or_else(|| owner(tenant, plugin));
        Self { owner: Some(owner), ..self }
    }

    /// The database.
    #[must_use]
    pub fn database(&self) -> &db::Database {
        &self.database
    }
}

/// Returns the owner name of a tenant's plugin. Different pairs of names never give the same text.
fn owner(tenant: &str, plugin: &str) -> Arc<str> {
    let tenant = tenant.replace('\\', "\\\\").replace('/', "\\/");
    format!("{tenant}/{plugin}").into()
}

#[cfg(test)]
mod tests;
