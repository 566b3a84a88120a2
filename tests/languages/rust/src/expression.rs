//! Expressions of the list as the SDK's typed ones.

mod call;

use serde_json::Value as Json;
use sqlservice_sdk::{
    Column, Error, Expr, Expression, Model, Result, SqlType,
    expression::{Order, all_of, any_of, column, excluded, exists, literal, output, scalar},
    schema::TypeKind,
};

use self::call::call;
use crate::{
    query::{self, one},
    scope::Scope,
    table::{Cell, Table, Visitor, with_model},
    value::{self, with_type},
};

/// An expression whose type is put aside, for lists of columns of several types.
pub type Untyped = Expr<Option<sqlservice_sdk::Json>>;

/// An expression, and the kind of its values.
#[derive(Clone)]
pub struct Any {
    /// The expression.
    pub untyped: Untyped,
    /// The kind.
    pub kind: TypeKind,
}

impl Any {
    /// A typed expression.
    pub fn new(kind: TypeKind, expression: impl Expression) -> Self {
        Self { untyped: expression.type_coerce(), kind }
    }

    /// A condition.
    fn condition(expression: Expr<bool>) -> Self {
        Self::new(TypeKind::Boolean, expression)
    }

    /// It with the type that it has.
    pub fn typed<T: SqlType>(&self) -> Expr<Option<T>> {
        self.untyped.clone().type_coerce()
    }

    /// It as a condition.
    pub fn truth(&self) -> Expr<bool> {
        self.untyped.clone().type_coerce()
    }

    /// It as a text.
    fn text(&self) -> Expr<Option<String>> {
        self.untyped.clone().type_coerce()
    }

    /// It with a name in the result.
    pub fn labelled(&self, name: &str) -> Self {
        with_type!(self.kind, T => Self::new(self.kind, self.typed::<T>().label(name)))
    }
}

/// An expression.
pub fn parse(json: &Json, scope: &Scope<'_>) -> Result<Any> {
    hinted(json, None, scope)
}

/// A condition.
pub fn condition(json: &Json, scope: &Scope<'_>) -> Result<Expr<bool>> {
    Ok(hinted(json, Some(TypeKind::Boolean), scope)?.truth())
}

/// An expression; where it is a value, it is one of this kind.
pub fn hinted(json: &Json, kind: Option<TypeKind>, scope: &Scope<'_>) -> Result<Any> {
    match json {
        Json::String(name) => Ok(named(name, scope)),
        Json::Object(object) => match object.get("v") {
            Some(given) => bound(given, kind),
            None => Err(unknown(json)),
        },
        Json::Array(parts) => match parts.split_first() {
            Some((Json::String(word), operands)) => operation(word, operands, kind, scope, json),
            _ => Err(unknown(json)),
        },
        _ => Err(unknown(json)),
    }
}

/// Something that the list does not have.
pub fn unknown(json: &Json) -> Error {
    Error::other(format!("this guest has no meaning for {json}"))
}

/// A column, or a label of the result.
fn named(name: &str, scope: &Scope<'_>) -> Any {
    let of = |source: &str, name: &str, kind| with_type!(kind, T => Any::new(kind, column::<Option<T>>(source, name)));
    match (name.split_once('.'), scope.find(name)) {
        (Some((source, name)), _) => of(source, name, scope.kind(source, name)),
        (None, Some((source, kind))) => of(source, name, kind),
        (None, None) => Any::new(TypeKind::Text, output::<Option<String>>(name)),
    }
}

/// A value.
fn bound(json: &Json, kind: Option<TypeKind>) -> Result<Any> {
    let kind = match kind {
        Some(kind) => kind,
        None => value::kind(json)?,
    };
    with_type!(kind, T => Ok(Any::new(kind, literal(value::parse::<T>(json, "a value")?))))
}

/// Whether it is a value, which has no type of its own.
fn is_bound(json: &Json) -> bool {
    json.is_object()
}

/// Whether it is the null, which is of any kind.
fn is_null(json: &Json) -> bool {
    json.get("v").is_some_and(Json::is_null)
}

/// Operands of one kind: that of the first which is no value, else that of the first value.
fn alike(operands: &[Json], hint: Option<TypeKind>, scope: &Scope<'_>) -> Result<(TypeKind, Vec<Any>)> {
    let typed = operands.iter().find(|operand| !is_bound(operand));
    let kind = match (typed.or_else(|| operands.iter().find(|operand| !is_null(operand))), hint) {
        (Some(value), Some(hint)) if is_bound(value) => Some(hint),
        (Some(typed), _) => Some(parse(typed, scope)?.kind),
        (None, hint) => hint,
    };
    let all = operands.iter().map(|operand| hinted(operand, kind, scope)).collect::<Result<_>>()?;
    Ok((kind.unwrap_or(TypeKind::Text), all))
}

/// Two operands of one kind.
fn pair(operands: &[Json], hint: Option<TypeKind>, scope: &Scope<'_>, whole: &Json) -> Result<(TypeKind, [Any; 2])> {
    let (kind, all) = alike(operands, hint, scope)?;
    Ok((kind, all.try_into().map_err(|_| unknown(whole))?))
}

fn operation(word: &str, operands: &[Json], hint: Option<TypeKind>, scope: &Scope<'_>, whole: &Json) -> Result<Any> {
    let conditions = || operands.iter().map(|operand| condition(operand, scope)).collect::<Result<Vec<_>>>();
    let first = || operands.first().ok_or_else(|| unknown(whole));
    Ok(match word {
        "=" | "!=" | "<" | "<=" | ">" | ">=" => {
            let (kind, [left, right]) = pair(operands, None, scope, whole)?;
            with_type!(kind, T => compared(word, left.typed::<T>(), right.typed::<T>()))
        }
        "+" | "-" | "*" => {
            let (kind, [left, right]) = pair(operands, hint, scope, whole)?;
            with_type!(numbers kind, T => {
                let (left, right) = (left.typed::<T>(), right.typed::<T>());
                Ok(Any::new(kind, match word {
                    "+" => left + right,
                    "-" => left - right,
                    _ => left * right,
                }))
            })?
        }
        "||" => {
            let (_, [left, right]) = pair(operands, Some(TypeKind::Text), scope, whole)?;
            Any::new(TypeKind::Text, left.text().concat(right.text()))
        }
        "and" => Any::condition(all_of(conditions()?)),
        "or" => Any::condition(any_of(conditions()?)),
        "not" => Any::condition(!condition(first()?, scope)?),
        "is null" => Any::condition(parse(first()?, scope)?.untyped.is_null()),
        "is not null" => Any::condition(parse(first()?, scope)?.untyped.is_not_null()),
        "in" | "not in" => among(word == "in", operands, scope, whole)?,
        "between" => between(operands, scope, whole)?,
        "like" | "ilike" | "starts with" => matching(word, operands, scope, whole)?,
        "exists" => Any::condition(exists(&query::many(first()?, scope)?.query)),
        "scalar" => {
            let found = one(first()?, scope)?;
            Any { untyped: scalar(&found.query), kind: found.kind }
        }
        "excluded" => excluded_column(first()?, scope)?,
        _ => call(word, operands, hint, scope, whole)?,
    })
}

fn compared<T: SqlType>(word: &str, left: Expr<Option<T>>, right: Expr<Option<T>>) -> Any {
    Any::condition(match word {
        "=" => left.eq(right),
        "!=" => left.ne(right),
        "<" => left.lt(right),
        "<=" => left.le(right),
        ">" => left.gt(right),
        _ => left.ge(right),
    })
}

fn among(is_in: bool, operands: &[Json], scope: &Scope<'_>, whole: &Json) -> Result<Any> {
    let [value, list] = operands else { return Err(unknown(whole)) };
    let Json::Array(items) = list else {
        let (value, found) = (parse(value, scope)?.untyped, one(list, scope)?.query);
        return Ok(Any::condition(if is_in { value.in_query(&found) } else { value.not_in_query(&found) }));
    };
    let all: Vec<Json> = std::iter::once(value).chain(items).cloned().collect();
    let (kind, all) = alike(&all, None, scope)?;
    let Some((value, items)) = all.split_first() else { return Err(unknown(whole)) };
    Ok(with_type!(kind, T => {
        let items = items.iter().map(|item| item.typed::<T>());
        let value = value.typed::<T>();
        Any::condition(if is_in { value.in_list(items) } else { value.not_in_list(items) })
    }))
}

fn between(operands: &[Json], scope: &Scope<'_>, whole: &Json) -> Result<Any> {
    let (kind, all) = alike(operands, None, scope)?;
    let [value, low, high] = all.as_slice() else { return Err(unknown(whole)) };
    Ok(with_type!(kind, T => Any::condition(value.typed::<T>().between(low.typed::<T>(), high.typed::<T>()))))
}

fn matching(word: &str, operands: &[Json], scope: &Scope<'_>, whole: &Json) -> Result<Any> {
    let [value, pattern] = operands else { return Err(unknown(whole)) };
    let value = hinted(value, Some(TypeKind::Text), scope)?.text();
    Ok(Any::condition(match word {
        "starts with" => value.starts_with(pattern["v"].as_str().ok_or_else(|| unknown(whole))?),
        "like" => value.like_escaped(hinted(pattern, Some(TypeKind::Text), scope)?.text(), '!'),
        _ => value.ilike_escaped(hinted(pattern, Some(TypeKind::Text), scope)?.text(), '!'),
    }))
}

/// The new row's column of an upsert, by its model's constant.
fn excluded_column(name: &Json, scope: &Scope<'_>) -> Result<Any> {
    struct Excluded;

    impl<M: Model> Visitor<M> for Excluded {
        type Output = Any;

        fn visit<F: Cell>(self, column: Column<M, F>, _: fn(&mut M) -> &mut F) -> Result<Any> {
            Ok(Any::new(<F::Base as SqlType>::KIND, excluded(column)))
        }
    }

    let name = name.as_str().ok_or_else(|| unknown(name))?;
    let table = scope.sources.first().map_or("", |source| source.name.as_str());
    with_model!(table, M => M::column(name, Excluded))
}

/// An order: an expression, or `["desc", expression]`.
pub fn order(json: &Json, scope: &Scope<'_>) -> Result<Order> {
    match json.as_array().map(Vec::as_slice) {
        Some([Json::String(word), of]) if word == "desc" => Ok(parse(of, scope)?.untyped.desc()),
        _ => Ok(parse(json, scope)?.untyped.asc()),
    }
}

/// Orders, as many as there are.
pub fn orders(json: &Json, scope: &Scope<'_>) -> Result<Vec<Order>> {
    json.as_array().into_iter().flatten().map(|key| order(key, scope)).collect()
}
