//! Decimals for SQLite, which has no type for them and stores them as text: each connection gets functions that compute with
//! these texts exactly, and the collation `DECIMAL`, which orders and compares them by value.
//!
//! The functions take texts, integers and floats (as the shortest decimal that parses back to the float), and return null for a
//! null. An undefined result is an error whose message begins with [`MARK`] and the SQLSTATE. SQLite's own decimal extension,
//! part of the command `sqlite3`, has a collation of the same name, so that the command can use the same files.

use libsqlite3_sys as ffi;
use rusqlite::{
    Connection, Error, Result,
    functions::{Aggregate, Context, FunctionFlags, WindowAggregate},
    types::{ToSqlOutput, ValueRef},
};
use sqlservice_sql::decimal::{self, Decimal, DecimalError};

/// The prefix of these functions' error messages.
pub(super) const MARK: &str = "decimal ";

type Computed = std::result::Result<Decimal, DecimalError>;

/// Registers the collation and the functions on a connection.
pub(super) fn register(connection: &Connection) -> Result<()> {
    connection.create_collation("DECIMAL", decimal::compare)?;
    // A text that is a normalised decimal already is returned unchanged.
    scalar(connection, "decimal", 1, |context| match context.get_raw(0) {
        ValueRef::Text(text) if is_tidy(text) => Ok(ToSqlOutput::Arg(0)),
        _ => text(one(context)?),
    })?;
    scalar(connection, "decimal_of", 3, |context| {
        let (precision, scale) = (digits(context, 1)?, digits(context, 2)?);
        if let ValueRef::Text(text) = context.get_raw(0)
            && is_tidy(text)
            && fits(text, precision, scale)
        {
            return Ok(ToSqlOutput::Arg(0));
        }
        text(one(context)?.map(|value| value.fit(precision, scale)).transpose().map_err(failed)?)
    })?;
    for (name, function) in UNARY {
        scalar(connection, name, 1, move |context| {
            text(one(context)?.map(|value| function(&value)).transpose().map_err(failed)?)
        })?;
    }
    for (name, function) in BINARY {
        scalar(connection, name, 2, move |context| {
            let pair = number(context.get_raw(0))?.zip(number(context.get_raw(1))?);
            text(pair.map(|(left, right)| function(&left, &right)).transpose().map_err(failed)?)
        })?;
    }
    // SQLite's own operator `%` casts both operands to integers.
    scalar(connection, "float_mod", 2, |context| {
        let (left, right): (Option<f64>, Option<f64>) = (context.get(0)?, context.get(1)?);
        Ok(left.zip(right).map(|(left, right)| left % right))
    })?;
    scalar(connection, "decimal_round", 2, |context| {
        let digits: Option<i64> = context.get(1)?;
        let rounded = one(context)?.zip(digits).map(|(value, digits)| value.round(digits));
        text(rounded.transpose().map_err(failed)?)
    })?;
    scalar(connection, "decimal_sign", 1, |context| Ok(one(context)?.map(|value| value.signum())))?;
    scalar(connection, "decimal_float", 1, |context| Ok(one(context)?.map(|value| value.to_float())))?;
    scalar(connection, "decimal_int", 1, |context| {
        one(context)?.map(|value| value.to_integer()).transpose().map_err(failed)
    })?;
    connection.create_window_function("decimal_sum", 1, FLAGS, Total(|sum| Some(sum.total.to_string())))?;
    connection.create_window_function("decimal_avg", 1, FLAGS, Total(|sum| sum.total.mean(sum.count)))
}

/// Deterministic, and innocuous: views, indexes and checks may call them.
const FLAGS: FunctionFlags =
    FunctionFlags::SQLITE_UTF8.union(FunctionFlags::SQLITE_DETERMINISTIC).union(FunctionFlags::SQLITE_INNOCUOUS);

type Unary = fn(&Decimal) -> Computed;
type Binary = fn(&Decimal, &Decimal) -> Computed;

const UNARY: [(&str, Unary); 4] = [
    ("decimal_neg", |value| Ok(value.negated())),
    ("decimal_abs", |value| Ok(value.absolute())),
    ("decimal_floor", Decimal::floor),
    ("decimal_ceil", Decimal::ceil),
];

const BINARY: [(&str, Binary); 5] = [
    ("decimal_add", Decimal::add),
    ("decimal_sub", Decimal::subtract),
    ("decimal_mul", Decimal::multiply),
    ("decimal_div", Decimal::divide),
    ("decimal_mod", Decimal::remainder),
];

fn scalar<T: rusqlite::functions::SqlFnOutput>(
    connection: &Connection,
    name: &str,
    arguments: i32,
    function: impl Fn(&Context<'_>) -> Result<T> + Send + 'static,
) -> Result<()> {
    connection.create_scalar_function(name, arguments, FLAGS, function)
}

/// The first argument; none for a null.
fn one(context: &Context<'_>) -> Result<Option<Decimal>> {
    number(context.get_raw(0))
}

fn number(value: ValueRef<'_>) -> Result<Option<Decimal>> {
    let read = match value {
        ValueRef::Null => return Ok(None),
        ValueRef::Integer(value) => Ok(value.into()),
        ValueRef::Real(value) => Decimal::from_float(value),
        ValueRef::Text(text) => {
            std::str::from_utf8(text).map_err(|_| DecimalError::NotDecimal).and_then(Decimal::parse)
        }
        ValueRef::Blob(_) => Err(DecimalError::NotDecimal),
    };
    read.map(Some).map_err(failed)
}

/// Whether a text is a decimal in the form that these functions return. One with too many digits is not, so that they refuse it.
fn is_tidy(text: &[u8]) -> bool {
    let (whole, fraction) = parts(text);
    let all = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    let is_zero = || text.iter().all(|byte| matches!(byte, b'-' | b'.' | b'0'));
    all(whole)
        && (whole.len() == 1 || whole.first() != Some(&b'0'))
        && fraction.is_none_or(all)
        && text.len() <= decimal::MOST_DIGITS as usize
        && !(text.starts_with(b"-") && is_zero())
}

/// Whether a normalised decimal has the scale of its column and fits its precision.
fn fits(text: &[u8], precision: u32, scale: u32) -> bool {
    let (whole, fraction) = parts(text);
    let whole = if whole == b"0" { 0 } else { whole.len() };
    fraction.map_or(0, <[u8]>::len) == scale as usize && whole <= precision.saturating_sub(scale) as usize
}

/// The digits before the decimal point, without a sign, and those after it.
fn parts(text: &[u8]) -> (&[u8], Option<&[u8]>) {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    let mut parts = digits.splitn(2, |byte| *byte == b'.');
    (parts.next().unwrap_or_default(), parts.next())
}

/// A precision or scale, which the host wrote into the statement.
fn digits(context: &Context<'_>, at: usize) -> Result<u32> {
    context.get::<i64>(at).map(|digits| u32::try_from(digits.max(0)).unwrap_or(u32::MAX))
}

fn text(value: Option<Decimal>) -> Result<ToSqlOutput<'static>> {
    Ok(match value {
        Some(value) => ToSqlOutput::Owned(value.to_string().into()),
        None => ToSqlOutput::Owned(rusqlite::types::Value::Null),
    })
}

fn failed(error: DecimalError) -> Error {
    let message = format!("{MARK}{}: {error}", error.sqlstate());
    Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_ERROR), Some(message))
}

/// The sum and the number of the values in a group or window frame.
#[derive(Default)]
struct Sum {
    total: Decimal,
    count: i64,
}

impl Sum {
    fn change(&mut self, context: &Context<'_>, by: Binary, count: i64) -> Result<()> {
        if let Some(value) = one(context)? {
            self.total = by(&self.total, &value).map_err(failed)?;
            self.count += count;
        }
        Ok(())
    }
}

/// The aggregate that a function computes from a [`Sum`]; null for no values.
struct Total<T>(fn(&Sum) -> Option<T>);

impl<T: rusqlite::ToSql + 'static> Total<T> {
    fn told(&self, sum: Option<&Sum>) -> Option<T> {
        sum.filter(|sum| sum.count > 0).and_then(self.0)
    }
}

impl<T: rusqlite::ToSql + 'static> Aggregate<Sum, Option<T>> for Total<T> {
    fn init(&self, _: &mut Context<'_>) -> Result<Sum> {
        Ok(Sum::default())
    }

    fn step(&self, context: &mut Context<'_>, sum: &mut Sum) -> Result<()> {
        sum.change(context, Decimal::add, 1)
    }

    fn finalize(&self, _: &mut Context<'_>, sum: Option<Sum>) -> Result<Option<T>> {
        Ok(self.told(sum.as_ref()))
    }
}

impl<T: rusqlite::ToSql + 'static> WindowAggregate<Sum, Option<T>> for Total<T> {
    fn value(&self, sum: Option<&mut Sum>) -> Result<Option<T>> {
        Ok(self.told(sum.as_deref()))
    }

    fn inverse(&self, context: &mut Context<'_>, sum: &mut Sum) -> Result<()> {
        sum.change(context, Decimal::subtract, -1)
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::types::Value;

    use super::*;

    fn connection() -> Connection {
        let connection = Connection::open_in_memory().expect("a database");
        register(&connection).expect("registered");
        connection
    }

    /// Returns a query's rows, or its error message, as one text.
    fn told(connection: &Connection, sql: &str) -> String {
        let mut statement = connection.prepare(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
        let width = statement.column_count();
        let rows = statement.query_map([], |row| {
            let values = (0..width).map(|at| row.get::<_, Value>(at)).collect::<Result<Vec<_>>>()?;
            Ok(values.into_iter().map(shown).collect::<Vec<_>>().join(" "))
        });
        let rows: Result<Vec<String>> = rows.and_then(Iterator::collect);
        rows.map_or_else(|error| error.to_string(), |rows| rows.join(", "))
    }

    fn shown(value: Value) -> String {
        match value {
            Value::Null => "null".to_owned(),
            Value::Integer(value) => value.to_string(),
            Value::Real(value) => format!("{value:?}"),
            Value::Text(text) => format!("'{text}'"),
            Value::Blob(_) => "bytes".to_owned(),
        }
    }

    #[test]
    fn functions_are_exact_and_null_of_null() {
        let connection = connection();
        let cases = [
            ("decimal(2)", "'2'"),
            ("decimal(0.1)", "'0.1'"),
            ("decimal(1e30)", "'1000000000000000000000000000000'"),
            ("decimal(' 1.50')", "'1.50'"),
            ("decimal('-0.00')", "'0.00'"),
            ("decimal('-0.50')", "'-0.50'"),
            ("decimal('007')", "'7'"),
            ("decimal('.5')", "'0.5'"),
            ("decimal(NULL)", "null"),
            ("decimal_of('1.5', 5, 2)", "'1.50'"),
            ("decimal_of('1.50', 5, 2)", "'1.50'"),
            ("decimal_of('0.50', 2, 2)", "'0.50'"),
            ("decimal_of('-0.00', 5, 2)", "'0.00'"),
            ("decimal_of('999.994', 5, 2)", "'999.99'"),
            ("decimal_of('999.995', 5, 2)", "decimal 22003: a decimal number is out of range"),
            ("decimal_of('1000.00', 5, 2)", "decimal 22003: a decimal number is out of range"),
            ("decimal_of('much', 5, 2)", "decimal 22P02: a value is no decimal number"),
            ("decimal_of(x'31', 5, 2)", "decimal 22P02: a value is no decimal number"),
            ("decimal_add('0.1', '0.2')", "'0.3'"),
            ("decimal_sub('1', 0.5)", "'0.5'"),
            ("decimal_mul('99999999999999999999.9', 3)", "'299999999999999999999.7'"),
            ("decimal_div('1', '3')", "'0.33333333333333333333'"),
            ("decimal_div('1', '0.0')", "decimal 22012: division by zero"),
            ("decimal_mod('-7.5', 2)", "'-1.5'"),
            ("decimal_mod('-7.5', 0)", "decimal 22012: division by zero"),
            ("decimal_add(NULL, '1')", "null"),
            ("decimal_neg('0')", "'0'"),
            ("decimal_abs('-1.50')", "'1.50'"),
            ("decimal_round('-2.5', 0)", "'-3'"),
            ("decimal_round('155', -1)", "'160'"),
            ("decimal_round('155', NULL)", "null"),
            ("decimal_floor('-0.1')", "'-1'"),
            ("decimal_ceil('-0.1')", "'0'"),
            ("decimal_sign('-0.1')", "-1"),
            ("decimal_int('2.5')", "3"),
            ("decimal_int('9223372036854775808')", "decimal 22003: a decimal number is out of range"),
            ("decimal_float('0.1')", "0.1"),
            ("'9.5' = '9.50' COLLATE DECIMAL", "1"),
            ("'10' COLLATE DECIMAL > '9.50'", "1"),
        ];
        for (expression, value) in cases {
            assert_eq!(told(&connection, &format!("SELECT {expression}")), value, "{expression}");
        }
        assert_eq!(
            told(&connection, &format!("SELECT decimal('{}')", "9".repeat(100_000))),
            "decimal 22003: a decimal number is out of range"
        );
    }

    #[test]
    fn columns_of_the_collation_compare_by_value_everywhere() {
        let connection = connection();
        connection
            .execute_batch(
                "CREATE TABLE t (id INTEGER PRIMARY KEY, d DECIMAL_TEXT(5,2) COLLATE DECIMAL UNIQUE, CHECK (d > -100));
                 CREATE TABLE u (d DECIMAL_TEXT(5,2) COLLATE DECIMAL REFERENCES t (d));
                 CREATE TABLE v (id INTEGER PRIMARY KEY, d DECIMAL_TEXT(5,2));
                 INSERT INTO t VALUES (1, '9.50'), (2, '10.00'), (3, '-9.50'), (4, NULL);
                 INSERT INTO u VALUES ('9.5'), ('10');
                 INSERT INTO v VALUES (1, '9.5'), (2, '9.50'), (3, '10'), (4, '-1');",
            )
            .expect("tables");
        let cases = [
            ("SELECT id FROM t WHERE d > '9.6'", "2"),
            ("SELECT id FROM t WHERE d IS NOT NULL ORDER BY d", "3, 1, 2"),
            ("SELECT min(d), max(d) FROM t", "'-9.50' '10.00'"),
            ("SELECT id FROM v ORDER BY d COLLATE DECIMAL, id", "4, 1, 2, 3"),
            ("SELECT count(DISTINCT d COLLATE DECIMAL) FROM v", "3"),
            ("SELECT count(*) FROM (SELECT DISTINCT d COLLATE DECIMAL FROM v)", "3"),
            ("SELECT count(*) FROM v GROUP BY d COLLATE DECIMAL", "1, 2, 1"),
            ("SELECT count(*) FROM (SELECT d COLLATE DECIMAL FROM v UNION SELECT d COLLATE DECIMAL FROM t)", "5"),
            ("SELECT d COLLATE DECIMAL FROM v INTERSECT SELECT d COLLATE DECIMAL FROM t", "'9.50', '10'"),
            ("SELECT d COLLATE DECIMAL FROM v EXCEPT SELECT d COLLATE DECIMAL FROM t", "'-1'"),
            ("SELECT id FROM v WHERE d COLLATE DECIMAL IN (SELECT d FROM t) ORDER BY id", "1, 2, 3"),
            (
                "SELECT id FROM v WHERE (d COLLATE DECIMAL, id) IN (VALUES ('9.500', 1), ('10.0', 3)) ORDER BY id",
                "1, 3",
            ),
            ("SELECT count(*) FROM t JOIN v ON t.d COLLATE DECIMAL = v.d", "3"),
            (
                "SELECT decimal_sum(d), decimal_avg(d), decimal_sum(DISTINCT d COLLATE DECIMAL) FROM v",
                "'28.00' 7.0 '18.5'",
            ),
            ("SELECT decimal_sum(d), decimal_avg(d) FROM v WHERE id > 9", "null null"),
            (
                "SELECT decimal_sum(d) OVER (ORDER BY id ROWS 1 PRECEDING), max(d COLLATE DECIMAL) OVER (ORDER BY id ROWS 1 PRECEDING), \
                 rank() OVER (ORDER BY d COLLATE DECIMAL), count(*) OVER (PARTITION BY d COLLATE DECIMAL) FROM v ORDER BY id",
                "'9.5' '9.5' 2 2, '19.00' '9.50' 2 2, '19.50' '10' 4 1, '9.00' '10' 1 1",
            ),
            ("INSERT INTO t VALUES (5, '9.5')", "UNIQUE constraint failed: t.d"),
            ("INSERT INTO t VALUES (5, '-100.0')", "CHECK constraint failed: d > -100"),
        ];
        for (sql, rows) in cases {
            assert_eq!(told(&connection, sql), rows, "{sql}");
        }
        for sql in ["d COLLATE DECIMAL = '1'", "d COLLATE DECIMAL > '1'", "d COLLATE DECIMAL IN ('1', '2')"] {
            let mut plan =
                connection.prepare(&format!("EXPLAIN QUERY PLAN SELECT id FROM t WHERE {sql}")).expect("a plan");
            let plan: String = plan.query_row([], |row| row.get(3)).expect("a row");
            assert!(plan.contains("USING COVERING INDEX"), "{sql}: {plan}");
        }
    }
}
