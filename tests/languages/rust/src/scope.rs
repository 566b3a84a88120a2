//! Which names mean which columns at a place in a statement, and of what kind these are.

use std::sync::LazyLock;

use sqlservice_sdk::schema::{Models, Table, TypeKind};

static MODELS: LazyLock<Models> = LazyLock::new(crate::declared_models);

/// A declared table.
pub fn declared(table: &str) -> Option<&'static Table> {
    MODELS.tables.iter().find(|declared| declared.name == table)
}

/// The kind of values that a column holds.
pub fn kind(table: &Table, column: &str) -> Option<TypeKind> {
    table.columns.iter().find(|known| known.name == column).map(|known| known.ty.kind)
}

/// Columns by their names, and of what kind each is.
pub type Columns = Vec<(String, TypeKind)>;

/// Something with columns that has a name: a table, or a query.
#[derive(Clone, Debug)]
pub struct Source {
    /// The name.
    pub name: String,
    /// Its columns and their kinds.
    pub columns: Columns,
}

impl Source {
    /// A declared table under a name of its own; one that is not declared has no columns.
    pub fn of_table(table: &str, name: &str) -> Self {
        let columns = declared(table).map_or(&[][..], |table| &table.columns);
        let columns = columns.iter().map(|column| (column.name.clone(), column.ty.kind)).collect();
        Self { name: name.to_owned(), columns }
    }

    fn kind(&self, column: &str) -> Option<TypeKind> {
        self.columns.iter().find(|(name, _)| name == column).map(|(_, kind)| *kind)
    }
}

/// The names that are known at a place.
#[derive(Default)]
pub struct Scope<'a> {
    /// Those of the statement around it.
    pub outer: Option<&'a Scope<'a>>,
    /// Common table expressions.
    pub named: Vec<Source>,
    /// The table or query that the statement reads or changes.
    pub sources: Vec<Source>,
}

impl<'a> Scope<'a> {
    /// That of a statement which changes a table.
    pub fn of(table: &str) -> Self {
        Self { sources: vec![Source::of_table(table, table)], ..Self::default() }
    }

    /// That of a query inside this one.
    pub fn inner(&'a self) -> Self {
        Self { outer: Some(self), ..Self::default() }
    }

    /// A common table expression.
    pub fn named(&self, name: &str) -> Option<&Source> {
        let found = self.named.iter().find(|source| source.name == name);
        found.or_else(|| self.outer.and_then(|outer| outer.named(name)))
    }

    /// The kind of a column of a source. What is not known is a text: the host tells what is wrong with it.
    pub fn kind(&self, source: &str, column: &str) -> TypeKind {
        let found = self.sources.iter().find(|known| known.name == source).and_then(|known| known.kind(column));
        found.unwrap_or_else(|| self.outer.map_or(TypeKind::Text, |outer| outer.kind(source, column)))
    }

    /// The source that has a column of this name.
    pub fn find(&self, column: &str) -> Option<(&str, TypeKind)> {
        let found = self.sources.iter().find_map(|source| Some((source.name.as_str(), source.kind(column)?)));
        found.or_else(|| self.outer.and_then(|outer| outer.find(column)))
    }
}
