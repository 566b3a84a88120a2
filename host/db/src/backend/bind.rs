//! What a statement's placeholders stand for: a call's values, or the rows of a batch where they lie.

use std::{ops::Range, sync::Arc};

use sqlservice_sql::{Batch, ColumnData, Layout, Value, schema::TypeKind, value::ValueRef};

/// A value and, where the compiler knows it, the kind of the column that it meets (to type nulls and to narrow).
#[derive(Clone, Debug)]
pub(crate) struct Owned {
    pub value: Value,
    pub kind: Option<TypeKind>,
}

/// The same, kept elsewhere.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bind<'a> {
    pub value: ValueRef<'a>,
    pub kind: Option<TypeKind>,
}

/// All values of a statement.
#[derive(Clone, Debug)]
pub(crate) enum Binds {
    /// Values, one a placeholder.
    Values(Vec<Owned>),
    /// Rows of a batch.
    Rows(Rows),
}

/// Rows of a batch as a statement's values.
#[derive(Clone, Debug)]
pub(crate) struct Rows {
    pub batch: Arc<Batch>,
    pub rows: Range<usize>,
    pub layout: Layout,
    /// What the compiler knows of the columns.
    pub kinds: Vec<Option<TypeKind>>,
}

impl Binds {
    /// How often the statement runs, each time with its own values.
    pub(crate) fn rounds(&self) -> usize {
        match self {
            Self::Rows(rows) if rows.layout == Layout::Row => rows.rows.len(),
            _ => 1,
        }
    }

    /// Whether the statement takes the rows of a batch one by one.
    pub(crate) fn is_row_by_row(&self) -> bool {
        matches!(self, Self::Rows(rows) if rows.layout == Layout::Row)
    }

    /// How many placeholders there are values for.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Values(values) => values.len(),
            Self::Rows(Rows { layout: Layout::Rows, rows, kinds, .. }) => rows.len().saturating_mul(kinds.len()),
            Self::Rows(rows) => rows.kinds.len(),
        }
    }

    /// The value of a placeholder in a round; null where there is none.
    pub(crate) fn get(&self, round: usize, at: usize) -> Bind<'_> {
        match self {
            Self::Values(values) => values.get(at).map_or(Bind { value: ValueRef::NULL, kind: None }, |own| Bind {
                value: own.value.borrow(),
                kind: own.kind,
            }),
            Self::Rows(rows) => rows.get(round, at),
        }
    }

    /// The values of the first round.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Bind<'_>> {
        (0..self.len()).map(|at| self.get(0, at))
    }

    /// The columns, each of which is one value as an array, and the rows of them that are meant.
    pub(crate) fn columns(&self) -> Option<(&[ColumnData], Range<usize>)> {
        match self {
            Self::Rows(rows) if rows.layout == Layout::Columns => Some((&rows.batch.columns, rows.rows.clone())),
            _ => None,
        }
    }
}

impl Rows {
    fn get(&self, round: usize, at: usize) -> Bind<'_> {
        let (row, column) = match self.layout {
            Layout::Row => (round, at),
            Layout::Rows | Layout::Slots | Layout::Columns => (
                at.checked_div(self.kinds.len()).unwrap_or_default(),
                at.checked_rem(self.kinds.len()).unwrap_or_default(),
            ),
        };
        let kind = self.kinds.get(column).copied().flatten();
        Bind { value: self.batch.value_ref(self.rows.start.saturating_add(row), column), kind }
    }
}

#[cfg(test)]
mod tests {
    use sqlservice_sql::{Vector, value::ScalarRef};

    use super::*;

    fn binds(layout: Layout) -> Binds {
        let column = |values: [i64; 3]| ColumnData { validity: Vec::new(), values: Vector::Integers(values.to_vec()) };
        let batch = Batch { rows: 3, columns: vec![column([1, 2, 3]), column([10, 20, 30])] };
        Binds::Rows(Rows { batch: Arc::new(batch), rows: 1..3, layout, kinds: vec![Some(TypeKind::Int64), None] })
    }

    fn integer(bind: Bind<'_>) -> i64 {
        match bind.value {
            ValueRef::Scalar(ScalarRef::Integer(value)) => value,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn rows_are_values_in_the_layout_of_their_statement() {
        let row = binds(Layout::Row);
        assert_eq!((row.rounds(), row.len()), (2, 2));
        assert_eq!(integer(row.get(1, 1)), 30);
        assert!(row.columns().is_none());
        let rows = binds(Layout::Rows);
        assert_eq!((rows.rounds(), rows.len()), (1, 4));
        assert_eq!(rows.iter().map(integer).collect::<Vec<_>>(), [2, 20, 3, 30]);
        assert_eq!(rows.get(0, 2).kind, Some(TypeKind::Int64));
        let columns = binds(Layout::Columns);
        assert_eq!((columns.rounds(), columns.len()), (1, 2));
        assert_eq!(columns.columns().map(|(columns, rows)| (columns.len(), rows)), Some((2, 1..3)));
        assert_eq!(binds(Layout::Rows).get(0, 99).value, ValueRef::NULL);
    }
}
