//! Tests of the conversion of other crates' types to columns and back, and of the errors for values that do not fit.
#![cfg(all(feature = "bigdecimal", feature = "jiff", feature = "rust_decimal", feature = "serde_json"))]

use ::jiff::{Span, civil};
use ::serde_json::json;

use crate::value::{Decimal, Document, Field, Interval, Json, Scalar, SqlType, TimestampTz, Unexpected, Value};

fn round_trip<T: SqlType + PartialEq + std::fmt::Debug>(values: Vec<T>) {
    let column = Field::encode(&mut values.iter());
    assert_eq!(<T as Field>::decode(column, values.len()).as_ref(), Ok(&values));
    let with_nulls: Vec<Option<T>> = values.into_iter().map(Some).chain([None]).collect();
    let column = Field::encode(&mut with_nulls.iter());
    assert_eq!(Field::decode(column, with_nulls.len()).as_ref(), Ok(&with_nulls));
    let cell = with_nulls[0].as_ref().expect("a value").to_cell();
    assert_eq!(T::from_cell(cell).as_ref(), with_nulls[0].as_ref());
}

fn decimals<T: SqlType + std::str::FromStr<Err: std::fmt::Debug>>(texts: &[&str]) -> Vec<T> {
    texts.iter().map(|text| text.parse().expect("a decimal")).collect()
}

/// Decodes a decimal from the database as a Rust type.
fn decoded<T: SqlType>(text: &str) -> Result<Vec<T>, Unexpected> {
    let sent: Vec<Decimal> = decimals(&[text]);
    <T as Field>::decode(Field::encode(&mut sent.iter()), 1)
}

#[test]
fn decimals_of_other_crates() {
    let wide = "-12345678901234567890123456.789012345678";
    round_trip::<::bigdecimal::BigDecimal>(decimals(&[wide, "0.000", "1e3"]));
    round_trip::<::rust_decimal::Decimal>(decimals(&[
        "79228162514264337593543950335",
        "-0.0000000000000000000000000001",
    ]));
    let plain: ::bigdecimal::BigDecimal = "1e3".parse().expect("a decimal");
    assert_eq!(plain.to_scalar(), Scalar::Decimal("1000".to_owned()));
    // A decimal of more digits is refused and not rounded.
    assert_eq!(decoded::<::rust_decimal::Decimal>(wide), Err(Unexpected::Value("a decimal")));
    let padded =
        decoded::<::rust_decimal::Decimal>("12345678901234567890.5000000000000000").expect("only zeros are lost");
    assert_eq!(padded[0].to_string(), "12345678901234567890.5");
    // Written out, such a decimal would fill the memory.
    for huge in ["1e1000000000", "1e-1000000000"] {
        let huge: ::bigdecimal::BigDecimal = huge.parse().expect("a decimal");
        assert_eq!(SqlType::misfit(&huge), Some("a decimal with a greater exponent"));
        assert_eq!(huge.to_scalar(), super::REFUSED);
    }
}

#[test]
fn documents() {
    let value = json!({"k": [1, 2.5, "🐋", null, {"réveillé": true}], "n": 0.1});
    round_trip(vec![value, json!(null), json!("text"), json!(1.797_693_134_862_315_7e308)]);
    round_trip(vec![Document(vec![(1_i64, Some("a".to_owned()))]), Document(Vec::new())]);
    // JSON's null is a document, but SQL's null is not.
    let nulls = vec![Some(Document(None::<i64>)), None, Some(Document(Some(1)))];
    let column = Field::encode(&mut nulls.iter());
    assert_eq!(Field::decode(column, 3), Ok(nulls));
    let wrong = [Json::new("[1]")];
    let column = Field::encode(&mut wrong.iter());
    assert_eq!(<Document<bool> as Field>::decode(column, 1), Err(Unexpected::Value("a json document")));
    let unwritable = Document(std::collections::BTreeMap::from([(vec![1_u8], 1_i64)]));
    assert_eq!(SqlType::misfit(&unwritable), Some("a value that serde cannot write as JSON"));
}

#[test]
fn dates_and_times() {
    let (first, last) = (civil::date(1, 1, 1), civil::date(9999, 12, 31));
    let late = civil::time(23, 59, 59, 999_999_000);
    round_trip(vec![first, last, civil::date(2024, 2, 29)]);
    round_trip(vec![civil::Time::midnight(), late]);
    round_trip(vec![first.at(0, 0, 0, 0), last.to_datetime(late), civil::date(1969, 12, 31).to_datetime(late)]);
    let moment = |microseconds| ::jiff::Timestamp::from_microsecond(microseconds).expect("a moment");
    round_trip(vec![moment(-1), moment(0), moment(-62_135_596_800_000_000), moment(253_402_207_200_000_000)]);
    assert_eq!(SqlType::misfit(&civil::date(0, 12, 31)), Some("a year before the first"));
    assert_eq!(SqlType::misfit(&civil::time(0, 0, 0, 1)), Some("a time with nanoseconds"));
    assert_eq!(SqlType::misfit(&first.at(0, 0, 0, 1)), Some("a time with nanoseconds"));
    assert_eq!(civil::time(0, 0, 0, 1).to_scalar(), super::REFUSED);
    assert_eq!(SqlType::misfit(&moment(-62_135_596_800_000_001)), Some("a year before the first"));
    // The last hours of the year 9999 are after the greatest timestamp of `jiff`.
    assert_eq!(::jiff::Timestamp::from_cell(TimestampTz::from_microseconds(253_402_300_799_999_999).to_cell()), None);
}

#[test]
fn spans() {
    let span = Span::new().years(1).months(2).weeks(1).days(1).hours(1).microseconds(5);
    let interval = Interval { months: 14, days: 8, microseconds: 3_600_000_005 };
    assert_eq!(span.to_scalar(), Scalar::Interval(interval));
    let back = Span::from_scalar(Scalar::Interval(interval)).expect("one sign");
    assert_eq!(back.fieldwise(), Span::new().months(14).days(8).microseconds(3_600_000_005_i64).fieldwise());
    let negative = Interval { months: -1, days: 0, microseconds: -1 };
    assert_eq!(
        Span::from_scalar(Scalar::Interval(negative)).map(|span| span.to_scalar()),
        Some(Scalar::Interval(negative))
    );
    let mixed = Interval { months: 1, days: -1, microseconds: 0 };
    assert!(Span::from_scalar(Scalar::Interval(mixed)).is_none());
    assert_eq!(SqlType::misfit(&Span::new().nanoseconds(1)), Some("a span with nanoseconds"));
}

#[test]
fn a_bulk_insert_names_the_column_of_a_misfit() {
    let times = [civil::time(0, 0, 0, 0), civil::time(0, 0, 0, 1)];
    match Field::check(times.iter(), "at") {
        Err(crate::Error::TypeMismatch(mismatch)) => {
            assert_eq!([mismatch.column, mismatch.expected, mismatch.got], ["at", "Time", "a time with nanoseconds"]);
        }
        other => panic!("{other:?}"),
    }
    let column = Field::encode(&mut times.iter());
    let refused = Value::Scalar(super::REFUSED);
    let crate::bindings::sqlservice::database::rows::Vector::Mixed(cells) = column.values else { panic!("a vector") };
    assert_eq!(cells, [Value::Scalar(Scalar::Time(0)), refused]);
}
