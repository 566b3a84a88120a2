//! Resolves operators with two or more operands.

use super::{Checker, at, comparable, decimal::wider, is_number};
use crate::{
    Result, Scalar, Value,
    resolved::{Expr, Type, Typed},
    schema::TypeKind,
    statement::{Binary, BinaryOp, ListOp, Listed, Node, NodeId},
    types::literal_kind,
};

impl<'a> Checker<'a> {
    pub(super) fn binary(&mut self, id: NodeId, binary: &'a Binary, hint: Option<TypeKind>) -> Result<Typed<'a>> {
        match binary.op {
            BinaryOp::Equal
            | BinaryOp::NotEqual
            | BinaryOp::Less
            | BinaryOp::LessEqual
            | BinaryOp::Greater
            | BinaryOp::GreaterEqual
            | BinaryOp::IsDistinct
            | BinaryOp::IsNotDistinct => self.comparison(id, binary),
            BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Modulo => {
                self.arithmetic(id, binary, hint)
            }
            BinaryOp::Concat => {
                let left = self.value(binary.left, Some(TypeKind::Text))?;
                let right = self.value(binary.right, Some(TypeKind::Text))?;
                let nullable = either(&left, &right);
                let expr = Expr::Binary(binary.op, Box::new(left), Box::new(right));
                Ok(Typed { nullable, ..Typed::new(expr, Type::Kind(TypeKind::Text)) })
            }
            BinaryOp::JsonGet | BinaryOp::JsonGetText => self.json(id, binary),
        }
    }

    fn comparison(&mut self, id: NodeId, binary: &'a Binary) -> Result<Typed<'a>> {
        let (left, right) = match (self.row_items(binary.left)?, self.row_items(binary.right)?) {
            (Some(left), Some(right)) => {
                if left.len() != right.len() {
                    return Err(at(id, "rows of different lengths cannot be compared"));
                }
                let mut pairs = (Vec::with_capacity(left.len()), Vec::with_capacity(left.len()));
                for (left, right) in left.iter().zip(right) {
                    let (mut left, mut right) = self.pair(*left, *right, None)?;
                    self.meet(&mut left, &mut right);
                    pairs.0.push(left);
                    pairs.1.push(right);
                }
                (Typed::new(Expr::Row(pairs.0), Type::Unknown), Typed::new(Expr::Row(pairs.1), Type::Unknown))
            }
            (None, None) => {
                let (mut left, mut right) = self.pair(binary.left, binary.right, None)?;
                self.meet(&mut left, &mut right);
                (left, right)
            }
            _ => return Err(at(id, "a row can only be compared with a row")),
        };
        let nullable = match binary.op {
            BinaryOp::IsDistinct | BinaryOp::IsNotDistinct => Some(false),
            _ => either(&left, &right),
        };
        let expr = Expr::Binary(binary.op, Box::new(left), Box::new(right));
        Ok(Typed { nullable, ..Typed::boolean(expr) })
    }

    fn arithmetic(&mut self, id: NodeId, binary: &'a Binary, hint: Option<TypeKind>) -> Result<Typed<'a>> {
        let (mut left, mut right) = self.pair(binary.left, binary.right, hint.filter(|kind| is_number(*kind)))?;
        self.number(id, &left)?;
        self.number(id, &right)?;
        let ty = arithmetic_type(wider(left.ty, right.ty));
        if ty.kind() == Some(TypeKind::Float64) {
            self.meet(&mut left, &mut right);
        }
        let nullable = either(&left, &right).filter(|nullable| *nullable || binary.op != BinaryOp::Divide);
        let expr = Expr::Binary(binary.op, Box::new(left), Box::new(right));
        Ok(Typed { nullable, ..Typed::new(expr, ty) })
    }

    fn json(&mut self, id: NodeId, binary: &'a Binary) -> Result<Typed<'a>> {
        let document = self.value(binary.left, Some(TypeKind::Json))?;
        let key = match self.node(binary.right)? {
            Node::Literal(Value::Scalar(Scalar::Integer(_) | Scalar::Unsigned(_))) => {
                self.value(binary.right, Some(TypeKind::Int32))?
            }
            _ => self.value(binary.right, Some(TypeKind::Text))?,
        };
        let key_fits = key
            .kind()
            .is_none_or(|kind| crate::catalog::is_integer(kind) || matches!(kind, TypeKind::Text | TypeKind::Varchar));
        if !matches!(document.kind(), None | Some(TypeKind::Json)) || !key_fits {
            return Err(at(id, "a member of a JSON document is named by a text or an integer"));
        }
        let kind = if binary.op == BinaryOp::JsonGet { TypeKind::Json } else { TypeKind::Text };
        let expr = Expr::Binary(binary.op, Box::new(document), Box::new(key));
        Ok(Typed { nullable: Some(true), ..Typed::new(expr, Type::Kind(kind)) })
    }

    /// Resolves two operands of one type. A bind value takes the kind of the other operand.
    fn pair(&mut self, left: NodeId, right: NodeId, hint: Option<TypeKind>) -> Result<(Typed<'a>, Typed<'a>)> {
        match (self.is_bound(left)?, self.is_bound(right)?) {
            (true, false) => {
                let right = self.value(right, hint)?;
                let left = self.value(left, comparable(right.kind()).or(hint))?;
                Ok((left, right))
            }
            (false, true) => {
                let left = self.value(left, hint)?;
                let right = self.value(right, comparable(left.kind()).or(hint))?;
                Ok((left, right))
            }
            // Of two bind values, the first with a kind of its own determines the kind.
            (true, true) => {
                let kind = hint.or(self.own_kind(left)?).or(self.own_kind(right)?);
                let (mut left, mut right) = (self.value(left, kind)?, self.value(right, kind)?);
                if hint.is_none() {
                    alone(&mut left);
                    alone(&mut right);
                }
                Ok((left, right))
            }
            (false, false) => Ok((self.value(left, hint)?, self.value(right, hint)?)),
        }
    }

    /// The kind of a literal by itself; `None` for a null, a parameter or an expression.
    pub(super) fn own_kind(&self, id: NodeId) -> Result<Option<TypeKind>> {
        Ok(match self.node(id)? {
            Node::Literal(value) => literal_kind(value),
            _ => None,
        })
    }

    fn row_items(&self, id: NodeId) -> Result<Option<&'a [NodeId]>> {
        Ok(match self.node(id)? {
            Node::Listed(Listed { op: ListOp::RowValues, items }) => Some(items),
            _ => None,
        })
    }

    pub(super) fn listed(&mut self, id: NodeId, listed: &'a Listed, hint: Option<TypeKind>) -> Result<Typed<'a>> {
        match listed.op {
            ListOp::And | ListOp::Or => {
                let conditions = self.conditions(&listed.items)?;
                let known = conditions.iter().all(|c| c.nullable == Some(false));
                let and = listed.op == ListOp::And;
                let expr = if and { Expr::All(conditions) } else { Expr::Any(conditions) };
                Ok(Typed { nullable: known.then_some(false), ..Typed::boolean(expr) })
            }
            ListOp::InList | ListOp::NotInList => self.in_list(id, listed),
            ListOp::Between => {
                let (mut values, ty) = self.alike(listed.items.iter().copied(), None)?;
                values.iter_mut().for_each(|value| self.convert(value, ty.kind()));
                let Ok(values) = <[Typed<'a>; 3]>::try_from(values) else {
                    return Err(at(id, "between has three operands"));
                };
                Ok(Typed::boolean(Expr::Between(Box::new(values))))
            }
            ListOp::Coalesce => self.coalesce(listed.items.iter().copied(), hint),
            ListOp::RowValues => Err(at(id, "a row of values is no value")),
        }
    }

    /// Resolves a `coalesce`, whose value is the first that is not null.
    pub(super) fn coalesce(
        &mut self,
        items: impl Iterator<Item = NodeId>,
        hint: Option<TypeKind>,
    ) -> Result<Typed<'a>> {
        let (mut values, ty) = self.alike(items, hint)?;
        self.unify(&mut values, ty);
        let nullable = values.iter().any(|value| value.nullable == Some(false)).then_some(false);
        Ok(Typed { nullable, ..Typed::new(Expr::Coalesce(values), ty) })
    }

    fn in_list(&mut self, id: NodeId, listed: &'a Listed) -> Result<Typed<'a>> {
        let negated = listed.op == ListOp::NotInList;
        let Some((first, rest)) = listed.items.split_first() else {
            return Err(at(id, "a list operator lacks the value that is looked for"));
        };
        let (value, items) = match self.row_items(*first)? {
            None => {
                let (mut values, ty) = self.alike(listed.items.iter().copied(), None)?;
                values.iter_mut().for_each(|value| self.convert(value, ty.kind()));
                let items = values.split_off(1);
                (values.pop(), items)
            }
            Some(row) => {
                let mut value = self.row(row, &[])?;
                let kinds: Vec<_> = match &value.expr {
                    Expr::Row(values) => values.iter().map(Typed::kind).collect(),
                    _ => Vec::new(),
                };
                let mut items = Vec::with_capacity(rest.len());
                for item in rest {
                    match self.row_items(*item)? {
                        Some(other) if other.len() == row.len() => items.push(self.row(other, &kinds)?),
                        _ => {
                            return Err(at(*item, format!("a row of {} values is looked for among others", row.len())));
                        }
                    }
                }
                self.meet_rows(&mut value, &mut items);
                (Some(value), items)
            }
        };
        let Some(value) = value else {
            return Err(at(id, "a list operator lacks the value that is looked for"));
        };
        // SQL has no empty lists. `IN` an empty list is false and `NOT IN` is true, also for a null value.
        if items.is_empty() {
            return Ok(Typed { nullable: Some(false), ..Typed::boolean(Expr::Truth(negated)) });
        }
        Ok(Typed::boolean(Expr::In { value: Box::new(value), items, negated }))
    }
}

/// The type of an arithmetic result.
pub(super) fn arithmetic_type(ty: Type<'_>) -> Type<'_> {
    match ty.kind() {
        Some(TypeKind::Int16 | TypeKind::Int32) => Type::Kind(TypeKind::Int64),
        Some(TypeKind::Float32) => Type::Kind(TypeKind::Float64),
        // Without the declared precision and scale, since a result has its own.
        kind => kind.into(),
    }
}

/// Marks a bind value whose type nothing else in the text determines.
pub(super) fn alone(value: &mut Typed<'_>) {
    if let Expr::Bind(bind) = &mut value.expr {
        bind.alone = true;
    }
}

/// The nullability of a result that is null where an operand is.
fn either(left: &Typed<'_>, right: &Typed<'_>) -> Option<bool> {
    match (left.nullable, right.nullable) {
        (Some(false), Some(false)) => Some(false),
        (Some(true), _) | (_, Some(true)) => Some(true),
        _ => None,
    }
}
