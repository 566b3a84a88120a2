//! What names mean at a place of a statement: the sources of the query there, of those around it, and the common table
//! expressions that it may use.

use std::{collections::HashMap, rc::Rc};

use crate::{
    Error, Result,
    catalog::Entry,
    resolved::{ResultColumn, Type},
};

/// The columns of a derived table or common table expression, by name.
#[derive(Debug)]
pub(super) struct DerivedTable<'a> {
    pub(super) columns: HashMap<String, (Type<'a>, Option<bool>)>,
}

impl<'a> DerivedTable<'a> {
    /// The columns under their own names, or under those given. Two of one name could not be told apart.
    pub(super) fn new(shape: &[ResultColumn<'a>], names: &'a [String]) -> Result<Rc<Self>> {
        if !names.is_empty() && names.len() != shape.len() {
            return Err(Error::invalid(format!("{} names are given to {} columns", names.len(), shape.len())));
        }
        let mut columns = HashMap::with_capacity(shape.len());
        for (position, column) in shape.iter().enumerate() {
            let name = names.get(position).map_or(column.name.as_ref(), String::as_str);
            if columns.insert(name.to_owned(), (column.ty, column.nullable)).is_some() {
                return Err(Error::invalid(format!(
                    "two columns of a query have the name {name:?}; label one of them"
                )));
            }
        }
        Ok(Rc::new(Self { columns }))
    }
}

/// What columns a source has.
#[derive(Clone, Debug)]
pub(super) enum SourceColumns<'a> {
    Table(&'a Entry),
    Derived(Rc<DerivedTable<'a>>),
    /// Those of a table in an expression of a rule: any, as who wrote it knows.
    Any,
}

impl<'a> SourceColumns<'a> {
    fn find(&self, name: &str) -> Option<(Type<'a>, Option<bool>)> {
        match self {
            Self::Table(entry) => entry.readable(name).map(|column| {
                let nullable = column.nullable || entry.is_masked(name);
                (Type::Declared(&column.ty), Some(nullable))
            }),
            Self::Derived(derived) => derived.columns.get(name).copied(),
            Self::Any => Some((Type::Unknown, None)),
        }
    }
}

/// A source under the name that columns use for it.
#[derive(Clone, Debug)]
pub(super) struct ScopeSource<'a> {
    pub(super) name: &'a str,
    /// The name that is written for it.
    pub(super) written: &'a str,
    pub(super) columns: SourceColumns<'a>,
    /// Whether its columns are masked where they are named, as no query around the table does it.
    pub(super) is_bare: bool,
    /// Whether a join can make its rows null.
    pub(super) optional: bool,
}

impl<'a> ScopeSource<'a> {
    /// A source as it is written.
    pub(super) fn new(name: &'a str, columns: SourceColumns<'a>) -> Self {
        Self { name, written: name, columns, is_bare: false, optional: false }
    }
}

/// A column that was found.
pub(super) struct ResolvedColumn<'a> {
    pub(super) table: &'a str,
    /// The table, where the column has to be masked.
    pub(super) bare: Option<&'a Entry>,
    /// Whether a source of a query in between has the source's name, in any case.
    pub(super) is_shadowed: bool,
    pub(super) ty: Type<'a>,
    pub(super) nullable: Option<bool>,
    /// How many queries around this one had to be asked.
    pub(super) level: usize,
}

/// A common table expression that may be used.
#[derive(Clone, Debug)]
pub(super) struct VisibleCte<'a> {
    pub(super) name: &'a str,
    pub(super) columns: Rc<DerivedTable<'a>>,
}

/// The names at a place.
#[derive(Debug, Default)]
pub(super) struct Scope<'a> {
    /// The sources of the queries around and of this one, which is last.
    pub(super) levels: Vec<Vec<ScopeSource<'a>>>,
    pub(super) ctes: Vec<VisibleCte<'a>>,
}

impl<'a> Scope<'a> {
    /// Adds a source to the query here.
    pub(super) fn add(&mut self, source: ScopeSource<'a>) -> Result<()> {
        let Some(level) = self.levels.last_mut() else {
            return Err(Error::invalid("a source outside of a query"));
        };
        if level.iter().any(|other| other.name == source.name) {
            let message = format!("two sources have the name {:?}; give one of them an alias", source.name);
            return Err(Error::invalid(message));
        }
        level.push(source);
        Ok(())
    }

    /// How many sources the query here has so far.
    pub(super) fn count(&self) -> usize {
        self.levels.last().map_or(0, Vec::len)
    }

    /// Marks sources of the query here, from one position to another, as ones whose rows a join can make null.
    pub(super) fn make_optional(&mut self, range: std::ops::Range<usize>) {
        let sources = self.levels.last_mut().and_then(|level| level.get_mut(range));
        sources.into_iter().flatten().for_each(|source| source.optional = true);
    }

    /// Finds a common table expression: inner ones hide outer ones, and all hide tables.
    pub(super) fn cte(&self, name: &str) -> Option<Rc<DerivedTable<'a>>> {
        self.ctes.iter().rev().find(|cte| cte.name == name).map(|cte| Rc::clone(&cte.columns))
    }

    /// Whether one of the innermost queries, so many of them, has a source of this name. Some databases do not see case.
    fn shadows(&self, name: &str, levels: usize) -> bool {
        let is_it = |source: &ScopeSource<'_>| source.written.to_lowercase() == name.to_lowercase();
        self.levels.iter().rev().take(levels).flatten().any(is_it)
    }

    /// Finds a column: in the query here first, then in those around it.
    pub(super) fn column(&self, table: Option<&str>, name: &str) -> Result<ResolvedColumn<'a>> {
        for (level, sources) in self.levels.iter().rev().enumerate() {
            let mut found: Option<ResolvedColumn<'a>> = None;
            for source in sources.iter().filter(|source| table.is_none_or(|table| table == source.name)) {
                let Some((ty, nullable)) = source.columns.find(name) else {
                    if table.is_some() {
                        return Err(no_column(table, name));
                    }
                    continue;
                };
                if found.is_some() {
                    let message = format!("several sources have a column {name:?}; say which by its table");
                    return Err(Error::invalid(message));
                }
                let nullable = if source.optional { Some(true) } else { nullable };
                let bare = match source.columns {
                    SourceColumns::Table(entry) if source.is_bare && entry.is_masked(name) => Some(entry),
                    _ => None,
                };
                let is_shadowed = bare.is_some() && self.shadows(source.written, level);
                found = Some(ResolvedColumn { table: source.written, bare, is_shadowed, ty, nullable, level });
            }
            if let Some(found) = found {
                return Ok(found);
            }
        }
        Err(no_column(table, name))
    }
}

/// The error of a column that is nowhere.
pub(super) fn no_column(table: Option<&str>, name: &str) -> Error {
    Error::NoSuchColumn { table: table.map(Into::into), column: name.into() }
}
