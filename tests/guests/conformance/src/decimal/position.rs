//! Random expressions in every position of a statement.

use std::collections::{BTreeMap, BTreeSet};

use bigdecimal::{BigDecimal, RoundingMode, ToPrimitive as _};
use sqlservice_sdk::{
    expression::*,
    prelude::*,
    statement::{Query, Select},
};

use super::expression::{Amount, Number, Row, Tree, exact, literal_of, told, tree};
use crate::{Saw, lines::error, types::fidelity::random::Random};

/// Counts the statements, and collects the results that differ from the model's.
struct Compared<'s> {
    session: &'s Session,
    asked: usize,
    wrong: Vec<String>,
}

type Value = Option<Decimal>;

fn number(value: &Value) -> Number {
    value.as_ref().map(exact)
}

impl Compared<'_> {
    /// Compares the lines of a query's rows with the expected ones.
    async fn rows<T>(
        &mut self,
        what: &str,
        tree: &Tree,
        query: &impl Query<Row = T>,
        line: impl Fn(T) -> String,
        expected: Vec<String>,
    ) {
        self.asked += 1;
        let got = match self.session.all(query).await {
            Ok(rows) => rows.into_iter().map(line).collect::<Vec<_>>(),
            Err(failure) => vec![error(&failure)],
        };
        if got != expected {
            self.wrong.push(format!("{what} of {tree:?}: {got:?}, not {expected:?}"));
        }
    }
}

fn v() -> Expr<Value> {
    column("t", "v")
}

fn id() -> Expr<i64> {
    column("t", "id")
}

/// The expression's values as a subquery.
fn values(tree: &Tree) -> Select<(i64, Value)> {
    select_columns((Amount::ID.label("id"), tree.sql().label("v"))).from::<Amount>()
}

/// Runs random expressions in each position. Returns a line for each difference, and the number of statements.
pub async fn decimal_expressions(seed: u64, count: u32) -> Saw {
    let db = Database::open("default", models![Amount]).await?;
    db.create_all().await?;
    let session = db.begin().await?;
    let mut random = Random::new(seed);
    let rows = fill(&session, &mut random).await?;
    let mut compared = Compared { session: &session, asked: 0, wrong: Vec::new() };
    for _ in 0..count {
        let trees = [0, 1].map(|_| tree(&mut random, 3, &mut 2));
        let bound = literal_of(&mut random);
        filters(&mut compared, &trees, &rows, &bound).await;
        sets(&mut compared, &trees, &rows).await;
        aggregates(&mut compared, &trees[0], &rows).await;
        windows(&mut compared, &trees[0], &rows).await;
        changes(&mut compared, &trees[0], &rows).await?;
    }
    let Compared { asked, mut wrong, .. } = compared;
    wrong.truncate(20);
    wrong.push(format!("{asked} statements"));
    Ok(wrong)
}

async fn fill(session: &Session, random: &mut Random) -> Result<Vec<Row>, Error> {
    let mut amounts = Vec::new();
    for id in 1..=24_i64 {
        let pool = ["9.5", "9.50", "10", "-0.00", "0", "100.25", "-9.5", "99999.99", "-2.50", "2.5"];
        let mut one = |wide: bool| -> Value {
            match random.below(6) {
                0 => None,
                1..=3 => pool[random.below(pool.len())].parse().ok(),
                _ if wide => {
                    format!("{}.{:03}", random.between(-999_999_999, 999_999_999), random.below(1_000)).parse().ok()
                }
                _ => format!("{}.{:02}", random.between(-9_999, 9_999), random.below(100)).parse().ok(),
            }
        };
        let (wide, small) = (one(true), one(false));
        let whole = (random.below(5) > 0).then(|| random.between(-12, 12));
        amounts.push(Amount { id, wide, small, whole, result: None });
    }
    session.insert_many(&amounts).await?;
    let row = |amount: Amount| {
        let whole = amount.whole.map(BigDecimal::from);
        Row { id: amount.id, columns: [number(&amount.wide), number(&amount.small), whole] }
    };
    Ok(amounts.into_iter().map(row).collect())
}

async fn filters(compared: &mut Compared<'_>, trees: &[Tree; 2], rows: &[Row], bound: &Decimal) {
    let [tree, other] = trees;
    let all = |keep: &dyn Fn(&Row) -> bool| -> Vec<String> {
        rows.iter().filter(|row| keep(row)).map(|row| row.id.to_string()).collect()
    };
    let ids = |condition: Expr<bool>| select_columns(Amount::ID).filter(condition).order_by(Amount::ID);
    let line = |id: i64| id.to_string();
    let value = select_columns(tree.sql().label("v")).from::<Amount>().order_by(Amount::ID);
    let expected = rows.iter().map(|row| told(&tree.of(row))).collect();
    compared.rows("value", tree, &value, |value: Value| told(&number(&value)), expected).await;
    let limit = exact(bound);
    let of = |row: &Row| tree.of(row);
    let greater = all(&|row| of(row).is_some_and(|value| value > limit));
    compared.rows("greater", tree, &ids(tree.sql().gt(bound)), line, greater).await;
    let same = all(&|row| of(row).is_some() && of(row) == other.of(row));
    compared.rows("equal", tree, &ids(tree.sql().eq(other.sql())), line, same.clone()).await;
    let distinct = all(&|row| of(row) != other.of(row));
    compared.rows("distinct from", tree, &ids(tree.sql().is_distinct_from(other.sql())), line, distinct).await;
    let picked: Vec<Decimal> =
        rows.iter().step_by(5).filter_map(|row| told(&of(row)).parse().ok()).chain([bound.clone()]).collect();
    let among = all(&|row| of(row).is_some_and(|value| picked.iter().any(|one| exact(one) == value)));
    compared.rows("in a list", tree, &ids(tree.sql().in_list(picked)), line, among).await;
    let low = Decimal::from(-100);
    let between = all(&|row| of(row).is_some_and(|value| value >= exact(&low) && value <= limit));
    compared.rows("between", tree, &ids(tree.sql().between(&low, bound)), line, between).await;
    let found: Vec<Number> = rows.iter().map(|row| other.of(row)).filter(Option::is_some).collect();
    let among = all(&|row| of(row).is_some() && found.contains(&of(row)));
    let query = select_columns(other.sql().label("v")).from::<Amount>();
    compared.rows("in a query", tree, &ids(tree.sql().in_query(&query)), line, among).await;
    let mut order: Vec<&Row> = rows.iter().filter(|row| of(row).is_some()).collect();
    order.sort_by(|one, other| of(other).cmp(&of(one)).then(one.id.cmp(&other.id)));
    let ordered =
        select_columns(Amount::ID).filter(tree.sql().is_not_null()).order_by((tree.sql().desc(), Amount::ID.asc()));
    let expected = order.iter().map(|row| row.id.to_string()).collect();
    compared.rows("order", tree, &ordered, line, expected).await;
    let join = select_columns((id(), column::<i64>("u", "id")))
        .from_query(&values(tree), "t")
        .join_query(&values(other), "u", v().eq(column::<Value>("u", "v")))
        .order_by((id(), column::<i64>("u", "id")));
    let pairs = rows.iter().flat_map(|one| {
        let equal = |row: &&Row| of(one).is_some() && of(one) == other.of(row);
        rows.iter().filter(equal).map(|row| format!("{} {}", one.id, row.id)).collect::<Vec<_>>()
    });
    compared.rows("join", tree, &join, |(one, other): (i64, i64)| format!("{one} {other}"), pairs.collect()).await;
}

async fn sets(compared: &mut Compared<'_>, trees: &[Tree; 2], rows: &[Row]) {
    let [tree, other] = trees;
    let set = |tree: &Tree| rows.iter().map(|row| tree.of(row)).collect::<BTreeSet<Number>>();
    let (left, right) = (set(tree), set(other));
    let lines = |numbers: Vec<&Number>| {
        let mut lines: Vec<String> = numbers.into_iter().filter(|number| number.is_some()).map(told).collect();
        lines.sort();
        lines
    };
    // Sorted by their texts, without nulls, because databases differ in where they sort those.
    let mut sorted = |what: &str, query: Vec<Value>, expected: Vec<&Number>| {
        compared.asked += 1;
        let numbers: Vec<Number> = query.iter().map(number).collect();
        let (got, expected) = (lines(numbers.iter().collect()), lines(expected));
        if got != expected {
            compared.wrong.push(format!("{what} of {trees:?}: {got:?}, not {expected:?}"));
        }
    };
    let part = |tree: &Tree| select_columns(tree.sql().label("v")).from::<Amount>();
    let session = compared.session;
    let answers = [
        ("distinct", session.all(&part(tree).distinct()).await, left.iter().collect::<Vec<_>>()),
        ("union", session.all(&part(tree).union(part(other))).await, left.union(&right).collect()),
        ("intersect", session.all(&part(tree).intersect(part(other))).await, left.intersection(&right).collect()),
        ("except", session.all(&part(tree).except(part(other))).await, left.difference(&right).collect()),
    ];
    for (what, answer, expected) in answers {
        match answer {
            Ok(values) => sorted(what, values, expected),
            Err(failure) => sorted(&format!("{what}: {}", error(&failure)), Vec::new(), expected),
        }
    }
    let union = part(tree).union_all(part(other)).order_by(output::<Value>("v").desc()).limit(48);
    let mut all: Vec<Number> = rows.iter().flat_map(|row| [tree.of(row), other.of(row)]).flatten().map(Some).collect();
    all.sort_by(|one, other| other.cmp(one));
    compared.asked += 1;
    match session.all(&union).await {
        Ok(values) => {
            let got: Vec<String> =
                values.iter().filter(|value| value.is_some()).map(|value| told(&number(value))).collect();
            let expected: Vec<String> = all.iter().map(told).collect();
            if got != expected {
                compared.wrong.push(format!("an ordered union of {trees:?}: {got:?}, not {expected:?}"));
            }
        }
        Err(failure) => compared.wrong.push(format!("an ordered union of {trees:?}: {}", error(&failure))),
    }
}

async fn aggregates(compared: &mut Compared<'_>, tree: &Tree, rows: &[Row]) {
    let numbers: Vec<BigDecimal> = rows.iter().filter_map(|row| tree.of(row)).collect();
    let different: BTreeSet<&BigDecimal> = numbers.iter().collect();
    let total = |numbers: &[BigDecimal]| (!numbers.is_empty()).then(|| numbers.iter().sum::<BigDecimal>());
    let all = (sum(v()), min(v()), max(v()), count_distinct(v()), avg(v()));
    let query = select_columns(all).from_query(&values(tree), "t");
    let mean = total(&numbers).and_then(|sum| (sum / BigDecimal::from(numbers.len() as u64)).to_f64());
    let expected = format!(
        "{} {} {} {} {}",
        told(&total(&numbers)),
        told(&numbers.iter().min().cloned()),
        told(&numbers.iter().max().cloned()),
        different.len(),
        close(mean),
    );
    type Aggregates = (Value, Value, Value, i64, Option<f64>);
    let line = |(sum, min, max, count, mean): Aggregates| {
        let [sum, min, max] = [sum, min, max].map(|value| told(&number(&value)));
        format!("{sum} {min} {max} {count} {}", close(mean))
    };
    compared.rows("aggregates", tree, &query, line, vec![expected]).await;

    let mut groups: BTreeMap<BigDecimal, i64> = BTreeMap::new();
    for number in &numbers {
        *groups.entry(number.clone()).or_default() += 1;
    }
    let query = select_columns((v(), count_all()))
        .from_query(&values(tree), "t")
        .filter(v().is_not_null())
        .group_by(v())
        .having(max(v()).eq(v()))
        .order_by(v());
    let expected = groups.iter().map(|(value, count)| format!("{} {count}", told(&Some(value.clone())))).collect();
    let line = |(value, count): (Value, i64)| format!("{} {count}", told(&number(&value)));
    compared.rows("groups", tree, &query, line, expected).await;
}

/// A mean as text, without its last digits: some databases add up floats.
fn close(mean: Option<f64>) -> String {
    mean.map_or("null".to_owned(), |mean| format!("{mean:.9e}"))
}

async fn windows(compared: &mut Compared<'_>, tree: &Tree, rows: &[Row]) {
    let rolling = || window().order_by(id()).frame(FrameUnit::Rows, FrameBound::Preceding(2), FrameBound::Current);
    let peers = || window().partition_by(v());
    let query = select_columns((
        id(),
        sum(v()).over(rolling()),
        min(v()).over(rolling()),
        max(v()).over(rolling()),
        count_all().over(peers()),
        rank().over(window().order_by(v().desc())),
        lag(v()).over(window().order_by(id())),
    ))
    .from_query(&values(tree), "t")
    .filter(v().is_not_null())
    .order_by(id());
    let here: Vec<(i64, BigDecimal)> = rows.iter().filter_map(|row| Some((row.id, tree.of(row)?))).collect();
    let line = |at: usize| {
        let (id, value) = &here[at];
        let frame: Vec<&BigDecimal> = here[at.saturating_sub(2)..=at].iter().map(|(_, value)| value).collect();
        let rank = 1 + here.iter().filter(|(_, other)| other > value).count();
        let peers = here.iter().filter(|(_, other)| other == value).count();
        let [sum, min, max] = [
            frame.iter().copied().sum::<BigDecimal>(),
            frame.iter().copied().min().cloned().unwrap_or_default(),
            frame.iter().copied().max().cloned().unwrap_or_default(),
        ]
        .map(|value| told(&Some(value)));
        let before = told(&at.checked_sub(1).map(|at| here[at].1.clone()));
        format!("{id} {sum} {min} {max} {peers} {rank} {before}")
    };
    type Windows = (i64, Value, Value, Value, i64, i64, Value);
    let told_row = |(id, sum, min, max, peers, rank, before): Windows| {
        let [sum, min, max, before] = [sum, min, max, before].map(|value| told(&number(&value)));
        format!("{id} {sum} {min} {max} {peers} {rank} {before}")
    };
    compared.rows("windows", tree, &query, told_row, (0..here.len()).map(line).collect()).await;
}

/// Updates by the expression, and inserts from a query of it: the values are rounded to the column's digits and read back.
async fn changes(compared: &mut Compared<'_>, tree: &Tree, rows: &[Row]) -> Result<(), Error> {
    let most = BigDecimal::from(10_u64.pow(15));
    let fits = |value: &BigDecimal| value.abs() < most;
    let stored = |row: &Row| tree.of(row).map(|value| value.with_scale_round(4, RoundingMode::HalfUp));
    if !rows.iter().filter_map(stored).all(|value| fits(&value)) {
        return Ok(());
    }
    let savepoint = compared.session.begin_nested().await?;
    let update = update::<Amount>().set(Amount::RESULT, tree.sql());
    let updated = compared.session.execute(&update).await.map(|_| ());
    let line = |value: Value| value.map_or("null".to_owned(), |value| value.to_string());
    let expected: Vec<String> =
        rows.iter().map(|row| stored(row).map_or("null".to_owned(), |value| value.to_plain_string())).collect();
    let read = || select_columns(Amount::RESULT).order_by(Amount::ID);
    compared.rows("update", tree, &read(), line, expected.clone()).await;
    savepoint.rollback().await?;
    let savepoint = compared.session.begin_nested().await?;
    let doubled = select_columns(((Amount::ID + 100).label("id"), tree.sql().label("v"))).from::<Amount>().distinct();
    let insert = insert::<Amount>().query((Amount::ID, Amount::RESULT), &doubled);
    let inserted = compared.session.execute(&insert).await.map(|_| ());
    compared.rows("insert", tree, &read().filter(Amount::ID.gt(100)), line, expected).await;
    savepoint.rollback().await?;
    for failure in [updated, inserted].into_iter().filter_map(Result::err) {
        compared.wrong.push(format!("a change by {tree:?}: {}", error(&failure)));
    }
    Ok(())
}
