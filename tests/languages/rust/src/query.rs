//! Queries of the list.

use serde_json::{Value as Json, json};
use sqlservice_sdk::{
    Error, FromRow, Result, Value,
    expression::Selection,
    schema::TypeKind,
    statement::{Compound, Query, QueryNode, Select, Sendable, Subquery, select_columns},
};

mod source;

use self::source::{from, join};
use crate::{
    expression::{Any, Untyped, condition, orders, parse, unknown},
    scope::{Columns, Scope, Source},
};

/// A query, whether it is one or several put together.
pub enum Whole<T> {
    /// One.
    Select(Select<T>),
    /// Several.
    Compound(Compound<T>),
}

impl<T: FromRow> Query for Whole<T> {
    type Row = T;

    fn lower(&self, at_most: Option<u64>) -> Result<Sendable> {
        match self {
            Self::Select(select) => select.lower(at_most),
            Self::Compound(compound) => compound.lower(at_most),
        }
    }
}

impl<T: FromRow> Subquery for Whole<T> {
    fn query_node(&self) -> QueryNode {
        match self {
            Self::Select(select) => select.query_node(),
            Self::Compound(compound) => compound.query_node(),
        }
    }
}

/// A query, and the names and kinds of its columns.
pub struct Built<T> {
    /// The query.
    pub query: Whole<T>,
    /// The columns.
    pub columns: Columns,
}

/// A query of one column.
pub struct One {
    /// The query.
    pub query: Whole<Option<sqlservice_sdk::Json>>,
    /// The column's kind.
    pub kind: TypeKind,
}

/// A query of any number of columns.
pub fn many(json: &Json, scope: &Scope<'_>) -> Result<Built<Vec<Value>>> {
    build(json, scope, &mut Ok)
}

/// A query of one column, whose type is put aside.
pub fn one(json: &Json, scope: &Scope<'_>) -> Result<One> {
    let mut only = |columns: Vec<Untyped>| match <[Untyped; 1]>::try_from(columns) {
        Ok([only]) => Ok(only),
        Err(_) => Err(Error::other(format!("{json} has not one column"))),
    };
    let Built { query, columns } = build(json, scope, &mut only)?;
    Ok(One { query, kind: columns.first().map_or(TypeKind::Text, |(_, kind)| *kind) })
}

/// The selection of a list of columns.
type Shape<'a, S> = &'a mut dyn FnMut(Vec<Untyped>) -> Result<S>;

fn build<S: Selection>(json: &Json, scope: &Scope<'_>, shape: Shape<'_, S>) -> Result<Built<S::Row>> {
    for word in ["union", "union all", "intersect", "except"] {
        if let Some(parts) = json[word].as_array() {
            return compound(word, parts, json, scope, shape);
        }
    }
    select(json, scope, shape)
}

fn compound<S: Selection>(
    word: &str,
    parts: &[Json],
    json: &Json,
    scope: &Scope<'_>,
    shape: Shape<'_, S>,
) -> Result<Built<S::Row>> {
    let Some((first, others)) = parts.split_first() else { return Err(unknown(json)) };
    let Built { mut query, columns } = build(first, scope, shape)?;
    for part in others {
        let part = build(part, scope, shape)?.query;
        query = Whole::Compound(put_together(word, query, part));
    }
    let Whole::Compound(mut compound) = query else { return Err(unknown(json)) };
    // Ordered by the names of the first part's columns, which have no source any more.
    compound = compound.order_by(orders(&json["order by"], &Scope::default())?);
    if let Some(rows) = json["limit"].as_u64() {
        compound = compound.limit(rows);
    }
    if let Some(rows) = json["offset"].as_u64() {
        compound = compound.offset(rows);
    }
    Ok(Built { query: Whole::Compound(compound), columns })
}

fn put_together<T: FromRow>(word: &str, first: Whole<T>, second: Whole<T>) -> Compound<T> {
    match (word, first) {
        ("union", Whole::Select(first)) => first.union(second),
        ("union", Whole::Compound(first)) => first.union(second),
        ("union all", Whole::Select(first)) => first.union_all(second),
        ("union all", Whole::Compound(first)) => first.union_all(second),
        ("intersect", Whole::Select(first)) => first.intersect(second),
        ("intersect", Whole::Compound(first)) => first.intersect(second),
        (_, Whole::Select(first)) => first.except(second),
        (_, Whole::Compound(first)) => first.except(second),
    }
}

fn select<S: Selection>(json: &Json, scope: &Scope<'_>, shape: Shape<'_, S>) -> Result<Built<S::Row>> {
    let mut inner = scope.inner();
    let named = json["with"].as_array().into_iter().flatten();
    let named = named.map(|with| common(with, &mut inner)).collect::<Result<Vec<_>>>()?;
    let joins: Vec<&Json> = json["join"].as_array().into_iter().flatten().collect();
    let source = if json["from"].is_null() { None } else { Some(from(&json["from"], &json["as"], &mut inner)?) };
    let joined = joins.iter().map(|join| from(&join["table"], &join["as"], &mut inner)).collect::<Result<Vec<_>>>()?;

    let (columns, selected) = columns(&json["columns"], &inner)?;
    let mut query = select_columns(shape(selected)?);
    for (name, is_recursive, of) in &named {
        query = if *is_recursive { query.with_recursive(name, of) } else { query.with(name, of) };
    }
    if let Some(source) = source {
        query = source.read(query)?;
    }
    for (json, source) in joins.into_iter().zip(joined) {
        query = join(query, json, source, &inner)?;
    }
    Ok(Built { query: Whole::Select(rest(query, json, &inner)?), columns })
}

/// Everything behind the sources.
fn rest<T>(mut query: Select<T>, json: &Json, scope: &Scope<'_>) -> Result<Select<T>> {
    if json["distinct"] == true {
        query = query.distinct();
    }
    if let Some(filter) = json.get("where") {
        query = query.filter(condition(filter, scope)?);
    }
    for key in json["group by"].as_array().into_iter().flatten() {
        query = query.group_by(parse(key, scope)?.untyped);
    }
    if let Some(filter) = json.get("having") {
        query = query.having(condition(filter, scope)?);
    }
    query = query.order_by(orders(&json["order by"], scope)?);
    if let Some(rows) = json["limit"].as_u64() {
        query = query.limit(rows);
    }
    if let Some(rows) = json["offset"].as_u64() {
        query = query.offset(rows);
    }
    Ok(query)
}

/// The selected expressions, with their names and kinds.
fn columns(json: &Json, scope: &Scope<'_>) -> Result<(Columns, Vec<Untyped>)> {
    let one = |json: &Json| match json {
        Json::String(column) => {
            let name = column.rsplit('.').next().unwrap_or_default().to_owned();
            Ok((name, parse(json, scope)?))
        }
        _ => match json["as"].as_str() {
            Some(name) => Ok((name.to_owned(), parse(&json["is"], scope)?.labelled(name))),
            None => Err(unknown(json)),
        },
    };
    let all = json.as_array().into_iter().flatten().map(one).collect::<Result<Vec<(String, Any)>>>()?;
    Ok(all.into_iter().map(|(name, any)| ((name, any.kind), any.untyped)).unzip())
}

/// A common table expression: its name, whether it may use it, and its query.
fn common(json: &Json, scope: &mut Scope<'_>) -> Result<(String, bool, Whole<Vec<Value>>)> {
    let name = json["name"].as_str().ok_or_else(|| unknown(json))?.to_owned();
    let is_recursive = json["recursive"] == true;
    let query = relabelled(&json["query"], &json["columns"]);
    if is_recursive {
        // Its own name has the columns of the first part.
        let first = query["union all"].get(0).or_else(|| query["union"].get(0)).ok_or_else(|| unknown(json))?;
        let columns = many(first, scope)?.columns;
        scope.named.push(Source { name: name.clone(), columns });
    }
    let Built { query, columns } = many(&query, scope)?;
    if !is_recursive {
        scope.named.push(Source { name: name.clone(), columns });
    }
    Ok((name, is_recursive, query))
}

/// A query whose columns have these names: the SDK names the columns of a common table expression by the labels of its query.
fn relabelled(query: &Json, names: &Json) -> Json {
    let (mut query, Some(names)) = (query.clone(), names.as_array()) else { return query.clone() };
    for word in ["union", "union all", "intersect", "except"] {
        if query[word].is_array() {
            query[word][0] = relabelled(&query[word][0], &Json::Array(names.clone()));
            return query;
        }
    }
    if let Some(columns) = query["columns"].as_array_mut() {
        for (column, name) in columns.iter_mut().zip(names) {
            let is = column.get("is").unwrap_or(column).clone();
            *column = json!({"as": name, "is": is});
        }
    }
    query
}
