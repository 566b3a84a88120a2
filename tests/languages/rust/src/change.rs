//! Steps that change rows by statements.

use serde_json::{Map, Value as Json, json};
use sqlservice_sdk::{
    Executor, Model, Result, Session, Value,
    expression::column,
    statement::{Command, Insert, Query, delete, insert, update},
};

mod set;

use self::set::{Set, assignments};
use crate::{
    expression::{Any, Untyped, condition, unknown},
    query::many,
    scope::{Columns, Scope, declared, kind},
    step::{names, rows},
    table::{Names, SetField, Table, no_column},
    value::{self, with_type},
};

/// Inserts one row by its columns, several as models, or those of a query.
pub async fn insert_rows<M: Table>(session: &Session, step: &Json) -> Result<Json> {
    if !step["query"].is_null() {
        let columns = Names::of::<M>(&names(&step["columns"]))?;
        let query = many(&step["query"], &Scope::default())?.query;
        return finish(M::TABLE, session, step, insert::<M>().query(columns, &query), |it, columns| {
            it.returning(columns)
        })
        .await;
    }
    let rows = step["rows"].as_array().map(Vec::as_slice);
    let statement = match rows {
        Some([Json::Object(row)]) => one_row(row)?,
        Some(rows) => insert::<M>().values(&rows.iter().map(model).collect::<Result<Vec<M>>>()?),
        None => return Err(unknown(step)),
    };
    finish(M::TABLE, session, step, statement, |it, columns| it.returning(columns)).await
}

/// One row, of which only some columns are said.
fn one_row<M: Table>(row: &Map<String, Json>) -> Result<Insert<M>> {
    let bound: Map<String, Json> = row.iter().map(|(name, value)| (name.clone(), json!({"v": value}))).collect();
    let set: Vec<Set<Insert<M>>> = assignments(&bound, &Scope::default())?;
    Ok(set.into_iter().fold(insert::<M>(), |insert, set| set(insert)))
}

/// A row as a model; columns that are not said have the constant defaults of theirs.
fn model<M: Table>(row: &Json) -> Result<M> {
    let mut model = M::initial();
    for (name, value) in row.as_object().into_iter().flatten() {
        M::column(name, SetField { row: &mut model, value })?;
    }
    Ok(model)
}

/// Inserts many rows at once.
pub async fn insert_many<M: Table>(session: &Session, step: &Json) -> Result<Json> {
    let columns = names(&step["columns"]);
    let row = |cells: &Json| {
        let cells = cells.as_array().into_iter().flatten().cloned();
        model(&columns.iter().cloned().zip(cells).collect::<Map<_, _>>().into())
    };
    let rows = step["rows"].as_array().into_iter().flatten().map(row).collect::<Result<Vec<M>>>()?;
    if step["returning"].is_null() {
        return Ok(json!({"affected": session.insert_many(&rows).await?}));
    }
    let wanted = names(&step["returning"]);
    let stored = session.insert_many_returning(&rows).await?;
    let row = |row: &M| wanted.iter().map(|name| cell(row, name)).collect::<Result<Vec<Json>>>();
    Ok(json!({"rows": stored.iter().map(row).collect::<Result<Vec<_>>>()?}))
}

/// A column's value in a row, as the list writes it.
pub fn cell<M: Model>(row: &M, name: &str) -> Result<Json> {
    let kind = declared(M::TABLE).and_then(|table| kind(table, name));
    let at = M::COLUMNS.iter().position(|column| *column == name);
    match (kind, at.and_then(|at| row.to_values().into_iter().nth(at))) {
        (Some(kind), Some(value)) => value::tell(value, kind, name),
        _ => Err(no_column(M::TABLE, name)),
    }
}

/// Inserts a row or changes the one that is there.
pub async fn upsert<M: Table>(session: &Session, step: &Json) -> Result<Json> {
    let row = one_row::<M>(step["row"].as_object().ok_or_else(|| unknown(step))?)?;
    let conflict = row.on_conflict_of(Names::of::<M>(&names(&step["key"]))?);
    let scope = Scope::of(M::TABLE);
    let statement = match step["set"].as_object() {
        None => conflict.do_nothing(),
        Some(set) => {
            let set = assignments(set, &scope)?;
            let filter = step.get("where").map(|filter| condition(filter, &scope)).transpose()?;
            conflict.do_set(|row| {
                let row = set.into_iter().fold(row, |row, set| set(row));
                filter.into_iter().fold(row, |row, filter| row.filter(filter))
            })
        }
    };
    session.execute(&statement).await?;
    Ok(json!({}))
}

/// Updates rows.
pub async fn update_rows<M: Table>(session: &Session, step: &Json) -> Result<Json> {
    let scope = Scope::of(M::TABLE);
    let set: Vec<Set<_>> = assignments(step["set"].as_object().ok_or_else(|| unknown(step))?, &scope)?;
    let mut statement = set.into_iter().fold(update::<M>(), |update, set| set(update));
    if let Some(filter) = step.get("where") {
        statement = statement.filter(condition(filter, &scope)?);
    }
    finish(M::TABLE, session, step, statement, |it, columns| it.returning(columns)).await
}

/// Deletes rows.
pub async fn delete_rows<M: Table>(session: &Session, step: &Json) -> Result<Json> {
    let mut statement = delete::<M>();
    if let Some(filter) = step.get("where") {
        statement = statement.filter(condition(filter, &Scope::of(M::TABLE))?);
    }
    finish(M::TABLE, session, step, statement, |it, columns| it.returning(columns)).await
}

/// Runs a change, and returns the number of rows that it matched or the columns that it returned.
async fn finish<C: Command, Q: Query<Row = Vec<Value>>>(
    table: &str,
    session: &Session,
    step: &Json,
    change: C,
    returning: impl FnOnce(C, Vec<Untyped>) -> Q,
) -> Result<Json> {
    if step["returning"].is_null() {
        return Ok(json!({"affected": session.execute(&change).await?}));
    }
    let (columns, selected) = stored(table, &names(&step["returning"]))?;
    let found = session.all(&returning(change, selected)).await?;
    Ok(json!({"rows": rows(found, &columns)?}))
}

/// Columns of a table, and their names and kinds.
fn stored(table: &str, names: &[String]) -> Result<(Columns, Vec<Untyped>)> {
    let of = declared(table);
    let one = |name: &String| {
        let kind = of.and_then(|of| kind(of, name)).ok_or_else(|| no_column(table, name))?;
        let column = with_type!(kind, T => Any::new(kind, column::<Option<T>>(table, name.as_str())));
        Ok(((name.clone(), kind), column.untyped))
    };
    names.iter().map(one).collect()
}
