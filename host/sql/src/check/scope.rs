//! Name resolution at a position of a statement: the sources of the current query and of the queries around it, and the visible
//! common table expressions.

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
    /// Creates it from columns under their own names, or under those given. Refuses duplicate names, which would be ambiguous.
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

/// The columns of a source.
#[derive(Clone, Debug)]
pub(super) enum SourceColumns<'a> {
    Table(&'a Entry),
    Derived(Rc<DerivedTable<'a>>),
    /// Any column: a table in a rule's expression, whose columns are not checked since the host's operator wrote it.
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
    /// The name that qualifies its columns in the text.
    pub(super) written: &'a str,
    pub(super) columns: SourceColumns<'a>,
    /// Whether masks apply to each reference of a column, as no subquery of the table applies them.
    pub(super) is_bare: bool,
    /// Whether an outer join can make its rows null.
    pub(super) optional: bool,
}

impl<'a> ScopeSource<'a> {
    /// Creates a source that is written under its own name.
    pub(super) fn new(name: &'a str, columns: SourceColumns<'a>) -> Self {
        Self { name, written: name, columns, is_bare: false, optional: false }
    }
}

/// A resolved column.
pub(super) struct ResolvedColumn<'a> {
    pub(super) table: &'a str,
    /// The table's entry, where the column's mask has to be applied to the reference.
    pub(super) bare: Option<&'a Entry>,
    /// Whether a query in between has a source of the same name, ignoring case.
    pub(super) is_shadowed: bool,
    pub(super) ty: Type<'a>,
    pub(super) nullable: Option<bool>,
    /// The number of query levels outwards, 0 for the current query.
    pub(super) level: usize,
}

/// A common table expression in scope.
#[derive(Clone, Debug)]
pub(super) struct VisibleCte<'a> {
    pub(super) name: &'a str,
    pub(super) columns: Rc<DerivedTable<'a>>,
}

/// The names in scope at a position.
#[derive(Debug, Default)]
pub(super) struct Scope<'a> {
    /// The sources of each query around the position, the current query last.
    pub(super) levels: Vec<Vec<ScopeSource<'a>>>,
    pub(super) ctes: Vec<VisibleCte<'a>>,
}

impl<'a> Scope<'a> {
    /// Adds a source to the current query.
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

    /// The number of sources of the current query so far.
    pub(super) fn count(&self) -> usize {
        self.levels.last().map_or(0, Vec::len)
    }

    /// Marks a range of the current query's sources as ones whose rows an outer join can make null.
    pub(super) fn make_optional(&mut self, range: std::ops::Range<usize>) {
        let sources = self.levels.last_mut().and_then(|level| level.get_mut(range));
        sources.into_iter().flatten().for_each(|source| source.optional = true);
    }

    /// Finds a common table expression. Inner ones shadow outer ones, and all shadow tables.
    pub(super) fn cte(&self, name: &str) -> Option<Rc<DerivedTable<'a>>> {
        self.ctes.iter().rev().find(|cte| cte.name == name).map(|cte| Rc::clone(&cte.columns))
    }

    /// Whether one of the `levels` innermost queries has a source of this name. Ignores case, as some databases do.
    fn shadows(&self, name: &str, levels: usize) -> bool {
        let is_it = |source: &ScopeSource<'_>| source.written.to_lowercase() == name.to_lowercase();
        self.levels.iter().rev().take(levels).flatten().any(is_it)
    }

    /// Finds a column in the current query first, then in the queries around it.
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

/// The error for a column that was not found.
pub(super) fn no_column(table: Option<&str>, name: &str) -> Error {
    Error::NoSuchColumn { table: table.map(Into::into), column: name.into() }
}
