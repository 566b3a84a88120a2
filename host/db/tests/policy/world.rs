//! A database that tenants share and the copy with one tenant's rows, on one kind of database.

use std::sync::Arc;

use sqlservice_db::{Database, RunOptions, Session};
use sqlservice_sql::{
    Batch, Catalog, Compiled, Dialect, Limits, Operation, Sql, Summary, compiled::Output, schema::TypeKind,
};

use crate::{
    data::{Data, Row},
    place::Place,
    tables::{self, TABLES, bound, models, own, physical, read, rule},
};

/// A database and the guest's catalog for it.
pub struct Side {
    pub database: Database,
    pub catalog: Arc<Catalog>,
    /// Whether the catalog has rules.
    pub is_ruled: bool,
}

/// Both databases, and their data.
pub struct World {
    pub dialect: Dialect,
    pub shared: Side,
    pub copy: Side,
    pub data: Data,
    pub seed: u64,
    /// For each table, a query of the rows that the guest sees.
    seen: Vec<Arc<Compiled>>,
    /// For each table, a query of the rows that the guest must not change.
    others: Vec<Arc<Compiled>>,
    untouched: Vec<Batch>,
}

/// A catalog of the guest's models without rules.
pub fn plain(dialect: Dialect) -> Catalog {
    Catalog::declare(models(), dialect, &Limits::default(), false).expect("good models")
}

/// A compiled query with the test's own text.
fn query(sql: &str, names: &[&str]) -> Arc<Compiled> {
    let output = |name: &&str| Output { name: (*name).to_owned(), ty: Some(kind(name).into()), nullable: None };
    Arc::new(Compiled {
        // Only a `&'static str` passes as text of the host's own.
        sql: Sql::fixed(Box::leak(sql.into())),
        placeholders: Vec::new(),
        outputs: names.iter().map(output).collect(),
        parameters: 0,
        writes: false,
        locks: false,
        clock: false,
        summary: Summary { operation: Operation::Select, tables: Arc::default() },
        conditions: Vec::new(),
    })
}

fn kind(name: &str) -> TypeKind {
    match name {
        "slug" => TypeKind::Varchar,
        "title" | "body" | "word" | "pattern" | "secret" | "doc" => TypeKind::Text,
        "is_open" => TypeKind::Boolean,
        _ => TypeKind::Int64,
    }
}

/// A query of the rows that the guest sees of a table, as plain SQL.
fn seen(table: &str) -> Arc<Compiled> {
    let shown = |name: &&str| match *name {
        "secret" => bound("case when owner_id = :user then secret end as secret"),
        name => name.to_owned(),
    };
    let columns: Vec<String> = read(table).iter().map(shown).collect();
    let filter = bound(rule(table));
    query(&format!("select {} from {table} where {filter} order by 1, 2", columns.join(", ")), read(table))
}

/// A query of all rows of a table that the guest must not change.
fn others(table: &str) -> Arc<Compiled> {
    let own = if own(table).is_empty() { "1 = 1" } else { own(table) };
    let rule = bound(&format!("{} and {own}", rule(table)));
    let mut names = vec!["tenant_id"];
    names.extend(read(table));
    query(
        &format!("select {} from {table} where case when {rule} then 0 else 1 end = 1 order by 2, 3", names.join(", ")),
        &names,
    )
}

/// Returns the rows of a query.
pub async fn rows(session: &Session, compiled: &Arc<Compiled>) -> Batch {
    let answer = session.execute(Arc::clone(compiled), Vec::new(), RunOptions::default()).await;
    answer.unwrap_or_else(|error| panic!("{}: {error:?}", compiled.sql)).first_batch
}

impl World {
    /// Creates the tables in two empty databases and fills them.
    pub async fn new(shared: &Place, copy: &Place, seed: u64) -> Self {
        let dialect = shared.database.identify().await.expect("known");
        copy.database.identify().await.expect("known");
        let rules = Arc::new(tables::rules());
        let ruled = plain(dialect).under(rules, dialect).expect("rules of this database");
        let mut world = Self {
            dialect,
            shared: Side { database: shared.database.clone(), catalog: Arc::new(ruled), is_ruled: true },
            copy: Side { database: copy.database.clone(), catalog: Arc::new(plain(dialect)), is_ruled: false },
            data: Data::new(seed),
            seed,
            seen: TABLES.iter().map(|name| seen(name)).collect(),
            others: TABLES.iter().map(|name| others(name)).collect(),
            untouched: Vec::new(),
        };
        for (place, is_copy) in [(shared, false), (copy, true)] {
            place.database.create_all(place.declare(physical(is_copy)), false).await.expect("created");
        }
        world.fill(shared, copy, seed).await;
        world.align().await;
        world
    }

    /// Replaces the rows of both databases.
    pub async fn fill(&mut self, shared: &Place, copy: &Place, seed: u64) {
        (self.data, self.seed) = (Data::new(seed), seed);
        for (place, is_copy) in [(shared, false), (copy, true)] {
            let mut texts: Vec<String> = Vec::new();
            for (table, _) in self.data.tables.iter().rev() {
                let order =
                    if *table == "projects" && self.dialect == Dialect::Mariadb { " order by id desc" } else { "" };
                texts.push(format!("delete from {table}{order}"));
            }
            for (table, rows) in &self.data.tables {
                let rows: Vec<&Row> = rows.iter().filter(|row| is_kept(table, row, is_copy)).collect();
                texts.push(insert(table, &rows, is_copy));
            }
            place.sql(&texts.iter().map(String::as_str).collect::<Vec<_>>()).await;
        }
        let session = self.shared.database.session();
        self.untouched.clear();
        for query in &self.others {
            self.untouched.push(rows(&session, query).await);
        }
        session.rollback().await.expect("rolled back");
        assert_eq!(self.state(&self.shared).await, self.state(&self.copy).await, "seed {seed}");
    }

    async fn state(&self, side: &Side) -> Vec<Batch> {
        let session = side.database.session();
        let state = self.seen(&session).await;
        session.rollback().await.expect("rolled back");
        state
    }

    /// Returns the rows that the guest sees of all tables.
    pub async fn seen(&self, session: &Session) -> Vec<Batch> {
        let mut all = Vec::new();
        for query in &self.seen {
            all.push(rows(session, query).await);
        }
        all
    }

    /// Fails where a row changed that the guest must not change.
    pub async fn assert_untouched(&self, session: &Session) {
        for ((query, before), table) in self.others.iter().zip(&self.untouched).zip(TABLES) {
            assert_eq!(&rows(session, query).await, before, "rows of others in {table}");
        }
    }

    /// Resets both databases' sequences to the same key after they diverged. SQLite needs no reset, as both have the same greatest key.
    pub async fn align(&self) {
        let texts: &[&str] = match self.dialect {
            Dialect::Postgres => &["select setval('projects_id_seq', 1000000), setval('notes_id_seq', 1000000), \
                   setval('docs_id_seq', 1000000)"],
            Dialect::Mariadb => &[
                "alter table projects auto_increment = 1000001",
                "alter table notes auto_increment = 1000001",
                "alter table docs auto_increment = 1000001",
            ],
            _ => &[],
        };
        for side in [&self.shared, &self.copy] {
            let session = side.database.session();
            for text in texts {
                rows(&session, &query(text, &[])).await;
            }
            session.rollback().await.expect("rolled back");
        }
    }

    /// Returns keys of a table: of some visible rows, some hidden ones, and one that does not exist.
    pub fn ids(&self, table: &str) -> Vec<i64> {
        let rows = self.data.rows(table);
        let some = |is_seen: bool| rows.iter().filter(move |row| row.is_seen == is_seen).map(|row| row.id).take(4);
        some(true).chain(some(false)).chain([77]).collect()
    }
}

fn is_kept(table: &str, row: &Row, is_copy: bool) -> bool {
    !is_copy || row.is_seen || table == "members"
}

fn insert(table: &str, rows: &[&Row], is_copy: bool) -> String {
    let key = (!matches!(table, "pins" | "members")).then_some("id");
    let names: Vec<&str> = rows[0].values.iter().map(|(name, _)| *name).chain(key).collect();
    let cell = |row: &Row, name: &str, value: &str| {
        let is_masked = is_copy && !row.is_own && name == "secret";
        if is_masked { "null".to_owned() } else { value.to_owned() }
    };
    let values = |row: &&Row| {
        let cells = row.values.iter().map(|(name, value)| cell(row, name, value));
        let cells: Vec<String> = cells.chain(key.map(|_| row.id.to_string())).collect();
        format!("({})", cells.join(", "))
    };
    let values: Vec<String> = rows.iter().map(values).collect();
    format!("insert into {table} ({}) values {}", names.join(", "), values.join(", "))
}
