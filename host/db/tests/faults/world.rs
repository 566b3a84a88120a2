//! A database, a pool that reaches it without faults, and queries for its actual contents.

use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use sqlservice_db::{Database, Isolation, ReflectOptions, RunOptions, Session, Settings, TransactionOptions};
use sqlservice_sql::{
    Batch, BulkStatements, Catalog, Compiled, Dialect, Flush, InsertMany, Limits, Loading, Operation, Scalar, Sql,
    Summary, Value,
    compiled::Output,
    flush::{Change, Inserts, Updates},
    load::{Load, LoadPlan},
    schema::{Models, Table, TypeKind},
};
use tokio::time::{Instant, sleep};

use crate::{
    build::{column, key, table},
    frame::Protocol,
    model::{batch, integers, models, names, texts},
    place::Place,
    wire::Wire,
};

/// A password, and the verifier that PostgreSQL stores: with one round of hashing, to keep logins quick.
const PASSWORD: &str = "faults-never-secret";
const VERIFIER: &str = "SCRAM-SHA-256$1:MDEyMzQ1Njc4OWFiY2RlZg==$UPoMNgQSFtOHQqHOHX8yln/Hzjj7yrVX4TBEfucJi9w=:\
                        laiRQSBAk9Gwciei083nrYkmiRqlKvFfX0WmQQ2owp4=";

pub struct World {
    /// The role that the cases log in as, where it is not the administrator.
    role: Option<String>,
    /// The length of the texts that a call writes.
    length: usize,
    /// Serialises the cases that run DDL.
    pub tables: tokio::sync::Mutex<()>,
    /// The first key of the next case.
    base: AtomicI64,
    place: Place,
    dialect: Dialect,
    /// A pool without faults.
    pub direct: Database,
    catalog: Arc<Catalog>,
}

/// The rows and tables of a case that the database really holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Truth {
    /// Whether the first row that its transaction inserted is there.
    pub mark: bool,
    /// The number of the call's changes that are there.
    pub own: i64,
}

impl World {
    /// Sets up an empty database.
    pub async fn new(place: Place) -> Arc<Self> {
        Self::with(place, 4).await
    }

    /// Sets up an empty database, with calls that write texts of this length.
    pub async fn with(place: Place, length: usize) -> Arc<Self> {
        let settings = Settings::default().pool_size(12).max_overflow(60).lock_timeout(Duration::from_secs(1));
        let settings = settings.pool_pre_ping(true);
        let direct = place.another(settings);
        let dialect = direct.identify().await.expect("known");
        let catalog = Catalog::declare(models(), dialect, &Limits::default(), false).expect("good models");
        let role = if dialect == Dialect::Postgres { Some(quick_role(&place).await) } else { None };
        let (tables, base, catalog) = (tokio::sync::Mutex::default(), AtomicI64::new(1_000), Arc::new(catalog));
        let world = Self { role, length, tables, base, place, dialect, direct, catalog };
        let tables = world.catalog.declared(&[]).expect("all").into_iter().cloned().collect();
        world.direct.create_all(tables, false).await.expect("created");
        Arc::new(world)
    }

    pub async fn remove(self) {
        self.direct.close().await;
        if let Some(role) = self.role {
            self.place.on_server(&format!("drop owned by {role} cascade; drop role {role}")).await;
        }
        self.place.remove().await;
    }

    /// Reserves a hundred keys for a case, and returns the first.
    pub fn next_base(&self) -> i64 {
        self.base.fetch_add(100, Ordering::Relaxed)
    }

    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The URL of the database.
    pub fn url(&self) -> &str {
        self.place.url()
    }

    /// The path of an SQLite database's file.
    pub fn path(&self) -> &str {
        self.place.url().trim_start_matches("sqlite://")
    }

    /// The database's files that this process has open.
    pub fn open_files(&self) -> Vec<PathBuf> {
        let folder = std::fs::read_dir("/proc/self/fd").expect("the open files");
        let is_ours = |path: &PathBuf| path.to_string_lossy().starts_with(self.path());
        folder.flatten().filter_map(|file| std::fs::read_link(file.path()).ok()).filter(is_ours).collect()
    }

    pub fn is_server(&self) -> bool {
        self.dialect != Dialect::Sqlite
    }

    /// A proxy in front of the server.
    pub async fn wire(&self) -> Wire {
        let url = url::Url::parse(self.place.url()).expect("a url");
        let address = format!("{}:{}", url.host_str().expect("a host"), url.port().expect("a port of its own"));
        let address: SocketAddr = address.parse().expect("an address");
        let protocol = if self.dialect == Dialect::Postgres { Protocol::Postgres } else { Protocol::Mysql };
        Wire::to(address, protocol).await
    }

    /// A pool that connects through a proxy.
    pub fn behind(&self, wire: &Wire, settings: Settings) -> Database {
        let mut url = url::Url::parse(self.place.url()).expect("a url");
        url.set_port(Some(wire.port())).expect("a port");
        if let Some(role) = &self.role {
            url.set_username(role).expect("a name");
            url.set_password(Some(PASSWORD)).expect("a password");
        }
        url.set_query(Some("sslmode=disable"));
        Database::new(url.as_str(), settings).expect("a database")
    }

    /// Another pool of the same database.
    pub fn again(&self, settings: Settings) -> Database {
        self.place.another(settings)
    }

    /// A compiled statement with the test's own text.
    pub fn compiled(&self, sql: &str, outputs: &[&str]) -> Arc<Compiled> {
        let output =
            |name: &&str| Output { name: (*name).to_owned(), ty: Some(TypeKind::Int64.into()), nullable: None };
        Arc::new(Compiled {
            // Only a `&'static str` passes as text of the host's own.
            sql: Sql::fixed(Box::leak(sql.into())),
            placeholders: Vec::new(),
            outputs: outputs.iter().map(output).collect(),
            parameters: 0,
            writes: outputs.is_empty(),
            locks: sql.contains("for update"),
            clock: false,
            summary: Summary { operation: Operation::Select, tables: Arc::default() },
            conditions: Vec::new(),
        })
    }

    /// Runs a statement in a transaction of its own.
    pub async fn run(&self, sql: &str) {
        let session = self.direct.session();
        self.say(&session, sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        session.commit().await.expect("committed");
    }

    /// Executes a statement that writes.
    pub async fn say(&self, session: &Session, sql: &str) -> sqlservice_db::Result<()> {
        session.execute(self.compiled(sql, &[]), Vec::new(), RunOptions::default()).await.map(drop)
    }

    /// Returns the integers of a query's first row.
    async fn ask<const N: usize>(&self, session: &Session, sql: &str) -> sqlservice_db::Result<[i64; N]> {
        let answer = session.execute(self.compiled(sql, &["n"; N]), Vec::new(), RunOptions::default()).await?;
        let cell = |at| match answer.first_batch.value(0, at) {
            Value::Scalar(Scalar::Integer(value)) => value,
            other => panic!("{sql}: {other:?}"),
        };
        Ok(std::array::from_fn(cell))
    }

    /// The SQL expression of a text that a call writes.
    pub fn text(&self) -> String {
        match self.dialect {
            Dialect::Sqlite => format!("hex(zeroblob({}))", self.length / 2),
            _ => format!("repeat('m', {})", self.length),
        }
    }

    /// Terminates the connection with this client port, if it exists.
    pub async fn kill(&self, port: u16) {
        let session = self.direct.session();
        let find = match self.dialect {
            Dialect::Postgres => format!(
                "select coalesce(sum(case when pg_terminate_backend(pid) then 1 else 0 end), 0)::bigint \
                 from pg_stat_activity where client_port = {port}"
            ),
            _ => format!(
                "select coalesce(max(cast(id as signed)), 0) from information_schema.processlist \
                 where host = '127.0.0.1:{port}'"
            ),
        };
        let [id] = self.ask(&session, &find).await.expect("an administrator");
        if self.dialect == Dialect::Mariadb && id != 0 {
            // It may have ended meanwhile.
            drop(self.say(&session, &format!("kill {id}")).await);
        }
        session.rollback().await.expect("rolled back");
    }

    /// Whether another connection sees an item.
    pub async fn has(&self, key: i64) -> bool {
        let session = self.direct.session();
        let [count] =
            self.ask(&session, &format!("select count(*) from items where id = {key}")).await.expect("a count");
        session.rollback().await.expect("rolled back");
        count == 1
    }

    /// Locks everything that a case may have locked, and returns the rows and tables that are there.
    pub async fn lock_and_look(&self, base: i64, within: Duration) -> Result<Truth, String> {
        let until = Instant::now() + within;
        loop {
            match self.look(base).await {
                Ok(truth) => return Ok(truth),
                Err(error) if Instant::now() > until => return Err(format!("a lock is left: {error:?}")),
                Err(_) => sleep(Duration::from_millis(20)).await,
            }
        }
    }

    async fn look(&self, base: i64) -> sqlservice_db::Result<Truth> {
        let session = self.direct.session();
        let range = format!("between {base} and {}", base + 49);
        if self.is_server() {
            // This level locks only rows, and no gaps between those of other cases.
            session.begin(TransactionOptions::default().isolation(Isolation::ReadCommitted)).await?;
            for table in ["items", "parts"] {
                let lock = format!("select id from {table} where id {range} for update");
                session.execute(self.compiled(&lock, &["id"]), Vec::new(), RunOptions::default()).await?;
            }
        } else {
            self.say(&session, &format!("update items set v = v where id {range}")).await?;
        }
        let [mark, rows] = self.ask(&session, &truth(base)).await?;
        let [tables] = self.ask(&session, &self.tables_of(base)).await?;
        session.rollback().await?;
        Ok(Truth { mark: mark == 1, own: rows + tables })
    }

    fn tables_of(&self, base: i64) -> String {
        let of = format!("('faults_a{base}', 'faults_b{base}')");
        let schema = if self.dialect == Dialect::Postgres { "current_schema()" } else { "database()" };
        match self.dialect {
            Dialect::Sqlite => format!("select count(*) from sqlite_schema where name in {of}"),
            _ => format!(
                "select count(*) from information_schema.tables where table_schema = {schema} and table_name in {of}"
            ),
        }
    }

    /// Two tables of a case's own, one with a foreign key to the other.
    pub fn more_tables(&self, base: i64) -> Vec<Table> {
        let (one, other) = (format!("faults_a{base}"), format!("faults_b{base}"));
        let mut second = table(&other, vec![column("a_id", TypeKind::Int64)]);
        second.foreign_keys = vec![key("a_id", &one)];
        let models =
            Models { tables: vec![table(&one, vec![column("v", TypeKind::Int64)]), second], relationships: Vec::new() };
        let catalog = Catalog::declare(models, self.dialect, &Limits::default(), true).expect("declared");
        catalog.declared(&[]).expect("all").into_iter().cloned().collect()
    }

    /// The tables that a session reflects.
    pub fn reflected(&self) -> ReflectOptions {
        ReflectOptions::default().only(names(&["items", "parts"]))
    }

    /// A query that returns this many rows.
    pub fn numbers(&self, count: u32) -> String {
        match self.dialect {
            Dialect::Postgres => format!("select generate_series(1, {count}::bigint) as n"),
            Dialect::Sqlite => {
                format!("with recursive c(n) as (select 1 union all select n + 1 from c limit {count}) select n from c")
            }
            _ => format!("select cast(seq as signed) as n from seq_1_to_{count}"),
        }
    }

    /// Inserts of three new items.
    pub fn many(&self, first: i64) -> BulkStatements {
        let target =
            InsertMany { schema: None, table: "items".into(), columns: names(&["id", "v"]), returning: Vec::new() };
        let rows =
            batch(3, &[integers(&[first, first + 1, first + 2]), texts(&"m".repeat(self.length.div_ceil(3)), 3)]);
        BulkStatements::new(target, Arc::new(rows), Arc::clone(&self.catalog), self.dialect, Limits::default())
            .expect("it fits")
    }

    /// A flush that inserts an item with a part, and updates the old item.
    pub fn flush(&self, base: i64) -> Flush {
        let items = Inserts {
            table: "items".into(),
            columns: names(&["id", "v"]),
            rows: batch(1, &[integers(&[base + 2]), texts(&"m".repeat(self.length), 1)]),
            links: Vec::new(),
            returning: Vec::new(),
        };
        let parts = Inserts {
            table: "parts".into(),
            columns: names(&["id", "item_id", "v"]),
            rows: batch(1, &[integers(&[base + 2]), integers(&[base + 2]), texts("flushed", 1)]),
            links: Vec::new(),
            returning: Vec::new(),
        };
        let update = Updates {
            table: "items".into(),
            keys: self.keys(base),
            versions: None,
            columns: names(&["v"]),
            rows: batch(1, &[texts("new", 1)]),
            links: Vec::new(),
            returning: Vec::new(),
            stored: None,
        };
        let changes = vec![Change::Inserts(items), Change::Inserts(parts), Change::Updates(update)];
        Flush::new(changes, Arc::clone(&self.catalog), self.dialect, Limits::default()).expect("good changes")
    }

    pub fn keys(&self, base: i64) -> Batch {
        batch(1, &[integers(&[base])])
    }

    /// A plan that loads items and their parts.
    pub fn loading(&self) -> Loading {
        let load = Load { relationship: "parts".into(), nested: Vec::new(), joined: false };
        let plan = LoadPlan { table: "items".into(), loads: vec![load], roots: vec![0] };
        Loading::new(&plan, Arc::clone(&self.catalog), self.dialect, Limits::default()).expect("a good plan")
    }
}

/// Creates a superuser role whose login is quick.
async fn quick_role(place: &Place) -> String {
    static COUNT: AtomicI64 = AtomicI64::new(0);
    let role = format!("faults_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    place.on_server(&format!("create role {role} superuser login password '{VERIFIER}'")).await;
    role
}

/// A query that counts the first row of a case, and the case's own changes.
fn truth(base: i64) -> String {
    let (first, last) = (base + 2, base + 9);
    format!(
        "select (select count(*) from items where id = {}), \
         (select count(*) from items where id between {first} and {last}) \
         + (select count(*) from parts where id between {first} and {last}) \
         + (select count(*) from items where id = {base} and v = 'new')",
        base + 1
    )
}
