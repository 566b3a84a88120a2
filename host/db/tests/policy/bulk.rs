//! Random bulk inserts, flushes and loads.

use std::sync::Arc;

use sqlservice_db::{Error, Root, Session};
use sqlservice_sql::{
    Batch, BulkStatements, Flush, InsertMany, Limits, Loading, Scalar, Value,
    batch::{ColumnBuilder, VectorKind},
    compile,
    flush::{Change, Deletes, Inserts, KeyReference, Updates},
    load::{Load, LoadPlan},
    statement::{NodeId, Select, Statement},
};

use crate::{
    build::{Arena, asc, select},
    data::MADE,
    dice::Dice,
    maker::Holds,
    outcome::Outcome,
    random::options,
    tables::{inserted, read, strings, updated},
    world::{Side, World},
};

/// A call other than the execution of a statement.
#[derive(Clone, Debug)]
pub enum Bulk {
    Insert(InsertMany, Batch),
    Flush(Vec<Change>),
    Load(LoadPlan, From),
}

/// The source of a load plan's own rows.
#[derive(Clone, Debug)]
pub enum From {
    Keys(Batch),
    /// Rows that the guest already has: columns with keys.
    Known(Vec<String>, Batch),
    /// All rows of a query, with which loads may be joined.
    Query(Statement),
}

/// A batch of these columns.
pub fn batch(rows: usize, columns: &[Vec<Value>]) -> Batch {
    let column = |values: &Vec<Value>| {
        let mut builder = ColumnBuilder::new(VectorKind::Dynamic, rows);
        for value in values {
            if value.is_null() { builder.push_null() } else { builder.push_value(value.clone()).expect("small") }
        }
        builder.finish()
    };
    Batch { rows: u32::try_from(rows).expect("few"), columns: columns.iter().map(column).collect() }
}

fn integer(value: i64) -> Value {
    Scalar::Integer(value).into()
}

/// A random value for a column, which makes no later statement fail.
fn cell(dice: &mut Dice<'_, '_>, world: &World, column: &str, row: usize) -> Value {
    if matches!(column, "title" | "budget" | "word" | "weight" | "size") && dice.one_in(4) {
        return Value::NULL;
    }
    let text = |text: &str| Scalar::Text(text.to_owned()).into();
    match (column, Holds::of(column)) {
        ("id", _) => integer(500_010 + row as i64),
        ("project_id", _) => integer(MADE),
        ("parent_id", _) => {
            if dice.one_in(2) {
                Value::NULL
            } else {
                integer(dice.of(&world.ids("projects")))
            }
        }
        ("note_id", _) => integer(dice.of(&world.ids("notes"))),
        ("version", _) => integer(1),
        (_, Holds::Truth) => Scalar::Boolean(true).into(),
        (_, Holds::Slug) => Scalar::Text(format!("bulk{}", if dice.one_in(6) { 0 } else { row })).into(),
        (_, Holds::Word) => text(dice.of(&["1", "12"])),
        (_, Holds::Pattern) => text(dice.of(&["b%", "%e"])),
        (_, Holds::Doc) => text(dice.of(&["[1]", "{\"a\": 1}"])),
        ("body", _) => text(dice.of(&["red", "blue", "green", "much longer than any check allows it to be"])),
        (_, Holds::Text) => text(dice.of(&["red", "blue"])),
        _ => integer(dice.of(&[1, 2, 3, 7])),
    }
}

fn rows(dice: &mut Dice<'_, '_>, world: &World, names: &[String], count: usize) -> Batch {
    let columns: Vec<Vec<Value>> =
        names.iter().map(|name| (0..count).map(|row| cell(dice, world, name, row)).collect()).collect();
    batch(count, &columns)
}

/// Random keys: of rows that the guest may change, of hidden rows, and of none.
fn keys(dice: &mut Dice<'_, '_>, world: &World, table: &str, count: usize) -> Batch {
    let all = world.data.rows(table);
    // Rows that are visible but must not be changed are left out: on the copy they would be changed.
    let of = |is_own: bool| all.iter().filter(move |row| if is_own { row.is_own } else { !row.is_seen });
    let mut found: Vec<Vec<Value>> = Vec::new();
    while found.len() < count {
        let hidden = dice.one_in(5);
        let rows: Vec<_> = of(!hidden).collect();
        let at = dice.below(rows.len().max(1));
        let Some(row) = rows.get(at) else { break };
        let value = |name: &str| {
            let (_, value) = row.values.iter().find(|(column, _)| *column == name).expect("a column");
            integer(value.parse().expect("a number"))
        };
        let key = if table == "pins" {
            vec![value("project_id"), value("note_id")]
        } else {
            vec![integer(if dice.one_in(12) { 77 } else { row.id })]
        };
        if found.contains(&key) {
            break;
        }
        found.push(key);
    }
    let width = if table == "pins" { 2 } else { 1 };
    let columns: Vec<Vec<Value>> = (0..width).map(|at| found.iter().map(|key| key[at].clone()).collect()).collect();
    batch(found.len(), &columns)
}

impl Bulk {
    pub fn new(dice: &mut Dice<'_, '_>, world: &World, has_deleted: &mut bool) -> Self {
        match dice.below(3) {
            0 => {
                let (table, columns) = filled(dice, *has_deleted);
                let count = 1 + dice.below(3);
                let batch = rows(dice, world, &columns, count);
                let returning = if dice.one_in(2) { vec!["id".to_owned()] } else { vec![] };
                let returning = if table == "pins" { vec![] } else { returning };
                Self::Insert(InsertMany { schema: None, table, columns, returning }, batch)
            }
            1 => {
                let count = 1 + dice.below(3);
                let mut changes: Vec<Change> = Vec::new();
                for _ in 0..count {
                    let is_linked =
                        matches!(changes.first(), Some(Change::Inserts(first)) if first.table == "projects");
                    changes.push(change(dice, world, is_linked, has_deleted));
                }
                Self::Flush(changes)
            }
            _ => Self::load(dice, world),
        }
    }

    fn load(dice: &mut Dice<'_, '_>, world: &World) -> Self {
        let (table, names): (&str, &[&str]) = match dice.below(3) {
            0 => ("projects", &["parent", "children", "notes", "docs", "pinned"]),
            1 => ("notes", &["project", "pinned_in"]),
            _ => ("docs", &["project"]),
        };
        let how = dice.below(3);
        let load = |name: &str, nested| Load { relationship: name.to_owned(), nested, joined: how == 2 };
        let name = dice.of(names);
        let mut loads = vec![load(name, vec![])];
        let next = match name {
            "parent" | "children" | "project" | "pinned_in" => Some("docs"),
            "notes" | "pinned" => Some("project"),
            _ => None,
        };
        if let Some(next) = next.filter(|_| dice.one_in(2)) {
            loads[0].nested.push(1);
            loads.push(load(next, vec![]));
        }
        let ids = world.ids(table);
        let count = 1 + dice.below(4);
        let mut keys = || (0..count).map(|_| integer(dice.of(&ids))).collect::<Vec<Value>>();
        let from = match how {
            0 => From::Keys(batch(count, &[keys()])),
            1 => {
                let names: Vec<String> = read(table)
                    .iter()
                    .filter(|name| Holds::of(name) == Holds::Id)
                    .map(|name| (*name).to_owned())
                    .collect();
                let columns: Vec<Vec<Value>> = names.iter().map(|_| keys()).collect();
                From::Known(names, batch(count, &columns))
            }
            _ => From::Query(all(table)),
        };
        Self::Load(LoadPlan { table: table.to_owned(), loads, roots: vec![0] }, from)
    }

    pub fn writes(&self) -> bool {
        !matches!(self, Self::Load(..))
    }

    pub async fn run(&self, side: &Side, session: &Session) -> Outcome {
        let (catalog, dialect, limits) = (Arc::clone(&side.catalog), side.database.dialect(), Limits::default());
        match self {
            Self::Insert(target, batch) => {
                let batch = Arc::new(batch.clone());
                match BulkStatements::new(target.clone(), batch, catalog, dialect, limits) {
                    Ok(statements) => match session.insert_many(statements, options()).await {
                        Ok(answer) => match Outcome::of_batches(&[answer.first_batch], true) {
                            Outcome::Done { rows, .. } => {
                                Outcome::Done { rows, affected: answer.affected, last_key: answer.last_key }
                            }
                            other => other,
                        },
                        Err(error) => Outcome::of_error(&error),
                    },
                    Err(error) => Outcome::refused(&error),
                }
            }
            Self::Flush(changes) => match Flush::new(changes.clone(), catalog, dialect, limits) {
                Ok(flush) => match session.flush(flush, options()).await {
                    Ok(batches) => Outcome::of_batches(&batches, true),
                    Err(failure) => Outcome::of_error(&failure.error),
                },
                Err(error) => Outcome::refused(&error),
            },
            Self::Load(plan, from) => match load(side, session, plan, from).await {
                Ok(outcome) => outcome,
                Err(error) => Outcome::of_error(&error),
            },
        }
    }
}

/// A query of all rows of a table.
fn all(table: &str) -> Statement {
    let mut arena = Arena::default();
    let source = arena.from(table);
    let columns: Vec<NodeId> = read(table).iter().map(|name| arena.col(&format!("{table}.{name}"))).collect();
    let order_by = vec![asc(columns[0])];
    arena.query(Select { order_by, ..select(&columns, source) })
}

async fn load(side: &Side, session: &Session, plan: &LoadPlan, from: &From) -> Result<Outcome, Error> {
    let (catalog, dialect, limits) = (Arc::clone(&side.catalog), side.database.dialect(), Limits::default());
    let mut loading = Loading::new(plan, Arc::clone(&catalog), dialect, limits)?;
    let root = match from {
        From::Keys(keys) => Root::Keys(loading.by_keys(keys)?),
        From::Known(names, rows) => {
            loading.take_known(names.clone(), rows.clone())?;
            Root::Known
        }
        From::Query(query) => {
            let joined = loading.join(query).unwrap_or_else(|| query.clone());
            let compiled = compile(&joined, &catalog, dialect, &limits)?;
            loading.check_query(&compiled)?;
            Root::Query(Arc::new(compiled), Vec::new())
        }
    };
    Ok(Outcome::of_load(&session.load(root, loading, options()).await?))
}

/// A random table, and the columns that an insert fills.
fn filled(dice: &mut Dice<'_, '_>, has_deleted: bool) -> (String, Vec<String>) {
    let table = dice.of(&["projects", "notes", "docs", "pins"]);
    let without_key = !has_deleted && dice.one_in(2);
    let names = inserted(table).into_iter().filter(|name| !(*name == "id" && without_key));
    (table.to_owned(), names.map(str::to_owned).collect())
}

fn change(dice: &mut Dice<'_, '_>, world: &World, is_linked: bool, has_deleted: &mut bool) -> Change {
    match dice.below(4) {
        0 | 1 => inserts(dice, world, is_linked, *has_deleted),
        2 => {
            let table = dice.of(&["projects", "notes", "docs", "pins"]);
            let count = 1 + dice.below(2);
            let keys = keys(dice, world, table, count);
            let all = updated(table);
            let all: Vec<&str> =
                all.iter().copied().filter(|name| !matches!(*name, "slug" | "parent_id" | "version")).collect();
            let columns = strings(&[dice.of(&all)]);
            let rows = rows(dice, world, &columns, keys.rows as usize);
            let versions = (table == "docs").then(|| version(dice, keys.rows as usize));
            let returning = if dice.one_in(3) { strings(&[read(table)[0]]) } else { vec![] };
            let (table, links, stored) = (table.to_owned(), Vec::new(), None);
            Change::Updates(Updates { table, keys, versions, columns, rows, links, returning, stored })
        }
        _ => {
            *has_deleted = true;
            let table = dice.of(&["notes", "docs", "pins", "projects"]);
            let count = 1 + dice.below(2);
            let keys = keys(dice, world, table, if table == "projects" { 1 } else { count });
            let versions = (table == "docs" && dice.one_in(2)).then(|| version(dice, keys.rows as usize));
            let (table, stored, strict) = (table.to_owned(), None, dice.one_in(2));
            Change::Deletes(Deletes { table, keys, versions, stored, strict })
        }
    }
}

fn version(dice: &mut Dice<'_, '_>, count: usize) -> Batch {
    batch(count, &[(0..count).map(|_| integer(if dice.one_in(5) { 2 } else { 1 })).collect()])
}

/// Inserts of a flush: projects, and rows of other tables, whose notes may refer to a project with a generated key.
fn inserts(dice: &mut Dice<'_, '_>, world: &World, is_linked: bool, has_deleted: bool) -> Change {
    let table = if is_linked { dice.of(&["notes", "notes", "docs", "pins"]) } else { "projects" };
    let made = !has_deleted && table != "pins";
    let names = inserted(table).into_iter().filter(|name| !(*name == "id" && made));
    let columns: Vec<String> = names.map(str::to_owned).collect();
    let count = 1 + dice.below(2);
    let rows = rows(dice, world, &columns, count);
    let column = columns.iter().position(|name| name == "project_id");
    let link = |column: usize| KeyReference { row: 0, column: column as u16, of_change: 0, of_row: 0 };
    let links = column.filter(|_| table == "notes" && dice.one_in(2)).map(link).into_iter().collect();
    let returning = if table == "pins" { vec![] } else { vec!["id".to_owned()] };
    Change::Inserts(Inserts { table: table.to_owned(), columns, rows, links, returning })
}
