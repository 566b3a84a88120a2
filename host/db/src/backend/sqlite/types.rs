//! What SQLite's result columns are: the compiler's word where it has one, else the declared type.

use std::sync::Arc;

use sqlservice_sql::{batch::VectorKind, compiled::Output, schema::TypeKind, types::parse_type};

use super::handle::Handle;

/// What the rows of one statement look like.
pub(super) struct RowLayout {
    pub(super) kinds: Vec<TypeKind>,
    pub(super) vectors: Vec<VectorKind>,
    /// Whether the only column is the key that an insert made, which the statement does not return.
    pub(super) is_key: bool,
}

/// The columns of the statement in use, as the compiler knows them or the tables declare them.
pub(super) fn columns(handle: &Handle, expected: Option<&Arc<[Output]>>) -> (Arc<[Output]>, RowLayout) {
    let width = handle.width();
    if let (0, Some(expected @ [key])) = (width, expected.map(|expected| &**expected)) {
        let layout = RowLayout { kinds: vec![kind(key)], vectors: vec![vector(key)], is_key: true };
        return (expected.into(), layout);
    }
    let expected = expected.filter(|expected| expected.len() == width);
    let columns = match expected {
        Some(expected) if expected.iter().all(|output| output.ty.is_some()) => Arc::clone(expected),
        _ => (0..width).map(|at| column(handle, at, expected.and_then(|expected| expected.get(at)))).collect(),
    };
    let layout = RowLayout {
        kinds: columns.iter().map(kind).collect(),
        vectors: columns.iter().map(vector).collect(),
        is_key: false,
    };
    (columns, layout)
}

/// A column, whose type is the declared one where the compiler does not know it.
fn column(handle: &Handle, position: usize, known: Option<&Output>) -> Output {
    if let Some(known @ Output { ty: Some(_), .. }) = known {
        return known.clone();
    }
    let declared = handle.declared(position);
    let ty = declared.ty.map(|ty| parse_type(&ty, sqlservice_sql::Dialect::Sqlite));
    let nullable = known.and_then(|known| known.nullable);
    let name = known.map_or(declared.name, |known| known.name.clone());
    Output { name, ty: Some(ty.unwrap_or_else(|| TypeKind::Other.into())), nullable }
}

fn kind(column: &Output) -> TypeKind {
    column.ty.as_ref().map_or(TypeKind::Other, |ty| ty.kind)
}

/// What a column's values are kept in. A column of no known type is what its first value is.
fn vector(column: &Output) -> VectorKind {
    match kind(column) {
        TypeKind::Array | TypeKind::Other => VectorKind::Dynamic,
        kind => kind.into(),
    }
}
