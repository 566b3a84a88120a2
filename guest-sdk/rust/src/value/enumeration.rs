//! Enums as column types: one of a few labels.

pub use sqlservice_sdk_macros::Enumeration;

use super::{Scalar, SqlType};
use crate::{Error, Result, error::Mismatch};

/// An enum whose variants are the labels that a column can have. Derive it, together with `Clone`:
/// `#[derive(Enumeration, Clone)]`. A variant's label is its name in `snake_case`, or the label of
/// `#[enumeration(label = "…")]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an enumeration",
    note = "derive it: #[derive(Enumeration, Clone)] enum {Self} {{ One, Another }}"
)]
pub trait Enumeration: SqlType {
    /// All labels, in the order of the variants.
    const LABELS: &'static [&'static str];

    /// The label that the database stores.
    fn label(&self) -> &'static str;

    /// The variant of a label; nothing where there is no such label.
    #[doc(hidden)]
    fn of_label(label: &str) -> Option<Self>;

    /// The variant of a label, for texts that do not come from the database. The error lists the labels; nothing is sent.
    fn from_label(label: &str) -> Result<Self> {
        Self::of_label(label).ok_or_else(|| {
            let name = std::any::type_name::<Self>();
            Error::TypeMismatch(Mismatch {
                column: name.rsplit("::").next().unwrap_or(name).to_owned(),
                expected: format!("one of {}", Self::LABELS.join(", ")),
                got: label.to_owned(),
            })
        })
    }
}

/// The code that the implementations of all derived enums share.
#[doc(hidden)]
pub mod labels {
    use super::{Enumeration, Scalar};
    use crate::{
        bindings::sqlservice::database::{rows::Vector, schema::ColumnType},
        value::column,
    };

    pub fn column_type<E: Enumeration>() -> ColumnType {
        let labels = E::LABELS.iter().map(|&label| label.to_owned()).collect();
        ColumnType { labels, ..ColumnType::of(E::KIND) }
    }

    pub fn to_scalar(value: &impl Enumeration) -> Scalar {
        Scalar::Text(value.label().to_owned())
    }

    pub fn from_scalar<E: Enumeration>(scalar: &Scalar) -> Option<E> {
        match scalar {
            Scalar::Text(label) => E::of_label(label),
            _ => None,
        }
    }

    pub fn encode<E: Enumeration>(cells: &mut dyn Iterator<Item = Option<&E>>) -> Vector {
        Vector::Texts(column::join_texts(&mut cells.map(|cell| cell.map(E::label))))
    }

    /// Decodes a column of labels in place. Returns the vector where a row has none: an empty text may be a null, which only the validity
    /// of the column tells, so such a column is read cell by cell.
    pub fn take<E: Enumeration>(vector: Vector) -> Result<Vec<E>, Vector> {
        let Vector::Texts(strings) = vector else { return Err(vector) };
        let text = |&[start, end]: &[u32; 2]| strings.data.get(start as usize..end as usize);
        let value = |cut| E::of_label(text(cut)?);
        match strings.offsets.array_windows().map(value).collect() {
            Some(values) => Ok(values),
            None => Err(Vector::Texts(strings)),
        }
    }
}
