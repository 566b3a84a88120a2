//! Helpers that the tests of this crate share: databases in files of their own, and functions that run SQL text.
#![allow(dead_code, reason = "each test binary uses a part")]

use std::{
    future::Future,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use sqlservice_db::{Database, Result, ResultSet, RunOptions, Session, Settings};
use sqlservice_sql::{
    Batch, BulkStatements, Catalog, ColumnData, Compiled, Dialect, InsertMany, Limits, Operation, Scalar, Sql, Summary,
    Value, Vector,
    batch::Strings,
    compiled::{Output, Placeholder, ValueSource},
    schema::{Column, DefaultValue, Models, Table, TypeKind},
};

/// A database in a file that is deleted with it.
pub struct File {
    pub db: Database,
    pub dir: tempfile::TempDir,
}

impl File {
    /// Creates an empty database with these settings.
    pub fn with(settings: Settings) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite://{}/test.db", dir.path().display());
        Self { db: Database::new(&url, settings).expect("a database"), dir }
    }

    /// Creates a database with a table `t (id, v)`, and with short timeouts so that a hanging test fails soon.
    pub async fn new() -> Self {
        let settings = Settings::default()
            .pool_size(4)
            .max_overflow(0)
            .pool_timeout(Duration::from_secs(5))
            .lock_timeout(Duration::from_secs(2));
        let file = Self::with(settings);
        file.run("create table t (id integer primary key, v text unique)").await;
        file
    }

    /// Another pool on the same file.
    pub fn again(&self, settings: Settings) -> Database {
        let url = format!("sqlite://{}/./test.db", self.dir.path().display());
        Database::new(&url, settings).expect("a database")
    }

    /// Runs a statement in a transaction of its own.
    pub async fn run(&self, sql: &str) {
        let session = self.db.session();
        run(&session, sql).await.expect(sql);
        session.commit().await.expect("commit");
    }

    /// Returns the number of rows of `t`, as another session sees it.
    pub async fn count(&self) -> i64 {
        let session = self.db.session();
        integer(&run(&session, "select count(*) from t").await.expect("count"))
    }

    /// Waits until the pool has all its connections back, and fails after 5 seconds.
    pub async fn settled(&self) {
        for _ in 0..500 {
            if self.db.status().in_use == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("connections are still taken: {:?}", self.db.status());
    }

    /// Checks that every connection of the pool can be borrowed, and that none holds a lock or is in a transaction.
    pub async fn check_clean(&self) {
        self.settled().await;
        let max = self.db.status().max;
        let mut sessions = Vec::new();
        for _ in 0..max {
            let session = self.db.connect().await.expect("every place can be taken");
            session.set_isolation(sqlservice_db::Isolation::Autocommit).await.expect("not in a transaction");
            sessions.push(session);
        }
        for session in &sessions {
            let before = self.outside();
            run(session, "insert into t (v) values (null)").await.expect("no connection holds the write lock");
            assert_eq!(self.outside(), before + 1, "an auto-commit insert is visible to others");
        }
        for session in sessions {
            session.close().await.expect("close");
        }
        assert_eq!(self.db.status().in_use, 0);
    }

    /// Returns the number of rows of `t`, as a connection outside of this crate sees it.
    pub fn outside(&self) -> i64 {
        use sqlx::{Connection, Row, sqlite::SqliteConnectOptions};
        let options = SqliteConnectOptions::new().filename(self.dir.path().join("test.db"));
        let work = async move {
            let mut connection = sqlx::SqliteConnection::connect_with(&options).await.expect("open");
            let row = sqlx::query("select count(*) from t").fetch_one(&mut connection).await.expect("count");
            connection.close().await.expect("close");
            row.get::<i64, _>(0)
        };
        std::thread::spawn(move || {
            tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(work)
        })
        .join()
        .expect("a count")
    }
}

/// Runs SQL text without parameters.
pub async fn run(session: &Session, sql: &str) -> Result<ResultSet> {
    session.execute_text(sql.to_owned(), Vec::new(), RunOptions::default()).await
}

/// Runs SQL text.
pub async fn run_with(session: &Session, sql: &str, parameters: Vec<Value>, options: RunOptions) -> Result<ResultSet> {
    session.execute_text(sql.to_owned(), parameters, options).await
}

/// Returns the first value of a result set, which has to be an integer.
pub fn integer(answer: &ResultSet) -> i64 {
    match answer.first_batch.value(0, 0) {
        Value::Scalar(Scalar::Integer(value)) => value,
        other => panic!("{other:?} is no integer"),
    }
}

/// A handwritten compiled statement.
pub fn compiled(sql: &str, parameters: u32, outputs: &[(&str, TypeKind)], writes: bool) -> Arc<Compiled> {
    Arc::new(Compiled {
        // Only a `&'static str` passes as text of the host's own.
        sql: Sql::fixed(Box::leak(sql.into())),
        placeholders: (0..parameters)
            .map(|at| Placeholder { source: ValueSource::Parameter(at), kind: None, bounds: None })
            .collect(),
        outputs: outputs
            .iter()
            .map(|(name, kind)| Output { name: (*name).into(), ty: Some((*kind).into()), nullable: None })
            .collect(),
        parameters,
        writes,
        locks: false,
        clock: false,
        summary: Summary { operation: Operation::Select, tables: Arc::default() },
        conditions: Vec::new(),
    })
}

/// A query that never ends and returns no row.
pub const ENDLESS: &str =
    "with recursive c(n) as (select 1 union all select n + 1 from c) select count(*) from c where n < 0";

/// A query that returns this many rows.
pub fn rows(count: u64) -> String {
    format!("with recursive c(n) as (select 1 union all select n + 1 from c limit {count}) select n from c")
}

/// Polls a future at most this many times, each time after a wake-up, and then drops it. Returns its output where it was ready.
pub async fn poll_and_drop<F: Future>(future: F, polls: usize) -> Option<F::Output> {
    let mut future = Box::pin(future);
    let mut left = polls;
    std::future::poll_fn(move |context: &mut Context<'_>| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        match future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// Runs a future for this many microseconds and then drops it. Returns its output where it was ready.
pub async fn drop_after<F: Future>(future: F, microseconds: u64) -> Option<F::Output> {
    let mut future: Pin<&mut F> = pin!(future);
    let sleep = async {
        let since = std::time::Instant::now();
        while since.elapsed() < Duration::from_micros(microseconds) {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        biased;
        output = &mut future => Some(output),
        () = sleep => None,
    }
}

/// Inserts of rows of `t` with these keys, which return the keys in this order.
pub fn rows_of_t(ids: &[i64]) -> BulkStatements {
    let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    let column = |name: &str, ty: TypeKind| Column {
        name: name.to_owned(),
        ty: ty.into(),
        nullable: false,
        default: DefaultValue::None,
        on_update: DefaultValue::None,
        computed: None,
        comment: None,
    };
    let table = Table {
        name: "t".to_owned(),
        schema: None,
        columns: vec![column("id", TypeKind::Int64), column("v", TypeKind::Text)],
        primary_key: vec!["id".to_owned()],
        primary_key_name: None,
        uniques: Vec::new(),
        foreign_keys: Vec::new(),
        checks: Vec::new(),
        indexes: Vec::new(),
        version_column: None,
        comment: None,
        is_view: false,
    };
    let models = Models { tables: vec![table], relationships: Vec::new() };
    let catalog = Catalog::declare(models, Dialect::Sqlite, &Limits::default(), false).expect("a good model");
    let texts: Vec<String> = ids.iter().map(|id| format!("v{id}")).collect();
    let ends = texts.iter().scan(0, |end, text| {
        *end += u32::try_from(text.len()).expect("short");
        Some(*end)
    });
    let values = [
        Vector::Integers(ids.to_vec()),
        Vector::Texts(Strings { offsets: std::iter::once(0).chain(ends).collect(), data: texts.concat() }),
    ];
    let columns = values.map(|values| ColumnData { validity: Vec::new(), values }).to_vec();
    let batch = Batch { rows: u32::try_from(ids.len()).expect("few"), columns };
    let target =
        InsertMany { schema: None, table: "t".into(), columns: names(&["id", "v"]), returning: names(&["id"]) };
    BulkStatements::new(target, Arc::new(batch), Arc::new(catalog), Dialect::Sqlite, Limits::default())
        .expect("it fits")
}
