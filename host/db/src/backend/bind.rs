//! The bind values of a statement: a call's values, or rows of a batch, which are not copied.

use std::{ops::Range, sync::Arc};

use sqlservice_sql::{Batch, Layout, Value, schema::TypeKind, value::ValueRef};

/// A value and, where the compiler knows it, the kind of the column that it is compared with or assigned to. The kind gives a null
/// its type and selects a narrower type for a value.
#[derive(Clone, Debug)]
pub(crate) struct BoundValue {
    pub value: Value,
    pub kind: Option<TypeKind>,
}

/// A borrowed [`BoundValue`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bind<'a> {
    pub value: ValueRef<'a>,
    pub kind: Option<TypeKind>,
}

/// All bind values of a statement.
#[derive(Clone, Debug)]
pub(crate) enum Binds {
    /// One value for each placeholder.
    Values(Vec<BoundValue>),
    /// Rows of a batch.
    Rows(RowBinds),
}

/// Rows of a batch as the bind values of a statement.
#[derive(Clone, Debug)]
pub(crate) struct RowBinds {
    pub batch: Arc<Batch>,
    pub rows: Range<usize>,
    pub layout: Layout,
    /// The placeholders of one row, in the order of the text.
    pub columns: Vec<RowBind>,
}

/// The source of a placeholder's value in each row.
#[derive(Clone, Debug)]
pub(crate) enum RowBind {
    /// The row's value in this column of the batch, with the kind that the compiler knows.
    Column(usize, Option<TypeKind>),
    /// A constant of the statement, equal for all rows.
    Constant(BoundValue),
}

impl Binds {
    /// How many times the statement runs, each time with other bind values.
    pub(crate) fn rounds(&self) -> usize {
        match self {
            Self::Rows(rows) if rows.layout == Layout::Row => rows.rows.len(),
            _ => 1,
        }
    }

    /// Whether the statement runs once for each row of a batch.
    pub(crate) fn is_row_by_row(&self) -> bool {
        matches!(self, Self::Rows(rows) if rows.layout == Layout::Row)
    }

    /// The number of placeholders in one round.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Values(values) => values.len(),
            Self::Rows(RowBinds { layout: Layout::Rows, rows, columns, .. }) => {
                rows.len().saturating_mul(columns.len())
            }
            Self::Rows(rows) => rows.columns.len(),
        }
    }

    /// Returns the value of a placeholder in a round; null where there is none.
    pub(crate) fn get(&self, round: usize, at: usize) -> Bind<'_> {
        match self {
            Self::Values(values) => values.get(at).map_or(Bind::NULL, BoundValue::borrow),
            Self::Rows(rows) => rows.get(round, at),
        }
    }

    /// Iterates over the values of the first round.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Bind<'_>> {
        (0..self.len()).map(|at| self.get(0, at))
    }

    /// Returns the rows of a batch that are bound as arrays, one for each column.
    pub(crate) fn columns(&self) -> Option<&RowBinds> {
        match self {
            Self::Rows(rows) if rows.layout == Layout::Columns => Some(rows),
            _ => None,
        }
    }
}

impl BoundValue {
    fn borrow(&self) -> Bind<'_> {
        Bind { value: self.value.borrow(), kind: self.kind }
    }
}

impl Bind<'_> {
    const NULL: Self = Self { value: ValueRef::NULL, kind: None };
}

impl RowBinds {
    fn get(&self, round: usize, at: usize) -> Bind<'_> {
        let (row, at) = match self.layout {
            Layout::Row => (round, at),
            Layout::Rows | Layout::Placeholders | Layout::Columns => (
                at.checked_div(self.columns.len()).unwrap_or_default(),
                at.checked_rem(self.columns.len()).unwrap_or_default(),
            ),
        };
        match self.columns.get(at) {
            Some(RowBind::Column(column, kind)) => {
                Bind { value: self.batch.value_ref(self.rows.start.saturating_add(row), *column), kind: *kind }
            }
            Some(RowBind::Constant(own)) => own.borrow(),
            None => Bind::NULL,
        }
    }
}

#[cfg(test)]
mod tests {
    use sqlservice_sql::{ColumnData, Vector, value::ScalarRef};

    use super::*;

    fn binds(layout: Layout) -> Binds {
        let column = |values: [i64; 3]| ColumnData { validity: Vec::new(), values: Vector::Integers(values.to_vec()) };
        let batch = Batch { rows: 3, columns: vec![column([1, 2, 3]), column([10, 20, 30])] };
        let columns = vec![RowBind::Column(0, Some(TypeKind::Int64)), RowBind::Column(1, None)];
        Binds::Rows(RowBinds { batch: Arc::new(batch), rows: 1..3, layout, columns })
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
        assert_eq!(columns.columns().map(|rows| (rows.batch.columns.len(), rows.rows.clone())), Some((2, 1..3)));
        assert_eq!(binds(Layout::Rows).get(0, 99).value, ValueRef::NULL);
    }

    #[test]
    fn constants_of_a_statement_stand_where_its_text_says() {
        let Binds::Rows(mut rows) = binds(Layout::Row) else { panic!("rows") };
        rows.columns.insert(1, RowBind::Constant(BoundValue { value: 7_i64.into(), kind: None }));
        rows.columns.reverse();
        let binds = Binds::Rows(rows);
        let round = |round| (0..binds.len()).map(|at| integer(binds.get(round, at))).collect::<Vec<_>>();
        assert_eq!([round(0), round(1)], [[20, 7, 2], [30, 7, 3]]);
    }
}
