//! Batches: a valid batch can be read cell by cell and split; an invalid one causes no panic.

use arbtest::arbitrary::{Result, Unstructured};
use sqlservice_sql::{
    Batch, ColumnData, Scalar, Value, Vector,
    batch::{BatchBuilder, Blobs, Strings, VectorKind},
    value::Interval,
};

use crate::{
    dice::Dice,
    harness::{Shown, fuzz},
    names,
};

const KINDS: [VectorKind; 16] = [
    VectorKind::Dynamic,
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
];

#[test]
fn batches() {
    fuzz(guest_batch);
}

#[test]
fn builders() {
    fuzz(built_batch);
}

/// Validates, reads and splits a batch as a guest could send it: with any lengths, validity bits and offsets.
pub fn guest_batch(bytes: &mut Unstructured<'_>) -> Result<()> {
    let mut dice = Dice::new(bytes);
    let rows = dice.below(20);
    let mut batch = Batch { rows: rows as u32, columns: dice.many(0, 4, |dice| column(dice, rows)) };
    if dice.one_in(10) {
        batch.rows = dice.below(40) as u32;
    }
    let _shown = Shown(&batch.clone());
    let good = batch.validate().is_ok();
    for row in [0, 1, rows.saturating_sub(1), rows, rows + 1, 99, usize::MAX - 1, usize::MAX] {
        (0..=batch.columns.len()).for_each(|column| drop(batch.value(row, column)));
    }
    if good {
        every_cell(&batch);
    }
    let within = batch.rows_within(dice.edge() as usize);
    assert!(within <= batch.rows && (within > 0 || batch.rows == 0));
    cut(&batch, dice.below(rows + 3) as u32, good);
    Ok(())
}

/// Checks that exactly the cells that the validity marks are null. Values of mixed columns may be null themselves.
fn every_cell(batch: &Batch) {
    for (at, column) in batch.columns.iter().enumerate() {
        for row in 0..batch.rows as usize {
            let null = column.is_null(row);
            let mixed = matches!(column.values, Vector::Mixed(_));
            assert!(mixed || batch.value(row, at).is_null() == null, "row {row} of column {at}");
        }
    }
}

/// Splits a batch and checks the parts' row counts. The parts of a valid batch are valid and have all of its cells.
fn cut(whole: &Batch, at: u32, good: bool) {
    let mut head = whole.clone();
    let tail = head.split_off(at);
    assert_eq!(head.rows + tail.rows, whole.rows);
    assert_eq!(head.rows, at.min(whole.rows));
    if !good {
        return;
    }
    head.validate().expect("the head is a batch");
    tail.validate().expect("the tail is a batch");
    for row in 0..whole.rows as usize {
        for column in 0..whole.columns.len() {
            let first = head.rows as usize;
            let part = if row < first { head.value(row, column) } else { tail.value(row - first, column) };
            assert!(same(&part, &whole.value(row, column)), "row {row} of column {column}");
        }
    }
    let (all, less) = (whole.rows_within(1_000), whole.rows_within(100));
    assert!(less <= all, "{less} rows in 100 bytes, {all} in 1000");
}

/// Whether two values are equal. Floats are compared by their bits, so that NaN equals itself.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Scalar(Scalar::Float(one)), Value::Scalar(Scalar::Float(other))) => one.to_bits() == other.to_bits(),
        _ => format!("{one:?}") == format!("{other:?}"),
    }
}

pub fn column(dice: &mut Dice<'_, '_>, rows: usize) -> ColumnData {
    let rows = if dice.one_in(16) { dice.below(24) } else { rows };
    let bytes = if dice.one_in(2) { 0 } else { rows.div_ceil(8) + usize::from(dice.one_in(16)) };
    let validity = (0..bytes).map(|_| dice.edge() as u8).collect();
    let numbers = |dice: &mut Dice<'_, '_>| (0..rows).map(|_| dice.edge() as i64).collect::<Vec<_>>();
    let values = match dice.below(11) {
        0 => Vector::Integers(numbers(dice)),
        1 => Vector::Booleans((0..rows).map(|_| if dice.one_in(30) { 2 } else { dice.below(2) as u8 }).collect()),
        2 => Vector::Floats(numbers(dice).into_iter().map(|n| f64::from_bits(n as u64)).collect()),
        3 => Vector::Uuids(numbers(dice).into_iter().map(|n| (n as u64, !n as u64)).collect()),
        4 => Vector::Dates(numbers(dice).into_iter().map(|n| n as i32).collect()),
        5 => Vector::Intervals(vec![Interval { months: -1, days: i32::MAX, microseconds: i64::MIN }; rows]),
        6 => Vector::Mixed((0..rows).map(|_| names::value(dice)).collect()),
        7 => {
            let (offsets, data) = texts(dice, rows);
            Vector::Bytes(Blobs { offsets, data: data.into_bytes() })
        }
        kind => {
            let (offsets, data) = texts(dice, rows);
            [Vector::Texts, Vector::Jsons, Vector::Decimals][kind - 8](Strings { offsets, data })
        }
    };
    ColumnData { validity, values }
}

/// Makes concatenated texts and their offsets, some of which are wrong now and then.
fn texts(dice: &mut Dice<'_, '_>, rows: usize) -> (Vec<u32>, String) {
    let (mut offsets, mut data) = (vec![0], String::new());
    for _ in 0..rows {
        data.push_str(&dice.text(3));
        offsets.push(data.len() as u32);
    }
    if dice.one_in(8) {
        let at = dice.below(offsets.len());
        offsets[at] = if dice.one_in(2) { dice.edge() as u32 } else { offsets[at].wrapping_add(1) };
    }
    if dice.one_in(20) {
        offsets.truncate(dice.below(offsets.len() + 1));
    }
    (offsets, data)
}

/// Pushes rows of any values into columns of any kinds: no value is lost and the result is a valid batch.
pub fn built_batch(bytes: &mut Unstructured<'_>) -> Result<()> {
    let mut dice = Dice::new(bytes);
    let kinds = dice.many(1, 4, |dice| dice.of(&KINDS));
    let count = dice.below(24);
    // Most columns keep to one kind of value, so that they do not become mixed columns.
    let samples: Vec<Value> = kinds.iter().map(|_| names::value(&mut dice)).collect();
    let mut builder = BatchBuilder::with_capacity(&kinds, dice.edge().min(1 << 40) as usize);
    let mut rows: Vec<Vec<Value>> = Vec::new();
    for _ in 0..count {
        let mut row = Vec::new();
        for sample in &samples {
            row.push(match dice.below(8) {
                0 => names::value(&mut dice),
                1 | 2 => Value::NULL,
                _ => sample.clone(),
            });
        }
        // `end_row` pushes a null to each column without a value.
        let given = if dice.one_in(20) { dice.below(row.len()) } else { row.len() };
        for (column, value) in builder.columns().iter_mut().zip(&row).take(given) {
            column.push_value(value.clone()).expect("small");
        }
        row[given..].fill(Value::NULL);
        builder.end_row();
        rows.push(row);
    }
    let _shown = (Shown(&rows), Shown(&kinds));
    let (room, size) = (builder.room(), builder.bytes());
    assert_eq!((builder.len(), builder.is_empty()), (rows.len(), rows.is_empty()));
    assert!(size <= 400 * rows.len() * kinds.len() + 16, "{size} bytes");
    drop(BatchBuilder::with_room(&kinds, &room).finish());
    let batch = builder.finish().expect("small");
    batch.validate().expect("a batch");
    assert_eq!((batch.rows as usize, batch.columns.len()), (rows.len(), kinds.len()));
    for (at, row) in rows.iter().enumerate() {
        for (column, value) in row.iter().enumerate() {
            let found = batch.value(at, column);
            assert!(same(&found, value), "row {at} of column {column} is {found:?}, not {value:?}");
        }
    }
    cut(&batch, dice.below(count + 2) as u32, true);
    Ok(())
}
