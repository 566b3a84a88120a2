//! Plans of loads: each distinct key is in one statement and joined rows are split into their tables' rows, or an error
//! precedes all statements.

use std::{
    cell::{Cell, OnceCell},
    sync::Arc,
};

use arbtest::arbitrary::{Result, Unstructured};
use sqlservice_sql::{
    Batch, BulkStatements, Catalog, ColumnData, Compiled, Dialect, Error, Limits, Loading, Vector, compile,
    compiled::Output,
    load::{Load, LoadPlan},
    schema::{Models, Relationship, TypeKind},
    statement::{BinaryOp, NodeId, Order, Statement},
};

use crate::{
    batches::column,
    build::{self, Arena, DIALECTS, select},
    dice::Dice,
    harness::{Shown, fuzz},
    token::tokens,
};

#[test]
fn load() {
    fuzz(property);
    // Enough generated plans have to be valid and to join.
    let (tried, good, joined) = READ.get();
    eprintln!("{good} of {tried} plans were read, {joined} of them with joins");
    assert!(tried < 1_000 || (good > tried / 10 && joined > tried / 100), "only {good} and {joined} of {tried} plans");
}

thread_local!(static READ: Cell<(u32, u32, u32)> = Cell::default());

fn relationship(owner: &str, name: &str, target: &str, collection: bool, order: &str) -> Relationship {
    Relationship {
        name: name.into(),
        owner: owner.into(),
        target: target.into(),
        foreign_key: None,
        through: None,
        collection,
        cascade: vec![],
        passive_deletes: false,
        post_update: false,
        order_by: vec![order.into()],
    }
}

fn models(dialect: Dialect) -> Catalog {
    let mut tables = build::tables();
    let mut pairs = build::table("pairs", vec![]);
    pairs.columns = vec![build::column("user_id", TypeKind::Int64), build::column("device_id", TypeKind::Int64)];
    pairs.primary_key = vec![];
    pairs.foreign_keys = vec![build::key("user_id", "users"), build::key("device_id", "devices")];
    tables.push(pairs);
    let through = |relationship: Relationship| Relationship { through: Some("pairs".into()), ..relationship };
    let relationships = vec![
        relationship("users", "devices", "devices", true, "name"),
        relationship("users", "boss", "users", false, "id"),
        relationship("users", "staff", "users", true, "name"),
        through(relationship("users", "lent", "devices", true, "id")),
        relationship("devices", "user", "users", false, "id"),
        through(relationship("devices", "borrowers", "users", true, "name")),
    ];
    Catalog::declare(Models { tables, relationships }, dialect, &Limits::default(), false).expect("good models")
}

/// Makes a mostly valid plan: each load is a relationship of the table that it starts from.
fn plan(dice: &mut Dice<'_, '_>) -> LoadPlan {
    let count = dice.below(6);
    let (mut loads, mut roots, mut targets) = (Vec::<Load>::new(), vec![], Vec::<&str>::new());
    let table = if dice.one_in(3) { "devices" } else { "users" };
    for at in 0..count {
        let owner = dice.below(at + 1).checked_sub(1);
        let of = owner.map_or(table, |owner| targets[owner]);
        let (relationship, target) = match of {
            "users" => dice.of(&[("devices", "devices"), ("boss", "users"), ("staff", "users"), ("lent", "devices")]),
            _ => dice.of(&[("user", "users"), ("borrowers", "users")]),
        };
        let relationship = if dice.one_in(60) { "gone" } else { relationship };
        let position = if dice.one_in(60) { dice.edge() as u32 } else { at as u32 };
        match owner {
            Some(owner) => loads[owner].nested.push(position),
            None => roots.push(position),
        }
        loads.push(Load { relationship: relationship.into(), nested: vec![], joined: dice.one_in(2) });
        targets.push(target);
    }
    let table = if dice.one_in(60) { "gone" } else { table };
    LoadPlan { table: table.into(), loads, roots }
}

/// Makes a query of all columns of the table, mostly in their declared order and sometimes with a label more.
fn query(dice: &mut Dice<'_, '_>, table: &str) -> Statement {
    let known = build::tables().into_iter().find(|known| known.name == table);
    let mut names: Vec<String> =
        known.map_or_else(|| vec!["id".into()], |known| known.columns.into_iter().map(|at| at.name).collect());
    if names.len() > 1 && dice.one_in(40) {
        names.swap(0, 1);
    }
    let mut arena = Arena::default();
    let is_qualified = !dice.one_in(4);
    let full = |name: &str| if is_qualified { format!("{table}.{name}") } else { name.to_owned() };
    let mut columns: Vec<NodeId> = names.iter().map(|name| arena.col(&full(name))).collect();
    if dice.one_in(4) {
        let value = arena.col(&full("name"));
        columns.push(arena.label(value, dice.of(&["load_order_0", "extra", "id", "load_0"])));
    }
    let source = arena.from(table);
    let mut select = select(&columns, source);
    for _ in 0..dice.below(3) {
        let name = dice.of(&["id", "name", "extra"]);
        let expression = if dice.one_in(3) {
            let (left, right) = (arena.col(&full("id")), arena.par(0));
            arena.bin(left, BinaryOp::Add, right)
        } else if name == "extra" {
            arena.col(name)
        } else {
            arena.col(&full(name))
        };
        select.order_by.push(Order { expression, descending: dice.one_in(2), nulls_first: None });
    }
    if dice.one_in(3) {
        select.limit = Some(arena.par(0));
    }
    select.distinct = dice.one_in(20);
    if dice.one_in(20) {
        select.group_by.push(arena.col(&full("id")));
    }
    arena.query(select)
}

pub fn property(bytes: &mut Unstructured<'_>) -> Result<()> {
    thread_local!(static CATALOGS: OnceCell<[Arc<Catalog>; 4]> = const { OnceCell::new() });
    let mut dice = Dice::new(bytes);
    let plan = plan(&mut dice);
    let statement = query(&mut dice, &plan.table);
    let start = dice.below(4);
    let limits = Limits::default().parameters(dice.of(&[65_535, 65_535, 5, 1]));
    let _shown = Shown(&(plan.clone(), statement.clone()));
    let catalogs =
        CATALOGS.with(|known| known.get_or_init(|| DIALECTS.map(|dialect| Arc::new(models(dialect)))).clone());
    for (dialect, catalog) in DIALECTS.into_iter().zip(catalogs) {
        let (tried, good, joined) = READ.get();
        READ.set((tried + 1, good, joined));
        let Ok(mut loading) = Loading::new(&plan, Arc::clone(&catalog), dialect, limits) else { continue };
        if is_started(&mut dice, &mut loading, &statement, (&catalog, dialect, limits), start) {
            drive(&mut dice, loading, dialect);
        }
    }
    Ok(())
}

/// Starts a plan by keys, by known rows or by a query, as `start` says. Returns whether the plan goes on.
fn is_started(
    dice: &mut Dice<'_, '_>,
    loading: &mut Loading,
    statement: &Statement,
    (catalog, dialect, limits): (&Catalog, Dialect, Limits),
    start: usize,
) -> bool {
    let (tried, good, joins) = READ.get();
    match start {
        0 => {
            let rows = dice.below(20);
            let Ok(statements) = loading.by_keys(&batch(dice, rows, 1)) else { return false };
            let told = loading.columns();
            let found = asked(dice, statements, &told, dialect);
            loading.take_root(Batch::concat(found).expect("small"));
        }
        1 => {
            let names = dice.many(0, 3, |dice| dice.of(&["id", "user_id", "boss_id", "gone"]).to_owned());
            let rows = dice.below(20);
            let width = names.len();
            if loading.take_known(names, batch(dice, rows, width)).is_err() {
                return false;
            }
        }
        _ => {
            let compile = |statement: &Statement| compile(statement, catalog, dialect, &limits);
            let joined = loading.join(statement).and_then(|joined| compile(&joined).ok());
            let is_joined = joined.is_some();
            let Some(compiled) = joined.or_else(|| {
                loading.without_joins();
                compile(statement).ok()
            }) else {
                return false;
            };
            if loading.check_query(&compiled).is_err() {
                return false;
            }
            take_query(dice, loading, &compiled, dialect);
            READ.set((tried, good + 1, joins + u32::from(is_joined)));
            return true;
        }
    }
    READ.set((tried, good + 1, joins));
    true
}

fn take_query(dice: &mut Dice<'_, '_>, loading: &mut Loading, compiled: &Compiled, dialect: Dialect) {
    let sql = &compiled.sql;
    tokens(sql, dialect).unwrap_or_else(|problem| panic!("{problem} in {sql}"));
    let told = loading.columns_of(compiled).len();
    assert!(told <= compiled.outputs.len());
    let rows = dice.below(12);
    let count = loading.take_root(returned(dice, rows, &compiled.outputs));
    // A joined row yields at most one row of each table, and each table has an output.
    assert!(count <= rows as u64 * (compiled.outputs.len() as u64), "{count} of {rows}");
}

/// Makes columns of keys that match, and sometimes columns of any kind.
fn batch(dice: &mut Dice<'_, '_>, rows: usize, width: usize) -> Batch {
    let any = |dice: &mut Dice<'_, '_>| match dice.one_in(30) {
        true => column(dice, rows),
        false => keys(dice, rows),
    };
    let columns = (0..width).map(|_| any(dice)).collect();
    Batch { rows: rows as u32, columns }
}

fn keys(dice: &mut Dice<'_, '_>, rows: usize) -> ColumnData {
    let values = (0..rows).map(|_| dice.below(8) as i64).collect();
    let validity = if dice.one_in(3) { (0..rows.div_ceil(8)).map(|_| dice.roll() as u8).collect() } else { vec![] };
    ColumnData { validity, values: Vector::Integers(values) }
}

/// Makes rows that a database could return for these outputs, with an integer or null for each.
fn returned(dice: &mut Dice<'_, '_>, rows: usize, outputs: &[Output]) -> Batch {
    Batch { rows: rows as u32, columns: outputs.iter().map(|_| keys(dice, rows)).collect() }
}

/// Runs statements, and checks that each distinct key is in exactly one of them. Returns the result of each.
fn asked(dice: &mut Dice<'_, '_>, statements: BulkStatements, told: &[Output], dialect: Dialect) -> Vec<Batch> {
    let keys = Arc::clone(statements.batch());
    let (mut next, mut found) = (0, vec![]);
    for chunk in statements {
        let chunk = match chunk {
            Ok(chunk) => chunk,
            // A key has more columns than a statement may have parameters.
            Err(Error::Limit { .. }) => return found,
            Err(other) => panic!("{other} on {dialect:?}"),
        };
        let sql = &chunk.compiled.sql;
        tokens(sql, dialect).unwrap_or_else(|problem| panic!("{problem} in {sql}"));
        assert_eq!(chunk.rows.start, next, "{sql}");
        assert!(chunk.rows.end > next && !chunk.compiled.writes, "{sql}");
        assert_eq!(chunk.compiled.outputs.len(), told.len(), "{sql}");
        next = chunk.rows.end;
        let rows = dice.below(6);
        found.push(returned(dice, rows, told));
    }
    assert_eq!(next, keys.rows as usize, "every key on {dialect:?}");
    let row = |row: usize| (0..keys.columns.len()).map(|at| format!("{:?}", keys.value(row, at))).collect::<String>();
    let mut distinct: Vec<String> = (0..next).map(row).collect();
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), next, "each key once on {dialect:?}");
    found
}

/// Runs a plan against a simulated database that returns rows with matching keys.
fn drive(dice: &mut Dice<'_, '_>, mut loading: Loading, dialect: Dialect) {
    let mut steps = 0;
    loop {
        let mut step = match loading.next_step() {
            Ok(Some(step)) => step,
            Ok(None) => break,
            Err(Error::Limit { .. }) => return,
            Err(other) => panic!("{other} on {dialect:?}"),
        };
        steps += 1;
        assert!(steps < 10, "no load comes twice");
        let told = match step.statements.next() {
            Some(Ok(chunk)) => Arc::clone(&chunk.compiled.outputs),
            Some(Err(Error::Limit { .. })) => return,
            Some(Err(other)) => panic!("{other} on {dialect:?}"),
            None => Arc::default(),
        };
        let rows = dice.below(6);
        let mut found = if told.is_empty() { vec![] } else { vec![returned(dice, rows, &told)] };
        for chunk in step.statements.by_ref() {
            match chunk {
                Ok(chunk) => found.push(returned(dice, rows, &chunk.compiled.outputs)),
                Err(Error::Limit { .. }) => return,
                Err(other) => panic!("{other} on {dialect:?}"),
            }
        }
        let returned: u64 = found.iter().map(|batch| u64::from(batch.rows)).sum();
        assert!(loading.take(step.load, found).expect("small") <= returned);
    }
    let (root, loaded) = loading.finish().expect("small");
    root.validate().expect("a batch");
    for loaded in loaded {
        loaded.rows.validate().expect("a batch");
        assert_eq!(loaded.rows.columns.len(), loaded.columns.len());
    }
}
