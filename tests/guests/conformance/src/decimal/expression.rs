//! Random expressions of decimals: as SQL, and as their values for a row, computed by an independent crate.

use std::cmp::Ordering;

use bigdecimal::{BigDecimal, RoundingMode, Zero as _};
use sqlservice_sdk::{expression::*, prelude::*};

use crate::types::fidelity::random::Random;

/// The rows that expressions are computed from.
#[derive(Model, Clone, Debug)]
#[model(table = "amounts")]
pub struct Amount {
    #[model(primary_key)]
    pub id: i64,
    #[model(precision = 12, scale = 3)]
    pub wide: Option<Decimal>,
    #[model(precision = 8, scale = 2)]
    pub small: Option<Decimal>,
    pub whole: Option<i64>,
    #[model(precision = 20, scale = 4)]
    pub result: Option<Decimal>,
}

/// A value in SQL: a number or null.
pub type Number = Option<BigDecimal>;

/// A row in the model.
pub struct Row {
    pub id: i64,
    pub columns: [Number; 3],
}

pub fn exact(decimal: &Decimal) -> BigDecimal {
    decimal.to_string().parse().unwrap_or_default()
}

/// The text of a number, the same for all decimals of equal value.
pub fn told(number: &Number) -> String {
    number.as_ref().map_or("null".to_owned(), |number| {
        if number.is_zero() { "0".to_owned() } else { number.normalized().to_plain_string() }
    })
}

#[derive(Clone, Copy, Debug)]
pub enum Unary {
    Negate,
    Abs,
    Floor,
    Ceil,
    Round(i32),
}

#[derive(Clone, Copy, Debug)]
pub enum Binary {
    Add,
    Subtract,
    Multiply,
    Greatest,
    Least,
    Nullif,
    Coalesce,
}

/// An expression.
#[derive(Clone, Debug)]
pub enum Tree {
    Column(usize),
    Literal(Decimal),
    Unary(Unary, Box<Tree>),
    Binary(Binary, Box<Tree>, Box<Tree>),
    /// A quotient rounded to four digits; the divisor is not 0.
    Quotient(Box<Tree>, Decimal),
    Remainder(Box<Tree>, Decimal),
    /// The third operand where the first is less than the second, else the fourth.
    Case(Box<[Tree; 4]>),
}

pub fn literal_of(random: &mut Random) -> Decimal {
    let sign = ["", "-"][random.below(2)];
    let text = match random.below(3) {
        0 => format!("{sign}{}", random.below(20)),
        1 => format!("{sign}{}.{}0", random.below(10), random.below(10)),
        _ => format!("{sign}{}.{:03}", random.below(2_000), random.below(1_000)),
    };
    text.parse().unwrap_or_default()
}

fn divisor(random: &mut Random) -> Decimal {
    let decimal = literal_of(random);
    if decimal.is_zero() { 3.into() } else { decimal }
}

/// A tree within these limits of levels and products: MariaDB keeps 38 digits after the point. Each subtree has a column,
/// which gives its operands a type: a value alone has none.
pub fn tree(random: &mut Random, depth: usize, products: &mut usize) -> Tree {
    if depth == 0 || random.below(8) == 0 {
        return Tree::Column(random.below(3));
    }
    let sub = |random: &mut Random, products: &mut usize| Box::new(tree(random, depth - 1, products));
    match random.below(16) {
        0 => Tree::Unary(Unary::Negate, sub(random, products)),
        1 => Tree::Unary(Unary::Abs, sub(random, products)),
        2 => Tree::Unary(Unary::Floor, sub(random, products)),
        3 => Tree::Unary(Unary::Ceil, sub(random, products)),
        4 => Tree::Unary(Unary::Round(i32::try_from(random.below(4)).unwrap_or(0)), sub(random, products)),
        5 => Tree::Quotient(sub(random, products), divisor(random)),
        6 => Tree::Remainder(sub(random, products), divisor(random)),
        7 => {
            let (one, two) = (*sub(random, products), either(random, depth, products));
            let (three, four) = (*sub(random, products), either(random, depth, products));
            Tree::Case(Box::new([one, two, three, four]))
        }
        kind => {
            let (left, right) = (sub(random, products), Box::new(either(random, depth, products)));
            let op = match kind {
                8 | 9 => Binary::Add,
                10 => Binary::Subtract,
                11 | 12 if *products > 0 => {
                    *products -= 1;
                    Binary::Multiply
                }
                13 => Binary::Greatest,
                14 => Binary::Least,
                15 => Binary::Nullif,
                _ => Binary::Coalesce,
            };
            Tree::Binary(op, left, right)
        }
    }
}

/// A literal or a tree.
fn either(random: &mut Random, depth: usize, products: &mut usize) -> Tree {
    if random.below(3) == 0 { Tree::Literal(literal_of(random)) } else { tree(random, depth - 1, products) }
}

impl Tree {
    /// The expression as SQL, over the columns of a source.
    pub fn sql(&self) -> Expr<Option<Decimal>> {
        match self {
            Self::Column(0) => Amount::WIDE.expr(),
            Self::Column(1) => Amount::SMALL.expr(),
            Self::Column(_) => Amount::WHOLE.cast_decimal(8, 1),
            Self::Literal(decimal) => literal(Some(decimal.clone())),
            Self::Unary(op, tree) => {
                let value = tree.sql();
                match op {
                    Unary::Negate => -value,
                    Unary::Abs => abs(value),
                    Unary::Floor => floor(value),
                    Unary::Ceil => ceil(value),
                    Unary::Round(digits) => round(value, *digits),
                }
            }
            Self::Binary(op, left, right) => {
                let (left, right) = (left.sql(), right.sql());
                match op {
                    Binary::Add => left + right,
                    Binary::Subtract => left - right,
                    Binary::Multiply => left * right,
                    Binary::Greatest => greatest(left, right),
                    Binary::Least => least(left, right),
                    Binary::Nullif => nullif(left, right),
                    Binary::Coalesce => left.or_else(right).nullable(),
                }
            }
            Self::Quotient(tree, divisor) => round(tree.sql() / divisor, 4),
            Self::Remainder(tree, divisor) => tree.sql() % divisor,
            Self::Case(trees) => {
                let [one, two, three, four] = &**trees;
                when(one.sql().lt(two.sql()), three.sql()).otherwise(four.sql()).nullable()
            }
        }
    }

    /// The value of the expression for a row.
    pub fn of(&self, row: &Row) -> Number {
        match self {
            Self::Column(at) => row.columns[*at].clone(),
            Self::Literal(decimal) => Some(exact(decimal)),
            Self::Unary(op, tree) => {
                let value = tree.of(row)?;
                Some(match op {
                    Unary::Negate => -value,
                    Unary::Abs => value.abs(),
                    Unary::Floor => value.with_scale_round(0, RoundingMode::Floor),
                    Unary::Ceil => value.with_scale_round(0, RoundingMode::Ceiling),
                    Unary::Round(digits) => value.with_scale_round((*digits).into(), RoundingMode::HalfUp),
                })
            }
            Self::Binary(Binary::Coalesce, left, right) => left.of(row).or_else(|| right.of(row)),
            Self::Binary(Binary::Nullif, left, right) => {
                let (left, right) = (left.of(row), right.of(row));
                if left == right { None } else { left }
            }
            Self::Binary(op, left, right) => {
                let (left, right) = (left.of(row)?, right.of(row)?);
                Some(match op {
                    Binary::Add => left + right,
                    Binary::Subtract => left - right,
                    Binary::Multiply => left * right,
                    Binary::Greatest => left.max(right),
                    _ => left.min(right),
                })
            }
            Self::Quotient(tree, divisor) => {
                Some((tree.of(row)? / exact(divisor)).with_scale_round(4, RoundingMode::HalfUp))
            }
            Self::Remainder(tree, divisor) => Some(tree.of(row)? % exact(divisor)),
            Self::Case(trees) => {
                let [one, two, three, four] = &**trees;
                let less = one.of(row).zip(two.of(row)).is_some_and(|(one, two)| one.cmp(&two) == Ordering::Less);
                if less { three.of(row) } else { four.of(row) }
            }
        }
    }
}
