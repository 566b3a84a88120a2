//! The types of SQLite's result columns: the compiler's where it has one, else the declared type.

use std::sync::Arc;

use sqlservice_sql::{batch::VectorKind, compiled::Output, schema::TypeKind, types::parse_type};

use super::handle::Handle;

/// The column types of a statement's rows.
pub(super) struct RowLayout {
    pub(super) kinds: Vec<TypeKind>,
    pub(super) vectors: Vec<VectorKind>,
    /// Whether the only column is the key that an insert generates, which the statement itself does not return.
    pub(super) is_key: bool,
}

/// Returns the columns of the active statement, typed by the compiler or by the tables' declarations.
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

/// Returns a column, with its declared type where the compiler has none.
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

/// The vector kind for a column's values. A column of unknown type takes the kind of its first value that is not null.
fn vector(column: &Output) -> VectorKind {
    match kind(column) {
        TypeKind::Array | TypeKind::Other => VectorKind::Dynamic,
        kind => kind.into(),
    }
}
