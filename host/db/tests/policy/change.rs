//! Random statements that change rows. For visible rows, the new values fit the meaning of each column.

use sqlservice_sql::{Dialect, Scalar, statement::*};

use crate::{
    build::{delete, insert, select, set, update},
    data::MADE,
    maker::{Holds, Maker, Sort},
    tables::{TABLES, USER, inserted, updated},
};

/// A statement as the guest sends it, and its equivalent for the copy, where no rule restricts the changed rows.
#[derive(Clone, Debug)]
pub struct Both {
    pub ruled: Statement,
    pub plain: Statement,
    /// Whether its rows have a defined order.
    pub is_ordered: bool,
}

impl Maker<'_, '_> {
    pub fn select_statement(&mut self) -> Both {
        let depth = 1 + self.dice.below(3);
        let query = self.query(depth, &[]);
        let statement = self.end(Root::Select(query.id));
        Both { ruled: statement.clone(), plain: statement, is_ordered: false }
    }

    pub fn change_statement(&mut self) -> Both {
        let root = match self.dice.below(6) {
            0 | 1 => self.update(),
            2 => self.delete(),
            3 => self.insert_values(),
            4 => self.insert_query(),
            _ => self.upsert(),
        };
        let ruled = self.end(root);
        Both { plain: narrowed(&ruled), ruled, is_ordered: false }
    }

    /// A random value that fits a column and makes no later statement fail.
    fn stored(&mut self, column: &str) -> NodeId {
        match Holds::of(column) {
            Holds::Id => {
                let id = self.an_id();
                if self.dice.one_in(4) { self.arena.lit(Scalar::Null) } else { id }
            }
            Holds::Number | Holds::Int => self.small(),
            Holds::Word => {
                let word = self.dice.of(&["1", "4", "12"]);
                self.arena.text(word)
            }
            Holds::Pattern => {
                let pattern = self.dice.of(&["b%", "%e%", "!%x"]);
                self.arena.text(pattern)
            }
            Holds::Doc => {
                let doc = self.dice.of(&["{\"a\": 2}", "[3]"]);
                self.arena.text(doc)
            }
            Holds::Slug => {
                let slug = self.dice.of(&["s0", "s1", "new", "newer", "s2"]);
                self.arena.text(slug)
            }
            Holds::Text => self.a_text(),
            Holds::Truth => {
                let truth = self.dice.one_in(2);
                self.arena.lit(Scalar::Boolean(truth))
            }
        }
    }

    /// A new value for a column of an existing row.
    fn new_value(&mut self, table: &str, column: &str) -> NodeId {
        let plain = self.stored(column);
        if column == "slug" || column == "version" || !self.dice.one_in(2) {
            return plain;
        }
        if Holds::of(column) == Holds::Text {
            return self.text(2);
        }
        let own = self.arena.col(&format!("{table}.{column}"));
        let condition = self.truth(2);
        let whens = vec![When { condition, then: plain }];
        self.arena.add(Node::Case(Case { whens, otherwise: Some(own) }))
    }

    /// The columns of `RETURNING`, where the database supports it.
    fn returned(&mut self, can: bool, table: &str) -> Vec<NodeId> {
        if !can || !self.dice.one_in(2) {
            return Vec::new();
        }
        self.scopes = vec![Self::columns_of(table, table)];
        let count = 1 + self.dice.below(2);
        let mut returned = Vec::new();
        for _ in 0..count {
            let sort = self.dice.of(&[Sort::Int, Sort::Text]);
            // No subqueries: whether they see the changed rows differs.
            let tables = std::mem::replace(&mut self.tables, 0);
            let value = if self.dice.one_in(2) { self.column(|holds| holds.sort() == sort) } else { None };
            let value = value.unwrap_or_else(|| self.of_sort(sort, 1));
            self.tables = tables;
            let label = self.name("c");
            returned.push(self.arena.label(value, &label));
        }
        returned
    }

    /// A condition that matches one row.
    fn one_of(&mut self, table: &str) -> NodeId {
        let (column, id) = (self.arena.col(&format!("{table}.id")), self.an_id());
        self.arena.eq(column, id)
    }

    /// The condition of a change: it matches one row where the order of the changes would be visible.
    fn changed(&mut self, table: &str, is_one: bool) -> Option<NodeId> {
        let filter = (!self.dice.one_in(4)).then(|| self.truth(2));
        if !is_one {
            return filter;
        }
        let one = self.one_of(table);
        let items: Vec<NodeId> = [one].into_iter().chain(filter).collect();
        Some(self.arena.listed(ListOp::And, &items))
    }

    /// Another source of a change, for `UPDATE … FROM` or `DELETE … USING`.
    fn beside(&mut self, can: bool) -> Option<NodeId> {
        if !can || !self.dice.one_in(4) {
            return None;
        }
        Some(self.sources(1).0)
    }

    fn update(&mut self) -> Root {
        let table = self.dice.of(&TABLES);
        self.changes(table);
        let columns = updated(table);
        let column = self.dice.of(columns);
        let other = self.dice.of(columns);
        self.scopes = vec![Vec::new()];
        let source = self.beside(self.can.update_source);
        // Values use no other source, because they could come from any of its rows.
        self.scopes = vec![Self::columns_of(table, table)];
        let mut assignments = vec![set(column, self.new_value(table, column))];
        if other != column {
            assignments.push(set(other, self.stored(other)));
        }
        let keys = columns_of_source(self, source);
        self.scopes = vec![[Self::columns_of(table, table), keys].concat()];
        let is_one = [column, other].contains(&"slug") || [column, other].contains(&"parent_id");
        let filter = self.changed(table, is_one);
        let returning = self.returned(self.can.update_returning && source.is_none(), table);
        Root::Update(Update { source, filter, returning, ..update(table, assignments) })
    }

    fn delete(&mut self) -> Root {
        let table = self.dice.of(&TABLES);
        self.changes(table);
        self.has_deleted = true;
        self.scopes = vec![Vec::new()];
        let source = self.beside(self.can.delete_source);
        let keys = columns_of_source(self, source);
        self.scopes = vec![[Self::columns_of(table, table), keys].concat()];
        let filter = self.changed(table, table == "projects");
        let returning = self.returned(self.can.delete_returning && source.is_none(), table);
        Root::Delete(Delete { source, filter, returning, ..delete(table) })
    }

    /// The columns of an insert; some optional ones are left out.
    fn filled(&mut self, table: &str) -> Vec<&'static str> {
        let optional = |name: &str| matches!(name, "title" | "budget" | "word" | "secret" | "weight" | "size");
        let all = inserted(table);
        all.into_iter().filter(|name| !(optional(name) && self.dice.one_in(3))).collect()
    }

    fn insert_values(&mut self) -> Root {
        let table = self.dice.of(&TABLES);
        let columns = self.filled(table);
        let made = self.dice.one_in(2) && !self.has_deleted;
        let columns: Vec<&str> = columns.into_iter().filter(|name| *name != "id" || !made).collect();
        let rows = 1 + self.dice.below(2);
        let rows = (0..rows).map(|row| columns.iter().map(|name| self.cell(name, row)).collect()).collect();
        let returning = self.returned(self.can.insert_returning, table);
        Root::Insert(Insert { returning, ..insert(table, &columns, InsertSource::Values(rows)) })
    }

    /// A value of an inserted row. New keys are out of the range of existing rows, because a key of a hidden row would be a conflict.
    fn cell(&mut self, column: &str, row: usize) -> NodeId {
        match column {
            "id" => {
                let id = 500_000 + row as i64 + self.dice.below(2) as i64;
                self.arena.int(id)
            }
            "project_id" => self.arena.int(MADE),
            "note_id" => self.an_id(),
            "is_open" => self.arena.lit(Scalar::Boolean(true)),
            _ => self.stored(column),
        }
    }

    /// An insert from a query. Its rows have keys that do not depend on their order.
    fn insert_query(&mut self) -> Root {
        let table = self.dice.of(&["docs", "projects", "pins", "notes"]);
        let columns: Vec<&str> = self.filled(table).into_iter().filter(|name| *name != "parent_id").collect();
        let parts = 1 + usize::from(self.dice.one_in(3));
        let mut queries = Vec::new();
        for part in 0..parts {
            queries.push(self.rows_of(table, &columns, part as i64));
        }
        let query = match queries.as_slice() {
            [only] => *only,
            several => {
                let op = self.dice.of(&[SetOp::Union, SetOp::UnionAll]);
                self.arena.add(Node::Compound(crate::build::compound(op, several)))
            }
        };
        let returning = self.returned(self.can.insert_returning, table);
        Root::Insert(Insert { returning, ..insert(table, &columns, InsertSource::Query(query)) })
    }

    /// A query that makes rows for a table from the visible rows of another one.
    fn rows_of(&mut self, table: &str, columns: &[&str], part: i64) -> NodeId {
        let source_table = if table == "pins" { "notes" } else { self.dice.of(&["docs", "notes", "projects"]) };
        let alias = self.name("t");
        let source = self.arena.from(&format!("{source_table} as {alias}"));
        self.scopes = vec![Self::columns_of(source_table, &alias)];
        let key = self.arena.col(&format!("{alias}.id"));
        let mut values = Vec::new();
        for column in columns {
            values.push(match *column {
                "id" => {
                    let beyond = self.arena.int(600_000 + part * 100_000);
                    self.arena.bin(key, BinaryOp::Add, beyond)
                }
                "note_id" => key,
                "slug" => {
                    let (before, text) = (self.arena.text("n"), self.to(key, sqlservice_sql::schema::TypeKind::Text));
                    self.arena.bin(before, BinaryOp::Concat, text)
                }
                name => self.cell(name, 0),
            });
        }
        let filter = Some(self.truth(2));
        // The key of a visible row with a generated key could collide with another generated key.
        let (made, limit) = (self.arena.col(&format!("{alias}.id")), self.arena.int(MADE));
        let below = self.arena.bin(made, BinaryOp::Less, limit);
        let filter = filter.map(|filter| self.arena.listed(ListOp::And, &[filter, below]));
        let mut select = Select { filter, ..select(&values, source) };
        match self.dice.below(4) {
            0 => select.distinct = true,
            1 => select.group_by = vec![key],
            _ => {}
        }
        self.arena.select(select)
    }

    fn upsert(&mut self) -> Root {
        let columns = ["id", "slug", "title", "budget"];
        self.scopes = vec![Vec::new()];
        let row = columns.iter().map(|name| self.cell(name, 0)).collect();
        self.scopes = vec![Self::columns_of("projects", "projects")];
        let action = if self.dice.one_in(3) {
            ConflictAction::Nothing
        } else {
            let title = self.arena.add(Node::Excluded("title".to_owned()));
            let value = self.new_value("projects", "budget");
            ConflictAction::Update(vec![set("title", title), set("budget", value)])
        };
        let filter = (action != ConflictAction::Nothing && self.dice.one_in(2)).then(|| self.truth(1));
        let conflict = Some(Conflict { columns: vec!["slug".to_owned()], action, filter });
        let conflict = if self.dialect == Dialect::Mariadb && self.dice.one_in(2) { None } else { conflict };
        let returning = self.returned(self.can.insert_returning, "projects");
        let source = InsertSource::Values(vec![row]);
        Root::Insert(Insert { conflict, returning, ..insert("projects", &columns, source) })
    }
}

/// The columns of a change's additional source.
fn columns_of_source(maker: &Maker<'_, '_>, source: Option<NodeId>) -> Vec<crate::maker::Col> {
    let mut all = Vec::new();
    let mut left: Vec<NodeId> = source.into_iter().collect();
    while let Some(id) = left.pop() {
        match &maker.arena.0[id as usize] {
            Node::Join(join) => left.extend([join.left, join.right]),
            Node::Table(table) => {
                let alias = table.alias.as_deref().unwrap_or(&table.table);
                all.extend(Maker::columns_of(&table.table, alias));
            }
            _ => {}
        }
    }
    all
}

/// Adds the rule for changes to the statement's condition, because the copy does not have it.
fn narrowed(statement: &Statement) -> Statement {
    let mut plain = statement.clone();
    let nodes = &mut plain.nodes;
    let mut add = |node: Node| {
        nodes.push(node);
        (nodes.len() - 1) as NodeId
    };
    let mut narrow = |table: &str, filter: &mut Option<NodeId>| {
        if table != "notes" {
            return;
        }
        let column = add(Node::Column(ColumnName { table: Some("notes".into()), name: "owner_id".into() }));
        let user = add(Node::Literal(Scalar::Integer(USER).into()));
        let own = add(Node::Binary(Binary { op: BinaryOp::Equal, left: column, right: user }));
        let items = filter.iter().copied().chain([own]).collect();
        *filter = Some(add(Node::Listed(Listed { op: ListOp::And, items })));
    };
    match &mut plain.root {
        Root::Update(Update { table, filter, .. }) | Root::Delete(Delete { table, filter, .. }) => {
            narrow(table, filter)
        }
        _ => {}
    }
    plain
}
