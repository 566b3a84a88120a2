//! Resolves queries: selects, compounds, their sources and common table expressions.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

use super::{
    Checker, at,
    decimal::wider,
    function,
    scope::{DerivedTable, ScopeSource, SourceColumns, VisibleCte},
};
use crate::{
    Error, Result, Scalar, Value,
    resolved::{self, Body, Column, Expr, FromItem, Query, ResultColumn, Type, Typed},
    schema::TypeKind,
    statement::{Compound, Cte, Join, JoinKind, Locking, Node, NodeId, Order, Select, SetOp, SourceQuery, SourceTable},
};

/// The most common table expressions in scope at one position.
const MAX_CTES: usize = 256;
/// The most columns of a query; no database has more than 4,096.
const MAX_COLUMNS: usize = 4_096;

/// The name and columns of a recursive common table expression, while its query is resolved.
type Itself<'a> = Option<(&'a str, &'a [String])>;

impl<'a> Checker<'a> {
    /// Resolves a query, which may refer to the sources of the queries around it.
    pub(super) fn query(&mut self, id: NodeId) -> Result<Query<'a>> {
        self.query_named(id, None)
    }

    fn query_named(&mut self, id: NodeId, itself: Itself<'a>) -> Result<Query<'a>> {
        let known = self.scope.ctes.len();
        let query = match self.node(id)? {
            Node::Select(select) => self.select(id, select),
            Node::Compound(compound) => self.compound(id, compound, itself),
            _ => Err(at(id, "it is no query")),
        };
        self.scope.ctes.truncate(known);
        query
    }

    fn ctes(&mut self, ctes: &'a [Cte]) -> Result<Vec<resolved::Cte<'a>>> {
        let mut names = HashSet::new();
        let mut plans = Vec::with_capacity(ctes.len().min(MAX_CTES));
        for cte in ctes {
            // Each source's lookup searches all of them.
            if self.scope.ctes.len() >= MAX_CTES {
                return Err(Error::invalid(format!("{MAX_CTES} common table expressions are the most at one place")));
            }
            self.name("common table expression", &cte.name)?;
            cte.columns.iter().try_for_each(|column| self.name("column", column))?;
            if self.catalog.rules().is_some_and(|rules| rules.names(&cte.name)) {
                return Err(Error::Denied(format!("a common table expression by the name {}", cte.name)));
            }
            if !names.insert(&cte.name) {
                return Err(Error::invalid(format!("two common table expressions have the name {:?}", cte.name)));
            }
            let itself = cte.recursive.then_some((cte.name.as_str(), cte.columns.as_slice()));
            let query = self.query_named(cte.query, itself)?;
            let columns = DerivedTable::new(&query.shape, &cte.columns)?;
            self.scope.ctes.push(VisibleCte { name: &cte.name, columns });
            let recursive = cte.recursive;
            plans.push(resolved::Cte { name: &cte.name, columns: &cte.columns, recursive, query });
        }
        Ok(plans)
    }

    fn select(&mut self, id: NodeId, select: &'a Select) -> Result<Query<'a>> {
        let ctes = self.ctes(&select.ctes)?;
        self.scope.levels.push(Vec::new());
        let query = self.select_body(id, select, ctes);
        self.scope.levels.pop();
        query
    }

    fn select_body(&mut self, id: NodeId, select: &'a Select, ctes: Vec<resolved::Cte<'a>>) -> Result<Query<'a>> {
        let around = std::mem::replace(&mut self.beside, select.lock.as_ref().map(|_| Vec::new()));
        let source = select.source.map(|source| self.source(source)).transpose();
        let beside = std::mem::replace(&mut self.beside, around).unwrap_or_default();
        let source = source?;
        let filter = select.filter.map(|filter| self.condition(filter)).transpose()?;
        let filter = Typed::all(beside, filter);
        let columns = self.columns(&select.columns)?;
        let mut group_by = Vec::with_capacity(select.group_by.len());
        for key in &select.group_by {
            group_by.push(self.value(*key, None)?);
        }
        let having = select.having.map(|having| self.condition(having)).transpose()?;
        let shape = shape(&columns);
        let order_by = self.select_orders(&select.order_by, &shape)?;
        let limit = self.bound(select.limit)?;
        let offset = self.bound(select.offset)?;
        if let Some(lock) = &select.lock {
            let several = select.distinct || !select.group_by.is_empty() || select.having.is_some();
            self.lock(id, lock, several || select.source.is_none())?;
        }
        let lock = select.lock.as_ref();
        let distinct = select.distinct;
        let select = resolved::Select { columns, distinct, is_compared: false, source, filter, group_by, having };
        Ok(Query { ctes, body: Body::Select(Box::new(select)), order_by, limit, offset, lock, is_fenced: false, shape })
    }

    /// Resolves result columns. A column is named by its label, its own name, its function, or its position.
    pub(super) fn columns(&mut self, ids: &'a [NodeId]) -> Result<Vec<Column<'a>>> {
        if ids.len() > MAX_COLUMNS {
            return Err(Error::invalid(format!("a result has {} columns, {MAX_COLUMNS} are the most", ids.len())));
        }
        let mut columns = Vec::with_capacity(ids.len());
        for (position, id) in ids.iter().enumerate() {
            let (value, name) = match self.node(*id)? {
                Node::Label(label) => {
                    self.name("label", &label.label)?;
                    (self.value(label.value, None)?, Cow::Borrowed(label.label.as_str()))
                }
                _ => {
                    let value = self.value(*id, None)?;
                    let name = own_name(&value, position);
                    (value, name)
                }
            };
            columns.push(Column { value, name });
        }
        Ok(columns)
    }

    /// Resolves the `ORDER BY` keys of a select. A name means a column of its sources first, then a label of its result.
    fn select_orders(&mut self, orders: &'a [Order], shape: &[ResultColumn<'a>]) -> Result<Vec<resolved::Order<'a>>> {
        let labels = Labels::new(orders, shape);
        let mut keys = Vec::with_capacity(orders.len());
        for order in orders {
            let value = match self.value(order.expression, None) {
                Err(Error::NoSuchColumn { table: None, column }) => {
                    self.label(order.expression, &labels).ok_or(Error::NoSuchColumn { table: None, column })?
                }
                value => value?,
            };
            keys.push(self.order(order, value)?);
        }
        Ok(keys)
    }

    /// Finds a result column by its name.
    fn label(&self, id: NodeId, labels: &Labels<'_, 'a>) -> Option<Typed<'a>> {
        let Ok(Node::Column(column)) = self.node(id) else {
            return None;
        };
        if column.table.is_some() {
            return None;
        }
        let ty = labels.0.get(column.name.as_str())?;
        Some(Typed::new(Expr::Column { table: None, name: &column.name }, *ty))
    }

    /// Resolves a limit or an offset.
    fn bound(&mut self, id: Option<NodeId>) -> Result<Option<Typed<'a>>> {
        let Some(id) = id else {
            return Ok(None);
        };
        if let Node::Literal(value) = self.node(id)? {
            let fits = match value {
                Value::Scalar(Scalar::Integer(count)) => *count >= 0,
                Value::Scalar(Scalar::Unsigned(count)) => i64::try_from(*count).is_ok(),
                _ => false,
            };
            if !fits {
                return Err(at(id, "a limit or offset is an integer from 0 to 2^63-1"));
            }
        }
        let mut bound = self.value(id, Some(TypeKind::Int64))?;
        if let Expr::Bind(bind) = &mut bound.expr {
            bind.kind = Some(TypeKind::Int64);
        }
        Ok(Some(bound))
    }

    fn lock(&mut self, id: NodeId, lock: &Locking, impossible: bool) -> Result<()> {
        self.require(
            self.can.row_locking,
            "row-locking",
            "this database locks no rows; its writers exclude each other",
        )?;
        let options = lock.no_wait || lock.skip_locked;
        self.require(!options || self.can.lock_options, "lock-options", "this database always waits for locks")?;
        if lock.no_wait && lock.skip_locked {
            return Err(at(id, "a lock is not waited for or passed over, not both"));
        }
        if impossible {
            return Err(at(id, "only rows of sources can be locked: no distinct, groups or computed rows"));
        }
        let advice = "this database locks the rows of all sources; name none";
        self.require(lock.tables.is_empty() || self.can.lock_tables, "lock-tables", advice)?;
        let here = self.scope.levels.last().map(Vec::as_slice).unwrap_or_default();
        if let Some(missing) = lock.tables.iter().find(|name| !here.iter().any(|source| source.name == **name)) {
            return Err(at(id, format!("the lock names the source {missing:?}, which is not there")));
        }
        self.locks = true;
        Ok(())
    }

    /// Resolves a source, and adds its names to the current query.
    pub(super) fn source(&mut self, id: NodeId) -> Result<FromItem<'a>> {
        match self.node(id)? {
            Node::Table(table) => self.table(table),
            Node::Subquery(subquery) => self.subquery(subquery),
            Node::Join(join) => self.join(join),
            _ => Err(at(id, "it is no source")),
        }
    }

    fn table(&mut self, table: &'a SourceTable) -> Result<FromItem<'a>> {
        if let Some(alias) = &table.alias {
            self.name("source", alias)?;
        }
        let (schema, alias) = (table.schema.as_deref(), table.alias.as_deref());
        let name = alias.unwrap_or(&table.table);
        let plain = FromItem::Table { schema, name: &table.table, alias };
        let cte = if table.schema.is_none() { self.scope.cte(&table.table) } else { None };
        let (columns, origin) = match cte {
            Some(derived) => (SourceColumns::Derived(derived), plain),
            None if self.rule.is_some() => (SourceColumns::Any, plain),
            None => {
                let entry = self.entry(schema, &table.table)?;
                self.clock |= entry.table.is_view;
                (SourceColumns::Table(entry), self.read(entry, schema, alias)?)
            }
        };
        self.scope.add(ScopeSource::new(name, columns))?;
        Ok(origin)
    }

    /// Finds a declared or reflected table.
    pub(super) fn entry(&mut self, schema: Option<&str>, name: &str) -> Result<&'a crate::catalog::Entry> {
        let entry = self.catalog.entry(schema, name).ok_or_else(|| Error::NoSuchTable(name.to_owned()))?;
        self.tables.add(entry);
        Ok(entry)
    }

    fn subquery(&mut self, subquery: &'a SourceQuery) -> Result<FromItem<'a>> {
        self.name("source", &subquery.alias)?;
        self.require(!subquery.lateral || self.can.lateral, "lateral", "this database has no lateral subqueries")?;
        // Only a lateral query may refer to the sources before it.
        let siblings = if subquery.lateral { None } else { self.scope.levels.pop() };
        let query = self.query(subquery.query);
        self.scope.levels.extend(siblings);
        let query = query?;
        let columns = SourceColumns::Derived(DerivedTable::new(&query.shape, &[])?);
        self.scope.add(ScopeSource::new(&subquery.alias, columns))?;
        Ok(FromItem::Query { query: Box::new(query), alias: &subquery.alias, lateral: subquery.lateral })
    }

    fn join(&mut self, join: &'a Join) -> Result<FromItem<'a>> {
        let full = join.kind == JoinKind::Full;
        self.require(
            !full || self.can.full_join,
            "full-join",
            "this database has no full joins; unite two left joins",
        )?;
        let start = self.scope.count();
        let beside = self.beside.as_ref().map_or(0, Vec::len);
        let left = self.source(join.left)?;
        let middle = self.scope.count();
        let right = self.source(join.right)?;
        let end = self.scope.count();
        let on = join.on.map(|on| self.condition(on)).transpose()?.map(Box::new);
        let is_outer = !matches!(join.kind, JoinKind::Inner | JoinKind::Cross);
        if is_outer && self.beside.as_ref().map_or(0, Vec::len) > beside {
            return Err(Error::Denied("locking rows of an outer join of tables with rules".to_owned()));
        }
        if matches!(join.kind, JoinKind::Left | JoinKind::Full) {
            self.scope.make_optional(middle..end);
        }
        if matches!(join.kind, JoinKind::Right | JoinKind::Full) {
            self.scope.make_optional(start..middle);
        }
        Ok(FromItem::Join { kind: join.kind, left: Box::new(left), right: Box::new(right), on })
    }

    fn compound(&mut self, id: NodeId, compound: &'a Compound, itself: Itself<'a>) -> Result<Query<'a>> {
        let ctes = self.ctes(&compound.ctes)?;
        let recursive = itself.filter(|_| matches!(compound.op, SetOp::Union | SetOp::UnionAll));
        let mut parts: Vec<Query<'a>> = Vec::with_capacity(compound.parts.len());
        let mut shape: Vec<ResultColumn<'a>> = Vec::new();
        for part in &compound.parts {
            let query = self.query(*part)?;
            if parts.is_empty() {
                shape.clone_from(&query.shape);
                // Parts after the first may refer to the recursive query itself, which has the first part's columns.
                if let Some((name, columns)) = recursive {
                    self.scope.ctes.push(VisibleCte { name, columns: DerivedTable::new(&shape, columns)? });
                }
            }
            if query.shape.len() != shape.len() {
                let message = format!("the parts of a compound have {} and {} columns", shape.len(), query.shape.len());
                return Err(at(id, message));
            }
            for (whole, part) in shape.iter_mut().zip(&query.shape) {
                whole.ty = wider(whole.ty, part.ty);
                whole.nullable = match (whole.nullable, part.nullable) {
                    (Some(false), Some(false)) => Some(false),
                    (Some(true), _) | (_, Some(true)) => Some(true),
                    _ => None,
                };
            }
            parts.push(query);
        }
        self.unify_parts(&mut parts, &shape, compound.op != SetOp::UnionAll);
        let labels = Labels::new(&compound.order_by, &shape);
        let mut order_by = Vec::with_capacity(compound.order_by.len());
        for order in &compound.order_by {
            let Some(value) = self.label(order.expression, &labels) else {
                return Err(at(id, "a compound is ordered by the columns of its first part, without their table"));
            };
            order_by.push(self.order(order, value)?);
        }
        let limit = self.bound(compound.limit)?;
        let offset = self.bound(compound.offset)?;
        Ok(Query {
            ctes,
            body: Body::Compound(compound.op, parts),
            order_by,
            limit,
            offset,
            lock: None,
            is_fenced: false,
            shape,
        })
    }
}

/// Result columns by name, for `ORDER BY`. It is a map because a guest controls the numbers of both columns and keys.
struct Labels<'s, 'a>(HashMap<&'s str, Type<'a>>);

impl<'s, 'a> Labels<'s, 'a> {
    fn new(orders: &[Order], shape: &'s [ResultColumn<'a>]) -> Self {
        let shape = if orders.is_empty() { &[] } else { shape };
        Self(shape.iter().rev().map(|column| (column.name.as_ref(), column.ty)).collect())
    }
}

/// The result columns as the queries around this one refer to them.
pub(crate) fn shape<'a>(columns: &[Column<'a>]) -> Vec<ResultColumn<'a>> {
    columns
        .iter()
        .map(|Column { value, name }| ResultColumn { name: name.clone(), ty: value.ty, nullable: value.nullable })
        .collect()
}

/// The name of a result column without a label.
fn own_name<'a>(value: &Typed<'a>, position: usize) -> Cow<'a, str> {
    match &value.expr {
        Expr::Column { name, .. } | Expr::Excluded(name) => Cow::Borrowed(name),
        Expr::Named { name, .. } => name.clone(),
        Expr::Call(call) => Cow::Borrowed(function::name_of(call.function)),
        Expr::Coalesce(_) => Cow::Borrowed("coalesce"),
        Expr::Exists(_) => Cow::Borrowed("exists"),
        Expr::Case { .. } => Cow::Borrowed("case"),
        Expr::Cast(inner, _) | Expr::Exact(inner) | Expr::Approximate(inner) => own_name(inner, position),
        _ => Cow::Owned(format!("column{}", position + 1)),
    }
}

/// The result columns of a statement, as far as they are known before it runs.
pub(crate) fn outputs(shape: &[ResultColumn<'_>]) -> Vec<crate::compiled::Output> {
    let output = |column: &ResultColumn<'_>| crate::compiled::Output {
        name: column.name.to_string(),
        ty: match column.ty {
            Type::Unknown => None,
            ty => ty.full(),
        },
        nullable: column.nullable,
    };
    shape.iter().map(output).collect()
}
