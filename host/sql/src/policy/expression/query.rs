//! Queries of rules, and the resolution of the columns in them.
//!
//! A column without a table name belongs to the query's only source. With several sources it needs a table name: a search by column
//! name alone could silently resolve a missing column to the table around the query.

use sqlparser::ast::{
    Expr, GroupByExpr, Ident, Join as Joined, JoinConstraint, JoinOperator, ObjectName, Query, Select as Selected,
    SelectFlavor, SelectItem, SetExpr, TableAlias, TableFactor, TableWithJoins,
};

use super::parser::{Class, ExpressionParser, Result, Sources};
use crate::statement::{Join, JoinKind, Membership, Node, NodeId, Select, SourceTable};

const SHAPE: &str = "it is select columns from tables with inner joins, where a condition";

impl ExpressionParser<'_> {
    pub(super) fn exists(&mut self, query: &Query, negated: bool) -> Result<NodeId> {
        let query = self.query(query, None)?;
        let exists = self.push(Node::Exists(query), &[query])?;
        self.negated(negated, exists)
    }

    pub(super) fn membership(&mut self, value: &Expr, query: &Query, negated: bool) -> Result<NodeId> {
        let value = self.operand(Class::Comparison, value)?;
        let query = self.query(query, Some(1))?;
        self.push(Node::Membership(Membership { value, query, negated }), &[value, query])
    }

    /// The name of a column's source; `None` for a column of the rule's own table.
    pub(super) fn source_of(&self, table: Option<&Ident>) -> Result<Option<String>> {
        let Some(table) = table else {
            return match self.queries.last().map(|query| query.names.as_slice()) {
                None => Ok(None),
                Some([only]) => Ok(Some(only.clone())),
                Some(_) => Err(self.refuse("the query has several tables; write the column's table before it")),
            };
        };
        let find = |query: &Sources| {
            let position = query.names.iter().position(|name| *name == table.value);
            position.map(|position| position < query.joined)
        };
        match self.queries.iter().rev().find_map(find) {
            Some(true) => Ok(Some(table.value.clone())),
            Some(false) => Err(self.refuse(format!("the table {:?} is joined later than it is named", table.value))),
            None if self.is_own(&table.value) => Ok(None),
            None => Err(self.refuse(format!(
                "there is no table {:?} here; columns are those of {:?} and of the tables of queries around them",
                table.value,
                self.own()
            ))),
        }
    }

    /// Converts a query, which has `columns` columns, or any number for `None`.
    fn query(&mut self, query: &Query, columns: Option<usize>) -> Result<NodeId> {
        let select = self.plain_query(query)?;
        let (projection, from, selection) = self.plain_select(select)?;
        if columns.is_some_and(|columns| columns != projection.len()) {
            return Err(self.refuse("the query after in has one column"));
        }
        let names = self.names(from)?;
        self.queries.push(Sources { names, joined: 0 });
        let source = self.sources(from)?;
        let filter = selection.map(|condition| self.expression(condition)).transpose()?;
        let columns = self.projection(projection)?;
        self.queries.pop();
        let operands: Vec<NodeId> = columns.iter().copied().chain([source]).chain(filter).collect();
        let select = Select {
            ctes: Vec::new(),
            columns,
            distinct: false,
            source: Some(source),
            filter,
            group_by: Vec::new(),
            having: None,
            order_by: Vec::new(),
            limit: None,
            offset: None,
            lock: None,
        };
        self.push(Node::Select(select), &operands)
    }

    /// Returns the select of a query that has no other clauses. It names all fields, so that one added by the library fails to compile.
    fn plain_query<'q>(&self, query: &'q Query) -> Result<&'q Selected> {
        let Query {
            with,
            body,
            order_by,
            limit_clause,
            fetch,
            locks,
            for_clause,
            settings,
            format_clause,
            pipe_operators,
        } = query;
        let found = [
            (with.is_some(), "with"),
            (order_by.is_some(), "order by"),
            (limit_clause.is_some() || fetch.is_some(), "limit"),
            (!locks.is_empty() || for_clause.is_some(), "for"),
            (settings.is_some() || format_clause.is_some() || !pipe_operators.is_empty(), "settings"),
            (matches!(**body, SetExpr::SetOperation { .. }), "union"),
            (matches!(**body, SetExpr::Values(_)), "values"),
        ];
        self.none_of(&found)?;
        match &**body {
            SetExpr::Select(select) => Ok(select),
            _ => Err(self.refuse(format!("a query of a rule is one select: {SHAPE}"))),
        }
    }

    #[allow(clippy::type_complexity, reason = "the three parts that a plain select has")]
    fn plain_select<'q>(
        &self,
        select: &'q Selected,
    ) -> Result<(&'q [SelectItem], &'q TableWithJoins, Option<&'q Expr>)> {
        let Selected {
            select_token: _,
            optimizer_hints,
            distinct,
            select_modifiers,
            top,
            top_before_distinct: _,
            projection,
            exclude,
            into,
            from,
            lateral_views,
            prewhere,
            selection,
            connect_by,
            group_by,
            cluster_by,
            distribute_by,
            sort_by,
            having,
            named_window,
            qualify,
            window_before_qualify: _,
            value_table_mode,
            flavor,
        } = select;
        let grouped = !matches!(group_by, GroupByExpr::Expressions(keys, more) if keys.is_empty() && more.is_empty());
        let found = [
            (distinct.is_some(), "distinct"),
            (grouped, "group by"),
            (having.is_some(), "having"),
            (!named_window.is_empty() || qualify.is_some(), "window"),
            (top.is_some(), "top"),
            (into.is_some(), "into"),
            (!connect_by.is_empty(), "connect by"),
            (!cluster_by.is_empty() || !distribute_by.is_empty() || !sort_by.is_empty(), "sort by"),
            (prewhere.is_some(), "prewhere"),
            (!optimizer_hints.is_empty() || select_modifiers.is_some(), "hint"),
            (exclude.is_some() || value_table_mode.is_some() || !lateral_views.is_empty(), "lateral view"),
            (*flavor != SelectFlavor::Standard, "from before select"),
        ];
        self.none_of(&found)?;
        match from.as_slice() {
            [from] => Ok((projection, from, selection.as_ref())),
            [] => Err(self.refuse("a query of a rule reads a table; write from")),
            _ => Err(self.refuse("the tables of a query are put together by join … on, not by commas")),
        }
    }

    fn none_of(&self, found: &[(bool, &str)]) -> Result<()> {
        match found.iter().find(|(found, _)| *found) {
            Some((_, what)) => Err(self.refuse(format!("a query of a rule has no {what}; {SHAPE}"))),
            None => Ok(()),
        }
    }

    /// The names of the sources. Some databases ignore case, so there names that differ only by case would shadow each other.
    fn names(&self, from: &TableWithJoins) -> Result<Vec<String>> {
        let mut names: Vec<String> = Vec::with_capacity(from.joins.len() + 1);
        for factor in std::iter::once(&from.relation).chain(from.joins.iter().map(|join| &join.relation)) {
            let name = self.source_name(factor)?;
            let like = |other: &str| other.to_lowercase() == name.to_lowercase();
            if names.iter().any(|other| like(other)) {
                return Err(self.refuse(format!("two tables of the query have the name {name:?}; give one an alias")));
            }
            let around = self.queries.iter().flat_map(|query| &query.names).map(String::as_str);
            if around.chain([self.own()]).any(|other| like(other) && other != name) {
                let message =
                    format!("the name {name:?} differs by case alone from a table around it; give it an alias");
                return Err(self.refuse(message));
            }
            names.push(name);
        }
        Ok(names)
    }

    fn source_name(&self, factor: &TableFactor) -> Result<String> {
        let SourceTable { table, alias, .. } = self.table(factor)?;
        Ok(alias.unwrap_or(table))
    }

    fn table(&self, factor: &TableFactor) -> Result<SourceTable> {
        let TableFactor::Table {
            name,
            alias,
            args,
            with_hints,
            version,
            with_ordinality,
            partitions,
            json_path,
            sample,
            index_hints,
        } = factor
        else {
            return Err(self.refuse("the sources of a query are tables; there are no queries and functions among them"));
        };
        let plain = args.is_none()
            && with_hints.is_empty()
            && version.is_none()
            && !with_ordinality
            && partitions.is_empty()
            && json_path.is_none()
            && sample.is_none()
            && index_hints.is_empty();
        let alias = match alias {
            None => None,
            Some(TableAlias { explicit: _, name, columns, at: None }) if columns.is_empty() => Some(name.value.clone()),
            Some(_) => return Err(self.refuse("the alias of a table names no columns")),
        };
        match identifiers(name).as_deref() {
            Some([table]) if plain => Ok(SourceTable { table: table.value.clone(), schema: None, alias }),
            Some([schema, table]) if plain => {
                Ok(SourceTable { table: table.value.clone(), schema: Some(schema.value.clone()), alias })
            }
            _ => Err(self.refuse("a table of a query is written as name or schema.name, and an alias")),
        }
    }

    /// Converts the tables, joined from left to right. A join's condition sees the tables joined so far.
    fn sources(&mut self, from: &TableWithJoins) -> Result<NodeId> {
        let mut left = self.source(&from.relation)?;
        for Joined { relation, global, join_operator } in &from.joins {
            let right = self.source(relation)?;
            let condition = match join_operator {
                JoinOperator::Join(JoinConstraint::On(condition))
                | JoinOperator::Inner(JoinConstraint::On(condition))
                    if !global =>
                {
                    condition
                }
                _ => return Err(self.refuse("tables of a query are joined by join … on; there are no other joins")),
            };
            let on = self.expression(condition)?;
            left =
                self.push(Node::Join(Join { kind: JoinKind::Inner, left, right, on: Some(on) }), &[left, right, on])?;
        }
        Ok(left)
    }

    fn source(&mut self, factor: &TableFactor) -> Result<NodeId> {
        let table = self.table(factor)?;
        self.tables.insert(table.table.clone());
        if let Some(query) = self.queries.last_mut() {
            query.joined += 1;
        }
        self.push(Node::Table(table), &[])
    }

    fn projection(&mut self, items: &[SelectItem]) -> Result<Vec<NodeId>> {
        let mut columns = Vec::with_capacity(items.len());
        for item in items {
            match item {
                SelectItem::UnnamedExpr(expression) => columns.push(self.expression(expression)?),
                SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..) => {
                    return Err(
                        self.refuse("a query of a rule has no *; write its column, or select 1 where any row will do")
                    );
                }
                _ => return Err(self.refuse("the columns of a query of a rule have no aliases; leave them away")),
            }
        }
        Ok(columns)
    }
}

fn identifiers(name: &ObjectName) -> Option<Vec<&Ident>> {
    name.0.iter().map(|part| part.as_ident()).collect()
}
