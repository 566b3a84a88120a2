//! Locations in a rule's text.

use sqlparser::{
    ast::{Expr, Ident, Query, SetExpr},
    tokenizer::Location,
};

use crate::policy::PolicyError;

/// An error at an offset. A caller that knows the table and the rule fills them in.
pub(super) fn wrong(offset: usize, message: impl Into<String>) -> PolicyError {
    PolicyError { table: String::new(), rule: String::new(), offset, message: message.into() }
}

/// The byte offset of a line and a column, which count from 1, columns in characters; `None` where the library knows no location.
pub(super) fn offset(text: &str, Location { line, column }: Location) -> Option<usize> {
    let line = usize::try_from(line).ok()?.checked_sub(1)?;
    let column = usize::try_from(column).ok()?.checked_sub(1)?;
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let rest = text.get(start..)?;
    Some(start + rest.char_indices().nth(column).map_or(rest.len(), |(at, _)| at))
}

/// The start of an expression, where the library records it. Follows first operands in a loop without recursion, since a chain of
/// operators may be as long as the text.
pub(super) fn start(expression: &Expr) -> Option<Location> {
    let mut expression = expression;
    loop {
        expression = match first(expression) {
            First::Operand(operand) => operand,
            First::Place(location) => return Some(location).filter(|location| location.line > 0),
            First::Unknown => return None,
        };
    }
}

/// The first part of an expression.
enum First<'e> {
    Operand(&'e Expr),
    Place(Location),
    Unknown,
}

fn first(expression: &Expr) -> First<'_> {
    match expression {
        Expr::Identifier(name) => First::Place(name.span.start),
        Expr::CompoundIdentifier(names) => begin(names.first()),
        Expr::Value(value) => First::Place(value.span.start),
        Expr::TypedString(text) => First::Place(text.value.span.start),
        Expr::Function(function) => begin(function.name.0.first().and_then(|part| part.as_ident())),
        Expr::Case { case_token, .. } => First::Place(case_token.0.span.start),
        Expr::Exists { subquery, .. } | Expr::Subquery(subquery) => query(subquery),
        Expr::Tuple(items) => items.first().map_or(First::Unknown, First::Operand),
        Expr::Array(array) => array.elem.first().map_or(First::Unknown, First::Operand),
        Expr::Interval(interval) => First::Operand(&interval.value),
        Expr::BinaryOp { left, .. } | Expr::AnyOp { left, .. } | Expr::AllOp { left, .. } => First::Operand(left),
        Expr::AtTimeZone { timestamp, .. } => First::Operand(timestamp),
        Expr::JsonAccess { value, .. } => First::Operand(value),
        Expr::CompoundFieldAccess { root, .. } => First::Operand(root),
        Expr::IsFalse(operand)
        | Expr::IsNotFalse(operand)
        | Expr::IsTrue(operand)
        | Expr::IsNotTrue(operand)
        | Expr::IsNull(operand)
        | Expr::IsNotNull(operand)
        | Expr::IsUnknown(operand)
        | Expr::IsNotUnknown(operand)
        | Expr::IsDistinctFrom(operand, _)
        | Expr::IsNotDistinctFrom(operand, _)
        | Expr::Nested(operand)
        | Expr::IsJson { expr: operand, .. }
        | Expr::IsNormalized { expr: operand, .. }
        | Expr::InList { expr: operand, .. }
        | Expr::InSubquery { expr: operand, .. }
        | Expr::InUnnest { expr: operand, .. }
        | Expr::Between { expr: operand, .. }
        | Expr::Like { expr: operand, .. }
        | Expr::ILike { expr: operand, .. }
        | Expr::SimilarTo { expr: operand, .. }
        | Expr::RLike { expr: operand, .. }
        | Expr::UnaryOp { expr: operand, .. }
        | Expr::Convert { expr: operand, .. }
        | Expr::Cast { expr: operand, .. }
        | Expr::Extract { expr: operand, .. }
        | Expr::Ceil { expr: operand, .. }
        | Expr::Floor { expr: operand, .. }
        | Expr::Position { expr: operand, .. }
        | Expr::Substring { expr: operand, .. }
        | Expr::Trim { expr: operand, .. }
        | Expr::Overlay { expr: operand, .. }
        | Expr::Collate { expr: operand, .. }
        | Expr::Prefixed { value: operand, .. } => First::Operand(operand),
        _ => First::Unknown,
    }
}

fn begin(name: Option<&Ident>) -> First<'static> {
    name.map_or(First::Unknown, |name| First::Place(name.span.start))
}

fn query(query: &Query) -> First<'static> {
    match &*query.body {
        SetExpr::Select(select) => First::Place(select.select_token.0.span.start),
        _ => First::Unknown,
    }
}
