//! Column types of other crates, each behind the feature of its crate's name. Each is converted to and from one of this
//! crate's types.

#[cfg(feature = "bigdecimal")]
mod bigdecimal;
#[cfg(feature = "jiff")]
mod jiff;
#[cfg(feature = "rust_decimal")]
mod rust_decimal;
#[cfg(feature = "serde_json")]
mod serde_json;
#[cfg(test)]
mod tests;

#[cfg(feature = "serde_json")]
pub use self::serde_json::Document;
use super::{Scalar, SqlType, Value};
use crate::bindings::sqlservice::database::rows::Vector;

/// A type of another crate, with the type of this crate that carries it.
trait Carried: Clone + 'static {
    /// The type of this crate.
    type By: SqlType;

    /// Converts to this crate's type, or returns why that cannot carry the value.
    fn encode_value(&self) -> Result<Self::By, &'static str>;

    /// Converts from this crate's type; nothing where the conversion would lose information.
    fn decode_value(by: &Self::By) -> Option<Self>;

    /// Why this crate's type cannot carry the value, if it cannot. Types override it where a check is cheaper than the conversion.
    fn misfit(&self) -> Option<&'static str> {
        self.encode_value().err()
    }
}

/// The bind value that replaces a misfit in a statement: every database refuses it, for every column.
const REFUSED: Scalar = Scalar::Time(i64::MAX);

fn to_scalar(value: &impl Carried) -> Scalar {
    value.encode_value().map_or(REFUSED, |by| by.to_scalar())
}

fn from_scalar<C: Carried>(scalar: Scalar) -> Option<C> {
    C::decode_value(&C::By::from_scalar(scalar)?)
}

fn encode<C: Carried>(cells: &mut dyn Iterator<Item = Option<&C>>) -> Vector {
    let mut misfits = false;
    let carried: Vec<Option<Result<C::By, _>>> =
        cells.map(|cell| cell.map(C::encode_value)).inspect(|cell| misfits |= matches!(cell, Some(Err(_)))).collect();
    if misfits {
        let scalar = |by: &Result<C::By, _>| by.as_ref().map_or(REFUSED, SqlType::to_scalar);
        let cells = carried.iter().map(|cell| Value::Scalar(cell.as_ref().map_or(Scalar::Null, scalar)));
        return Vector::Mixed(cells.collect());
    }
    C::By::encode(&mut carried.iter().map(|cell| cell.as_ref().and_then(|by| by.as_ref().ok())))
}

/// Converts all values at once. Where one does not fit, returns the vector, to be read cell by cell.
fn take<C: Carried>(vector: Vector) -> Result<Vec<C>, Vector> {
    let carried = C::By::take(vector)?;
    let decoded: Option<Vec<C>> = carried.iter().map(C::decode_value).collect();
    decoded.ok_or_else(|| C::By::encode(&mut carried.iter().map(Some)))
}

/// Implements `SqlType` for a carried type.
macro_rules! carried {
    ([$($parameters:tt)*] $rust:ty) => {
        impl $($parameters)* $crate::value::SqlType for $rust {
            const KIND: $crate::bindings::sqlservice::database::schema::TypeKind =
                <<Self as $crate::value::native::Carried>::By as $crate::value::SqlType>::KIND;

            fn to_scalar(&self) -> $crate::value::Scalar {
                $crate::value::native::to_scalar(self)
            }

            fn from_scalar(scalar: $crate::value::Scalar) -> Option<Self> {
                $crate::value::native::from_scalar(scalar)
            }

            fn misfit(&self) -> Option<&'static str> {
                $crate::value::native::Carried::misfit(self)
            }

            fn encode(
                cells: &mut dyn Iterator<Item = Option<&Self>>,
            ) -> $crate::bindings::sqlservice::database::rows::Vector {
                $crate::value::native::encode(cells)
            }

            fn take(
                vector: $crate::bindings::sqlservice::database::rows::Vector,
            ) -> Result<Vec<Self>, $crate::bindings::sqlservice::database::rows::Vector> {
                $crate::value::native::take(vector)
            }
        }
    };
    ($rust:ty) => {
        $crate::value::native::carried!([] $rust);
    };
}

use carried;
