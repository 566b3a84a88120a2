//! The state while a random valid statement is made.

use sqlservice_sql::{Capabilities, Dialect, schema::TypeKind, statement::*};

use crate::{build::Arena, dice::Dice, tables::read};

/// The meaning of a column's values, which determines the expressions that can fail with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    Id,
    /// A number for which arithmetic fails in hidden rows.
    Number,
    /// Any number.
    Int,
    /// A text that is a number in visible rows.
    Word,
    /// A pattern that ends with its escape character in hidden rows.
    Pattern,
    /// A text that is JSON in visible rows.
    Doc,
    /// A text that is unique among visible rows.
    Slug,
    /// Any text.
    Text,
    Truth,
}

/// The result types of expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    Int,
    Text,
    Truth,
}

impl Holds {
    pub fn of(column: &str) -> Self {
        match column {
            "id" | "owner_id" | "project_id" | "parent_id" | "note_id" => Self::Id,
            "budget" | "n" | "size" | "weight" => Self::Number,
            "word" | "secret" => Self::Word,
            "pattern" => Self::Pattern,
            "doc" => Self::Doc,
            "slug" => Self::Slug,
            "is_open" => Self::Truth,
            "version" => Self::Int,
            _ => Self::Text,
        }
    }

    pub fn sort(self) -> Sort {
        match self {
            Self::Id | Self::Number | Self::Int => Sort::Int,
            Self::Truth => Sort::Truth,
            _ => Sort::Text,
        }
    }
}

/// A column that an expression can refer to.
#[derive(Clone, Debug)]
pub struct Col {
    pub source: String,
    pub name: String,
    pub holds: Holds,
}

/// A query and its columns.
#[derive(Clone, Debug)]
pub struct Made {
    pub id: NodeId,
    pub columns: Vec<(String, Holds)>,
}

impl Made {
    /// Returns its columns as those of a source with this alias.
    pub fn under(&self, alias: &str) -> Vec<Col> {
        let col = |(name, holds): &(String, Holds)| Col { source: alias.to_owned(), name: name.clone(), holds: *holds };
        self.columns.iter().map(col).collect()
    }
}

pub struct Maker<'a, 'b> {
    pub dice: Dice<'a, 'b>,
    pub arena: Arena,
    pub dialect: Dialect,
    pub can: Capabilities,
    /// The columns of the enclosing queries' sources, and last those of the innermost query.
    pub scopes: Vec<Vec<Col>>,
    /// Common table expressions that a source can refer to.
    pub ctes: Vec<(String, Vec<(String, Holds)>)>,
    pub ids: Vec<i64>,
    /// Whether rows were deleted before: a database that generates the greatest key plus one would then reveal hidden rows.
    pub has_deleted: bool,
    /// The changed table, where it must not be read as well: MariaDB reads it again for each row, without the rows already deleted.
    pub changed: Option<&'static str>,
    names: usize,
    /// How many sources may still be added.
    pub tables: usize,
}

impl<'a, 'b> Maker<'a, 'b> {
    pub fn new(dice: Dice<'a, 'b>, dialect: Dialect, ids: Vec<i64>) -> Self {
        Self {
            dice,
            arena: Arena::default(),
            dialect,
            can: dialect.capabilities(),
            scopes: Vec::new(),
            ctes: Vec::new(),
            ids,
            has_deleted: false,
            changed: None,
            names: 0,
            tables: 9,
        }
    }

    pub fn name(&mut self, before: &str) -> String {
        self.names += 1;
        format!("{before}{}", self.names)
    }

    /// Returns the columns of a table under an alias.
    pub fn columns_of(table: &str, alias: &str) -> Vec<Col> {
        let col = |name: &&str| Col { source: alias.to_owned(), name: (*name).to_owned(), holds: Holds::of(name) };
        read(table).iter().map(col).collect()
    }

    pub fn named(&mut self, col: &Col) -> NodeId {
        let table = (!col.source.is_empty()).then(|| col.source.clone());
        self.arena.add(Node::Column(ColumnName { table, name: col.name.clone() }))
    }

    /// Finds a random matching column, mostly of the innermost query.
    pub fn find(&mut self, wanted: impl Fn(Holds) -> bool) -> Option<Col> {
        let mut level = self.scopes.len().checked_sub(1)?;
        while level > 0 && self.dice.one_in(4) {
            level -= 1;
        }
        let found = |scope: &Vec<Col>| scope.iter().filter(|col| wanted(col.holds)).cloned().collect::<Vec<_>>();
        let mut fitting = found(&self.scopes[level]);
        if fitting.is_empty() {
            fitting = self.scopes.last().map(found).unwrap_or_default();
        }
        if fitting.is_empty() {
            return None;
        }
        let at = self.dice.below(fitting.len());
        fitting.get(at).cloned()
    }

    pub fn column(&mut self, wanted: impl Fn(Holds) -> bool) -> Option<NodeId> {
        let col = self.find(wanted)?;
        Some(self.named(&col))
    }

    pub fn an_id(&mut self) -> NodeId {
        let at = self.dice.below(self.ids.len());
        let id = self.ids[at];
        self.arena.int(id)
    }

    pub fn to(&mut self, value: NodeId, kind: TypeKind) -> NodeId {
        self.arena.cast(value, kind)
    }

    /// Records the changed table, on MariaDB only.
    pub fn changes(&mut self, table: &'static str) {
        self.changed = (self.dialect == Dialect::Mariadb).then_some(table);
    }

    /// Returns the finished statement.
    pub fn end(&mut self, root: Root) -> Statement {
        Statement { nodes: std::mem::take(&mut self.arena.0), root }
    }
}
