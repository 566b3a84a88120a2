//! Arrays: a `Vec` of scalar values.

use super::{Array, Scalar, SqlType, Value};
use crate::bindings::sqlservice::database::schema::{ColumnType, TypeKind};

/// An item of an array: a [`SqlType`] other than an enum or another array, or an `Option` of one.
pub trait Item: Clone + 'static {
    /// The kind of the items.
    const ELEMENT: TypeKind;

    /// Converts the item to the contract's value.
    fn to_item(&self) -> Scalar;

    /// Converts a value from the database to an item; nothing where it does not fit.
    fn from_item(scalar: Scalar) -> Option<Self>;

    /// Why the contract cannot carry the item, if it cannot.
    fn misfit(&self) -> Option<&'static str>;
}

impl<T: SqlType> Item for T {
    const ELEMENT: TypeKind = {
        assert!(
            !matches!(T::KIND, TypeKind::Array | TypeKind::Enumeration | TypeKind::Other),
            "the items of an array are of a plain type"
        );
        T::KIND
    };

    fn to_item(&self) -> Scalar {
        self.to_scalar()
    }

    fn from_item(scalar: Scalar) -> Option<Self> {
        match scalar {
            Scalar::Null => None,
            scalar => T::from_scalar(scalar),
        }
    }

    fn misfit(&self) -> Option<&'static str> {
        SqlType::misfit(self)
    }
}

impl<T: SqlType> Item for Option<T> {
    const ELEMENT: TypeKind = <T as Item>::ELEMENT;

    fn to_item(&self) -> Scalar {
        self.as_ref().map_or(Scalar::Null, T::to_scalar)
    }

    fn from_item(scalar: Scalar) -> Option<Self> {
        match scalar {
            Scalar::Null => Some(None),
            scalar => T::from_scalar(scalar).map(Some),
        }
    }

    fn misfit(&self) -> Option<&'static str> {
        self.as_ref().and_then(SqlType::misfit)
    }
}

/// An array of one dimension. `Vec<u8>` is no array but bytes.
impl<T: Item> SqlType for Vec<T> {
    const KIND: TypeKind = TypeKind::Array;

    fn column_type() -> ColumnType {
        ColumnType { element: Some(T::ELEMENT), ..ColumnType::of(Self::KIND) }
    }

    fn to_scalar(&self) -> Scalar {
        Scalar::Null
    }

    fn from_scalar(_: Scalar) -> Option<Self> {
        None
    }

    fn to_cell(&self) -> Value {
        // More items than 2^32 do not fit a guest's memory.
        let length = u32::try_from(self.len()).unwrap_or(u32::MAX);
        let dimensions = if self.is_empty() { Vec::new() } else { vec![length] };
        Value::Array(Array { dimensions, items: self.iter().map(T::to_item).collect() })
    }

    fn from_cell(value: Value) -> Option<Self> {
        match value {
            Value::Array(array) if array.dimensions.len() <= 1 => array.items.into_iter().map(T::from_item).collect(),
            _ => None,
        }
    }

    fn misfit(&self) -> Option<&'static str> {
        self.iter().find_map(T::misfit)
    }
}
