//! Random roots of statements: selects, inserts, updates and deletes.

use sqlservice_sql::statement::*;

use super::{CONDITIONS, Maker, QUERIES, SOURCES, VALUES};
use crate::names;

const TARGETS: [&str; 12] = [
    "users",
    "users",
    "users",
    "users",
    "users",
    "users",
    "users",
    "logs",
    "devices",
    "odd \"table`%",
    "nowhere",
    "n4me",
];
const WRITTEN: [&str; 8] = ["name", "name", "age", "email", "text", "id", "per%cent", "gone"];

impl Maker<'_, '_> {
    pub(super) fn root(&mut self) -> Root {
        let table: String = self.dice.of(&TARGETS).into();
        let schema = self.dice.one_in(40).then(|| names::name(&mut self.dice));
        let returning = if self.dice.one_in(3) { self.some(VALUES, 1, 2) } else { vec![] };
        match self.dice.below(8) {
            4 => {
                let (assignments, source) = (self.assignments(), self.rarely(SOURCES));
                let filter = self.maybe(CONDITIONS);
                Root::Update(Update { table, schema, assignments, source, filter, returning })
            }
            5 => {
                let (source, filter) = (self.rarely(SOURCES), self.maybe(CONDITIONS));
                Root::Delete(Delete { table, schema, source, filter, returning })
            }
            6 | 7 => self.insert(table, schema, returning),
            _ => Root::Select(self.queries.last().copied().unwrap_or(0)),
        }
    }

    fn assignments(&mut self) -> Vec<Assignment> {
        let count = self.dice.below(3);
        (0..=count).map(|_| Assignment { column: self.dice.of(&WRITTEN).into(), value: self.value() }).collect()
    }

    fn insert(&mut self, table: String, schema: Option<String>, returning: Vec<NodeId>) -> Root {
        let mut columns: Vec<String> = vec![self.dice.of(&WRITTEN).into()];
        let source = match self.dice.below(5) {
            0 => InsertSource::Query(self.from(QUERIES)),
            1 => {
                columns.clear();
                InsertSource::Defaults
            }
            _ => {
                // Only constants are sure to be valid in rows of VALUES.
                let rows = self.dice.below(3);
                let value = |maker: &mut Self| {
                    let value = names::value(&mut maker.dice);
                    maker.arena.add(Node::Literal(value))
                };
                InsertSource::Values((0..=rows).map(|_| vec![value(self)]).collect())
            }
        };
        let conflict = self.dice.one_in(3).then(|| self.conflict());
        Root::Insert(Insert { table, schema, columns, source, conflict, returning })
    }

    fn conflict(&mut self) -> Conflict {
        let columns = if self.dice.one_in(2) { vec![self.dice.of(&WRITTEN).into()] } else { vec![] };
        let column = self.dice.of(&WRITTEN).to_owned();
        let excluded = self.arena.add(Node::Excluded(column.clone()));
        let action = match self.dice.below(3) {
            0 => ConflictAction::Nothing,
            1 => ConflictAction::Update(vec![Assignment { column, value: excluded }]),
            _ => ConflictAction::Update(self.assignments()),
        };
        Conflict { columns, action, filter: self.rarely(CONDITIONS) }
    }
}
