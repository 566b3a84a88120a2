//! From a statement, or rows to insert, to the text of one database with its placeholders.

use std::sync::Arc;

use crate::{
    Catalog, Compiled, Dialect, Error, Fit, Limits, Result,
    catalog::Entry,
    check::{Checked, check, outputs, returned},
    compiled::{Output, Source},
    error::Limited,
    plan::{Plan, Target},
    render::{Rendered, Writer, render},
    schema::Column,
    statement::{NodeId, Statement},
};

/// Checks a statement and renders it. Everything in it is guest-controlled: whatever it is, the answer is text or an
/// error, in time that grows with the statement's size written out.
pub fn compile(statement: &Statement, catalog: &Catalog, dialect: Dialect, limits: &Limits) -> Result<Compiled> {
    let Checked { plan, parameters, locks } = check(statement, catalog, dialect, limits)?;
    let rendered = render(&plan, dialect, limits.statement_bytes).ok_or_else(|| too_long(limits))?;
    let outputs = match &plan {
        Plan::Select(query) => outputs(&query.shape),
        Plan::Insert { returning, .. } | Plan::Update { returning, .. } | Plan::Delete { returning, .. } => {
            outputs(&returned(returning))
        }
    };
    let writes = !matches!(plan, Plan::Select(_));
    finish(rendered, outputs, dialect, limits, Kind { parameters, writes, locks })
}

/// Rows to insert into some columns of a table, their values given as parameters row by row.
#[derive(Clone, Copy, Debug)]
pub struct InsertMany<'a> {
    /// The table's schema, where it is not the default one.
    pub schema: Option<&'a str>,
    /// The table.
    pub table: &'a str,
    /// The columns, all of them given for each row.
    pub columns: &'a [String],
    /// How many rows.
    pub rows: usize,
    /// The columns to return of each row, in the order of the rows.
    pub returning: &'a [String],
}

/// Renders an insert of many rows. The value of a row's column is the parameter `row * columns + column`.
pub fn compile_insert_many(
    target: &InsertMany<'_>,
    catalog: &Catalog,
    dialect: Dialect,
    limits: &Limits,
) -> Result<Compiled> {
    let entry =
        catalog.entry(target.schema, target.table).ok_or_else(|| Error::NoSuchTable(target.table.to_owned()))?;
    if entry.table.is_view {
        return Err(Error::invalid(format!("{:?} is a view, whose rows cannot be changed", target.table)));
    }
    let columns = columns(entry, target.columns)?;
    if columns.is_empty() || target.rows == 0 {
        return Err(Error::invalid("an insert of many rows has rows and columns"));
    }
    let returning = target.returning.iter().map(|name| column(entry, name)).collect::<Result<Vec<_>>>()?;
    if !returning.is_empty() && !dialect.capabilities().insert_returning {
        let message = "this database returns nothing of inserts; read the rows afterwards".to_owned();
        return Err(Error::Unsupported { capability: "insert-returning", message });
    }
    let count = columns.len().saturating_mul(target.rows);
    within_parameters(count, dialect, limits)?;
    let mut writer = Writer::new(dialect, limits.statement_bytes);
    write_many(&mut writer, target, &columns);
    let rendered = writer.finish().ok_or_else(|| too_long(limits))?;
    let output = |column: &&Column| Output {
        name: column.name.clone(),
        ty: Some(column.ty.clone()),
        nullable: Some(column.nullable),
    };
    let outputs = returning.iter().map(output).collect();
    // It fits: the count of parameters has been looked at.
    let parameters = u32::try_from(count).unwrap_or(u32::MAX);
    finish(rendered, outputs, dialect, limits, Kind { parameters, writes: true, locks: false })
}

/// How many rows of so many columns one statement can insert; at least one, though that one may be refused.
#[must_use]
pub fn rows_per_statement(columns: usize, dialect: Dialect) -> usize {
    let most = dialect.capabilities().max_parameters as usize;
    most.checked_div(columns).unwrap_or(most).max(1)
}

fn write_many(writer: &mut Writer, target: &InsertMany<'_>, columns: &[&Column]) {
    writer.push("INSERT INTO ");
    writer.target(Target { schema: target.schema, name: target.table });
    let list = |writer: &mut Writer, names: &[String]| {
        for (position, name) in names.iter().enumerate() {
            writer.push(if position > 0 { ", " } else { "" });
            writer.name(name);
        }
    };
    writer.push(" (");
    list(writer, target.columns);
    writer.push(") VALUES ");
    let fits: Vec<_> = columns.iter().map(|column| Fit::of(column)).collect();
    let mut number = 0_u32;
    for row in 0..target.rows {
        writer.push(if row > 0 { ", (" } else { "(" });
        for (position, (column, fit)) in columns.iter().zip(&fits).enumerate() {
            writer.push(if position > 0 { ", " } else { "" });
            writer.placeholder(&Source::Parameter(number), Some(column.ty.kind), NodeId::MAX, fit.as_ref());
            number = number.saturating_add(1);
        }
        writer.push(")");
    }
    if !target.returning.is_empty() {
        writer.push(" RETURNING ");
        list(writer, target.returning);
    }
}

fn columns<'a>(entry: &'a Entry, names: &[String]) -> Result<Vec<&'a Column>> {
    let mut seen = std::collections::HashSet::new();
    let mut columns = Vec::with_capacity(names.len());
    for name in names {
        let column = column(entry, name)?;
        if column.computed.is_some() || !seen.insert(name) {
            return Err(Error::invalid(format!("the column {name:?} is computed or written twice")));
        }
        columns.push(column);
    }
    Ok(columns)
}

fn column<'a>(entry: &'a Entry, name: &str) -> Result<&'a Column> {
    let missing = || Error::NoSuchColumn { table: Some(entry.table.name.clone()), column: name.to_owned() };
    entry.column(name).ok_or_else(missing)
}

/// What a statement is, besides its text.
struct Kind {
    parameters: u32,
    writes: bool,
    locks: bool,
}

fn finish(rendered: Rendered, outputs: Vec<Output>, dialect: Dialect, limits: &Limits, kind: Kind) -> Result<Compiled> {
    within_parameters(rendered.slots.len(), dialect, limits)?;
    Ok(Compiled {
        sql: Arc::from(rendered.sql),
        slots: rendered.slots,
        outputs: outputs.into(),
        parameters: kind.parameters,
        writes: kind.writes,
        locks: kind.locks,
    })
}

fn within_parameters(count: usize, dialect: Dialect, limits: &Limits) -> Result<()> {
    let most = limits.parameters.min(dialect.capabilities().max_parameters as usize);
    if count > most {
        return Err(Error::Limit { what: Limited::Parameters, allowed: most as u64 });
    }
    Ok(())
}

fn too_long(limits: &Limits) -> Error {
    Error::Limit { what: Limited::StatementSize, allowed: limits.statement_bytes as u64 }
}
