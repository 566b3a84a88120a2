//! What SQLite's result columns are: the compiler's word where it has one, else the declared type.

use sqlservice_sql::{
    batch::VectorKind,
    compiled::Output,
    schema::{ColumnType, TypeKind},
    types::parse_type,
};

use super::handle::Handle;
use crate::feed::ResultColumn;

/// What the rows of one statement look like.
pub(super) struct Shape {
    pub(super) kinds: Vec<TypeKind>,
    pub(super) vectors: Vec<VectorKind>,
}

/// The columns of the statement in use, as the compiler knows them or the tables declare them.
pub(super) fn columns(handle: &Handle, expected: Option<&[Output]>) -> (Vec<ResultColumn>, Shape) {
    let width = handle.width();
    let expected = expected.filter(|expected| expected.len() == width);
    let mut columns = Vec::with_capacity(width);
    for position in 0..width {
        let known = expected.and_then(|expected| expected.get(position));
        columns.push(match known {
            Some(Output { name, ty: Some(ty), nullable }) => {
                ResultColumn { name: name.clone(), ty: ty.clone(), nullable: *nullable }
            }
            _ => {
                let declared = handle.declared(position);
                let ty = declared.ty.map(|ty| parse_type(&ty, sqlservice_sql::Dialect::Sqlite));
                let nullable = known.and_then(|known| known.nullable);
                let name = known.map_or(declared.name, |known| known.name.clone());
                ResultColumn { name, ty: ty.unwrap_or_else(|| TypeKind::Other.into()), nullable }
            }
        });
    }
    let shape = Shape {
        kinds: columns.iter().map(|column| column.ty.kind).collect(),
        vectors: columns.iter().map(|column| vector(&column.ty)).collect(),
    };
    (columns, shape)
}

/// What a column's values are kept in. A column of no known type is what its first value is.
fn vector(ty: &ColumnType) -> VectorKind {
    match ty.kind {
        TypeKind::Array | TypeKind::Other => VectorKind::Dynamic,
        kind => kind.into(),
    }
}
