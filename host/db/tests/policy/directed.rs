//! Tests of each known or possible way to leak data past a policy, on every database.

mod bulk;
mod change;
mod error;
mod grant;
mod hidden;
mod lock;
mod mask;
mod model;
mod read;
mod untrue;

use std::{collections::BTreeMap, sync::Arc};

use sqlservice_db::{Database, Error, ResultSet, RunOptions, Session};
use sqlservice_sql::{
    Batch, Catalog, Compiled, Dialect, Error as StatementError, Limits, Rules, Scalar, Value, compile,
    policy::TablePolicy,
    schema::Models,
    statement::{NodeId, Root, Select, Statement},
};

use crate::{
    build::{Arena, select},
    outcome::rows_of,
    place::{Place, on_pair, run},
    tables::{TABLES, models, physical, policy, rules_of},
};

/// Rows of two tenants. The guest sees projects 1 and 4, its notes 1 and 2, of which another user owns 2, and doc 1.
const ROWS: &[&str] = &[
    "insert into projects (id, tenant_id, slug, title, budget, parent_id) values \
     (1, 7, 'a', 'mine', 5, null), (2, 8, 'a', 'theirs', 100, null), (3, 8, 'b', 'more', 9223372036854775807, 2), \
     (4, 7, 'd', 'no member', 6, null)",
    "insert into members (user_id, project_id) values (3, 1), (3, 2), (4, 4)",
    "insert into notes (id, tenant_id, owner_id, is_open, project_id, body, n, word, pattern, secret) values \
     (1, 7, 3, false, 1, 'own', 1, '1', 'o%', '5'), (2, 7, 4, true, 1, 'open', 2, '2', '%n', 'x2'), \
     (3, 7, 4, false, 1, 'private', 100, 'x', '!', 'x3'), (4, 8, 3, true, 2, 'theirs', 9223372036854775807, 'y', '!', 'x4')",
    "insert into docs (id, tenant_id, project_id, size, doc, version) values \
     (1, 7, 1, 1, '[1]', 1), (2, 8, 2, 100, '{', 1), (3, 7, 4, 9223372036854775807, '{', 1), \
     (4, 8, 3, -9223372036854775807, '{', 1)",
    "insert into pins (project_id, note_id, tenant_id, weight) values (1, 1, 7, 1), (1, 3, 7, 2), (2, 4, 8, 100)",
];

/// A database that tenants share, and the catalog of a guest under rules.
struct Shared {
    database: Database,
    dialect: Dialect,
    catalog: Arc<Catalog>,
}

/// Runs a test on every database, under the usual rules with a modification.
async fn on_each(change: impl Fn(&mut BTreeMap<String, TablePolicy>), test: impl AsyncFn(&Shared)) {
    on_each_with(change, |_| (), test).await;
}

/// Runs a test as `on_each` does, with modified models.
async fn on_each_with(
    change: impl Fn(&mut BTreeMap<String, TablePolicy>),
    models: impl Fn(&mut Models),
    test: impl AsyncFn(&Shared),
) {
    for kind in ["sqlite", "postgres", "mariadb"] {
        on_pair(kind, "directed", async |place, _| {
            let shared = Shared::new(place, &change, &models).await;
            println!("{:?}", shared.dialect);
            test(&shared).await;
        })
        .await;
    }
}

/// Leaves the usual rules unchanged.
fn usual(_: &mut BTreeMap<String, TablePolicy>) {}

/// Returns the usual rules by table name.
fn policies() -> BTreeMap<String, TablePolicy> {
    TABLES.map(|name| (name.to_owned(), policy(name))).into()
}

fn declare(models: Models, rules: Rules, dialect: Dialect) -> Result<Catalog, StatementError> {
    Catalog::declare(models, dialect, &Limits::default(), false)?.under(Arc::new(rules), dialect)
}

impl Shared {
    async fn new(
        place: &Place,
        change: impl Fn(&mut BTreeMap<String, TablePolicy>),
        change_models: impl Fn(&mut Models),
    ) -> Self {
        let database = place.database.clone();
        let dialect = database.identify().await.expect("known");
        database.create_all(place.declare(physical(false)), false).await.expect("created");
        place.sql(ROWS).await;
        if dialect == Dialect::Postgres {
            let next = |table: &str| format!("select setval('{table}_id_seq', 100)");
            let texts = ["projects", "notes", "docs"].map(next);
            place.sql(&texts.each_ref().map(String::as_str)).await;
        }
        let (mut policies, mut models) = (policies(), models());
        change(&mut policies);
        change_models(&mut models);
        models.tables.retain(|table| policies.contains_key(&table.name));
        let known: Vec<String> = models.tables.iter().map(|table| table.name.clone()).collect();
        models.relationships.retain(|of| known.contains(&of.owner) && known.contains(&of.target));
        let catalog = declare(models, rules_of(policies), dialect).expect("a guest's models");
        Self { database, dialect, catalog: Arc::new(catalog) }
    }

    fn compile(&self, statement: &Statement) -> Result<Arc<Compiled>, StatementError> {
        compile(statement, &self.catalog, self.dialect, &Limits::default()).map(Arc::new)
    }

    /// Returns the error for which compiling a statement is refused.
    fn refused(&self, statement: &Statement) -> StatementError {
        match self.compile(statement) {
            Ok(compiled) => panic!("{}", compiled.sql),
            Err(error) => error,
        }
    }

    async fn execute(&self, session: &Session, statement: &Statement) -> Result<ResultSet, Error> {
        session.execute(self.compile(statement)?, Vec::new(), RunOptions::default()).await
    }

    /// Runs a statement in a transaction that is rolled back.
    async fn alone(&self, statement: &Statement) -> Result<ResultSet, Error> {
        let session = self.database.session();
        let answer = self.execute(&session, statement).await;
        session.rollback().await.expect("rolled back");
        answer
    }

    /// Returns the rows of a statement.
    async fn rows(&self, statement: &Statement) -> Vec<Vec<Value>> {
        match self.alone(statement).await {
            Ok(answer) => rows_of(&answer.first_batch, false),
            Err(error) => panic!("{error:?}: {}", self.compile(statement).expect("it was").sql),
        }
    }

    /// Runs a statement and then a query of the owner, in a transaction that is rolled back, and returns both results.
    async fn then(&self, statement: &Statement, sql: &str) -> (ResultSet, Batch) {
        let session = self.database.session();
        let answer = self.execute(&session, statement).await.unwrap_or_else(|error| {
            panic!("{error:?}: {}", self.compile(statement).expect("it was").sql);
        });
        let after = run(&session, sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}")).first_batch;
        session.rollback().await.expect("rolled back");
        (answer, after)
    }
}

fn is_denied(error: &StatementError) -> bool {
    matches!(error, StatementError::Denied(_))
}

fn integer(value: i64) -> Value {
    Scalar::Integer(value).into()
}

fn text(value: &str) -> Value {
    Scalar::Text(value.to_owned()).into()
}

/// Builds a query with an arena.
fn query(make: impl FnOnce(&mut Arena) -> Select) -> Statement {
    let mut arena = Arena::default();
    let select = make(&mut arena);
    arena.query(select)
}

/// Builds a statement with an arena.
fn statement(make: impl FnOnce(&mut Arena) -> Root) -> Statement {
    let mut arena = Arena::default();
    let root = make(&mut arena);
    arena.end(root)
}

/// `select id from table where …`.
fn ids_where(table: &str, condition: impl FnOnce(&mut Arena) -> NodeId) -> Statement {
    query(|arena| {
        let (source, id) = (arena.from(table), arena.col("id"));
        let filter = Some(condition(arena));
        Select { filter, ..select(&[id], source) }
    })
}

fn ids(rows: &[Vec<Value>]) -> Vec<i64> {
    let id = |row: &Vec<Value>| match row[0] {
        Value::Scalar(Scalar::Integer(id)) => id,
        ref other => panic!("{other:?} is no key"),
    };
    rows.iter().map(id).collect()
}
