//! One database as it is granted to a guest, and what may be done to it.

use std::sync::Arc;

use sqlservice_db::{self as db, observe::Instruments};
use sqlservice_sql::policy::{Claims, Policy, PolicyError, Rules};

use crate::{
    limits::TenantLimits,
    tables::{Definitions, GrantedTables, Operations},
};

/// One database as it is granted to a guest: what is opened, and what may be done to it.
#[derive(Clone, Debug)]
pub struct Grant {
    pub(crate) database: db::Database,
    pub(crate) raw_sql: bool,
    definitions: Definitions,
    /// Whose tables are those that the guest creates.
    owner: Option<Arc<str>>,
    pub(crate) tables: GrantedTables,
    policy: Option<Arc<Policy>>,
    pub(crate) rules: Option<Arc<Rules>>,
}

impl Grant {
    /// Grants statements as data and reflection.
    #[must_use]
    pub fn new(database: db::Database) -> Self {
        let (definitions, tables) = (Definitions::default(), GrantedTables::default());
        Self { database, raw_sql: false, definitions, owner: None, tables, policy: None, rules: None }
    }

    /// Grants a database by its URL, which stays with the host. Nothing is sent to it yet.
    ///
    /// # Errors
    /// When the URL or a setting makes no sense. The text holds no password.
    pub fn open(url: &str, settings: db::Settings) -> Result<Self, db::Error> {
        Ok(Self::new(db::Database::new(url, settings)?))
    }

    /// Whether the guest may send SQL text and declare SQL expressions. Off by default: text can do whatever the
    /// database's own login can. A tenant with this grant has a pool of connections of its own, which no other tenant uses.
    ///
    /// The host does not ask what that login may do: code that grants text on a server calls [`db::Database::check_login`] before, and
    /// grants nothing where a finding is [`db::login::Severity::Dangerous`].
    #[must_use]
    pub fn raw_sql(mut self, granted: bool) -> Self {
        self.raw_sql = granted;
        self
    }

    /// Whether the guest may create and drop its declared tables. Off by default: it could drop those of others, which
    /// [`Grant::own_tables`] does not let it. The later one of both calls counts.
    #[must_use]
    pub fn schema_changes(mut self, granted: bool) -> Self {
        self.definitions = if granted { Definitions::All } else { Definitions::None };
        self
    }

    /// Lets the guest create its declared tables and drop those that it created; the host writes down in the database which these are
    /// ([`db::Database::with_owner`]). It is known by the names of the tenant and the plugin, so both have to stay what they are, and two
    /// plugins of one tenant need two ([`Plugin::with_name`](crate::Plugin::with_name)), or by [`Grant::owner`]. It cannot go together
    /// with [`Grant::raw_sql`], which drops any table, nor with [`Grant::policy`].
    #[must_use]
    pub fn own_tables(mut self) -> Self {
        self.definitions = Definitions::Own;
        self
    }

    /// Says who the guest is for [`Grant::own_tables`], instead of the names of tenant and plugin. Who has a linker of their own has to
    /// say it: without it the guest creates and drops nothing.
    #[must_use]
    pub fn owner(mut self, name: impl Into<Arc<str>>) -> Self {
        self.owner = Some(name.into());
        self
    }

    /// Grants these tables and views and no others, by their names to the letter, `schema.name` where the schema is not the default
    /// one. To the guest others do not exist: it can neither declare nor refer to them, and reflection leaves them out. All tables
    /// where neither this nor [`Grant::table`] is called. It cannot go together with [`Grant::raw_sql`], which reads any table.
    #[must_use]
    pub fn tables(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let all = |tables: GrantedTables, name: String| tables.with(name, Operations::ALL);
        self.tables = names.into_iter().map(Into::into).fold(GrantedTables::none(), all);
        self
    }

    /// Grants one more table, or another right to one, as [`Grant::tables`] does: to its rows no more is done than this. Locking rows
    /// needs [`Operations::UPDATE`], and so does an upsert; creating and dropping the table needs [`Operations::ALL`].
    #[must_use]
    pub fn table(mut self, name: impl Into<String>, operations: Operations) -> Self {
        self.tables = self.tables.with(name.into(), operations);
        self
    }

    /// Grants the tables of a policy, with the rows and columns that it lets be read and written, and no others. Its claims are those of the
    /// tenant ([`TenantBuilder::claim`](crate::TenantBuilder::claim)). It takes the place of [`Grant::tables`], and cannot go together with
    /// [`Grant::raw_sql`], which reads any row, nor with [`Grant::schema_changes`] or [`Grant::own_tables`].
    #[must_use]
    pub fn policy(mut self, policy: Arc<Policy>) -> Self {
        let all = |tables: GrantedTables, name: &str| tables.with(name.to_owned(), Operations::ALL);
        self.tables = policy.tables().fold(GrantedTables::none(), all);
        (self.policy, self.rules) = (Some(policy), None);
        self
    }

    /// Binds the policy, where there is one, to claims. A tenant does it by itself; who has a linker of their own does it before the
    /// database is granted.
    ///
    /// # Errors
    /// A claim that an expression of the policy names and that is not there.
    pub fn bind(mut self, claims: &Claims) -> Result<Self, PolicyError> {
        self.rules = self.policy.as_ref().map(|policy| policy.bind(claims)).transpose()?.map(Arc::new);
        Ok(self)
    }

    /// Whether a policy has no claims yet: until then nothing of the database may be used.
    pub(crate) fn is_unbound(&self) -> bool {
        self.policy.is_some() && self.rules.is_none()
    }

    /// Whether SQL text was granted, which could read and drop tables that are not, or to drop what others have rows in.
    pub(crate) fn contradicts_itself(&self) -> bool {
        let text_reaches_more = self.tables.is_some_only() || self.definitions == Definitions::Own;
        (self.raw_sql && text_reaches_more) || (self.definitions != Definitions::None && self.policy.is_some())
    }

    /// The database as the guest may create and drop tables in it; nothing where it may not.
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

    /// The same grant for a tenant that may have so many of its connections. Connections over which SQL text goes are that tenant's own.
    pub(crate) fn limit_connections(self, limits: &TenantLimits) -> Self {
        let most = limits.connections;
        if self.allows_text() {
            return Self { database: self.database.with_own_pool(most, limits.new_connections), ..self };
        }
        let Some(most) = most else { return self };
        Self { database: self.database.limit_connections(most), ..self }
    }

    /// The same grant for the work of a tenant's plugin, of which an observer is told; the database's own where there is none.
    pub(crate) fn with_instruments(&self, instruments: Instruments) -> Self {
        Self { database: self.database.with_instruments(instruments), ..self.clone() }
    }

    /// The same grant for a plugin of a tenant, who owns what it creates unless the grant says who does.
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

/// Who a tenant's plugin is as an owner of tables. No two other names make the same text.
fn owner(tenant: &str, plugin: &str) -> Arc<str> {
    let tenant = tenant.replace('\\', "\\\\").replace('/', "\\/");
    format!("{tenant}/{plugin}").into()
}

#[cfg(test)]
mod tests;
