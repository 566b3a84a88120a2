//! Units of work: each row of each change is written once, after the rows whose keys it needs, or an error precedes all statements.

use std::{
    cell::{Cell, OnceCell},
    sync::Arc,
};

use arbtest::arbitrary::{Result, Unstructured};
use sqlservice_sql::{
    Batch, Catalog, ColumnData, Dialect, Error, Flush, Limits, Vector,
    batch::{ColumnBuilder, VectorKind},
    flush::{Change, Deletes, Inserts, KeyReference, KnownRows, Updates},
};

use crate::{
    batches::column,
    build::{DIALECTS, catalog},
    dice::Dice,
    harness::{Shown, fuzz},
    token::tokens,
};

#[test]
fn flush() {
    fuzz(property);
    // Enough generated units of work have to be valid and to park values.
    let (tried, good) = WRITTEN.get();
    eprintln!("{good} of {tried} units of work were written");
    assert!(tried < 1_000 || good > tried / 20, "only {good} of {tried} units of work were written");
    let prepared = PREPARED.get();
    assert!(tried < 10_000 || prepared > 0, "no unit of work had rows that swap their values");
}

thread_local!(static PREPARED: Cell<usize> = Cell::default());
thread_local!(static WRITTEN: Cell<(u32, u32)> = Cell::default());

const TABLES: [&str; 4] = ["users", "devices", "logs", "users"];

fn integers(values: Vec<i64>) -> ColumnData {
    ColumnData { validity: Vec::new(), values: Vector::Integers(values) }
}

fn texts(values: Vec<&str>) -> ColumnData {
    let mut column = ColumnBuilder::new(VectorKind::Text, values.len());
    values.into_iter().for_each(|value| column.push_str(value).expect("room"));
    column.finish()
}

fn table(dice: &mut Dice<'_, '_>) -> String {
    if dice.one_in(40) { "nowhere".to_owned() } else { dice.of(&TABLES).to_owned() }
}

/// Returns columns of the table, and rarely one that it does not have.
fn names(dice: &mut Dice<'_, '_>, table: &str, least: usize) -> Vec<String> {
    let all: &[&str] = match table {
        "users" => &["name", "boss_id", "age", "id"],
        "devices" => &["name", "user_id", "id"],
        _ => &["text", "id"],
    };
    let mut names: Vec<String> = dice.many(least, 3, |dice| dice.of(all).to_owned());
    names.sort();
    names.dedup();
    if dice.one_in(40) {
        names.push("gone".to_owned());
    }
    names
}

fn rows(dice: &mut Dice<'_, '_>, names: &[String], rows: usize) -> Batch {
    let columns = names.iter().map(|name| match name.as_str() {
        // Keys of a small range, so that they match.
        "id" | "boss_id" | "user_id" if !dice.one_in(20) => integers((0..rows).map(|_| dice.below(6) as i64).collect()),
        // Few names: `users.name` is unique, so they conflict.
        "name" if !dice.one_in(4) => texts((0..rows).map(|_| dice.of(&["a", "b", "B", "c"])).collect()),
        _ => column(dice, rows),
    });
    let columns = columns.collect();
    // A wrong row count, which only the columns contradict.
    let said = if dice.one_in(60) { dice.of(&[u32::MAX, 1 << 30, 7, 0]) } else { rows as u32 };
    Batch { rows: said, columns }
}

/// Makes the stored values of rows, most often values that other rows take.
fn stored(dice: &mut Dice<'_, '_>, table: &str, count: usize) -> KnownRows {
    let columns = names(dice, table, 1);
    let rows = rows(dice, &columns, count);
    KnownRows { columns, rows }
}

fn change(dice: &mut Dice<'_, '_>, changes: usize) -> Change {
    let table = table(dice);
    let count = if dice.one_in(20) { 0 } else { 1 + dice.below(4) };
    let least = usize::from(!dice.one_in(20));
    let kind = dice.below(5);
    let columns = if kind == 4 { Vec::new() } else { names(dice, &table, least) };
    let links = dice.many(0, 3, |dice| {
        let beyond = usize::from(dice.one_in(30));
        KeyReference {
            row: dice.below(count.max(1) + beyond) as u32,
            column: dice.below(columns.len().max(1)) as u16,
            of_change: dice.below(changes + beyond) as u32,
            of_row: dice.below(2) as u32,
        }
    });
    let keys =
        Batch { rows: count as u32, columns: vec![integers((0..count).map(|_| dice.below(9) as i64).collect())] };
    let versions = dice.one_in(30).then(|| keys.clone());
    let returning = dice.many(0, 1, |_| "id".to_owned());
    let stored = (kind > 2 && !dice.one_in(4)).then(|| stored(dice, &table, count));
    match kind {
        4 => Change::Deletes(Deletes { table, keys, versions, stored, strict: dice.one_in(2) }),
        3 => {
            let rows = rows(dice, &columns, count);
            Change::Updates(Updates { table, keys, versions, columns, rows, links, returning, stored })
        }
        _ => {
            let rows = rows(dice, &columns, count);
            Change::Inserts(Inserts { table, columns, rows, links, returning })
        }
    }
}

fn count(change: &Change) -> usize {
    match change {
        Change::Inserts(inserts) => inserts.rows.rows as usize,
        Change::Updates(updates) => updates.rows.rows as usize,
        Change::Deletes(deletes) => deletes.keys.rows as usize,
    }
}

pub fn property(bytes: &mut Unstructured<'_>) -> Result<()> {
    thread_local!(static CATALOGS: OnceCell<[Arc<Catalog>; 4]> = const { OnceCell::new() });
    let mut dice = Dice::new(bytes);
    let changes = 1 + dice.below(5);
    let changes = dice.many(changes, changes, |dice| change(dice, changes));
    let _shown = Shown(&changes.clone());
    let catalogs =
        CATALOGS.with(|known| known.get_or_init(|| DIALECTS.map(|dialect| Arc::new(catalog(dialect)))).clone());
    for (dialect, catalog) in DIALECTS.into_iter().zip(catalogs) {
        let flush = Flush::new(changes.clone(), catalog, dialect, Limits::default());
        let (tried, good) = WRITTEN.get();
        WRITTEN.set((tried + 1, good + u32::from(flush.is_ok())));
        if let Ok(flush) = flush {
            drive(flush, &changes, dialect);
        }
    }
    Ok(())
}

/// Runs a flush against a simulated database that returns new keys for every statement.
fn drive(mut flush: Flush, changes: &[Change], dialect: Dialect) {
    let mut written = vec![0; changes.len()];
    let (mut key, mut prepared) = (1_000, 0);
    loop {
        let mut work = match flush.next_step() {
            Ok(Some(work)) => work,
            Ok(None) => break,
            // A generated key can be out of the range of a small column.
            Err(Error::TypeMismatch { .. }) => return,
            Err(other) => panic!("{other} on {dialect:?}"),
        };
        let mut reads = false;
        while let Some(chunk) = work.statements.next() {
            let chunk = chunk.expect("it was checked");
            let sql = &chunk.compiled.sql;
            tokens(sql, dialect).unwrap_or_else(|problem| panic!("{problem} in {sql}"));
            reads = !chunk.compiled.writes;
            let rows = chunk.rows.len();
            let columns = chunk.compiled.outputs.iter().map(|output| {
                let first = if output.name == "n" { 0 } else { key };
                integers((first..).take(rows).collect())
            });
            let returned = Batch { rows: rows as u32, columns: columns.collect() };
            key += rows as i64;
            prepared += usize::from(work.prepares);
            written[work.change] += if reads || work.prepares { 0 } else { rows };
            flush.take(&mut work, &chunk.rows, returned, rows as u64);
        }
        flush.end(&work).unwrap_or_else(|stale| panic!("{stale} on {dialect:?}, reading {reads}"));
    }
    PREPARED.set(PREPARED.get() + prepared);
    assert!(written.iter().copied().eq(changes.iter().map(count)), "every row once: {written:?} on {dialect:?}");
    for (batch, change) in flush.finish().expect("small").iter().zip(changes) {
        assert_eq!(batch.rows as usize, count(change));
    }
}
