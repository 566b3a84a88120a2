//! Values that are pushed to columns and read back.

use super::*;
use crate::Batch;

#[test]
fn validity_appears_with_the_first_null_at_any_row() {
    for first_null in 0..20_usize {
        let mut column = ColumnBuilder::new(VectorKind::Integer, 4);
        for row in 0..20_i64 {
            if row as usize == first_null || row % 7 == 6 {
                column.push_null();
            } else {
                column.push_i64(row).expect("fits");
            }
        }
        let data = column.finish();
        let batch = Batch { rows: 20, columns: vec![data] };
        batch.validate().expect("well-formed");
        for row in 0..20_usize {
            let null = row == first_null || row % 7 == 6;
            let expected = if null { Value::NULL } else { Scalar::Integer(row as i64).into() };
            assert_eq!(batch.value(row, 0), expected, "first null {first_null}, row {row}");
        }
    }
}

#[test]
fn a_column_without_nulls_has_no_validity() {
    let mut column = ColumnBuilder::new(VectorKind::Text, 2);
    column.push_str("é").expect("fits");
    column.push_str("").expect("fits");
    let expected = Strings { offsets: vec![0, 2, 2], data: "é".into() };
    assert_eq!(column.finish(), ColumnData { validity: Vec::new(), values: Vector::Texts(expected) });
}

#[test]
fn t40_a_dynamic_column_takes_the_first_kind_and_degrades_without_loss() {
    let mut column = ColumnBuilder::new(VectorKind::Dynamic, 8);
    column.push_null();
    column.push_i64(7).expect("fits");
    column.push_null();
    assert!(matches!(column.values, Some(Vector::Integers(_))));
    column.push_text_bytes(b"\xff").expect("fits");
    column.push_str("text").expect("fits");
    column.push_null();
    let batch = Batch { rows: 6, columns: vec![column.finish()] };
    batch.validate().expect("well-formed");
    let seen: Vec<Value> = (0..6).map(|row| batch.value(row, 0)).collect();
    let expected = [
        Value::NULL,
        Scalar::Integer(7).into(),
        Value::NULL,
        Scalar::Bytes(vec![0xff]).into(),
        Scalar::Text("text".into()).into(),
        Value::NULL,
    ];
    assert_eq!(seen, expected);
}

#[test]
fn every_kind_of_value_comes_back_from_every_kind_of_column() {
    let values: Vec<Value> = vec![
        Value::NULL,
        Scalar::Boolean(true).into(),
        Scalar::Integer(i64::MIN).into(),
        Scalar::Unsigned(u64::MAX).into(),
        Scalar::Float(-0.5).into(),
        Scalar::Decimal("1.50".into()).into(),
        Scalar::Text("a".into()).into(),
        Scalar::Bytes(vec![1]).into(),
        Scalar::Uuid(1, 2).into(),
        Scalar::Json("null".into()).into(),
        Scalar::Date(-1).into(),
        Scalar::Time(1).into(),
        Scalar::Timestamp(2).into(),
        Scalar::TimestampTz(3).into(),
        Scalar::Interval(Interval { months: 1, days: 2, microseconds: 3 }).into(),
        Scalar::Other("point".into(), "(1,2)".into()).into(),
        Value::Array(Array { dimensions: vec![1], items: vec![Scalar::Null] }),
    ];
    let kinds = [
        VectorKind::Boolean,
        VectorKind::Integer,
        VectorKind::Unsigned,
        VectorKind::Float,
        VectorKind::Decimal,
        VectorKind::Text,
        VectorKind::Bytes,
        VectorKind::Uuid,
        VectorKind::Json,
        VectorKind::Date,
        VectorKind::Time,
        VectorKind::Timestamp,
        VectorKind::TimestampTz,
        VectorKind::Interval,
        VectorKind::Mixed,
        VectorKind::Dynamic,
    ];
    let mut batch = BatchBuilder::with_capacity(&kinds, 1);
    for value in &values {
        for column in batch.columns() {
            column.push_value(value.clone()).expect("fits");
        }
        batch.end_row();
    }
    assert!(batch.bytes() > 0);
    let batch = batch.finish().expect("fits");
    batch.validate().expect("well-formed");
    for (row, value) in values.iter().enumerate() {
        for column in 0..kinds.len() {
            assert_eq!(batch.value(row, column), *value);
        }
    }
}

#[test]
fn t18_offsets_past_32_bits_are_an_error_and_no_wrap() {
    assert_eq!(end_offset(u32::MAX as usize - 1, 1), Ok(u32::MAX));
    assert_eq!(end_offset(u32::MAX as usize, 1), Err(too_long()));
    assert_eq!(end_offset(usize::MAX, 1), Err(too_long()));
}

#[test]
fn t19_room_ahead_of_time_has_a_limit() {
    let column = ColumnBuilder::new(VectorKind::Integer, usize::MAX);
    assert!(matches!(column.values, Some(Vector::Integers(v)) if v.capacity() < 2 * MAX_CAPACITY));
}

#[test]
fn a_row_that_ends_early_is_null() {
    let mut batch = BatchBuilder::with_capacity(&[VectorKind::Integer, VectorKind::Text], 1);
    batch.column(0).expect("there").push_i64(1).expect("fits");
    batch.end_row();
    let batch = batch.finish().expect("fits");
    assert_eq!(batch.value(0, 1), Value::NULL);
    batch.validate().expect("well-formed");
}
