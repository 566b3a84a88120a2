//! From a statement to the text of one database with its placeholders.

use std::sync::Arc;

use crate::{
    Catalog, Compiled, Dialect, Error, Limits, Operation, Result, Summary,
    check::{Checked, check, outputs, returned},
    compiled::Output,
    error::Limited,
    plan::Plan,
    render::{Rendered, render},
    statement::Statement,
};

/// Checks a statement and renders it. Everything in it is guest-controlled: whatever it is, the answer is text or an
/// error, in time that grows with the statement's size written out.
pub fn compile(statement: &Statement, catalog: &Catalog, dialect: Dialect, limits: &Limits) -> Result<Compiled> {
    let Checked { plan, tables, parameters, locks, clock } = check(statement, catalog, dialect, limits)?;
    let rendered = render(&plan, dialect, limits.statement_bytes).ok_or_else(|| too_long(limits))?;
    let outputs = match &plan {
        Plan::Select(query) => outputs(&query.shape),
        Plan::Insert { returning, .. } | Plan::Update { returning, .. } | Plan::Delete { returning, .. } => {
            outputs(&returned(returning))
        }
    };
    let operation = match plan {
        Plan::Select(_) => Operation::Select,
        Plan::Insert { .. } => Operation::Insert,
        Plan::Update { .. } => Operation::Update,
        Plan::Delete { .. } => Operation::Delete,
    };
    let (writes, summary) = (operation != Operation::Select, Summary::new(operation, &tables));
    finish(rendered, outputs, dialect, limits, Kind { parameters, writes, locks, clock, summary })
}

/// What a statement is, besides its text.
pub(crate) struct Kind {
    pub(crate) parameters: u32,
    pub(crate) writes: bool,
    pub(crate) locks: bool,
    pub(crate) clock: bool,
    pub(crate) summary: Summary,
}

/// A rendered statement, if it has no more parameters than are allowed.
pub(crate) fn finish(
    rendered: Rendered,
    outputs: Vec<Output>,
    dialect: Dialect,
    limits: &Limits,
    kind: Kind,
) -> Result<Compiled> {
    within_parameters(rendered.slots.len(), dialect, limits)?;
    Ok(Compiled {
        sql: Arc::from(rendered.sql),
        slots: rendered.slots,
        outputs: outputs.into(),
        parameters: kind.parameters,
        writes: kind.writes,
        locks: kind.locks,
        clock: kind.clock,
        summary: kind.summary,
    })
}

pub(crate) fn within_parameters(count: usize, dialect: Dialect, limits: &Limits) -> Result<()> {
    let most = limits.parameters.min(dialect.capabilities().max_parameters as usize);
    if count > most {
        return Err(Error::Limit { what: Limited::Parameters, allowed: most as u64 });
    }
    Ok(())
}

pub(crate) fn too_long(limits: &Limits) -> Error {
    Error::Limit { what: Limited::StatementSize, allowed: limits.statement_bytes as u64 }
}
