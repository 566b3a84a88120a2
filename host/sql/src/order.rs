//! Orders tables as they can be created: referred tables first.

use std::collections::HashMap;

use crate::schema::Table;

/// An order of tables, and the foreign keys that no order satisfies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableOrder {
    /// Positions in the given list. A table comes after those that it refers to, except along `back`.
    pub tables: Vec<usize>,
    /// Foreign keys that close a cycle: the position of the table and that of its foreign key.
    pub back: Vec<(usize, usize)>,
}

/// Orders tables. Independent tables keep the given order. Foreign keys to tables outside the list, and of a table to
/// itself, are ignored. A depth-first search with an explicit stack: chains of foreign keys are guest-controlled.
#[must_use]
pub fn order(tables: &[&Table]) -> TableOrder {
    let positions: HashMap<(Option<&str>, &str), usize> =
        tables.iter().enumerate().map(|(position, t)| ((t.schema.as_deref(), t.name.as_str()), position)).collect();
    let referred = |position: usize, key: usize| -> Option<Option<usize>> {
        let key = tables.get(position)?.foreign_keys.get(key)?;
        Some(positions.get(&(key.schema.as_deref(), key.table.as_str())).copied())
    };
    let mut order = TableOrder::default();
    let mut states = vec![State::New; tables.len()];
    for start in 0..tables.len() {
        let mut stack = vec![(start, 0)];
        while let Some((position, key)) = stack.pop() {
            let Some(state) = states.get_mut(position) else {
                continue;
            };
            if *state == State::Done {
                continue;
            }
            *state = State::Open;
            let Some(target) = referred(position, key) else {
                *state = State::Done;
                order.tables.push(position);
                continue;
            };
            stack.push((position, key + 1));
            let Some(target) = target.filter(|target| *target != position) else {
                continue;
            };
            match states.get(target) {
                Some(State::New) => stack.push((target, 0)),
                Some(State::Open) => order.back.push((position, key)),
                Some(State::Done) | None => {}
            }
        }
    }
    order
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Open,
    Done,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Action, ForeignKey};

    fn table(name: &str, refers: &[&str]) -> Table {
        let foreign_keys = refers
            .iter()
            .map(|to| ForeignKey {
                name: None,
                columns: vec!["x".into()],
                table: (*to).into(),
                schema: None,
                referred: vec!["id".into()],
                on_delete: Action::NoAction,
                on_update: Action::NoAction,
            })
            .collect();
        Table {
            name: name.into(),
            schema: None,
            columns: Vec::new(),
            primary_key_name: None,
            primary_key: Vec::new(),
            foreign_keys,
            uniques: Vec::new(),
            indexes: Vec::new(),
            checks: Vec::new(),
            version_column: None,
            comment: None,
            is_view: false,
        }
    }

    fn names(tables: &[Table]) -> (Vec<&str>, usize) {
        let all: Vec<&Table> = tables.iter().collect();
        let order = order(&all);
        (order.tables.iter().map(|p| tables[*p].name.as_str()).collect(), order.back.len())
    }

    #[test]
    fn referred_tables_come_first_and_the_rest_stays() {
        let tables = [table("c", &["b", "a"]), table("z", &[]), table("b", &["a"]), table("a", &["a", "outside"])];
        assert_eq!(names(&tables), (vec!["a", "b", "c", "z"], 0));
    }

    #[test]
    fn f06_circles_are_reported_and_everything_is_still_there() {
        let tables = [table("user", &["node"]), table("node", &["user", "node"]), table("leaf", &["node"])];
        let (order, back) = names(&tables);
        assert_eq!((order, back), (vec!["node", "user", "leaf"], 1));
    }

    #[test]
    fn t68_a_chain_of_a_hundred_thousand_tables_needs_no_stack() {
        let count = 100_000;
        let tables: Vec<Table> =
            (0..count).map(|i| table(&format!("t{i}"), &[format!("t{}", (i + 1) % count).as_str()])).collect();
        let all: Vec<&Table> = tables.iter().collect();
        let order = order(&all);
        assert_eq!(order.tables.len(), count);
        assert_eq!(order.back.len(), 1);
    }
}
