//! Statements at random, valid ones: what is known while one is made.

use sqlservice_sql::{Capabilities, Dialect, schema::TypeKind, statement::*};

use crate::{build::Arena, dice::Dice, tables::read};

/// What a column holds, and so what can fail with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    Id,
    /// A number that arithmetic fails for where the row is hidden.
    Number,
    /// Any number.
    Int,
    /// A text that is a number where the row is seen.
    Word,
    /// A pattern that ends with its escape where the row is hidden.
    Pattern,
    /// A JSON document where the row is seen.
    Doc,
    /// What is unique among rows that are seen.
    Slug,
    /// Any text.
    Text,
    Truth,
}

/// The sorts of expressions.
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

/// A column that can be named.
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
    /// Its columns as those of a source.
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
    /// The sources of the queries around and of the one here, which is last.
    pub scopes: Vec<Vec<Col>>,
    /// Common table expressions that can be named.
    pub ctes: Vec<(String, Vec<(String, Holds)>)>,
    pub ids: Vec<i64>,
    /// Whether rows were deleted before: a database that takes the number after the greatest one would then tell of hidden rows.
    pub has_deleted: bool,
    /// The table that is changed, where it must not be read, too: MariaDB reads it again for each row, without those that are gone.
    pub changed: Option<&'static str>,
    names: usize,
    /// How many tables it may still name.
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

    /// The columns of a table under a name.
    pub fn columns_of(table: &str, alias: &str) -> Vec<Col> {
        let col = |name: &&str| Col { source: alias.to_owned(), name: (*name).to_owned(), holds: Holds::of(name) };
        read(table).iter().map(col).collect()
    }

    pub fn named(&mut self, col: &Col) -> NodeId {
        let table = (!col.source.is_empty()).then(|| col.source.clone());
        self.arena.add(Node::Column(ColumnName { table, name: col.name.clone() }))
    }

    /// A column that is there, mostly of the query here.
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

    /// Notes the table that is changed.
    pub fn changes(&mut self, table: &'static str) {
        self.changed = (self.dialect == Dialect::Mariadb).then_some(table);
    }

    /// The statement that was made.
    pub fn end(&mut self, root: Root) -> Statement {
        Statement { nodes: std::mem::take(&mut self.arena.0), root }
    }
}
