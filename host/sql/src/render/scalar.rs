//! Writes scalar functions that databases spell differently, or lack, so that they are composed of other functions.

use super::Writer;
use crate::{
    Dialect,
    resolved::{Expr, Function, Typed},
    schema::TypeKind,
    types::postgres_plain,
};

/// A fragment of SQL: constant SQL of the host, an argument, or a number.
enum Fragment<'p, 'a> {
    Sql(&'static str),
    Of(&'p Typed<'a>),
    Number(u32),
}

use Fragment::{Number, Of, Sql};

impl Writer {
    /// Writes a call of such a function. Returns whether the function is one.
    pub(super) fn scalar(&mut self, function: Function, arguments: &[Typed<'_>]) -> bool {
        use Function as F;
        match (function, arguments) {
            (F::Floor | F::Ceil, [value]) => self.whole(function, value),
            (F::Sign, [value]) => self.sign(value),
            (F::Greatest | F::Least, values) => self.extreme(function, values),
            (F::Position, [text, part]) => self.position(text, part),
            (F::Left | F::Right, [text, count]) => self.end_of_text(function, text, count),
            (F::Year | F::Month | F::Day | F::Hour | F::Minute | F::Second, [moment]) => self.part(function, moment),
            (F::AddDays, [date, count]) => self.add_days(date, count),
            (F::AddSeconds, [moment, count]) => self.add_seconds(moment, count),
            (F::DaysBetween, [from, to]) => self.days_between(from, to),
            (F::JsonLength, [document]) => self.json_length(document),
            (F::JsonType, [document]) => self.json_type(document),
            _ => return false,
        }
        true
    }

    /// Writes fragments. Literals that a repeated argument copies are counted.
    fn pieces(&mut self, pieces: &[Fragment<'_, '_>]) {
        for (position, piece) in pieces.iter().enumerate() {
            match piece {
                Sql(text) => self.push(text),
                Number(number) => self.number(*number),
                Of(value) => {
                    let earlier = pieces.iter().take(position);
                    let again =
                        earlier.filter(|other| matches!(other, Of(other) if std::ptr::eq(*other, *value))).count() > 0;
                    self.again += usize::from(again);
                    self.operand(value);
                    self.again -= usize::from(again);
                }
            }
        }
    }

    /// Writes `floor` or `ceil`. SQLite has no function for them; there, floats past 9e15 are unchanged, as they have no fraction.
    fn whole(&mut self, function: Function, value: &Typed<'_>) {
        let floor = function == Function::Floor;
        let decimal = value.kind() == Some(TypeKind::Decimal);
        let (before, after) = match (self.dialect, floor) {
            (Dialect::Sqlite, _) => {
                let (sign, side) = if floor { (" - (", " < ") } else { (" + (", " > ") };
                let (first, whole) = ("CAST(", " AS INTEGER)");
                return self.pieces(&[
                    Sql("CASE WHEN abs("),
                    Of(value),
                    Sql(") < 9e15 THEN CAST("),
                    Sql(first),
                    Of(value),
                    Sql(whole),
                    Sql(sign),
                    Sql("CAST("),
                    Of(value),
                    Sql(" AS REAL)"),
                    Sql(side),
                    Sql(first),
                    Of(value),
                    Sql(whole),
                    Sql(") AS REAL) ELSE CAST("),
                    Of(value),
                    Sql(" AS REAL) END"),
                ]);
            }
            (Dialect::Postgres, true) if decimal => ("FLOOR(", ")"),
            (Dialect::Postgres, false) if decimal => ("CEIL(", ")"),
            (Dialect::Postgres, true) => ("FLOOR(CAST(", " AS DOUBLE PRECISION))"),
            (Dialect::Postgres, false) => ("CEIL(CAST(", " AS DOUBLE PRECISION))"),
            (_, true) if decimal => ("CAST(FLOOR(", ") AS DECIMAL(65,0))"),
            (_, false) if decimal => ("CAST(CEIL(", ") AS DECIMAL(65,0))"),
            (_, true) => ("FLOOR(CAST(", " AS DOUBLE))"),
            (_, false) => ("CEIL(CAST(", " AS DOUBLE))"),
        };
        self.pieces(&[Sql(before), Of(value), Sql(after)]);
    }

    fn sign(&mut self, value: &Typed<'_>) {
        let (before, after) = match self.dialect {
            Dialect::Sqlite => ("sign(", ")"),
            Dialect::Postgres => ("CAST(SIGN(", ") AS BIGINT)"),
            Dialect::Mysql | Dialect::Mariadb => ("SIGN(", ")"),
        };
        self.pieces(&[Sql(before), Of(value), Sql(after)]);
    }

    /// Writes `greatest` or `least`, null where any value is null: PostgreSQL's functions would ignore nulls.
    fn extreme(&mut self, function: Function, values: &[Typed<'_>]) {
        let greatest = function == Function::Greatest;
        match self.dialect {
            Dialect::Sqlite => {
                self.push(if greatest { "max(" } else { "min(" });
                self.list(values, ", ", Self::collated);
                self.push(")");
            }
            Dialect::Postgres => {
                self.push("CASE WHEN ");
                self.list(values, " IS NULL OR ", Self::operand);
                self.push(" IS NULL THEN NULL ELSE ");
                self.push(if greatest { "GREATEST(" } else { "LEAST(" });
                self.again += 1;
                self.values(values);
                self.again -= 1;
                self.push(") END");
            }
            Dialect::Mysql | Dialect::Mariadb => {
                self.push(if greatest { "GREATEST(" } else { "LEAST(" });
                self.values(values);
                self.push(")");
            }
        }
    }

    fn position(&mut self, text: &Typed<'_>, part: &Typed<'_>) {
        match self.dialect {
            Dialect::Sqlite => self.pieces(&[Sql("instr("), Of(text), Sql(", "), Of(part), Sql(")")]),
            Dialect::Postgres => {
                self.pieces(&[Sql("CAST(strpos("), Of(text), Sql(", "), Of(part), Sql(") AS BIGINT)")]);
            }
            Dialect::Mysql | Dialect::Mariadb => {
                self.pieces(&[Sql("LOCATE("), Of(part), Sql(", "), Of(text), Sql(")")]);
            }
        }
    }

    /// Writes `left` or `right`. A count below 0 means 0, and null stays null.
    fn end_of_text(&mut self, function: Function, text: &Typed<'_>, count: &Typed<'_>) {
        let left = function == Function::Left;
        let name = if left { "LEFT(" } else { "RIGHT(" };
        match self.dialect {
            Dialect::Sqlite if left => {
                self.pieces(&[Sql("substr("), Of(text), Sql(", 1, max("), Of(count), Sql(", 0))")]);
            }
            Dialect::Sqlite => self.pieces(&[
                Sql("substr("),
                Of(text),
                Sql(", -max("),
                Of(count),
                Sql(", 0), max("),
                Of(count),
                Sql(", 0))"),
            ]),
            Dialect::Postgres => self.pieces(&[
                Sql(name),
                Of(text),
                Sql(", CASE WHEN CAST("),
                Of(count),
                Sql(" AS INTEGER) < 0 THEN 0 ELSE CAST("),
                Of(count),
                Sql(" AS INTEGER) END)"),
            ]),
            Dialect::Mysql | Dialect::Mariadb => self.pieces(&[Sql(name), Of(text), Sql(", "), Of(count), Sql(")")]),
        }
    }

    /// Writes a part of a date or time as an integer, seconds without their fraction. SQLite's functions round to milliseconds,
    /// so there it is a substring of the text that the host stores.
    fn part(&mut self, function: Function, moment: &Typed<'_>) {
        use Function as F;
        let (name, place) = match function {
            F::Year => ("YEAR", 1),
            F::Month => ("MONTH", 6),
            F::Day => ("DAY", 9),
            F::Hour => ("HOUR", 12),
            F::Minute => ("MINUTE", 15),
            _ => ("SECOND", 18),
        };
        match self.dialect {
            Dialect::Sqlite => {
                let place = if moment.kind() == Some(TypeKind::Time) { place - 11 } else { place };
                let length = if function == F::Year { 4 } else { 2 };
                self.pieces(&[
                    Sql("CAST(substr("),
                    Of(moment),
                    Sql(", "),
                    Number(place),
                    Sql(", "),
                    Number(length),
                    Sql(") AS INTEGER)"),
                ]);
            }
            Dialect::Postgres => {
                self.push("CAST(FLOOR(EXTRACT(");
                self.push(name);
                self.push(" FROM ");
                self.in_utc(moment);
                self.push(")) AS BIGINT)");
            }
            Dialect::Mysql | Dialect::Mariadb => {
                self.push(name);
                self.push("(");
                self.value(moment);
                self.push(")");
            }
        }
    }

    fn in_utc(&mut self, moment: &Typed<'_>) {
        let utc = moment.kind() == Some(TypeKind::TimestampTz);
        self.push(if utc { "timezone('UTC', " } else { "" });
        self.moment(moment);
        self.push(if utc { ")" } else { "" });
    }

    /// Writes a date or time. A placeholder gets a cast, since it has no type by itself.
    fn moment(&mut self, moment: &Typed<'_>) {
        let kind = moment.kind().filter(|_| matches!(moment.expr, Expr::Bind(_)));
        match (kind, self.dialect) {
            (Some(kind), Dialect::Postgres) => self.cast_to(moment, postgres_plain(kind)),
            (Some(TypeKind::Date), Dialect::Mysql | Dialect::Mariadb) => self.cast_to(moment, "DATE"),
            (Some(_), Dialect::Mysql | Dialect::Mariadb) => self.cast_to(moment, "DATETIME(6)"),
            _ => self.operand(moment),
        }
    }

    fn add_days(&mut self, date: &Typed<'_>, count: &Typed<'_>) {
        match self.dialect {
            Dialect::Sqlite => {
                self.pieces(&[Sql("date("), Of(date), Sql(", CAST("), Of(count), Sql(" AS INTEGER) || ' days')")]);
            }
            Dialect::Postgres => {
                self.push("(");
                self.moment(date);
                self.push(" + ");
                self.cast_to(count, "INTEGER");
                self.push(")");
            }
            Dialect::Mysql | Dialect::Mariadb => {
                self.push("DATE_ADD(");
                self.moment(date);
                self.pieces(&[Sql(", INTERVAL "), Of(count), Sql(" DAY)")]);
            }
        }
    }

    /// Writes `add_seconds`. On SQLite the fraction of a second is appended, since its functions support milliseconds only.
    fn add_seconds(&mut self, moment: &Typed<'_>, count: &Typed<'_>) {
        match self.dialect {
            Dialect::Sqlite => self.pieces(&[
                Sql("(datetime(substr("),
                Of(moment),
                Sql(", 1, 19), CAST("),
                Of(count),
                Sql(" AS INTEGER) || ' seconds') || substr("),
                Of(moment),
                Sql(", 20))"),
            ]),
            Dialect::Postgres => {
                self.push("(");
                self.moment(moment);
                self.push(" + ");
                self.cast_to(count, "BIGINT");
                self.push(" * INTERVAL '1 second')");
            }
            Dialect::Mysql | Dialect::Mariadb => {
                self.push("DATE_ADD(");
                self.moment(moment);
                self.pieces(&[Sql(", INTERVAL "), Of(count), Sql(" SECOND)")]);
            }
        }
    }

    fn days_between(&mut self, from: &Typed<'_>, to: &Typed<'_>) {
        let (before, between, after) = match self.dialect {
            Dialect::Sqlite => ("CAST(julianday(", ") - julianday(", ") AS INTEGER)"),
            Dialect::Postgres => ("CAST(", " - ", " AS BIGINT)"),
            Dialect::Mysql | Dialect::Mariadb => ("DATEDIFF(", ", ", ")"),
        };
        self.push(before);
        self.moment(to);
        self.push(between);
        self.moment(from);
        self.push(after);
    }

    fn json_length(&mut self, document: &Typed<'_>) {
        let (before, is_array, after) = match self.dialect {
            Dialect::Sqlite => ("CASE WHEN json_type(", ") = 'array' THEN json_array_length(", ") END"),
            Dialect::Postgres => {
                ("CASE WHEN jsonb_typeof(", ") = 'array' THEN CAST(jsonb_array_length(", ") AS BIGINT) END")
            }
            Dialect::Mysql | Dialect::Mariadb => ("CASE WHEN JSON_TYPE(", ") = 'ARRAY' THEN JSON_LENGTH(", ") END"),
        };
        self.push(before);
        self.document(document);
        self.push(is_array);
        self.again += 1;
        self.document(document);
        self.again -= 1;
        self.push(after);
    }

    /// Writes a document's type by PostgreSQL's names: `object`, `array`, `string`, `number`, `boolean` or `null`.
    fn json_type(&mut self, document: &Typed<'_>) {
        let (before, after) = match self.dialect {
            Dialect::Sqlite => (
                "CASE json_type(",
                ") WHEN 'text' THEN 'string' WHEN 'true' THEN 'boolean' WHEN 'false' THEN 'boolean' \
                 WHEN 'integer' THEN 'number' WHEN 'real' THEN 'number' WHEN 'object' THEN 'object' \
                 WHEN 'array' THEN 'array' WHEN 'null' THEN 'null' END",
            ),
            Dialect::Postgres => ("jsonb_typeof(", ")"),
            Dialect::Mysql | Dialect::Mariadb => (
                "CASE JSON_TYPE(",
                ") WHEN 'OBJECT' THEN 'object' WHEN 'ARRAY' THEN 'array' WHEN 'STRING' THEN 'string' \
                 WHEN 'BOOLEAN' THEN 'boolean' WHEN 'NULL' THEN 'null' WHEN 'INTEGER' THEN 'number' \
                 WHEN 'UNSIGNED INTEGER' THEN 'number' WHEN 'DOUBLE' THEN 'number' WHEN 'DECIMAL' THEN 'number' END",
            ),
        };
        self.push(before);
        self.document(document);
        self.push(after);
    }

    fn document(&mut self, document: &Typed<'_>) {
        if matches!(document.expr, Expr::Bind(_)) && self.dialect == Dialect::Postgres {
            self.cast_to(document, "JSONB");
        } else {
            self.operand(document);
        }
    }
}
