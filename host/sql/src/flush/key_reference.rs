//! Resolves references to keys that one row generates and another needs.
//!
//! The number of references is guest-controlled. Each is visited a fixed number of times, whatever the number of steps.

use std::collections::HashMap;

use super::{ChangeKind, KeyReference, PlannedChange, RowGroup};
use crate::{Catalog, Error, Result, Value, catalog::Entry, value::ValueRef};

/// The source of referenced values: a column of the rows of one change.
pub(super) struct KeySource {
    change: usize,
    pub(super) column: String,
    /// The position of the column among those that the change writes.
    pub(super) written: Option<u16>,
    /// The position of the column among those that the change returns.
    pub(super) returned: Option<usize>,
    /// Whether a row has to return it.
    is_wanted: bool,
}

/// The key references of a change, by row and column.
#[derive(Default)]
pub(super) struct KeyReferences {
    links: Vec<KeyReference>,
    /// The source of each reference.
    source: Vec<usize>,
    sources: Vec<KeySource>,
}

impl KeyReferences {
    pub(super) fn new(mut links: Vec<KeyReference>) -> Result<Self> {
        links.sort_unstable_by_key(|link| (link.row, link.column));
        let is_same = |one: &KeyReference, other: &KeyReference| (one.row, one.column) == (other.row, other.column);
        if let Some([twice, _]) = links.array_windows().find(|[one, other]| is_same(one, other)) {
            return Err(Error::invalid(format!("two links fill column {} of row {}", twice.column, twice.row)));
        }
        Ok(Self { links, ..Self::default() })
    }

    pub(super) fn iter(&self) -> std::slice::Iter<'_, KeyReference> {
        self.links.iter()
    }

    /// Returns the references of a row, each with its source.
    fn of_row(&self, row: u32) -> impl Iterator<Item = (&KeyReference, &KeySource)> {
        let from = self.links.partition_point(|link| link.row < row);
        let links = self.links.get(from..).unwrap_or_default().iter().take_while(move |link| link.row == row);
        let sources = self.source.get(from..).unwrap_or_default().iter();
        links.zip(sources).filter_map(|(link, source)| Some((link, self.sources.get(*source)?)))
    }

    pub(super) fn has_row(&self, row: u32) -> bool {
        let from = self.links.partition_point(|link| link.row < row);
        self.links.get(from).is_some_and(|link| link.row == row)
    }

    pub(super) fn has(&self, row: u32, column: u16) -> bool {
        self.links.binary_search_by_key(&(row, column), |link| (link.row, link.column)).is_ok()
    }
}

/// Checks the references of all changes, finds their sources, and makes the source changes return the needed columns.
pub(super) fn resolve(items: &mut [PlannedChange], catalog: &Catalog) -> Result<()> {
    for change in 0..items.len() {
        let (sources, source) = sources(items, change, catalog)?;
        for wanted in sources.iter().filter(|source| source.is_wanted) {
            if let Some(of) = items.get_mut(wanted.change).filter(|of| !of.returning.contains(&wanted.column)) {
                of.returning.push(wanted.column.clone());
            }
        }
        for source in sources.iter().filter(|source| source.written.is_some()) {
            if let Some(of) = items.get_mut(source.change) {
                of.is_source = true;
            }
        }
        if let Some(item) = items.get_mut(change) {
            (item.links.sources, item.links.source) = (sources, source);
        }
    }
    let returning: Vec<Vec<String>> = items.iter().map(|item| item.returning.clone()).collect();
    for source in items.iter_mut().flat_map(|item| &mut item.links.sources) {
        let names = returning.get(source.change).map_or(&[][..], Vec::as_slice);
        source.returned = names.iter().position(|name| *name == source.column);
    }
    Ok(())
}

/// Returns the sources of a change's references, and the source of each reference.
fn sources(items: &[PlannedChange], change: usize, catalog: &Catalog) -> Result<(Vec<KeySource>, Vec<usize>)> {
    let (mut sources, mut source) = (Vec::new(), Vec::new());
    let Some(item) = items.get(change) else { return Ok((sources, source)) };
    let mut known = HashMap::new();
    for link in item.links.iter() {
        let of = usize::try_from(link.of_change).ok().and_then(|at| Some((at, items.get(at)?)));
        let of =
            of.filter(|(_, of)| of.kind == ChangeKind::Insert && link.of_row < of.rows() && link.row < item.rows());
        let (Some(column), Some((of_change, of))) = (item.linked_column(link.column), of) else {
            let message = format!("a link of change {change} names a row or column that is not there: {link:?}");
            return Err(Error::invalid(message));
        };
        let at = match known.get(&(link.column, of_change)) {
            Some(at) => *at,
            None => {
                sources.push(KeySource::new(item, column, of_change, of, catalog)?);
                known.insert((link.column, of_change), sources.len() - 1);
                sources.len() - 1
            }
        };
        if let Some(source) = sources.get_mut(at) {
            source.is_wanted |= !is_given(of, link.of_row, source);
        }
        source.push(at);
    }
    Ok((sources, source))
}

impl KeySource {
    fn new(item: &PlannedChange, column: &str, change: usize, of: &PlannedChange, catalog: &Catalog) -> Result<Self> {
        let entry = |item: &PlannedChange| {
            catalog.entry(item.schema.as_deref(), &item.table).ok_or_else(|| Error::NoSuchTable(item.table.clone()))
        };
        let column = referred(entry(item)?, column, entry(of)?)?;
        let written = of.columns.iter().position(|name| *name == column).and_then(|at| u16::try_from(at).ok());
        Ok(Self { change, column, written, returned: None, is_wanted: false })
    }
}

/// Whether a row sets the value itself, or gets it from another row by a reference.
fn is_given(of: &PlannedChange, row: u32, source: &KeySource) -> bool {
    let Some(written) = source.written else { return false };
    let is_null = of.batch.value_ref(row as usize, usize::from(written)) == ValueRef::NULL;
    !is_null || of.links.has(row, written)
}

/// Returns the column of the remote table that a column takes its value from.
fn referred(near: &Entry, column: &str, far: &Entry) -> Result<String> {
    let to_far =
        near.table.foreign_keys.iter().filter(|key| key.table == far.table.name && key.schema == far.table.schema);
    let mut pairs = to_far.flat_map(|key| key.columns.iter().zip(&key.referred));
    if let Some((_, referred)) = pairs.find(|(own, _)| *own == column) {
        return Ok(referred.clone());
    }
    let is_same = near.table.name == far.table.name && near.table.schema == far.table.schema;
    match far.table.primary_key.as_slice() {
        _ if is_same && far.table.primary_key.iter().any(|key| key == column) => Ok(column.to_owned()),
        [only] => Ok(only.clone()),
        _ => Err(Error::invalid(format!(
            "{column:?} of {:?} is no foreign key to {:?}, whose key has several columns",
            near.table.name, far.table.name
        ))),
    }
}

/// Returns the values that references bring to the rows of a step: position in the step, column, value; sorted by position.
pub(super) fn fill(items: &[PlannedChange], step: &RowGroup) -> Result<Vec<(usize, u16, Value)>> {
    let mut filled = Vec::new();
    let Some(item) = items.get(step.change).filter(|_| !step.reads) else { return Ok(filled) };
    for (position, row) in step.rows.iter().enumerate() {
        for (link, source) in item.links.of_row(*row) {
            let of = items.get(source.change);
            let value = of.and_then(|of| of.known(link.of_row, source)).ok_or_else(|| {
                let (table, column) = (of.map_or("", |of| of.table.as_str()), &source.column);
                Error::invalid(format!(
                    "a row of {:?} needs {column:?} of a row of {table:?} that has none",
                    item.table
                ))
            })?;
            filled.push((position, link.column, value));
        }
    }
    Ok(filled)
}
