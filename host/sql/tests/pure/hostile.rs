//! Arenas at random: whatever a guest sends, the answer is text or an error, and no value of it is ever in the text.
//!
//! The generator mostly keeps to the rules, so that deep parts of the compiler are reached, and breaks each of them now
//! and then. It is a function of its seed: a failure names the seed that makes it again.

use sqlservice_sql::{Error, Limits, Scalar, Value, compile, schema::TypeKind, statement::*, value::Array};

use crate::build::{Arena, DIALECTS, catalog, varchar};

/// What literals hold; it must never be seen in a text.
const MARK: &str = "m4rk3d";
const MARKED_NUMBER: i64 = 918_273_645;

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, count: usize) -> usize {
        (self.roll() % count.max(1) as u64) as usize
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    fn of<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}

struct Maker {
    dice: Dice,
    arena: Arena,
    values: Vec<NodeId>,
    conditions: Vec<NodeId>,
    sources: Vec<NodeId>,
    queries: Vec<NodeId>,
}

/// Mostly columns of the table that is mostly there.
const COLUMNS: [&str; 14] = [
    "users.id",
    "users.id",
    "users.age",
    "users.age",
    "users.name",
    "users.active",
    "users.price",
    "users.ratio",
    "users.doc",
    "age",
    "email",
    "devices.name",
    "s.id",
    "gone",
];
const FUNCTIONS: [&str; 24] = [
    "count",
    "sum",
    "min",
    "lower",
    "length",
    "substr",
    "round",
    "coalesce",
    "nullif",
    "concat",
    "now",
    "lag",
    "rank",
    "replace",
    "avg",
    "pg_sleep",
    "floor",
    "greatest",
    "right",
    "year",
    "add_seconds",
    "json_length",
    "json_type",
    "sign",
];
const KINDS: [TypeKind; 8] = [
    TypeKind::Int64,
    TypeKind::Text,
    TypeKind::Boolean,
    TypeKind::Date,
    TypeKind::Json,
    TypeKind::Float64,
    TypeKind::Uuid,
    TypeKind::Decimal,
];

impl Maker {
    fn new(seed: u64) -> Self {
        let (values, conditions, sources, queries) = Default::default();
        Self { dice: Dice(seed), arena: Arena::default(), values, conditions, sources, queries }
    }

    /// A node of a list, or, rarely, any number.
    fn from(&mut self, list: fn(&Self) -> &Vec<NodeId>) -> NodeId {
        if self.dice.one_in(400) {
            return self.dice.roll() as u32 % (self.arena.0.len() as u32 + 3);
        }
        let count = list(self).len();
        let at = self.dice.below(count);
        list(self).get(at).copied().unwrap_or(0)
    }

    fn value(&mut self) -> NodeId {
        self.from(|m| &m.values)
    }

    fn condition(&mut self) -> NodeId {
        self.from(|m| &m.conditions)
    }

    fn some(&mut self, list: fn(&Self) -> &Vec<NodeId>, least: usize, most: usize) -> Vec<NodeId> {
        let count = least + self.dice.below(most - least + 1);
        (0..count).map(|_| self.from(list)).collect()
    }

    fn maybe(&mut self, list: fn(&Self) -> &Vec<NodeId>) -> Option<NodeId> {
        self.dice.one_in(2).then(|| self.from(list))
    }

    fn literal(&mut self) -> Value {
        let scalar = match self.dice.below(12) {
            0 => Scalar::Null,
            1 => Scalar::Boolean(true),
            2..=4 => Scalar::Integer(MARKED_NUMBER),
            5 => Scalar::Unsigned(u64::MAX),
            6 => Scalar::Float(f64::INFINITY),
            7 => Scalar::Decimal(format!("{MARKED_NUMBER}.5")),
            8 => Scalar::Bytes(MARK.into()),
            9 => Scalar::Other(MARK.into(), MARK.into()),
            10 => return Value::Array(Array { dimensions: vec![9], items: vec![Scalar::Text(MARK.into())] }),
            _ => Scalar::Text(format!("{MARK}'\"`\\ %_")),
        };
        Value::Scalar(scalar)
    }

    fn orders(&mut self) -> Vec<Order> {
        let keys = if self.dice.one_in(3) { self.some(|m| &m.values, 0, 2) } else { vec![] };
        keys.into_iter()
            .map(|expression| {
                let nulls_first = self.dice.one_in(9).then_some(true);
                Order { expression, descending: self.dice.one_in(2), nulls_first }
            })
            .collect()
    }

    fn add_value(&mut self) {
        let node = match self.dice.below(14) {
            0 | 1 => Node::Literal(self.literal()),
            2 => Node::Parameter(self.dice.below(5) as u32),
            3..=6 => {
                let name = *self.dice.of(&COLUMNS);
                let id = self.arena.col(name);
                self.values.push(id);
                return;
            }
            7 => {
                let op = *self.dice.of(&[BinaryOp::Add, BinaryOp::Divide, BinaryOp::Concat, BinaryOp::JsonGetText]);
                Node::Binary(Binary { op, left: self.value(), right: self.value() })
            }
            8 => {
                let function = (*self.dice.of(&FUNCTIONS)).to_owned();
                let arguments = self.some(|m| &m.values, 0, 3);
                let filter = self.dice.one_in(9).then(|| self.condition());
                let call = Call { function, arguments, distinct: self.dice.one_in(9), filter };
                let call = self.arena.add(Node::Call(call));
                self.values.push(call);
                let frame = Frame { unit: FrameUnit::Rows, start: FrameBound::Preceding(3), end: FrameBound::Current };
                let frame = self.dice.one_in(3).then_some(frame);
                let window =
                    Window { call, partition_by: self.some(|m| &m.values, 0, 1), order_by: self.orders(), frame };
                Node::Window(window)
            }
            9 => {
                let ty = if self.dice.one_in(5) { varchar(9) } else { (*self.dice.of(&KINDS)).into() };
                Node::Cast(Cast { value: self.value(), ty })
            }
            10 => {
                let whens = vec![When { condition: self.condition(), then: self.value() }];
                Node::Case(Case { whens, otherwise: self.maybe(|m| &m.values) })
            }
            11 if !self.queries.is_empty() => Node::ScalarQuery(self.from(|m| &m.queries)),
            12 => Node::Unary((UnaryOp::Negate, self.value())),
            _ => {
                let op = if self.dice.one_in(20) { ListOp::RowValues } else { ListOp::Coalesce };
                Node::Listed(Listed { op, items: self.some(|m| &m.values, 1, 3) })
            }
        };
        let id = self.arena.add(node);
        self.values.push(id);
    }

    fn add_condition(&mut self) {
        let node = match self.dice.below(8) {
            0 | 1 => {
                let op = *self.dice.of(&[BinaryOp::Equal, BinaryOp::Less, BinaryOp::IsDistinct]);
                Node::Binary(Binary { op, left: self.value(), right: self.value() })
            }
            2 => Node::Unary((*self.dice.of(&[UnaryOp::IsNull, UnaryOp::IsNotNull]), self.value())),
            3 => {
                let op = *self.dice.of(&[ListOp::InList, ListOp::NotInList, ListOp::Between]);
                Node::Listed(Listed { op, items: self.some(|m| &m.values, 1, 4) })
            }
            4 => {
                let op = *self.dice.of(&[ListOp::And, ListOp::Or]);
                Node::Listed(Listed { op, items: self.some(|m| &m.conditions, 0, 3) })
            }
            5 => {
                let escape = self.dice.one_in(2).then(|| *self.dice.of(&['\\', '\'', '!', '%']));
                let (value, pattern) = (self.value(), self.value());
                let ignore_case = self.dice.one_in(2);
                Node::Matching(Matching { value, pattern, escape, ignore_case, negated: self.dice.one_in(2) })
            }
            6 if !self.queries.is_empty() => {
                let (value, query) = (self.value(), self.from(|m| &m.queries));
                Node::Membership(Membership { value, query, negated: self.dice.one_in(2) })
            }
            7 if !self.queries.is_empty() => Node::Exists(self.from(|m| &m.queries)),
            _ => Node::Unary((UnaryOp::Not, self.condition())),
        };
        let id = self.arena.add(node);
        self.conditions.push(id);
    }

    fn add_source(&mut self) {
        let id = match self.dice.below(6) {
            0 if !self.queries.is_empty() => {
                let (query, lateral) = (self.from(|m| &m.queries), self.dice.one_in(4));
                self.arena.sub(query, "s", lateral)
            }
            1 if !self.sources.is_empty() => {
                let right = self.arena.from("devices as t");
                let (left, on) = (self.from(|m| &m.sources), self.condition());
                let kind = *self.dice.of(&[JoinKind::Inner, JoinKind::Left, JoinKind::Full, JoinKind::Cross]);
                self.arena.join(kind, left, right, on)
            }
            _ => {
                let name = *self.dice.of(&[
                    "users",
                    "users",
                    "users",
                    "users",
                    "devices",
                    "logs",
                    "odd \"table`%",
                    "sqlite_schema",
                    "c",
                ]);
                self.arena.from(name)
            }
        };
        self.sources.push(id);
    }

    fn add_query(&mut self) {
        let ctes = if self.dice.one_in(5) && !self.queries.is_empty() {
            let columns = if self.dice.one_in(2) { vec!["id".to_owned()] } else { vec![] };
            let query = self.from(|m| &m.queries);
            vec![Cte { name: "c".into(), columns, query, recursive: self.dice.one_in(2) }]
        } else {
            vec![]
        };
        let (order_by, limit) = (self.orders(), None);
        let node = if self.dice.one_in(5) && self.queries.len() > 1 {
            let op = *self.dice.of(&[SetOp::Union, SetOp::UnionAll, SetOp::Except]);
            let parts = self.some(|m| &m.queries, 2, 3);
            Node::Compound(Compound { ctes, op, parts, order_by, limit, offset: None })
        } else {
            let mut columns = self.some(|m| &m.values, 1, 3);
            if self.dice.one_in(3) {
                let value = self.value();
                columns.push(self.arena.label(value, "la\"b`el"));
            }
            let lock = Locking { for_share: true, no_wait: false, skip_locked: true, tables: vec![] };
            Node::Select(Select {
                ctes,
                columns,
                distinct: self.dice.one_in(4),
                source: if self.dice.one_in(6) { None } else { Some(self.from(|m| &m.sources)) },
                filter: self.maybe(|m| &m.conditions),
                group_by: if self.dice.one_in(5) { self.some(|m| &m.values, 1, 2) } else { vec![] },
                having: None,
                order_by,
                limit,
                offset: None,
                lock: self.dice.one_in(12).then_some(lock),
            })
        };
        let id = self.arena.add(node);
        self.queries.push(id);
    }

    fn root(&mut self) -> Root {
        let table = (*self.dice.of(&["users", "logs", "devices", "nowhere"])).to_owned();
        let returning = if self.dice.one_in(3) { self.some(|m| &m.values, 1, 2) } else { vec![] };
        let assignment = |maker: &mut Self| {
            let column = (*maker.dice.of(&["name", "age", "text", "id"])).to_owned();
            Assignment { column, value: maker.value() }
        };
        match self.dice.below(6) {
            0 => {
                let assignments = vec![assignment(self), assignment(self)];
                let source = self.dice.one_in(4).then(|| self.from(|m| &m.sources));
                Root::Update(Update {
                    table,
                    schema: None,
                    assignments,
                    source,
                    filter: self.maybe(|m| &m.conditions),
                    returning,
                })
            }
            1 => {
                let source = self.dice.one_in(4).then(|| self.from(|m| &m.sources));
                Root::Delete(Delete { table, schema: None, source, filter: self.maybe(|m| &m.conditions), returning })
            }
            2 => {
                let action = match self.dice.below(2) {
                    0 => ConflictAction::Nothing,
                    _ => ConflictAction::Update(vec![assignment(self)]),
                };
                let conflict = Conflict { columns: vec![], action, filter: None };
                let conflict = self.dice.one_in(3).then_some(conflict);
                let columns = vec![(*self.dice.of(&["name", "text", "age"])).to_owned()];
                let source = match self.dice.below(3) {
                    0 => InsertSource::Query(self.from(|m| &m.queries)),
                    _ => InsertSource::Values(vec![vec![self.value()], vec![self.value()]]),
                };
                Root::Insert(Insert { table, schema: None, columns, source, conflict, returning })
            }
            _ => Root::Select(self.from(|m| &m.queries)),
        }
    }
}

fn statement(seed: u64) -> Statement {
    let mut maker = Maker::new(seed);
    maker.add_value();
    let truth = maker.arena.lit(Scalar::Boolean(true));
    maker.conditions.push(truth);
    maker.add_source();
    for _ in 0..8 + maker.dice.below(30) {
        match maker.dice.below(8) {
            0..=3 => maker.add_value(),
            4 | 5 => maker.add_condition(),
            6 => maker.add_source(),
            _ => maker.add_query(),
        }
    }
    maker.add_query();
    let root = maker.root();
    Statement { nodes: maker.arena.0, root }
}

#[test]
fn t21_t25_any_arena_is_text_without_values_or_an_error() {
    let catalogs = DIALECTS.map(|dialect| (dialect, catalog(dialect)));
    let limits = Limits::default();
    let mut good = 0;
    for seed in 0..30_000 {
        let statement = statement(seed);
        for (dialect, catalog) in &catalogs {
            let compiled = match compile(&statement, catalog, *dialect, &limits) {
                Ok(compiled) => compiled,
                Err(Error::Limit { .. } | Error::Denied(_) | Error::Unsupported { .. }) => continue,
                Err(error) => {
                    assert!(!error.to_string().is_empty(), "seed {seed}");
                    continue;
                }
            };
            good += 1;
            let sql = &compiled.sql;
            assert!(!sql.contains(MARK), "seed {seed}: {sql}");
            assert!(!sql.contains(&MARKED_NUMBER.to_string()), "seed {seed}: {sql}");
            assert!(!sql.contains("sqlite_schema") && !sql.contains("pg_sleep"), "seed {seed}: {sql}");
            if *dialect == sqlservice_sql::Dialect::Postgres {
                let last = format!("${}", compiled.slots.len());
                let next = format!("${}", compiled.slots.len() + 1);
                assert!(compiled.slots.is_empty() || sql.contains(&last), "seed {seed}: {sql}");
                assert!(!sql.contains(&next), "seed {seed}: {sql}");
            } else {
                // The marks that patterns are made of on SQLite are no placeholders.
                let placeholders = sql.replace("'[?]'", "").replace("'?'", "").matches('?').count();
                assert_eq!(placeholders, compiled.slots.len(), "seed {seed}: {sql}");
            }
            assert_eq!(compile(&statement, catalog, *dialect, &limits).as_ref(), Ok(&compiled));
        }
    }
    // The generator reaches what it is meant to reach.
    assert!(good > 5_000, "only {good} statements compiled");
}
