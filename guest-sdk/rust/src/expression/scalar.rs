//! Functions of texts, numbers, dates and times.

use super::{
    Base, Expr, Expression, Numeric,
    function::call,
    operand::{Operand, alike, node},
};
use crate::value::{Date, Field, SqlType, Time, Timestamp, TimestampTz};

/// Types that have a date.
pub trait Dated: SqlType {}

impl Dated for Date {}
impl Dated for Timestamp {}
impl Dated for TimestampTz {}

/// Types that have a time of day.
pub trait Timed: SqlType {}

impl Timed for Time {}
impl Timed for Timestamp {}
impl Timed for TimestampTz {}

/// Types that have a date and a time of day.
pub trait Moment: Dated + Timed {}

impl Moment for Timestamp {}
impl Moment for TimestampTz {}

/// The position of `part` in the text, from 1; 0 where the text does not contain it.
pub fn position<E>(expression: E, part: impl Operand<String>) -> Expr<Option<i64>>
where
    E: Expression<Type: Field<Base = String>>,
{
    call("position", [expression.expr().node, node(part)])
}

/// The first `count` characters, or all where the text has fewer.
pub fn left<E: Expression<Type: Field<Base = String>>>(expression: E, count: impl Operand<i32>) -> Expr<E::Type> {
    call("left", [expression.expr().node, node(count)])
}

/// The last `count` characters, or all where the text has fewer.
pub fn right<E: Expression<Type: Field<Base = String>>>(expression: E, count: impl Operand<i32>) -> Expr<E::Type> {
    call("right", [expression.expr().node, node(count)])
}

/// The text without spaces at the start.
pub fn ltrim<E: Expression<Type: Field<Base = String>>>(expression: E) -> Expr<E::Type> {
    call("ltrim", [expression.expr().node])
}

/// The text without spaces at the end.
pub fn rtrim<E: Expression<Type: Field<Base = String>>>(expression: E) -> Expr<E::Type> {
    call("rtrim", [expression.expr().node])
}

/// The greatest integer not above the value.
pub fn floor<E: Expression<Type: Field<Base: Numeric>>>(expression: E) -> Expr<E::Type> {
    call("floor", [expression.expr().node])
}

/// The least integer not below the value.
pub fn ceil<E: Expression<Type: Field<Base: Numeric>>>(expression: E) -> Expr<E::Type> {
    call("ceil", [expression.expr().node])
}

/// The sign: -1, 0 or 1.
pub fn sign<E: Expression<Type: Field<Base: Numeric>>>(expression: E) -> Expr<Option<i64>> {
    call("sign", [expression.expr().node])
}

/// The greater of two values; null where either is null.
pub fn greatest<E: Expression>(first: E, second: impl Operand<Base<E>>) -> Expr<Option<Base<E>>> {
    call("greatest", alike::<Base<E>, 2>([first.expr().node, node(second)]))
}

/// The lesser of two values; null where either is null.
pub fn least<E: Expression>(first: E, second: impl Operand<Base<E>>) -> Expr<Option<Base<E>>> {
    call("least", alike::<Base<E>, 2>([first.expr().node, node(second)]))
}

macro_rules! parts {
    ($($(#[$about:meta])* $name:ident $of:ident;)*) => {$(
        $(#[$about])*
        pub fn $name<E: Expression<Type: Field<Base: $of>>>(expression: E) -> Expr<Option<i64>> {
            call(stringify!($name), [expression.expr().node])
        }
    )*};
}

parts! {
    /// The year, in UTC.
    year Dated;
    /// The month, from 1, in UTC.
    month Dated;
    /// The day of the month, from 1, in UTC.
    day Dated;
    /// The hour, in UTC.
    hour Timed;
    /// The minute.
    minute Timed;
    /// The second, without its fraction.
    second Timed;
}

/// The date `days` days later.
pub fn add_days<E: Expression<Type: Field<Base = Date>>>(date: E, days: impl Operand<i64>) -> Expr<E::Type> {
    call("add_days", [date.expr().node, node(days)])
}

/// The time `seconds` seconds later; its fraction of a second is kept.
pub fn add_seconds<E>(moment: E, seconds: impl Operand<i64>) -> Expr<E::Type>
where
    E: Expression<Type: Field<Base: Moment>>,
{
    call("add_seconds", [moment.expr().node, node(seconds)])
}

/// The number of days from one date to another.
pub fn days_between<E>(from: E, to: impl Operand<Date>) -> Expr<Option<i64>>
where
    E: Expression<Type: Field<Base = Date>>,
{
    call("days_between", [from.expr().node, node(to)])
}
