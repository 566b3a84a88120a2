//! Compares random conditions with a second evaluator, on a tree instead of nodes, with null as the only unknown value.

use arbtest::{
    arbitrary::{self, Unstructured},
    arbtest,
};

use super::*;

/// An expression for a number or null.
enum Number {
    Column(usize),
    Constant(i64),
    Null,
    Sum(Box<Number>, Box<Number>),
    Difference(Box<Number>, Box<Number>),
    Product(Box<Number>, Box<Number>),
    Negated(Box<Number>),
    Coalesce(Vec<Number>),
    Nullif(Box<Number>, Box<Number>),
    Choice(Box<Truth>, Box<Number>, Option<Box<Number>>),
}

/// An expression for true, false or null.
enum Truth {
    Constant(Option<bool>),
    Compare(&'static str, Number, Number),
    Distinct(bool, Number, Number),
    IsNull(bool, Number),
    Is(bool, bool, Box<Truth>),
    Not(Box<Truth>),
    And(Vec<Truth>),
    Or(Vec<Truth>),
    In(bool, Number, Vec<Number>),
    Between(bool, Number, Number, Number),
}

const COLUMNS: [&str; 4] = ["a", "b", "c", "d"];
const OPERATORS: [&str; 6] = ["=", "<>", "<", "<=", ">", ">="];

fn number(bytes: &mut Unstructured<'_>, levels: u32) -> arbitrary::Result<Number> {
    let most = if levels == 0 { 2 } else { 9 };
    let one = |bytes: &mut Unstructured<'_>| number(bytes, levels - 1).map(Box::new);
    Ok(match bytes.int_in_range(0..=most)? {
        0 => Number::Column(bytes.choose_index(COLUMNS.len())?),
        1 => Number::Constant(bytes.int_in_range(-3..=3)?),
        2 => Number::Null,
        3 => Number::Sum(one(bytes)?, one(bytes)?),
        4 => Number::Difference(one(bytes)?, one(bytes)?),
        5 => Number::Product(one(bytes)?, one(bytes)?),
        6 => Number::Negated(one(bytes)?),
        7 => Number::Coalesce(some(bytes, |bytes| number(bytes, levels - 1))?),
        8 => Number::Nullif(one(bytes)?, one(bytes)?),
        _ => {
            let condition = Box::new(condition(bytes, levels - 1)?);
            let otherwise = if bytes.arbitrary()? { Some(one(bytes)?) } else { None };
            Number::Choice(condition, one(bytes)?, otherwise)
        }
    })
}

fn condition(bytes: &mut Unstructured<'_>, levels: u32) -> arbitrary::Result<Truth> {
    if levels == 0 {
        return Ok(Truth::Constant(*bytes.choose(&TRUTHS)?));
    }
    let levels = levels - 1;
    Ok(match bytes.int_in_range(0..=9)? {
        0 => Truth::Constant(*bytes.choose(&TRUTHS)?),
        1 => Truth::Compare(bytes.choose(&OPERATORS)?, number(bytes, levels)?, number(bytes, levels)?),
        2 => Truth::Distinct(bytes.arbitrary()?, number(bytes, levels)?, number(bytes, levels)?),
        3 => Truth::IsNull(bytes.arbitrary()?, number(bytes, levels)?),
        4 => Truth::Is(bytes.arbitrary()?, bytes.arbitrary()?, Box::new(condition(bytes, levels)?)),
        5 => Truth::Not(Box::new(condition(bytes, levels)?)),
        6 => Truth::And(some(bytes, |bytes| condition(bytes, levels))?),
        7 => Truth::Or(some(bytes, |bytes| condition(bytes, levels))?),
        8 => Truth::In(bytes.arbitrary()?, number(bytes, levels)?, some(bytes, |bytes| number(bytes, levels))?),
        _ => Truth::Between(bytes.arbitrary()?, number(bytes, levels)?, number(bytes, levels)?, number(bytes, levels)?),
    })
}

fn some<T>(
    bytes: &mut Unstructured<'_>,
    mut one: impl FnMut(&mut Unstructured<'_>) -> arbitrary::Result<T>,
) -> arbitrary::Result<Vec<T>> {
    (0..bytes.int_in_range(1..=3)?).map(|_| one(bytes)).collect()
}

fn list(numbers: &[Number]) -> String {
    numbers.iter().map(Number::text).collect::<Vec<_>>().join(", ")
}

fn not(negated: bool) -> &'static str {
    if negated { "not " } else { "" }
}

impl Number {
    fn text(&self) -> String {
        match self {
            Self::Column(column) => COLUMNS[*column].to_owned(),
            Self::Constant(value) => value.to_string(),
            Self::Null => "null".into(),
            Self::Sum(left, right) => format!("({} + {})", left.text(), right.text()),
            Self::Difference(left, right) => format!("({} - {})", left.text(), right.text()),
            Self::Product(left, right) => format!("({} * {})", left.text(), right.text()),
            Self::Negated(value) => format!("(- {})", value.text()),
            Self::Coalesce(items) => format!("coalesce({})", list(items)),
            Self::Nullif(left, right) => format!("nullif({}, {})", left.text(), right.text()),
            Self::Choice(when, then, otherwise) => {
                let otherwise = otherwise.as_ref().map(|value| format!("else {} ", value.text())).unwrap_or_default();
                format!("case when {} then {} {otherwise}end", when.text(), then.text())
            }
        }
    }

    fn value(&self, row: &[Option<i64>]) -> Option<i64> {
        match self {
            Self::Column(column) => row[*column],
            Self::Constant(value) => Some(*value),
            Self::Null => None,
            Self::Sum(left, right) => Some(left.value(row)? + right.value(row)?),
            Self::Difference(left, right) => Some(left.value(row)? - right.value(row)?),
            Self::Product(left, right) => Some(left.value(row)? * right.value(row)?),
            Self::Negated(value) => Some(-value.value(row)?),
            Self::Coalesce(items) => items.iter().find_map(|item| item.value(row)),
            Self::Nullif(left, right) => left.value(row).filter(|value| Some(*value) != right.value(row)),
            Self::Choice(when, then, otherwise) => match when.value(row) {
                Some(true) => then.value(row),
                _ => otherwise.as_ref().and_then(|otherwise| otherwise.value(row)),
            },
        }
    }
}

impl Truth {
    fn text(&self) -> String {
        let words = |items: &[Self], word: &str| items.iter().map(Self::text).collect::<Vec<_>>().join(word);
        match self {
            Self::Constant(value) => value.map_or("null".into(), |value| value.to_string()),
            Self::Compare(op, left, right) => format!("({} {op} {})", left.text(), right.text()),
            Self::Distinct(same, left, right) => {
                format!("({} is {}distinct from {})", left.text(), not(*same), right.text())
            }
            Self::IsNull(negated, value) => format!("({} is {}null)", value.text(), not(*negated)),
            Self::Is(negated, of, value) => format!("({} is {}{of})", value.text(), not(*negated)),
            Self::Not(value) => format!("(not {})", value.text()),
            Self::And(items) => format!("({})", words(items, " and ")),
            Self::Or(items) => format!("({})", words(items, " or ")),
            Self::In(negated, value, items) => format!("({} {}in ({}))", value.text(), not(*negated), list(items)),
            Self::Between(negated, value, low, high) => {
                format!("({} {}between {} and {})", value.text(), not(*negated), low.text(), high.text())
            }
        }
    }

    fn value(&self, row: &[Option<i64>]) -> Option<bool> {
        match self {
            Self::Constant(value) => *value,
            Self::Compare(op, left, right) => {
                let (left, right) = (left.value(row)?, right.value(row)?);
                Some(match *op {
                    "=" => left == right,
                    "<>" => left != right,
                    "<" => left < right,
                    "<=" => left <= right,
                    ">" => left > right,
                    _ => left >= right,
                })
            }
            Self::Distinct(same, left, right) => Some((left.value(row) == right.value(row)) == *same),
            Self::IsNull(negated, value) => Some(value.value(row).is_none() != *negated),
            Self::Is(negated, of, value) => Some((value.value(row) == Some(*of)) != *negated),
            Self::Not(value) => Some(!value.value(row)?),
            Self::And(items) => both(items.iter().map(|item| item.value(row))),
            Self::Or(items) => either(items.iter().map(|item| item.value(row))),
            Self::In(negated, value, items) => {
                let value = value.value(row);
                let found = either(items.iter().map(|item| Some(value? == item.value(row)?)));
                found.map(|found| found != *negated)
            }
            Self::Between(negated, value, low, high) => {
                let (value, low, high) = (value.value(row), low.value(row), high.value(row));
                let within =
                    both([value.zip(low).map(|(v, l)| v >= l), value.zip(high).map(|(v, h)| v <= h)].into_iter());
                within.map(|within| within != *negated)
            }
        }
    }
}

/// SQL's AND without a fold: false where any item is false, otherwise null where any item is null.
fn both(items: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let items: Vec<_> = items.collect();
    if items.contains(&Some(false)) { Some(false) } else { (!items.contains(&None)).then_some(true) }
}

fn either(items: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let items: Vec<_> = items.collect();
    if items.contains(&Some(true)) { Some(true) } else { (!items.contains(&None)).then_some(false) }
}

#[test]
fn random_conditions_hold_as_a_second_reading_says() {
    arbtest(|bytes| {
        let condition = condition(bytes, 4)?;
        let row: Vec<Option<i64>> = (0..COLUMNS.len())
            .map(|_| Ok(bytes.arbitrary::<bool>()?.then_some(bytes.int_in_range(-3..=3)?)))
            .collect::<arbitrary::Result<_>>()?;
        let values: Vec<(&str, Value)> =
            COLUMNS.into_iter().zip(&row).map(|(name, value)| (name, value.map_or(NULL, Value::from))).collect();
        let text = condition.text();
        if text.len() <= 4096 {
            assert_eq!(evaluate(&text, &values), condition.value(&row), "{text} of {row:?}");
        }
        Ok(())
    })
    .budget_ms(1_500);
}
