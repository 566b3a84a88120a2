//! The contract's `database`, which a guest opens by the name of its grant.

use std::{sync::Arc, time::Duration};

use sqlservice_db as db;
use sqlservice_sql::{self as sql, schema as ours};
use wasmtime::component::{Accessor, Resource, ResourceTableError};

use crate::{
    SqlError,
    bindings::sqlservice::database::{
        databases::{DdlOptions, HostDatabase, HostDatabaseWithStore, Limit},
        schema::{Models, ReflectOptions, Table},
        sessions::TransactionOptions,
    },
    conv,
    ctx::{HasSql, SqlCtxView},
    database_state::DatabaseState,
    session::Session,
    session_state::SessionState,
};

/// An opened database. Dropping it leaves its sessions alive.
pub struct Database(Arc<DatabaseState>);

impl HostDatabase for SqlCtxView<'_> {
    fn dialect(&mut self, this: Resource<Database>) -> wasmtime::Result<String> {
        Ok(conv::dialect(self.opened(&this)?.grant.database.dialect()).to_owned())
    }

    fn capabilities(&mut self, this: Resource<Database>) -> wasmtime::Result<Vec<String>> {
        let can = self.opened(&this)?.grant.database.dialect().capabilities();
        Ok(can.names().map(str::to_owned).collect())
    }

    fn limits(&mut self, this: Resource<Database>) -> wasmtime::Result<Vec<Limit>> {
        let opened = self.opened(&this)?;
        let limits = &opened.limits;
        let can = opened.grant.database.dialect().capabilities();
        let parameters = u64::try_from(limits.statement.parameters).unwrap_or(u64::MAX);
        let all = [
            ("rows", limits.rows.unwrap_or(0)),
            ("result-bytes", limits.answer_bytes),
            ("statement-ms", milliseconds(limits.statement_time)),
            ("transaction-ms", milliseconds(limits.transaction_time)),
            ("idle-transaction-ms", milliseconds(limits.idle_transaction_time)),
            ("sessions", limits.sessions.into()),
            ("parameters", parameters.min(can.max_parameters.into())),
            ("statement-bytes", u64::try_from(limits.statement.statement_bytes).unwrap_or(u64::MAX)),
        ];
        Ok(all.map(|(name, value)| Limit { name: name.to_owned(), value }).into())
    }

    fn tables(&mut self, this: Resource<Database>) -> wasmtime::Result<Vec<Table>> {
        let catalog = self.opened(&this)?.catalog();
        Ok(catalog.tables().into_iter().cloned().map(Into::into).collect())
    }

    fn session(&mut self, this: Resource<Database>) -> Result<Resource<Session>, SqlError> {
        let opened = self.opened(&this).map_err(SqlError::Trap)?;
        let permit = opened.permit()?;
        let session = opened.grant.database.session();
        Ok(self.push_session(SessionState::new(session, opened, permit))?)
    }

    fn drop(&mut self, this: Resource<Database>) -> wasmtime::Result<()> {
        self.table.delete(this)?;
        Ok(())
    }
}

impl SqlCtxView<'_> {
    fn opened(&self, this: &Resource<Database>) -> wasmtime::Result<Arc<DatabaseState>> {
        Ok(self.table.get(this)?.0.clone())
    }

    /// Adds a session to the guest's resources, and remembers it for the end of the call.
    fn push_session(&mut self, session: Arc<SessionState>) -> Result<Resource<Session>, ResourceTableError> {
        self.ctx.remember(&session);
        self.table.push(Session(session))
    }
}

fn milliseconds(time: Option<Duration>) -> u64 {
    time.map_or(0, |time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}

fn opened<T>(store: &Accessor<T, HasSql>, this: &Resource<Database>) -> Result<Arc<DatabaseState>, SqlError> {
    store.with(|mut access| access.get().opened(this)).map_err(SqlError::Trap)
}

impl<T: Send> HostDatabaseWithStore<T> for HasSql {
    async fn open(store: &Accessor<T, Self>, name: String, models: Models) -> Result<Resource<Database>, SqlError> {
        // Matches exactly, among the guest's own grants: a name of another guest's grant is like an unknown one.
        let grant = store.with(|mut access| access.get().ctx.databases.get(&name).cloned());
        let grant = grant.ok_or_else(conv::no_such_database)?;
        if grant.is_unbound() {
            return Err(sql::Error::Denied("a database whose policy has no claims".to_owned()).into());
        }
        // The statements that a guest may send depend on the kind of server, which some URLs leave open.
        grant.database.identify().await?;
        store.with(|mut access| {
            let view = access.get();
            let known = view.ctx.cache.declare(&name, models.into(), &grant, &view.ctx.limits.statement)?;
            let opened = Arc::new(view.ctx.open(grant, known)?);
            Ok(view.table.push(Database(opened))?)
        })
    }

    async fn ping(store: &Accessor<T, Self>, this: Resource<Database>) -> Result<(), SqlError> {
        Ok(opened(store, &this)?.grant.database.ping().await?)
    }

    async fn connect(store: &Accessor<T, Self>, this: Resource<Database>) -> Result<Resource<Session>, SqlError> {
        let opened = opened(store, &this)?;
        let permit = opened.permit()?;
        let session = opened.grant.database.connect().await?;
        let session = SessionState::new(session, opened, permit);
        Ok(store.with(|mut access| access.get().push_session(session))?)
    }

    async fn begin(
        store: &Accessor<T, Self>,
        this: Resource<Database>,
        options: TransactionOptions,
    ) -> Result<Resource<Session>, SqlError> {
        let opened = opened(store, &this)?;
        let permit = opened.permit()?;
        let session = opened.grant.database.begin(opened.transaction(&options)).await?;
        let session = SessionState::new(session, opened, permit);
        Ok(store.with(|mut access| access.get().push_session(session))?)
    }

    async fn create_all(
        store: &Accessor<T, Self>,
        this: Resource<Database>,
        options: DdlOptions,
    ) -> Result<Vec<String>, SqlError> {
        let opened = opened(store, &this)?;
        let (database, tables) = definitions(&opened, &options.only)?;
        Ok(database.create_all(tables, options.check_first).await?)
    }

    async fn drop_all(
        store: &Accessor<T, Self>,
        this: Resource<Database>,
        options: DdlOptions,
    ) -> Result<Vec<String>, SqlError> {
        let opened = opened(store, &this)?;
        let (database, tables) = definitions(&opened, &options.only)?;
        Ok(database.drop_all(tables, options.check_first).await?)
    }

    async fn reflect(
        store: &Accessor<T, Self>,
        this: Resource<Database>,
        options: ReflectOptions,
    ) -> Result<Vec<Table>, SqlError> {
        let opened = opened(store, &this)?;
        let options = options.into();
        opened.grant.tables.check_reflection(&options)?;
        let tables = opened.visible(opened.grant.database.reflect(options).await?);
        opened.add_reflected(&tables)?;
        Ok(conv::all(tables))
    }
}

/// Returns the database for schema changes and the declared tables that a guest names. Refuses a guest that may not change the schema.
fn definitions(opened: &DatabaseState, only: &[String]) -> Result<(db::Database, Vec<ours::Table>), SqlError> {
    let Some(database) = opened.grant.for_definitions() else {
        return Err(sql::Error::Denied("creating and dropping tables of this database".to_owned()).into());
    };
    let tables: Vec<_> = opened.catalog().declared(only)?.into_iter().cloned().collect();
    opened.grant.tables.check_definitions(&tables)?;
    Ok((database, tables))
}
