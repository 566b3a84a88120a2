//! Resolves expressions: each node becomes a typed expression, and bind values take the kind that their context expects.

use std::borrow::Cow;

use super::{
    Checker, at,
    decimal::wider,
    operator::{alone, arithmetic_type},
};
use crate::{
    Error, Result, Value,
    catalog::check_type,
    compiled::ValueSource,
    resolved::{Bind, Expr, Like, Type, Typed},
    schema::TypeKind,
    statement::{Case, Cast, ColumnName, ListOp, Listed, Matching, Membership, Node, NodeId, UnaryOp},
    types::literal_kind,
};

impl<'a> Checker<'a> {
    /// Resolves an expression. `hint` is the kind that the context expects, for values without a kind of their own.
    pub(super) fn value(&mut self, id: NodeId, hint: Option<TypeKind>) -> Result<Typed<'a>> {
        match self.node(id)? {
            Node::Listed(Listed { op: ListOp::RowValues, .. }) => {
                Err(at(id, "a row of values can only be compared or looked for in a list or a query"))
            }
            node => self.operand(id, node, hint),
        }
    }

    /// Resolves a condition.
    pub(super) fn condition(&mut self, id: NodeId) -> Result<Typed<'a>> {
        let condition = self.value(id, Some(TypeKind::Boolean))?;
        match condition.kind() {
            // An expression of unknown type may be a condition.
            None | Some(TypeKind::Boolean) => Ok(condition),
            Some(_) => Err(at(id, "a condition is a truth value; compare it with something")),
        }
    }

    pub(super) fn conditions(&mut self, ids: &'a [NodeId]) -> Result<Vec<Typed<'a>>> {
        ids.iter().map(|id| self.condition(*id)).collect()
    }

    /// Resolves an expression or a row of values.
    pub(super) fn operand(&mut self, id: NodeId, node: &'a Node, hint: Option<TypeKind>) -> Result<Typed<'a>> {
        match node {
            Node::Literal(value) => Ok(self.literal(id, value, hint)),
            Node::Parameter(number) => {
                let bind =
                    Bind { source: ValueSource::Parameter(*number), kind: hint, node: id, bounds: None, alone: false };
                Ok(Typed::new(Expr::Bind(bind), hint.into()))
            }
            Node::Column(column) => self.column(column),
            Node::Excluded(name) => self.excluded_column(id, name),
            Node::Unary((op, operand)) => self.unary(*op, *operand, hint),
            Node::Binary(binary) => self.binary(id, binary, hint),
            Node::Listed(listed) => self.listed(id, listed, hint),
            Node::Matching(matching) => self.matching(matching),
            Node::Membership(membership) => self.membership(id, membership),
            Node::Call(call) => self.call(id, call, None, hint),
            Node::Cast(cast) => self.cast(id, cast),
            Node::Case(case) => self.case(case, hint),
            Node::Window(window) => self.window(id, window, hint),
            Node::Exists(query) => {
                let query = self.query(*query)?;
                Ok(Typed { nullable: Some(false), ..Typed::boolean(Expr::Exists(Box::new(query))) })
            }
            Node::ScalarQuery(query) => {
                let query = self.query(*query)?;
                let [column] = query.shape.as_slice() else {
                    return Err(at(id, format!("a query of {} columns is no single value", query.shape.len())));
                };
                let ty = column.ty;
                Ok(Typed { nullable: Some(true), ..Typed::new(Expr::Scalar(Box::new(query)), ty) })
            }
            Node::Label(_)
            | Node::Table(_)
            | Node::Subquery(_)
            | Node::Join(_)
            | Node::Select(_)
            | Node::Compound(_) => Err(at(id, "it is no expression")),
        }
    }

    fn literal(&mut self, id: NodeId, value: &'a Value, hint: Option<TypeKind>) -> Typed<'a> {
        let own = literal_kind(value);
        // A fraction compared with an integer column stays a fraction.
        let kind = match (hint, own) {
            (
                Some(TypeKind::Int16 | TypeKind::Int32 | TypeKind::Int64 | TypeKind::Uint64),
                Some(TypeKind::Float64 | TypeKind::Decimal),
            )
            | (Some(TypeKind::Decimal), Some(TypeKind::Float64))
            | (Some(TypeKind::Int64), Some(TypeKind::Uint64))
            | (None, _) => own,
            _ => hint,
        };
        // A rule's literal gets a virtual position, which no node of the statement has.
        let node = self.rule.map_or(id, |first| first.saturating_add(id));
        let bind =
            Bind { source: ValueSource::Literal(value.clone()), kind, node, bounds: None, alone: hint.is_none() };
        Typed { nullable: Some(value.is_null()), ..Typed::new(Expr::Bind(bind), kind.into()) }
    }

    fn column(&mut self, column: &'a ColumnName) -> Result<Typed<'a>> {
        let found = self.scope.column(column.table.as_deref(), &column.name)?;
        let outermost = found.level + 1 == self.scope.levels.len();
        if let (true, Some(reads)) = (outermost, &mut self.reads) {
            reads.insert(&column.name);
        }
        if let Some(entry) = found.bare {
            // The mask qualifies its columns by the table's name.
            if found.is_shadowed {
                let why = "where another source has the name of its table; give that one an alias";
                return Err(Error::Denied(format!("naming the column {} {why}", column.name)));
            }
            return self.masked(entry, found.table, &column.name);
        }
        let expr = Expr::Column { table: Some(found.table), name: &column.name };
        Ok(Typed { expr, ty: found.ty, nullable: found.nullable })
    }

    fn excluded_column(&mut self, id: NodeId, name: &'a str) -> Result<Typed<'a>> {
        let Some(entry) = self.excluded else {
            return Err(at(id, "only the update of an upsert has an excluded row"));
        };
        let known = entry.column(name).filter(|_| entry.rules.as_ref().is_none_or(|rules| rules.knows(name)));
        let Some(column) = known else {
            return Err(super::scope::no_column(Some(&entry.table.name), name));
        };
        Ok(Typed::new(Expr::Excluded(name), Type::Declared(&column.ty)))
    }

    fn unary(&mut self, op: UnaryOp, operand: NodeId, hint: Option<TypeKind>) -> Result<Typed<'a>> {
        let typed = match op {
            UnaryOp::Not => {
                let operand = self.condition(operand)?;
                Typed { nullable: operand.nullable, ..Typed::boolean(Expr::Unary(op, Box::new(operand))) }
            }
            UnaryOp::Negate => {
                let value = self.value(operand, hint)?;
                self.number(operand, &value)?;
                let (ty, nullable) = (arithmetic_type(value.ty), value.nullable);
                Typed { nullable, ..Typed::new(Expr::Unary(op, Box::new(value)), ty) }
            }
            UnaryOp::IsNull | UnaryOp::IsNotNull => {
                let operand = self.value(operand, None)?;
                Typed { nullable: Some(false), ..Typed::boolean(Expr::Unary(op, Box::new(operand))) }
            }
        };
        Ok(typed)
    }

    fn matching(&mut self, matching: &'a Matching) -> Result<Typed<'a>> {
        let value = self.value(matching.value, Some(TypeKind::Text))?;
        let pattern = self.value(matching.pattern, Some(TypeKind::Text))?;
        let like = Like {
            value,
            pattern,
            escape: matching.escape,
            ignore_case: matching.ignore_case,
            negated: matching.negated,
        };
        Ok(Typed::boolean(Expr::Like(Box::new(like))))
    }

    fn membership(&mut self, id: NodeId, membership: &'a Membership) -> Result<Typed<'a>> {
        let mut query = self.query(membership.query)?;
        let node = self.node(membership.value)?;
        let value = if let Node::Listed(Listed { op: ListOp::RowValues, items }) = node {
            if items.len() != query.shape.len() {
                let message =
                    format!("a row of {} values is looked for among {} columns", items.len(), query.shape.len());
                return Err(at(id, message));
            }
            let kinds: Vec<_> = query.shape.iter().map(|column| column.ty.kind()).collect();
            let mut row = self.row(items, &kinds)?;
            if let Expr::Row(values) = &mut row.expr {
                values.iter_mut().enumerate().for_each(|(at, value)| self.meet_column(value, &mut query, at));
            }
            row
        } else {
            let [column] = query.shape.as_slice() else {
                return Err(at(id, format!("a value is looked for among {} columns", query.shape.len())));
            };
            let mut value = self.value(membership.value, super::comparable(column.ty.kind()))?;
            self.meet_column(&mut value, &mut query, 0);
            value
        };
        let expr = Expr::Membership { value: Box::new(value), query: Box::new(query), negated: membership.negated };
        Ok(Typed::boolean(expr))
    }

    fn cast(&mut self, id: NodeId, cast: &'a Cast) -> Result<Typed<'a>> {
        // `check_type` may complete the type, so it gets a copy. Most types stay unchanged.
        let mut ty = cast.ty.clone();
        let is_open = ty.kind == TypeKind::Decimal && ty.precision.is_none();
        match self.can.open_decimal {
            // Without a size, such a cast would keep no digits after the point.
            Some((digits, after)) if is_open => (ty.precision, ty.scale) = (Some(digits), Some(after)),
            None if is_open => ty.scale = None,
            _ => check_type(&mut ty, self.dialect, false)?,
        }
        if matches!(ty.kind, TypeKind::Interval | TypeKind::Array) && !self.can.arrays {
            return Err(super::unsupported("cast", "this database cannot convert to intervals and arrays"));
        }
        if ty.kind == TypeKind::Other {
            return Err(at(id, "a cast to a type of the database's own"));
        }
        let value = self.value(cast.value, Some(ty.kind))?;
        let nullable = value.nullable;
        let target = if ty == cast.ty { Cow::Borrowed(&cast.ty) } else { Cow::Owned(ty) };
        Ok(Typed { nullable, ..Typed::new(Expr::Cast(Box::new(value), target), Type::Declared(&cast.ty)) })
    }

    fn case(&mut self, case: &'a Case, hint: Option<TypeKind>) -> Result<Typed<'a>> {
        let values = case.whens.iter().map(|when| when.then).chain(case.otherwise);
        let (mut values, ty) = self.alike(values, hint)?;
        self.unify(&mut values, ty);
        let mut values = values.into_iter();
        let mut whens = Vec::with_capacity(case.whens.len());
        for when in &case.whens {
            let condition = self.condition(when.condition)?;
            whens.extend(values.next().map(|then| (condition, then)));
        }
        let otherwise = values.next().map(Box::new);
        let never_null = otherwise.as_ref().is_some_and(|o| o.nullable == Some(false))
            && whens.iter().all(|(_, then)| then.nullable == Some(false));
        let nullable = if never_null { Some(false) } else { None };
        Ok(Typed { nullable, ..Typed::new(Expr::Case { whens, otherwise }, ty) })
    }

    /// Resolves expressions of one type: the first known type or, of numbers, the widest. Bind values among them take its kind.
    pub(super) fn alike(
        &mut self,
        ids: impl Iterator<Item = NodeId>,
        hint: Option<TypeKind>,
    ) -> Result<(Vec<Typed<'a>>, Type<'a>)> {
        let mut all: Vec<(NodeId, Option<Typed<'a>>)> = Vec::new();
        let mut ty = Type::Unknown;
        for id in ids {
            let known = if self.is_bound(id)? { None } else { Some(self.value(id, hint)?) };
            if let Some(known) = &known {
                ty = wider(ty, known.ty);
            }
            all.push((id, known));
        }
        let mut kind = super::comparable(ty.kind()).or(hint);
        let only_values = kind.is_none();
        if only_values {
            // Of bind values alone, the first with a kind of its own determines the kind, also for nulls before it.
            for (id, _) in &all {
                kind = kind.or(self.own_kind(*id)?);
            }
        }
        let mut values = Vec::with_capacity(all.len());
        for (id, known) in all {
            let value = match known {
                Some(value) => value,
                None => {
                    let mut value = self.value(id, kind)?;
                    if only_values {
                        alone(&mut value);
                    }
                    value
                }
            };
            kind = kind.or(value.kind());
            ty = wider(ty, value.ty);
            values.push(value);
        }
        Ok((values, ty))
    }

    /// Whether a node is a bind value, which takes its kind from its context.
    pub(super) fn is_bound(&self, id: NodeId) -> Result<bool> {
        Ok(matches!(self.node(id)?, Node::Literal(_) | Node::Parameter(_)))
    }

    /// Resolves a row of values of these kinds.
    pub(super) fn row(&mut self, items: &'a [NodeId], kinds: &[Option<TypeKind>]) -> Result<Typed<'a>> {
        let mut values = Vec::with_capacity(items.len());
        for (position, item) in items.iter().enumerate() {
            let kind = kinds.get(position).copied().flatten();
            values.push(self.value(*item, super::comparable(kind))?);
        }
        Ok(Typed::new(Expr::Row(values), Type::Unknown))
    }

    /// Refuses an expression of a known kind that is not numeric.
    pub(super) fn number(&self, id: NodeId, value: &Typed<'a>) -> Result<(), Error> {
        match value.kind() {
            Some(kind) if !super::is_number(kind) => Err(at(id, "arithmetic is for numbers")),
            _ => Ok(()),
        }
    }
}
