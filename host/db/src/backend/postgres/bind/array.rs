//! Encodes arrays: those of a guest, and columns of many rows, each of which is sent as one array.

use std::{borrow::Cow, ops::Range};

use sqlservice_sql::{
    ColumnData, Vector,
    value::{Array, Scalar, ScalarRef, ValueRef},
};
use sqlx::{
    TypeInfo,
    postgres::{PgTypeInfo, PgTypeKind},
};

use super::{Body, Param, body, data, natural, oid, unsupported};
use crate::Result;

/// Encodes a column's values as an array, whose type the statement declares.
pub(super) fn column(column: &ColumnData, rows: Range<usize>) -> Result<Param<'static>> {
    let element = match &column.values {
        Vector::Booleans(_) => oid::BOOL,
        Vector::Integers(_) | Vector::Unsigneds(_) => oid::INT8,
        Vector::Floats(_) => oid::FLOAT8,
        Vector::Decimals(_) => oid::NUMERIC,
        Vector::Texts(_) | Vector::Mixed(_) => oid::TEXT,
        Vector::Bytes(_) => oid::BYTEA,
        Vector::Uuids(_) => oid::UUID,
        Vector::Jsons(_) => oid::JSONB,
        Vector::Dates(_) => oid::DATE,
        Vector::Times(_) => oid::TIME,
        Vector::Timestamps(_) => oid::TIMESTAMP,
        Vector::TimestampsTz(_) => oid::TIMESTAMPTZ,
        Vector::Intervals(_) => oid::INTERVAL,
    };
    let count = u32::try_from(rows.len()).map_err(|_| data("54000", "an array is too large"))?;
    let cells = rows.map(|row| match column.value_ref(row) {
        ValueRef::Scalar(scalar) => scalar,
        ValueRef::Array(_) => ScalarRef::Null,
    });
    Ok(Param { oid: 0, body: Body::Bytes(Cow::Owned(wire(&[count], cells, !column.validity.is_empty(), element)?)) })
}

/// Encodes an array with the server's element type, or with that of its first item that is not null where the server names none.
pub(super) fn of_type(array: &Array, ty: &PgTypeInfo) -> Result<Vec<u8>> {
    let element = match element_of(ty) {
        Some(element) => element,
        None => array
            .items
            .iter()
            .find(|item| !matches!(item, Scalar::Null))
            .map_or(oid::TEXT, |item| natural(item.borrow())),
    };
    let expected: Option<usize> = match array.dimensions.as_slice() {
        [] => Some(0),
        [first, rest @ ..] => {
            rest.iter().try_fold(*first as usize, |product, next| product.checked_mul(*next as usize))
        }
    };
    if expected != Some(array.items.len()) || array.dimensions.len() > 6 {
        return Err(data("2202E", "an array's dimensions do not fit its items"));
    }
    let has_null = array.items.iter().any(|item| matches!(item, Scalar::Null));
    let dimensions = if array.items.is_empty() { &[] } else { array.dimensions.as_slice() };
    wire(dimensions, array.items.iter().map(Scalar::borrow), has_null, element)
}

/// Returns the OID of an array type's elements, where it is an array type and the driver knows it.
fn element_of(ty: &PgTypeInfo) -> Option<u32> {
    match ty.name() {
        // The driver panics when asked for the kind of a type that it could not look up.
        "?" => None,
        _ => match ty.kind() {
            PgTypeKind::Array(element) => element.oid().map(|oid| oid.0),
            _ => None,
        },
    }
}

/// Encodes an array for the wire. The number of items has to match the dimensions.
fn wire<'a>(
    dimensions: &[u32],
    items: impl Iterator<Item = ScalarRef<'a>>,
    has_null: bool,
    element: u32,
) -> Result<Vec<u8>> {
    let int = |length: usize| i32::try_from(length).map_err(|_| data("54000", "an array is too large"));
    let mut bytes = Vec::with_capacity(items.size_hint().0.saturating_mul(12).saturating_add(32));
    bytes.extend(int(dimensions.len())?.to_be_bytes());
    bytes.extend(i32::from(has_null).to_be_bytes());
    bytes.extend(element.to_be_bytes());
    for dimension in dimensions {
        bytes.extend(int(*dimension as usize)?.to_be_bytes());
        bytes.extend(1_i32.to_be_bytes());
    }
    // The texts of all these types have the same form.
    let number = if matches!(element, oid::VARCHAR | oid::BPCHAR | oid::NAME) { oid::TEXT } else { element };
    for item in items {
        let Some(body) = body(item, number)? else {
            return Err(unsupported("arrays", "an array's items are not of its column's type"));
        };
        let before = bytes.len();
        bytes.extend((-1_i32).to_be_bytes());
        if body != Body::Null {
            body.write(&mut bytes);
            let length = int(bytes.len() - before - 4)?;
            if let Some(place) = bytes.get_mut(before..before + 4) {
                place.copy_from_slice(&length.to_be_bytes());
            }
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use sqlservice_sql::Value;
    use sqlx::postgres::types::Oid;

    use super::*;
    use crate::{
        Error,
        backend::postgres::{decode, types::Form},
    };

    #[test]
    fn arrays_have_the_servers_items() {
        let array = Array { dimensions: vec![2], items: vec![Scalar::Integer(7), Scalar::Null] };
        let ty = PgTypeInfo::with_oid(Oid(0));
        let wire = of_type(&array, &ty).expect("an array");
        let form = Form::Array(Box::new(Form::Int8));
        let back =
            decode::decode(&form, &wire, &mut String::new()).map(crate::backend::column_writer::Cell::into_value);
        assert_eq!(back, Some(Value::Array(array)));
        let crooked = Array { dimensions: vec![2, 2], items: vec![Scalar::Null] };
        assert!(matches!(of_type(&crooked, &ty), Err(Error::Data(_))));
        let mixed = Array { dimensions: vec![2], items: vec![Scalar::Integer(7), Scalar::Text("a".into())] };
        assert!(matches!(of_type(&mixed, &ty), Err(Error::Statement(_))));
    }
}
