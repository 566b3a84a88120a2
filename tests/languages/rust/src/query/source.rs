//! The sources of queries.

use serde_json::Value as Json;
use sqlservice_sdk::{Error, Result, Value, alias, statement::Select};

use super::{Built, Whole, many};
use crate::{
    expression::{condition, unknown},
    scope::{Scope, Source, declared},
    table::{constant, with_model},
};

/// Something to read from, whose name is known to the statement already.
pub enum From {
    /// A model's table, and its name here.
    Table(String, Option<String>),
    /// A common table expression, or a table that is not declared.
    Named(String),
    /// A query, and its name.
    Query(Whole<Vec<Value>>, String),
}

/// A source, whose columns are added to the scope.
pub fn from(json: &Json, name: &Json, scope: &mut Scope<'_>) -> Result<From> {
    let name = name.as_str();
    let Some(table) = json.as_str() else {
        let Built { query, columns } = many(json, scope)?;
        let name = name.ok_or_else(|| Error::other(format!("{json} has no name")))?.to_owned();
        scope.sources.push(Source { name: name.clone(), columns });
        return Ok(From::Query(query, name));
    };
    if let Some(known) = scope.named(table).cloned() {
        scope.sources.push(known);
    } else if declared(table).is_some() {
        scope.sources.push(Source::of_table(table, name.unwrap_or(table)));
        return Ok(From::Table(table.to_owned(), name.map(str::to_owned)));
    }
    match name {
        Some(name) => {
            Err(Error::other(format!("the SDK has no other name for {table:?}, which is no model: {name:?}")))
        }
        None => Ok(From::Named(table.to_owned())),
    }
}

impl From {
    /// The first source of a query.
    pub fn read<T>(self, query: Select<T>) -> Result<Select<T>> {
        match self {
            Self::Table(table, None) => with_model!(table.as_str(), M => Ok(query.from::<M>())),
            Self::Table(table, Some(name)) => {
                with_model!(table.as_str(), M => Ok(query.from_alias(alias::<M>(constant(&name)))))
            }
            Self::Named(name) => Ok(query.from_table(name)),
            Self::Query(of, name) => Ok(query.from_query(&of, name)),
        }
    }
}

/// A source beside others.
pub fn join<T>(query: Select<T>, json: &Json, source: From, scope: &Scope<'_>) -> Result<Select<T>> {
    let on = || condition(&json["on"], scope);
    match json["kind"].as_str() {
        Some("inner") => inner(query, source, on()?),
        Some("left") => left(query, source, on()?),
        Some("cross") => cross(query, source),
        _ => Err(unknown(json)),
    }
}

type Condition = sqlservice_sdk::Expr<bool>;

fn inner<T>(query: Select<T>, source: From, on: Condition) -> Result<Select<T>> {
    match source {
        From::Table(table, None) => with_model!(table.as_str(), M => Ok(query.join::<M>(on))),
        From::Table(table, Some(name)) => {
            with_model!(table.as_str(), M => Ok(query.join_alias(alias::<M>(constant(&name)), on)))
        }
        From::Named(name) => Ok(query.join_table(name, on)),
        From::Query(of, name) => Ok(query.join_query(&of, name, on)),
    }
}

fn left<T>(query: Select<T>, source: From, on: Condition) -> Result<Select<T>> {
    match source {
        From::Table(table, None) => with_model!(table.as_str(), M => Ok(query.left_join::<M>(on))),
        From::Table(table, Some(name)) => {
            with_model!(table.as_str(), M => Ok(query.left_join_alias(alias::<M>(constant(&name)), on)))
        }
        From::Named(name) => Ok(query.left_join_table(name, on)),
        From::Query(of, name) => Ok(query.left_join_query(&of, name, on)),
    }
}

fn cross<T>(query: Select<T>, source: From) -> Result<Select<T>> {
    match source {
        From::Table(table, None) => with_model!(table.as_str(), M => Ok(query.cross_join::<M>())),
        From::Table(table, Some(name)) => {
            with_model!(table.as_str(), M => Ok(query.cross_join_alias(alias::<M>(constant(&name)))))
        }
        From::Named(name) => Ok(query.cross_join_table(name)),
        From::Query(of, name) => Ok(query.cross_join_query(&of, name)),
    }
}
