//! Functions, aggregates, windows, choices and conversions.

use serde_json::Value as Json;
use sqlservice_sdk::{
    Expr, Expression, Result,
    expression::{
        Window, abs, coalesce, count, count_all, count_distinct, length, lower, max, min, row_number, sum, upper, when,
        window,
    },
    schema::TypeKind,
};

use super::{Any, alike, condition, hinted, orders, parse, unknown};
use crate::{scope::Scope, value::with_type};

/// A call of a function by its word in the list.
pub fn call(word: &str, operands: &[Json], hint: Option<TypeKind>, scope: &Scope<'_>, whole: &Json) -> Result<Any> {
    if let Some(any) = bare(word, operands) {
        return Ok(any);
    }
    let first = operands.first().ok_or_else(|| unknown(whole))?;
    let text = || Ok::<_, sqlservice_sdk::Error>(hinted(first, Some(TypeKind::Text), scope)?.text());
    Ok(match word {
        "count" => Any::new(TypeKind::Int64, count(parse(first, scope)?.untyped)),
        "count distinct" => Any::new(TypeKind::Int64, count_distinct(parse(first, scope)?.untyped)),
        "sum" => total(&parse(first, scope)?)?,
        "min" => same(&parse(first, scope)?, min),
        "max" => same(&parse(first, scope)?, max),
        "lower" => Any::new(TypeKind::Text, lower(text()?)),
        "upper" => Any::new(TypeKind::Text, upper(text()?)),
        "length" => Any::new(TypeKind::Int64, length(text()?)),
        "abs" => {
            let of = hinted(first, hint, scope)?;
            with_type!(numbers of.kind, T => Ok(Any::new(of.kind, abs(of.typed::<T>()))))?
        }
        "coalesce" => first_of(operands, hint, scope)?,
        "case" => case(operands, hint, scope, whole)?,
        "cast" => cast(operands, scope, whole)?,
        "over" => over(operands, scope, whole)?,
        _ => return Err(unknown(whole)),
    })
}

/// Functions without operands.
fn bare(word: &str, operands: &[Json]) -> Option<Any> {
    match word {
        _ if !operands.is_empty() => None,
        "count" => Some(Any::new(TypeKind::Int64, count_all())),
        "row_number" => Some(Any::new(TypeKind::Int64, row_number())),
        _ => None,
    }
}

/// An aggregate of the kind of its operand.
fn same(of: &Any, aggregate: fn(super::Untyped) -> super::Untyped) -> Any {
    Any { untyped: aggregate(of.untyped.clone()), kind: of.kind }
}

/// A sum; that of integers has 64 bits, whatever they have.
fn total(of: &Any) -> Result<Any> {
    let kind = match of.kind {
        TypeKind::Int16 | TypeKind::Int32 => TypeKind::Int64,
        kind => kind,
    };
    with_type!(numbers kind, T => Ok(Any::new(kind, sum(of.typed::<T>()))))
}

fn first_of(operands: &[Json], hint: Option<TypeKind>, scope: &Scope<'_>) -> Result<Any> {
    let (kind, all) = alike(operands, hint, scope)?;
    Ok(with_type!(kind, T => {
        let mut all = all.iter().map(|one| one.typed::<T>());
        let first = all.next().unwrap_or_else(|| sqlservice_sdk::expression::literal(None::<T>));
        Any::new(kind, all.fold(first, |first, other| coalesce(first, other).nullable()))
    }))
}

/// A choice. Its values are of one kind, and so are those of its branches.
fn case(operands: &[Json], hint: Option<TypeKind>, scope: &Scope<'_>, whole: &Json) -> Result<Any> {
    let [Json::Array(branches), otherwise] = operands else { return Err(unknown(whole)) };
    let part = |at: usize| move |branch: &Json| branch.get(at).cloned().unwrap_or_default();
    let values: Vec<Json> = branches.iter().map(part(1)).chain([otherwise.clone()]).collect();
    let (kind, mut values) = alike(&values, hint, scope)?;
    let otherwise = values.pop().ok_or_else(|| unknown(whole))?;
    let conditions = branches.iter().map(part(0)).map(|json| condition(&json, scope));
    let mut branches = conditions.collect::<Result<Vec<Expr<bool>>>>()?.into_iter().zip(values);
    let (condition, value) = branches.next().ok_or_else(|| unknown(whole))?;
    Ok(with_type!(kind, T => {
        let first = when::<T>(condition, value.typed::<T>());
        let all = branches.fold(first, |case, (condition, value)| case.when(condition, value.typed::<T>()));
        Any::new(kind, all.otherwise(otherwise.typed::<T>()))
    }))
}

fn cast(operands: &[Json], scope: &Scope<'_>, whole: &Json) -> Result<Any> {
    let [value, Json::String(ty)] = operands else { return Err(unknown(whole)) };
    let value = parse(value, scope)?;
    with_type!(value.kind, T => match ty.as_str() {
        "text" => Ok(Any::new(TypeKind::Text, value.typed::<T>().cast::<String>())),
        "int64" => Ok(Any::new(TypeKind::Int64, value.typed::<T>().cast::<i64>())),
        _ => Err(unknown(whole)),
    })
}

fn over(operands: &[Json], scope: &Scope<'_>, whole: &Json) -> Result<Any> {
    let [call, of] = operands else { return Err(unknown(whole)) };
    let mut rows: Window = window();
    for key in of["partition by"].as_array().into_iter().flatten() {
        rows = rows.partition_by(parse(key, scope)?.untyped);
    }
    rows = rows.order_by(orders(&of["order by"], scope)?);
    let call = parse(call, scope)?;
    Ok(Any { untyped: call.untyped.over(rows), kind: call.kind })
}
