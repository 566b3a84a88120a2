//! Inserts, and upserts for rows that exist already.

use std::marker::PhantomData;

use super::{Change, Returning, Subquery};
use crate::{
    Column, Error, Model, Result,
    bindings::sqlservice::database::statements::{self, Assignment, ConflictAction, InsertSource, Root},
    expression::{Arena, Children, Lowered, Node, Operand, Selection, entity, excluded, nodes, operand_node},
    model::unset,
    value::{Field, Value},
};

/// An insert of a model's rows.
pub struct Insert<M> {
    rows: InsertRows,
    conflict: Option<OnConflict>,
    of: PhantomData<fn() -> M>,
}

#[derive(Clone)]
enum InsertRows {
    Defaults,
    Set(Vec<(&'static str, Node)>),
    Values(Vec<&'static str>, Vec<Vec<Node>>),
    Query(Vec<&'static str>, Node),
    Wrong(Error),
}

impl InsertRows {
    fn twice() -> Self {
        Self::Wrong(Error::invalid("an insert takes `set`, `values` or `query`, not two of them"))
    }
}

#[derive(Clone)]
struct OnConflict {
    columns: Vec<&'static str>,
    update: Vec<(&'static str, Node)>,
    filter: Option<Node>,
}

impl<M> Clone for Insert<M> {
    fn clone(&self) -> Self {
        Self { rows: self.rows.clone(), conflict: self.conflict.clone(), of: PhantomData }
    }
}

/// Begins an insert into a model's table. The rows come from one of [`set`](Insert::set), [`values`](Insert::values) and
/// [`query`](Insert::query); without any of them, it inserts one row of defaults.
pub fn insert<M: Model>() -> Insert<M> {
    Insert { rows: InsertRows::Defaults, conflict: None, of: PhantomData }
}

/// The columns that an insert or an upsert names: a column or a tuple of columns.
pub trait ColumnList<M> {
    /// Their names.
    #[doc(hidden)]
    fn names(self) -> Vec<&'static str>;
}

impl<M: Model, T: Field> ColumnList<M> for Column<M, T> {
    fn names(self) -> Vec<&'static str> {
        vec![self.name()]
    }
}

macro_rules! column_lists {
    ($($($name:ident)*;)*) => {$(
        impl<M: Model, $($name: Field),*> ColumnList<M> for ($(Column<M, $name>,)*) {
            #[allow(non_snake_case)]
            fn names(self) -> Vec<&'static str> {
                let ($($name,)*) = self;
                vec![$($name.name()),*]
            }
        }
    )*};
}

column_lists! { A; A B; A B C; A B C D; A B C D E; A B C D E F; A B C D E F G; A B C D E F G H; }

impl<M: Model> Insert<M> {
    /// Sets one column of one row; columns that are not set get their defaults.
    pub fn set<T: Field>(mut self, column: Column<M, T>, value: impl Operand<T::Base>) -> Self {
        let entry = (column.name(), operand_node(value));
        match &mut self.rows {
            InsertRows::Set(row) => row.push(entry),
            InsertRows::Defaults => self.rows = InsertRows::Set(vec![entry]),
            _ => self.rows = InsertRows::twice(),
        }
        self
    }

    /// Inserts whole rows. The database generates a key that is 0 in all of them. For thousands of rows,
    /// [`insert_many`](crate::Executor::insert_many) is the fast way.
    pub fn values(mut self, rows: &[M]) -> Self {
        self.rows = match (self.rows, row_nodes(rows)) {
            (InsertRows::Defaults, Ok((columns, rows))) => InsertRows::Values(columns, rows),
            (InsertRows::Defaults, Err(wrong)) => InsertRows::Wrong(wrong),
            _ => InsertRows::twice(),
        };
        self
    }

    /// Inserts the rows of a query, which has as many columns as are named here.
    pub fn query(mut self, columns: impl ColumnList<M>, query: &impl Subquery) -> Self {
        self.rows = match self.rows {
            InsertRows::Defaults => InsertRows::Query(columns.names(), query.query_node().0),
            _ => InsertRows::twice(),
        };
        self
    }

    /// Begins the conflict action for rows whose primary key exists already.
    pub fn on_conflict(self) -> Conflict<M> {
        Conflict { insert: self, conflict: OnConflict { columns: Vec::new(), update: Vec::new(), filter: None } }
    }

    /// Begins the conflict action for rows whose unique key of these columns exists already (`conflict-target`).
    pub fn on_conflict_of(self, columns: impl ColumnList<M>) -> Conflict<M> {
        Conflict { insert: self, conflict: OnConflict { columns: columns.names(), update: Vec::new(), filter: None } }
    }

    /// Returns this selection of each row that was inserted or changed (`insert-returning`).
    pub fn returning<S: Selection>(self, selection: S) -> Returning<Self, S::Row> {
        Returning::new(self, nodes(selection))
    }

    /// Returns each row that was inserted or changed (`insert-returning`).
    pub fn returning_all(self) -> Returning<Self, M> {
        self.returning(entity::<M>())
    }
}

/// An upsert under construction.
pub struct Conflict<M> {
    insert: Insert<M>,
    conflict: OnConflict,
}

impl<M: Model> Conflict<M> {
    /// Leaves the existing row unchanged.
    pub fn do_nothing(self) -> Insert<M> {
        Insert { conflict: Some(self.conflict), ..self.insert }
    }

    /// Updates the existing row with these columns of the new one.
    pub fn do_update(self, columns: impl ColumnList<M>) -> Insert<M> {
        let column = |name| (name, excluded(Column::<M, String>::new(name)).node);
        let update = columns.names().into_iter().map(column).collect();
        Insert { conflict: Some(OnConflict { update, ..self.conflict }), ..self.insert }
    }

    /// Updates the existing row with all columns of the new one except those of the primary key and of the conflict.
    pub fn do_update_all(self) -> Insert<M> {
        let column = |name: &'static str| (name, excluded(Column::<M, String>::new(name)).node);
        let is_other = |name: &&&str| !M::KEY.contains(name) && !self.conflict.columns.contains(name);
        let update = M::COLUMNS.iter().filter(is_other).map(|&name| column(name)).collect();
        Insert { conflict: Some(OnConflict { update, ..self.conflict }), ..self.insert }
    }

    /// Changes the existing row: `do_set(|row| row.set(User::VISITS, User::VISITS + 1))`. The new row's columns
    /// are written `excluded(User::NAME)`.
    pub fn do_set(self, change: impl FnOnce(Upsert<M>) -> Upsert<M>) -> Insert<M> {
        let Upsert { conflict, .. } = change(Upsert { conflict: self.conflict, of: PhantomData });
        Insert { conflict: Some(conflict), ..self.insert }
    }
}

/// The changes of an upsert to the existing row.
pub struct Upsert<M> {
    conflict: OnConflict,
    of: PhantomData<fn() -> M>,
}

impl<M: Model> Upsert<M> {
    /// Sets one column's new value.
    pub fn set<T: Field>(mut self, column: Column<M, T>, value: impl Operand<T::Base>) -> Self {
        self.conflict.update.push((column.name(), operand_node(value)));
        self
    }

    /// Changes only rows for which this is true.
    pub fn filter(mut self, condition: impl Operand<bool>) -> Self {
        self.conflict.filter = Node::and(self.conflict.filter, operand_node(condition));
        self
    }
}

impl<M: Model> Change for Insert<M> {
    fn lower_returning(&self, returning: &[Node]) -> Result<Lowered> {
        let mut children = Children::default();
        let (columns, source) = match self.rows.clone() {
            InsertRows::Wrong(why) => return Err(why),
            InsertRows::Defaults => (Vec::new(), InsertSource::Defaults),
            InsertRows::Set(row) => {
                let (columns, values): (Vec<_>, Vec<_>) = row.into_iter().unzip();
                (columns, InsertSource::Values(vec![children.all(values)]))
            }
            InsertRows::Values(columns, rows) => {
                (columns, InsertSource::Values(rows.into_iter().map(|row| children.all(row)).collect()))
            }
            InsertRows::Query(columns, query) => (columns, InsertSource::Query(children.add(query))),
        };
        let conflict = self.conflict.as_ref().map(|conflict| conflict.contract(&mut children));
        let root = Root::Insert(statements::Insert {
            table: M::TABLE.to_owned(),
            schema: M::SCHEMA.map(str::to_owned),
            columns: owned(columns),
            source,
            conflict,
            returning: children.all(returning.iter().cloned()),
        });
        Ok(Arena::statement(root, &children))
    }
}

impl OnConflict {
    fn contract(&self, children: &mut Children) -> statements::Conflict {
        let columns = owned(self.columns.clone());
        let action = if self.update.is_empty() {
            ConflictAction::Nothing
        } else {
            ConflictAction::Update(assignments(&self.update, children))
        };
        statements::Conflict { columns, action, where_: children.maybe(self.filter.clone()) }
    }
}

/// Converts columns and their values to the contract's assignments.
pub(super) fn assignments(set: &[(&'static str, Node)], children: &mut Children) -> Vec<Assignment> {
    let assignment = |(column, value): &(&str, Node)| {
        let value = children.add(value.clone());
        Assignment { column: (*column).to_owned(), value }
    };
    set.iter().map(assignment).collect()
}

fn owned(names: Vec<&'static str>) -> Vec<String> {
    names.into_iter().map(str::to_owned).collect()
}

/// The columns of rows that are not left to the database, and their values, row by row.
fn row_nodes<M: Model>(rows: &[M]) -> Result<(Vec<&'static str>, Vec<Vec<Node>>)> {
    let (left_out, rows) = unset::values(rows)?;
    let is_kept = |at: &usize| !left_out.contains(at);
    let row = |values: Vec<Value>| {
        values.into_iter().enumerate().filter(|(at, _)| is_kept(at)).map(|(_, value)| Node::value(value)).collect()
    };
    let columns = M::COLUMNS.iter().enumerate().filter(|(at, _)| is_kept(at)).map(|(_, &name)| name).collect();
    Ok((columns, rows.into_iter().map(row).collect()))
}
