//! Random sources and queries.

use sqlservice_sql::statement::*;

use super::{BOUNDS, CONDITIONS, Maker, QUERIES, SOURCES, VALUES};
use crate::names;

const TABLES: [&str; 12] = [
    "users",
    "users",
    "users",
    "users",
    "devices",
    "devices as n4me",
    "logs",
    "odd \"table`%",
    "n4me",
    "users as n4me\"; DROP TABLE users; --",
    "sqlite_schema",
    "refl\\ected\";--",
];

impl Maker<'_, '_> {
    pub(super) fn add_source(&mut self) {
        let id = match self.dice.below(6) {
            0 if !self.queries.is_empty() => {
                let (query, lateral) = (self.from(QUERIES), self.dice.one_in(4));
                let alias = names::name(&mut self.dice);
                self.arena.sub(query, &alias, lateral)
            }
            1 if !self.sources.is_empty() => self.join(),
            2 => {
                let schema = self.dice.one_in(4).then(|| names::name(&mut self.dice));
                let alias = self.dice.maybe(|dice| names::name(dice));
                let table = self.dice.of(&TABLES).into();
                self.arena.add(Node::Table(SourceTable { table, schema, alias }))
            }
            _ => {
                let table = self.dice.of(&TABLES);
                self.arena.from(table)
            }
        };
        self.sources.push(id);
    }

    fn join(&mut self) -> NodeId {
        let right = if self.dice.one_in(3) { self.from(SOURCES) } else { self.arena.from("devices as t") };
        let (left, on) = (self.from(SOURCES), self.from(CONDITIONS));
        let kinds = [JoinKind::Inner, JoinKind::Left, JoinKind::Right, JoinKind::Full, JoinKind::Cross];
        let kind = self.dice.of(&kinds);
        self.arena.join(kind, left, right, on)
    }

    pub(super) fn add_query(&mut self) {
        let ctes = if self.dice.one_in(5) && !self.queries.is_empty() { self.ctes() } else { vec![] };
        let (order_by, limit, offset) = (self.orders(), self.rarely(BOUNDS), self.rarely(BOUNDS));
        let node = if self.dice.one_in(5) && self.queries.len() > 1 {
            let op = self.dice.of(&[SetOp::Union, SetOp::UnionAll, SetOp::Intersect, SetOp::Except]);
            let first = self.from(QUERIES);
            // The same query twice always has matching columns.
            let mut parts = vec![first, first];
            parts.extend(self.some(QUERIES, 0, 1));
            Node::Compound(Compound { ctes, op, parts, order_by, limit, offset })
        } else {
            let mut columns = self.some(VALUES, 1, 3);
            if self.dice.one_in(3) {
                let (value, label) = (self.value(), names::name(&mut self.dice));
                columns.push(self.arena.label(value, &label));
            }
            Node::Select(Select {
                ctes,
                columns,
                distinct: self.dice.one_in(4),
                source: if self.dice.one_in(12) { None } else { Some(self.from(SOURCES)) },
                filter: self.maybe(CONDITIONS),
                group_by: if self.dice.one_in(5) { self.some(VALUES, 1, 2) } else { vec![] },
                having: self.rarely(CONDITIONS),
                order_by,
                limit,
                offset,
                lock: self.dice.one_in(12).then(|| self.lock()),
            })
        };
        let id = self.arena.add(node);
        self.queries.push(id);
    }

    fn ctes(&mut self) -> Vec<Cte> {
        let count = self.dice.below(2);
        let one = |maker: &mut Self| {
            let (name, query) = (names::name(&mut maker.dice), maker.from(QUERIES));
            let columns = if maker.dice.one_in(3) { maker.dice.many(0, 2, |dice| names::name(dice)) } else { vec![] };
            Cte { name, columns, query, recursive: maker.dice.one_in(2) }
        };
        (0..=count).map(|_| one(self)).collect()
    }

    fn lock(&mut self) -> Locking {
        Locking {
            for_share: self.dice.one_in(2),
            no_wait: self.dice.one_in(3),
            skip_locked: self.dice.one_in(3),
            tables: if self.dice.one_in(3) { vec![self.dice.of(&["users", "n4me", "gone"]).into()] } else { vec![] },
        }
    }
}
