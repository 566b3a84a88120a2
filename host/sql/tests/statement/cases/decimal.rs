//! Decimals, which are exact on databases without a decimal type, too.

use sqlservice_sql::{
    Scalar,
    schema::{ColumnType, TypeKind},
    statement::*,
};

use super::{Named, case};
use crate::build::*;

fn decimal(a: &mut Arena, text: &str) -> NodeId {
    a.lit(Scalar::Decimal(text.into()))
}

pub fn decimals() -> Vec<Named> {
    let values = |name: &'static str, make: fn(&mut Arena) -> Vec<NodeId>| {
        case(name, |mut a| {
            let users = a.from("users");
            let columns = make(&mut a);
            a.query(select(&columns, users))
        })
    };
    vec![
        values("decimal_arithmetic", |a| {
            let (price, age, ratio, half) = (a.col("price"), a.col("age"), a.col("ratio"), decimal(a, "0.5"));
            let sum = a.bin(price, BinaryOp::Add, half);
            let product = a.bin(sum, BinaryOp::Multiply, age);
            let quotient = a.bin(product, BinaryOp::Divide, half);
            let rest = a.bin(quotient, BinaryOp::Modulo, price);
            let difference = a.bin(rest, BinaryOp::Subtract, half);
            let negated = a.un(UnaryOp::Negate, difference);
            let float = a.bin(price, BinaryOp::Multiply, ratio);
            vec![negated, float]
        }),
        values("decimal_functions", |a| {
            let (price, age, one) = (a.col("price"), a.col("age"), a.int(1));
            let distinct = |function: &str| Call {
                function: function.into(),
                arguments: vec![price],
                distinct: true,
                filter: None,
            };
            vec![
                a.call("abs", &[price]),
                a.call("round", &[price]),
                a.call("round", &[price, one]),
                a.call("ceil", &[price]),
                a.call("greatest", &[age, price]),
                a.call("nullif", &[price, age]),
                a.call("coalesce", &[price, age, one]),
                a.add(Node::Call(distinct("sum"))),
                a.add(Node::Call(distinct("count"))),
            ]
        }),
        values("decimal_casts", |a| {
            let (price, age, ratio, name) = (a.col("price"), a.col("age"), a.col("ratio"), a.col("name"));
            let ty = ColumnType { precision: Some(12), scale: Some(3), ..TypeKind::Decimal.into() };
            vec![
                a.cast(price, ty.clone()),
                a.cast(name, ty),
                a.cast(age, TypeKind::Decimal),
                a.cast(price, TypeKind::Int64),
                a.cast(price, TypeKind::Float64),
                a.cast(ratio, TypeKind::Decimal),
            ]
        }),
        values("decimal_comparisons", |a| {
            let (price, age, ratio, two) = (a.col("price"), a.col("age"), a.col("ratio"), a.int(2));
            let double = a.bin(price, BinaryOp::Multiply, two);
            let bound = a.par(0);
            let row = a.listed(ListOp::RowValues, &[age, price]);
            let other = a.listed(ListOp::RowValues, &[two, bound]);
            let condition = a.bin(price, BinaryOp::Less, age);
            let whens = vec![When { condition, then: age }];
            vec![
                a.bin(double, BinaryOp::Greater, bound),
                a.bin(age, BinaryOp::Equal, price),
                a.bin(price, BinaryOp::Less, ratio),
                a.bin(row, BinaryOp::Equal, other),
                a.listed(ListOp::InList, &[price, two, bound]),
                a.listed(ListOp::InList, &[row, other]),
                a.listed(ListOp::Between, &[age, price, bound]),
                a.add(Node::Case(Case { whens, otherwise: Some(price) })),
            ]
        }),
        case("decimal_groups_and_orders", |mut a| {
            let (users, price, age) = (a.from("users"), a.col("price"), a.col("age"));
            let (greatest, count) = (a.call("max", &[price]), a.call("count", &[]));
            let rank = a.call("rank", &[]);
            let frame = Window { call: rank, partition_by: vec![price], order_by: vec![desc(price)], frame: None };
            let rank = a.add(Node::Window(frame));
            let rank = a.label(rank, "place");
            let having = a.bin(greatest, BinaryOp::Greater, age);
            a.query(Select {
                distinct: true,
                group_by: vec![price],
                having: Some(having),
                order_by: vec![asc(price)],
                ..select(&[price, count, rank], users)
            })
        }),
        case("decimal_compounds", |mut a| {
            let (users, price, age) = (a.from("users"), a.col("price"), a.col("age"));
            let (one, two) = (a.select(select(&[price], users)), a.select(select(&[age], users)));
            let ten = a.int(10);
            let limited = a.select(Select { limit: Some(ten), ..select(&[age], users) });
            let both = a.add(Node::Compound(compound(SetOp::Intersect, &[one, limited])));
            let whole = compound(SetOp::Union, &[two, both]);
            let name = a.col("age");
            let whole = a.add(Node::Compound(Compound { order_by: vec![desc(name)], ..whole }));
            a.end(Root::Select(whole))
        }),
        case("decimal_membership", |mut a| {
            let (users, price, age) = (a.from("users"), a.col("price"), a.col("age"));
            let ages = a.select(select(&[age], users));
            let prices = a.select(select(&[price], users));
            let one = a.add(Node::Membership(Membership { value: price, query: ages, negated: false }));
            let two = a.add(Node::Membership(Membership { value: age, query: prices, negated: true }));
            let filter = a.listed(ListOp::Or, &[one, two]);
            a.query(Select { filter: Some(filter), ..select(&[price], users) })
        }),
        case("decimal_insert_of_values", |mut a| {
            let (name, age, price) = (a.par(0), a.par(1), decimal(&mut a, "1.5"));
            let product = a.bin(age, BinaryOp::Multiply, price);
            let rows = InsertSource::Values(vec![vec![name, price], vec![name, product]]);
            a.end(Root::Insert(insert("users", &["name", "price"], rows)))
        }),
        case("decimal_insert_of_a_query", |mut a| {
            let (users, name, age) = (a.from("users"), a.col("name"), a.col("age"));
            let query = a.select(select(&[name, age], users));
            a.end(Root::Insert(insert("users", &["name", "price"], InsertSource::Query(query))))
        }),
        case("decimal_insert_of_a_distinct_query", |mut a| {
            let (users, name, price) = (a.from("users"), a.col("name"), a.col("price"));
            let query = a.select(Select { distinct: true, ..select(&[name, price], users) });
            a.end(Root::Insert(insert("users", &["name", "price"], InsertSource::Query(query))))
        }),
        case("decimal_update", |mut a| {
            let (price, three) = (a.col("price"), a.par(0));
            let third = a.bin(price, BinaryOp::Divide, three);
            let filter = a.eq(price, three);
            a.end(Root::Update(Update { filter: Some(filter), ..update("users", vec![set("price", third)]) }))
        }),
    ]
}
