//! Rewrites statements about tables with rules, so that they read and change only the rows and columns that the rules permit.
//!
//! A table that is read becomes a subquery of its readable columns and rows under the same name, in every position. For a table that is
//! changed or locked, the rule's condition is added to the guest's own condition.

use std::{borrow::Cow, sync::Arc};

use super::{
    Checker,
    query::shape,
    scope::{ScopeSource, SourceColumns, no_column},
};
use crate::{
    Catalog, Dialect, Error, Result,
    catalog::Entry,
    compiled::{Condition, ValueSource},
    error::Limited,
    policy::{Allow, Predicate, Rules, TableRules, WriteKind},
    resolved::{self, Bind, Body, Expr, FromItem, Query, Select, Type, Typed},
    schema::Column,
    statement::{ListOp, Listed, Node, NodeId, Root, Statement},
};

impl Catalog {
    /// Puts the catalog's tables under rules, which apply to all statements from now on, and to tables that are reflected.
    ///
    /// # Errors
    ///
    /// A table or a column that does not exist under the rules, or a rule that this database cannot evaluate.
    pub fn under(self, rules: Arc<Rules>, dialect: Dialect) -> Result<Self> {
        let catalog = self.ruled(rules)?;
        catalog.entries().iter().try_for_each(|entry| check_rules(entry, &catalog, dialect))?;
        Ok(catalog)
    }
}

/// Checks that the rules of a table can be evaluated by a database.
///
/// # Errors
///
/// A rule cannot be evaluated. The message has no details, since guests read it.
fn check_rules(entry: &Entry, catalog: &Catalog, dialect: Dialect) -> Result<()> {
    let Some(rules) = entry.rules.as_deref() else { return Ok(()) };
    let own = entry.table.name.as_str();
    let all = rules.rows.iter().chain(&rules.updated).chain(&rules.deleted).chain(rules.masks.values());
    let mut checker = Checker::new(&[], catalog, dialect);
    for predicate in all {
        if checker.rule(predicate, own, own).is_err() {
            return Err(Error::invalid(format!("the policy of {own:?} cannot be evaluated by this database")));
        }
    }
    Ok(())
}

impl<'a> Checker<'a> {
    /// Resolves a rule's expression about the rows of the table `own`, whose columns are qualified by `written`.
    fn rule(&mut self, predicate: &'a Predicate, own: &'a str, written: &'a str) -> Result<Typed<'a>> {
        self.add(predicate.nodes.len())?;
        let nodes = std::mem::replace(&mut self.nodes, &predicate.nodes);
        let scope = std::mem::take(&mut self.scope);
        let (excluded, reads, beside) = (self.excluded.take(), self.reads.take(), self.beside.take());
        let aggregates = self.aggregates;
        self.rule = Some(self.place(predicate));
        self.scope.levels.push(vec![ScopeSource { written, ..ScopeSource::new(own, SourceColumns::Any) }]);
        let condition = self.condition(predicate.root);
        self.rule = None;
        (self.nodes, self.scope, self.excluded, self.reads) = (nodes, scope, excluded, reads);
        (self.beside, self.aggregates) = (beside, aggregates);
        condition
    }

    /// Counts what rules add to a statement, up to the limit: a guest controls how often it names a table and a masked column.
    fn add(&mut self, count: usize) -> Result<()> {
        self.added = self.added.saturating_add(count);
        if self.added > self.most_added {
            return Err(Error::Limit { what: Limited::StatementSize, allowed: self.most_added as u64 });
        }
        Ok(())
    }

    /// The virtual position of a rule's first node, the same on each use, so that equal expressions get the same numbered placeholders.
    fn place(&mut self, predicate: &'a Predicate) -> NodeId {
        let known = self.places.iter().find(|(_, other)| std::ptr::eq(*other, predicate));
        if let Some((first, _)) = known {
            return *first;
        }
        // Statements have fewer nodes than this.
        const FIRST: NodeId = 1 << 31;
        let after = |(first, last): &(NodeId, &Predicate)| {
            first.saturating_add(last.nodes.len().try_into().unwrap_or(NodeId::MAX))
        };
        let first = self.places.last().map_or(FIRST, after);
        self.places.push((first, predicate));
        first
    }

    /// A table as a source, under its alias or its own name: under rules, a subquery, but the table itself where its rows are locked.
    pub(crate) fn read(
        &mut self,
        entry: &'a Entry,
        schema: Option<&'a str>,
        alias: Option<&'a str>,
    ) -> Result<FromItem<'a>> {
        let name = entry.table.name.as_str();
        let plain = FromItem::Table { schema, name, alias };
        let Some(rules) = entry.rules.as_deref() else { return Ok(plain) };
        self.ruled.push((name, rules));
        let own = self.source_columns(entry)?;
        if self.beside.is_none() {
            let query = self.visible(entry, rules, FromItem::Table { schema, name, alias: None }, own)?;
            return Ok(FromItem::Query { query: Box::new(query), alias: alias.unwrap_or(name), lateral: false });
        }
        if self.is_fenced || !rules.masks.is_empty() {
            let why = "together with masks or with conditions that a value can make fail";
            return Err(Error::Denied(format!("locking rows of {name} {why}")));
        }
        let written = alias.unwrap_or(name);
        if alias.is_some() && rules.rows.as_ref().is_some_and(|rows| names_source(rows, written)) {
            return Err(Error::Denied(format!(
                "locking rows of {name} by the name {written}, which a condition of the host's has"
            )));
        }
        let condition = rules.rows.as_ref().map(|rows| self.rule(rows, name, written)).transpose()?;
        self.beside.iter_mut().for_each(|beside| beside.extend(condition.clone()));
        Ok(plain)
    }

    /// The readable columns of a table.
    fn source_columns(&self, entry: &'a Entry) -> Result<Vec<&'a Column>> {
        let columns: Vec<_> =
            entry.table.columns.iter().filter(|column| entry.readable(&column.name).is_some()).collect();
        if columns.is_empty() {
            return Err(Error::Denied(format!("reading {}", entry.table.name)));
        }
        Ok(columns)
    }

    /// The subquery of a table's readable rows and columns.
    fn visible(
        &mut self,
        entry: &'a Entry,
        rules: &'a TableRules,
        source: FromItem<'a>,
        own: Vec<&'a Column>,
    ) -> Result<Query<'a>> {
        let name = entry.table.name.as_str();
        self.add(own.len())?;
        let filter = rules.rows.as_ref().map(|rows| self.rule(rows, name, name)).transpose()?;
        let columns =
            own.into_iter().map(|column| self.shown(Some(name), entry, column)).collect::<Result<Vec<_>>>()?;
        let (shape, is_fenced) = (shape(&columns), self.is_fenced && filter.is_some());
        let select = Select {
            columns,
            distinct: false,
            is_compared: false,
            source: Some(source),
            filter,
            group_by: Vec::new(),
            having: None,
        };
        let body = Body::Select(Box::new(select));
        Ok(Query { is_fenced, ..Query::new(body, shape) })
    }

    /// A column of the table itself as a result column, masked where it has a mask.
    pub(crate) fn shown(
        &mut self,
        table: Option<&'a str>,
        entry: &'a Entry,
        column: &'a Column,
    ) -> Result<resolved::Column<'a>> {
        if !entry.is_masked(&column.name) {
            return Ok(Self::returned(table, column));
        }
        let value = self.masked(entry, table.unwrap_or(&entry.table.name), &column.name)?;
        Ok(resolved::Column { value, name: Cow::Borrowed(&column.name) })
    }

    /// The value of a masked column of the table itself, qualified by this name.
    pub(super) fn masked(&mut self, entry: &'a Entry, written: &'a str, name: &'a str) -> Result<Typed<'a>> {
        let column = entry.readable(name).ok_or_else(|| no_column(Some(written), name))?;
        let value = Self::column_of(Some(written), column);
        let mask = entry.rules.as_deref().and_then(|rules| rules.masks.get(name));
        let Some(mask) = mask else { return Ok(value) };
        let condition = self.rule(mask, &entry.table.name, written)?;
        let expr = Expr::Case { whens: vec![(condition, value)], otherwise: None };
        Ok(Typed { nullable: Some(true), ..Typed::new(expr, Type::Declared(&column.ty)) })
    }

    /// Adds the changed table to the current scope, where conditions and values find its columns.
    pub(super) fn enter(&mut self, name: &'a str, entry: &'a Entry) -> Result<()> {
        self.scope.add(ScopeSource { is_bare: true, ..ScopeSource::new(name, SourceColumns::Table(entry)) })
    }

    /// The conditions for rows that may be changed; without any, all rows.
    pub(crate) fn changeable(&mut self, entry: &'a Entry, writes: WriteKind) -> Result<Vec<Typed<'a>>> {
        let name = entry.table.name.as_str();
        let Some(rules) = entry.rules.as_deref() else { return Ok(Vec::new()) };
        rules.check(name, writes)?;
        let own = if writes == WriteKind::Delete { &rules.deleted } else { &rules.updated };
        rules.rows.iter().chain(own).map(|rule| self.rule(rule, name, name)).collect()
    }

    /// Combines the rule's and the guest's conditions of a change. Parts of the guest's condition that a value can make fail are evaluated
    /// only for rows that fulfil the rule.
    pub(super) fn changed(&mut self, mut rule: Vec<Typed<'a>>, filter: Option<NodeId>) -> Result<Option<Typed<'a>>> {
        let Some(filter) = filter else { return Ok(Typed::all(rule, None)) };
        if !self.is_fenced || rule.is_empty() {
            let filter = self.condition(filter)?;
            return Ok(Typed::all(rule, Some(filter)));
        }
        let mut fallible = Vec::new();
        for id in self.conjuncts(filter)? {
            let before = self.mixes.replace(false);
            let condition = self.condition(id)?;
            let mixes = self.mixes.replace(before);
            self.mixes.set(before || mixes);
            if mixes || self.fallible.as_ref().is_none_or(|fallible| fallible.can_fail(id)) {
                fallible.push(condition)
            } else {
                rule.push(condition)
            }
        }
        let Some(fenced) = Typed::all(fallible, None) else { return Ok(Typed::all(rule, None)) };
        let all = Typed::boolean(Expr::All(rule));
        let expr = Expr::Case { whens: vec![(all.clone(), fenced)], otherwise: None };
        // The rule's condition is repeated outside of the `CASE`, so that an index can find the rows.
        Ok(Typed::all(vec![all], Some(Typed::boolean(expr))))
    }

    /// Whether any comparison in a change could fail for a value that it reads: a guest may declare a text column as a number.
    pub(super) fn is_strict_about(&self, statement: &Statement) -> bool {
        let is_change = !matches!(statement.root, Root::Select(_));
        is_change && self.can.strict_changes && statement.nodes.iter().any(|node| matches!(node, Node::Table(_)))
    }

    /// Whether a statement compares values of different sorts and is not fenced yet, where that can fail. In queries most databases only
    /// warn; SQLite's functions for decimals fail.
    pub(super) fn mixes_unfenced(&self, root: &Root) -> bool {
        let is_change = !matches!(root, Root::Select(_));
        let fails = self.can.text_decimals || (self.can.strict_changes && is_change);
        fails && self.mixes.get() && !self.is_fenced && self.catalog.rules().is_some()
    }

    /// Splits a condition into its conjuncts.
    fn conjuncts(&self, id: NodeId) -> Result<Vec<NodeId>> {
        Ok(match self.node(id)? {
            Node::Listed(Listed { op: ListOp::And, items }) if !items.is_empty() => items.clone(),
            _ => vec![id],
        })
    }

    /// Refuses `RETURNING` columns without the permission [`Allow::Returning`].
    pub(crate) fn check_returning(&self, entry: &Entry, returns: bool) -> Result<()> {
        match entry.rules.as_deref() {
            Some(rules) if returns => rules.require(&entry.table.name, Allow::Returning),
            _ => Ok(()),
        }
    }

    /// Refuses aggregates and locks without permission. It runs after the whole statement is resolved.
    pub(super) fn check_allowed(&self) -> Result<()> {
        for (table, rules) in &self.ruled {
            if self.aggregates {
                rules.require(table, Allow::Aggregate)?;
            }
            if self.locks {
                rules.require(table, Allow::Lock)?;
            }
        }
        Ok(())
    }

    /// The columns that the host fills in each inserted row.
    pub(super) fn presets(entry: &'a Entry) -> Vec<Typed<'a>> {
        let presets = entry.rules.iter().flat_map(|rules| &rules.presets);
        let bind = |preset: &'a crate::policy::Preset| {
            let (source, kind) = (ValueSource::Literal(preset.value.clone()), Some(preset.column.ty.kind));
            let bind = Bind { source, kind, node: NodeId::MAX, bounds: None, alone: true };
            Typed::new(Expr::Bind(bind), Type::Declared(&preset.column.ty))
        };
        presets.map(bind).collect()
    }

    /// Records the check of a row's values. Each column that the check names needs a bind value, which the host can evaluate.
    pub(super) fn enforce_check<'v>(
        &mut self,
        entry: &Entry,
        writes: WriteKind,
        value: impl Fn(&str) -> Option<&'v Typed<'a>>,
    ) -> Result<()>
    where
        'a: 'v,
    {
        let Some(rules) = entry.rules.as_deref() else { return Ok(()) };
        let check = if writes == WriteKind::Update { &rules.update_check } else { &rules.insert_check };
        let Some(predicate) = check else { return Ok(()) };
        // An update that sets none of these columns cannot change the check's result.
        if writes == WriteKind::Update && !predicate.columns.iter().any(|column| value(column).is_some()) {
            return Ok(());
        }
        let mut values = Vec::with_capacity(predicate.columns.len());
        for column in &predicate.columns {
            let preset = rules.presets.iter().find(|preset| preset.column.name == *column);
            let source = match (value(column).map(|value| &value.expr), preset) {
                (Some(Expr::Bind(bind)), _) => bind.source.clone(),
                (None, Some(preset)) if writes == WriteKind::Insert => ValueSource::Literal(preset.value.clone()),
                _ => {
                    let table = &entry.table.name;
                    return Err(Error::Denied(format!(
                        "writing to {table} without a value for {column}, which is checked"
                    )));
                }
            };
            values.push((column.clone(), source));
        }
        let (table, predicate) = (entry.table.name.clone(), Arc::clone(predicate));
        self.conditions.push(Condition { table, predicate, values });
        Ok(())
    }
}

/// Whether a source inside of an expression has this name, which would shadow the expression's own row there. Ignores case, as some
/// databases do.
fn names_source(predicate: &Predicate, name: &str) -> bool {
    let is_it = |other: &str| other.to_lowercase() == name.to_lowercase();
    predicate.nodes.iter().any(|node| match node {
        Node::Table(table) => is_it(table.alias.as_deref().unwrap_or(&table.table)),
        Node::Subquery(query) => is_it(&query.alias),
        _ => false,
    })
}
