//! A statement with all names resolved and all types inferred as far as possible: `check` makes it from an arena, and `render`
//! writes it. Rendering cannot fail. The file is long because it lists all parts of a statement.

mod batch_values;

use std::{borrow::Cow, sync::Arc};

pub(crate) use batch_values::{BatchArrays, BatchValues, CaseByKey, CaseResult, JoinEstimate, KeySet};

use crate::{
    ValueBounds,
    compiled::ValueSource,
    schema::{ColumnType, DefaultValue, TypeKind},
    statement::{BinaryOp, Frame, JoinKind, Locking, NodeId, SetOp, UnaryOp},
};

/// The type of an expression, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Type<'a> {
    Unknown,
    Kind(TypeKind),
    Declared(&'a ColumnType),
}

impl Type<'_> {
    pub(crate) fn kind(self) -> Option<TypeKind> {
        match self {
            Self::Unknown => None,
            Self::Kind(kind) => Some(kind),
            Self::Declared(ty) => Some(ty.kind),
        }
    }

    pub(crate) fn full(self) -> Option<ColumnType> {
        match self {
            Self::Unknown => None,
            Self::Kind(kind) => Some(kind.into()),
            Self::Declared(ty) => Some(ty.clone()),
        }
    }

    /// Returns this type, or the other if this one is unknown.
    pub(crate) fn or(self, other: Self) -> Self {
        if self == Self::Unknown { other } else { self }
    }
}

impl From<Option<TypeKind>> for Type<'_> {
    fn from(kind: Option<TypeKind>) -> Self {
        kind.map_or(Self::Unknown, Self::Kind)
    }
}

/// An expression with its type.
#[derive(Clone, Debug)]
pub(crate) struct Typed<'a> {
    pub(crate) expr: Expr<'a>,
    pub(crate) ty: Type<'a>,
    pub(crate) nullable: Option<bool>,
}

impl<'a> Typed<'a> {
    /// Combines conditions that all have to be true.
    pub(crate) fn all(mut conditions: Vec<Self>, other: Option<Self>) -> Option<Self> {
        conditions.extend(other);
        match conditions.pop() {
            Some(only) if conditions.is_empty() => Some(only),
            Some(last) => {
                conditions.push(last);
                Some(Self::boolean(Expr::All(conditions)))
            }
            None => None,
        }
    }

    pub(crate) fn new(expr: Expr<'a>, ty: Type<'a>) -> Self {
        Self { expr, ty, nullable: None }
    }

    pub(crate) fn boolean(expr: Expr<'a>) -> Self {
        Self::new(expr, Type::Kind(TypeKind::Boolean))
    }

    pub(crate) fn kind(&self) -> Option<TypeKind> {
        self.ty.kind()
    }

    /// Assigns the value to a column: a bind value is checked against the column's bounds.
    pub(crate) fn into_column(mut self, bounds: Option<&Arc<ValueBounds>>) -> Self {
        if let Expr::Bind(bind) = &mut self.expr {
            bind.bounds = bounds.cloned();
        }
        self
    }
}

/// A bind value.
#[derive(Clone, Debug)]
pub(crate) struct Bind {
    pub(crate) source: ValueSource,
    pub(crate) kind: Option<TypeKind>,
    /// The node that it comes from: binds of the same node are one placeholder where placeholders have numbers.
    pub(crate) node: NodeId,
    /// The bounds of the column that it is assigned to, where not every value fits.
    pub(crate) bounds: Option<Arc<ValueBounds>>,
    /// Whether its context does not determine its type, so that it needs a cast.
    pub(crate) alone: bool,
}

/// An expression.
#[derive(Clone, Debug)]
pub(crate) enum Expr<'a> {
    Bind(Bind),
    Truth(bool),
    /// A column of a source, or a label of the result where there is no source.
    Column {
        table: Option<&'a str>,
        name: &'a str,
    },
    /// A column of a source that the host added: a query around a guest's, or the arrays of a batch.
    Named {
        table: &'static str,
        name: Cow<'a, str>,
    },
    Excluded(&'a str),
    Unary(UnaryOp, Box<Typed<'a>>),
    Binary(BinaryOp, Box<Typed<'a>>, Box<Typed<'a>>),
    All(Vec<Typed<'a>>),
    Any(Vec<Typed<'a>>),
    In {
        value: Box<Typed<'a>>,
        items: Vec<Typed<'a>>,
        negated: bool,
    },
    Between(Box<[Typed<'a>; 3]>),
    Coalesce(Vec<Typed<'a>>),
    Row(Vec<Typed<'a>>),
    Like(Box<Like<'a>>),
    Membership {
        value: Box<Typed<'a>>,
        query: Box<Query<'a>>,
        negated: bool,
    },
    Call(Box<Call<'a>>),
    Cast(Box<Typed<'a>>, Cow<'a, ColumnType>),
    Case {
        whens: Vec<(Typed<'a>, Typed<'a>)>,
        otherwise: Option<Box<Typed<'a>>>,
    },
    /// Conversions of a number to a decimal's text, and of a decimal to a float: only where the database has no type for decimals.
    Exact(Box<Typed<'a>>),
    Approximate(Box<Typed<'a>>),
    Exists(Box<Query<'a>>),
    Scalar(Box<Query<'a>>),
    /// A number from the host.
    Number(i64),
    /// The time of the statement, as a value of this kind.
    Now(TypeKind),
    /// The model's value of a column: an expression from a guest that may send SQL text, or from the host.
    Declared(&'a DefaultValue),
    /// Whether the values of each pair are equal.
    Equal(Vec<[Typed<'a>; 2]>),
    /// Whether a value, or a row of them, is among those of a batch.
    Among(Box<Typed<'a>>, KeySet<'a>),
    /// The value that the row of a batch with the matching key has.
    CaseByKey(Box<CaseByKey<'a>>),
}

/// A match with a pattern.
#[derive(Clone, Debug)]
pub(crate) struct Like<'a> {
    pub(crate) value: Typed<'a>,
    pub(crate) pattern: Typed<'a>,
    pub(crate) escape: Option<char>,
    pub(crate) ignore_case: bool,
    pub(crate) negated: bool,
}

/// A function of the allow-list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    Count,
    Sum,
    Avg,
    Min,
    Max,
    Lower,
    Upper,
    Length,
    Trim,
    Abs,
    Round,
    Coalesce,
    Nullif,
    Concat,
    Replace,
    Substr,
    Position,
    Left,
    Right,
    Ltrim,
    Rtrim,
    Floor,
    Ceil,
    Sign,
    Greatest,
    Least,
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    AddDays,
    AddSeconds,
    DaysBetween,
    JsonLength,
    JsonType,
    Now,
    CurrentDate,
    CurrentTime,
    RowNumber,
    Rank,
    DenseRank,
    PercentRank,
    CumeDist,
    Ntile,
    FirstValue,
    LastValue,
    NthValue,
    Lag,
    Lead,
}

/// A call, with its window where it has one.
#[derive(Clone, Debug)]
pub(crate) struct Call<'a> {
    pub(crate) function: Function,
    pub(crate) arguments: Vec<Typed<'a>>,
    pub(crate) distinct: bool,
    pub(crate) filter: Option<Typed<'a>>,
    pub(crate) window: Option<Window<'a>>,
}

/// The rows that a window function is computed over.
#[derive(Clone, Debug)]
pub(crate) struct Window<'a> {
    pub(crate) partition_by: Vec<Typed<'a>>,
    pub(crate) order_by: Vec<Order<'a>>,
    pub(crate) frame: Option<&'a Frame>,
}

/// One key of an ordering.
#[derive(Clone, Debug)]
pub(crate) struct Order<'a> {
    pub(crate) value: Typed<'a>,
    pub(crate) descending: bool,
    pub(crate) nulls_first: Option<bool>,
}

/// A result column: its expression and its name, which is written unless it is that of a plain column.
#[derive(Clone, Debug)]
pub(crate) struct Column<'a> {
    pub(crate) value: Typed<'a>,
    pub(crate) name: Cow<'a, str>,
}

/// A result column as enclosing queries see it.
#[derive(Clone, Debug)]
pub(crate) struct ResultColumn<'a> {
    pub(crate) name: Cow<'a, str>,
    pub(crate) ty: Type<'a>,
    pub(crate) nullable: Option<bool>,
}

/// A query with its result columns.
#[derive(Clone, Debug)]
pub(crate) struct Query<'a> {
    pub(crate) ctes: Vec<Cte<'a>>,
    pub(crate) body: Body<'a>,
    pub(crate) order_by: Vec<Order<'a>>,
    pub(crate) limit: Option<Typed<'a>>,
    pub(crate) offset: Option<Typed<'a>>,
    pub(crate) lock: Option<&'a Locking>,
    /// Whether a condition from outside must not be evaluated before its own.
    pub(crate) is_fenced: bool,
    pub(crate) shape: Vec<ResultColumn<'a>>,
}

impl<'a> Query<'a> {
    /// Makes a query of a body alone.
    pub(crate) fn new(body: Body<'a>, shape: Vec<ResultColumn<'a>>) -> Self {
        let (ctes, order_by) = (Vec::new(), Vec::new());
        Self { ctes, body, order_by, limit: None, offset: None, lock: None, is_fenced: false, shape }
    }

    /// Whether it is a select alone, as some databases require for the parts of a compound.
    pub(crate) fn is_plain(&self) -> bool {
        matches!(self.body, Body::Select(_))
            && self.ctes.is_empty()
            && self.order_by.is_empty()
            && self.limit.is_none()
            && self.offset.is_none()
            && self.lock.is_none()
            && !self.is_fenced
    }
}

/// The body of a query.
#[derive(Clone, Debug)]
pub(crate) enum Body<'a> {
    Select(Box<Select<'a>>),
    Compound(SetOp, Vec<Query<'a>>),
}

/// A select without the clauses that compounds can have, too.
#[derive(Clone, Debug)]
pub(crate) struct Select<'a> {
    pub(crate) columns: Vec<Column<'a>>,
    pub(crate) distinct: bool,
    /// Whether its rows are compared with those of other parts of a compound.
    pub(crate) is_compared: bool,
    pub(crate) source: Option<FromItem<'a>>,
    pub(crate) filter: Option<Typed<'a>>,
    pub(crate) group_by: Vec<Typed<'a>>,
    pub(crate) having: Option<Typed<'a>>,
}

/// A common table expression.
#[derive(Clone, Debug)]
pub(crate) struct Cte<'a> {
    pub(crate) name: &'a str,
    pub(crate) columns: &'a [String],
    pub(crate) recursive: bool,
    pub(crate) query: Query<'a>,
}

/// A source.
#[derive(Clone, Debug)]
pub(crate) enum FromItem<'a> {
    Table {
        schema: Option<&'a str>,
        name: &'a str,
        alias: Option<&'a str>,
    },
    Query {
        query: Box<Query<'a>>,
        alias: &'a str,
        lateral: bool,
    },
    Join {
        kind: JoinKind,
        left: Box<FromItem<'a>>,
        right: Box<FromItem<'a>>,
        on: Option<Box<Typed<'a>>>,
    },
    /// The rows of a batch, with these columns: its own and, last, the number of the row, counted from 1.
    Arrays {
        arrays: BatchArrays,
        alias: &'static str,
        columns: Vec<String>,
    },
}

/// The table that a statement changes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target<'a> {
    pub(crate) schema: Option<&'a str>,
    pub(crate) name: &'a str,
}

/// A column and its new value.
#[derive(Clone, Debug)]
pub(crate) struct Assignment<'a> {
    pub(crate) column: &'a str,
    pub(crate) value: Typed<'a>,
}

/// The source of an insert's rows.
#[derive(Clone, Debug)]
pub(crate) enum InsertRows<'a> {
    Values(Vec<Vec<Typed<'a>>>),
    Query(Box<Query<'a>>),
    Defaults,
    /// This number of rows, with the default of the only column.
    Default(usize),
    /// The rows of a batch, value by value.
    Batch(BatchValues<'a>),
    /// The rows of a batch, column by column.
    Arrays(BatchArrays),
}

/// The action for rows that exist already.
#[derive(Clone, Debug)]
pub(crate) struct Conflict<'a> {
    pub(crate) columns: Cow<'a, [String]>,
    /// Empty where the row is left unchanged.
    pub(crate) assignments: Vec<Assignment<'a>>,
    pub(crate) filter: Option<Typed<'a>>,
}

/// A whole statement.
#[derive(Clone, Debug)]
pub(crate) enum ResolvedStatement<'a> {
    Select(Query<'a>),
    Insert {
        target: Target<'a>,
        columns: Cow<'a, [String]>,
        rows: InsertRows<'a>,
        conflict: Option<Conflict<'a>>,
        returning: Vec<Column<'a>>,
        /// Whether the database reports the returned column, the key that it generates, without `RETURNING`.
        is_told: bool,
    },
    Update {
        target: Target<'a>,
        assignments: Vec<Assignment<'a>>,
        source: Option<FromItem<'a>>,
        filter: Option<Typed<'a>>,
        returning: Vec<Column<'a>>,
    },
    Delete {
        target: Target<'a>,
        source: Option<FromItem<'a>>,
        filter: Option<Typed<'a>>,
        order_by: Vec<Order<'a>>,
        returning: Vec<Column<'a>>,
    },
}
