//! Values that a new row leaves to the database: one rule for all inserts.
//!
//! A null in a column with a default is left to the database, and so is a generated key of 0. A null in a column that cannot be
//! null, and a 0 in a foreign key to a generated key (these count from 1), are missing values: they are refused with the column's
//! name, before anything is sent.

use std::cell::RefCell;

use rustc_hash::FxHashMap;

use crate::{
    Error, Result,
    bindings::sqlservice::database::rows::{ColumnData, Vector},
    error::{ConstraintKind, Violation},
    schema::{DefaultValue, ForeignKey, Models, Table, TypeKind},
    value::{
        Scalar, Value,
        column::{scalars, typed},
    },
};

/// The defaults, nullable columns and foreign keys of a table, for values that a new row lacks.
pub(crate) struct Unset {
    table: &'static str,
    pub(crate) columns: &'static [&'static str],
    /// Columns with a default, and the default where it is a constant.
    pub(crate) defaulted: Vec<(usize, Option<Value>)>,
    /// Whether each column can be null.
    pub(crate) nullable: Vec<bool>,
    /// Integers that refer to a key: the column, and the table, schema and column of the key.
    keys: Vec<(usize, String, Option<String>, String)>,
}

/// Generated key columns (schema and name), by their tables.
type Generated = FxHashMap<String, Vec<(Option<String>, String)>>;

thread_local! {
    /// The generated keys of the models that databases were opened with.
    static GENERATED: RefCell<Generated> = RefCell::default();
}

/// Records the keys that the database generates.
pub(crate) fn opened(models: &Models) {
    GENERATED.with_borrow_mut(|generated| {
        for table in &models.tables {
            let made = table.columns.iter().filter(|column| matches!(column.default, DefaultValue::GeneratedKey));
            for column in made {
                let of = generated.entry(table.name.clone()).or_default();
                let key = (table.schema.clone(), column.name.clone());
                if !of.contains(&key) {
                    of.push(key);
                }
            }
        }
    });
}

impl Unset {
    pub(crate) fn new(name: &'static str, columns: &'static [&'static str], table: &Table) -> Self {
        let mut defaulted = Vec::new();
        for (at, column) in table.columns.iter().enumerate() {
            match &column.default {
                DefaultValue::Literal(value) => defaulted.push((at, Some(value.clone()))),
                DefaultValue::Now | DefaultValue::Expression(_) => defaulted.push((at, None)),
                DefaultValue::None | DefaultValue::GeneratedKey => {}
            }
        }
        let nullable = table.columns.iter().map(|column| column.nullable).collect();
        let integers = [TypeKind::Int16, TypeKind::Int32, TypeKind::Int64, TypeKind::Uint64];
        let pairs = |key: &ForeignKey| {
            let pairs = key.columns.iter().cloned().zip(key.referred.iter().cloned());
            pairs.map(|(own, referred)| (own, key.table.clone(), key.schema.clone(), referred)).collect::<Vec<_>>()
        };
        let position = |(own, remote, schema, referred): (String, String, Option<String>, String)| {
            let at =
                table.columns.iter().position(|column| column.name == own && integers.contains(&column.ty.kind))?;
            Some((at, remote, schema, referred))
        };
        let keys = table.foreign_keys.iter().flat_map(pairs).filter_map(position).collect();
        Self { table: name, columns, defaulted, nullable, keys }
    }

    /// Returns a column of whole rows with its default in the places of nulls; `None` if all values are left to the database.
    pub(crate) fn filled(&self, column: usize, data: ColumnData, rows: usize) -> Result<Option<ColumnData>> {
        let Some((_, constant)) = self.defaulted.iter().find(|(at, _)| *at == column) else { return Ok(Some(data)) };
        let Some(validity) = &data.validity else { return Ok(Some(data)) };
        let nulls = (0..rows).filter(|&row| is_null(validity, row)).count();
        match constant {
            _ if nulls == rows => Ok(None),
            Some(constant) => {
                let malformed = |_| Error::other("a column that cannot be read again");
                let values = scalars(data.values, data.validity.as_deref()).map_err(malformed)?;
                let filled = values.map(|value| match value {
                    Value::Scalar(Scalar::Null) => constant.clone(),
                    value => value,
                });
                Ok(Some(typed(filled.collect())))
            }
            None if nulls == 0 => Ok(Some(data)),
            None => Err(self.mixed(column)),
        }
    }

    /// Refuses missing values in columns of rows to insert, unless a relationship sets them (`is_assigned`).
    ///
    /// # Errors
    /// A not-null violation, which names the column.
    pub(crate) fn check(
        &self,
        columns: &[usize],
        data: &[ColumnData],
        rows: usize,
        is_assigned: impl Fn(usize, usize) -> bool,
    ) -> Result<()> {
        for (&column, data) in columns.iter().zip(data) {
            if let (Some(validity), Some(false)) = (&data.validity, self.nullable.get(column))
                && (0..rows).any(|row| is_null(validity, row) && !is_assigned(row, column))
            {
                return Err(self.forgotten(column));
            }
            if self.is_made(column) {
                let zero = |row: &usize| match &data.values {
                    Vector::Integers(values) => values.get(*row) == Some(&0),
                    Vector::Unsigneds(values) => values.get(*row) == Some(&0),
                    Vector::Mixed(values) => {
                        matches!(values.get(*row), Some(Value::Scalar(Scalar::Integer(0) | Scalar::Unsigned(0))))
                    }
                    _ => false,
                };
                let valid = |row: &usize| data.validity.as_ref().is_none_or(|validity| !is_null(validity, *row));
                if (0..rows).filter(zero).filter(valid).any(|row| !is_assigned(row, column)) {
                    return Err(self.forgotten(column));
                }
            }
        }
        Ok(())
    }

    /// Whether a column that cannot be null refers to a generated key.
    pub(crate) fn is_made(&self, column: usize) -> bool {
        let mut keys = self.keys.iter().filter(|(at, ..)| *at == column && self.nullable.get(column) == Some(&false));
        keys.any(|(_, table, schema, referred)| {
            GENERATED.with_borrow(|generated| {
                let made = generated.get(table).map_or(&[][..], Vec::as_slice);
                made.iter().any(|(of, column)| of == schema && column == referred)
            })
        })
    }

    pub(crate) fn mixed(&self, column: usize) -> Error {
        let name = self.columns.get(column).copied().unwrap_or_default();
        Error::invalid(format!(
            "some rows of {:?} leave {name:?} to the database and some do not: insert the ones and the others apart",
            self.table
        ))
    }

    pub(crate) fn forgotten(&self, column: usize) -> Error {
        Error::Integrity(Violation {
            kind: ConstraintKind::NotNull,
            constraint: None,
            table: Some(self.table.to_owned()),
            columns: vec![self.columns.get(column).copied().unwrap_or_default().to_owned()],
            change: None,
        })
    }
}

/// Whether a row's validity bit is not set.
fn is_null(validity: &[u8], row: usize) -> bool {
    validity.get(row / 8).is_none_or(|bits| bits >> (row % 8) & 1 == 0)
}
