//! Conversions of operands to numbers of one kind, where the database has no decimal type. There, decimals are texts, which only a
//! collation of the host compares by value, so a number beside a decimal has to be such a text, too.

use std::borrow::Cow;

use super::{Checker, is_number};
use crate::{
    Result,
    resolved::{self, Body, Expr, FromItem, Query, Select, Type, Typed},
    schema::{Column, TypeKind},
};

/// A conversion of an expression.
type Conversion<'a> = fn(Typed<'a>) -> Typed<'a>;

impl<'a> Checker<'a> {
    /// Whether the database stores decimals as texts.
    fn has_text_decimals(&self) -> bool {
        self.can.text_decimals
    }

    /// Converts two compared operands to numbers of one kind.
    pub(super) fn meet(&self, left: &mut Typed<'a>, right: &mut Typed<'a>) {
        let (left_kind, right_kind) = (left.kind(), right.kind());
        self.convert(left, right_kind);
        self.convert(right, left_kind);
    }

    /// Converts a number for a comparison with numbers of another kind. A decimal column beside a decimal is not converted, so
    /// that its index stays usable: its collation applies to the comparison.
    pub(super) fn convert(&self, value: &mut Typed<'a>, meets: Option<TypeKind>) {
        self.note(value.kind(), meets);
        if let Some(conversion) = self.conversion(value.kind(), meets) {
            // The conversion fails for a value that is no decimal.
            self.mixes.set(true);
            take(value, conversion);
        }
    }

    /// Converts the possible results of one expression to the widest kind of number among them.
    pub(super) fn unify<'v>(&self, values: impl IntoIterator<Item = &'v mut Typed<'a>>, ty: Type<'a>)
    where
        'a: 'v,
    {
        for value in values {
            self.note(value.kind(), ty.kind());
            if !self.has_text_decimals() {
                continue;
            }
            if value.kind() == Some(TypeKind::Decimal) && ty.kind() == Some(TypeKind::Decimal) {
                take(value, exact);
            } else {
                self.convert(value, ty.kind());
            }
        }
    }

    /// Sets `mixes` where values of different sorts are compared.
    fn note(&self, kind: Option<TypeKind>, meets: Option<TypeKind>) {
        if let (Some(kind), Some(meets)) = (kind, meets)
            && !is_alike(kind, meets)
        {
            self.mixes.set(true);
        }
    }

    fn conversion(&self, kind: Option<TypeKind>, meets: Option<TypeKind>) -> Option<Conversion<'a>> {
        use TypeKind as K;
        match (kind?, meets?) {
            _ if !self.has_text_decimals() => None,
            (K::Int16 | K::Int32 | K::Int64 | K::Uint64, K::Decimal) => Some(exact),
            (K::Decimal, K::Float32 | K::Float64) => Some(approximate),
            _ => None,
        }
    }

    /// Converts a value, and the query's column that is searched for it, to numbers of one kind.
    pub(super) fn meet_column(&self, value: &mut Typed<'a>, query: &mut Query<'a>, position: usize) {
        let kind = value.kind();
        self.convert(value, query.shape.get(position).and_then(|column| column.ty.kind()));
        self.convert_column(query, position, kind);
    }

    /// Converts compared rows to numbers of one kind, position by position.
    pub(super) fn meet_rows(&self, value: &mut Typed<'a>, items: &mut [Typed<'a>]) {
        let Expr::Row(values) = &mut value.expr else { return };
        for (position, value) in values.iter_mut().enumerate() {
            for item in &mut *items {
                if let Expr::Row(others) = &mut item.expr
                    && let Some(other) = others.get_mut(position)
                {
                    self.meet(value, other);
                }
            }
        }
    }

    /// Converts a column of a query's result to the kind of number that it is compared with outside of the query.
    fn convert_column(&self, query: &mut Query<'a>, position: usize, meets: Option<TypeKind>) {
        let kind = query.shape.get(position).and_then(|column| column.ty.kind());
        if let Some(conversion) = self.conversion(kind, meets) {
            change_column(query, position, conversion);
        }
    }

    /// Converts the numbers in a compound's parts to one kind, and to one form where rows are compared.
    pub(super) fn unify_parts(&self, parts: &mut [Query<'a>], shape: &[resolved::ResultColumn<'a>], compares: bool) {
        if !self.has_text_decimals() {
            return;
        }
        for part in parts {
            for (position, whole) in shape.iter().enumerate() {
                let kind = part.shape.get(position).and_then(|column| column.ty.kind());
                if compares && kind == Some(TypeKind::Decimal) && whole.ty.kind() == kind {
                    change_column(part, position, exact);
                } else {
                    self.convert_column(part, position, whole.ty.kind());
                }
            }
            if compares {
                mark_compared(part);
            }
        }
    }

    /// Converts a value that is assigned to a column. Where decimals are texts, a value for a decimal column gets the column's
    /// digits, and a decimal for another numeric column becomes a number.
    pub(crate) fn stored(&self, value: Typed<'a>, column: &'a Column) -> Typed<'a> {
        let (into, from) = (column.ty.kind, value.kind());
        let converts = into == TypeKind::Decimal || (is_number(into) && from == Some(TypeKind::Decimal));
        if !self.has_text_decimals() || !converts {
            return value;
        }
        let nullable = value.nullable;
        let expr = Expr::Cast(Box::new(value), Cow::Borrowed(&column.ty));
        Typed { nullable, ..Typed::new(expr, Type::Declared(&column.ty)) }
    }

    /// Converts the results of a query that are inserted into these columns.
    pub(super) fn stored_query(&self, mut query: Query<'a>, columns: &[&'a Column]) -> Result<Query<'a>> {
        let is_decimal = |at: usize| query.shape.get(at).is_some_and(|at| at.ty.kind() == Some(TypeKind::Decimal));
        let converts = |(at, column): (usize, &&Column)| column.ty.kind == TypeKind::Decimal || is_decimal(at);
        if !self.has_text_decimals() || !columns.iter().enumerate().any(converts) {
            return Ok(query);
        }
        if let Body::Select(select) = &mut query.body
            && !select.distinct
        {
            let values = std::mem::take(&mut select.columns).into_iter().zip(columns.iter().copied());
            let stored =
                values.map(|(at, column)| resolved::Column { value: self.stored(at.value, column), name: at.name });
            select.columns = stored.collect();
            return Ok(query);
        }
        // Rounding could make distinct rows equal, so it is done in an outer query, which needs unique column names.
        super::scope::DerivedTable::new(&query.shape, &[])?;
        let alias = "inserted";
        let outer = query.shape.iter().zip(columns.iter().copied()).map(|(at, column)| {
            let inner = Expr::Named { table: alias, name: at.name.clone() };
            let value = self.stored(Typed { nullable: at.nullable, ..Typed::new(inner, at.ty) }, column);
            resolved::Column { value, name: at.name.clone() }
        });
        let (columns, shape) = (outer.collect(), query.shape.clone());
        let source = Some(FromItem::Query { query: Box::new(query), alias, lateral: false });
        let select = Select {
            columns,
            distinct: false,
            is_compared: false,
            source,
            filter: None,
            group_by: Vec::new(),
            having: None,
        };
        let body = Body::Select(Box::new(select));
        Ok(Query::new(body, shape))
    }
}

/// Whether two kinds are of one sort (numbers, texts, or one and the same kind), so that a comparison converts neither to another sort.
fn is_alike(kind: TypeKind, other: TypeKind) -> bool {
    use TypeKind as K;
    let is_text = |kind| matches!(kind, K::Text | K::Varchar | K::Enumeration);
    kind == other || (is_number(kind) && is_number(other)) || (is_text(kind) && is_text(other))
}

/// The type that holds numbers of both types; for types that are not numeric, the first known one.
pub(super) fn wider<'a>(left: Type<'a>, right: Type<'a>) -> Type<'a> {
    let rank = |kind: TypeKind| match kind {
        TypeKind::Float32 | TypeKind::Float64 => 3,
        TypeKind::Decimal => 2,
        _ => 1,
    };
    match (left.kind(), right.kind()) {
        (Some(l), Some(r)) if is_number(l) && is_number(r) && rank(r) > rank(l) => right,
        _ => left.or(right),
    }
}

/// Converts a number to the text of a decimal. Computed decimals are such texts already; columns of decimals are converted, since
/// another program may have stored numbers in them.
fn exact(value: Typed<'_>) -> Typed<'_> {
    let is_text = !matches!(value.expr, Expr::Column { .. } | Expr::Named { .. } | Expr::Excluded(_));
    let decimal = Type::Kind(TypeKind::Decimal);
    match value {
        Typed { expr: Expr::Bind(mut bind), nullable, .. } => {
            bind.kind = Some(TypeKind::Decimal);
            Typed { nullable, ..Typed::new(Expr::Bind(bind), decimal) }
        }
        value if is_text && value.kind() == Some(TypeKind::Decimal) => value,
        value => {
            let (nullable, ty) = (value.nullable, value.ty);
            let ty = if ty.kind() == Some(TypeKind::Decimal) { ty } else { decimal };
            Typed { nullable, ..Typed::new(Expr::Exact(Box::new(value)), ty) }
        }
    }
}

/// Converts a decimal to the nearest float.
fn approximate(value: Typed<'_>) -> Typed<'_> {
    let nullable = value.nullable;
    Typed { nullable, ..Typed::new(Expr::Approximate(Box::new(value)), Type::Kind(TypeKind::Float64)) }
}

fn take<'a>(value: &mut Typed<'a>, conversion: Conversion<'a>) {
    let taken = std::mem::replace(value, Typed::new(Expr::Truth(false), Type::Unknown));
    *value = conversion(taken);
}

/// Converts a column of a query, in all parts of a compound.
fn change_column<'a>(query: &mut Query<'a>, position: usize, conversion: Conversion<'a>) {
    match &mut query.body {
        Body::Select(select) => {
            if let Some(column) = select.columns.get_mut(position) {
                take(&mut column.value, conversion);
            }
        }
        Body::Compound(_, parts) => parts.iter_mut().for_each(|part| change_column(part, position, conversion)),
    }
}

/// Marks a query as one whose rows are compared with others.
fn mark_compared(query: &mut Query<'_>) {
    match &mut query.body {
        Body::Select(select) => select.is_compared = true,
        Body::Compound(_, parts) => parts.iter_mut().for_each(mark_compared),
    }
}
