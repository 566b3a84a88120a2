//! What each step does, and on which session.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use sqlservice_sdk::{
    Database, Dialect, Error, Executor, Isolation, ReflectOptions, Result, RunOptions, Savepoint, Session,
    TransactionOptions, Value, raw,
    schema::{Table, TypeKind},
};

use crate::{
    change,
    expression::unknown,
    object,
    query::{Built, many},
    scope::Scope,
    table::with_model,
    value,
};

/// A case: its database and its sessions by their names.
pub struct Case {
    database: Database,
    sessions: BTreeMap<String, Opened>,
}

/// A session, and savepoints of its transaction, the innermost last.
struct Opened {
    session: Session,
    savepoints: Vec<(String, Savepoint)>,
}

/// The names in a list.
pub fn names(json: &Json) -> Vec<String> {
    json.as_array().into_iter().flatten().filter_map(Json::as_str).map(str::to_owned).collect()
}

/// Rows as the list writes them.
pub fn rows(rows: Vec<Vec<Value>>, columns: &[(String, TypeKind)]) -> Result<Vec<Json>> {
    let cell = |(value, (name, kind)): (Value, &(String, TypeKind))| value::tell(value, *kind, name);
    rows.into_iter().map(|row| row.into_iter().zip(columns).map(cell).collect()).collect()
}

impl Case {
    /// A case with no session yet.
    pub async fn open() -> Result<Self> {
        let database = Database::open("default", crate::declared_models()).await?;
        Ok(Self { database, sessions: BTreeMap::new() })
    }

    /// Does a step.
    pub async fn step(&mut self, step: &Json) -> Result<Json> {
        let word = step["do"].as_str().ok_or_else(|| unknown(step))?;
        match word {
            "create all" => Ok(json!({"tables": self.database.create_all().await?})),
            "drop all" => Ok(json!({"tables": self.database.drop_all().await?})),
            "reflect" => self.reflect(step).await,
            "ping" => self.database.ping().await.map(|()| json!({})),
            "close" => self.close(step).await,
            _ => {
                let dialect = self.database.dialect();
                let opened = self.opened(step)?;
                match opened.transaction(word, step).await {
                    Some(outcome) => outcome,
                    None => statement(word, &opened.session, step, dialect).await,
                }
            }
        }
    }

    /// The session that a step names, opened at its first use.
    fn opened(&mut self, step: &Json) -> Result<&mut Opened> {
        let name = step["session"].as_str().unwrap_or("a");
        if !self.sessions.contains_key(name) {
            let opened = Opened { session: self.database.session()?, savepoints: Vec::new() };
            self.sessions.insert(name.to_owned(), opened);
        }
        self.sessions.get_mut(name).ok_or(Error::Closed)
    }

    async fn close(&mut self, step: &Json) -> Result<Json> {
        let name = step["session"].as_str().unwrap_or("a");
        if let Some(Opened { session, savepoints }) = self.sessions.remove(name) {
            session.close().await?;
            drop(savepoints);
        }
        Ok(json!({}))
    }

    async fn reflect(&self, step: &Json) -> Result<Json> {
        let options = ReflectOptions { only: names(&step["only"]), ..ReflectOptions::default() };
        let tables = self.database.reflect_with(options).await?;
        let tables: serde_json::Map<_, _> = tables.iter().map(|table| (table.name.clone(), reflected(table))).collect();
        Ok(json!({"tables": tables}))
    }
}

/// A table that was read.
fn reflected(table: &Table) -> Json {
    let foreign_keys: Vec<Json> =
        table.foreign_keys.iter().map(|key| json!([key.columns, key.table, key.referred])).collect();
    json!({
        "columns": table.columns.iter().map(|column| &column.name).collect::<Vec<_>>(),
        "primary key": table.primary_key,
        "foreign keys": foreign_keys,
        "uniques": table.uniques.iter().map(|unique| &unique.columns).collect::<Vec<_>>(),
    })
}

impl Opened {
    /// Steps that begin and end something; nothing where it is another one.
    async fn transaction(&mut self, word: &str, step: &Json) -> Option<Result<Json>> {
        let outcome = match word {
            "begin" => self.begin(step).await,
            "commit" => self.session.commit().await,
            "rollback" => self.session.rollback().await,
            "savepoint" => self.savepoint(step).await,
            "release" | "rollback to" => self.end(word, step).await,
            _ => return None,
        };
        if matches!(word, "commit" | "rollback") && outcome.is_ok() {
            // They ended with the transaction.
            self.savepoints.clear();
        }
        Some(outcome.map(|()| json!({})))
    }

    async fn begin(&self, step: &Json) -> Result<()> {
        let isolation = match step["isolation"].as_str() {
            None => Isolation::Default,
            Some("read uncommitted") => Isolation::ReadUncommitted,
            Some("read committed") => Isolation::ReadCommitted,
            Some("repeatable read") => Isolation::RepeatableRead,
            Some("serializable") => Isolation::Serializable,
            Some(_) => return Err(unknown(step)),
        };
        let read_only = step["read only"] == true;
        self.session.begin(TransactionOptions { isolation, read_only, ..TransactionOptions::default() }).await
    }

    async fn savepoint(&mut self, step: &Json) -> Result<()> {
        let savepoint = self.session.begin_nested().await?;
        self.savepoints.push((step["name"].as_str().unwrap_or_default().to_owned(), savepoint));
        Ok(())
    }

    async fn end(&mut self, word: &str, step: &Json) -> Result<()> {
        let at = self.savepoints.iter().rposition(|(name, _)| step["name"] == name.as_str());
        let at = at.ok_or_else(|| unknown(step))?;
        let (_, savepoint) = self.savepoints.remove(at);
        let outcome = if word == "release" { savepoint.release().await } else { savepoint.rollback().await };
        // Those inside of it ended with it.
        self.savepoints.truncate(at);
        outcome
    }
}

/// Steps that read or change rows.
async fn statement(word: &str, session: &Session, step: &Json, dialect: Dialect) -> Result<Json> {
    let name = step["table"].as_str().or(step["model"].as_str()).unwrap_or_default();
    match word {
        "select" => select(session, step).await,
        "stream" => stream(session, step).await,
        "raw" => text(session, step, dialect).await,
        "insert" => with_model!(name, M => change::insert_rows::<M>(session, step).await),
        "insert many" => with_model!(name, M => change::insert_many::<M>(session, step).await),
        "upsert" => with_model!(name, M => change::upsert::<M>(session, step).await),
        "update" => with_model!(name, M => change::update_rows::<M>(session, step).await),
        "delete" => with_model!(name, M => change::delete_rows::<M>(session, step).await),
        "save" => with_model!(name, M => object::save::<M>(session, step).await),
        "load" => with_model!(name, M => object::load::<M>(session, step).await),
        "change" => with_model!(name, M => object::change::<M>(session, step).await),
        "remove" => with_model!(name, M => object::remove::<M>(session, step).await),
        _ => Err(unknown(step)),
    }
}

async fn select(session: &Session, step: &Json) -> Result<Json> {
    let Built { query, columns } = many(&step["query"], &Scope::default())?;
    let options = RunOptions { max_rows: step["max rows"].as_u64(), ..RunOptions::default() };
    let found = session.with(options).stream(&query, 0).await?;
    let names: Vec<String> = found.columns().map(str::to_owned).collect();
    Ok(json!({"columns": names, "rows": rows(found.collect().await?, &columns)?}))
}

async fn stream(session: &Session, step: &Json) -> Result<Json> {
    let Built { query, columns } = many(&step["query"], &Scope::default())?;
    let batch = step["batch"].as_u64().and_then(|batch| u32::try_from(batch).ok()).ok_or_else(|| unknown(step))?;
    let take = step["take"].as_u64().and_then(|take| usize::try_from(take).ok()).unwrap_or(usize::MAX);
    let (mut found, mut all) = (session.stream(&query, batch).await?, Vec::new());
    while all.len() < take
        && let Some(more) = found.next_batch().await?
    {
        all.extend(more);
    }
    all.truncate(take);
    Ok(json!({"rows": rows(all, &columns)?}))
}

/// SQL as text. Values have the types that the database says.
async fn text(session: &Session, step: &Json, dialect: Dialect) -> Result<Json> {
    let database = match dialect {
        Dialect::Sqlite => "sqlite",
        Dialect::Postgresql => "postgresql",
        _ => "mariadb",
    };
    let sql = step["sql"][database].as_str().ok_or_else(|| unknown(step))?;
    let parameters = step["parameters"].as_array().into_iter().flatten();
    let parameters = parameters.map(|value| value::scalar(value).map(Value::Scalar)).collect::<Result<_>>()?;
    let found: Vec<Vec<Value>> = raw::all(session, sql, parameters).await?;
    let cell = |value: Value| match value {
        Value::Scalar(scalar) => value::tell_scalar(scalar),
        Value::Array(_) => Err(Error::other("the list has no form for an array")),
    };
    let rows = found.into_iter().map(|row| row.into_iter().map(cell).collect::<Result<Vec<_>>>());
    Ok(json!({"rows": rows.collect::<Result<Vec<_>>>()?}))
}
