//! Tests of the conversion of columns to values and back, and of malformed columns from a host, which must do no harm.

use super::{Field, Unexpected, *};
use crate::bindings::sqlservice::database::rows::{ColumnData, Strings, Vector};

fn round_trip<T: Field + PartialEq + std::fmt::Debug>(values: Vec<T>) {
    let column = T::encode(&mut values.iter());
    assert_eq!(T::decode(column, values.len()).as_ref(), Ok(&values));
}

#[test]
fn every_type_makes_the_round_trip() {
    round_trip(vec![true, false, true]);
    round_trip(vec![i16::MIN, 0, i16::MAX]);
    round_trip(vec![i32::MIN, 0, i32::MAX]);
    round_trip(vec![i64::MIN, 0, i64::MAX]);
    round_trip(vec![0, u64::MAX]);
    round_trip(vec![1.5_f32, f32::INFINITY]);
    round_trip(vec![0.1_f64, -0.0, f64::MAX]);
    round_trip(vec![String::new(), "häß".to_owned(), "日本".to_owned()]);
    round_trip(vec![vec![], vec![0, 255], vec![1]]);
    round_trip(vec!["-12.50".parse::<Decimal>(), "0".parse()].into_iter().flatten().collect::<Vec<_>>());
    round_trip(vec![Uuid::from_u128(u128::MAX - 1), Uuid::default()]);
    round_trip(vec![Json::new("{}"), Json::default()]);
    round_trip(vec![Date::from_days(-1), Date::default()]);
    round_trip(vec![Time::from_microseconds(1)]);
    round_trip(vec![Timestamp::from_microseconds(i64::MIN), Timestamp::default()]);
    round_trip(vec![TimestampTz::from_microseconds(i64::MAX)]);
    round_trip(vec![Interval { months: 1, days: -2, microseconds: 3 }, Interval::default()]);
}

#[test]
fn nulls_are_bits() {
    let values: Vec<Option<String>> = (0..20).map(|row| (row % 3 != 0).then(|| row.to_string())).collect();
    let column = Field::encode(&mut values.iter());
    let bits = column.validity.clone().expect("there are nulls");
    assert_eq!(bits.len(), 3);
    assert_eq!(bits[0], 0b1011_0110);
    assert_eq!(Option::<String>::decode(column, 20), Ok(values));
    let full = vec![Some(1_i64), Some(2)];
    assert!(Field::encode(&mut full.iter()).validity.is_none(), "no null, no bits");
    round_trip(full);
}

fn column(values: Vector) -> ColumnData {
    ColumnData { validity: None, values }
}

#[test]
fn a_null_needs_an_option() {
    let nulls = ColumnData { validity: Some(vec![0b01]), values: Vector::Integers(vec![1, 2]) };
    assert_eq!(i64::decode(nulls.clone(), 2), Err(Unexpected::Null));
    assert_eq!(Option::<i64>::decode(nulls, 2), Ok(vec![Some(1), None]));
    let mixed = column(Vector::Mixed(vec![Value::Scalar(Scalar::Null), Value::Scalar(Scalar::Integer(3))]));
    assert_eq!(i64::decode(mixed.clone(), 2), Err(Unexpected::Null));
    assert_eq!(Option::<i64>::decode(mixed, 2), Ok(vec![None, Some(3)]));
}

#[test]
fn the_value_of_a_null_row_means_nothing() {
    let garbage = ColumnData { validity: Some(vec![0b10]), values: Vector::Integers(vec![i64::MAX, 7]) };
    assert_eq!(Option::<i16>::decode(garbage, 2), Ok(vec![None, Some(7)]));
}

#[test]
fn what_fits_is_read_and_what_does_not_is_a_mismatch() {
    let strings = |texts: &[&str]| column::join_texts(&mut texts.iter().map(|text| Some(*text)));
    assert_eq!(i64::decode(column(Vector::Decimals(strings(&["12.00", "-3"]))), 2), Ok(vec![12, -3]));
    assert_eq!(i64::decode(column(Vector::Decimals(strings(&["12.5"]))), 1), Err(Unexpected::Value("a decimal")));
    assert_eq!(i16::decode(column(Vector::Integers(vec![40_000])), 1), Err(Unexpected::Value("an integer")));
    assert_eq!(
        i64::decode(column(Vector::Unsigneds(vec![u64::MAX])), 1),
        Err(Unexpected::Value("an unsigned integer"))
    );
    assert_eq!(f64::decode(column(Vector::Integers(vec![3])), 1), Ok(vec![3.0]));
    assert_eq!(f64::decode(column(Vector::Decimals(strings(&["2.5"]))), 1), Ok(vec![2.5]));
    assert_eq!(bool::decode(column(Vector::Integers(vec![1, 0])), 2), Ok(vec![true, false]));
    assert_eq!(bool::decode(column(Vector::Integers(vec![2])), 1), Err(Unexpected::Value("an integer")));
    assert_eq!(String::decode(column(Vector::Integers(vec![1])), 1), Err(Unexpected::Value("an integer")));
    let uuid = Uuid::from_u128(0x6ba7_b810_9dad_11d1_80b4_00c0_4fd4_30c8);
    assert_eq!(
        Uuid::decode(column(Vector::Texts(strings(&["6ba7b810-9dad-11d1-80b4-00c04fd430c8"]))), 1),
        Ok(vec![uuid])
    );
}

#[test]
fn a_malformed_column_is_an_error() {
    let wrong = [(Vector::Integers(vec![1]), 2), (Vector::Integers(vec![1, 2, 3]), 2), (Vector::Mixed(Vec::new()), 1)];
    for (vector, rows) in wrong {
        assert_eq!(i64::decode(column(vector.clone()), rows), Err(Unexpected::Malformed));
        assert_eq!(Option::<i64>::decode(column(vector), rows), Err(Unexpected::Malformed));
    }
    for offsets in [vec![], vec![0], vec![0, 9, 3], vec![2, 0, 3], vec![0, 1, 3], vec![0, u32::MAX, 3]] {
        let strings = Strings { offsets, data: "äb".to_owned() };
        assert_eq!(String::decode(column(Vector::Texts(strings)), 2), Err(Unexpected::Malformed));
    }
    let short = ColumnData { validity: Some(vec![0xff]), values: Vector::Integers(vec![0; 9]) };
    assert_eq!(i64::decode(short.clone(), 9), Err(Unexpected::Malformed));
    assert_eq!(Option::<i64>::decode(short, 9), Err(Unexpected::Malformed));
}

#[test]
fn dates_are_the_calendar() {
    for (days, text) in [
        (0, "1970-01-01"),
        (-1, "1969-12-31"),
        (11_016, "2000-02-29"),
        (-719_162, "0001-01-01"),
        (2_932_896, "9999-12-31"),
    ] {
        assert_eq!(Date::from_days(days).to_string(), text);
        let (year, month, day) = Date::from_days(days).ymd();
        assert_eq!(Date::new(year, month, day), Some(Date::from_days(days)));
    }
    assert_eq!(Date::new(1900, 2, 29), None);
    assert_eq!(Date::new(2024, 13, 1), None);
    let extreme = [Timestamp::from_microseconds(i64::MIN), Timestamp::from_microseconds(i64::MAX)];
    assert!(extreme.iter().all(|moment| !moment.to_string().is_empty()));
    let moment = TimestampTz::from_microseconds(-1);
    assert_eq!(moment.to_string(), "1969-12-31T23:59:59.999999Z");
    assert_eq!(Time::new(23, 59, 59, 999_999).map(Time::microseconds), Some(86_399_999_999));
    assert_eq!(Time::new(24, 0, 0, 0), None);
}

#[test]
fn texts_of_values() {
    for wrong in ["", "-", ".5", "5.", "1e3", "1.2.3", "١"] {
        assert!(wrong.parse::<Decimal>().is_err(), "{wrong}");
    }
    assert_eq!("-0012.340".parse::<Decimal>().map(|decimal| decimal.to_string()), Ok("-0012.340".to_owned()));
    let text = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
    assert_eq!(text.parse::<Uuid>().map(|uuid| uuid.to_string()), Ok(text.to_owned()));
    assert_eq!(text.replace('-', "").parse::<Uuid>(), text.parse());
    for wrong in ["", "6ba7b8109dad-11d1-80b4-00c04fd430c8-", "6ba7b810-9dad-11d1-80b4-00c04fd430cg"] {
        assert!(wrong.parse::<Uuid>().is_err(), "{wrong}");
    }
}

#[derive(Enumeration, Clone, Copy, Debug, PartialEq)]
enum Label {
    PlainName,
    #[enumeration(label = "b%percent")]
    Percent,
    #[enumeration(label = "")]
    Empty,
}

#[test]
fn enums_are_their_labels() {
    assert_eq!(Label::LABELS, ["plain_name", "b%percent", ""]);
    assert_eq!(Label::column_type().labels, Label::LABELS);
    round_trip(vec![Label::Percent, Label::PlainName, Label::Empty]);
    round_trip(vec![None, Some(Label::Percent), None]);
    let strings = |texts: &[&str]| column(Vector::Texts(column::join_texts(&mut texts.iter().map(|text| Some(*text)))));
    assert_eq!(Label::decode(strings(&["plain_name", "new"]), 2), Err(Unexpected::Value("a text")));
    assert_eq!(Label::decode(strings(&["b%percent"]), 1), Ok(vec![Label::Percent]));
    match Label::from_label("c") {
        Err(crate::Error::TypeMismatch(mismatch)) => {
            assert_eq!(mismatch.column, "Label");
            assert_eq!((mismatch.expected.as_str(), mismatch.got.as_str()), ("one of plain_name, b%percent, ", "c"));
        }
        other => panic!("{other:?}"),
    }
}

#[derive(Enumeration, Clone, Copy, Debug, PartialEq)]
enum Size {
    Small,
    Large,
}

#[test]
fn an_empty_text_is_no_label_but_may_be_a_null() {
    let texts = Vector::Texts(column::join_texts(&mut [Some("large"), Some(""), Some("small")].into_iter()));
    let column = |validity| ColumnData { validity, values: texts.clone() };
    assert_eq!(Size::decode(column(None), 3), Err(Unexpected::Value("a text")));
    assert_eq!(Option::<Size>::decode(column(None), 3), Err(Unexpected::Value("a text")));
    let with_null = Option::<Size>::decode(column(Some(vec![0b101])), 3);
    assert_eq!(with_null, Ok(vec![Some(Size::Large), None, Some(Size::Small)]));
}

#[test]
fn arrays_are_vectors_of_items() {
    round_trip(vec![vec![1_i64, i64::MIN], Vec::new()]);
    round_trip(vec![Some(vec![Some("a".to_owned()), None]), None, Some(vec![])]);
    round_trip(vec![vec![vec![1_u8, 2], Vec::new()]]);
    assert_eq!(Vec::<Option<Date>>::column_type().element, Some(crate::schema::TypeKind::Date));
    assert_eq!(Vec::<u8>::KIND, crate::schema::TypeKind::Bytes);
    let nulls = [vec![Some(1_i64), None]];
    let sent = Field::encode(&mut nulls.iter());
    assert_eq!(Vec::<i64>::decode(sent, 1), Err(Unexpected::Value("an array")));
    let square = Array { dimensions: vec![1, 1], items: vec![Scalar::Integer(1)] };
    assert_eq!(
        Vec::<i64>::decode(column(Vector::Mixed(vec![Value::Array(square)])), 1),
        Err(Unexpected::Value("an array"))
    );
}
