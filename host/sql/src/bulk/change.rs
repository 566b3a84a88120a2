//! Updates, deletes or reads back many rows of a table, each found by its primary key.
//!
//! A batch has the columns to set, then the primary key, then the version that a row must have where there is one.

use std::borrow::Cow;

use super::{
    BatchShape, Layout,
    array::{are_arrays, arrays},
    check_bounds, enforce_check,
};
use crate::{
    Batch, Catalog, Error, Result,
    catalog::Entry,
    check::{Checker, column, select, writable},
    policy::WriteKind,
    resolved::{
        self, Assignment, BatchValues, CaseByKey, CaseResult, Expr, FromItem, JoinEstimate, KeySet, Order,
        ResolvedStatement, Target, Type, Typed,
    },
    schema::{Column, DefaultValue, ForeignKey, TypeKind},
    statement::BinaryOp,
};

/// The operation on the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Update,
    Delete,
    /// Reads columns, preceded by the position of the row in the batch.
    Read,
}

/// Rows of a table, by their primary keys. All names are guest-controlled.
#[derive(Clone, Debug)]
pub(crate) struct ChangeMany {
    pub(crate) verb: Verb,
    pub(crate) schema: Option<String>,
    pub(crate) table: String,
    /// The columns to set.
    pub(crate) columns: Vec<String>,
    /// Whether rows must have a version, which an update increments.
    pub(crate) is_versioned: bool,
    /// The columns to return.
    pub(crate) returning: Vec<String>,
}

/// The name of the column with a row's position in the batch; `unlike` adds a prefix where the table has such a column.
const NUMBER: &str = "n";

/// The change's names, resolved in the catalog.
struct ResolvedNames<'a> {
    target: Target<'a>,
    entry: &'a Entry,
    /// The columns of the batch.
    all: Vec<&'a Column>,
    /// The number of them that are set; the others find a row, the version included.
    set: usize,
    version: Option<&'a Column>,
    returning: Vec<&'a Column>,
    /// The policy's conditions on the rows that may be changed.
    rule: Vec<Typed<'a>>,
}

impl ChangeMany {
    /// Whether the result set begins with the position of each row, as the rows come in any order.
    pub(super) fn is_numbered(&self, layout: Layout) -> bool {
        self.verb == Verb::Read || (layout == Layout::Columns && !self.returning.is_empty())
    }

    pub(super) fn width(&self, catalog: &Catalog, layout: Layout) -> usize {
        let key = catalog.table(self.schema.as_deref(), &self.table).map_or(0, |table| table.primary_key.len());
        let (set, found) = (self.columns.len(), key.saturating_add(usize::from(self.is_versioned)));
        match (layout, self.verb) {
            (Layout::Placeholders, Verb::Update) => set.saturating_mul(found + 1).saturating_add(found),
            (Layout::Placeholders, _) => found * 2,
            _ => set.saturating_add(found),
        }
    }

    fn names<'a>(&'a self, checker: &mut Checker<'a>) -> Result<ResolvedNames<'a>> {
        let (target, entry) = checker.target(self.schema.as_deref(), &self.table)?;
        let table = &entry.table;
        if table.primary_key.is_empty() {
            return Err(Error::invalid(format!("{:?} has no primary key to find its rows by", table.name)));
        }
        let version = match (&table.version_column, self.is_versioned) {
            (_, false) => None,
            (Some(version), true) if !self.columns.contains(version) => Some(column(entry, version)?),
            (Some(version), true) => {
                return Err(Error::invalid(format!("the version {version:?} counts up by itself; do not set it")));
            }
            (None, true) => return Err(Error::invalid(format!("{:?} has no version column", table.name))),
        };
        let writes = if self.verb == Verb::Delete { WriteKind::Delete } else { WriteKind::Update };
        let mut all = writable(entry, self.columns.iter().map(String::as_str), writes)?;
        if let Some(version) = version.filter(|_| self.verb == Verb::Update) {
            writable(entry, std::iter::once(version.name.as_str()), writes)?;
        }
        // A read gets its policy's conditions as a source, like any other query.
        let rule = if self.verb == Verb::Read { Vec::new() } else { checker.changeable(entry, writes)? };
        checker.check_returning(entry, !self.returning.is_empty())?;
        if self.verb == Verb::Update && all.is_empty() && version.is_none() {
            return Err(Error::invalid("an update sets columns"));
        }
        let set = all.len();
        for name in &table.primary_key {
            all.push(column(entry, name)?);
        }
        all.extend(version);
        // The guest declares which columns are the key, and the change matches stored rows by them. With a masked column it would
        // reveal the values of the rows that do not show it.
        let found = all.get(set..).unwrap_or_default();
        if let Some(masked) = found.iter().find(|column| self.verb != Verb::Read && entry.is_masked(&column.name)) {
            let (table, column) = (&table.name, &masked.name);
            return Err(Error::Denied(format!(
                "finding rows of {table} by the column {column}, which is not shown in all of them"
            )));
        }
        let returning = self.returning.iter().map(|name| column(entry, name)).collect::<Result<_>>()?;
        Ok(ResolvedNames { target, entry, all, set, version, returning, rule })
    }

    pub(super) fn check<'a>(&'a self, checker: &mut Checker<'a>, batch: &Batch) -> Result<Layout> {
        let names = self.names(checker)?;
        check_bounds(names.set(), batch)?;
        Ok(match self.verb {
            Verb::Read => Layout::Placeholders,
            _ if checker.can.embedded => Layout::Row,
            _ if checker.can.arrays && are_arrays(&names.all, batch) => Layout::Columns,
            _ => Layout::Placeholders,
        })
    }

    pub(super) fn enforce_check<'a>(
        &'a self,
        checker: &mut Checker<'a>,
        batch: &Batch,
        is_open: &dyn Fn(u32, usize) -> bool,
    ) -> Result<()> {
        if self.verb != Verb::Update {
            return Ok(());
        }
        let names = self.names(checker)?;
        let check = names.entry.rules.as_ref().and_then(|rules| rules.update_check.as_deref());
        // An update that writes none of the checked columns cannot change the result of the check.
        let check = check.filter(|check| check.columns.iter().any(|name| names.writes(name)));
        enforce_check(names.entry, check, names.set(), batch, is_open)
    }

    pub(super) fn resolve<'a>(
        &'a self,
        checker: &mut Checker<'a>,
        shape: BatchShape<'a>,
    ) -> Result<ResolvedStatement<'a>> {
        let names = self.names(checker)?;
        Ok(match shape.layout {
            Layout::Columns => self.joined(checker, &names, shape.batch)?,
            Layout::Placeholders => self.listed(checker, &names, shape.written)?,
            Layout::Row | Layout::Rows => {
                let filter = names.found_by(Checker::parameter);
                let assignments = names.assignments(checker, Checker::parameter)?;
                let returning = names.returned(checker, None)?;
                self.change(&names, assignments, None, filter, returning)
            }
        })
    }

    fn change<'a>(
        &self,
        names: &ResolvedNames<'a>,
        assignments: Vec<Assignment<'a>>,
        source: Option<FromItem<'a>>,
        filter: Typed<'a>,
        returning: Vec<resolved::Column<'a>>,
    ) -> ResolvedStatement<'a> {
        // The condition that finds the row comes first, as the parameters of the rule are bound after those of the rows.
        let conditions = std::iter::once(filter).chain(names.rule.iter().cloned()).collect();
        let (target, filter) = (names.target, Typed::all(conditions, None));
        if self.verb == Verb::Update {
            return ResolvedStatement::Update { target, assignments, source, filter, returning };
        }
        ResolvedStatement::Delete { target, source, filter, order_by: Vec::new(), returning }
    }

    /// Builds the statement that joins the table with all rows as arrays.
    fn joined<'a>(
        &'a self,
        checker: &mut Checker<'a>,
        names: &ResolvedNames<'a>,
        batch: &Batch,
    ) -> Result<ResolvedStatement<'a>> {
        let alias = if self.table == "given" { "given_rows" } else { "given" };
        let before = names.unlike();
        let columns = (0..names.all.len()).map(|position| format!("{before}c{position}"));
        let columns: Vec<String> = columns.chain([format!("{before}{NUMBER}")]).collect();
        let named = |position: usize| Expr::Named {
            table: alias,
            name: Cow::Owned(columns.get(position).cloned().unwrap_or_default()),
        };
        let value = |position: usize, column: &'a Column| Typed::new(named(position), Type::Declared(&column.ty));
        let filter = names.found_by(value);
        let assignments = names.assignments(checker, value)?;
        let returning = if self.returning.is_empty() {
            Vec::new()
        } else {
            let (number, one) = (integer(named(names.all.len())), integer(Expr::Number(1)));
            let position = Expr::Binary(BinaryOp::Subtract, Box::new(number), Box::new(one));
            [numbered(position)].into_iter().chain(names.returned(checker, Some(&self.table))?).collect()
        };
        let arrays = arrays(&names.all, batch, JoinEstimate::ByKey);
        let source = FromItem::Arrays { arrays, alias, columns };
        Ok(self.change(names, assignments, Some(source), filter, returning))
    }

    /// Builds the statement that finds all rows by a list of keys, and chooses the values to set by key.
    fn listed<'a>(
        &'a self,
        checker: &mut Checker<'a>,
        names: &ResolvedNames<'a>,
        rows: usize,
    ) -> Result<ResolvedStatement<'a>> {
        let keys = || BatchValues { columns: names.found().to_vec(), first: names.set, width: names.all.len(), rows };
        let columns = || names.found().iter().map(|column| names.own(column)).collect::<Vec<_>>();
        let chosen = |then: CaseResult, otherwise: Option<Typed<'a>>| {
            Expr::CaseByKey(Box::new(CaseByKey { columns: columns(), keys: keys(), then, otherwise }))
        };
        let row = Typed::new(Expr::Row(columns()), Type::Unknown);
        let filter = Typed::boolean(Expr::Among(Box::new(row), KeySet::Values(keys())));
        if self.verb == Verb::Read {
            let position = numbered(chosen(CaseResult::Position, None));
            let own = names.returning.iter().map(|column| Checker::returned(Some(&self.table), column));
            let columns = [position].into_iter().chain(own).collect();
            let source = checker.read(names.entry, names.target.schema, None)?;
            return Ok(ResolvedStatement::Select(select(columns, source, filter, Vec::new())));
        }
        let assignments = names.assignments(checker, |position, column| {
            let then = CaseResult::Value { column: position, kind: column.ty.kind };
            Typed::new(chosen(then, Some(names.own(column))), Type::Declared(&column.ty))
        })?;
        let mut statement = self.change(names, assignments, None, filter, Vec::new());
        // MySQL checks for rows that refer to a row when it deletes that row, not at the end of the statement.
        if let ResolvedStatement::Delete { order_by, .. } = &mut statement
            && (checker.can.immediate_references && rows > 1 && names.refers_to_itself())
        {
            let value = integer(chosen(CaseResult::Position, None));
            order_by.push(Order { value, descending: false, nulls_first: None });
        }
        Ok(statement)
    }
}

impl<'a> ResolvedNames<'a> {
    /// The columns that are set.
    fn set(&self) -> &[&'a Column] {
        self.all.get(..self.set).unwrap_or_default()
    }

    /// Whether an update writes a column: one that is set, the version, or one with an `on_update` value.
    fn writes(&self, name: &str) -> bool {
        let is_touched = |column: &Column| {
            matches!(column.on_update, DefaultValue::Literal(_) | DefaultValue::Now | DefaultValue::Expression(_))
        };
        self.set().iter().chain(&self.version).any(|column| column.name == name)
            || self.entry.column(name).is_some_and(is_touched)
    }

    /// The columns that find a row.
    fn found(&self) -> &[&'a Column] {
        self.all.get(self.set..).unwrap_or_default()
    }

    /// Returns a column of the table, qualified by the table's name.
    fn own(&self, column: &'a Column) -> Typed<'a> {
        Checker::column_of(Some(self.target.name), column)
    }

    /// Builds the condition that finds a row: each column equals what `value` returns for its position in the batch.
    fn found_by(&self, value: impl Fn(usize, &'a Column) -> Typed<'a>) -> Typed<'a> {
        let pairs = self.found().iter().zip(self.set..).map(|(column, at)| [self.own(column), value(at, column)]);
        Typed::boolean(Expr::Equal(pairs.collect()))
    }

    /// Builds the assignments: each column is set to what `value` returns for its position in the batch.
    fn assignments(
        &self,
        checker: &Checker<'a>,
        value: impl Fn(usize, &'a Column) -> Typed<'a>,
    ) -> Result<Vec<Assignment<'a>>> {
        let mut all = Vec::with_capacity(self.set.saturating_add(1));
        // The key comes last: on MySQL, the assignments after it would compare with the new key.
        let is_key = |column: &Column| self.found().iter().any(|found| std::ptr::eq(*found, column));
        let set = || self.set().iter().copied().enumerate();
        for (position, column) in set().filter(|(_, at)| !is_key(at)).chain(set().filter(|(_, at)| is_key(at))) {
            all.push(Assignment { column: &column.name, value: checker.stored(value(position, column), column) });
        }
        if let Some(version) = self.version {
            let next = Expr::Binary(BinaryOp::Add, Box::new(self.own(version)), Box::new(integer(Expr::Number(1))));
            all.push(Assignment { column: &version.name, value: Typed::new(next, Type::Declared(&version.ty)) });
        }
        let is_set = |column: &Column| {
            let is_it = |set: &&Column| std::ptr::eq(*set, column);
            self.set().iter().any(is_it) || self.version.as_ref().is_some_and(is_it)
        };
        checker.touch(&mut all, self.entry, is_set)?;
        Ok(all)
    }

    /// Resolves the columns to return.
    fn returned(&self, checker: &mut Checker<'a>, table: Option<&'a str>) -> Result<Vec<resolved::Column<'a>>> {
        self.returning.iter().map(|column| checker.shown(table, self.entry, column)).collect()
    }

    /// Whether the table has a foreign key to itself.
    fn refers_to_itself(&self) -> bool {
        let table = &self.entry.table;
        let to_itself = |key: &ForeignKey| key.table == table.name && key.schema == table.schema;
        table.foreign_keys.iter().any(to_itself)
    }

    /// Returns a prefix that keeps names apart from the table's columns, which its own expressions use unqualified.
    fn unlike(&self) -> String {
        let is_like = |name: &str, before: &str| {
            let rest = name.strip_prefix(before).unwrap_or_default();
            rest == NUMBER || rest.strip_prefix('c').is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()))
        };
        let columns = &self.entry.table.columns;
        let is_free = |before: &String| !columns.iter().any(|column| is_like(&column.name, before));
        (0..=columns.len()).map(|count| "_".repeat(count)).find(is_free).unwrap_or_default()
    }
}

fn integer(expr: Expr<'_>) -> Typed<'_> {
    Typed { nullable: Some(false), ..Typed::new(expr, Type::Kind(TypeKind::Int64)) }
}

/// Makes a result column of a row's position.
fn numbered(position: Expr<'_>) -> resolved::Column<'_> {
    resolved::Column { value: integer(position), name: Cow::Borrowed(NUMBER) }
}
