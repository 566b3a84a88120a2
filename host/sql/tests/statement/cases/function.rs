//! Functions and casts.

use sqlservice_sql::{
    schema::{ColumnType, TypeKind},
    statement::*,
};

use super::{Named, case};
use crate::build::*;

pub fn functions() -> Vec<Named> {
    let select_all = |name: &'static str, make: fn(&mut Arena) -> Vec<NodeId>| {
        case(name, |mut a| {
            let users = a.from("users");
            let columns = make(&mut a);
            a.query(select(&columns, users))
        })
    };
    vec![
        select_all("aggregates", |a| {
            let (age, price, ratio) = (a.col("age"), a.col("price"), a.col("ratio"));
            let distinct = Call { function: "count".into(), arguments: vec![age], distinct: true, filter: None };
            let all = [
                a.call("count", &[]),
                a.add(Node::Call(distinct)),
                a.call("sum", &[age]),
                a.call("sum", &[price]),
                a.call("sum", &[ratio]),
                a.call("avg", &[age]),
                a.call("min", &[price]),
                a.call("max", &[ratio]),
            ];
            all.into_iter().zip("abcdefgh".chars()).map(|(id, name)| a.label(id, &name.to_string())).collect()
        }),
        select_all("aggregate_with_filter", |a| {
            let (age, active) = (a.col("age"), a.col("active"));
            let call = Call { function: "sum".into(), arguments: vec![age], distinct: false, filter: Some(active) };
            vec![a.add(Node::Call(call))]
        }),
        select_all("texts", |a| {
            let (name, from, count, to) = (a.col("name"), a.int(2), a.par(0), a.text("x"));
            vec![
                a.call("lower", &[name]),
                a.call("upper", &[to]),
                a.call("length", &[name]),
                a.call("trim", &[name]),
                a.call("substr", &[name, from, count]),
                a.call("replace", &[name, to, count]),
                a.call("concat", &[name, to]),
                a.call("coalesce", &[name, to]),
                a.call("nullif", &[name, to]),
            ]
        }),
        select_all("numbers", |a| {
            let (ratio, price, age, digits) = (a.col("ratio"), a.col("price"), a.col("age"), a.int(1));
            vec![
                a.call("abs", &[age]),
                a.call("round", &[ratio]),
                a.call("round", &[price, digits]),
                a.call("round", &[ratio, digits]),
            ]
        }),
        select_all("more_texts", |a| {
            let (name, part, count) = (a.col("name"), a.text("x"), a.par(0));
            vec![
                a.call("position", &[name, part]),
                a.call("left", &[name, count]),
                a.call("right", &[name, count]),
                a.call("ltrim", &[name]),
                a.call("rtrim", &[name]),
            ]
        }),
        select_all("more_numbers", |a| {
            let (ratio, price, age, value) = (a.col("ratio"), a.col("price"), a.col("age"), a.par(0));
            vec![
                a.call("floor", &[ratio]),
                a.call("floor", &[price]),
                a.call("ceil", &[age]),
                a.call("sign", &[price]),
                a.call("greatest", &[age, value]),
                a.call("least", &[price, value]),
            ]
        }),
        select_all("parts_of_times", |a| {
            let (made, value, count) = (a.col("made"), a.par(0), a.int(3));
            let date = a.cast(made, TypeKind::Date);
            vec![
                a.call("year", &[made]),
                a.call("day", &[value]),
                a.call("second", &[made]),
                a.call("hour", &[value]),
                a.call("add_days", &[date, count]),
                a.call("add_seconds", &[made, count]),
                a.call("days_between", &[date, value]),
            ]
        }),
        select_all("documents", |a| {
            let (doc, key, place) = (a.col("doc"), a.text("a"), a.int(0));
            let member = a.bin(doc, BinaryOp::JsonGet, key);
            vec![
                a.bin(member, BinaryOp::JsonGetText, place),
                a.call("json_length", &[member]),
                a.call("json_type", &[doc]),
            ]
        }),
        select_all("casts_of_fractions", |a| {
            let (ratio, price) = (a.col("ratio"), a.col("price"));
            vec![a.cast(ratio, TypeKind::Int64), a.cast(price, TypeKind::Int64)]
        }),
        select_all("times", |a| vec![a.call("now", &[]), a.call("current_date", &[]), a.call("current_time", &[])]),
        select_all("casts", |a| {
            let (age, price, name, made) = (a.col("age"), a.col("price"), a.col("name"), a.col("made"));
            let decimal = ColumnType { precision: Some(12), scale: Some(3), ..TypeKind::Decimal.into() };
            let value = a.par(0);
            vec![
                a.cast(age, TypeKind::Text),
                a.cast(price, TypeKind::Int64),
                a.cast(age, decimal),
                a.cast(name, varchar(3)),
                a.cast(made, TypeKind::Date),
                a.cast(age, TypeKind::Float64),
                a.cast(value, TypeKind::Int64),
            ]
        }),
    ]
}
