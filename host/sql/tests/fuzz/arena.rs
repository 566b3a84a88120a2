//! Random arenas. They mostly keep to the rules, so that deep parts of the compiler are reached, and break each rule
//! now and then.

mod mutate;
mod query;
mod root;

use arbtest::arbitrary::Unstructured;
use sqlservice_sql::{
    Scalar,
    schema::{ColumnType, TypeKind},
    statement::*,
};

use crate::{
    build::{Arena, select, varchar},
    dice::Dice,
    names,
};

/// Columns, mostly of the table that most statements read.
const COLUMNS: [&str; 18] = [
    "users.id",
    "users.id",
    "users.age",
    "users.age",
    "users.name",
    "users.name",
    "users.active",
    "users.price",
    "users.ratio",
    "users.doc",
    "users.made",
    "age",
    "email",
    "devices.name",
    "n4me.id",
    "n4me.column1",
    "odd \"table`%.per%cent",
    "id",
];
const FUNCTIONS: [&str; 53] = [
    "count",
    "sum",
    "avg",
    "min",
    "max",
    "lower",
    "upper",
    "length",
    "trim",
    "abs",
    "round",
    "coalesce",
    "nullif",
    "concat",
    "replace",
    "substr",
    "now",
    "current_date",
    "current_time",
    "row_number",
    "rank",
    "dense_rank",
    "percent_rank",
    "cume_dist",
    "ntile",
    "first_value",
    "last_value",
    "nth_value",
    "lag",
    "lead",
    "pg_sleep",
    "m4rk3d",
    "position",
    "left",
    "right",
    "ltrim",
    "rtrim",
    "floor",
    "ceil",
    "sign",
    "greatest",
    "least",
    "year",
    "month",
    "day",
    "hour",
    "minute",
    "second",
    "add_days",
    "add_seconds",
    "days_between",
    "json_length",
    "json_type",
];
pub const KINDS: [TypeKind; 21] = [
    TypeKind::Int64,
    TypeKind::Text,
    TypeKind::Boolean,
    TypeKind::Int16,
    TypeKind::Int32,
    TypeKind::Uint64,
    TypeKind::Float32,
    TypeKind::Float64,
    TypeKind::Decimal,
    TypeKind::Varchar,
    TypeKind::Bytes,
    TypeKind::Uuid,
    TypeKind::Json,
    TypeKind::Date,
    TypeKind::Time,
    TypeKind::Timestamp,
    TypeKind::TimestampTz,
    TypeKind::Interval,
    TypeKind::Enumeration,
    TypeKind::Array,
    TypeKind::Other,
];
const PLAIN: [TypeKind; 10] = [
    TypeKind::Int64,
    TypeKind::Int32,
    TypeKind::Text,
    TypeKind::Boolean,
    TypeKind::Float64,
    TypeKind::Bytes,
    TypeKind::Uuid,
    TypeKind::Json,
    TypeKind::Date,
    TypeKind::Timestamp,
];
const OPERATORS: [BinaryOp; 8] = [
    BinaryOp::Add,
    BinaryOp::Subtract,
    BinaryOp::Multiply,
    BinaryOp::Divide,
    BinaryOp::Modulo,
    BinaryOp::Concat,
    BinaryOp::JsonGet,
    BinaryOp::JsonGetText,
];
const COMPARISONS: [BinaryOp; 8] = [
    BinaryOp::Equal,
    BinaryOp::NotEqual,
    BinaryOp::Less,
    BinaryOp::LessEqual,
    BinaryOp::Greater,
    BinaryOp::GreaterEqual,
    BinaryOp::IsDistinct,
    BinaryOp::IsNotDistinct,
];

/// Makes a statement; one in six is broken on purpose.
pub fn statement(bytes: &mut Unstructured<'_>) -> Statement {
    let mut maker = Maker::new(Dice::new(bytes));
    let mut statement = maker.statement();
    if maker.dice.one_in(6) {
        mutate::mutate(&mut statement, &mut maker.dice);
    }
    statement
}

/// Selects one of the maker's lists of nodes.
type List = for<'m> fn(&'m Maker<'_, '_>) -> &'m Vec<NodeId>;
const VALUES: List = |maker| &maker.values;
const CONDITIONS: List = |maker| &maker.conditions;
const SOURCES: List = |maker| &maker.sources;
const QUERIES: List = |maker| &maker.queries;
const BOUNDS: List = |maker| &maker.bounds;

struct Maker<'a, 'b> {
    dice: Dice<'a, 'b>,
    arena: Arena,
    values: Vec<NodeId>,
    conditions: Vec<NodeId>,
    sources: Vec<NodeId>,
    queries: Vec<NodeId>,
    /// Literals and parameters, for limits and offsets.
    bounds: Vec<NodeId>,
}

impl<'a, 'b> Maker<'a, 'b> {
    fn new(dice: Dice<'a, 'b>) -> Self {
        let (values, conditions, sources, queries, bounds) = Default::default();
        Self { dice, arena: Arena::default(), values, conditions, sources, queries, bounds }
    }

    fn statement(&mut self) -> Statement {
        if self.dice.one_in(60) {
            return self.doubled();
        }
        let (one, truth) = (self.arena.int(7), self.arena.lit(Scalar::Boolean(true)));
        let first = self.arena.col("users.id");
        self.values.push(first);
        self.bounds.push(one);
        self.conditions.push(truth);
        let users = self.arena.from("users");
        self.sources.push(users);
        for _ in 0..8 + self.dice.below(30) {
            match self.dice.below(8) {
                0..=3 => self.add_value(),
                4 | 5 => self.add_condition(),
                6 => self.add_source(),
                _ => self.add_query(),
            }
        }
        self.add_query();
        let root = self.root();
        Statement { nodes: std::mem::take(&mut self.arena.0), root }
    }

    /// Returns a node of a list or, rarely, any position.
    fn from(&mut self, list: List) -> NodeId {
        if self.dice.one_in(1_500) {
            return match self.dice.below(3) {
                0 => self.dice.edge() as u32,
                _ => self.dice.below(self.arena.0.len() + 3) as u32,
            };
        }
        // The nodes that were added last are the deepest.
        let count = list(self).len();
        let at = self.dice.below(count);
        let at = if self.dice.one_in(3) { count.saturating_sub(1 + at / 4) } else { at };
        list(self).get(at).copied().unwrap_or(0)
    }

    /// Makes nodes that each use the previous one twice: written out, their number is two to the power of their count.
    fn doubled(&mut self) -> Statement {
        let mut arena = std::mem::take(&mut self.arena);
        let (users, mut value) = (arena.from("users"), arena.col("id"));
        for _ in 0..self.dice.below(21) {
            value = arena.listed(ListOp::Coalesce, &[value, value]);
        }
        arena.query(select(&[value], users))
    }

    fn value(&mut self) -> NodeId {
        self.from(VALUES)
    }

    fn some(&mut self, list: List, least: usize, most: usize) -> Vec<NodeId> {
        let count = least + self.dice.below(most - least + 1);
        (0..count).map(|_| self.from(list)).collect()
    }

    fn maybe(&mut self, list: List) -> Option<NodeId> {
        self.dice.one_in(2).then(|| self.from(list))
    }

    fn rarely(&mut self, list: List) -> Option<NodeId> {
        self.dice.one_in(8).then(|| self.from(list))
    }

    fn add_value(&mut self) {
        let node = match self.dice.below(15) {
            0..=4 => {
                let name = self.dice.of(&COLUMNS);
                let id = self.arena.col(name);
                self.values.push(id);
                return;
            }
            5 => Node::Literal(names::value(&mut self.dice)),
            6 => {
                Node::Parameter(if self.dice.one_in(60) { self.dice.edge() as u32 } else { self.dice.below(5) as u32 })
            }
            7 => {
                let op = self.dice.of(&OPERATORS);
                Node::Binary(Binary { op, left: self.value(), right: self.value() })
            }
            8 | 9 => self.call(),
            10 => Node::Cast(Cast { value: self.value(), ty: column_type(&mut self.dice) }),
            11 => {
                let count = self.dice.below(3);
                let branch = |maker: &mut Self| When { condition: maker.from(CONDITIONS), then: maker.value() };
                let whens = (0..=count).map(|_| branch(self)).collect();
                Node::Case(Case { whens, otherwise: self.maybe(VALUES) })
            }
            12 if !self.queries.is_empty() => Node::ScalarQuery(self.from(QUERIES)),
            13 => Node::Unary((UnaryOp::Negate, self.value())),
            _ => {
                let op = if self.dice.one_in(60) { ListOp::RowValues } else { ListOp::Coalesce };
                Node::Listed(Listed { op, items: self.some(VALUES, 1, 3) })
            }
        };
        let bound = matches!(node, Node::Literal(_) | Node::Parameter(_));
        let id = self.arena.add(node);
        self.values.push(id);
        if bound {
            self.bounds.push(id);
        }
    }

    /// Makes a function call, and often a window over it.
    fn call(&mut self) -> Node {
        let function = self.dice.of(&FUNCTIONS);
        let arguments = self.some(VALUES, 0, 3);
        let (distinct, filter) = (self.dice.one_in(9), self.rarely(CONDITIONS));
        let call = Node::Call(Call { function: function.into(), arguments, distinct, filter });
        let windowed = FUNCTIONS.iter().position(|name| *name == function).is_some_and(|at| (19..30).contains(&at));
        if !windowed && !self.dice.one_in(6) {
            return call;
        }
        let call = self.arena.add(call);
        let (partition_by, order_by) = (self.some(VALUES, 0, 2), self.orders());
        let frame = self.dice.one_in(3).then(|| {
            let unit = self.dice.of(&[FrameUnit::Rows, FrameUnit::Range, FrameUnit::Groups]);
            let start = if self.dice.one_in(4) { self.border() } else { FrameBound::Preceding(3) };
            Frame { unit, start, end: self.border() }
        });
        Node::Window(Window { call, partition_by, order_by, frame })
    }

    fn border(&mut self) -> FrameBound {
        match self.dice.below(4) {
            0 => FrameBound::Current,
            1 => FrameBound::Unbounded,
            2 => FrameBound::Following(self.count()),
            _ => FrameBound::Preceding(self.count()),
        }
    }

    fn count(&mut self) -> u64 {
        if self.dice.one_in(6) { self.dice.edge() } else { self.dice.below(9) as u64 }
    }

    fn orders(&mut self) -> Vec<Order> {
        let keys = if self.dice.one_in(3) { self.some(VALUES, 0, 2) } else { vec![] };
        keys.into_iter()
            .map(|expression| {
                let nulls_first = self.dice.one_in(9).then_some(true);
                Order { expression, descending: self.dice.one_in(2), nulls_first }
            })
            .collect()
    }

    fn add_condition(&mut self) {
        let node = match self.dice.below(10) {
            0..=2 => {
                let op = self.dice.of(&COMPARISONS);
                let (left, right) = (self.value(), self.value());
                Node::Binary(Binary { op, left, right })
            }
            3 => Node::Unary((self.dice.of(&[UnaryOp::IsNull, UnaryOp::IsNotNull]), self.value())),
            4 => {
                let op = self.dice.of(&[ListOp::InList, ListOp::NotInList, ListOp::Between]);
                let (least, most) = if op == ListOp::Between { (3, 3) } else { (1, 4) };
                Node::Listed(Listed { op, items: self.some(VALUES, least, most) })
            }
            5 => {
                let op = self.dice.of(&[ListOp::And, ListOp::Or]);
                Node::Listed(Listed { op, items: self.some(CONDITIONS, 0, 3) })
            }
            6 => self.matching(),
            7 if !self.queries.is_empty() => {
                let (value, query) = (self.value(), self.from(QUERIES));
                Node::Membership(Membership { value, query, negated: self.dice.one_in(2) })
            }
            8 if !self.queries.is_empty() => Node::Exists(self.from(QUERIES)),
            _ => Node::Unary((UnaryOp::Not, self.from(CONDITIONS))),
        };
        let id = self.arena.add(node);
        self.conditions.push(id);
    }

    fn matching(&mut self) -> Node {
        let marks = ['\\', '\'', '!', '"', '`', '|', '*', '?', '[', '$', '-', ';', '/', '\u{e001}', '😀'];
        let marks = if self.dice.one_in(12) { &['%', '_', 'a', '\0', 'é'] } else { &marks[..] };
        let escape = self.dice.maybe(|dice| dice.of(marks));
        let (value, pattern) = (self.value(), self.value());
        let (ignore_case, negated) = (self.dice.one_in(2), self.dice.one_in(2));
        Node::Matching(Matching { value, pattern, escape, ignore_case, negated })
    }
}

/// Makes a type for a cast or a column, mostly a valid one.
pub fn column_type(dice: &mut Dice<'_, '_>) -> ColumnType {
    let mut ty = match dice.below(12) {
        0 => return varchar(9),
        1 => return ColumnType { precision: Some(10), scale: Some(2), ..TypeKind::Decimal.into() },
        2 => ColumnType { element: dice.maybe(|dice| dice.of(&KINDS)), ..TypeKind::Array.into() },
        3 => ColumnType { labels: dice.many(0, 3, |dice| names::name(dice)), ..TypeKind::Enumeration.into() },
        // Kinds that need no length, precision or other detail.
        4..=9 => ColumnType::from(dice.of(&PLAIN)),
        _ => ColumnType::from(dice.of(&KINDS)),
    };
    if dice.one_in(10) {
        ty.length = dice.maybe(|dice| dice.edge() as u32);
        ty.precision = dice.maybe(|dice| dice.below(1_100) as u32);
        ty.scale = dice.maybe(|dice| dice.below(80) as u32);
        ty.native = dice.maybe(|dice| format!("m4rk3d{}", dice.text(6)));
    }
    ty
}
