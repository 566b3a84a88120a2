//! Statements that change rows: inserts with or without upserts, updates and deletes.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

use super::{Checker, scope::no_column, unsupported};
use crate::{
    Error, Result, ValueBounds,
    catalog::{Entry, is_key},
    compiled::ValueSource,
    policy::{Allow, WriteKind},
    resolved::{self, Assignment, Bind, Body, Conflict, Expr, InsertRows, Query, ResolvedStatement, Target, Typed},
    schema::{Column, DefaultValue, Table},
    statement::{self, ConflictAction, Delete, Insert, InsertSource, NodeId, Root, Update},
};

impl<'a> Checker<'a> {
    /// Resolves the whole statement.
    pub(super) fn root(&mut self, root: &'a Root) -> Result<ResolvedStatement<'a>> {
        match root {
            Root::Select(query) => Ok(ResolvedStatement::Select(self.query(*query)?)),
            Root::Insert(insert) => self.insert(insert),
            Root::Update(update) => self.update(update),
            Root::Delete(delete) => self.delete(delete),
        }
    }

    pub(crate) fn target(&mut self, schema: Option<&'a str>, name: &'a str) -> Result<(Target<'a>, &'a Entry)> {
        let entry = self.entry(schema, name)?;
        if entry.table.is_view {
            return Err(Error::invalid(format!("{name:?} is a view, whose rows cannot be changed")));
        }
        Ok((Target { schema, name }, entry))
    }

    /// Resolves `RETURNING` columns of the changed table and, where the database supports it, of the change's other sources.
    fn returning(
        &mut self,
        name: &'a str,
        entry: &'a Entry,
        ids: &'a [NodeId],
        has_source: bool,
    ) -> Result<Vec<resolved::Column<'a>>> {
        self.check_returning(entry, !ids.is_empty())?;
        if has_source && self.can.source_returning {
            return self.columns(ids);
        }
        let matched = std::mem::replace(&mut self.scope.levels, vec![Vec::new()]);
        self.enter(name, entry)?;
        let returned = self.columns(ids);
        if has_source && returned.is_err() {
            self.scope.levels = matched;
            self.columns(ids)?;
            return Err(unsupported("source-returning", "this database returns columns of the changed table alone"));
        }
        returned
    }

    fn insert(&mut self, insert: &'a Insert) -> Result<ResolvedStatement<'a>> {
        let advice = "this database returns nothing of inserts; read the rows afterwards";
        self.require(insert.returning.is_empty() || self.can.insert_returning, "insert-returning", advice)?;
        let (target, entry) = self.target(insert.schema.as_deref(), &insert.table)?;
        if let Some(rules) = &entry.rules {
            rules.check(target.name, WriteKind::Insert)?;
        }
        let columns = writable(entry, insert.columns.iter().map(String::as_str), WriteKind::Insert)?;
        let rows = match &insert.source {
            InsertSource::Defaults if insert.columns.is_empty() => self.defaults(entry)?,
            InsertSource::Defaults => return Err(Error::invalid("a row of defaults names no columns")),
            _ if insert.columns.is_empty() => return Err(Error::invalid("an insert names the columns that it fills")),
            InsertSource::Values(rows) if rows.is_empty() => return Err(Error::invalid("an insert without rows")),
            InsertSource::Values(rows) => InsertRows::Values(self.rows(rows, &columns, entry)?),
            InsertSource::Query(query) => {
                let query = self.query(*query)?;
                if query.shape.len() != columns.len() {
                    let message = format!("{} columns are filled from a query of {}", columns.len(), query.shape.len());
                    return Err(Error::invalid(message));
                }
                // A query's values are unknown before it runs, so a check that names them is refused.
                self.enforce_check(entry, WriteKind::Insert, |_| None)?;
                let mut query = self.stored_query(query, &columns)?;
                append(&mut query, &Self::presets(entry));
                InsertRows::Query(Box::new(query))
            }
        };
        let conflict = match &insert.conflict {
            Some(conflict) => Some(self.conflict(insert, conflict, target, entry)?),
            None => None,
        };
        let returning = self.returning(target.name, entry, &insert.returning, false)?;
        let columns = with_presets(&insert.columns, entry);
        Ok(ResolvedStatement::Insert { target, columns, rows, conflict, returning, is_told: false })
    }

    /// A row of defaults and the columns that the host fills.
    fn defaults(&mut self, entry: &'a Entry) -> Result<InsertRows<'a>> {
        self.enforce_check(entry, WriteKind::Insert, |_| None)?;
        let presets = Self::presets(entry);
        Ok(if presets.is_empty() { InsertRows::Defaults } else { InsertRows::Values(vec![presets]) })
    }

    fn rows(
        &mut self,
        rows: &'a [Vec<NodeId>],
        columns: &[&'a Column],
        entry: &'a Entry,
    ) -> Result<Vec<Vec<Typed<'a>>>> {
        let bounds: Vec<_> = columns.iter().map(|column| ValueBounds::of(column)).collect();
        let mut plans = Vec::with_capacity(rows.len());
        for row in rows {
            if row.len() != columns.len() {
                let message = format!("a row has {} values for {} columns", row.len(), columns.len());
                return Err(Error::invalid(message));
            }
            let mut values = Vec::with_capacity(row.len());
            for ((id, column), bounds) in row.iter().zip(columns).zip(&bounds) {
                let value = self.value(*id, Some(column.ty.kind))?.into_column(bounds.as_ref());
                values.push(value);
            }
            let at = |name: &str| columns.iter().position(|column| column.name == name);
            self.enforce_check(entry, WriteKind::Insert, |name| values.get(at(name)?))?;
            let stored = values.into_iter().zip(columns).map(|(value, column)| self.stored(value, column));
            let mut values: Vec<_> = stored.collect();
            values.extend(Self::presets(entry));
            plans.push(values);
        }
        Ok(plans)
    }

    fn conflict(
        &mut self,
        insert: &'a Insert,
        conflict: &'a statement::Conflict,
        target: Target<'a>,
        entry: &'a Entry,
    ) -> Result<Conflict<'a>> {
        let columns = if conflict.columns.is_empty() { &entry.table.primary_key } else { &conflict.columns };
        if let Some(rules) = &entry.rules {
            rules.require(target.name, Allow::Upsert)?;
            self.require(self.can.conflict_target, "conflict-target", "this database cannot tell whose row is met")?;
        }
        if let Some(missing) = columns.iter().find(|name| entry.column(name).is_none()) {
            return Err(no_column(Some(target.name), missing));
        }
        if columns.is_empty() || !is_key(&entry.table, columns) {
            return Err(Error::invalid("the columns of a conflict are neither the primary key nor unique"));
        }
        if !self.can.conflict_target {
            self.emulate(insert, conflict, columns, &entry.table)?;
        }
        self.scope.levels.push(Vec::new());
        self.enter(target.name, entry)?;
        self.excluded = Some(entry);
        let mut rule = Vec::new();
        let assignments = match &conflict.action {
            ConflictAction::Nothing if conflict.filter.is_some() => {
                return Err(Error::invalid("a conflict that changes nothing has no condition"));
            }
            ConflictAction::Nothing => Vec::new(),
            ConflictAction::Update(assignments) => {
                rule = self.changeable(entry, WriteKind::Update)?;
                self.assignments(assignments, entry)?
            }
        };
        let filter = conflict.filter.map(|filter| self.condition(filter)).transpose()?;
        self.excluded = None;
        self.scope.levels.pop();
        Ok(Conflict { columns: decisive(columns, entry), assignments, filter: Typed::all(rule, filter) })
    }

    /// Refuses an upsert that a database without conflict targets cannot emulate. Its upserts react to a conflict with any key, so
    /// only the named key may conflict with these rows.
    fn emulate(
        &self,
        insert: &Insert,
        conflict: &statement::Conflict,
        columns: &[String],
        table: &Table,
    ) -> Result<()> {
        if conflict.filter.is_some() {
            return Err(unsupported("conflict-filter", "this database's upserts have no condition"));
        }
        if conflict.action == ConflictAction::Nothing && !insert.returning.is_empty() {
            let message = "this database would also return rows that were there already";
            return Err(unsupported("conflict-returning", message));
        }
        let uniques = table.uniques.iter().map(|unique| &unique.columns);
        let indexes = table.indexes.iter().filter(|index| index.unique).map(|index| &index.columns);
        let mut keys = std::iter::once(&table.primary_key).chain(uniques).chain(indexes).filter(|key| !key.is_empty());
        let named = |key: &[String]| key.len() == columns.len() && key.iter().all(|column| columns.contains(column));
        if keys.any(|key| !named(key) && can_conflict(key, insert, table)) {
            let message = "this database cannot tell which key an upsert is about, and another key could conflict too";
            return Err(unsupported("conflict-target", message));
        }
        Ok(())
    }

    fn update(&mut self, update: &'a Update) -> Result<ResolvedStatement<'a>> {
        let advice = "this database returns nothing of updates; read the rows afterwards";
        self.require(update.returning.is_empty() || self.can.update_returning, "update-returning", advice)?;
        let advice = "this database's updates have no other sources; use subqueries";
        self.require(update.source.is_none() || self.can.update_source, "update-source", advice)?;
        if update.assignments.is_empty() {
            return Err(Error::invalid("an update sets at least one column"));
        }
        let (target, entry) = self.target(update.schema.as_deref(), &update.table)?;
        self.scope.levels.push(Vec::new());
        // The sources come first: their conditions and lateral queries do not see the changed table.
        let source = update.source.map(|source| self.source(source)).transpose()?;
        self.enter(target.name, entry)?;
        let rule = self.changeable(entry, WriteKind::Update)?;
        let filter = self.changed(rule, update.filter)?;
        let assignments = self.assignments(&update.assignments, entry)?;
        let returning = self.returning(target.name, entry, &update.returning, source.is_some())?;
        Ok(ResolvedStatement::Update { target, assignments, source, filter, returning })
    }

    fn delete(&mut self, delete: &'a Delete) -> Result<ResolvedStatement<'a>> {
        let advice = "this database returns nothing of deletes; read the rows before";
        self.require(delete.returning.is_empty() || self.can.delete_returning, "delete-returning", advice)?;
        let advice = "this database's deletes have no other sources; use a subquery";
        self.require(delete.source.is_none() || self.can.delete_source, "delete-source", advice)?;
        let (target, entry) = self.target(delete.schema.as_deref(), &delete.table)?;
        self.scope.levels.push(Vec::new());
        let source = delete.source.map(|source| self.source(source)).transpose()?;
        self.enter(target.name, entry)?;
        let rule = self.changeable(entry, WriteKind::Delete)?;
        let filter = self.changed(rule, delete.filter)?;
        let advice = "this database returns nothing of deletes with other sources";
        let returns = source.is_some() && !delete.returning.is_empty();
        self.require(!returns || self.can.delete_source_returning, "delete-returning", advice)?;
        let returning = self.returning(target.name, entry, &delete.returning, source.is_some())?;
        Ok(ResolvedStatement::Delete { target, source, filter, order_by: Vec::new(), returning })
    }

    /// Resolves the assignments, with the `on_update` values of columns that the guest does not set.
    fn assignments(&mut self, given: &'a [statement::Assignment], entry: &'a Entry) -> Result<Vec<Assignment<'a>>> {
        let columns = writable(entry, given.iter().map(|assignment| assignment.column.as_str()), WriteKind::Update)?;
        let mut all = Vec::with_capacity(given.len());
        for (assignment, column) in given.iter().zip(columns.iter().copied()) {
            self.reads = Some(HashSet::new());
            let value =
                self.value(assignment.value, Some(column.ty.kind))?.into_column(ValueBounds::of(column).as_ref());
            let reads = self.reads.take().unwrap_or_default();
            all.push((Assignment { column: &column.name, value }, reads));
        }
        let named: HashSet<&str> = given.iter().map(|assignment| assignment.column.as_str()).collect();
        let mut touched = Vec::new();
        self.touch(&mut touched, entry, |column| named.contains(column.name.as_str()))?;
        // The model's `on_update` values are checked, too.
        let written = || all.iter().map(|(set, _)| set).chain(&touched);
        let value = |name: &str| written().find(|set| set.column == name).map(|set| &set.value);
        self.enforce_check(entry, WriteKind::Update, value)?;
        for ((assignment, _), column) in all.iter_mut().zip(columns) {
            let value = std::mem::replace(&mut assignment.value, Typed::boolean(Expr::Truth(true)));
            assignment.value = self.stored(value, column);
        }
        all.extend(touched.into_iter().map(|assignment| (assignment, HashSet::new())));
        if self.can.ordered_assignments {
            return reordered(all);
        }
        Ok(all.into_iter().map(|(assignment, _)| assignment).collect())
    }

    /// Adds the `on_update` values of columns that are not set.
    pub(crate) fn touch(
        &self,
        all: &mut Vec<Assignment<'a>>,
        entry: &'a Entry,
        is_set: impl Fn(&Column) -> bool,
    ) -> Result<()> {
        for column in entry.table.columns.iter().filter(|column| !is_set(column)) {
            if let Some(value) = self.on_update(column) {
                check_column(entry, &column.name, WriteKind::Update)?;
                all.push(Assignment { column: &column.name, value });
            }
        }
        Ok(())
    }

    /// The `on_update` value of a column, for an update that does not set it.
    fn on_update(&self, column: &'a Column) -> Option<Typed<'a>> {
        let kind = column.ty.kind;
        let expr = match &column.on_update {
            DefaultValue::None | DefaultValue::GeneratedKey => return None,
            DefaultValue::Literal(value) => Expr::Bind(Bind {
                source: ValueSource::Literal(value.clone()),
                kind: Some(kind),
                node: NodeId::MAX,
                bounds: None,
                alone: false,
            }),
            DefaultValue::Now => Expr::Now(kind),
            expression @ DefaultValue::Expression(_) => Expr::Declared(expression),
        };
        Some(self.stored(Typed::new(expr, resolved::Type::Declared(&column.ty)), column))
    }
}

/// Refuses to write a column without permission in its table's rules.
fn check_column(entry: &Entry, name: &str, writes: WriteKind) -> Result<()> {
    entry.rules.as_ref().map_or(Ok(()), |rules| rules.check_column(&entry.table.name, name, writes))
}

/// The names of the columns, followed by those that the host fills.
pub(crate) fn with_presets<'a>(names: &'a [String], entry: &'a Entry) -> Cow<'a, [String]> {
    let presets = entry.rules.iter().flat_map(|rules| &rules.presets).map(|preset| &preset.column.name);
    let mut names = Cow::Borrowed(names);
    presets.for_each(|preset| names.to_mut().push(preset.clone()));
    names
}

/// A conflict's key, with the host-filled columns that the read condition names: without them it could match a row of another owner.
fn decisive<'a>(key: &'a [String], entry: &'a Entry) -> Cow<'a, [String]> {
    let Some(rules) = &entry.rules else { return Cow::Borrowed(key) };
    let decides = |name: &String| rules.rows.as_ref().is_some_and(|rows| rows.columns.contains(name));
    let presets = rules.presets.iter().map(|preset| &preset.column.name);
    let added = presets.filter(|name| decides(name) && !key.contains(name));
    Cow::Owned(key.iter().chain(added).cloned().collect())
}

/// Appends constants as columns to all rows of a query.
fn append<'a>(query: &mut Query<'a>, constants: &[Typed<'a>]) {
    match &mut query.body {
        Body::Select(select) => {
            let named = |(at, value): (usize, &Typed<'a>)| resolved::Column {
                value: value.clone(),
                name: Cow::Owned(format!("preset{at}")),
            };
            select.columns.extend(constants.iter().enumerate().map(named));
        }
        Body::Compound(_, parts) => parts.iter_mut().for_each(|part| append(part, constants)),
    }
}

/// The columns of these names. Refuses duplicates, computed columns and columns without permission for this kind of write.
pub(crate) fn writable<'a>(
    entry: &'a Entry,
    names: impl Iterator<Item = &'a str>,
    writes: WriteKind,
) -> Result<Vec<&'a Column>> {
    let mut seen = HashSet::new();
    let mut columns = Vec::new();
    for name in names {
        let column = entry.column(name).ok_or_else(|| no_column(Some(&entry.table.name), name))?;
        check_column(entry, name, writes)?;
        if column.computed.is_some() {
            return Err(Error::invalid(format!("the column {name:?} is computed and cannot be written")));
        }
        if !seen.insert(name) {
            return Err(Error::invalid(format!("the column {name:?} is written twice")));
        }
        columns.push(column);
    }
    Ok(columns)
}

/// Whether a row of this insert can conflict with a key. It cannot if it omits a key column that then is generated or null.
fn can_conflict(key: &[String], insert: &Insert, table: &Table) -> bool {
    let left_out = |name: &String| !insert.columns.contains(name);
    let harmless = |column: &Column| match column.default {
        DefaultValue::GeneratedKey => true,
        DefaultValue::None => column.nullable && column.computed.is_none(),
        _ => false,
    };
    !table.columns.iter().any(|column| key.contains(&column.name) && left_out(&column.name) && harmless(column))
}

/// Orders assignments so that none reads a column that an earlier one sets. MySQL would read the new value; other databases read
/// the old one.
fn reordered<'a>(mut left: Vec<(Assignment<'a>, HashSet<&'a str>)>) -> Result<Vec<Assignment<'a>>> {
    // For each column, the number of remaining assignments to other columns that read it.
    let mut readers: HashMap<&str, usize> = HashMap::new();
    for (assignment, reads) in &left {
        for column in reads.iter().filter(|column| **column != assignment.column) {
            *readers.entry(column).or_default() += 1;
        }
    }
    let mut ordered = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let free =
            |(assignment, _): &(Assignment<'a>, _)| readers.get(assignment.column).is_none_or(|count| *count == 0);
        let Some(position) = left.iter().position(free) else {
            let message = "this database sets columns one after the other, and these read each other's old values";
            return Err(unsupported("simultaneous-assignment", message));
        };
        let (assignment, reads) = left.remove(position);
        for column in reads.iter().filter(|column| **column != assignment.column) {
            readers.entry(column).and_modify(|count| *count -= 1);
        }
        ordered.push(assignment);
    }
    Ok(ordered)
}
