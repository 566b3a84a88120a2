//! Compiles a statement to the SQL text of one dialect, with placeholders.

use crate::{
    Catalog, Compiled, Dialect, Error, Limits, Operation, Result, Summary,
    check::{Checked, check, outputs, shape},
    error::Limited,
    render::render,
    resolved::ResolvedStatement,
    statement::Statement,
};

/// Checks a statement and renders it. The statement is guest-controlled: any input results in a text or an error, in
/// time that grows with the statement's size once shared nodes are written out.
pub fn compile(statement: &Statement, catalog: &Catalog, dialect: Dialect, limits: &Limits) -> Result<Compiled> {
    compile_checked(&check(statement, catalog, dialect, limits)?, dialect, limits)
}

/// Renders a checked statement: the only way from a resolved statement to a text.
pub(crate) fn compile_checked(checked: &Checked<'_>, dialect: Dialect, limits: &Limits) -> Result<Compiled> {
    let Checked { statement, tables, parameters, locks, clock, conditions } = checked;
    let rendered = render(statement, dialect, limits.statement_bytes);
    let (sql, placeholders) = rendered.ok_or_else(|| too_long(limits))?;
    within_parameters(placeholders.len(), dialect, limits)?;
    let (operation, outputs) = match statement {
        ResolvedStatement::Select(query) => (Operation::Select, outputs(&query.shape)),
        ResolvedStatement::Insert { returning, .. } => (Operation::Insert, outputs(&shape(returning))),
        ResolvedStatement::Update { returning, .. } => (Operation::Update, outputs(&shape(returning))),
        ResolvedStatement::Delete { returning, .. } => (Operation::Delete, outputs(&shape(returning))),
    };
    Ok(Compiled {
        sql,
        placeholders,
        outputs: outputs.into(),
        parameters: *parameters,
        writes: operation != Operation::Select,
        locks: *locks,
        clock: *clock,
        summary: Summary::new(operation, tables),
        conditions: conditions.clone(),
    })
}

pub(crate) fn within_parameters(count: usize, dialect: Dialect, limits: &Limits) -> Result<()> {
    let most = limits.parameters.min(dialect.capabilities().max_parameters as usize);
    if count > most {
        return Err(Error::Limit { what: Limited::Parameters, allowed: most as u64 });
    }
    Ok(())
}

fn too_long(limits: &Limits) -> Error {
    Error::Limit { what: Limited::StatementSize, allowed: limits.statement_bytes as u64 }
}
